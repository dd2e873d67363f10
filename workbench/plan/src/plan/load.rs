//! How many users there are, and when.

use std::time::Duration;

use crate::schedule::Schedule;

/// How many users there are, and when.
#[derive(Clone, Debug, PartialEq)]
pub enum Load {
    /// Rows that overlap and add up (JMeter's Ultimate Thread Group); never empty.
    Threads(Vec<ThreadRow>),
    /// One target approached in a ramp or in steps (JMeter's Concurrency Thread Group).
    Concurrency(Concurrency),
}

/// One row of JMeter's Ultimate Thread Group.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ThreadRow {
    /// Number of users in the row; at least 1.
    pub users: u32,
    /// Time before the row begins.
    pub initial_delay: Duration,
    /// Time over which the row's users start, evenly spaced.
    pub startup: Duration,
    /// Time from the end of the startup to the beginning of the shutdown.
    pub hold: Duration,
    /// Time over which the row's users stop, in the order in which they started.
    pub shutdown: Duration,
}

/// JMeter's Concurrency Thread Group.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Concurrency {
    /// Number of users to reach; at least 1.
    pub target: u32,
    /// Time from the start to the hold.
    pub ramp_up: Duration,
    /// Number of equal steps, the first at the start; `None` ramps evenly.
    pub steps: Option<u32>,
    /// Time for which the target is held after the ramp-up.
    pub hold: Duration,
}

impl Load {
    /// The instants at which each user starts and stops.
    #[must_use]
    pub fn schedule(&self) -> Schedule {
        match self {
            Self::Threads(rows) => Schedule::of_threads(rows),
            Self::Concurrency(concurrency) => Schedule::of_concurrency(concurrency),
        }
    }

    /// Whether the full number of users is meant to stay, and not only passed through: the users who come last are
    /// to be held, and nobody leaves before they have come.
    pub(crate) fn holds(&self) -> bool {
        let declared = match self {
            Self::Threads(rows) => {
                let started = |row: &ThreadRow| row.initial_delay + row.startup;
                let last = rows.iter().map(started).max();
                rows.iter()
                    .any(|row| Some(started(row)) == last && !row.hold.is_zero())
            }
            Self::Concurrency(concurrency) => !concurrency.hold.is_zero(),
        };
        let schedule = self.schedule();
        declared && schedule.ramped_up() < schedule.hold_end()
    }
}
