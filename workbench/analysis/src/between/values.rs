//! One value per run, label and metric.

use serde::{Deserialize, Serialize};
use workbench_statistics::RunErrors;

use crate::model::{Metric, RunAnalysis, SteadyStatistics};
use crate::tables::TOTAL;

/// Which requests' elapsed times are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LatencyOf {
    /// All requests, failed ones too.
    All,
    /// Successful requests only.
    Success,
}

/// Labels of runs in the order in which they first occur, `TOTAL` last; none where no run has a steady state.
pub(crate) fn labels<'a>(runs: impl IntoIterator<Item = &'a RunAnalysis>) -> Vec<&'a str> {
    let mut labels: Vec<&str> = Vec::new();
    let mut any = false;
    for steady in runs.into_iter().filter_map(|run| run.steady.as_ref()) {
        any = true;
        for row in &steady.requests {
            if !labels.contains(&row.request.as_str()) {
                labels.push(&row.request);
            }
        }
    }
    labels.extend(any.then_some(TOTAL));
    labels
}

/// Whether a label is all that runs have: its numbers are then those of `TOTAL`, and a row of its own would count them twice
/// in a family.
pub(crate) fn is_all<'a>(runs: impl IntoIterator<Item = &'a RunAnalysis>, label: &str) -> bool {
    label != TOTAL
        && runs.into_iter().all(|run| {
            let samples = |label| statistics(run, label).map(|row| row.samples);
            samples(label).is_some() && samples(label) == samples(TOTAL)
        })
}

/// The value of a metric that is positive, error rates aside; `None` where the run has none.
pub(super) fn value(
    run: &RunAnalysis,
    label: &str,
    metric: Metric,
    latency: LatencyOf,
) -> Option<f64> {
    let row = statistics(run, label)?;
    let of_all = match metric {
        Metric::Mean => row.mean_ns.value,
        Metric::P50 => row.p50_ns.value,
        Metric::P95 => row.p95_ns.value,
        Metric::P99 => row.p99_ns.value,
        Metric::Throughput => Some(row.throughput_per_s),
        Metric::ErrorRate => {
            return errors(run, label).map(|run| run.failures as f64 / run.requests as f64);
        }
    };
    let value = match (latency, metric) {
        (LatencyOf::All, _) | (_, Metric::Throughput) => of_all,
        // What all requests do not support, fewer do not either.
        (LatencyOf::Success, _) => of_all.and_then(|_| {
            let success = row.success.as_ref()?;
            match metric {
                Metric::Mean => Some(success.mean_ns),
                Metric::P50 => success.p50_ns,
                Metric::P95 => success.p95_ns,
                _ => success.p99_ns,
            }
        }),
    };
    // Comparisons are on logarithms.
    value.filter(|value| value.is_finite() && *value > 0.0)
}

/// Failures and requests of a label in a run.
pub(super) fn errors(run: &RunAnalysis, label: &str) -> Option<RunErrors> {
    let row = statistics(run, label).filter(|row| row.samples > 0)?;
    Some(RunErrors {
        failures: row.errors,
        requests: row.samples,
    })
}

pub(super) fn statistics<'a>(run: &'a RunAnalysis, label: &str) -> Option<&'a SteadyStatistics> {
    let steady = run.steady.as_ref()?;
    if label == TOTAL {
        return Some(&steady.total);
    }
    steady.requests.iter().find(|row| row.request == label)
}
