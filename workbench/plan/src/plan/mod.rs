//! The plan: an experiment whose every reference is resolved. A `Plan` in hand can run.

mod allot;
mod http;
mod load;
mod monitor;
mod scenario;
mod step;
mod target;
mod threshold;

use std::path::PathBuf;
use std::time::Duration;

use crate::data::Data;
use crate::file::PlanFile;
use crate::schedule::Schedule;
use crate::secret::SecretSource;
use crate::sweep::Sweep;

pub(crate) use allot::{allotted, loads, shared_out};
pub use http::{Http, HttpVersion};
pub use load::{Arrivals, Concurrency, Gaps, Iterations, Load, Rate, RateUnit, ThreadRow};
pub use monitor::{Monitor, WatchedProcess};
pub use scenario::{Given, Operation, Scenario};
pub use step::{Body, BodyPart, Part, Step};
pub use target::{
    BaseUrl, BookstoreTarget, Database, InjectedFault, ResetRequest, Target, UrlsTarget,
};
pub use threshold::{Comparison, Metric, Threshold};

/// A validated experiment, ready to be run; one with a sweep is run at each of [`Plan::points`].
///
/// Two plans are equal where their experiments are, written in the same way.
#[derive(Clone)]
pub struct Plan {
    /// The experiment file with every default filled in, which the rest was made of.
    pub(crate) file: PlanFile,
    /// Where the file is, or was; what it names is found beside it.
    pub(crate) path: PathBuf,
    /// Names the results folder: lower-case letters, digits and hyphens.
    pub name: String,
    /// One line for headings.
    pub title: String,
    /// What the experiment is to find out, in prose.
    pub question: String,
    /// Every random choice of the run derives from it.
    pub seed: u64,
    /// The system under test.
    pub target: Target,
    /// What all requests have in common.
    pub http: Http,
    /// Files that rows are taken from.
    pub data: Vec<Data>,
    /// What is read when a run begins, and never written.
    pub secrets: Vec<SecretSource>,
    /// What is watched besides what the workbench starts.
    pub monitor: Monitor,
    /// How many users there are, and when, in the scenarios that have no load of their own; `None` where all have.
    pub load: Option<Load>,
    /// Numbers of users, or of replicas, that the experiment is run with in place of the one in `load` or `target`.
    pub sweep: Option<Sweep>,
    /// Requests that start within this time from the start of the schedule are never taken for steady state.
    pub warm_up: Duration,
    /// How long a single request may take, connecting included.
    pub request_timeout: Duration,
    /// What users do; never empty.
    pub scenarios: Vec<Scenario>,
    /// What must hold of the results; may be empty.
    pub thresholds: Vec<Threshold>,
}

/// Part of a run that its steady state is looked for in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SteadyPart {
    /// While the full load is held.
    Hold,
    /// The whole run, where its experiment never holds its load.
    WholeRun,
}

impl Plan {
    /// Name and title in a line; the name alone where the experiment has no title of its own.
    #[must_use]
    pub fn heading(&self) -> String {
        if self.title == self.name {
            return self.name.clone();
        }
        format!("{}: {}", self.name, self.title)
    }

    /// Whether the experiment sets how many requests there are in a second, by a rate of arrivals, or by pauses or pacing in every scenario:
    /// a target that answers in less time than these take then changes it little.
    #[must_use]
    pub fn sets_throughput(&self) -> bool {
        let paused =
            |scenario: &Scenario| scenario.think_time.is_some() || scenario.pacing.is_some();
        self.loads()
            .iter()
            .all(|(load, _)| matches!(load, Load::Arrivals(_)))
            || self.scenarios.iter().all(paused)
    }

    /// Which part of a run its steady state is looked for in; it begins after the warm-up.
    #[must_use]
    pub fn steady_part(&self) -> SteadyPart {
        SteadyPart::of(&self.loads())
    }
}

impl SteadyPart {
    /// Of these loads, each with the positions and weights of the scenarios that play it.
    pub(crate) fn of(loads: &[(&Load, Vec<(usize, u32)>)]) -> Self {
        let schedule = Schedule::of(loads);
        if loads.iter().all(|(load, _)| load.holds()) && schedule.ramped_up() < schedule.hold_end()
        {
            Self::Hold
        } else {
            Self::WholeRun
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::SteadyPart;

    #[test]
    fn a_plan_is_steady_in_its_hold_where_the_users_who_come_last_are_held() {
        let part = |load: &str| {
            let text = format!(
                "target: {{ bookstore: {{}} }}\n{load}\n\
                 scenarios: [ {{ name: one, steps: [ request: GET catalog/products ] }} ]\n"
            );
            let plan = crate::parse(&text, Path::new("steady.yaml")).unwrap();
            plan.steady_part()
        };
        let row = |row: &str| format!("{{ start: 9, {row} }}");
        let held = row("startup: 1s, hold: 5s, shutdown: 1s");
        let spike = row("initial_delay: 2s, startup: 1s, hold: 0s, shutdown: 1s");
        let wave = row("initial_delay: 20s, startup: 1s, hold: 5s");

        assert_eq!(part(&format!("threads: [ {held} ]")), SteadyPart::Hold);
        for rows in [format!("[ {spike} ]"), format!("[ {held}, {spike} ]")] {
            assert_eq!(part(&format!("threads: {rows}")), SteadyPart::WholeRun);
        }
        let waves = format!("threads: [ {held}, {wave} ]");
        assert_eq!(part(&waves), SteadyPart::Hold);
        let steps = "concurrency: { target: 9, ramp_up: 9s, steps: 3";
        assert_eq!(part(&format!("{steps} }}")), SteadyPart::WholeRun);
        assert_eq!(part(&format!("{steps}, hold: 1s }}")), SteadyPart::Hold);
    }

    #[test]
    fn a_rate_of_arrivals_and_pauses_set_the_throughput_and_users_without_pauses_do_not() {
        let sets = |load: &str, more: &str| {
            let text = format!(
                "target: {{ bookstore: {{}} }}\n{load}\n\
                 scenarios: [ {{ name: one, {more}steps: [ request: GET catalog/products ] }} ]\n"
            );
            let plan = crate::parse(&text, Path::new("paced.yaml")).unwrap();
            plan.sets_throughput()
        };
        let users = "threads: [ { start: 9, hold: 5s } ]";
        assert!(!sets(users, ""));
        assert!(sets(users, "think_time: 100ms, "));
        assert!(sets(users, "pacing: 1s, "));
        assert!(sets("arrivals: { rate: 5/s, hold: 5s, max_users: 9 }", ""));
    }
}
