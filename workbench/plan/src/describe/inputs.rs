//! The data files, secrets and HTTP settings of an experiment.

use super::{counted, steps};
use crate::data::{Data, Per, RowPick};
use crate::plan::{HttpVersion, Plan};

/// One line for each input.
pub(super) fn inputs(plan: &Plan) -> Vec<String> {
    let secrets = plan.secrets.iter();
    let secrets = secrets.map(|secret| format!("  needs {secret}"));
    let file = plan.redacted();
    let variables = file.variables.0.iter();
    let variables =
        variables.map(|(name, drawn)| format!("  variable {name}: {}", steps::drawn(drawn)));
    secrets
        .chain(plan.data.iter().map(data))
        .chain(http(plan))
        .chain(variables)
        .flat_map(|line| steps::wrapped(&line))
        .collect()
}

fn data(data: &Data) -> String {
    let rows = data.rows.map_or_else(String::new, |rows| {
        format!(", {}", counted(rows, "row", "rows"))
    });
    let pick = match data.pick {
        RowPick::Sequential => "one after the other",
        RowPick::Random => "at random",
        RowPick::Unique => "each once",
    };
    let per = match data.per {
        Per::Iteration => "for each iteration",
        Per::User => "for each user",
    };
    format!("  data {}: {}{rows}, {pick}, {per}", data.name, data.file)
}

/// The HTTP settings that differ from the defaults.
fn http(plan: &Plan) -> Option<String> {
    let http = &plan.http;
    let mut parts = Vec::new();
    match http.version {
        HttpVersion::Http1 => {}
        HttpVersion::Negotiated => parts.push("HTTP/2 where the server has it".to_owned()),
        HttpVersion::PriorKnowledge => parts.push("HTTP/2 without asking".to_owned()),
    }
    if http.follow_redirects > 0 {
        parts.push(format!(
            "at most {} followed",
            counted(http.follow_redirects, "redirect", "redirects")
        ));
    }
    if let Some(encodings) = &plan.file.http.accept_encoding {
        parts.push(format!("bodies in {encodings}"));
    }
    if !http.keeps_cookies {
        parts.push("no cookies".to_owned());
    }
    if http.new_connections {
        parts.push("new connections for each iteration".to_owned());
    }
    let headers: Vec<&str> = plan.file.http.headers.keys().map(String::as_str).collect();
    if !headers.is_empty() {
        parts.push(format!("with {}", headers.join(", ")));
    }
    (!parts.is_empty()).then(|| format!("  requests: {}", parts.join(", ")))
}
