//! Pairs the runs of two groups.

use std::collections::{BTreeMap, BTreeSet};

use super::group::RunGroup;
use crate::model::{Pairing, RunAnalysis};

/// The runs of two groups that are compared.
pub(crate) struct Sides<'a> {
    pub(crate) pairing: Pairing,
    /// With [`Pairing::Pairs`] in the order of the blocks, as the candidate's.
    pub(crate) baseline: Vec<&'a RunAnalysis>,
    pub(crate) candidate: Vec<&'a RunAnalysis>,
    pub(crate) warnings: Vec<String>,
}

/// Pairs up two groups where their blocks allow it.
///
/// Runs are left out only where that cannot depend on their results: at the end of a series that `ended_early`.
pub(crate) fn sides<'a>(
    baseline: &RunGroup<'a>,
    candidate: &RunGroup<'a>,
    ended_early: bool,
) -> Sides<'a> {
    let independent = |warnings| Sides {
        pairing: Pairing::Independent,
        baseline: baseline.runs.clone(),
        candidate: candidate.runs.clone(),
        warnings,
    };
    let (Some(before), Some(after)) = (blocks(baseline), blocks(candidate)) else {
        return independent(Vec::new());
    };
    if before.series != after.series {
        return independent(Vec::new());
    }
    let of = |side: &Blocks<'a>| side.runs.keys().copied().collect::<BTreeSet<u32>>();
    let (of_baseline, of_candidate) = (of(&before), of(&after));
    let both: Vec<u32> = of_baseline.intersection(&of_candidate).copied().collect();
    let alone: Vec<u32> = of_baseline
        .symmetric_difference(&of_candidate)
        .copied()
        .collect();
    let Some(last) = both.last() else {
        return independent(Vec::new());
    };
    let mut warnings = Vec::new();
    if let Some(first_alone) = alone.first() {
        let listed: Vec<String> = alone.iter().map(ToString::to_string).collect();
        let listed = listed.join(", ");
        if first_alone < last || !ended_early {
            return independent(vec![format!(
                "block {listed} of the series has a run of only one side: the runs are compared as independent, not as \
                 pairs"
            )]);
        }
        warnings.push(format!(
            "block {listed} at the end of the series has a run of only one side, which is left out"
        ));
    }
    let in_both = |side: &Blocks<'a>| both.iter().map(|block| side.runs[block]).collect();
    Sides {
        pairing: Pairing::Pairs,
        baseline: in_both(&before),
        candidate: in_both(&after),
        warnings,
    }
}

struct Blocks<'a> {
    series: &'a str,
    runs: BTreeMap<u32, &'a RunAnalysis>,
}

/// The group's runs by block; `None` unless all are of one series and each is the only one of its block.
fn blocks<'a>(group: &RunGroup<'a>) -> Option<Blocks<'a>> {
    let first: &'a RunAnalysis = group.runs.first()?;
    let series = first.series.as_ref()?.series_id.as_str();
    let mut runs = BTreeMap::new();
    for run in &group.runs {
        let place = run.series.as_ref()?;
        if place.series_id != series || runs.insert(place.block, *run).is_some() {
            return None;
        }
    }
    Some(Blocks { series, runs })
}
