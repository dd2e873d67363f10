//! One monotonic clock for a run, anchored once to wall-clock time.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Translates monotonic instants into nanoseconds of UTC.
///
/// The wall clock is read once, so that steps of it during a run move no sample.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    start: Instant,
    start_utc_ns: i64,
}

impl Clock {
    /// A clock whose zero, the start of the schedule, lies `lead` from now.
    pub(crate) fn starting_in(lead: Duration) -> Self {
        let now = Instant::now();
        let utc = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Self {
            start: now + lead,
            start_utc_ns: nanoseconds(utc + lead),
        }
    }

    /// The instant at which the schedule starts.
    pub(crate) fn start(&self) -> Instant {
        self.start
    }

    /// UTC start of the schedule, nanoseconds since the Unix epoch.
    pub(crate) fn start_utc_ns(&self) -> i64 {
        self.start_utc_ns
    }

    /// The instant at `offset` from the start of the schedule.
    pub(crate) fn at(&self, offset: Duration) -> Instant {
        self.start + offset
    }

    /// UTC of an instant, nanoseconds since the Unix epoch.
    pub(crate) fn utc_ns(&self, instant: Instant) -> i64 {
        match instant.checked_duration_since(self.start) {
            Some(after) => self.start_utc_ns + nanoseconds(after),
            None => self.start_utc_ns - nanoseconds(self.start - instant),
        }
    }

    /// Time since the start of the schedule; zero before it.
    pub(crate) fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }
}

/// Whole nanoseconds; a run's times lie far below the 292 years that fit.
fn nanoseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_before_and_after_the_start_keep_their_distance_in_utc() {
        let clock = Clock::starting_in(Duration::from_secs(1));
        let before = clock.start() - Duration::from_millis(250);
        let after = clock.at(Duration::from_millis(1_500));
        assert_eq!(clock.utc_ns(before), clock.start_utc_ns() - 250_000_000);
        assert_eq!(clock.utc_ns(after), clock.start_utc_ns() + 1_500_000_000);
    }
}
