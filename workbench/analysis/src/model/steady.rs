//! The part of a run that comparisons between runs rest on.

use serde::{Deserialize, Serialize};
use workbench_samples::CheckStatus;

use super::estimate::Estimate;

/// The steady part of a run. Intervals in it are diagnoses within this run: another run may lie outside of them far
/// more often than they say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SteadyState {
    /// Which part of the run it is.
    pub scope: Scope,
    /// Start of its first request, in seconds since the start of the schedule.
    pub from_s: f64,
    /// Its end by the schedule, in seconds since the start of the schedule; the last start where that is later, and the
    /// last response where the run ended before.
    pub to_s: f64,
    /// Whether it is steady indeed.
    pub warm_up: WarmUpCheck,
    /// Whether the target answered all the time.
    pub stalls: StallCheck,
    /// Each label, in the order of the experiment file; labels without samples have no row.
    pub requests: Vec<SteadyStatistics>,
    /// All requests together, each counted once.
    pub total: SteadyStatistics,
}

/// Which part of a run its statistics are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The requests that started while the full load was there, after the declared warm-up.
    Hold,
    /// All requests after the declared warm-up: the experiment never holds its load.
    WholeRun,
}

/// What MSER-5 says of the beginning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WarmUpCheck {
    /// Failed where no steady state can be seen: the run is then invalid.
    pub status: CheckStatus,
    /// What was found, in words with units.
    pub finding: String,
    /// Time at the beginning that MSER-5 would leave out, in seconds; `None` where it finds no steady state, or
    /// nothing was checked.
    pub discard_s: Option<f64>,
}

/// How long nothing was answered while two users or more waited.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StallCheck {
    /// Failed where one stall takes so much of the steady part that the run is invalid.
    pub status: CheckStatus,
    /// What was found, in words with units.
    pub finding: String,
    /// Time in stalls, as a fraction of the steady part.
    pub share: f64,
    /// Length of the longest stall, in seconds; `None` without a stall.
    pub longest_s: Option<f64>,
    /// When it began, in seconds since the start of the schedule.
    pub longest_at_s: Option<f64>,
}

/// Statistics of one label in the steady part of a run. Every sample counts, failed ones too, unless it is said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SteadyStatistics {
    /// The label; `TOTAL` for all together.
    pub request: String,
    /// Number of samples.
    pub samples: u64,
    /// Failed samples.
    pub errors: u64,
    /// Failed samples as a fraction of all, with Wilson's interval of the effective sample size; of the number of
    /// samples where all or none failed.
    pub error_rate: Estimate,
    /// Requests that ended within the steady part, wherever they started, by its length, per second. Requests that
    /// *started* in it, until the last of them has ended, would be too few: the more, the longer responses take.
    pub throughput_per_s: f64,
    /// Mean elapsed time; interval by batch means.
    pub mean_ns: Estimate,
    /// Median; interval by order statistics of the effective sample size, as for the other quantiles.
    pub p50_ns: Estimate,
    /// 95th percentile.
    pub p95_ns: Estimate,
    /// 99th percentile.
    pub p99_ns: Estimate,
    /// How many times the variance of the mean is what it would be for independent requests (τ); `None` where it
    /// cannot be told.
    pub autocorrelation_factor: Option<f64>,
    /// How many independent requests would know as much of the mean.
    pub effective_samples: Option<f64>,
    /// The successful requests by themselves; `None` where there are none.
    pub success: Option<Latency>,
    /// The failed requests by themselves; `None` where there are none.
    pub failure: Option<Latency>,
}

/// Elapsed times of some requests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// Number of requests.
    pub samples: u64,
    /// Mean.
    pub mean_ns: f64,
    /// Median; `None`, as other quantiles, where so few requests do not support it: the floor is that of all requests,
    /// for these requests' share of the effective sample size.
    pub p50_ns: Option<f64>,
    /// 95th percentile.
    pub p95_ns: Option<f64>,
    /// 99th percentile.
    pub p99_ns: Option<f64>,
}
