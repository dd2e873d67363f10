//! The rows of the Summary and Aggregate tables: JMeter's formulas, except for throughput.
//!
//! JMeter divides by the time from a label's first start to its last end. With think times or few requests that is
//! shorter than the time in which the requests were made.

use workbench_statistics::StatisticsError;

use crate::model::{ErrorCount, RequestStatistics};
use crate::observe::{LabelTally, Times};

const BYTES_PER_KIB: f64 = 1024.0;

/// The row of one label, or of all. `run_s` is the duration that throughput refers to.
pub(crate) fn row(
    label: &str,
    counts: &LabelTally,
    times: &Times<'_>,
    run_s: f64,
) -> Result<RequestStatistics, StatisticsError> {
    let summary = times.summary()?;
    let quantile = |probability| times.quantile(probability);
    let samples = counts.samples as f64;
    let began = counts.began as f64;
    // The rate of a run without a measurable duration is 0, not infinite.
    let per_second = |amount: f64| {
        if run_s > 0.0 { amount / run_s } else { 0.0 }
    };
    Ok(RequestStatistics {
        request: label.to_owned(),
        samples: counts.samples,
        errors: counts.errors,
        error_rate: counts.errors as f64 / samples,
        mean_ns: summary.mean,
        min_ns: summary.min,
        max_ns: summary.max,
        standard_deviation_ns: summary.population_standard_deviation,
        p50_ns: quantile(0.50)?,
        p90_ns: quantile(0.90)?,
        p95_ns: quantile(0.95)?,
        p99_ns: quantile(0.99)?,
        throughput_per_s: per_second(began),
        received_kib_per_s: per_second(counts.bytes_received as f64 / BYTES_PER_KIB),
        sent_kib_per_s: per_second(counts.bytes_sent as f64 / BYTES_PER_KIB),
        mean_bytes: counts.bytes_received as f64 / began.max(1.0),
    })
}

/// Errors, most frequent first.
pub(crate) fn errors(mut errors: Vec<ErrorCount>) -> Vec<ErrorCount> {
    errors.sort_by(|a, b| {
        b.count
            .cmp(&a.count)
            .then_with(|| (&a.request, &a.error, a.status).cmp(&(&b.request, &b.error, b.status)))
    });
    errors
}
