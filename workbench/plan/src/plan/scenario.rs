//! Scenarios: the actions of users.

use std::time::Duration;

use super::{Load, Step};
use crate::condition::Condition;
use crate::draw::{Draw, Times};

/// The actions of one kind of user, repeated until the schedule stops the user.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Unique among the scenarios.
    pub name: String,
    /// Share of the plan's users, or arrivals, relative to the other scenarios; at least 1.
    pub weight: u32,
    /// Its own load, in place of a share of the plan's.
    pub load: Option<Load>,
    /// Waiting time after each request of an iteration; `None` sends the next request at once.
    pub think_time: Option<Times>,
    /// Time from the beginning of an iteration to that of the next.
    pub pacing: Option<Duration>,
    /// Whether an iteration that is under way when its user's time is over goes on to its end.
    pub ends_iterations: bool,
    /// Names of the variables; everything else refers to them by position.
    /// The first two are always [`Scenario::USER`] and [`Scenario::ITERATION`].
    pub variables: Vec<String>,
    /// Variables that have their values before the user begins.
    pub given: Vec<(usize, VariableSource)>,
    /// All requests in the order of the file: those of `on_start`, `actions` and `on_stop`. Never empty.
    pub steps: Vec<Step>,
    /// What a user does once before its first iteration.
    pub on_start: Vec<Operation>,
    /// The operations of an iteration; at least one request.
    pub actions: Vec<Operation>,
    /// What a user does when it leaves.
    pub on_stop: Vec<Operation>,
    /// How many counters the loops need.
    pub counters: usize,
}

impl Scenario {
    /// Position of `${user}`: the number of the user, from 1.
    pub const USER: usize = 0;
    /// Position of `${iteration}`: how often this user has begun the scenario, or the number of the arrival, from 1.
    pub const ITERATION: usize = 1;

    /// The first request that an iteration can begin with.
    #[must_use]
    pub fn first_step(&self) -> usize {
        let requests = self.on_start.iter().chain(&self.actions);
        let mut steps = requests.filter_map(|operation| match operation {
            Operation::Request(step) => Some(*step),
            _ => None,
        });
        steps.next().unwrap_or_default()
    }
}

/// The source of a variable that has its value before the first step.
#[derive(Clone, Debug, PartialEq)]
pub enum VariableSource {
    /// Drawn when a user begins.
    Drawn(Draw),
    /// A secret, read when the run begins: its position among [`crate::Plan::secrets`].
    Secret(usize),
    /// A column of a row of a data file.
    Column {
        /// Position among [`crate::Plan::data`].
        data: usize,
        /// Name of the column.
        column: String,
        /// It is a whole number.
        is_number: bool,
    },
}

/// One operation of a list. The targets of jumps are positions in the same list, or its end.
#[derive(Clone, Debug)]
pub enum Operation {
    /// Sends the request at this position of the scenario's steps.
    Request(usize),
    /// Waits.
    Think(Times),
    /// Sets a counter.
    Count {
        /// Which one.
        counter: usize,
        /// To what; at least 1.
        times: u32,
    },
    /// Takes one off a counter, and jumps as long as it is not zero.
    Again {
        /// Which one.
        counter: usize,
        /// Where to.
        to: usize,
    },
    /// Jumps unless a condition holds.
    Unless {
        /// The condition.
        condition: Condition,
        /// Where to.
        to: usize,
    },
    /// Jumps to one of several places, each with its weight.
    Choose(Vec<(u32, usize)>),
    /// Jumps.
    Jump(usize),
}
