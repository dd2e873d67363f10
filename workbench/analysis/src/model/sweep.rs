//! An experiment at several points of its sweep.

use serde::{Deserialize, Serialize};

use super::estimate::{ConfidenceInterval, Estimate};

/// Throughput, response times and thresholds at each point of a sweep.
///
/// All numbers of a run are those of its steady part where it has one, otherwise of the whole run. Estimates of a point
/// are between its valid runs: geometric means with Student's t on the logarithms, error rates arithmetic; none where
/// one of them has no value. Thresholds alone are of whole runs, ramps included.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SweepAnalysis {
    /// The experiment, as its series knows it; with the series' id where another one swept the same.
    pub experiment: String,
    /// The swept parameter: `users` or `replicas`.
    pub parameter: String,
    /// By value, ascending; at least two.
    pub points: Vec<SweepPointAnalysis>,
    /// The experiment's thresholds, as written.
    pub thresholds: Vec<String>,
    /// The largest load that meets them. Not defined for a sweep of replicas, which are not a load.
    pub largest_load: LargestLoad,
    /// The Universal Scalability Law, fitted to the throughput of each valid run; `None` where it cannot be.
    pub fit: Option<ScalabilityFit>,
    /// Why there is no fit.
    pub no_fit: Option<String>,
}

/// One point of a sweep.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SweepPointAnalysis {
    /// Its value.
    pub value: u32,
    /// Its runs, in order of time.
    pub runs: Vec<SweepRun>,
    /// Requests per second.
    pub throughput_per_s: Estimate,
    /// Mean elapsed time.
    pub mean_ns: Estimate,
    /// Median.
    pub p50_ns: Estimate,
    /// 95th percentile.
    pub p95_ns: Estimate,
    /// 99th percentile.
    pub p99_ns: Estimate,
    /// Failed requests as a fraction of all.
    pub error_rate: Estimate,
    /// Whether every run is valid and met every threshold. A load that was not achieved is an overload, and an
    /// undecided threshold is not met.
    pub meets_thresholds: bool,
    /// Thresholds that a valid run missed, and by how many of them, in the order of the experiment.
    pub missed: Vec<(String, u32)>,
    /// Thresholds that a valid run left undecided, in the same way.
    pub undecided: Vec<(String, u32)>,
}

/// One run at a point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SweepRun {
    /// Name of the experiment's folder and of the run's: `scalability/20261123T101400Z-4f2a`.
    pub run: String,
    /// Whether it is valid. Invalid runs are excluded from estimates and fit.
    pub valid: bool,
    /// Requests per second.
    pub throughput_per_s: f64,
    /// Mean elapsed time.
    pub mean_ns: f64,
    /// Median; `None`, as other quantiles, where its steady part does not support it.
    pub p50_ns: Option<f64>,
    /// 95th percentile.
    pub p95_ns: Option<f64>,
    /// 99th percentile.
    pub p99_ns: Option<f64>,
    /// Failed requests as a fraction of all.
    pub error_rate: f64,
    /// Thresholds that it missed, as written.
    pub missed_thresholds: Vec<String>,
    /// Thresholds that its samples do not decide, as written.
    pub undecided_thresholds: Vec<String>,
}

/// The largest load that meets the thresholds, as do all smaller ones that were swept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LargestLoad {
    /// The experiment has no thresholds.
    NoThresholds,
    /// Even the smallest load does not meet them.
    None,
    /// This one; the next one swept misses a threshold, leaves one undecided, or has an invalid run.
    At {
        /// The load.
        value: u32,
        /// The smallest load that does not meet them.
        next: u32,
        /// Larger loads that met them.
        met_again: Vec<u32>,
    },
    /// The largest load of the sweep meets them; the limit is beyond.
    AllSwept {
        /// The load.
        value: u32,
    },
}

/// X(N) = γN/(1 + α(N − 1) + βN(N − 1)), fitted by least squares to one throughput per run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScalabilityFit {
    /// γ, the throughput at a load of 1, per second.
    pub gamma: Coefficient,
    /// α, the share of the work that waits for its turn (contention).
    pub alpha: Coefficient,
    /// β, the cost of keeping each pair of users consistent (coherency).
    pub beta: Coefficient,
    /// The load of the highest throughput.
    pub peak: Peak,
    /// The load beyond which a larger load mainly adds waiting; `None` if throughput has no maximum.
    pub knee: Option<f64>,
    /// Runs less coefficients that were free to vary.
    pub degrees_of_freedom: u64,
    /// Standard deviation of the runs around the curve, per second.
    pub residual_standard_error_per_s: f64,
    /// Share of the variance that the curve explains; `None` where throughput did not vary.
    pub r_squared: Option<f64>,
    /// The fitted runs, by load and then in order of time.
    pub runs: Vec<FittedRun>,
    /// Warnings for the reader.
    pub warnings: Vec<String>,
}

impl SweepPointAnalysis {
    /// Whether only thresholds that are undecided keep the point from meeting them.
    #[must_use]
    pub fn is_undecided(&self) -> bool {
        let valid = self.runs.iter().all(|run| run.valid);
        valid && self.missed.is_empty() && !self.undecided.is_empty()
    }
}

impl ScalabilityFit {
    /// The throughput of the fitted curve at a load, per second.
    #[must_use]
    pub fn throughput_per_s(&self, load: f64) -> f64 {
        let (alpha, beta) = (self.alpha.estimate, self.beta.estimate);
        self.gamma.estimate * load / (1.0 + alpha * (load - 1.0) + beta * load * (load - 1.0))
    }
}

/// A coefficient of the law.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Coefficient {
    /// Its estimate, never negative.
    pub estimate: f64,
    /// Its standard error; `None`, as is the interval, where the estimate sits on its bound 0.
    pub standard_error: Option<f64>,
    /// Its interval, by Student's t; may reach below 0.
    pub interval: Option<ConfidenceInterval>,
}

/// The load of the highest throughput, where there is one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Peak {
    /// Throughput falls beyond a load.
    At {
        /// The load.
        load: f64,
        /// Its interval.
        load_interval: ConfidenceInterval,
        /// The throughput there, per second.
        throughput_per_s: f64,
        /// Its interval.
        throughput_interval: ConfidenceInterval,
        /// Whether the load is above all that were measured.
        beyond_measurements: bool,
    },
    /// β is on its bound: throughput levels off and never falls.
    NoneFitted {
        /// What the throughput tends to, per second; `None` where it grows without limit.
        ceiling_per_s: Option<f64>,
    },
    /// The interval of β contains 0: these runs do not show that throughput ever falls.
    NotShown,
    /// Throughput falls from a load of 1 on.
    FallsFromTheStart,
}

/// A run as measured, and as the curve has it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FittedRun {
    /// The load.
    pub load: f64,
    /// Requests per second that were measured.
    pub measured_per_s: f64,
    /// Requests per second of the curve; what was measured less this is the residual.
    pub fitted_per_s: f64,
}
