//! Runs that repeat the same thing.

use workbench_samples::{CheckStatus, Outcome, SweepPoint};
use workbench_statistics::{student_t_quantile, summary};

use super::rule::Question;
use super::values::{labels, value};
use crate::model::{
    ConfidenceInterval, Group, GroupRun, GroupStatistic, Metric, RunAnalysis, Scope,
};

/// A group of runs, in order of time.
#[derive(Clone, Debug)]
pub(crate) struct RunGroup<'a> {
    pub(crate) name: String,
    pub(crate) point: Option<SweepPoint>,
    pub(crate) runs: Vec<&'a RunAnalysis>,
}

/// The groups in the order in which their first runs are given.
pub(super) fn groups(runs: &[RunAnalysis]) -> Vec<RunGroup<'_>> {
    let mut groups: Vec<RunGroup<'_>> = Vec::new();
    for run in runs {
        let point = run.series.as_ref().and_then(|place| place.point.as_ref());
        // `shop#1` and `shop#2` stay apart whatever stands beside them.
        let name = match &run.series {
            Some(place) => place.experiment.clone(),
            None => run.experiment.clone(),
        };
        match groups.iter_mut().find(|group| group.name == name) {
            Some(group) => group.runs.push(run),
            None => groups.push(RunGroup {
                name,
                point: point.cloned(),
                runs: vec![run],
            }),
        }
    }
    for group in &mut groups {
        group.in_order_of_time();
    }
    groups
}

impl<'a> RunGroup<'a> {
    /// RFC 3339 in UTC sorts by time.
    pub(crate) fn in_order_of_time(&mut self) {
        self.runs
            .sort_by(|a, b| (&a.started_at, &a.run_id).cmp(&(&b.started_at, &b.run_id)));
    }

    /// The part of the run that all runs of the group are judged by; `None` where they differ or have none.
    pub(crate) fn scope(&self) -> Option<Scope> {
        let scope = |run: &&RunAnalysis| run.steady.as_ref().map(|steady| steady.scope);
        let first = self.runs.first().and_then(scope)?;
        self.runs
            .iter()
            .all(|run| scope(run) == Some(first))
            .then_some(first)
    }

    pub(super) fn values(
        &self,
        label: &str,
        metric: Metric,
        question: &Question,
    ) -> Vec<Option<f64>> {
        self.runs
            .iter()
            .map(|run| value(run, label, metric, question.latency))
            .collect()
    }

    pub(super) fn described(&self, question: &Question) -> Group {
        let statistics = labels(self.runs.iter().copied())
            .into_iter()
            .flat_map(|label| question.metrics().map(move |metric| (label, metric)))
            .map(|(label, metric)| {
                let values = self.values(label, metric, question);
                statistic(label, metric, values, question.rule.confidence())
            })
            .collect();
        Group {
            name: self.name.clone(),
            experiment: self
                .runs
                .first()
                .map_or_else(String::new, |run| run.experiment.clone()),
            point: self.point.clone(),
            runs: self.runs.iter().map(|run| described_run(run)).collect(),
            statistics,
        }
    }
}

/// A run as groups name it.
pub(crate) fn described_run(run: &RunAnalysis) -> GroupRun {
    GroupRun {
        run: format!("{}/{}", run.experiment, run.run_id),
        block: run
            .series
            .as_ref()
            .map(|place| (place.series_id.clone(), place.block)),
        valid: doubts(run).is_empty(),
    }
}

/// Why a run cannot be believed; empty where it can. A run that came to its end and was judged by nobody (one of
/// another tool) is believed.
pub(crate) fn doubts(run: &RunAnalysis) -> Vec<String> {
    let mut doubts = Vec::new();
    match &run.outcome {
        Outcome::Completed => {}
        Outcome::Running => doubts.push("it has not ended, or was killed".to_owned()),
        Outcome::Interrupted => doubts.push("it was interrupted".to_owned()),
        Outcome::Failed(reason) => doubts.push(format!("it failed: {reason}")),
    }
    if let Some(validity) = run.validity.as_ref().filter(|validity| !validity.valid) {
        let failed = validity
            .checks
            .iter()
            .filter(|check| check.status == CheckStatus::Failed);
        doubts.extend(failed.map(|check| format!("{}: {}", check.name, check.finding)));
        if doubts.is_empty() {
            doubts.push("it was found invalid".to_owned());
        }
    }
    if let Some(steady) = &run.steady
        && steady.warm_up.status == CheckStatus::Failed
        // Where the run was judged, it is among its checks.
        && !doubts.iter().any(|doubt| doubt.ends_with(&steady.warm_up.finding))
    {
        doubts.push(format!("no steady state: {}", steady.warm_up.finding));
    }
    doubts
}

/// The mean over runs: geometric, but of error rates, which can be 0, arithmetic.
pub(super) fn mean(values: &[f64], metric: Metric) -> Option<f64> {
    let (scaled, back) = scaled(values, metric);
    Some(back(summary(&scaled).ok()?.mean))
}

fn statistic(
    label: &str,
    metric: Metric,
    values: Vec<Option<f64>>,
    confidence: f64,
) -> GroupStatistic {
    let known: Vec<f64> = values.iter().copied().flatten().collect();
    GroupStatistic {
        request: label.to_owned(),
        metric,
        mean: mean(&known, metric),
        interval: interval(&known, metric, confidence),
        coefficient_of_variation: summary(&known)
            .ok()
            .and_then(|it| Some(it.sample_standard_deviation? / it.mean))
            .filter(|it| it.is_finite()),
        values,
    }
}

/// Student's interval of the mean; `None` for fewer than two values.
fn interval(values: &[f64], metric: Metric, confidence: f64) -> Option<ConfidenceInterval> {
    let (scaled, back) = scaled(values, metric);
    let summary = summary(&scaled).ok()?;
    let error = summary.standard_error()?;
    let freedom = (summary.count - 1) as f64;
    let reach = student_t_quantile((1.0 - confidence) / 2.0, freedom).ok()? * error;
    Some(ConfidenceInterval {
        lower: back(summary.mean - reach),
        upper: Some(back(summary.mean + reach)),
        confidence,
    })
}

/// The values on the scale of their comparison, and the way back.
pub(super) fn scaled(values: &[f64], metric: Metric) -> (Vec<f64>, fn(f64) -> f64) {
    match metric {
        Metric::ErrorRate => (values.to_vec(), |rate| rate),
        _ => (values.iter().map(|value| value.ln()).collect(), f64::exp),
    }
}
