//! How much some requests know, given that they depend on each other.

use std::ops::Range;

use workbench_statistics::{
    BatchMeans, StatisticsError, batch_means, effective_count_at_level, effective_count_of_share,
    quantiles,
};

/// The confidence of every interval within a run.
pub(crate) const CONFIDENCE: f64 = 0.95;
/// The quantiles that have intervals.
pub(crate) const QUANTILES: [f64; 3] = [0.50, 0.95, 0.99];

/// What can be told only while requests are in order of time.
pub(crate) struct Diagnosis {
    pub(crate) mean: Result<BatchMeans, StatisticsError>,
    /// Effective sample sizes of [`QUANTILES`].
    pub(crate) effective: [Result<f64, StatisticsError>; 3],
    /// Effective sample size of the error rate.
    pub(crate) effective_of_errors: Result<f64, StatisticsError>,
}

/// Diagnoses requests in order of time, by their elapsed times and by which of them failed; there has to be one at
/// least.
pub(crate) fn diagnose(elapsed_ns: &[f64], is_failed: impl Fn(usize) -> bool + Sync) -> Diagnosis {
    let failures_in = |range: Range<usize>| range.filter(|place| is_failed(*place)).count();
    let (mean, (effective, effective_of_errors)) = rayon::join(
        || batch_means(elapsed_ns, CONFIDENCE),
        || {
            (
                effective_counts(elapsed_ns),
                effective_count_of_share(elapsed_ns.len(), failures_in),
            )
        },
    );
    Diagnosis {
        mean,
        effective,
        effective_of_errors,
    }
}

fn effective_counts(elapsed_ns: &[f64]) -> [Result<f64, StatisticsError>; 3] {
    let levels = quantiles(elapsed_ns, &QUANTILES)
        .expect("there is a time, whole nanoseconds are finite, and the quantiles possible");
    [0, 1, 2].map(|index| effective_count_at_level(elapsed_ns, levels[index]))
}
