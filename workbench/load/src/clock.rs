//! One monotonic clock for a run, anchored once to wall-clock time.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Translates monotonic instants into nanoseconds of UTC.
///
/// The wall clock is read once, so that its adjustments during a run do not shift samples.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    start: Instant,
    start_utc_ns: i64,
}

impl Clock {
    /// A clock whose zero, the start of the schedule, lies `lead` from now.
    pub(crate) fn starting_in(lead: Duration) -> Self {
        Self::starting_at(Instant::now() + lead)
    }

    /// A clock whose zero is an instant that is now or lies ahead.
    pub(crate) fn starting_at(start: Instant) -> Self {
        let now = Instant::now();
        let lead = start.saturating_duration_since(now);
        let utc = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Self {
            start,
            start_utc_ns: nanoseconds(utc + lead),
        }
    }

    /// A clock whose zero is a time of day to the nanosecond, or `lead` from now if that time has passed.
    pub(crate) fn starting_on(at: SystemTime, lead: Duration) -> Self {
        let (now, utc) = (Instant::now(), SystemTime::now());
        match at.duration_since(utc) {
            Ok(ahead) => Self {
                start: now + ahead,
                start_utc_ns: nanoseconds(at.duration_since(UNIX_EPOCH).unwrap_or_default()),
            },
            Err(_) => Self::starting_at(now + lead),
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
    fn a_start_at_a_time_of_day_is_exact_and_a_past_one_is_soon() {
        let at = SystemTime::now() + Duration::from_secs(60) + Duration::from_nanos(7);
        let utc_ns = at.duration_since(UNIX_EPOCH).unwrap().as_nanos();
        let clock = Clock::starting_on(at, Duration::from_secs(1));
        assert_eq!(clock.start_utc_ns() as u128, utc_ns);
        let passed = Clock::starting_on(at - Duration::from_secs(90), Duration::from_secs(1));
        assert!(passed.start_utc_ns() < clock.start_utc_ns());
        assert!(passed.start_utc_ns() as u128 > utc_ns - 60_000_000_000);
    }

    #[test]
    fn instants_before_and_after_the_start_keep_their_distance_in_utc() {
        let clock = Clock::starting_in(Duration::from_secs(1));
        let before = clock.start() - Duration::from_millis(250);
        let after = clock.at(Duration::from_millis(1_500));
        assert_eq!(clock.utc_ns(before), clock.start_utc_ns() - 250_000_000);
        assert_eq!(clock.utc_ns(after), clock.start_utc_ns() + 1_500_000_000);
    }
}
