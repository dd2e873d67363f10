//! Compares three or more groups simultaneously.

use workbench_statistics::{games_howell, kruskal_wallis, welch_anova};

use super::group::{RunGroup, scaled};
use super::rule::Question;
use super::values::labels;
use crate::model::{
    ConfidenceInterval, Metric, OverallTest, SeveralGroups, SimultaneousPair, TOTAL,
};
use crate::occurrence::unique;

/// Each label and metric over all groups at the same point, if at least three have values.
pub(super) fn several(groups: &[RunGroup<'_>], question: &Question) -> Vec<SeveralGroups> {
    unique(groups.iter().map(|group| &group.point))
        .into_iter()
        .flat_map(|point| {
            let is_at_point =
                |group: &&RunGroup<'_>| group.point == *point && group.scope().is_some();
            let at_point: Vec<_> = groups.iter().filter(is_at_point).collect();
            at_one_point(&at_point, question)
        })
        .collect()
}

fn at_one_point(groups: &[&RunGroup<'_>], question: &Question) -> Vec<SeveralGroups> {
    let Some(first) = groups.first() else {
        return Vec::new();
    };
    let mut same_scope = groups.to_vec();
    same_scope.retain(|group| group.scope() == first.scope());
    let runs = same_scope
        .iter()
        .flat_map(|group| group.runs.iter().copied());
    labels(runs)
        .into_iter()
        .flat_map(|label| question.metrics(label).map(move |metric| (label, metric)))
        .filter_map(|(label, metric)| {
            let known: Vec<(&str, Vec<f64>)> = same_scope
                .iter()
                .filter_map(|group| {
                    let values = group.values(label, metric, question).into_iter();
                    let values: Vec<f64> = values.collect::<Option<_>>()?;
                    Some((group.name.as_str(), scaled(&values, metric).0))
                })
                .collect();
            (known.len() > 2).then(|| all(label, metric, &known, question.rule.confidence()))
        })
        .collect()
}

fn all(label: &str, metric: Metric, groups: &[(&str, Vec<f64>)], confidence: f64) -> SeveralGroups {
    let values: Vec<&[f64]> = groups.iter().map(|(_, values)| values.as_slice()).collect();
    let change = |difference: f64| match metric {
        Metric::ErrorRate => difference,
        _ => difference.exp_m1(),
    };
    // A studentized range takes about 40 ms; for every label of seven experiments that would be half a minute.
    let pairs = if label == TOTAL {
        games_howell(&values, confidence).unwrap_or_default()
    } else {
        Vec::new()
    };
    SeveralGroups {
        request: label.to_owned(),
        metric,
        groups: groups.iter().map(|(name, _)| (*name).to_owned()).collect(),
        welch_anova: welch_anova(&values).ok().map(|test| OverallTest {
            statistic: test.f,
            p: test.p,
        }),
        // With one run in each group, ranks have no power.
        kruskal_wallis: kruskal_wallis(&values)
            .ok()
            .filter(|test| test.counts.iter().all(|count| *count > 1))
            .map(|test| OverallTest {
                statistic: test.h,
                p: test.p,
            }),
        // The statistics compute first minus second; changes here are from first to second.
        pairs: pairs
            .into_iter()
            .map(|pair| SimultaneousPair {
                a: groups[pair.first].0.to_owned(),
                b: groups[pair.second].0.to_owned(),
                change: change(-pair.alone.difference),
                interval: ConfidenceInterval {
                    lower: change(-pair.interval.upper),
                    upper: Some(change(-pair.interval.lower)),
                    confidence: pair.interval.confidence,
                },
                p: pair.p,
            })
            .collect(),
    }
}
