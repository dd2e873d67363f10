//! What is gated and cannot be judged, as some run has no value of it.

use super::run::GateRun;
use crate::between::{asked_of, is_all, why_missing_of_fewest};
use crate::model::{GateRow, MissingRow, Policy, TOTAL};

/// Gated labels and metrics without a row.
pub(super) fn missing(runs: &[&GateRun], rows: &[GateRow], policy: &Policy) -> Vec<MissingRow> {
    let analyses = || runs.iter().map(|run| &run.analysis);
    let gated = policy.gated_labels(analyses());
    let with_total = gated.iter().any(|label| label == TOTAL);
    let doubled = |label: &str| with_total && is_all(analyses(), label);
    gated
        .iter()
        .filter(|label| !doubled(label))
        .flat_map(|label| {
            asked_of(label, &policy.metrics).map(move |metric| MissingRow {
                request: label.clone(),
                metric,
                why: why_missing_of_fewest(analyses(), label, metric),
            })
        })
        .filter(|missing| {
            !rows.iter().any(|row| {
                row.comparison.request == missing.request && row.comparison.metric == missing.metric
            })
        })
        .collect()
}
