//! The student report's comparison as data.

use serde::{Deserialize, Serialize};
use workbench_statistics::Shape;

use super::estimate::ConfidenceInterval;

/// The student report's comparison: descriptive, not valid for inference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReportComparison {
    /// Why no conclusion may be drawn from it. Must be shown with it.
    pub caveat: String,
    /// Size of each sample drawn, with replacement.
    pub sample_size: u32,
    /// Number of samples drawn from each run.
    pub resamples: u32,
    /// Seed of the resampling.
    pub seed: u64,
    /// Significance level of the tests.
    pub alpha: f64,
    /// Description of the selected runs; `None` if all are included.
    pub selection: Option<String>,
    /// Standard normal quantiles that the drawn means of a run, in ascending order, are plotted over: those of Blom's
    /// plotting positions, as many as means are drawn.
    pub normal_quantiles: Vec<f64>,
    /// One distribution a run, in the order of `Analysis::runs`.
    pub distributions: Vec<CltDistribution>,
    /// Every pair of runs once.
    pub tests: Vec<PairwiseTest>,
}

/// Means of samples drawn from one run's elapsed times, and the four measures of spread that the report confused.
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
    /// How close the drawn means are to a normal distribution; `None` where they do not vary.
    pub shape: Option<Shape>,
    /// The effective sample size of the run, and the false alarm rate of the procedure on it.
    pub worth: EffectiveSamples,
}

/// The effective sample size of a run's mean, and the false alarm rate of the report's test on its data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EffectiveSamples {
    /// Requests that `autocorrelation_factor` and `effective_samples` are of.
    pub requests: u64,
    /// How many times the variance of the mean is what it would be for independent requests (τ); `None` if it cannot be
    /// estimated.
    pub autocorrelation_factor: Option<f64>,
    /// Effective sample size: the number of independent requests with the same precision of the mean.
    pub effective_samples: Option<f64>,
    /// Which requests both are of, or why there are none.
    pub note: String,
    /// The false alarm rate of the report's test on data like those of the hold; `None` without a hold, or where there are too
    /// few.
    pub false_alarms: Option<FalseAlarms>,
}

/// The false alarm rate of the report's test on pairs of runs that were resampled from blocks of the same run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FalseAlarms {
    /// Pairs of runs that were made.
    pub trials: u32,
    /// Pairs that the test called different.
    pub alarms: u32,
    /// Alarms divided by trials.
    pub rate: f64,
    /// Clopper and Pearson's interval of the rate.
    pub interval: ConfidenceInterval,
    /// The nominal rate of the test.
    pub nominal: f64,
    /// Requests in a block. Within blocks the resampled runs have the autocorrelation of the run.
    pub block_length: u64,
    /// Seed of the resampling.
    pub seed: u64,
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
