//! What is gated and cannot be judged, as some run has no value of it.

use super::run::GateRun;
use crate::between::{asked_of, is_all, labels, requests_of, why_missing};
use crate::model::{GateRow, GatedLabels, MissingRow, Policy};
use crate::tables::TOTAL;

/// Gated labels and metrics without a row.
pub(super) fn missing(runs: &[&GateRun], rows: &[GateRow], policy: &Policy) -> Vec<MissingRow> {
    let gated: Vec<String> = match &policy.labels {
        GatedLabels::Total => vec![TOTAL.to_owned()],
        GatedLabels::Listed(labels) => labels.clone(),
        GatedLabels::All => {
            let labels = labels(runs.iter().map(|run| &run.analysis));
            labels.into_iter().map(str::to_owned).collect()
        }
    };
    let with_total = gated.iter().any(|label| label == TOTAL);
    let doubled = |label: &str| with_total && is_all(runs.iter().map(|run| &run.analysis), label);
    gated
        .iter()
        .filter(|label| !doubled(label))
        .flat_map(|label| {
            let why = |metric| {
                // Of the run that has fewest requests.
                let run = runs
                    .iter()
                    .min_by_key(|run| requests_of(&run.analysis, label));
                run.map_or_else(String::new, |run| why_missing(&run.analysis, label, metric))
            };
            asked_of(label, &policy.metrics).map(move |metric| MissingRow {
                request: label.clone(),
                metric,
                why: why(metric),
            })
        })
        .filter(|missing| {
            !rows.iter().any(|row| {
                row.comparison.request == missing.request && row.comparison.metric == missing.metric
            })
        })
        .collect()
}
