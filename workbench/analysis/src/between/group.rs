//! Groups of runs that repeat the same experiment.

use workbench_samples::{CheckStatus, Outcome, SweepPoint};
use workbench_statistics::summary;

use super::rule::Question;
use super::values::{Typical, labels, requests_of, statistics, value};
use crate::between::grouping::group_names;
use crate::between::mean_of_runs::{Scale, mean_of_runs};
use crate::between::points::in_order_of_points;
use crate::model::{Group, GroupRun, GroupStatistic, Metric, MissingValue, RunAnalysis, Scope};
use crate::occurrence::grouped;

/// A group of runs, in order of time.
#[derive(Clone, Debug)]
pub(crate) struct RunGroup<'a> {
    pub(crate) name: String,
    pub(crate) point: Option<SweepPoint>,
    pub(crate) runs: Vec<&'a RunAnalysis>,
}

/// The groups in the order in which their first runs are given; see [`in_order_of_points`].
pub(super) fn groups(runs: &[RunAnalysis]) -> Vec<RunGroup<'_>> {
    let named = group_names(runs).names.into_iter().zip(runs);
    let mut groups: Vec<_> = grouped(named)
        .into_iter()
        .map(|(name, runs)| RunGroup::new(name, runs[0].point().cloned(), runs))
        .collect();
    in_order_of_points(&mut groups, |group| group.runs.first().copied());
    groups
}

impl<'a> RunGroup<'a> {
    pub(crate) fn new(
        name: String,
        point: Option<SweepPoint>,
        mut runs: Vec<&'a RunAnalysis>,
    ) -> Self {
        // RFC 3339 in UTC sorts by time.
        runs.sort_by(|a, b| (&a.started_at, &a.run_id).cmp(&(&b.started_at, &b.run_id)));
        Self { name, point, runs }
    }

    /// The steady part of all runs of the group. `None` if they differ or have none.
    pub(crate) fn scope(&self) -> Option<Scope> {
        let scope = |run: &&RunAnalysis| run.steady.as_ref().map(|steady| steady.scope);
        let mut scopes = self.runs.iter().map(scope);
        let first = scopes.next()??;
        scopes.all(|scope| scope == Some(first)).then_some(first)
    }

    pub(crate) fn values(
        &self,
        label: &str,
        metric: Metric,
        question: &Question,
    ) -> Vec<Option<f64>> {
        let typical =
            (metric == Metric::TypicalTime).then(|| Typical::of(&self.runs, question.latency));
        let of_run = |run: &&RunAnalysis| match &typical {
            Some(typical) => typical.value(run, question.latency),
            None => value(run, label, metric, question.latency),
        };
        self.runs.iter().map(of_run).collect()
    }

    pub(super) fn described(&self, question: &Question) -> Group {
        let statistics = labels(self.runs.iter().copied())
            .into_iter()
            .flat_map(|label| question.metrics(label).map(move |metric| (label, metric)))
            .map(|(label, metric)| self.statistic(label, metric, question))
            .collect();
        Group {
            name: self.name.clone(),
            experiment: self
                .runs
                .first()
                .map_or("", |run| &run.experiment)
                .to_owned(),
            point: self.point.clone(),
            runs: self.runs.iter().map(|run| described_run(run)).collect(),
            statistics,
        }
    }
}

/// A run as groups name it.
pub(crate) fn described_run(run: &RunAnalysis) -> GroupRun {
    let series = run.series.as_ref();
    GroupRun {
        run: run.name(),
        block: series.map(|place| (place.series_id.clone(), place.block)),
        valid: invalid_reasons(run).is_empty(),
    }
}

/// Why a run is invalid; empty if it is valid. A completed run without checks (one of another tool) counts as valid.
pub(crate) fn invalid_reasons(run: &RunAnalysis) -> Vec<String> {
    let mut invalid_reasons = Vec::new();
    match &run.outcome {
        Outcome::Completed => {}
        Outcome::Running => invalid_reasons.push("it has not ended".to_owned()),
        Outcome::Interrupted => invalid_reasons.push("it was interrupted".to_owned()),
        Outcome::Failed(reason) => invalid_reasons.push(format!("it failed: {reason}")),
    }
    if let Some(validity) = run.validity.as_ref().filter(|validity| !validity.valid) {
        let checks = validity.checks.iter();
        let failed = checks.filter(|check| check.status == CheckStatus::Failed);
        invalid_reasons.extend(failed.map(|check| {
            let why = match check.name.as_str() {
                "errors" => most_frequent_failure(run),
                _ => String::new(),
            };
            format!("{}: {}{why}", check.name, check.finding)
        }));
        if invalid_reasons.is_empty() {
            invalid_reasons.push("it was found invalid".to_owned());
        }
    }
    // If the run has checks, these are among them.
    if let (None, Some(steady)) = (&run.validity, &run.steady) {
        let (warm_up, stalls) = (&steady.warm_up, &steady.stalls);
        for (name, status, finding) in [
            ("steady state", warm_up.status, &warm_up.finding),
            ("stalls", stalls.status, &stalls.finding),
        ] {
            if status == CheckStatus::Failed {
                invalid_reasons.push(format!("{name}: {finding}"));
            }
        }
    }
    invalid_reasons
}

/// Why most requests failed, to be added to a sentence; empty where no reason was recorded.
fn most_frequent_failure(run: &RunAnalysis) -> String {
    let reasons = run.failures.iter().flat_map(|it| &it.reasons);
    let most = reasons.max_by_key(|it| it.count);
    let most = most.and_then(|it| it.reason.as_deref()?.lines().next());
    most.map_or_else(String::new, |reason| {
        format!(" (most frequent reason: {reason})")
    })
}

/// The mean over runs: geometric, but of error rates, which can be 0, arithmetic.
pub(super) fn mean(values: &[f64], metric: Metric) -> Option<f64> {
    let (scaled, back) = scaled(values, metric);
    Some(back(summary(&scaled).ok()?.mean))
}

impl RunGroup<'_> {
    fn statistic(&self, label: &str, metric: Metric, question: &Question) -> GroupStatistic {
        let values = self.values(label, metric, question);
        let missing = self
            .runs
            .iter()
            .zip(&values)
            .filter(|(_, value)| value.is_none());
        let missing = missing.map(|(run, _)| MissingValue {
            run: run.name(),
            reason: why_missing(run, label, metric),
        });
        let missing = missing.collect();
        let all: Option<Vec<f64>> = values.iter().copied().collect();
        let all = all.unwrap_or_default();
        let scale = match metric {
            Metric::ErrorRate => Scale::Share,
            _ => Scale::Ratio,
        };
        let found = mean_of_runs(&all, scale, question.rule.confidence());
        GroupStatistic {
            request: label.to_owned(),
            metric,
            missing,
            mean: found.map(|(mean, _)| mean),
            interval: found.and_then(|(_, interval)| interval.ok()),
            coefficient_of_variation: summary(&all)
                .ok()
                .and_then(|it| Some(it.sample_standard_deviation? / it.mean))
                .filter(|it| it.is_finite()),
            values,
        }
    }
}

/// Why the run with the fewest requests has no value of a metric; empty without runs.
pub(crate) fn why_missing_of_fewest<'a>(
    runs: impl IntoIterator<Item = &'a RunAnalysis>,
    label: &str,
    metric: Metric,
) -> String {
    let run = runs.into_iter().min_by_key(|run| requests_of(run, label));
    run.map_or_else(String::new, |run| why_missing(run, label, metric))
}

/// Why a run has no value of a metric.
fn why_missing(run: &RunAnalysis, label: &str, metric: Metric) -> String {
    if run.steady.is_none() {
        return "no request started in its steady part".to_owned();
    }
    let Some(row) = statistics(run, label) else {
        return "a run has no such request".to_owned();
    };
    let of_all = match metric {
        Metric::Mean => &row.mean_ns,
        Metric::P50 => &row.p50_ns,
        Metric::P95 => &row.p95_ns,
        Metric::P99 => &row.p99_ns,
        Metric::TypicalTime => {
            return "no label has a median in every run".to_owned();
        }
        Metric::Throughput if row.throughput_per_s.is_none() => {
            return "its steady part is shorter than every response".to_owned();
        }
        Metric::Throughput | Metric::ErrorRate => return "it is 0".to_owned(),
    };
    match (of_all.value, &of_all.note) {
        (None, Some(note)) => note.clone(),
        (None, None) => "it is not known".to_owned(),
        // The value is of successes only, or not positive.
        (Some(_), _) => "too few requests succeeded, or none took any time".to_owned(),
    }
}

/// The values on the scale of their comparison, and the inverse function.
pub(super) fn scaled(values: &[f64], metric: Metric) -> (Vec<f64>, fn(f64) -> f64) {
    match metric {
        Metric::ErrorRate => (values.to_vec(), |rate| rate),
        _ => (values.iter().map(|value| value.ln()).collect(), f64::exp),
    }
}
