//! Schedules as pure functions of time: who starts and stops when.
//!
//! All arithmetic is on whole nanoseconds. An instant that falls between two of them is rounded up, to the first
//! nanosecond at which the formula holds, so that counts at whole nanoseconds are exact, at the edges of steps too.

use std::time::Duration;

use crate::plan::{Concurrency, ThreadRow};

/// The instants, counted from the start of the run, at which each user starts and stops.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    users: Vec<UserSpan>,
    starts: Instants,
    stops: Instants,
    peak: usize,
}

/// When one user is active: from `start` up to, not including, `stop`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserSpan {
    /// When the user begins its first request.
    pub start: Duration,
    /// From when on the user begins no further request.
    pub stop: Duration,
}

/// Part of a run. Only the hold is a candidate for steady state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Until the last user has started.
    RampUp,
    /// From the last start to the first stop after it.
    Hold,
    /// From the first stop after the last start.
    RampDown,
}

impl Schedule {
    /// JMeter's Ultimate Thread Group: user k = 1…N of a row starts at
    /// `initial_delay + startup·k/N` and stops at `initial_delay + startup + hold + shutdown·k/N`.
    pub(crate) fn of_threads(rows: &[ThreadRow]) -> Self {
        let mut users = Vec::new();
        for row in rows {
            let delay = row.initial_delay.as_nanos();
            let startup = row.startup.as_nanos();
            let shutdown = row.shutdown.as_nanos();
            let held_until = delay + startup + row.hold.as_nanos();
            let count = u128::from(row.users);
            users.extend((1..=count).map(|k| UserSpan {
                start: instant(delay + (startup * k).div_ceil(count)),
                stop: instant(held_until + (shutdown * k).div_ceil(count)),
            }));
        }
        Self::new(users)
    }

    /// JMeter's Concurrency Thread Group, target C, ramp-up R, S steps, hold H:
    /// `users(t) = round(C/S · (⌊t/(R/S)⌋ + 1))` for t < R, or `round(C·t/R)` without steps, halves rounded up,
    /// then C until R + H. User k starts at the first t with `users(t) ≥ k`.
    pub(crate) fn of_concurrency(concurrency: &Concurrency) -> Self {
        let target = u128::from(concurrency.target);
        let ramp_up = concurrency.ramp_up.as_nanos();
        let stop = instant(ramp_up + concurrency.hold.as_nanos());
        let start = |k: u128| match concurrency.steps {
            // round(C·m/S) ≥ k from step m = ⌈S·(2k−1) / 2C⌉ on, which begins at (m−1)·R/S.
            Some(steps) => {
                let steps = u128::from(steps);
                let step = (steps * (2 * k - 1)).div_ceil(2 * target);
                ((step - 1) * ramp_up).div_ceil(steps)
            }
            // round(C·t/R) ≥ k from t = (2k−1)·R / 2C on.
            None => ((2 * k - 1) * ramp_up).div_ceil(2 * target),
        };
        Self::new(
            (1..=target)
                .map(|k| UserSpan {
                    start: instant(start(k)),
                    stop,
                })
                .collect(),
        )
    }

    fn new(mut users: Vec<UserSpan>) -> Self {
        users.sort_unstable_by_key(|span| (span.start, span.stop));
        let starts = Instants::new(users.iter().map(|span| span.start.as_nanos()).collect());
        let stops = Instants::new(users.iter().map(|span| span.stop.as_nanos()).collect());
        // Between two starts the number of users only falls.
        let peak = starts
            .sorted
            .iter()
            .map(|&time| starts.until(time) - stops.until(time));
        let peak = peak.max().unwrap_or(0);
        Self {
            users,
            starts,
            stops,
            peak,
        }
    }

    /// Every user, ordered by start, ties by stop.
    #[must_use]
    pub fn users(&self) -> &[UserSpan] {
        &self.users
    }

    /// Number of users active at `time`.
    #[must_use]
    pub fn users_at(&self, time: Duration) -> usize {
        let time = time.as_nanos();
        self.starts.until(time) - self.stops.until(time)
    }

    /// Mean number of active users between two instants (`from < to`).
    #[must_use]
    pub fn mean_users(&self, from: Duration, to: Duration) -> f64 {
        let (from, to) = (from.as_nanos(), to.as_nanos());
        assert!(
            from < to,
            "a mean needs an interval that is longer than nothing"
        );
        let until = |time| self.starts.time_since(time) - self.stops.time_since(time);
        (until(to) - until(from)) as f64 / (to - from) as f64
    }

    /// Largest number of users active at once.
    #[must_use]
    pub fn peak_users(&self) -> usize {
        self.peak
    }

    /// When the last user stops.
    #[must_use]
    pub fn end(&self) -> Duration {
        self.stops
            .sorted
            .last()
            .map_or(Duration::ZERO, |&last| instant(last))
    }

    /// Which part of the run `time` falls into.
    #[must_use]
    pub fn phase_at(&self, time: Duration) -> Phase {
        if time < self.ramped_up() {
            Phase::RampUp
        } else if time < self.hold_end() {
            Phase::Hold
        } else {
            Phase::RampDown
        }
    }

    /// When the last user starts: the start of the hold.
    #[must_use]
    pub fn ramped_up(&self) -> Duration {
        self.users.last().map_or(Duration::ZERO, |last| last.start)
    }

    /// When the first user stops after the last one has started: the end of the hold.
    #[must_use]
    pub fn hold_end(&self) -> Duration {
        let last_start = self.ramped_up().as_nanos();
        let stopped = self.stops.until(last_start);
        self.stops
            .sorted
            .get(stopped)
            .map_or(self.end(), |&stop| instant(stop))
    }
}

fn instant(nanoseconds: u128) -> Duration {
    Duration::from_nanos_u128(nanoseconds)
}

/// Instants in order, with the sums that turn counting and integrating into binary searches.
#[derive(Clone, Debug, PartialEq)]
struct Instants {
    sorted: Vec<u128>,
    /// `sums[i]` is the sum of the first `i` instants.
    sums: Vec<u128>,
}

impl Instants {
    fn new(mut instants: Vec<u128>) -> Self {
        instants.sort_unstable();
        let mut sum = 0;
        let mut sums = vec![0];
        sums.extend(instants.iter().map(|instant| {
            sum += instant;
            sum
        }));
        Self {
            sorted: instants,
            sums,
        }
    }

    /// How many instants are at or before `time`.
    fn until(&self, time: u128) -> usize {
        self.sorted.partition_point(|&instant| instant <= time)
    }

    /// Sum over the instants before `time` of the time since them.
    fn time_since(&self, time: u128) -> u128 {
        let count = self.until(time);
        count as u128 * time - self.sums[count]
    }
}

#[cfg(test)]
mod tests;
