//! Converts timers to pauses, and throughput timers to pacing.

use std::time::Duration;

use super::scope::Applied;
use super::tree::{Element, Item};
use super::{Conversion, expression, milliseconds};
use crate::init::draft::{Action, Step};
use crate::init::values::{normal_time, uniform_time};
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

impl Wait {
    fn shifted(&self, shift: f64) -> Node {
        let time = |time: f64| milliseconds(time + shift);
        match *self {
            Self::Constant(constant) => time(constant).into(),
            Self::Uniform(from, to) => uniform_time(time(from), time(to)),
            Self::Normal(mean, sd) => normal_time(time(mean), milliseconds(sd)),
        }
    }
}

impl<'a> Conversion<'a> {
    /// A pause; other actions are left.
    pub(super) fn action(&mut self, item: &'a Item<'a>) -> Vec<Step> {
        // Only its own timers: the others apply before each request anyway.
        let outer = std::mem::take(&mut self.scope.timers);
        let mut thinks = self.inside(item, Self::thinks);
        self.scope.timers = outer;
        match item.element.property("ActionProcessor.action") {
            "1" => {
                let wait = self.raw_wait(item.element.property("ActionProcessor.duration"));
                let is_some = |wait: &Wait| match wait {
                    Wait::Constant(time) => !milliseconds(*time).is_zero(),
                    _ => true,
                };
                thinks.extend(wait.filter(is_some).map(|wait| wait.shifted(0.0)));
            }
            _ => self.leave("a flow control action other than a pause"),
        }
        let thinks = thinks.into_iter();
        thinks.map(|time| Action::Think(time).into()).collect()
    }

    /// The pauses of the timers that apply. Constant ones are added to another.
    pub(super) fn thinks(&mut self) -> Vec<Node> {
        let mut constant = 0.0;
        let mut random = Vec::new();
        for timer in self.scope.timers.clone() {
            match self.at(timer.place, |conversion| conversion.wait(timer.element)) {
                Some(Wait::Constant(time)) => constant += time,
                wait => random.extend(wait),
            }
        }
        if random.is_empty() && !milliseconds(constant).is_zero() {
            random.push(Wait::Constant(0.0));
        }
        let random = random.iter();
        random
            .map(|wait| wait.shifted(std::mem::take(&mut constant)))
            .collect()
    }

    fn wait(&mut self, timer: &Element) -> Option<Wait> {
        let raw = timer.property("ConstantTimer.delay");
        if timer.kind() == "ConstantTimer" {
            return self.raw_wait(raw);
        }
        let offset = if raw.is_empty() {
            Some(0.0)
        } else {
            self.number(raw)
        };
        let range = self.number(timer.property("RandomTimer.range"));
        let Some((offset, range)) = offset.zip(range) else {
            self.leave("its time is known at run time only");
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
    fn raw_wait(&mut self, raw: &str) -> Option<Wait> {
        if let [expression::Part::Call(call)] = expression::parse(raw).as_slice()
            && call.name == "Random"
            && let Some((from, to)) = self.range(call.argument(0), call.argument(1))
        {
            return Some(Wait::Uniform(from, to));
        }
        let number = self.number(raw);
        if number.is_none() && !raw.is_empty() {
            let what = format!("a pause of {raw} ms, which is known at run time only");
            self.leave(what);
        }
        number.map(Wait::Constant)
    }

    /// Two numbers that are known before the run, the smaller one first.
    pub(super) fn range(&mut self, from: &str, to: &str) -> Option<(f64, f64)> {
        let (from, to) = (self.number(from), self.number(to));
        from.zip(to).map(|(from, to)| (from.min(to), from.max(to)))
    }

    /// Records a throughput timer. Within a controller it has no counterpart.
    pub(super) fn throughput(&mut self, applied: &Applied<'_>) {
        let (timer, of_one) = (applied.element, applied.is_own);
        let of_group = self.scope.path.len() <= 1;
        let place = applied.place.clone();
        let raw = timer.property("throughput");
        let Some(throughput) = self.number(raw).filter(|rate| *rate > 0.0) else {
            return self.leave(format!("a throughput of {raw}"));
        };
        let is_precise = timer.kind() == "PreciseThroughputTimer";
        let mut period = 60.0;
        if is_precise {
            let own = self.number(timer.property("throughputPeriod"));
            period = own.filter(|it| *it > 0.0).unwrap_or(3600.0);
            let what =
                "the random times between its requests: here an iteration begins every so often";
            self.leave(what);
        }
        if !of_group && !of_one {
            let what = format!(
                "{throughput} requests in {period} s, within a controller: set pacing or an arrival rate"
            );
            return self.leave(what);
        }
        let mode = timer.property("calcMode");
        let per_thread = !is_precise && ["", "0", "calcMode.1", "this thread only"].contains(&mode);
        let rate = throughput / period;
        self.throughputs.push(Throughput {
            rate,
            per_thread,
            of_one,
            place,
        });
    }

    /// The pacing of a user with which all users together reach the rates of the throughput timers.
    pub(super) fn pacing(&mut self, steps: &[Step], users: u64) -> Option<Duration> {
        let mut longest: Option<Duration> = None;
        for timer in std::mem::take(&mut self.throughputs) {
            let rate = timer.rate;
            let sent = if timer.of_one {
                Some(1)
            } else {
                requests(steps)
            };
            let users = if timer.per_thread { 1 } else { users };
            match sent {
                Some(sent) if sent > 0 && users > 0 => {
                    let pacing = milliseconds(sent as f64 * users as f64 / rate * 1000.0);
                    longest = longest.max(Some(pacing).filter(|it| !it.is_zero()));
                }
                _ => {
                    let what =
                        format!("{rate} requests in a second: set pacing or an arrival rate");
                    self.draft.leave_at(&timer.place, what);
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
        action => action.within().into_iter().any(has_request),
    })
}

/// How many requests an iteration sends; `None` where that differs.
pub(super) fn requests(steps: &[Step]) -> Option<u64> {
    let count = |step: &Step| match &step.action {
        Action::Request(_) => Some(1),
        Action::Think(_) => Some(0),
        Action::Repeat { times, steps } => times.checked_mul(requests(steps)?),
        Action::When { steps, .. } => (!has_request(steps)).then_some(0),
        Action::Choose(choices) => {
            let first = requests(&choices.first()?.1)?;
            let mut same = choices.iter();
            let same = same.all(|(_, steps)| requests(steps) == Some(first));
            same.then_some(first)
        }
    };
    steps.iter().filter(|step| !step.disabled).map(count).sum()
}
