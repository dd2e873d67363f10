//! Experiment files, and the plans and schedules that they describe.
//!
//! `read` turns a YAML file into a validated [`Plan`]; a [`Schedule`] says as a pure function of time who is active.

mod distribution;
mod plan;
mod schedule;
mod template;

pub use distribution::Distribution;
pub use plan::{
    BaseUrl, BookstoreTarget, Comparison, Concurrency, Database, Load, Metric, Plan, Scenario,
    Step, Target, ThreadRow, Threshold,
};
pub use schedule::{Phase, Schedule, UserSpan};
pub use template::{JsonTemplate, Template, Value};

// To be provided by module `file`/`error`:
//   pub fn read(path: &Path) -> Result<Plan, PlanError>      (plan file on disk)
//   pub fn parse(text: &str, path: &Path) -> Result<Plan, PlanError>
//   pub fn json_schema() -> serde_json::Value
//   impl Plan { pub fn to_yaml(&self) -> String }             (as resolved; `parse` of it gives the same plan)
//   impl Distribution<Duration|Value> { pub fn draw(&self, random: &mut impl Rng) -> T }
//   pub fn random_for_user(seed: u64, user: u32) -> Random    (a portable, named generator; one stream a user)
