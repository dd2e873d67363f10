//! Effective sample sizes of dependent requests.

use workbench_statistics::{BatchMeans, StatisticsError};

/// The confidence of every interval within a run.
pub(crate) const CONFIDENCE: f64 = 0.95;
/// The quantiles that have intervals.
pub(crate) const QUANTILES: [f64; 4] = [0.50, 0.90, 0.95, 0.99];

/// Results that need the requests in order of time.
pub(crate) struct Diagnosis {
    pub(crate) mean: Result<BatchMeans, StatisticsError>,
    /// Effective sample sizes of [`QUANTILES`].
    pub(crate) effective: [Result<f64, StatisticsError>; QUANTILES.len()],
    /// Effective sample size of the error rate.
    pub(crate) effective_of_errors: Result<f64, StatisticsError>,
}
