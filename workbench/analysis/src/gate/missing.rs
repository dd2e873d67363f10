//! What is gated and cannot be judged, as some run has no value of it.

use std::collections::BTreeSet;

use super::run::GateRun;
use crate::between::{asked_of, is_all, why_missing_of_fewest};
use crate::model::{GateRow, MissingRow, Policy, TOTAL};

/// Gated labels and metrics without a row; and where all requests together are gated, the labels that only one side has:
/// without its slow requests a side looks faster.
pub(super) fn missing(
    before: &[&GateRun],
    after: &[&GateRun],
    rows: &[GateRow],
    policy: &Policy,
) -> Vec<MissingRow> {
    let analyses = || before.iter().chain(after).map(|run| &run.analysis);
    let gated = policy.gated_labels(analyses());
    let with_total = gated.iter().any(|label| label == TOTAL);
    let doubled = |label: &str| with_total && is_all(analyses(), label);
    let of_one_side = [
        (
            before,
            after,
            "the baseline has such requests, the candidate none",
        ),
        (
            after,
            before,
            "the candidate has such requests, the baseline none",
        ),
    ];
    let of_one_side =
        of_one_side
            .into_iter()
            .filter(|_| with_total)
            .flat_map(|(has, has_not, why)| {
                let labels = only_in(has, has_not).into_iter();
                let labels = labels.filter(|label| !gated.contains(label));
                labels.filter_map(move |label| {
                    let metric =
                        asked_of(&label, &policy.metrics).find(|it| policy.requires(*it))?;
                    Some(MissingRow {
                        request: label,
                        metric,
                        why: why.to_owned(),
                    })
                })
            });
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
        .chain(of_one_side)
        .collect()
}

/// Labels that every one of these runs has in its steady part, and none of the others.
fn only_in(runs: &[&GateRun], others: &[&GateRun]) -> Vec<String> {
    let labels = |run: &GateRun| -> BTreeSet<String> {
        let rows = run.analysis.steady.iter().flat_map(|it| &it.requests);
        rows.map(|row| row.request.clone()).collect()
    };
    let [first, rest @ ..] = runs else {
        return Vec::new();
    };
    if others.is_empty() {
        return Vec::new();
    }
    let mut only = labels(first);
    for run in rest {
        let had = labels(run);
        only.retain(|label| had.contains(label));
    }
    for run in others {
        let had = labels(run);
        only.retain(|label| !had.contains(label));
    }
    only.into_iter().collect()
}
