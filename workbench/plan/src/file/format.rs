//! The experiment file as written: types and keys, nothing resolved. Longer than other files: the whole format is read in one
//! place.
//!
//! The docs of the fields are the descriptions in the JSON Schema.

mod forms;
mod points;
mod scenario;
mod step;
mod values;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) use forms::{
    Comparable, DurationFile, NumberOr, OneOrMany, Ordered, RateFile, Scalar, Statuses, ValueFile,
    ValueOr, given,
};
pub(crate) use points::{PointsFile, RangeFile};
pub(crate) use scenario::{ScenarioFile, StopFile};
pub(crate) use step::{
    AuthFile, BodyTestFile, CaptureFile, ChoiceFile, ExpectationFile, PartFile, PickFile, StepFile,
    TextTestFile,
};
pub(crate) use values::{DrawFile, RealFile, TimesFile, ZipfFile};

use super::duration::DURATION_PATTERN;
use super::injected::INJECTED_PATTERN;
use super::request::METHODS;
use super::threshold::THRESHOLD_PATTERN;

/// An experiment for the workbench: who loads what, how, and what is to be found out.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "an experiment: a mapping of keys")]
#[schemars(
    title = "Experiment",
    extend(
        "not" = several_loads(),
        "anyOf" = some_load(),
        "if" = { "properties": { "sweep": { "required": ["users"] } }, "required": ["sweep"] },
        "then" = { "properties": { "threads": { "maxItems": 1 } } }
    )
)]
pub(crate) struct PlanFile {
    /// Names the results folder: lower-case letters, digits and hyphens. The name of the file unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", regex(pattern = r"^[a-z0-9][a-z0-9-]*$"))]
    pub(crate) name: Option<String>,
    /// One line for headings. `name` unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub(crate) title: Option<String>,
    /// What the experiment is to find out; printed at the top of its report.
    #[serde(default)]
    pub(crate) question: String,
    /// Every random choice derives from it: the same seed draws the same values for the same user on every machine. In a
    /// series each later repetition has a seed that follows from it.
    #[serde(default = "default_seed")]
    pub(crate) seed: u64,
    /// The system under test.
    pub(crate) target: TargetFile,
    /// Processes and endpoints of the target that are watched during a run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "MonitorFile")]
    pub(crate) monitor: Option<MonitorFile>,
    /// Variables of every scenario, set when a user begins, or an arrival, in the order of the file: each can use those before it.
    #[serde(default, skip_serializing_if = "Ordered::is_empty")]
    #[schemars(
        with = "BTreeMap<String, ValueOr<ValueFile, DrawFile>>",
        extend("propertyNames" = { "pattern": NAME_PATTERN })
    )]
    pub(crate) variables: Ordered<ValueOr<ValueFile, DrawFile>>,
    /// CSV files by name. The column `city` of the file `people` is the variable `${people.city}`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("propertyNames" = { "pattern": NAME_PATTERN }))]
    pub(crate) data: BTreeMap<String, DataFile>,
    /// Defaults for every request.
    #[serde(default, skip_serializing_if = "HttpFile::is_default")]
    pub(crate) http: HttpFile,
    /// Load: rows of users that overlap and add up (JMeter's Ultimate Thread Group).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<ThreadRowFile>", length(min = 1))]
    pub(crate) threads: Option<Vec<ThreadRowFile>>,
    /// Load: one number of users, reached in a ramp or in steps (JMeter's Concurrency Thread Group).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ConcurrencyFile")]
    pub(crate) concurrency: Option<ConcurrencyFile>,
    /// Load: a rate, or several, at which iterations begin, whether or not earlier ones have ended (open model).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ArrivalsFile")]
    pub(crate) arrivals: Option<ArrivalsFile>,
    /// Load: a number of iterations, shared out evenly among users who start at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "NumberOr<IterationsFile>")]
    pub(crate) iterations: Option<NumberOr<IterationsFile>>,
    /// Runs the experiment several times, with other numbers of users or of replicas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "SweepFile")]
    pub(crate) sweep: Option<SweepFile>,
    /// Time from the start in which requests are sent and kept, but never taken for steady state.
    #[serde(default)]
    pub(crate) warm_up: DurationFile,
    /// How long a single request may take, connecting included; past it the request has failed.
    #[serde(default = "default_timeout")]
    pub(crate) timeout: DurationFile,
    /// What users do. Each user keeps to one scenario, unless it serves arrivals.
    #[schemars(length(min = 1))]
    pub(crate) scenarios: Vec<ScenarioFile>,
    /// What must hold of the results for the run to pass, such as `p95 < 500ms` or `error_rate < 1%`.
    #[serde(default)]
    #[schemars(inner(regex(pattern = THRESHOLD_PATTERN)))]
    pub(crate) thresholds: Vec<String>,
}

/// The system under test: the bundled bookstore or services that are already running.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a mapping with bookstore or urls")]
#[schemars(
    rename = "Target",
    extend(
        "oneOf" = [{ "required": ["bookstore"] }, { "required": ["urls"] }],
        "dependentRequired" = { "reset": ["urls"], "tls": ["urls"] }
    )
)]
pub(crate) struct TargetFile {
    /// The bundled bookstore, started for the run and stopped after it. Its services are `catalog`, `cart`, `orders` and
    /// `storefront`. `{}` takes all defaults.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "BookstoreFile")]
    pub(crate) bookstore: Option<BookstoreFile>,
    /// URLs of services that are already running, by the names that requests use for them. A path in a URL is put before each
    /// request's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        with = "BTreeMap<String, String>",
        extend(
            "minProperties" = 1,
            "propertyNames" = { "pattern": "^[A-Za-z0-9_-]+$" },
            "additionalProperties" = { "type": "string", "pattern": "^https?://" }
        )
    )]
    pub(crate) urls: Option<BTreeMap<String, String>>,
    /// With `urls`: PEM files for services at `https` URLs, which are otherwise verified by what the operating system trusts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "TlsFile")]
    pub(crate) tls: Option<TlsFile>,
    /// With `urls`: requests that put the services back to where every run begins, sent in order before each run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(inner(regex(pattern = request_pattern())))]
    pub(crate) reset: Vec<String>,
}

/// PEM files for TLS. Their names are relative to the experiment file.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a mapping: { ca: ca.pem, certificate: client.pem, key: client.key }"
)]
#[schemars(
    rename = "Tls",
    extend(
        "minProperties" = 1,
        "dependentRequired" = { "certificate": ["key"], "key": ["certificate"] }
    )
)]
pub(crate) struct TlsFile {
    /// Certificates that services are verified by, in place of those of the operating system (curl's `--cacert`). A service may
    /// present one of them itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub(crate) ca: Option<String>,
    /// Certificate that the client presents, followed by the intermediate ones that the server needs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub(crate) certificate: Option<String>,
    /// Private key of the certificate, not encrypted; it may be in the same file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub(crate) key: Option<String>,
}

/// A CSV file with a header line. Its name is relative to the experiment file.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a mapping: { csv: customers.csv, pick: unique }"
)]
#[schemars(rename = "Data")]
pub(crate) struct DataFile {
    /// The file: UTF-8, separated by commas, with the names of the columns in its first line.
    #[schemars(length(min = 1))]
    pub(crate) csv: String,
    /// Which row comes next.
    #[serde(default)]
    pub(crate) pick: RowPickFile,
    /// When a row is picked. `user` where rows are `unique`, else `iteration`, unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "PerFile")]
    pub(crate) per: Option<PerFile>,
    /// Columns that hold numbers, and are numbers in JSON. All others are text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) numbers: Vec<String>,
    /// Columns that are never written to results, logs or errors.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) secret: Vec<String>,
}

/// Which row of a data file comes next.
#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "RowPick")]
pub(crate) enum RowPickFile {
    /// One after the other, from the first again after the last.
    #[default]
    Sequential,
    /// Any, with the experiment's seed.
    Random,
    /// One after the other, each at most once in a run. Too few rows are a mistake in the experiment.
    Unique,
}

/// How often a row is picked.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Per")]
pub(crate) enum PerFile {
    /// For each iteration.
    Iteration,
    /// Once for each user. Each arrival of an open load is a user of its own.
    User,
}

/// What all requests have in common.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a mapping: { follow_redirects: 5, headers: { accept: application/json } }"
)]
#[schemars(rename = "Http")]
pub(crate) struct HttpFile {
    /// Most redirects that are followed for one request, only to URLs of the target. With 0 none is, and one that nobody
    /// expects is a failure.
    #[serde(default)]
    #[schemars(range(max = 50))]
    pub(crate) follow_redirects: u8,
    /// Encodings of bodies that are asked for, such as `gzip, br`: `gzip`, `deflate`, `br` and `zstd` are understood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub(crate) accept_encoding: Option<String>,
    /// Headers of every request. Those of a step replace them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) headers: BTreeMap<String, String>,
    /// Whether a user keeps the cookies that it is sent. A new user, or arrival, starts with none.
    #[serde(default)]
    pub(crate) cookies: SwitchFile,
    /// The version of HTTP: `1.1`; `2` at `https` URLs, where the server has it, else 1.1; `prior_knowledge`: HTTP/2 without
    /// asking, in the clear, too.
    #[serde(default = "default_version")]
    #[schemars(with = "serde_json::Value", extend("enum" = ["1.1", 1.1, "2", 2, "prior_knowledge"]))]
    pub(crate) version: Comparable,
    /// When a user leaves its connections and opens new ones.
    #[serde(default)]
    pub(crate) new_connections: NewConnectionsFile,
}

/// On or off.
#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Switch")]
pub(crate) enum SwitchFile {
    /// On.
    #[default]
    On,
    /// Off.
    Off,
}

/// When a user opens new connections.
#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "NewConnections")]
pub(crate) enum NewConnectionsFile {
    /// Only where the server closed the one before.
    #[default]
    Never,
    /// At the beginning of each iteration.
    Iteration,
}

/// What is watched while a run goes on, once a second.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a mapping: { processes: [nginx, 4711], prometheus: [\"http://host:9090/metrics\"] }"
)]
#[schemars(rename = "Monitor")]
pub(crate) struct MonitorFile {
    /// Processes of the target on this machine, by number or by exact name (`ps -o comm`, or the file name of the program). A
    /// name stands for all processes that have it, and is looked for anew each second.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        with = "Vec<serde_json::Value>",
        extend("items" = { "anyOf": [
            { "type": "integer", "minimum": 1, "maximum": 4_194_304 },
            { "type": "string", "pattern": "^[^/]*[^/\\s][^/]*$" }
        ] })
    )]
    pub(crate) processes: Vec<ValueFile>,
    /// URLs of endpoints in Prometheus' text format, or in that of `OpenMetrics`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(inner(regex(pattern = "^https?://")))]
    pub(crate) prometheus: Vec<String>,
}

/// How the bundled bookstore is started.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a mapping with database, products, stock, faults and replicas, or {}"
)]
#[schemars(rename = "Bookstore")]
pub(crate) struct BookstoreFile {
    /// Where it keeps its data: `sqlite`, or the URL of a PostgreSQL server, `postgres://…`, in which databases are created for
    /// the run.
    #[serde(default = "default_database")]
    #[schemars(regex(pattern = r"^(sqlite|postgres(ql)?://.*)$"))]
    pub(crate) database: String,
    /// Number of products in the catalog, with ids from 1.
    #[serde(default = "default_products")]
    #[schemars(range(min = 1))]
    pub(crate) products: u32,
    /// Copies of each product in stock at the start; by default so many that none sells out.
    #[serde(default = "default_stock")]
    pub(crate) stock: u32,
    /// What it does to requests on purpose, such as `GET catalog/products latency=exponential(20ms) errors=1%`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(inner(regex(pattern = INJECTED_PATTERN)))]
    pub(crate) faults: Vec<String>,
    /// Number of processes, each with all services, that share their databases on PostgreSQL.
    #[serde(
        default = "default_replicas",
        skip_serializing_if = "is_default_replicas"
    )]
    #[schemars(range(min = 1, max = 64))]
    pub(crate) replicas: u32,
}

/// Users that start one after another, stay, and stop in the order in which they started.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a row: { start: 100, startup: 10s, hold: 60s, shutdown: 10s }"
)]
#[schemars(rename = "ThreadRow")]
pub(crate) struct ThreadRowFile {
    /// Number of users.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(crate) start: u32,
    /// Time before the row begins.
    #[serde(default)]
    pub(crate) initial_delay: DurationFile,
    /// Time over which the users start, evenly spaced.
    #[serde(default)]
    pub(crate) startup: DurationFile,
    /// Time from the end of the startup to the beginning of the shutdown.
    pub(crate) hold: DurationFile,
    /// Time over which the users stop.
    #[serde(default)]
    pub(crate) shutdown: DurationFile,
}

/// One number of users, reached in a ramp or in steps, then held.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a mapping: { target: 100, ramp_up: 100s, steps: 5, hold: 60s }"
)]
#[schemars(rename = "Concurrency")]
pub(crate) struct ConcurrencyFile {
    /// Number of users to reach.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(crate) target: u32,
    /// Time from the start to the hold.
    #[serde(default)]
    pub(crate) ramp_up: DurationFile,
    /// Number of equal steps, the first at the start; at most as many as users. Without it the users ramp up evenly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32", range(min = 1))]
    pub(crate) steps: Option<u32>,
    /// Time for which the target is held after the ramp-up.
    #[serde(default)]
    pub(crate) hold: DurationFile,
}

/// Iterations that begin at a rate, each with a user who is free then.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a mapping: { rate: 500/s, ramp_up: 10s, hold: 60s }"
)]
#[schemars(rename = "Arrivals", extend("oneOf" = one_rate_or_stages()))]
pub(crate) struct ArrivalsFile {
    /// The rate to reach.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "RateFile")]
    pub(crate) rate: Option<RateFile>,
    /// Time from the start to the hold. `0s` unless given.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "DurationFile")]
    pub(crate) ramp_up: Option<DurationFile>,
    /// Number of equal steps of the rate, the first at the start. Without it the rate ramps up evenly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32", range(min = 1))]
    pub(crate) steps: Option<u32>,
    /// Time for which the rate is held after the ramp-up. `0s` unless given.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "DurationFile")]
    pub(crate) hold: Option<DurationFile>,
    /// Several rates, one after the other, in place of `rate`, `ramp_up`, `steps` and `hold`.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<StageFile>", length(min = 1))]
    pub(crate) stages: Option<Vec<StageFile>>,
    /// Times between arrivals.
    #[serde(default)]
    pub(crate) gaps: GapsFile,
    /// Most iterations under way at once. Later arrivals wait, which counts in their response times. The arrivals of one second
    /// at the highest rate, at least 10 and at most 10,000, unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32", range(min = 1, max = 1_000_000))]
    pub(crate) max_users: Option<u32>,
}

/// A rate that is reached in a ramp, up or down, and held.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a stage: { rate: 500/s, ramp: 10s, hold: 60s }"
)]
#[schemars(rename = "Stage", extend("dependentRequired" = { "from": ["ramp"], "steps": ["ramp"] }))]
pub(crate) struct StageFile {
    /// The rate to reach. With `0/s` nothing arrives.
    pub(crate) rate: RateFile,
    /// Time in which the rate changes, evenly. Without it the rate is there at once.
    #[serde(default)]
    pub(crate) ramp: DurationFile,
    /// Time for which the rate is held after the ramp.
    #[serde(default)]
    pub(crate) hold: DurationFile,
    /// The rate that the ramp begins at. That of the stage before unless given, and `0/s` in the first stage.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "RateFile")]
    pub(crate) from: Option<RateFile>,
    /// Number of equal steps of the ramp, the first at its beginning. Without it the rate changes evenly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32", range(min = 1))]
    pub(crate) steps: Option<u32>,
}

/// How the times between arrivals are distributed.
#[derive(Clone, Copy, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Gaps")]
pub(crate) enum GapsFile {
    /// All alike.
    #[default]
    Even,
    /// Those of many independent customers (a Poisson process).
    Exponential,
}

/// A number of iterations, and who does them.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a mapping: { total: 1000, users: 10 }"
)]
#[schemars(rename = "Iterations")]
pub(crate) struct IterationsFile {
    /// Iterations of all users together.
    #[schemars(range(min = 1))]
    pub(crate) total: u32,
    /// Number of users, who all start at once.
    #[serde(default = "default_users")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(crate) users: u32,
    /// After this time no request begins; a run that has not done all iterations by then is invalid.
    #[serde(default = "default_max_duration")]
    pub(crate) max_duration: DurationFile,
}

/// The same experiment at several points.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a mapping: { users: [1, 10, 100] }")]
#[schemars(
    rename = "Sweep",
    extend("oneOf" = [{ "required": ["users"] }, { "required": ["replicas"] }])
)]
pub(crate) struct SweepFile {
    /// Numbers of users, each in place of `target` in `concurrency` or of `start` in the only row of `threads`. At most 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "PointsFile")]
    pub(crate) users: Option<PointsFile>,
    /// Numbers of processes of the bundled bookstore, which then needs PostgreSQL. At most 64 each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "PointsFile")]
    pub(crate) replicas: Option<PointsFile>,
}

impl Default for HttpFile {
    fn default() -> Self {
        Self {
            follow_redirects: 0,
            accept_encoding: None,
            headers: BTreeMap::new(),
            cookies: SwitchFile::On,
            version: default_version(),
            new_connections: NewConnectionsFile::Never,
        }
    }
}

impl HttpFile {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

fn default_version() -> Comparable {
    Comparable("1.1".to_owned())
}

/// Names of variables and of data files.
const NAME_PATTERN: &str = "^[A-Za-z_][A-Za-z0-9_]*$";

fn default_seed() -> u64 {
    1
}

fn default_timeout() -> DurationFile {
    DurationFile("30s".to_owned())
}

fn default_database() -> String {
    "sqlite".to_owned()
}

fn default_products() -> u32 {
    100
}

/// Enough that no run of minutes sells a book out.
fn default_stock() -> u32 {
    1_000_000
}

fn default_replicas() -> u32 {
    1
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_default_replicas(replicas: &u32) -> bool {
    *replicas == default_replicas()
}

impl NumberOr<IterationsFile> {
    /// Says by itself what a bare number leaves to defaults.
    pub(crate) fn spell_out(&mut self) {
        if let Self::Number(total) = *self {
            *self = Self::More(IterationsFile {
                total,
                users: default_users(),
                max_duration: default_max_duration(),
            });
        }
    }
}

fn default_users() -> u32 {
    1
}

pub(crate) fn default_max_duration() -> DurationFile {
    DurationFile("10m".to_owned())
}

const LOADS: [&str; 4] = ["threads", "concurrency", "arrivals", "iterations"];

/// At most one kind of load stands in one place.
fn several_loads() -> serde_json::Value {
    let pairs = LOADS.iter().enumerate().flat_map(|(position, one)| {
        LOADS[position + 1..]
            .iter()
            .map(move |other| serde_json::json!({ "required": [one, other] }))
    });
    serde_json::json!({ "anyOf": pairs.collect::<Vec<_>>() })
}

/// The experiment has a load, or every scenario has one.
fn some_load() -> serde_json::Value {
    let mut any = LOADS
        .map(|load| serde_json::json!({ "required": [load] }))
        .to_vec();
    let of_scenarios = serde_json::json!({ "items": { "anyOf": any } });
    any.push(serde_json::json!({ "properties": { "scenarios": of_scenarios } }));
    any.into()
}

/// Arrivals have one rate, or stages, to which nothing else of the rate belongs.
fn one_rate_or_stages() -> serde_json::Value {
    serde_json::json!([
        { "required": ["rate"] },
        { "required": ["stages"], "properties": { "ramp_up": false, "steps": false, "hold": false } }
    ])
}

fn request_pattern() -> String {
    format!(
        r"^\s*({})\s+[A-Za-z0-9_-]+([/?]\S*)?\s*$",
        METHODS.join("|")
    )
}

fn duration_schema() -> schemars::Schema {
    schemars::json_schema!({
        "type": "string",
        "description": "A time with its unit: 100ms, 10s, 1m30s, 1h.",
        "pattern": DURATION_PATTERN,
    })
}
