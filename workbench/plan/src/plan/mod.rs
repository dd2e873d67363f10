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
pub use load::{Arrivals, Concurrency, Gaps, Iterations, Load, Rate, RateUnit, Stage, ThreadRow};
pub use monitor::{Monitor, WatchedProcess};
pub use scenario::{Operation, Scenario, VariableSource};
pub use step::{Body, BodyPart, Part, Step};
pub use target::{
    BaseUrl, BookstoreTarget, Database, InjectedFault, ResetRequest, Target, UrlsTarget,
};
pub use threshold::{Comparison, Metric, Threshold};

/// A validated experiment, ready to be run; one with a sweep is run at each of [`Plan::points`].
///
/// Two plans are equal if their canonical experiment files are.
#[derive(Clone)]
pub struct Plan {
    /// The experiment file with every default filled in, which the rest was made of.
    pub(crate) file: PlanFile,
    /// The path of the file when it was read. Files that it names are relative to it.
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
    /// Secrets: read when a run begins, and never written.
    pub secrets: Vec<SecretSource>,
    /// Monitored processes and endpoints, besides those that the workbench starts.
    pub monitor: Monitor,
    /// The load of the scenarios without one of their own. `None` if all have one.
    pub load: Option<Load>,
    /// Numbers of users, or of replicas, that the experiment is run with in place of the one in `load` or `target`.
    pub sweep: Option<Sweep>,
    /// Requests that start within this time from the start of the schedule are never taken for steady state.
    pub warm_up: Duration,
    /// How long a single request may take, connecting included.
    pub request_timeout: Duration,
    /// What users do; never empty.
    pub scenarios: Vec<Scenario>,
    /// Thresholds; may be empty.
    pub thresholds: Vec<Threshold>,
}

/// The part of a run in which its steady state is searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SteadyPart {
    /// While the full load is held.
    Hold,
    /// The whole run, where its experiment never holds its load.
    WholeRun,
}

impl Plan {
    /// Name and title in one line. The name alone if the experiment has no title.
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

    /// The part of a run in which its steady state is searched. It begins after the warm-up.
    #[must_use]
    pub fn steady_part(&self) -> SteadyPart {
        SteadyPart::of(&self.loads())
    }
}

impl SteadyPart {
    /// The steady part of loads, each with the positions and weights of its scenarios.
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
    fn the_steady_part_is_the_hold_if_the_last_users_are_held() {
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

        let rate = "arrivals: { rate: 9/s, ramp_up: 9s";
        assert_eq!(part(&format!("{rate} }}")), SteadyPart::WholeRun);
        assert_eq!(part(&format!("{rate}, steps: 3 }}")), SteadyPart::WholeRun);
        assert_eq!(
            part(&format!("{rate}, steps: 3, hold: 1s }}")),
            SteadyPart::Hold
        );
        let stages = |stages: &str| part(&format!("arrivals: {{ stages: [ {stages} ] }}"));
        let up = "{ rate: 9/s, ramp: 9s, hold: 9s }";
        let down = "{ rate: 0/s, ramp: 9s }";
        assert_eq!(stages(up), SteadyPart::Hold);
        assert_eq!(stages(&format!("{up}, {down}")), SteadyPart::Hold);
        let higher = "{ rate: 20/s, ramp: 9s, hold: 9s }";
        assert_eq!(stages(&format!("{up}, {higher}")), SteadyPart::Hold);
        let reached = "{ rate: 20/s, ramp: 9s }";
        for unheld in [
            format!("{up}, {reached}"),
            format!("{up}, {reached}, {down}"),
            format!("{up}, {}", "{ rate: 20/s, ramp: 9s, steps: 3 }"),
            "{ from: 20/s, rate: 9/s, ramp: 9s, hold: 9s }".to_owned(),
        ] {
            assert_eq!(stages(&unheld), SteadyPart::WholeRun, "{unheld}");
        }
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
