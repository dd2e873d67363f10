//! Compares groups of runs; each run is one observation.

mod compare;
mod group;
pub(crate) mod grouping;
pub(crate) mod mean_of_runs;
mod pairing;
pub(crate) mod points;
mod resolution;
mod row;
mod rule;
mod several;
mod values;
mod warnings;

pub(crate) use compare::compare;
pub(crate) use group::{RunGroup, described_run, invalid_reasons, why_missing_of_fewest};
pub(crate) use row::Judged;
pub(crate) use rule::{Belief, Question, asked_of};
pub(crate) use values::{Typical, is_all, labels, requests_of, value};
pub(crate) use warnings::few;

use crate::model::{BetweenRuns, ComparisonRule, RunAnalysis};

/// Groups runs that repeat the same experiment, compares each pair of groups, and three or more groups simultaneously.
///
/// Runs of series are grouped by the series' own names (`shop#1`, `scalability@users=10`), other runs by their
/// experiment; runs of one name whose resolved experiments differ in more than their seeds, titles and thresholds are
/// different groups. Groups are compared where they stand at the same point of a sweep, or at none; the first one is
/// the baseline. Every label and metric has a row, except an only label, whose numbers are those of `TOTAL`. All rows
/// of a comparison are one family (Holm). A row that cannot be computed becomes a warning of the comparison.
///
/// Runs of two groups are pairs where all of them are of one series and share its blocks two by two. Runs without a
/// partner at the end of a series, which was then ended early, are left out; if the gap is elsewhere, no run is left
/// out and all runs are compared as independent, because leaving runs out could depend on their results.
///
/// A pure function of its input: of runs that have no [`steady`](RunAnalysis::steady) state there are neither
/// statistics nor rows.
#[must_use]
pub fn between_runs(runs: &[RunAnalysis], rule: &ComparisonRule) -> BetweenRuns {
    let question = Question::of_analysis(*rule);
    let groups = group::groups(runs);
    let mut comparisons = Vec::new();
    for (index, baseline) in groups.iter().enumerate() {
        for candidate in &groups[index + 1..] {
            if baseline.point == candidate.point {
                comparisons.push(compare(baseline, candidate, &question).comparison);
            }
        }
    }
    BetweenRuns {
        margin: rule.margin(),
        error_rate_margin: rule.error_rate_margin(),
        alpha: rule.alpha(),
        several: several::several(&groups, &question),
        groups: groups
            .iter()
            .map(|group| group.described(&question))
            .collect(),
        comparisons,
    }
}

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_groups;
