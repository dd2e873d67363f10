//! The plan: an experiment whose every reference is resolved. A `Plan` in hand can run.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::distribution::Distribution;
use crate::schedule::Schedule;
use crate::sweep::Sweep;
use crate::template::{JsonTemplate, Template};

/// A validated experiment, ready to be run; one with a sweep is run at each of [`Plan::points`].
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
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
    /// How many users there are, and when.
    pub load: Load,
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

/// The system under test.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// The bundled bookstore, started for the run and stopped after it.
    Bookstore(BookstoreTarget),
    /// Services that are already running.
    Urls(UrlsTarget),
}

/// Services that are already running, and how they are made ready for a run.
#[derive(Clone, Debug, PartialEq)]
pub struct UrlsTarget {
    /// Where each service listens, by the name that steps use for it; never empty.
    pub services: BTreeMap<String, BaseUrl>,
    /// Sent one after another before each run; may be empty.
    pub reset: Vec<ResetRequest>,
}

/// A request that puts the target back to where every run begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResetRequest {
    /// HTTP method, upper case.
    pub method: String,
    /// Which service of the target answers.
    pub service: String,
    /// Path and query, starting with `/`, without the service's prefix.
    pub path: String,
}

impl std::fmt::Display for ResetRequest {
    /// As it stands in an experiment file.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            method,
            service,
            path,
        } = self;
        write!(f, "{method} {service}{path}")
    }
}

/// How the bundled bookstore is started.
#[derive(Clone, Debug, PartialEq)]
pub struct BookstoreTarget {
    /// Where it keeps its data.
    pub database: Database,
    /// Number of products seeded, with ids from 1.
    pub products: u32,
    /// Copies of each product in stock at the start.
    pub stock: u32,
    /// What it does to requests on purpose; may be empty.
    pub faults: Vec<InjectedFault>,
    /// Number of processes, each with all services, that share the databases; at least 1, and 1 on SQLite.
    pub replicas: u32,
}

/// Something bad that the bookstore does to requests on purpose, in the bookstore's own notation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InjectedFault(pub(crate) String);

impl InjectedFault {
    /// As it stands in the experiment.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As the bookstore takes it in a run: with the run's seed, unless it has one of its own.
    #[must_use]
    pub fn seeded(&self, seed: u64) -> String {
        if self.0.contains(" seed=") {
            self.0.clone()
        } else {
            format!("{} seed={seed}", self.0)
        }
    }
}

/// The bookstore's database.
#[derive(Clone, Debug, PartialEq)]
pub enum Database {
    /// An embedded database in a folder of its own, deleted after the run.
    Sqlite,
    /// A PostgreSQL server (`postgres://…`) in which databases are created for the run and dropped after it.
    Postgres(String),
}

/// Where a service listens: `http://host:port/prefix`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl {
    /// Whether the connection is encrypted (`https`).
    pub tls: bool,
    /// Host name or address, IPv6 without brackets.
    pub host: String,
    /// Given, or the scheme's own.
    pub port: u16,
    /// Put before each path; empty or starting with `/`, never ending with it.
    pub prefix: String,
}

/// How many users there are, and when.
#[derive(Clone, Debug, PartialEq)]
pub enum Load {
    /// Rows that overlap and add up (JMeter's Ultimate Thread Group); never empty.
    Threads(Vec<ThreadRow>),
    /// One target approached in a ramp or in steps (JMeter's Concurrency Thread Group).
    Concurrency(Concurrency),
}

/// One row of JMeter's Ultimate Thread Group.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ThreadRow {
    /// Number of users in the row; at least 1.
    pub users: u32,
    /// Time before the row begins.
    pub initial_delay: Duration,
    /// Time over which the row's users start, evenly spaced.
    pub startup: Duration,
    /// Time from the end of the startup to the beginning of the shutdown.
    pub hold: Duration,
    /// Time over which the row's users stop, in the order in which they started.
    pub shutdown: Duration,
}

/// JMeter's Concurrency Thread Group.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Concurrency {
    /// Number of users to reach; at least 1.
    pub target: u32,
    /// Time from the start to the hold.
    pub ramp_up: Duration,
    /// Number of equal steps, the first at the start; `None` ramps evenly.
    pub steps: Option<u32>,
    /// Time for which the target is held after the ramp-up.
    pub hold: Duration,
}

impl Load {
    /// The instants at which each user starts and stops.
    #[must_use]
    pub fn schedule(&self) -> Schedule {
        match self {
            Self::Threads(rows) => Schedule::of_threads(rows),
            Self::Concurrency(concurrency) => Schedule::of_concurrency(concurrency),
        }
    }

    /// Whether the full number of users is meant to stay, and not only passed through: the users who come last are
    /// to be held, and nobody leaves before they have come.
    pub(crate) fn holds(&self) -> bool {
        let declared = match self {
            Self::Threads(rows) => {
                let started = |row: &ThreadRow| row.initial_delay + row.startup;
                let last = rows.iter().map(started).max();
                rows.iter()
                    .any(|row| Some(started(row)) == last && !row.hold.is_zero())
            }
            Self::Concurrency(concurrency) => !concurrency.hold.is_zero(),
        };
        let schedule = self.schedule();
        declared && schedule.ramped_up() < schedule.hold_end()
    }
}

/// Part of a run that its steady state is looked for in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SteadyPart {
    /// While the full number of users is held.
    Hold,
    /// The whole run, where its experiment never holds its load.
    WholeRun,
}

impl Plan {
    /// Which part of a run its steady state is looked for in; it begins after the warm-up.
    #[must_use]
    pub fn steady_part(&self) -> SteadyPart {
        if self.load.holds() {
            SteadyPart::Hold
        } else {
            SteadyPart::WholeRun
        }
    }

    /// The scenario, by position, of each of so many users, in the order in which they start.
    ///
    /// Each user goes to the scenario that is furthest behind its share so far, the first of equals. So the numbers
    /// are as close to the weights as whole users can be, not only in the end but at any moment of a ramp.
    #[must_use]
    pub fn allot_scenarios(&self, users: usize) -> Vec<usize> {
        let total: i64 = self.scenarios.iter().map(|it| i64::from(it.weight)).sum();
        let mut behind = vec![0; self.scenarios.len()];
        let next = |_| {
            for (behind, scenario) in behind.iter_mut().zip(&self.scenarios) {
                *behind += i64::from(scenario.weight);
            }
            let first_of_most =
                |best: usize, it: usize| if behind[it] > behind[best] { it } else { best };
            let chosen = (0..behind.len()).fold(0, first_of_most);
            behind[chosen] -= total;
            chosen
        };
        (0..users).map(next).collect()
    }
}

impl Plan {
    /// The replica of the target, from 0, of each of so many users, in the order in which they start.
    ///
    /// Each user keeps to one replica, so that a connection serves all its requests to a service. It goes to the
    /// replica with the fewest users of its scenario so far, of these to the one with the fewest users, and of these
    /// to the first: at any moment every replica has its share of every scenario, as far as whole users allow.
    #[must_use]
    pub fn allot_replicas(&self, users: usize) -> Vec<usize> {
        let replicas = match &self.target {
            Target::Bookstore(bookstore) => bookstore.replicas as usize,
            Target::Urls(_) => 1,
        };
        let mut of_scenario = vec![vec![0_usize; replicas]; self.scenarios.len()];
        let mut of_all = vec![0_usize; replicas];
        let next = |scenario: usize| {
            let chosen = (0..replicas)
                .min_by_key(|&it| (of_scenario[scenario][it], of_all[it]))
                .unwrap_or_default();
            of_scenario[scenario][chosen] += 1;
            of_all[chosen] += 1;
            chosen
        };
        self.allot_scenarios(users).into_iter().map(next).collect()
    }
}

/// What one kind of user does, over and over until the schedule stops it.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// Unique among the scenarios.
    pub name: String,
    /// Share of the users, relative to the other scenarios; at least 1.
    pub weight: u32,
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
    /// Position of `${iteration}`: how often this user has begun the scenario, from 1.
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
    pub set: Vec<(usize, Distribution<crate::template::Value>)>,
    /// Which statuses are a success; empty means any from 200 to 399.
    pub expect_status: Vec<u16>,
}

/// What must hold of the results, for the run to pass.
#[derive(Clone, Debug, PartialEq)]
pub struct Threshold {
    /// As written in the file.
    pub text: String,
    /// What is measured.
    pub metric: Metric,
    /// Label that it is measured for; `None` means all requests together.
    pub request: Option<String>,
    /// How the measured value has to stand to the limit.
    pub comparison: Comparison,
    /// Nanoseconds for times, a fraction for rates of errors, requests per second for throughput.
    pub limit: f64,
}

/// What a threshold measures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Metric {
    /// Arithmetic mean of the elapsed times.
    Mean,
    /// Longest elapsed time.
    Max,
    /// Quantile of the elapsed times, strictly between 0 and 1.
    Quantile(f64),
    /// Failed requests as a fraction of all.
    ErrorRate,
    /// Requests per second.
    Throughput,
}

/// How a measured value has to stand to a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::SteadyPart;

    /// How many of so many users each scenario gets.
    fn allotted(weights: &[u32], users: usize) -> Vec<usize> {
        let mut text =
            "target: { bookstore: {} }\nconcurrency: { target: 1, hold: 1s }\nscenarios:\n"
                .to_owned();
        for (index, weight) in weights.iter().enumerate() {
            let steps = "steps: [ { request: GET catalog/products } ]";
            text.push_str(&format!(
                "  - {{ name: s{index}, weight: {weight}, {steps} }}\n"
            ));
        }
        let plan = crate::parse(&text, Path::new("weights.yaml")).unwrap();
        let scenarios = plan.allot_scenarios(users);
        (0..weights.len())
            .map(|index| scenarios.iter().filter(|it| **it == index).count())
            .collect()
    }

    #[test]
    fn users_are_shared_out_by_weight_even_when_there_are_fewer_users_than_weights() {
        assert_eq!(allotted(&[3, 1], 12), [9, 3]);
        assert_eq!(allotted(&[1, 9, 90], 20), [0, 2, 18]);
        assert_eq!(allotted(&[1, 1_000, 1], 2), [0, 2, 0]);
        assert_eq!(allotted(&[1, 1, 8], 5), [1, 0, 4]);
    }

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
    fn every_replica_has_its_share_of_every_scenario_at_any_moment() {
        let text = "target: { bookstore: { database: postgres://localhost/shop, replicas: 3 } }\n\
            concurrency: { target: 1, hold: 1s }\nscenarios:\n\
            - { name: a, weight: 2, steps: [ { request: GET catalog/products } ] }\n\
            - { name: b, weight: 1, steps: [ { request: GET catalog/products } ] }\n";
        let plan = crate::parse(text, Path::new("replicas.yaml")).unwrap();
        assert_eq!(plan.allot_replicas(6), [0, 1, 2, 1, 0, 2]);
        for users in 0..50 {
            let (scenarios, replicas) = (plan.allot_scenarios(users), plan.allot_replicas(users));
            let count = |scenario: Option<usize>, replica: usize| {
                let both = scenarios.iter().zip(&replicas);
                both.filter(|(of, at)| **at == replica && scenario.is_none_or(|it| it == **of))
                    .count()
            };
            for (scenario, off) in [(Some(0), 1), (Some(1), 1), (None, 1)] {
                let counts = [0, 1, 2].map(|replica| count(scenario, replica));
                let (least, most) = (counts.iter().min(), counts.iter().max());
                assert!(
                    most <= least.map(|it| it + off).as_ref(),
                    "{users}: {counts:?}"
                );
            }
        }
    }

    #[test]
    fn at_no_moment_is_a_scenario_a_whole_user_away_from_its_share() {
        let weights = [7, 2, 1];
        for users in 1..=40 {
            for (count, weight) in allotted(&weights, users).into_iter().zip(weights) {
                let share = users as f64 * f64::from(weight) / 10.0;
                assert!(
                    (count as f64 - share).abs() < 1.0,
                    "{count} of {users} at weight {weight}"
                );
            }
        }
    }
}
