//! Converts timers to pauses, and throughput timers to pacing.

use std::time::Duration;

use super::scope::{Applied, Scope};
use super::tree::{Element, Item};
use super::{Conversion, expression, milliseconds};
use crate::init::draft::{self, Action, Step};
use crate::init::yaml::Node;

/// A throughput timer, which limits the rate of requests.
#[derive(Clone, Debug)]
pub(super) struct Throughput {
    /// Requests in a second.
    rate: f64,
    /// The rate applies to each thread.
    per_thread: bool,
    /// It is a child of one request.
    of_one: bool,
    place: String,
}

/// The distribution of a timer's wait, in milliseconds.
enum Wait {
    Constant(f64),
    Uniform(f64, f64),
    Normal(f64, f64),
}

impl<'a> Conversion<'a> {
    /// A pause; other actions are left.
    pub(super) fn action(
        &mut self,
        item: &'a Item<'a>,
        scope: &Scope<'a>,
        place: &str,
    ) -> Vec<Step> {
        let element = item.element;
        let mut inner = scope.clone();
        // Only its own timers: the others apply before each request anyway.
        inner.timers.clear();
        inner.path.push(element.name().to_owned());
        let inner = self.scoped(&item.below, &inner);
        let mut thinks = self.thinks(&inner.timers);
        match element.property("ActionProcessor.action").trim() {
            "1" => {
                let duration = element
                    .property("ActionProcessor.duration")
                    .trim()
                    .to_owned();
                thinks.extend(self.delay(&duration, place));
            }
            _ => self
                .draft
                .leave(place, "a flow control action other than a pause"),
        }
        thinks
            .into_iter()
            .map(|time| Action::Think(time).into())
            .collect()
    }
}

impl Conversion<'_> {
    /// The pauses of these timers. Constant ones are added to another.
    pub(super) fn thinks(&mut self, timers: &[Applied<'_>]) -> Vec<Node> {
        let mut constant = 0.0;
        let mut random = Vec::new();
        for timer in timers {
            match self.wait(timer.element, &timer.place) {
                Some(Wait::Constant(time)) => constant += time,
                Some(wait) => random.push(wait),
                None => {}
            }
        }
        if random.is_empty() {
            let time = milliseconds(constant);
            return if time.is_zero() {
                Vec::new()
            } else {
                vec![draft::time(time)]
            };
        }
        let mut shift = constant;
        random
            .into_iter()
            .map(|wait| {
                let shift = std::mem::take(&mut shift);
                match wait {
                    Wait::Constant(time) => draft::time(milliseconds(time + shift)),
                    Wait::Uniform(from, to) => {
                        draft::uniform_time(milliseconds(from + shift), milliseconds(to + shift))
                    }
                    Wait::Normal(mean, sd) => {
                        draft::normal_time(milliseconds(mean + shift), milliseconds(sd))
                    }
                }
            })
            .collect()
    }

    fn wait(&mut self, timer: &Element, place: &str) -> Option<Wait> {
        let raw = timer.property("ConstantTimer.delay").trim().to_owned();
        if timer.kind() == "ConstantTimer" {
            return self.raw_wait(&raw, place);
        }
        let offset = if raw.is_empty() {
            Some(0.0)
        } else {
            self.number(&raw)
        };
        let range = self.number(timer.property("RandomTimer.range").trim());
        let (Some(offset), Some(range)) = (offset, range) else {
            self.draft
                .leave(place, "its time is known at run time only");
            return None;
        };
        Some(match timer.kind() {
            _ if range <= 0.0 => Wait::Constant(offset),
            "UniformRandomTimer" => Wait::Uniform(offset, offset + range),
            "GaussianRandomTimer" => Wait::Normal(offset, range),
            // A Poisson distribution with such a mean is almost normal; its variance is the mean.
            _ => Wait::Normal(offset + range, range.sqrt()),
        })
    }

    /// A pause of a number of milliseconds, which may be random.
    pub(super) fn delay(&mut self, raw: &str, place: &str) -> Option<Node> {
        match self.raw_wait(raw, place)? {
            Wait::Uniform(from, to) => {
                Some(draft::uniform_time(milliseconds(from), milliseconds(to)))
            }
            Wait::Constant(time) | Wait::Normal(time, _) => {
                let time = milliseconds(time);
                (!time.is_zero()).then(|| draft::time(time))
            }
        }
    }

    fn raw_wait(&mut self, raw: &str, place: &str) -> Option<Wait> {
        if let [expression::Part::Call(call)] = expression::parse(raw).as_slice()
            && call.name == "Random"
            && let (Some(from), Some(to)) =
                (self.number(call.argument(0)), self.number(call.argument(1)))
        {
            return Some(Wait::Uniform(from.min(to), from.max(to)));
        }
        let number = self.number(raw);
        if number.is_none() && !raw.is_empty() {
            self.draft.leave(
                place,
                format!("a pause of {raw} ms, which is known at run time only"),
            );
        }
        number.map(Wait::Constant)
    }

    /// Records a throughput timer. Within a controller it has no counterpart.
    pub(super) fn throughput(
        &mut self,
        timer: &Element,
        of_group: bool,
        of_one: bool,
        place: &str,
    ) {
        let raw = timer.property("throughput").trim().to_owned();
        let Some(throughput) = self.number(&raw).filter(|rate| *rate > 0.0) else {
            self.draft.leave(place, format!("a throughput of {raw}"));
            return;
        };
        let is_precise = timer.kind() == "PreciseThroughputTimer";
        let period = match is_precise {
            true => self
                .number(timer.property("throughputPeriod").trim())
                .filter(|it| *it > 0.0)
                .unwrap_or(3600.0),
            false => 60.0,
        };
        if is_precise {
            let what =
                "the random times between its requests: here an iteration begins every so often";
            self.draft.leave(place, what);
        }
        if !of_group && !of_one {
            let what = format!(
                "{throughput} requests in {period} s, within a controller: set pacing or an arrival rate"
            );
            self.draft.leave(place, what);
            return;
        }
        let mode = timer.property("calcMode").trim();
        self.throughputs.push(Throughput {
            rate: throughput / period,
            per_thread: !is_precise && matches!(mode, "" | "0" | "calcMode.1" | "this thread only"),
            of_one,
            place: place.to_owned(),
        });
    }

    /// The pacing of a user with which all users together reach the rates of the throughput timers.
    pub(super) fn pacing(&mut self, steps: &[Step], users: u64) -> Option<Duration> {
        let mut longest: Option<Duration> = None;
        for Throughput {
            rate,
            per_thread,
            of_one,
            place,
        } in std::mem::take(&mut self.throughputs)
        {
            let sent = if of_one { Some(1) } else { requests(steps) };
            let users = if per_thread { 1 } else { users };
            match sent {
                Some(sent) if sent > 0 && users > 0 => {
                    let pacing = milliseconds(sent as f64 * users as f64 / rate * 1000.0);
                    longest = longest.max(Some(pacing).filter(|it| !it.is_zero()));
                }
                _ => {
                    let what =
                        format!("{rate} requests in a second: set pacing or an arrival rate");
                    self.draft.leave(place, what);
                }
            }
        }
        longest
    }
}

/// Whether a request is sent in these steps.
pub(super) fn has_request(steps: &[Step]) -> bool {
    steps.iter().any(|step| match &step.action {
        Action::Request(_) => !step.disabled,
        Action::Repeat { steps, .. } | Action::When { steps, .. } => has_request(steps),
        Action::Choose(choices) => choices.iter().any(|(_, steps)| has_request(steps)),
        Action::Think(_) => false,
    })
}

/// How many requests an iteration sends; `None` where that differs.
pub(super) fn requests(steps: &[Step]) -> Option<u64> {
    let mut count = 0_u64;
    for step in steps.iter().filter(|step| !step.disabled) {
        count += match &step.action {
            Action::Request(_) => 1,
            Action::Think(_) => 0,
            Action::Repeat { times, steps } => times.checked_mul(requests(steps)?)?,
            Action::When { steps, .. } if !has_request(steps) => 0,
            Action::When { .. } => return None,
            Action::Choose(choices) => {
                let counts: Option<Vec<u64>> =
                    choices.iter().map(|(_, steps)| requests(steps)).collect();
                let counts = counts?;
                match counts.split_first() {
                    Some((first, rest)) if rest.iter().all(|other| other == first) => *first,
                    _ => return None,
                }
            }
        };
    }
    Some(count)
}
