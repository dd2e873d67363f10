//! A run over time in equal intervals. Their number is limited, whatever the length of the run and the number of
//! labels.

use serde::{Deserialize, Serialize};

/// A run in equal intervals of whole seconds from its start on; a request belongs to the interval in which it started.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OverTime {
    /// All requests as `TOTAL`, then the labels with the most requests, in the order of the tables.
    pub response_times: Vec<TimesOverTime>,
    /// Status codes and connections.
    pub responses: ResponsesOverTime,
    /// Numbers of requests by time and response time.
    pub heatmap: Heatmap,
}

/// Response times of one label, or of all requests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimesOverTime {
    /// The label; `TOTAL` for all together.
    pub request: String,
    /// Length of its intervals in seconds. Runs of many labels have longer ones for each of them.
    pub interval_s: u32,
    /// Of every request, failed ones included.
    pub all: IntervalTimes,
    /// Of the successful ones; `None` where no request failed.
    pub successful: Option<IntervalTimes>,
    /// Of the failed ones; `None` where no request failed.
    pub failed: Option<IntervalTimes>,
}

/// A value for each interval, `None` where no request started. Quantiles of more than 4,096 requests are up to a
/// thousandth below the exact ones.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct IntervalTimes {
    /// Requests started.
    pub requests: Vec<u64>,
    /// Median.
    pub p50_ns: Vec<Option<f64>>,
    /// 90th percentile.
    pub p90_ns: Vec<Option<f64>>,
    /// 95th percentile.
    pub p95_ns: Vec<Option<f64>>,
    /// 99th percentile.
    pub p99_ns: Vec<Option<f64>>,
    /// Longest.
    pub max_ns: Vec<Option<f64>>,
}

/// Status codes and connections over time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResponsesOverTime {
    /// Length of the intervals in seconds.
    pub interval_s: u32,
    /// The most frequent status codes, and requests without a response; the most frequent first.
    pub statuses: Vec<StatusOverTime>,
    /// Mean time to connect (DNS, TCP, TLS) of the requests that opened a connection; `None` where none did.
    pub connect_ns: Vec<Option<f64>>,
    /// Mean time from sending to the first byte of the response; `None` where none came.
    pub first_byte_ns: Vec<Option<f64>>,
}

/// Number of responses with a status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusOverTime {
    /// HTTP status; `None` where no response came.
    pub status: Option<u16>,
    /// Requests of each interval.
    pub requests: Vec<u64>,
}

/// Requests counted by time and response time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Heatmap {
    /// Length of the intervals in seconds.
    pub interval_s: u32,
    /// Ascending; a bin lies between two of them, the upper one excluded.
    pub bounds_ns: Vec<u64>,
    /// Of each interval, the requests of each bin.
    pub counts: Vec<Vec<u64>>,
}

/// The response time that each share of the requests stayed below: of the steady part, or of a run without one.
///
/// Values of more than 4,096 requests are up to a thousandth below the exact ones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PercentileCurve {
    /// The label; `TOTAL` for all together.
    pub request: String,
    /// Quantiles, each at the probability of its position, see [`PercentileCurve::tail`].
    pub quantiles_ns: Vec<f64>,
}

impl PercentileCurve {
    /// Points in each factor of ten of 1/(1−p).
    const POINTS_PER_DECADE: f64 = 10.0;

    /// 1/(1−p) of a position: 1, 10 and 100 stand for p = 0, 0.9 and 0.99.
    #[must_use]
    pub fn tail(position: usize) -> f64 {
        10.0_f64.powf(position as f64 / Self::POINTS_PER_DECADE)
    }

    /// The probability of a position.
    #[must_use]
    pub fn probability(position: usize) -> f64 {
        1.0 - 1.0 / Self::tail(position)
    }
}
