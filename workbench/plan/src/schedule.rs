//! Schedules as pure functions of time: when each user starts and stops.
//!
//! All arithmetic is on whole nanoseconds. An instant that falls between two of them is rounded up, to the first
//! nanosecond at which the formula holds, so that counts at whole nanoseconds are exact, at the edges of steps too.

mod arrivals;

use std::ops::Range;
use std::time::Duration;

use crate::plan::{Concurrency, Iterations, Load, ThreadRow, allotted, shared_out};
use crate::segment::Segment;

pub use arrivals::{Arrival, ArrivalTimes, ScheduledArrivals};

/// The instants, counted from the start of the run, at which each user starts and stops, and at which iterations arrive.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    users: Vec<UserSpan>,
    arrivals: Vec<ScheduledArrivals>,
    starts: Instants,
    stops: Instants,
    peak: usize,
    /// From when to when the load is held.
    hold: Range<Duration>,
}

/// When one user is active: from `start` up to, not including, `stop`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserSpan {
    /// Position of the user among all users of the plan, from 0, whichever of them a schedule holds.
    pub position: usize,
    /// When the user begins its first request.
    pub start: Duration,
    /// From when on the user begins no further request.
    pub stop: Duration,
    /// Position of the user's scenario in the plan; of users who wait for arrivals, that of the first one.
    pub scenario: usize,
    /// What the user does in its time.
    pub work: Work,
}

/// What a user does between its start and its stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Repeats iterations.
    UntilStop,
    /// Does this many iterations, then leaves.
    Iterations(u32),
    /// Does one iteration for each arrival assigned to it, of the stream at this position of [`Schedule::arrivals`].
    Arrivals(usize),
}

/// Part of a run. Only the hold is a candidate for steady state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Until the last user has started, and the rate of arrivals has risen for the last time.
    RampUp,
    /// From then to the first stop of a user, or fall of the rate, after it.
    Hold,
    /// From the end of the hold.
    RampDown,
}

impl Schedule {
    /// Several loads, each with the positions and weights of the scenarios that its users play.
    pub(crate) fn of(loads: &[(&Load, Vec<(usize, u32)>)]) -> Self {
        let mut users = Vec::new();
        let mut arrivals = Vec::new();
        for (load, scenarios) in loads {
            let mut spans = match load {
                Load::Threads(rows) => thread_rows(rows),
                Load::Concurrency(load) => concurrency(load),
                Load::Iterations(load) => iterations(load),
                Load::Arrivals(load) => {
                    let of_load = ScheduledArrivals::of(load, scenarios);
                    let user = UserSpan {
                        position: 0,
                        start: Duration::ZERO,
                        stop: of_load.end(),
                        scenario: scenarios[0].0,
                        work: Work::Arrivals(arrivals.len()),
                    };
                    users.extend(std::iter::repeat_n(user, load.max_users as usize));
                    arrivals.push(of_load);
                    continue;
                }
            };
            spans.sort_unstable_by_key(|span| (span.start, span.stop));
            let weights: Vec<u32> = scenarios.iter().map(|(_, weight)| *weight).collect();
            for (span, chosen) in spans.iter_mut().zip(allotted(&weights)) {
                span.scenario = scenarios[chosen].0;
            }
            users.extend(spans);
        }
        users.sort_by_key(|span| (span.start, span.stop));
        for (position, user) in users.iter_mut().enumerate() {
            user.position = position;
        }
        let mut schedule = Self::new(users, arrivals);
        schedule.hold = schedule.ramp_up_end()..schedule.first_end();
        schedule
    }

    /// The schedule of a segment: its users, with their positions among all users, and its arrivals, with their numbers
    /// among all. The hold is that of the whole schedule.
    #[must_use]
    pub fn segment(&self, segment: Segment) -> Self {
        let scenarios = self.users.iter().map(|user| user.scenario);
        let segments = shared_out(scenarios, segment.of() as usize);
        let own = segment.number() as usize - 1;
        let users = self.users.iter().zip(segments);
        let users: Vec<UserSpan> = users
            .filter(|(_, it)| *it == own)
            .map(|(user, _)| *user)
            .collect();
        let streams = self.arrivals.iter().enumerate();
        let arrivals = streams.map(|(stream, arrivals)| {
            let serving = users.iter().filter(|it| it.work == Work::Arrivals(stream));
            let serving = u32::try_from(serving.count()).unwrap_or(u32::MAX);
            arrivals.of_segment(segment, serving)
        });
        let arrivals = arrivals.collect();
        let mut schedule = Self::new(users, arrivals);
        schedule.hold = self.hold.clone();
        schedule
    }

    /// `users` are in order, and the hold is still to be filled in.
    fn new(users: Vec<UserSpan>, arrivals: Vec<ScheduledArrivals>) -> Self {
        let scheduled = users
            .iter()
            .filter(|span| !matches!(span.work, Work::Arrivals(_)));
        let starts = Instants::new(
            scheduled
                .clone()
                .map(|span| span.start.as_nanos())
                .collect(),
        );
        let stops = Instants::new(scheduled.map(|span| span.stop.as_nanos()).collect());
        // Between two starts the number of users only falls.
        let peak = starts
            .sorted
            .iter()
            .map(|&time| starts.until(time) - stops.until(time));
        let peak = peak.max().unwrap_or(0);
        Self {
            users,
            arrivals,
            starts,
            stops,
            peak,
            hold: Duration::ZERO..Duration::ZERO,
        }
    }

    /// Every user, ordered by start, ties by stop; those who wait for arrivals, too.
    #[must_use]
    pub fn users(&self) -> &[UserSpan] {
        &self.users
    }

    /// Every stream of arrivals.
    #[must_use]
    pub fn arrivals(&self) -> &[ScheduledArrivals] {
        &self.arrivals
    }

    /// Arrivals per second wanted at `time`, of all streams together.
    #[must_use]
    pub fn arrival_rate_at(&self, time: Duration) -> f64 {
        self.arrivals.iter().map(|it| it.rate_at(time)).sum()
    }

    /// Number of users active at `time`, without those who wait for arrivals.
    #[must_use]
    pub fn users_at(&self, time: Duration) -> usize {
        let time = time.as_nanos();
        self.starts.until(time) - self.stops.until(time)
    }

    /// Mean number of users active between two instants (`from < to`), without those who wait for arrivals.
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

    /// Largest number of users active at once, without those who wait for arrivals.
    #[must_use]
    pub fn peak_users(&self) -> usize {
        self.peak
    }

    /// Largest number of users there may be at once, those who wait for arrivals among them.
    #[must_use]
    pub fn most_users(&self) -> usize {
        let serving = self.arrivals.iter().map(|it| it.max_users() as usize);
        self.peak + serving.sum::<usize>()
    }

    /// When the last user stops. Users with a number of iterations may have left before.
    #[must_use]
    pub fn end(&self) -> Duration {
        let stops = self.users.iter().map(|user| user.stop);
        stops.max().unwrap_or(Duration::ZERO)
    }

    /// The earliest that a run which follows the schedule can end: users with a number of iterations leave after these.
    #[must_use]
    pub fn least_end(&self) -> Duration {
        let by_time = self
            .users
            .iter()
            .filter(|user| !matches!(user.work, Work::Iterations(_)));
        by_time
            .map(|user| user.stop)
            .max()
            .unwrap_or(Duration::ZERO)
    }

    /// The expected end of a run: the earliest end, or the latest one if all users do a number of iterations.
    #[must_use]
    pub fn likely_end(&self) -> Duration {
        match self.least_end() {
            Duration::ZERO => self.end(),
            least => least,
        }
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

    /// When the last user starts and every rate has risen for the last time: the start of the hold.
    #[must_use]
    pub fn ramped_up(&self) -> Duration {
        self.hold.start
    }

    /// When the first user stops, or the first rate falls, after the start of the hold: its end.
    #[must_use]
    pub fn hold_end(&self) -> Duration {
        self.hold.end
    }

    fn ramp_up_end(&self) -> Duration {
        let users = self.starts.sorted.last().map(|&last| instant(last));
        let rates = self.arrivals.iter().map(ScheduledArrivals::ramped_up);
        users
            .into_iter()
            .chain(rates)
            .max()
            .unwrap_or(Duration::ZERO)
    }

    fn first_end(&self) -> Duration {
        let ramped_up = self.ramp_up_end();
        let stopped = self.stops.until(ramped_up.as_nanos());
        let stop = self.stops.sorted.get(stopped).map(|&stop| instant(stop));
        let falls = self.arrivals.iter();
        let falls = falls.filter_map(|it| it.falls_after(ramped_up));
        stop.into_iter()
            .chain(falls)
            .min()
            .unwrap_or_else(|| self.end())
    }
}

/// JMeter's Ultimate Thread Group: user k = 1…N of a row starts at
/// `initial_delay + startup·k/N` and stops at `initial_delay + startup + hold + shutdown·k/N`.
fn thread_rows(rows: &[ThreadRow]) -> Vec<UserSpan> {
    let of_row = |row: &ThreadRow| {
        let delay = row.initial_delay.as_nanos();
        let startup = row.startup.as_nanos();
        let shutdown = row.shutdown.as_nanos();
        let held_until = delay + startup + row.hold.as_nanos();
        let count = u128::from(row.users);
        (1..=count).map(move |k| {
            until_stop(
                delay + (startup * k).div_ceil(count),
                held_until + (shutdown * k).div_ceil(count),
            )
        })
    };
    rows.iter().flat_map(of_row).collect()
}

/// JMeter's Concurrency Thread Group, target C, ramp-up R, S steps, hold H:
/// `users(t) = round(C/S · (⌊t/(R/S)⌋ + 1))` for t < R, or `round(C·t/R)` without steps, halves rounded up,
/// then C until R + H. User k starts at the first t with `users(t) ≥ k`.
fn concurrency(concurrency: &Concurrency) -> Vec<UserSpan> {
    let target = u128::from(concurrency.target);
    let ramp_up = concurrency.ramp_up.as_nanos();
    let stop = ramp_up + concurrency.hold.as_nanos();
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
    (1..=target).map(|k| until_stop(start(k), stop)).collect()
}

/// User k = 1…U of T iterations does ⌊T·k/U⌋ − ⌊T·(k−1)/U⌋ of them.
fn iterations(load: &Iterations) -> Vec<UserSpan> {
    let (total, users) = (u64::from(load.total), u64::from(load.users));
    let share = |k: u64| total * k / users - total * (k - 1) / users;
    (1..=users)
        .map(|k| UserSpan {
            work: Work::Iterations(u32::try_from(share(k)).unwrap_or(u32::MAX)),
            ..until_stop(0, load.max_duration.as_nanos())
        })
        .collect()
}

fn until_stop(start: u128, stop: u128) -> UserSpan {
    UserSpan {
        position: 0,
        start: instant(start),
        stop: instant(stop),
        scenario: 0,
        work: Work::UntilStop,
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
