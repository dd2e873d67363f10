//! Active users second by second: as the file counts them, or as many as there were requests in flight.

use std::collections::VecDeque;

use super::collect::SECOND;
use crate::manifest::UsersInSecond;

/// Counts of each second.
#[derive(Debug, Default)]
pub(super) struct Seconds {
    /// The instant that seconds are counted from, of the first request or count.
    anchor: Option<i64>,
    /// Number of the first second; they grow in both directions.
    first: i64,
    seconds: VecDeque<Second>,
    counted: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Second {
    /// Nanoseconds that requests were in flight, all together.
    in_flight_ns: u64,
    /// Sum and number of the counts of users.
    users: u64,
    counts: u64,
    last: u32,
}

impl Seconds {
    /// Adds a request, and the number of active users at its time, if the file has it.
    pub(super) fn request(&mut self, start: i64, end: i64, users: Option<u32>) {
        let mut from = start;
        while from < end {
            let (second, next) = self.at(from);
            let to = next.min(end);
            second.in_flight_ns += (to - from) as u64;
            from = to;
        }
        if let Some(users) = users {
            self.count(start, users);
        }
    }

    /// Adds a count of active users.
    pub(super) fn count(&mut self, at: i64, users: u32) {
        self.counted = true;
        let (second, _) = self.at(at);
        second.users += u64::from(users);
        second.counts += 1;
        second.last = users;
    }

    /// Whether the file counts users.
    pub(super) fn are_counted(&self) -> bool {
        self.counted
    }

    /// The second of an instant, and when the next one begins.
    fn at(&mut self, instant: i64) -> (&mut Second, i64) {
        let anchor = *self.anchor.get_or_insert(instant);
        let number = (instant - anchor).div_euclid(SECOND);
        if self.seconds.is_empty() {
            self.first = number;
        }
        while number < self.first {
            self.seconds.push_front(Second::default());
            self.first -= 1;
        }
        let index = (number - self.first) as usize;
        if index >= self.seconds.len() {
            self.seconds.resize(index + 1, Second::default());
        }
        (&mut self.seconds[index], anchor + (number + 1) * SECOND)
    }

    /// The users of each second from the first start to the last one. A second without a count repeats the one before.
    pub(super) fn users(&self, first_start: i64, last_start: i64) -> Vec<UsersInSecond> {
        let Some(anchor) = self.anchor else {
            return Vec::new();
        };
        let count = (last_start - first_start) / SECOND + 1;
        let index_of = |second: i64| {
            let middle = first_start + second * SECOND + SECOND / 2;
            (middle - anchor).div_euclid(SECOND) - self.first
        };
        let mut known = self.before(index_of(0));
        (0..count)
            .map(|second| {
                let index = usize::try_from(index_of(second)).ok();
                let found = index.and_then(|index| self.seconds.get(index));
                let found = found.copied().unwrap_or_default();
                let achieved = if !self.counted {
                    found.in_flight_ns as f64 / SECOND as f64
                } else if found.counts > 0 {
                    known = found.last;
                    found.users as f64 / found.counts as f64
                } else {
                    f64::from(known)
                };
                UsersInSecond {
                    second: u32::try_from(second).unwrap_or(u32::MAX),
                    planned: None,
                    achieved,
                }
            })
            .collect()
    }

    /// The last count before a second, or the first one where there is none.
    fn before(&self, index: i64) -> u32 {
        let before = usize::try_from(index).unwrap_or_default();
        let is_counted = |second: &&Second| second.counts > 0;
        let last = self.seconds.iter().take(before).rfind(is_counted);
        let last = last.or_else(|| self.seconds.iter().find(is_counted));
        last.map_or(0, |second| second.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: i64 = 1_795_000_000 * SECOND;

    fn achieved(seconds: &Seconds, last_start: i64) -> Vec<f64> {
        let users = seconds.users(START, last_start);
        users.iter().map(|users| users.achieved).collect()
    }

    #[test]
    fn without_counts_the_users_are_the_requests_in_flight() {
        let mut seconds = Seconds::default();
        seconds.request(START, START + SECOND, None);
        seconds.request(START + SECOND / 2, START + 2 * SECOND, None);
        assert_eq!(achieved(&seconds, START + SECOND), [1.5, 1.0]);
    }

    #[test]
    fn counts_are_averaged_and_hold_until_the_next_one() {
        let mut seconds = Seconds::default();
        seconds.count(START - 3 * SECOND, 2);
        seconds.request(START, START + 1, None);
        seconds.count(START + 1, 4);
        seconds.count(START + 2, 6);
        assert_eq!(achieved(&seconds, START + 2 * SECOND), [5.0, 6.0, 6.0]);
    }
}
