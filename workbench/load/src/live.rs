//! What can be seen of a run while it goes on.

use std::time::Duration;

use workbench_samples::Sample;

/// The last second of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Live {
    /// Time since the start of the schedule.
    pub elapsed: Duration,
    /// Length of the schedule.
    pub planned: Duration,
    /// Users active now.
    pub users: u32,
    /// Users that the schedule wants now.
    pub planned_users: u32,
    /// Arrivals per second that the schedule wants now.
    pub planned_arrivals: f64,
    /// Requests recorded in this second.
    pub requests: u64,
    /// Requests recorded since the start.
    pub total_requests: u64,
    /// Failed requests since the start.
    pub total_errors: u64,
    /// Elapsed times of this second's requests; `None` without requests.
    pub latency: Option<LiveLatency>,
}

/// Quantiles of one second's elapsed times, for the eye only: nothing is judged by them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiveLatency {
    /// Median.
    pub p50: Duration,
    /// 95th percentile.
    pub p95: Duration,
    /// 99th percentile.
    pub p99: Duration,
}

impl LiveLatency {
    /// Nearest-rank quantiles.
    pub(crate) fn of(samples: &[Sample]) -> Option<Self> {
        let mut elapsed: Vec<u64> = samples.iter().map(|sample| sample.elapsed_ns).collect();
        if elapsed.is_empty() {
            return None;
        }
        let mut rank = |percent: usize| {
            let position = (elapsed.len() * percent).div_ceil(100).max(1) - 1;
            let (_, value, _) = elapsed.select_nth_unstable(position);
            Duration::from_nanos(*value)
        };
        Some(Self {
            p50: rank(50),
            p95: rank(95),
            p99: rank(99),
        })
    }
}
