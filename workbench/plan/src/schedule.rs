//! Schedules as pure functions of time: who starts and stops when.

use std::time::Duration;

use crate::plan::{Concurrency, ThreadRow};

/// The instants, counted from the start of the run, at which each user starts and stops.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    users: Vec<UserSpan>,
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
    pub(crate) fn of_threads(_rows: &[ThreadRow]) -> Self {
        Self { users: Vec::new() }
    }
    pub(crate) fn of_concurrency(_concurrency: &Concurrency) -> Self {
        Self { users: Vec::new() }
    }

    /// Every user, ordered by start, ties by stop.
    #[must_use]
    pub fn users(&self) -> &[UserSpan] {
        &self.users
    }

    /// Number of users active at `time`.
    #[must_use]
    pub fn users_at(&self, _time: Duration) -> usize {
        0
    }

    /// Mean number of active users between two instants (`from < to`).
    #[must_use]
    pub fn mean_users(&self, _from: Duration, _to: Duration) -> f64 {
        0.0
    }

    /// Largest number of users active at once.
    #[must_use]
    pub fn peak_users(&self) -> usize {
        0
    }

    /// When the last user stops.
    #[must_use]
    pub fn end(&self) -> Duration {
        Duration::ZERO
    }

    /// Which part of the run `time` falls into.
    #[must_use]
    pub fn phase_at(&self, _time: Duration) -> Phase {
        Phase::Hold
    }
}
