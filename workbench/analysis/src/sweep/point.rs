//! One point of a sweep: its runs and estimates.

use crate::between::mean_of_runs::{Scale, mean_of_runs};
use crate::model::{
    Estimate, RunAnalysis, SteadyStatistics, SweepPointAnalysis, SweepRun, ThresholdStatus,
};
use crate::occurrence::grouped;

/// Confidence of the intervals between runs.
pub(super) const CONFIDENCE: f64 = 0.95;

/// The runs at a point, in order of time.
pub(super) fn point(value: u32, runs: &[&RunAnalysis]) -> SweepPointAnalysis {
    let runs: Vec<SweepRun> = runs.iter().map(|run| sweep_run(run)).collect();
    let valid: Vec<&SweepRun> = runs.iter().filter(|run| run.valid).collect();
    let of = |metric: fn(&SweepRun) -> Option<f64>, scale: Scale| {
        let values: Vec<Option<f64>> = valid.iter().map(|run| metric(run)).collect();
        estimate(&values, scale)
    };
    let missed = counted(valid.iter().flat_map(|run| &run.missed_thresholds));
    let undecided = counted(valid.iter().flat_map(|run| &run.undecided_thresholds));
    SweepPointAnalysis {
        value,
        throughput_per_s: of(|run| Some(run.throughput_per_s), Scale::Ratio),
        mean_ns: of(|run| Some(run.mean_ns), Scale::Ratio),
        p50_ns: of(|run| run.p50_ns, Scale::Ratio),
        p95_ns: of(|run| run.p95_ns, Scale::Ratio),
        p99_ns: of(|run| run.p99_ns, Scale::Ratio),
        error_rate: of(|run| Some(run.error_rate), Scale::Share),
        meets_thresholds: valid.len() == runs.len() && missed.is_empty() && undecided.is_empty(),
        missed,
        undecided,
        runs,
    }
}

fn sweep_run(run: &RunAnalysis) -> SweepRun {
    let total = &run.total;
    let steady = run.steady.as_ref().map(|steady| &steady.total);
    let of = |steady: Option<f64>, whole: f64| steady.unwrap_or(whole);
    // A quantile that the steady part does not support is not replaced by that of the whole run.
    let quantile = |of: fn(&SteadyStatistics) -> &Estimate, whole: f64| match steady {
        Some(steady) => of(steady).value,
        None => Some(whole),
    };
    SweepRun {
        run: run.name(),
        // A killed run has no checks, and counts as invalid.
        valid: run.validity.as_ref().is_some_and(|validity| validity.valid),
        throughput_per_s: steady.map_or(total.throughput_per_s, |steady| {
            steady.throughput_per_s.unwrap_or(0.0)
        }),
        mean_ns: of(steady.and_then(|it| it.mean_ns.value), total.mean_ns),
        p50_ns: quantile(|it| &it.p50_ns, total.p50_ns),
        p95_ns: quantile(|it| &it.p95_ns, total.p95_ns),
        p99_ns: quantile(|it| &it.p99_ns, total.p99_ns),
        error_rate: of(steady.and_then(|it| it.error_rate.value), total.error_rate),
        missed_thresholds: run.thresholds_that_are(ThresholdStatus::Missed),
        undecided_thresholds: run.thresholds_that_are(ThresholdStatus::Undecided),
    }
}

/// Counts equal texts, in the order of their first occurrence.
fn counted<'a>(texts: impl Iterator<Item = &'a String>) -> Vec<(String, u32)> {
    let counted = grouped(texts.map(|text| (text, ()))).into_iter();
    counted
        .map(|(text, times)| (text.clone(), times.len() as u32))
        .collect()
}

/// The mean of one value per run with its interval; neither where a run has no value.
fn estimate(values: &[Option<f64>], scale: Scale) -> Estimate {
    let known: Vec<f64> = values.iter().copied().flatten().collect();
    let found = (known.len() == values.len())
        .then(|| mean_of_runs(&known, scale, CONFIDENCE))
        .flatten();
    let Some((mean, interval)) = found else {
        let note = if values.is_empty() {
            "no valid run".to_owned()
        } else if known.len() < values.len() {
            let refused = values.len() - known.len();
            format!("too few requests in {refused} of {} runs", values.len())
        } else {
            "a run without a positive value".to_owned()
        };
        return Estimate::without_interval(None, note);
    };
    Estimate {
        value: Some(mean),
        interval: interval.ok(),
        note: interval.err().map(str::to_owned),
    }
}
