//! Workflow commands, which GitHub shows as annotations.

use workbench_analysis::gate::{Conclusion, GateReport, RowOutcome};

use super::terms;

/// One workflow command a line: an error or a warning for each row that did not pass, and for each objection.
#[must_use]
pub fn annotations(report: &GateReport) -> String {
    let mut lines = String::new();
    let word = terms::conclusion(report.conclusion).to_lowercase();
    let mut add = |command: &str, title: &str, message: &str| {
        lines.push_str(&self::command(command, title, message));
    };
    let command = match report.conclusion {
        Conclusion::Passed => "notice",
        Conclusion::Inconclusive => "warning",
        Conclusion::Failed | Conclusion::Invalid => "error",
    };
    add(
        command,
        &format!("Gate {word}"),
        &format!(
            "{} {}",
            terms::meaning(report.conclusion),
            report.reasons.join("; ")
        ),
    );
    for objection in &report.objections {
        let command = if report.forced { "warning" } else { "error" };
        add(
            command,
            &format!("Gate: {}", objection.kind.as_str()),
            &objection.finding,
        );
    }
    for row in &report.rows {
        let it = &row.comparison;
        let command = match row.outcome {
            RowOutcome::Failed => "error",
            RowOutcome::Open => "warning",
            // Objections have lines of their own.
            RowOutcome::Passed | RowOutcome::NotRequired | RowOutcome::Invalid => continue,
        };
        let title = format!("Gate: {} of {}", it.metric.as_str(), it.request);
        let change = terms::change_with_interval(it);
        let change = change.map_or_else(String::new, |change| format!(", {change}"));
        add(command, &title, &format!("{}{change}", row.reason));
    }
    lines
}

/// One workflow command, a line.
pub(super) fn command(command: &str, title: &str, message: &str) -> String {
    format!("::{command} title={}::{}\n", property(title), data(message))
}

/// What the command's message may not hold as it is.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// What a property of it may not hold either.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
