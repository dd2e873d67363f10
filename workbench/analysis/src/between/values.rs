//! One value per run, label and metric.

use workbench_statistics::{RunErrors, summary};

use crate::model::{LatencyOf, Metric, RunAnalysis, SteadyStatistics, TOTAL};
use crate::occurrence::unique;

/// Labels of runs in the order in which they first occur, `TOTAL` last; none where no run has a steady state.
pub(crate) fn labels<'a>(runs: impl IntoIterator<Item = &'a RunAnalysis>) -> Vec<&'a str> {
    let steady: Vec<_> = runs
        .into_iter()
        .filter_map(|run| run.steady.as_ref())
        .collect();
    let rows = steady.iter().flat_map(|steady| &steady.requests);
    let mut labels = unique(rows.map(|row| row.request.as_str()));
    labels.extend((!steady.is_empty()).then_some(TOTAL));
    labels
}

/// Whether a label is the only one of the runs. Its numbers are then those of `TOTAL`, and its own row would count them
/// twice in the family.
pub(crate) fn is_all<'a>(runs: impl IntoIterator<Item = &'a RunAnalysis>, label: &str) -> bool {
    label != TOTAL
        && runs.into_iter().all(|run| {
            let samples = |label| statistics(run, label).map(|row| row.samples);
            samples(label).is_some() && samples(label) == samples(TOTAL)
        })
}

/// A label with fewer requests than this in any run is left out of the typical time, unless it is the only one: its
/// median would vary more than the others. Our choice.
const FOR_TYPICAL: u64 = 100;

/// The labels of the typical time: those with a median and enough requests in each run.
#[derive(Clone, Debug)]
pub(crate) struct Typical<'a> {
    labels: Vec<&'a str>,
    /// Labels with too few requests in some run.
    pub(super) left_out: Vec<&'a str>,
}

impl<'a> Typical<'a> {
    pub(crate) fn of(runs: &[&'a RunAnalysis], latency: LatencyOf) -> Self {
        let all = labels(runs.iter().copied());
        let with = |least: u64| -> (Vec<&str>, Vec<&str>) {
            let labels = all.iter().copied().filter(|label| *label != TOTAL);
            labels.partition(|label| {
                runs.iter().all(|run| {
                    let requests = statistics(run, label).map_or(0, |row| row.samples);
                    requests >= least && value(run, label, Metric::P50, latency).is_some()
                })
            })
        };
        let (labels, left_out) = with(FOR_TYPICAL);
        if labels.is_empty() {
            let (labels, left_out) = with(0);
            return Self { labels, left_out };
        }
        Self { labels, left_out }
    }

    /// The geometric mean of a run's medians, each label once, in nanoseconds.
    ///
    /// # References
    /// P. J. Fleming, J. J. Wallace (1986), “How Not To Lie With Statistics: The Correct Way To Summarize Benchmark
    /// Results”, Communications of the ACM 29(3).
    pub(crate) fn value(&self, run: &RunAnalysis, latency: LatencyOf) -> Option<f64> {
        let medians = self.labels.iter();
        let logarithms: Option<Vec<f64>> = medians
            .map(|label| value(run, label, Metric::P50, latency).map(f64::ln))
            .collect();
        let mean = summary(&logarithms?).ok()?.mean;
        Some(mean.exp())
    }
}

/// The value of a metric that is positive, error rates and the typical time aside; `None` where the run has none.
pub(crate) fn value(
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
        Metric::Throughput => row.throughput_per_s,
        Metric::ErrorRate => {
            return errors(run, label).map(|run| run.failures as f64 / run.requests as f64);
        }
        Metric::TypicalTime => return Typical::of(&[run], latency).value(run, latency),
    };
    let success = row.success.as_ref();
    let value = match (latency, metric) {
        (LatencyOf::All, _) | (_, Metric::Throughput) => of_all,
        // If all requests are too few for a quantile, so are the successful ones.
        (LatencyOf::Success, _) => of_all.zip(success).and_then(|(_, success)| match metric {
            Metric::Mean => Some(success.mean_ns),
            Metric::P50 => success.p50_ns,
            Metric::P95 => success.p95_ns,
            _ => success.p99_ns,
        }),
    };
    // Comparisons are on logarithms.
    value.filter(|value| value.is_finite() && *value > 0.0)
}

/// Requests of a label in the steady part of a run.
pub(crate) fn requests_of(run: &RunAnalysis, label: &str) -> u64 {
    statistics(run, label).map_or(0, |row| row.samples)
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
