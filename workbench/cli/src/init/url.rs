//! An experiment that GETs one URL.

use std::time::Duration;

use anyhow::{Context, bail};
use url::Url;

use super::draft::{Draft, Request, Scenario, time};
use super::{HOLD, THINK_TIME, USERS, starter_load, thresholds};
use crate::outcome::note;

/// `called` is the name of the service, where its address is not to name it.
pub(super) fn draft(text: &str, offline: bool, called: Option<String>) -> anyhow::Result<Draft> {
    let url = parse(text)?;
    match offline {
        true => Ok(of(&url, USERS, HOLD, called)),
        false => looked_at(&url, USERS, HOLD, called),
    }
}

/// As [`of`], after checking that the service responds.
pub(super) fn looked_at(
    url: &Url,
    users: u64,
    hold: Duration,
    called: Option<String>,
) -> anyhow::Result<Draft> {
    let mut draft = of(url, users, hold, called);
    look(&mut draft, url)?;
    Ok(draft)
}

/// Parses a URL; the default scheme is `http`.
pub(super) fn parse(text: &str) -> anyhow::Result<Url> {
    let text = text.trim();
    let scheme = text.split_once("://").map_or("", |(scheme, _)| scheme);
    let is_scheme =
        !scheme.is_empty() && scheme.chars().all(|letter| letter.is_ascii_alphanumeric());
    let whole = match is_scheme {
        true => text.to_owned(),
        false => format!("http://{text}"),
    };
    // The error does not contain the text, which may hold a password.
    let url = Url::parse(&whole)
        .context("this is not the URL of a service: write http://host:port/path")?;
    let unfit = |letter: char| !letter.is_ascii_alphanumeric() && !"-._[]:".contains(letter);
    let host = url.host_str().unwrap_or_default();
    if !["http", "https"].contains(&url.scheme()) || host.is_empty() || host.contains(unfit) {
        bail!("this is not the URL of a service: write http://host:port/path");
    }
    Ok(url)
}

/// Some users who GET the URL, again and again.
pub(super) fn of(url: &Url, users: u64, hold: Duration, called: Option<String>) -> Draft {
    let mut draft = Draft::of_service(called);
    let address = draft.address(url);
    draft.name = super::draft::name(&address.0);
    let mut request = Request::new("GET", address);
    if !url.username().is_empty() || url.password().is_some() {
        let decode = |text: &str| {
            percent_encoding::percent_decode_str(text)
                .decode_utf8_lossy()
                .into_owned()
        };
        let (user, password) = (
            decode(url.username()),
            decode(url.password().unwrap_or_default()),
        );
        request.auth = Some(draft.basic(&request.service, &user, &password));
    }
    draft.load = Some(starter_load(users, hold));
    draft.scenarios.push(Scenario {
        name: "reader".to_owned(),
        think_time: Some(time(THINK_TIME)),
        steps: vec![request.into()],
        ..Scenario::default()
    });
    draft.thresholds = thresholds();
    draft
}

/// Requests the URL once, and notes the response.
fn look(draft: &mut Draft, url: &Url) -> anyhow::Result<()> {
    let probed = tokio::runtime::Runtime::new()?.block_on(workbench_load::probe(url.as_str()));
    match probed {
        Ok(probe) => match (probe.status, probe.location) {
            (300..=399, Some(_)) if probe.status != 304 => {
                note(&format!(
                    "The service answers with a redirect ({}).",
                    probe.status
                ));
                draft.comment.push(format!(
                    "The service answers with a redirect ({}), which is not followed and counts as a failure: request where it \
                     leads, set http: follow_redirects, or expect the status.",
                    probe.status
                ));
            }
            (200..=299 | 304, _) => note(&format!("The service answers ({}).", probe.status)),
            (status, _) => {
                note(&format!("The service answers, but with status {status}."));
                draft.comment.push(format!(
                    "The service answers with status {status}, which counts as a failure unless the step expects it."
                ));
            }
        },
        Err(reason) => note(&format!("The service does not answer now: {reason}.")),
    }
    Ok(())
}
