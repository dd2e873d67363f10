//! Something that may happen thousands of times a second and is logged once a second at most, with
//! its count. `tracing-subscriber` filters by level and place, not by rate.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

const INTERVAL: Duration = Duration::from_secs(1);

/// What has happened since it was logged.
#[derive(Default)]
pub(crate) struct LogThrottle(Mutex<(u64, Option<Instant>)>);

impl LogThrottle {
    /// Counts one more; the number to be logged, if it is time to.
    pub(crate) fn count(&self) -> Option<u64> {
        let mut happened = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (number, logged) = &mut *happened;
        *number += 1;
        if logged.is_some_and(|logged| logged.elapsed() < INTERVAL) {
            return None;
        }
        *logged = Some(Instant::now());
        Some(std::mem::take(number))
    }
}
