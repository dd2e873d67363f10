//! Scenarios as written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    ArrivalsFile, ConcurrencyFile, DurationFile, IterationsFile, NumberOr, StepFile, ThreadRowFile,
    TimesFile, ValueOr, given, several_loads,
};

/// What one kind of user does, over and over.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a scenario: a mapping with name and steps"
)]
#[schemars(rename = "Scenario", extend("not" = several_loads()))]
pub(crate) struct ScenarioFile {
    /// Unique among the scenarios.
    #[schemars(length(min = 1))]
    pub(crate) name: String,
    /// Share of the experiment's users, or arrivals, relative to the other scenarios. 1 unless given.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32", range(min = 1, max = 1000))]
    pub(crate) weight: Option<u32>,
    /// Users of its own: rows that overlap and add up.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<ThreadRowFile>", length(min = 1))]
    pub(crate) threads: Option<Vec<ThreadRowFile>>,
    /// Users of its own: one number, reached in a ramp or in steps.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ConcurrencyFile")]
    pub(crate) concurrency: Option<ConcurrencyFile>,
    /// Arrivals of its own.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ArrivalsFile")]
    pub(crate) arrivals: Option<ArrivalsFile>,
    /// A number of iterations of its own.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "NumberOr<IterationsFile>")]
    pub(crate) iterations: Option<NumberOr<IterationsFile>>,
    /// Waiting time after each request of `steps`. Without it the next request is sent at once.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ValueOr<DurationFile, TimesFile>")]
    pub(crate) think_time: Option<ValueOr<DurationFile, TimesFile>>,
    /// Time from the beginning of an iteration to that of the next, which begins at once where the one before took longer.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "DurationFile")]
    pub(crate) pacing: Option<DurationFile>,
    /// What becomes of an iteration that is under way when its user's time is over.
    #[serde(default, skip_serializing_if = "StopFile::is_default")]
    pub(crate) stop: StopFile,
    /// What a user, or each arrival, does once before its first iteration. Its requests have the phase `on_start` and are never
    /// taken for steady state.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) on_start: Vec<StepFile>,
    /// What an iteration does, in order.
    #[schemars(length(min = 1))]
    pub(crate) steps: Vec<StepFile>,
    /// What a user, or each arrival, does when it leaves; not where the run is interrupted. Its requests have the phase
    /// `on_stop` and are never taken for steady state.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) on_stop: Vec<StepFile>,
}

/// What becomes of an iteration that is under way when its user's time is over.
#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Stop")]
pub(crate) enum StopFile {
    /// The request under way is the last one.
    #[default]
    AtOnce,
    /// The iteration goes on to its end.
    AfterIteration,
}

impl StopFile {
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde passes a reference"
    )]
    fn is_default(&self) -> bool {
        *self == Self::AtOnce
    }
}
