//! The student report's comparison as data.

use serde::{Deserialize, Serialize};

/// The student report's comparison: descriptive, not valid for inference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReportComparison {
    /// Why nothing may be concluded from it; to be shown wherever it is.
    pub caveat: String,
    /// Size of each sample drawn, with replacement.
    pub sample_size: u32,
    /// Number of samples drawn from each run.
    pub resamples: u32,
    /// Seed of the resampling.
    pub seed: u64,
    /// Significance level of the tests.
    pub alpha: f64,
    /// One distribution a run, in the order of `Analysis::runs`.
    pub distributions: Vec<CltDistribution>,
    /// Every pair of runs once.
    pub tests: Vec<PairwiseTest>,
}

/// Means of samples drawn from one run's elapsed times, and the four spreads that the report mixed up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CltDistribution {
    /// Name of the experiment.
    pub experiment: String,
    /// Name of the run's folder.
    pub run_id: String,
    /// Number of raw elapsed times.
    pub raw_samples: u64,
    /// Their mean.
    pub raw_mean_ns: f64,
    /// Their standard deviation.
    pub raw_standard_deviation_ns: f64,
    /// Standard error of the raw mean, as if the samples were independent.
    pub raw_standard_error_ns: f64,
    /// Mean of the drawn means.
    pub mean_of_means_ns: f64,
    /// Standard deviation of the drawn means (about the raw one divided by √sample size).
    pub standard_deviation_of_means_ns: f64,
    /// Standard error of the mean of means (the former divided by √resamples).
    pub standard_error_of_grand_mean_ns: f64,
    /// The drawn means, in the order drawn.
    pub means_ns: Vec<f64>,
}

/// Two-sample t test on the drawn means of two runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PairwiseTest {
    /// First experiment.
    pub a: String,
    /// Second experiment.
    pub b: String,
    /// Mean of the first one's means.
    pub mean_a_ns: f64,
    /// Its standard error.
    pub standard_error_a_ns: f64,
    /// Mean of the second one's means.
    pub mean_b_ns: f64,
    /// Its standard error.
    pub standard_error_b_ns: f64,
    /// Welch's t statistic.
    pub t: f64,
    /// Welch–Satterthwaite degrees of freedom.
    pub degrees_of_freedom: f64,
    /// Two-sided p value.
    pub p: f64,
    /// Whether equal means are rejected at alpha.
    pub rejected: bool,
}
