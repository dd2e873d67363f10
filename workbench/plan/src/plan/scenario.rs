//! What users do.

use std::time::Duration;

use super::Load;
use crate::distribution::Distribution;
use crate::template::{JsonTemplate, Template, Value};

/// What one kind of user does, over and over until the schedule stops it.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// Unique among the scenarios.
    pub name: String,
    /// Share of the plan's users, or arrivals, relative to the other scenarios; at least 1.
    pub weight: u32,
    /// Its own load, in place of a share of the plan's.
    pub load: Option<Load>,
    /// Waiting time after each step; `None` sends the next request at once.
    pub think_time: Option<Distribution<Duration>>,
    /// Names of the variables; templates refer to them by position.
    /// The first two are always [`Scenario::USER`] and [`Scenario::ITERATION`].
    pub variables: Vec<String>,
    /// Requests in order; never empty.
    pub steps: Vec<Step>,
}

impl Scenario {
    /// Position of `${user}`: the number of the user, from 1.
    pub const USER: usize = 0;
    /// Position of `${iteration}`: how often this user has begun the scenario, or the number of the arrival, from 1.
    pub const ITERATION: usize = 1;
}

/// One request of a scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Names the request in every table and figure; equal labels are counted together.
    pub label: String,
    /// HTTP method, upper case.
    pub method: String,
    /// Which service of the target answers.
    pub service: String,
    /// Path and query, starting with `/`, without the service's prefix.
    pub path: Template,
    /// Header names (lower case) and values, besides those that the client sends itself.
    pub headers: Vec<(String, Template)>,
    /// The body, sent as `application/json`.
    pub json: Option<JsonTemplate>,
    /// Variables drawn before the request is rendered: position and distribution.
    pub set: Vec<(usize, Distribution<Value>)>,
    /// Which statuses are a success; empty means any from 200 to 399.
    pub expect_status: Vec<u16>,
}
