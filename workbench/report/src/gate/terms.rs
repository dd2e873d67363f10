//! Terms and sentences that all outputs of the gate share.

use workbench_analysis::gate::{
    Conclusion, FailOn, GateReport, GateRow, GateSide, GatedLabels, Policy, RowOutcome,
};
use workbench_analysis::{LatencyOf, Metric, Pairing, Verdict};

use super::table;
use crate::format;
use crate::groups::terms as of_groups;
pub(super) use crate::groups::terms::{change, change_with_interval, changes, value};

/// A conclusion in capitals, as it heads every output.
pub(super) fn conclusion(conclusion: Conclusion) -> &'static str {
    match conclusion {
        Conclusion::Passed => "PASSED",
        Conclusion::Failed => "FAILED",
        Conclusion::Inconclusive => "INCONCLUSIVE",
        Conclusion::Invalid => "INVALID",
    }
}

/// What follows from it.
pub(super) fn meaning(conclusion: Conclusion) -> &'static str {
    match conclusion {
        Conclusion::Passed => "The candidate is shown to be no worse than the margin.",
        Conclusion::Failed => "At least one gated row has a verdict that the policy fails on.",
        Conclusion::Inconclusive => {
            "No gated row failed, but not all of them are shown to be no worse than the margin."
        }
        Conclusion::Invalid => {
            "The runs are invalid or cannot be compared, so there is no verdict."
        }
    }
}

/// What was compared with what.
pub(super) fn sides(report: &GateReport) -> String {
    let how = match (report.baseline.history, report.pairing) {
        (true, _) => "one run against a history",
        (false, Pairing::Pairs) => "in pairs (the two runs of each block)",
        (false, Pairing::Independent) => "as independent runs",
    };
    format!(
        "Compared {how}. Baseline: {}. Candidate: {}.",
        side(&report.baseline),
        side(&report.candidate)
    )
}

pub(super) fn side(side: &GateSide) -> String {
    let runs = side.runs.len() as u64;
    let counted = if side.compared == runs {
        format::counted(runs, "run")
    } else {
        format!(
            "{}, {} of them compared",
            format::counted(runs, "run"),
            side.compared
        )
    };
    // Of several services each has its name; more would fill a line.
    let at = match side.urls.len() {
        0 => String::new(),
        1 => side.urls.values().map(|url| format!(" at {url}")).collect(),
        some => side
            .urls
            .iter()
            .take(3)
            .map(|(service, url)| format!(" {service}={url}"))
            .chain((some > 3).then(|| " …".to_owned()))
            .collect(),
    };
    format!("{} ({counted}){at}", side.name)
}

/// What a change may be, in a sentence.
pub(super) fn margins(policy: &Policy) -> String {
    format!(
        "Margin: {}; for error rates {} percentage points.",
        format::level(policy.rule.margin()),
        error_rate_margin(policy)
    )
}

/// In percentage points.
fn error_rate_margin(policy: &Policy) -> String {
    let margin = format::level(policy.rule.error_rate_margin());
    margin.trim_end_matches('%').to_owned()
}

/// What a metric is, where its name does not say it.
pub(super) fn definitions(report: &GateReport) -> Option<&'static str> {
    let mut metrics = report.policy.metrics.iter();
    metrics
        .any(|metric| *metric == Metric::TypicalTime)
        .then_some(
            "typical_time: the geometric mean of the median response times of all named requests.",
        )
}

/// The outcome of a row, with its verdict or how it compares with the margin.
pub(super) fn result(row: &GateRow, policy: &Policy) -> String {
    let it = &row.comparison;
    let margin = match it.metric {
        Metric::ErrorRate => format!("{} pp", error_rate_margin(policy)),
        _ => format::level(policy.rule.margin()),
    };
    let verdict = match (row.outcome, it.verdict) {
        (RowOutcome::Invalid, _) => return table::outcome(row.outcome).to_owned(),
        (RowOutcome::Passed, Verdict::Equivalent) if it.is_surely_worse() => {
            format!("{}, within {margin}", worse(it.metric))
        }
        (RowOutcome::Passed, Verdict::Equivalent) => format!("within {margin}"),
        // What is inconclusive as a verdict can be known well enough to pass.
        (RowOutcome::Passed, Verdict::Inconclusive) => format!("no worse than {margin}"),
        (_, verdict) => of_groups::verdict(verdict).to_owned(),
    };
    format!("{}: {verdict}", table::outcome(row.outcome))
}

/// A change for the worse, in a word.
fn worse(metric: Metric) -> &'static str {
    match metric {
        Metric::Throughput => "lower",
        Metric::ErrorRate => "more errors",
        _ => "slower",
    }
}

/// What speaks against comparing these runs.
pub(super) fn objections(report: &GateReport) -> Vec<String> {
    let objections = report.objections.iter();
    objections
        .map(|it| format!("{}: {}", it.kind.as_str(), it.finding))
        .collect()
}

/// The policy in a sentence.
pub(super) fn policy(policy: &Policy) -> String {
    let metrics: Vec<&str> = policy
        .metrics
        .iter()
        .map(|metric| metric.as_str())
        .collect();
    let labels = match &policy.labels {
        GatedLabels::Total => "all requests together".to_owned(),
        GatedLabels::All => "every request".to_owned(),
        GatedLabels::Listed(labels) => labels.join(", "),
    };
    let fails: Vec<&str> = policy
        .fail_on
        .iter()
        .map(|verdict| match verdict {
            FailOn::Regressed => "regressed",
            FailOn::StrictRegression => "strict_regression",
            FailOn::Improved => "improved",
            FailOn::Inconclusive => "inconclusive",
        })
        .collect();
    format!(
        "Policy: {} of {labels}{}, in the steady part of each run. Margin {} (error rates: {} percentage points), alpha {}; \
         fails on {}; at least {} on either side.",
        metrics.join(", "),
        match policy.latency_of {
            LatencyOf::All => "",
            LatencyOf::Success => ", times of successful requests",
        },
        format::level(policy.rule.margin()),
        error_rate_margin(policy),
        format::level(policy.rule.alpha()),
        if fails.is_empty() {
            "nothing".to_owned()
        } else {
            fails.join(", ")
        },
        format::counted(u64::from(policy.minimum_runs), "run"),
    )
}

/// How to read the table.
pub(super) fn columns(report: &GateReport) -> String {
    let definitions = definitions(report).map_or_else(String::new, |it| format!(" {it}"));
    format!(
        "Each interval has {} confidence for its row alone; the verdicts are adjusted for all {} (Holm). Detectable: the \
         smallest worsening that as many runs find with a probability of 80%. Runs needed, for an inconclusive row: runs on \
         either side that find a worsening as large as the margin with this probability. Both are rough with few runs.{definitions}",
        format::level(report.confidence()),
        format::counted(report.rows.len() as u64, "row"),
    )
}
