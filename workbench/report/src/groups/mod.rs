//! Groups of runs and comparisons of two groups each: tables, and a summary in sentences. Each run is one observation.

mod summary;
mod tables;
pub(crate) mod terms;
mod uncompared;

pub(crate) use summary::{Summary, summary};
pub(crate) use tables::{
    Part, changes, cross_checks, group_table, overall_tests, overview, side_by_side,
    simultaneous_pairs,
};
pub(crate) use uncompared::why_uncompared;

use workbench_analysis::{BetweenRuns, Group, GroupComparison, MetricComparison, Verdict};

use crate::document::{Change, KeyFigure, Level, SharedText, few, grouped};
use crate::format;
use crate::table::one_line;

/// Heads what a verdict may rest on.
pub(crate) const HEADING: &str = "What these runs show";

/// Label of all requests together.
pub(crate) const TOTAL: &str = "TOTAL";

/// More comparisons than this have a line each instead of sentences.
pub(crate) const FEW_COMPARISONS: usize = 3;

/// The comparisons that have a test or an invalid run; none where no comparison has.
pub(crate) fn comparisons(between: &BetweenRuns) -> &[GroupComparison] {
    let is_judged =
        |row: &MetricComparison| row.method.is_some() || row.verdict == Verdict::Invalid;
    let all = &between.comparisons;
    // Without any row there is a warning that says why.
    let is_shown = |it: &GroupComparison| it.rows.is_empty() || it.rows.iter().any(is_judged);
    if all.iter().any(is_shown) { all } else { &[] }
}

/// What the columns of [`changes`] mean, and what a verdict does not say.
pub(crate) fn columns_of_changes(between: &BetweenRuns) -> String {
    format!(
        "p50, p95 and p99: the times within which 50, 95 and 99 of 100 requests were answered. Change: candidate against baseline, of error rates in percentage points (pp); in brackets its interval, which \
         covers the true change in {confidence} of all such comparisons, each row by itself. Baseline and candidate: mean \
         over the runs of each group. p: how often runs of equal systems would differ this much or more. Holm p: the \
         same, adjusted because many rows are looked at; a change is taken for real where it is at most {both}: {alpha} for a change for the worse, {alpha} for one for the \
         better. Equivalent: the whole interval lies within the margin of {margin} ({error_rate} for error rates). Detectable: the change for the worse that such runs find \
         four times out of five. Runs needed, where the verdict is inconclusive: in each group, to find a change as large as the margin as often.",
        confidence = terms::confidence(1.0 - 2.0 * between.alpha),
        both = terms::confidence(2.0 * between.alpha),
        alpha = terms::confidence(between.alpha),
        margin = margin(between.margin),
        error_rate = error_rate_margin(between.error_rate_margin),
    )
}

/// What the columns of [`cross_checks`] mean.
pub(crate) const COLUMNS_OF_CROSS_CHECKS: &str = "The same question without logarithms or means: ranks are robust against a single odd run, and from few runs they \
     cannot say much: they are shown for 10 runs and more on either side. They never change a verdict. Hedges’ g: the difference in standard deviations between runs. \
     Cliff’s delta: how much more often a run of the candidate lies above one of the baseline than below, from −1 to +1. \
     Alone: the verdict that the row would have if it were the only one.";

const COLUMNS_OF_GROUPS: &str = "Each run gives one value, from its steady part; runs stand in order of time. The mean is geometric (of error \
     rates arithmetic), in brackets its interval by Student’s t. CV: standard deviation between runs as a share of their mean.";

/// What the columns of [`group_table`] mean, with the confidence of their intervals, and which runs have no value.
pub(crate) fn under_groups(between: &BetweenRuns) -> String {
    let mut text = COLUMNS_OF_GROUPS.to_owned();
    let mut statistics = between.groups.iter().flat_map(|group| &group.statistics);
    let confidence = statistics.find_map(|statistic| Some(statistic.interval?.confidence));
    if let Some(confidence) = confidence.map(terms::confidence) {
        text.push_str(&format!(" Such intervals have {confidence} confidence."));
    }
    let missing = missing_values(between);
    if !missing.is_empty() {
        text.push(' ');
        text.push_str(WITHOUT_A_MEAN);
        for sentence in missing.iter().take(FEW_MISSING) {
            text.push(' ');
            text.push_str(sentence);
        }
        if missing.len() > FEW_MISSING {
            let more = missing.len() - FEW_MISSING;
            text.push_str(&format!(" {more} more: see analysis.json."));
        }
    }
    text
}

/// More sentences than this on what runs lack are left to the file.
const FEW_MISSING: usize = 8;

const WITHOUT_A_MEAN: &str = "A mean is refused unless every run has a value: those without one are seldom the best, \
     and leaving them out would flatter their group.";

/// A metric that some runs of a group lack.
struct Lacking {
    what: &'static str,
    /// Names of the group and of the runs.
    place: String,
    /// Labels and why they lack it.
    labels: Vec<(String, String)>,
}

/// `p99 of TOTAL in shop#2: none in shop/2026 (why).`, all requests together first; labels that lack the same for the same
/// reason are in one sentence.
fn missing_values(between: &BetweenRuns) -> Vec<String> {
    let statistics = between
        .groups
        .iter()
        .flat_map(|group| group.statistics.iter().map(move |it| (group, it)));
    let mut lacking: Vec<_> = statistics
        .filter(|(_, statistic)| !statistic.missing.is_empty())
        .collect();
    lacking.sort_by_key(|(_, statistic)| statistic.request != TOTAL);
    let mut by_place: Vec<Lacking> = Vec::new();
    for (group, statistic) in lacking {
        let what = terms::metric(statistic.metric);
        let runs: Vec<String> = statistic.missing.iter().map(|it| it.run.clone()).collect();
        let place = format!("in {}: none in {}", group.name, few(&runs));
        let mut reasons: Vec<&str> = Vec::new();
        for missing in &statistic.missing {
            if !reasons.contains(&&*missing.reason) {
                reasons.push(&missing.reason);
            }
        }
        let label = (statistic.request.clone(), reasons.join("; "));
        let same = |known: &&mut Lacking| known.what == what && known.place == place;
        match by_place.iter_mut().find(same) {
            Some(known) => known.labels.push(label),
            None => by_place.push(Lacking {
                what,
                place,
                labels: vec![label],
            }),
        }
    }
    let sentences = by_place.iter().flat_map(|lacking| {
        let labels = lacking.labels.iter();
        let labels = labels.map(|(label, reason)| (label.clone(), reason.as_str()));
        let said = grouped(labels).into_iter();
        said.map(move |SharedText { text, of }| {
            let Lacking { what, place, .. } = lacking;
            one_line(&format!("{what} of {} {place} ({text}).", few(&of)))
        })
    });
    sentences.collect()
}

/// What the tests of several groups say.
pub(crate) const SEVERAL: &str = "The first two tests ask whether all groups are alike, and not which differ: a small p says that some do. The \
     intervals of Games and Howell hold for all pairs together. Neither knows of the margin: read them with the verdicts \
     above.";

/// `±5%`, as relative changes on a logarithmic scale have it: −4.8% to +5%.
pub(crate) fn margin(fraction: f64) -> String {
    format!("±{}", format::level(rounded(fraction)))
}

/// The margin of error rates.
pub(crate) fn error_rate_margin(fraction: f64) -> String {
    let points = format::level(rounded(fraction));
    format!("±{} pp", points.trim_end_matches('%'))
}

fn rounded(fraction: f64) -> f64 {
    (fraction * 1e7).round() / 1e7
}

/// The two groups of a comparison; `None` where the analysis does not hold them.
pub(crate) fn groups_of<'a>(
    comparison: &GroupComparison,
    between: &'a BetweenRuns,
) -> Option<(&'a Group, &'a Group)> {
    let named = |name: &str| between.groups.iter().find(|group| group.name == name);
    Some((named(&comparison.baseline)?, named(&comparison.candidate)?))
}

/// The change of a row with its interval, and with the `margin` that a page draws around 0; `None` without a change.
pub(crate) fn key_figure(
    name: &str,
    row: &MetricComparison,
    margin: f64,
    level: Level,
) -> Option<KeyFigure> {
    let value = row.change?;
    let interval = row.interval.as_ref();
    let change = interval.and_then(|it| {
        Some(Change {
            value,
            lower: it.lower,
            upper: it.upper?,
            margin,
        })
    });
    Some(KeyFigure {
        name: name.to_owned(),
        value: terms::change(row.metric, value),
        beside: interval.map_or_else(String::new, |it| terms::changes(row.metric, it)),
        level,
        change,
    })
}
