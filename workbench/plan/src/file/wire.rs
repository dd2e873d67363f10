//! The experiment file as written: types and keys, nothing resolved. Longer than other files: the whole format is read in one
//! place.
//!
//! The docs of the fields are the descriptions in the JSON Schema.

mod forms;
mod points;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(super) use forms::{NumberOr, OneOrMany, ValueOr, WireDuration, WireRate, WireValue};
pub(super) use points::{WirePoints, WireRange};

use super::duration::DURATION_PATTERN;
use super::injected::INJECTED_PATTERN;
use super::request::METHODS;
use super::threshold::THRESHOLD_PATTERN;

/// An experiment for the workbench: who loads what, how, and what is to be found out.
#[derive(Serialize, Deserialize, JsonSchema)]
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
pub(super) struct WirePlan {
    /// Names the results folder: lower-case letters, digits and hyphens. The file's name unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", regex(pattern = r"^[a-z0-9][a-z0-9-]*$"))]
    pub(super) name: Option<String>,
    /// One line for headings. The name unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub(super) title: Option<String>,
    /// What the experiment is to find out, in prose.
    #[serde(default)]
    pub(super) question: String,
    /// Every random choice of the run derives from it.
    #[serde(default = "default_seed")]
    pub(super) seed: u64,
    /// The system under test.
    pub(super) target: WireTarget,
    /// What is watched while a run goes on, besides what the workbench starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "WireMonitor")]
    pub(super) monitor: Option<WireMonitor>,
    /// Rows of users that overlap and add up (JMeter's Ultimate Thread Group).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<WireThreadRow>", length(min = 1))]
    pub(super) threads: Option<Vec<WireThreadRow>>,
    /// One number of users, reached in a ramp or in steps (JMeter's Concurrency Thread Group).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "WireConcurrency")]
    pub(super) concurrency: Option<WireConcurrency>,
    /// A rate at which iterations begin, whether or not earlier ones have ended (open model).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "WireArrivals")]
    pub(super) arrivals: Option<WireArrivals>,
    /// A number of iterations, shared out evenly among users who start at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "NumberOr<WireIterations>")]
    pub(super) iterations: Option<NumberOr<WireIterations>>,
    /// Runs the experiment several times, with other numbers of users or of replicas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "WireSweep")]
    pub(super) sweep: Option<WireSweep>,
    /// Time from the start in which requests are sent and kept, but never taken for steady state.
    #[serde(default)]
    pub(super) warm_up: WireDuration,
    /// How long a single request may take, connecting included.
    #[serde(default = "default_timeout")]
    pub(super) timeout: WireDuration,
    /// What users do; each user keeps to one scenario, unless it serves arrivals.
    #[schemars(length(min = 1))]
    pub(super) scenarios: Vec<WireScenario>,
    /// What must hold of the results for the run to pass, such as `p95 < 500ms` or `error_rate < 1%`.
    #[serde(default)]
    #[schemars(inner(regex(pattern = THRESHOLD_PATTERN)))]
    pub(super) thresholds: Vec<String>,
}

/// The system under test: the bundled bookstore or services that are already running.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a mapping with bookstore or urls")]
#[schemars(
    rename = "Target",
    extend(
        "oneOf" = [{ "required": ["bookstore"] }, { "required": ["urls"] }],
        "dependentRequired" = { "reset": ["urls"], "tls": ["urls"] }
    )
)]
pub(super) struct WireTarget {
    /// The bundled bookstore, started for the run and stopped after it. Services: catalog, cart, orders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "WireBookstore")]
    pub(super) bookstore: Option<WireBookstore>,
    /// URLs of running services by the names that requests use for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        with = "BTreeMap<String, String>",
        extend(
            "minProperties" = 1,
            "propertyNames" = { "pattern": "^[A-Za-z0-9_-]+$" },
            "additionalProperties" = { "type": "string", "pattern": "^https?://" }
        )
    )]
    pub(super) urls: Option<BTreeMap<String, String>>,
    /// PEM files for services at https URLs. Without it services are verified by what the operating system trusts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "WireTls")]
    pub(super) tls: Option<WireTls>,
    /// Requests that put running services back to where every run begins, sent in order before each run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(inner(regex(pattern = request_pattern())))]
    pub(super) reset: Vec<String>,
}

/// PEM files for TLS. Their names are relative to the experiment file.
#[derive(Serialize, Deserialize, JsonSchema)]
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
pub(super) struct WireTls {
    /// Certificates that services are verified by, in place of those of the operating system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub(super) ca: Option<String>,
    /// Certificate that the client presents, followed by the intermediate ones that the server needs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub(super) certificate: Option<String>,
    /// Private key of the certificate, not encrypted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub(super) key: Option<String>,
}

/// What is watched while a run goes on, once a second.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a mapping: { processes: [nginx, 4711], prometheus: [\"http://host:9090/metrics\"] }"
)]
#[schemars(rename = "Monitor")]
pub(super) struct WireMonitor {
    /// Processes of the target on this machine, by number or by exact name; all that have it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        with = "Vec<serde_json::Value>",
        extend("items" = { "anyOf": [
            { "type": "integer", "minimum": 1, "maximum": 4_194_304 },
            { "type": "string", "pattern": "^[^/]*[^/\\s][^/]*$" }
        ] })
    )]
    pub(super) processes: Vec<WireValue>,
    /// URLs of Prometheus endpoints.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(inner(regex(pattern = "^https?://")))]
    pub(super) prometheus: Vec<String>,
}

/// How the bundled bookstore is started.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a mapping with database, products, stock, faults and replicas, or {}"
)]
#[schemars(rename = "Bookstore")]
pub(super) struct WireBookstore {
    /// Where it keeps its data: sqlite, or the URL of a PostgreSQL server.
    #[serde(default = "default_database")]
    #[schemars(regex(pattern = r"^(sqlite|postgres(ql)?://.*)$"))]
    pub(super) database: String,
    /// Number of products in the catalog, with ids from 1.
    #[serde(default = "default_products")]
    #[schemars(range(min = 1))]
    pub(super) products: u32,
    /// Copies of each product in stock at the start.
    #[serde(default = "default_stock")]
    pub(super) stock: u32,
    /// What it does to requests on purpose, such as `GET catalog/products latency=exponential(20ms) errors=1%`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(inner(regex(pattern = INJECTED_PATTERN)))]
    pub(super) faults: Vec<String>,
    /// Number of processes, each with all services, that share their databases on PostgreSQL.
    #[serde(
        default = "default_replicas",
        skip_serializing_if = "is_default_replicas"
    )]
    #[schemars(range(min = 1, max = 64))]
    pub(super) replicas: u32,
}

/// Users that start one after another, stay, and stop in the order in which they started.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a row: { start: 100, startup: 10s, hold: 60s, shutdown: 10s }"
)]
#[schemars(rename = "ThreadRow")]
pub(super) struct WireThreadRow {
    /// Number of users.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(super) start: u32,
    /// Time before the row begins.
    #[serde(default)]
    pub(super) initial_delay: WireDuration,
    /// Time over which the users start, evenly spaced.
    #[serde(default)]
    pub(super) startup: WireDuration,
    /// Time from the end of the startup to the beginning of the shutdown.
    pub(super) hold: WireDuration,
    /// Time over which the users stop.
    #[serde(default)]
    pub(super) shutdown: WireDuration,
}

/// One number of users, reached in a ramp or in steps, then held.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a mapping: { target: 100, ramp_up: 100s, steps: 5, hold: 60s }"
)]
#[schemars(rename = "Concurrency")]
pub(super) struct WireConcurrency {
    /// Number of users to reach.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(super) target: u32,
    /// Time from the start to the hold.
    #[serde(default)]
    pub(super) ramp_up: WireDuration,
    /// Number of equal steps, the first at the start. Without it the users ramp up evenly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32", range(min = 1))]
    pub(super) steps: Option<u32>,
    /// Time for which the target is held after the ramp-up.
    #[serde(default)]
    pub(super) hold: WireDuration,
}

/// Iterations that begin at a rate, each with a user who is free then.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a mapping: { rate: 500/s, ramp_up: 10s, hold: 60s }"
)]
#[schemars(rename = "Arrivals")]
pub(super) struct WireArrivals {
    /// The rate to reach.
    pub(super) rate: WireRate,
    /// Time from the start to the hold.
    #[serde(default)]
    pub(super) ramp_up: WireDuration,
    /// Number of equal steps of the rate, the first at the start. Without it the rate ramps up evenly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32", range(min = 1))]
    pub(super) steps: Option<u32>,
    /// Time for which the rate is held after the ramp-up.
    #[serde(default)]
    pub(super) hold: WireDuration,
    /// Times between arrivals: even, or exponential as of many independent customers (a Poisson process).
    #[serde(default)]
    pub(super) gaps: WireGaps,
    /// Most iterations at once; later arrivals wait, and their response times with them. The arrivals of one second, at
    /// least 10 and at most 10,000, unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32", range(min = 1, max = 1_000_000))]
    pub(super) max_users: Option<u32>,
}

/// How the times between arrivals are distributed.
#[derive(Clone, Copy, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Gaps")]
pub(super) enum WireGaps {
    /// Equal.
    #[default]
    Even,
    /// Exponential.
    Exponential,
}

/// A number of iterations, and who does them.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a mapping: { total: 1000, users: 10 }"
)]
#[schemars(rename = "Iterations")]
pub(super) struct WireIterations {
    /// Iterations of all users together.
    #[schemars(range(min = 1))]
    pub(super) total: u32,
    /// Number of users, who all start at once.
    #[serde(default = "default_users")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(super) users: u32,
    /// After this time no request is begun, whatever is left to do.
    #[serde(default = "default_max_duration")]
    pub(super) max_duration: WireDuration,
}

/// The same experiment at several points.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a mapping: { users: [1, 10, 100] }")]
#[schemars(
    rename = "Sweep",
    extend("oneOf" = [{ "required": ["users"] }, { "required": ["replicas"] }])
)]
pub(super) struct WireSweep {
    /// Numbers of users, each in place of the target of concurrency or the start of the only row of threads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "WirePoints")]
    pub(super) users: Option<WirePoints>,
    /// Numbers of processes of the bundled bookstore, which then needs PostgreSQL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "WirePoints")]
    pub(super) replicas: Option<WirePoints>,
}

/// What one kind of user does, over and over.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a scenario: a mapping with name and steps"
)]
#[schemars(rename = "Scenario", extend("not" = several_loads()))]
pub(super) struct WireScenario {
    /// Unique among the scenarios.
    #[schemars(length(min = 1))]
    pub(super) name: String,
    /// Share of the experiment's users, or arrivals, relative to the other scenarios; 1 unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32", range(min = 1, max = 1000))]
    pub(super) weight: Option<u32>,
    /// Users of its own: rows that overlap and add up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<WireThreadRow>", length(min = 1))]
    pub(super) threads: Option<Vec<WireThreadRow>>,
    /// Users of its own: one number, reached in a ramp or in steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "WireConcurrency")]
    pub(super) concurrency: Option<WireConcurrency>,
    /// Arrivals of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "WireArrivals")]
    pub(super) arrivals: Option<WireArrivals>,
    /// A number of iterations of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "NumberOr<WireIterations>")]
    pub(super) iterations: Option<NumberOr<WireIterations>>,
    /// Waiting time after each step. Without it the next request is sent at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ValueOr<WireDuration, WireTimes>")]
    pub(super) think_time: Option<ValueOr<WireDuration, WireTimes>>,
    /// Requests in order.
    #[schemars(length(min = 1))]
    pub(super) steps: Vec<WireStep>,
}

/// One request.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a step: { request: GET service/path }"
)]
#[schemars(rename = "Step")]
pub(super) struct WireStep {
    /// Method, service and path: GET catalog/products/${product}.
    #[schemars(regex(pattern = request_pattern()))]
    pub(super) request: String,
    /// Names the request in every table and figure; equal names are counted together. The request as written unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1))]
    pub(super) name: Option<String>,
    /// Variables drawn before the request is sent, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("propertyNames" = { "pattern": "^[A-Za-z_][A-Za-z0-9_]*$" }))]
    pub(super) set: BTreeMap<String, ValueOr<WireValue, WireValues>>,
    /// Headers, besides those that the client sends itself.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) headers: BTreeMap<String, String>,
    /// The body, sent as JSON. A string that is nothing but one variable takes the variable's own type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "serde_json::Value")]
    pub(super) json: Option<serde_yaml::Value>,
    /// What counts as a success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "WireExpectation")]
    pub(super) expect: Option<WireExpectation>,
}

/// What counts as a success. Without it, any status from 200 to 399.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a mapping: { status: 201 }")]
#[schemars(rename = "Expectation")]
pub(super) struct WireExpectation {
    /// The status, or a list of them.
    pub(super) status: OneOrMany,
}

/// A distribution of times.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a time such as 100ms, or a distribution such as { uniform: [100ms, 300ms] }"
)]
#[schemars(rename = "Times", extend("minProperties" = 1, "maxProperties" = 1))]
pub(super) struct WireTimes {
    /// Every time from the first to the second, equally often.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "[WireDuration; 2]")]
    pub(super) uniform: Option<[WireDuration; 2]>,
    /// One of the times, each equally often.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<WireDuration>", length(min = 1))]
    pub(super) choice: Option<Vec<WireDuration>>,
    /// Exponentially distributed with this mean.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "WireDuration")]
    pub(super) exponential: Option<WireDuration>,
}

/// A distribution of values.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a value, or a distribution such as { uniform: [1, 100] }"
)]
#[schemars(rename = "Values", extend("minProperties" = 1, "maxProperties" = 1))]
pub(super) struct WireValues {
    /// Every whole number from the first to the second, equally often.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "[i64; 2]")]
    pub(super) uniform: Option<[i64; 2]>,
    /// One of the values, each equally often.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<WireValue>", length(min = 1))]
    pub(super) choice: Option<Vec<WireValue>>,
}

fn default_seed() -> u64 {
    1
}

fn default_timeout() -> WireDuration {
    WireDuration("30s".to_owned())
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

fn default_users() -> u32 {
    1
}

pub(super) fn default_max_duration() -> WireDuration {
    WireDuration("10m".to_owned())
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
