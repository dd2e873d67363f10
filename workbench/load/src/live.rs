//! Live values of a run.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use workbench_samples::Check;

/// The last second of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Live {
    /// Time since the start of the schedule.
    pub elapsed: Duration,
    /// Length of the schedule.
    pub planned: Duration,
    /// Users active now.
    pub users: u32,
    /// Planned users now.
    pub planned_users: u32,
    /// Planned arrivals per second now; `None` without arrivals.
    pub planned_arrivals: Option<f64>,
    /// Arrivals that are due and have no free user yet, estimated. `None` without arrivals.
    pub waiting_arrivals: Option<u64>,
    /// Requests recorded in this second.
    pub requests: u64,
    /// Of these, how many failed.
    pub errors: u64,
    /// Requests recorded since the start.
    pub total_requests: u64,
    /// Failed requests since the start.
    pub total_errors: u64,
    /// Response times of this second's requests; `None` without requests.
    pub latency: Option<LiveLatency>,
    /// Validity checks that have failed so far, or that are warnings.
    pub checks: Vec<Check>,
}

/// Quantiles of one second's elapsed times, to a relative error of 1/64. They are for display only; no check uses them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveLatency {
    /// Median.
    pub p50: Duration,
    /// 95th percentile.
    pub p95: Duration,
    /// 99th percentile.
    pub p99: Duration,
}

/// The response times of one second, counted in intervals with a relative width of 1/64 or less.
#[derive(Debug)]
pub(crate) struct LiveTimes {
    counts: Vec<u32>,
    requests: u64,
}

/// Intervals in each doubling of the time, as a power of two.
const INTERVAL_BITS: u32 = 6;

impl LiveTimes {
    pub(crate) fn new() -> Self {
        Self {
            counts: vec![0; interval(u64::MAX) + 1],
            requests: 0,
        }
    }

    pub(crate) fn add(&mut self, elapsed_ns: u64) {
        self.counts[interval(elapsed_ns)] += 1;
        self.requests += 1;
    }

    pub(crate) fn clear(&mut self) {
        self.counts.fill(0);
        self.requests = 0;
    }

    pub(crate) fn requests(&self) -> u64 {
        self.requests
    }

    /// Nearest-rank quantiles, as the beginning of the interval that holds each; `None` without requests.
    pub(crate) fn latency(&self) -> Option<LiveLatency> {
        let quantile = |percent: u64| {
            let rank = (self.requests * percent).div_ceil(100).max(1);
            let mut until = 0;
            let found = self.counts.iter().position(|count| {
                until += u64::from(*count);
                until >= rank
            });
            found.map(|interval| Duration::from_nanos(beginning(interval)))
        };
        Some(LiveLatency {
            p50: quantile(50)?,
            p95: quantile(95)?,
            p99: quantile(99)?,
        })
    }
}

/// The number of the interval that a time falls into.
fn interval(time_ns: u64) -> usize {
    let shift = time_ns
        .checked_ilog2()
        .map_or(0, |log| log.saturating_sub(INTERVAL_BITS));
    ((u64::from(shift) << INTERVAL_BITS) + (time_ns >> shift)) as usize
}

/// The shortest time in an interval.
fn beginning(interval: usize) -> u64 {
    let interval = interval as u64;
    let shift = (interval >> INTERVAL_BITS).saturating_sub(1);
    (interval - (shift << INTERVAL_BITS)) << shift
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_follow_each_other_and_are_a_64th_of_their_times() {
        for number in 0..interval(u64::MAX) {
            let (from, to) = (beginning(number), beginning(number + 1));
            assert_eq!((interval(from), interval(to - 1)), (number, number));
            assert!(
                to - from <= (from >> INTERVAL_BITS).max(1),
                "{from} to {to}"
            );
        }
    }

    #[test]
    fn quantiles_are_those_of_the_second_alone() {
        let mut times = LiveTimes::new();
        assert_eq!(times.latency(), None);
        times.add(u64::MAX);
        times.clear();
        (1..=100).for_each(|ms| times.add(ms * 1_000_000));
        let latency = times.latency().unwrap();
        for (found, expected) in [
            (latency.p50, 50.0),
            (latency.p95, 95.0),
            (latency.p99, 99.0),
        ] {
            let ratio = found.as_secs_f64() * 1_000.0 / expected;
            assert!((1.0 - 1.0 / 64.0..=1.0).contains(&ratio), "{found:?}");
        }
        assert_eq!(times.requests(), 100);
    }
}
