//! Status codes, connect times and first bytes in equal intervals of time, counted in the second pass.

use std::cmp::Reverse;

use super::counts::add_all;
use super::over_time::{MOST_INTERVALS, interval, interval_s};
use crate::model::{ResponsesOverTime, StatusOverTime};

/// Most lines of a chart.
const MOST_STATUSES: usize = 10;

/// By the interval in which requests started.
pub(super) struct Responses {
    interval_s: u32,
    intervals: usize,
    /// In the order in which they were met, with the requests of each interval.
    statuses: Vec<(Option<u32>, Vec<u64>)>,
    /// Position of the last status: most samples repeat it.
    recent: usize,
    connects: Vec<Sum>,
    first_bytes: Vec<Sum>,
}

#[derive(Clone, Copy, Default)]
struct Sum {
    count: u64,
    ns: u64,
}

impl Sum {
    fn add(&mut self, ns: u64) {
        self.count += u64::from(ns > 0);
        self.ns = self.ns.saturating_add(ns);
    }

    fn mean(self) -> Option<f64> {
        (self.count > 0).then(|| self.ns as f64 / self.count as f64)
    }
}

impl Responses {
    /// For a run of `seconds` seconds.
    pub(super) fn new(seconds: usize) -> Self {
        let interval_s = interval_s(seconds, MOST_INTERVALS);
        let intervals = seconds.div_ceil(interval_s as usize);
        Self {
            interval_s,
            intervals,
            statuses: Vec::new(),
            recent: 0,
            connects: vec![Sum::default(); intervals],
            first_bytes: vec![Sum::default(); intervals],
        }
    }

    /// Adds a request. A time of 0 means none: the connection was reused, or there was no response.
    pub(super) fn add(
        &mut self,
        second: u32,
        status: Option<u32>,
        connect_ns: u64,
        first_byte_ns: u64,
    ) {
        let interval = interval(second, self.interval_s);
        self.of_status(status)[interval] += 1;
        self.connects[interval].add(connect_ns);
        self.first_bytes[interval].add(first_byte_ns);
    }

    fn of_status(&mut self, status: Option<u32>) -> &mut [u64] {
        if self
            .statuses
            .get(self.recent)
            .is_none_or(|it| it.0 != status)
        {
            let known = self.statuses.iter().position(|it| it.0 == status);
            self.recent = known.unwrap_or_else(|| {
                self.statuses.push((status, vec![0; self.intervals]));
                self.statuses.len() - 1
            });
        }
        &mut self.statuses[self.recent].1
    }

    /// Merges both, which must be of the same run.
    pub(super) fn merge(&mut self, other: Self) {
        for (status, more) in other.statuses {
            add_all(self.of_status(status), &more);
        }
        for (sums, more) in [
            (&mut self.connects, other.connects),
            (&mut self.first_bytes, other.first_bytes),
        ] {
            for (sum, more) in sums.iter_mut().zip(more) {
                sum.count += more.count;
                sum.ns = sum.ns.saturating_add(more.ns);
            }
        }
    }

    pub(super) fn over_time(mut self) -> ResponsesOverTime {
        let total = |counts: &[u64]| counts.iter().sum::<u64>();
        self.statuses
            .sort_by_key(|(status, counts)| (Reverse(total(counts)), *status));
        self.statuses.truncate(MOST_STATUSES);
        let statuses = self.statuses.into_iter();
        let means = |sums: Vec<Sum>| sums.into_iter().map(Sum::mean).collect();
        ResponsesOverTime {
            interval_s: self.interval_s,
            statuses: statuses
                .map(|(status, requests)| StatusOverTime {
                    status: status.and_then(|it| u16::try_from(it).ok()),
                    requests,
                })
                .collect(),
            connect_ns: means(self.connects),
            first_byte_ns: means(self.first_bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_parts_does_not_affect_responses() {
        let requests: Vec<(u32, Option<u32>, u64, u64)> = (0..100)
            .map(|i| {
                let status = [Some(200), Some(503), None][i as usize % 3];
                (i / 20, status, u64::from(i % 5) * 10, u64::from(i) * 100)
            })
            .collect();
        let taken = |requests: &[(u32, Option<u32>, u64, u64)]| {
            let mut responses = Responses::new(5);
            for (second, status, connect, first_byte) in requests {
                responses.add(*second, *status, *connect, *first_byte);
            }
            responses
        };
        let mut parts = taken(&requests[70..]);
        parts.merge(taken(&requests[..70]));
        let whole = taken(&requests).over_time();
        assert_eq!(parts.over_time(), whole);
        let statuses: Vec<_> = whole.statuses.iter().map(|it| it.status).collect();
        assert_eq!(statuses, [Some(200), None, Some(503)]);
        assert_eq!(whole.statuses[0].requests, [7, 7, 6, 7, 7]);
        assert_eq!(whole.connect_ns, [Some(25.0); 5]);
    }

    #[test]
    fn intervals_without_responses_have_no_mean() {
        let mut responses = Responses::new(1);
        responses.add(0, None, 0, 0);
        let found = responses.over_time();
        assert_eq!(
            (found.connect_ns, found.first_byte_ns),
            (vec![None], vec![None])
        );
    }
}
