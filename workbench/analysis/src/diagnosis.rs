//! How much the times of some requests know, given that they depend on each other.

use workbench_statistics::{
    BatchMeans, StatisticsError, batch_means, effective_count_at_level, quantiles,
};

/// The confidence of every interval within a run.
pub(crate) const CONFIDENCE: f64 = 0.95;
/// The quantiles that have intervals.
pub(crate) const QUANTILES: [f64; 3] = [0.50, 0.95, 0.99];

/// What can be told only while times are in order of time.
pub(crate) struct Diagnosis {
    pub(crate) mean: Result<BatchMeans, StatisticsError>,
    /// Effective sample sizes of [`QUANTILES`].
    pub(crate) effective: [Result<f64, StatisticsError>; 3],
}

/// Diagnoses times in order of time; there has to be one at least.
pub(crate) fn diagnose(elapsed_ns: &[f64]) -> Diagnosis {
    let (mean, effective) = rayon::join(
        || batch_means(elapsed_ns, CONFIDENCE),
        || effective_counts(elapsed_ns),
    );
    Diagnosis { mean, effective }
}

fn effective_counts(elapsed_ns: &[f64]) -> [Result<f64, StatisticsError>; 3] {
    let levels = quantiles(elapsed_ns, &QUANTILES)
        .expect("there is a time, whole nanoseconds are finite, and the quantiles possible");
    [0, 1, 2].map(|index| effective_count_at_level(elapsed_ns, levels[index]))
}
