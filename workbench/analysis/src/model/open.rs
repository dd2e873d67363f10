//! Results of the open model, in which iterations arrive at a rate.

use serde::{Deserialize, Serialize};
use workbench_samples::ArrivalsInSecond;

/// Arrivals, and how long requests took once they were sent.
///
/// All other times of such a run are response times: from when a request was intended, waiting for a free user included.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenModel {
    /// Planned and begun, second by second; empty of a run that was killed.
    pub arrivals: Vec<ArrivalsInSecond>,
    /// Each label that was sent, in the order of the experiment file, and all of them as `TOTAL`.
    pub service: Vec<ServiceTimes>,
}

/// Times of the requests of one label that were sent, from then to the last byte of the response.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServiceTimes {
    /// The label; `TOTAL` for all together.
    pub request: String,
    /// Requests that were sent.
    pub samples: u64,
    /// Mean.
    pub mean_ns: f64,
    /// Median.
    pub p50_ns: f64,
    /// 95th percentile.
    pub p95_ns: f64,
    /// 99th percentile.
    pub p99_ns: f64,
    /// Longest.
    pub max_ns: f64,
}
