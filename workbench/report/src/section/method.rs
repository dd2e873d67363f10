//! How the numbers of a report come about, for those who want to know.

use workbench_analysis::Analysis;

use crate::document::{Block, Depth, Section};

/// Folded, and on a page alone.
pub(super) fn section(analysis: &Analysis) -> Section {
    let mut all = vec![
        elapsed(analysis),
        "Every request is stored; all numbers are computed from the stored requests, none from averages of averages. The \
         columns of the whole run and the figures include its ramps, the steady part does not."
            .to_owned(),
        format!(
            "Quantiles: {}, everywhere in this report.",
            analysis.quantile_definition
        ),
        "A request belongs to the second in which it started; a response is completed in the second in which it ended."
            .to_owned(),
    ];
    all.extend(STEADY.map(str::to_owned));
    if analysis.runs.len() > 1 {
        all.extend(BETWEEN_RUNS.map(str::to_owned));
    }
    all.push("Formulas, sources and measured error rates: workbench/METHODOLOGY.md.".to_owned());
    let paragraphs = all.iter().map(|text| Block::paragraph(text)).collect();
    let folded = Block::details("How these numbers come about", paragraphs);
    Section::new(
        "method",
        "Method",
        Depth::More,
        vec![Block::PageOnly(vec![folded])],
    )
}

/// What the times of these runs span.
fn elapsed(analysis: &Analysis) -> String {
    if analysis.runs.iter().all(|run| run.origin.is_none()) {
        let from = match analysis.runs.iter().any(|run| run.open_model.is_some()) {
            true => "counts from when a request was due, waiting for a free user included,",
            false => "is JMeter’s Sample Time: from when a request is sent",
        };
        return format!("Response time {from} to the last byte of the body, connecting included.");
    }
    let mut definitions: Vec<&str> = Vec::new();
    for run in &analysis.runs {
        if !definitions.contains(&run.elapsed.as_str()) {
            definitions.push(&run.elapsed);
        }
    }
    format!(
        "Response times span the time {}.",
        definitions.join("; or ")
    )
}

const STEADY: [&str; 2] = [
    "Steady state and warm-up: comparisons rest on the requests that started while the full load was there, after the \
     warm-up that the experiment declares. MSER-5 measures how much of the beginning differs from the rest. Where it would \
     leave out half of the run, there is no steady state, and the run is invalid.",
    "Requests of one run depend on each other: a queue that is long now is long for the next request, too. Means of 20 to \
     30 batches, long enough to be uncorrelated, show by how much (τ). Intervals of the mean come from these batches, \
     intervals of quantiles from order statistics of the effective sample size. A quantile for which that size is too small \
     has no interval.",
];

const BETWEEN_RUNS: [&str; 5] = [
    "A run is one observation. Runs differ from each other by more than their requests show, so each run gives one value \
     per metric, and groups of runs are compared by these values.",
    "Changes are ratios. Values are compared as logarithms: independent runs by Welch’s t test, runs of one block of a \
     series in pairs, which removes what both runs of a pair share. Error rates are compared by their difference, in \
     percentage points (pp).",
    "The margin is the change that does not matter. Invalid: a run is invalid. Equivalent: the whole interval lies within \
     the margin. Regressed: the whole interval lies on the side of worse. Improved: on the side of better. Inconclusive: \
     none of these. They are tried in this order, so a change that is certain but too small to matter is equivalent.",
    "Many metrics: of twenty rows tested at 5% each, one is expected to differ by chance. “Regressed” and “improved” \
     therefore need a p value that is small after Holm’s adjustment for all rows. The printed intervals are each row’s own.",
    "A verdict is about these versions, this load and this machine. Inconclusive is not equivalent: more runs are needed. \
     Equivalent does not mean equal.",
];
