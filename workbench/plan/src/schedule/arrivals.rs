//! Arrival times of iterations in the open model.
//!
//! With Λ(t) the number of arrivals expected by time t, the integral of the rate, arrival k is at Λ⁻¹(k), k = 0, 1, …
//! where gaps are even, and at Λ⁻¹ of the sum of k unit exponentials, k = 1, 2, … where they are exponential: a Poisson
//! process whose rate may change. Where no arrival is expected for a while, so that Λ has several inverses, the last one
//! counts. Arrivals at or after the end are none. Times are rounded to whole nanoseconds.
//!
//! # References
//! E. Çinlar (1975), "Introduction to Stochastic Processes", chapter 4: the time change of a Poisson process.

use std::ops::Range;
use std::time::Duration;

use crate::draw::unit;
use crate::plan::{Arrivals, Gaps, Stage, allotted};
use crate::random::{Random, random_for_gaps};
use crate::segment::{Deal, Segment};

/// One stream of arrivals.
#[derive(Clone, Debug, PartialEq)]
pub struct ScheduledArrivals {
    /// Positions and weights of the scenarios that arrivals begin.
    scenarios: Vec<(usize, u32)>,
    gaps: Gaps,
    max_users: u32,
    /// In order of time, without gaps; the last one ends when the arrivals do.
    stretches: Vec<Stretch>,
    ramped_up: Duration,
    /// From when to when the rate falls, in order; nothing lies between the two where it falls at once.
    falls: Vec<Range<Duration>>,
    end: Duration,
    /// The segment whose arrivals are returned. `None` for all.
    segment: Option<Segment>,
}

/// A stretch of time in which the rate is constant or changes linearly. Seconds and arrivals per second.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Stretch {
    start: f64,
    length: f64,
    from: f64,
    to: f64,
    /// Arrivals expected before it.
    before: f64,
}

impl Stretch {
    /// Arrivals expected from its beginning until `time` after it.
    fn expected(&self, time: f64) -> f64 {
        (self.to - self.from) / (2.0 * self.length) * time * time + self.from * time
    }

    /// The inverse of `expected`: the time after the stretch's beginning. The form of the root is accurate where the
    /// rate hardly changes.
    fn time_of(&self, expected: f64) -> f64 {
        if expected <= 0.0 {
            return 0.0;
        }
        let slope = (self.to - self.from) / (2.0 * self.length);
        let root = libm::sqrt((self.from * self.from + 4.0 * slope * expected).max(0.0));
        2.0 * expected / (self.from + root)
    }
}

/// The rate over time, put together stage by stage.
#[derive(Default)]
struct Course {
    stretches: Vec<Stretch>,
    /// At the end so far.
    rate: f64,
    ramped_up: Duration,
    falls: Vec<Range<Duration>>,
    end: Duration,
}

impl Course {
    fn add(&mut self, stage: &Stage) {
        let (from, to) = (stage.from.per_second(), stage.rate.per_second());
        self.jump(from);
        match stage.steps {
            None => {
                self.extend(stage.ramp.as_secs_f64(), from, to);
                self.ramp(stage.ramp, stage.ramp, to);
            }
            Some(steps) => {
                let length = stage.ramp.as_secs_f64() / f64::from(steps);
                for step in 1..=steps {
                    let rate = from + (to - from) * f64::from(step) / f64::from(steps);
                    self.extend(length, rate, rate);
                }
                // The last step has the rate to reach.
                self.ramp(stage.ramp, stage.ramp / steps * (steps - 1), to);
            }
        }
        self.extend(stage.hold.as_secs_f64(), to, to);
        self.end += stage.hold;
    }

    /// The rate becomes another one at once.
    fn jump(&mut self, rate: f64) {
        if rate > self.rate {
            self.ramped_up = self.end;
        } else if rate < self.rate {
            self.falls.push(self.end..self.end);
        }
        self.rate = rate;
    }

    /// The rate becomes another one over a time, and has reached it `reached` after its beginning.
    fn ramp(&mut self, time: Duration, reached: Duration, rate: f64) {
        if rate > self.rate {
            self.ramped_up = self.end + reached;
        } else if rate < self.rate {
            self.falls.push(self.end..self.end + reached);
        }
        self.rate = rate;
        self.end += time;
    }

    /// Adds a stretch; lengths are in seconds.
    fn extend(&mut self, length: f64, from: f64, to: f64) {
        if length > 0.0 {
            let (start, before) = self.stretches.last().map_or((0.0, 0.0), |last| {
                (
                    last.start + last.length,
                    last.before + last.expected(last.length),
                )
            });
            self.stretches.push(Stretch {
                start,
                length,
                from,
                to,
                before,
            });
        }
    }
}

/// One arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// From 0, in order of time.
    pub number: u64,
    /// Time since the start of the run.
    pub at: Duration,
    /// Position of the scenario that begins.
    pub scenario: usize,
}

impl ScheduledArrivals {
    pub(crate) fn of(load: &Arrivals, scenarios: &[(usize, u32)]) -> Self {
        let mut course = Course::default();
        for stage in &load.stages {
            course.add(stage);
        }
        Self {
            scenarios: scenarios.to_vec(),
            gaps: load.gaps,
            max_users: load.max_users,
            stretches: course.stretches,
            ramped_up: course.ramped_up,
            falls: course.falls,
            end: course.end,
            segment: None,
        }
    }

    /// The arrivals of a segment, served by `max_users` users.
    pub(super) fn of_segment(&self, segment: Segment, max_users: u32) -> Self {
        Self {
            max_users,
            segment: Some(segment),
            ..self.clone()
        }
    }

    /// The fraction of all arrivals that this schedule returns.
    fn share(&self) -> f64 {
        self.segment.map_or(1.0, |it| 1.0 / f64::from(it.of()))
    }

    /// Most iterations under way at once.
    #[must_use]
    pub fn max_users(&self) -> u32 {
        self.max_users
    }

    /// When the last rise of the rate ends.
    #[must_use]
    pub fn ramped_up(&self) -> Duration {
        self.ramped_up
    }

    /// From when on the rate falls, or there are no arrivals, after `time`: `time` itself where it is falling then. `None` if
    /// the arrivals have ended.
    pub(super) fn falls_after(&self, time: Duration) -> Option<Duration> {
        let end = self.end..self.end;
        let mut falls = self.falls.iter().chain([&end]);
        let next = falls.find(|fall| fall.start > time || fall.end > time);
        next.map(|fall| fall.start.max(time))
    }

    /// From this time on there are no arrivals.
    #[must_use]
    pub fn end(&self) -> Duration {
        self.end
    }

    /// When the rate, or the law of its change, changes.
    pub(crate) fn edges(&self) -> impl Iterator<Item = Duration> {
        let starts = self
            .stretches
            .iter()
            .map(|stretch| Duration::from_secs_f64(stretch.start));
        starts.chain([self.end])
    }

    /// Positions of the scenarios that all arrivals begin, arrival by arrival, without end.
    pub fn scenarios(&self) -> impl Iterator<Item = usize> + Clone + use<> {
        let (positions, weights): (Vec<usize>, Vec<u32>) = self.scenarios.iter().copied().unzip();
        allotted(&weights).map(move |chosen| positions[chosen])
    }

    /// Positions of the scenarios that its users play.
    pub fn played(&self) -> impl Iterator<Item = usize> {
        self.scenarios.iter().map(|(position, _)| *position)
    }

    /// Arrivals per second wanted at a time.
    #[must_use]
    pub fn rate_at(&self, time: Duration) -> f64 {
        let time = time.as_secs_f64();
        let stretch = self
            .stretches
            .iter()
            .find(|stretch| (stretch.start..stretch.start + stretch.length).contains(&time));
        stretch.map_or(0.0, |stretch| {
            let progress = (time - stretch.start) / stretch.length;
            self.share() * (stretch.from + (stretch.to - stretch.from) * progress)
        })
    }

    /// Λ(t): arrivals expected by a time.
    #[must_use]
    pub fn expected_by(&self, time: Duration) -> f64 {
        let time = time.as_secs_f64();
        let begun = self
            .stretches
            .partition_point(|stretch| stretch.start < time);
        let Some(stretch) = begun.checked_sub(1).map(|last| &self.stretches[last]) else {
            return 0.0;
        };
        let of_stretch = stretch.expected((time - stretch.start).min(stretch.length));
        self.share() * (stretch.before + of_stretch)
    }

    /// Arrivals expected in all.
    #[must_use]
    pub fn expected(&self) -> f64 {
        self.expected_by(self.end)
    }

    /// An upper bound of the number of arrivals. It is exceeded with a probability of 3 in 100,000: four standard
    /// deviations of a Poisson variable.
    pub(crate) fn most(&self) -> u64 {
        let expected = self.expected();
        let chance = match self.gaps {
            Gaps::Even => 0.0,
            Gaps::Exponential => 4.0 * expected.sqrt(),
        };
        // Rounding may leave a whole number slightly too large.
        (expected + chance - 1e-6).ceil() as u64
    }

    /// Λ⁻¹: the time from which on more than `expected` arrivals are expected. Past the end, the last rate continues.
    fn time_of(&self, expected: f64) -> f64 {
        // An arrival that is due at the end of a stretch begins the next one with a rate, whichever way the sums were rounded.
        let begun = self
            .stretches
            .partition_point(|stretch| stretch.before <= expected * (1.0 + 1e-12) + 1e-9);
        let stretch = &self.stretches[begun.saturating_sub(1)];
        stretch.start + stretch.time_of(expected - stretch.before)
    }

    /// The arrivals in order of time, with their numbers among all of the stream. `stream` is the position of this stream in its
    /// schedule.
    #[must_use]
    pub fn times(&self, seed: u64, stream: usize) -> ArrivalTimes {
        ArrivalTimes {
            random: match self.gaps {
                Gaps::Even => None,
                Gaps::Exponential => Some(random_for_gaps(seed, stream)),
            },
            scenarios: Box::new(self.scenarios()),
            deal: self.segment.map(|it| (Deal::new(it.of()), it.number())),
            arrivals: self.clone(),
            expected: 0.0,
            number: 0,
        }
    }
}

/// The arrivals of one stream, in order of time.
pub struct ArrivalTimes {
    arrivals: ScheduledArrivals,
    scenarios: Box<dyn Iterator<Item = usize> + Send>,
    /// Assigns arrivals to segments, and the segment whose arrivals are returned. `None` for all.
    deal: Option<(Deal, u32)>,
    random: Option<Random>,
    /// Sum of unit exponentials so far.
    expected: f64,
    number: u64,
}

impl ArrivalTimes {
    /// The next of all arrivals.
    fn next_of_all(&mut self) -> Option<Arrival> {
        let expected = match &mut self.random {
            None => self.number as f64,
            Some(random) => {
                self.expected -= libm::log(1.0 - unit(random));
                self.expected
            }
        };
        let nanoseconds = libm::round(self.arrivals.time_of(expected) * 1e9);
        let at = Duration::from_nanos(nanoseconds as u64);
        if at >= self.arrivals.end {
            return None;
        }
        let arrival = Arrival {
            number: self.number,
            at,
            scenario: self.scenarios.next()?,
        };
        self.number += 1;
        Some(arrival)
    }
}

impl Iterator for ArrivalTimes {
    type Item = Arrival;

    fn next(&mut self) -> Option<Arrival> {
        loop {
            let arrival = self.next_of_all()?;
            let deal = self.deal.as_mut();
            if deal.is_none_or(|(deal, own)| deal.next(arrival.scenario) == *own) {
                return Some(arrival);
            }
        }
    }
}

#[cfg(test)]
mod tests;
