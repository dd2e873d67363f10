//! Loads: numbers of users, rates and their times.

use std::fmt;
use std::time::Duration;

use crate::schedule::{Schedule, ScheduledArrivals};

/// The load of an experiment or of a scenario.
#[derive(Clone, Debug, PartialEq)]
pub enum Load {
    /// Rows that overlap and add up (JMeter's Ultimate Thread Group); never empty.
    Threads(Vec<ThreadRow>),
    /// One target approached in a ramp or in steps (JMeter's Concurrency Thread Group).
    Concurrency(Concurrency),
    /// Iterations that begin at times of their own, whether or not earlier ones have ended: the open model.
    Arrivals(Arrivals),
    /// A number of iterations, however long they take.
    Iterations(Iterations),
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

/// The open model: rates of arrivals, each of which is one iteration of the scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Arrivals {
    /// One after the other; never empty. At least one rate is more than 0.
    pub stages: Vec<Stage>,
    /// How the times between arrivals are distributed.
    pub gaps: Gaps,
    /// Most iterations under way at once; an arrival that finds all users busy waits for one. At least 1.
    pub max_users: u32,
}

/// A rate of arrivals that is reached in a ramp, and held. It takes time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stage {
    /// The rate that the ramp begins at; `rate` without a ramp.
    pub from: Rate,
    /// The rate to reach.
    pub rate: Rate,
    /// Time from the beginning of the stage to its hold.
    pub ramp: Duration,
    /// Number of equal steps of the ramp, the first at its beginning; `None` ramps evenly.
    pub steps: Option<u32>,
    /// Time for which the rate is held after the ramp.
    pub hold: Duration,
}

impl Arrivals {
    /// The instants of these arrivals alone, for a single scenario.
    #[must_use]
    pub fn schedule(&self) -> ScheduledArrivals {
        ScheduledArrivals::of(self, &[(0, 1)])
    }

    /// Whether the rate is held after its last rise, rather than only reached by the last step of a ramp.
    fn holds(&self) -> bool {
        let rate_before = |position: usize| match position.checked_sub(1) {
            Some(before) => self.stages[before].rate.per_second(),
            None => 0.0,
        };
        let rises = |position: &usize| {
            let stage = &self.stages[*position];
            let from = stage.from.per_second();
            from > rate_before(*position) || stage.rate.per_second() > from
        };
        let Some(last) = (0..self.stages.len()).rfind(rises) else {
            return false;
        };
        let stays = self.stages.get(last + 1).is_some_and(|next| {
            let rate = self.stages[last].rate.per_second();
            next.from.per_second() == rate && next.rate.per_second() == rate
        });
        self.stages[last].steps.is_none() || !self.stages[last].hold.is_zero() || stays
    }
}

/// How the times between arrivals are distributed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gaps {
    /// Equal, as long as the rate is.
    Even,
    /// Exponential: a Poisson process, as of many independent customers.
    Exponential,
}

/// A number of events in a unit of time, finite and not negative.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// Events in each unit.
    pub count: f64,
    /// The unit.
    pub unit: RateUnit,
}

/// The time unit of a rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateUnit {
    /// `/s`
    Second,
    /// `/m`
    Minute,
    /// `/h`
    Hour,
}

impl Rate {
    /// Events in a second.
    #[must_use]
    pub fn per_second(self) -> f64 {
        match self.unit {
            RateUnit::Second => self.count,
            RateUnit::Minute => self.count / 60.0,
            RateUnit::Hour => self.count / 3600.0,
        }
    }
}

impl fmt::Display for Rate {
    /// As experiment files write it: `500/s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.unit {
            RateUnit::Second => "s",
            RateUnit::Minute => "m",
            RateUnit::Hour => "h",
        };
        write!(f, "{}/{unit}", self.count)
    }
}

/// A number of iterations, shared out evenly among users who all start at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Iterations {
    /// Of all users together; at least one for each user.
    pub total: u32,
    /// Number of users; at least 1.
    pub users: u32,
    /// From this time on no user begins a request, even if iterations are left.
    pub max_duration: Duration,
}

impl Load {
    /// The schedule of this load alone, for a single scenario.
    #[must_use]
    pub fn schedule(&self) -> Schedule {
        Schedule::of(&[(self, vec![(0, 1)])])
    }

    /// Whether the full load is held, rather than only reached.
    pub(crate) fn holds(&self) -> bool {
        match self {
            Self::Threads(rows) => {
                let started = |row: &ThreadRow| row.initial_delay + row.startup;
                let last = rows.iter().map(started).max();
                rows.iter()
                    .any(|row| Some(started(row)) == last && !row.hold.is_zero())
            }
            Self::Concurrency(concurrency) => !concurrency.hold.is_zero(),
            Self::Arrivals(arrivals) => arrivals.holds(),
            Self::Iterations(_) => true,
        }
    }
}
