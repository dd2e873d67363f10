//! The steady part of a run, which comparisons between runs use.

use serde::{Deserialize, Serialize};
use workbench_samples::CheckStatus;

use super::estimate::Estimate;

/// The steady part of a run. Its intervals describe this run only: another run lies outside of them far more often than
/// their confidence suggests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SteadyState {
    /// Which part of the run it is.
    pub scope: Scope,
    /// Start of its first request, in seconds since the start of the schedule.
    pub from_s: f64,
    /// Its end by the schedule, in seconds since the start of the schedule; the last start where that is later, and the
    /// last response where the run ended before.
    pub to_s: f64,
    /// The check of its steadiness.
    pub warm_up: WarmUpCheck,
    /// The check for stalls of the target.
    pub stalls: StallCheck,
    /// Each label, in the order of the experiment file; labels without samples have no row.
    pub requests: Vec<SteadyStatistics>,
    /// All requests together, each counted once.
    pub total: SteadyStatistics,
}

/// The part of a run that the statistics use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The requests that started while the full load was there, after the declared warm-up.
    Hold,
    /// All requests after the declared warm-up: the experiment never holds its load.
    WholeRun,
}

/// The result of MSER-5 and of the search for late changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WarmUpCheck {
    /// Failed if there is no steady state: the run is then invalid.
    pub status: CheckStatus,
    /// The finding, as text with units.
    pub finding: String,
    /// Time at the beginning that MSER-5 would discard, in seconds; `None` without a steady state, or without a check.
    pub discard_s: Option<f64>,
}

impl WarmUpCheck {
    pub(crate) fn new(status: CheckStatus, finding: String, discard_s: Option<f64>) -> Self {
        Self {
            status,
            finding,
            discard_s,
        }
    }
}

/// Times without a response while two or more users waited.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StallCheck {
    /// Failed where one stall takes so much of the steady part that the run is invalid.
    pub status: CheckStatus,
    /// The finding, as text with units.
    pub finding: String,
    /// Time in stalls, as a fraction of the steady part.
    pub share: f64,
    /// Length of the longest stall, in seconds; `None` without a stall.
    pub longest_s: Option<f64>,
    /// When it began, in seconds since the start of the schedule.
    pub longest_at_s: Option<f64>,
}

/// Statistics of one label in the steady part of a run. Every sample counts, failed ones too, unless stated otherwise.
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
    /// *started* in it, until the last of them has ended, would be too few: the more, the longer responses take. `None`
    /// where none ended in a steady part that is shorter than every response.
    pub throughput_per_s: Option<f64>,
    /// Mean elapsed time; interval by batch means.
    pub mean_ns: Estimate,
    /// Median; interval by order statistics of the effective sample size, as for the other quantiles.
    pub p50_ns: Estimate,
    /// 90th percentile.
    pub p90_ns: Estimate,
    /// 95th percentile.
    pub p95_ns: Estimate,
    /// 99th percentile.
    pub p99_ns: Estimate,
    /// How many times the variance of the mean is what it would be for independent requests (τ); `None` if it cannot be
    /// estimated.
    pub autocorrelation_factor: Option<f64>,
    /// Effective sample size: the number of independent requests with the same precision of the mean.
    pub effective_samples: Option<f64>,
    /// The successful requests by themselves; `None` where there are none.
    pub success: Option<Latency>,
    /// The failed requests by themselves; `None` where there are none.
    pub failure: Option<Latency>,
    /// The phases of the requests; `None` where no first byte was recorded.
    pub phases: Option<Phases>,
}

/// The phases of the requests whose first byte arrived: means over all of them, which add up to the mean time from sending
/// to the last byte.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Phases {
    /// Number of requests.
    pub requests: u64,
    /// Of these, how many opened a connection.
    pub new_connections: u64,
    /// Name resolution, TCP and TLS; 0 for a connection that was reused.
    pub connecting_ns: f64,
    /// From the connection on to the first byte of the response; sending the request is part of it.
    pub waiting_ns: f64,
    /// From the first byte of the response to its last.
    pub receiving_ns: f64,
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
