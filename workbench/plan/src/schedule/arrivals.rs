//! Arrival times of iterations in the open model.
//!
//! With Λ(t) the number of arrivals expected by time t, the integral of the rate, arrival k is at Λ⁻¹(k), k = 0, 1, …
//! where gaps are even, and at Λ⁻¹ of the sum of k unit exponentials, k = 1, 2, … where they are exponential: a Poisson
//! process whose rate may change. Arrivals at or after the end are none. Times are rounded to whole nanoseconds.
//!
//! # References
//! E. Çinlar (1975), "Introduction to Stochastic Processes", chapter 4: the time change of a Poisson process.

use std::time::Duration;

use rand::Rng;

use crate::plan::{Arrivals, Gaps, allotted};
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
    pub(super) fn of(load: &Arrivals, scenarios: &[(usize, u32)]) -> Self {
        let rate = load.rate.per_second();
        let (ramp_up, hold) = (load.ramp_up.as_secs_f64(), load.hold.as_secs_f64());
        let steps = load.steps.unwrap_or(1);
        let of_step = |step: u32| {
            let share = |step: u32| rate * f64::from(step) / f64::from(steps);
            let length = ramp_up / f64::from(steps);
            let to = share(step + 1);
            let from = load.steps.map_or(0.0, |_| to);
            (length, from, to)
        };
        let mut stretches: Vec<Stretch> = Vec::new();
        for (length, from, to) in (0..steps).map(of_step).chain([(hold, rate, rate)]) {
            if length > 0.0 {
                let (start, before) = stretches.last().map_or((0.0, 0.0), |last| {
                    (
                        last.start + last.length,
                        last.before + last.expected(last.length),
                    )
                });
                stretches.push(Stretch {
                    start,
                    length,
                    from,
                    to,
                    before,
                });
            }
        }
        Self {
            scenarios: scenarios.to_vec(),
            gaps: load.gaps,
            max_users: load.max_users,
            stretches,
            // The last step has the full rate.
            ramped_up: load
                .steps
                .map_or(load.ramp_up, |steps| load.ramp_up / steps * (steps - 1)),
            end: load.ramp_up + load.hold,
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

    /// When the full rate is reached.
    #[must_use]
    pub fn ramped_up(&self) -> Duration {
        self.ramped_up
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

    /// Λ⁻¹: the time by which `expected` arrivals are expected. Past the end, the last rate continues.
    fn time_of(&self, expected: f64) -> f64 {
        let begun = self
            .stretches
            .partition_point(|stretch| stretch.before <= expected);
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
                // Uniform on [0, 1) in steps of 2⁻⁵³.
                let uniform = (random.next_u64() >> 11) as f64 * f64::EPSILON / 2.0;
                self.expected -= libm::log(1.0 - uniform);
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
