//! The gate's report as data: its JSON, and the source of every other output.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::between_runs::{GroupRun, Metric, MetricComparison, Pairing};
use super::policy::Policy;

/// Version of the format of [`GateReport`] and [`AuditReport`](crate::gate::AuditReport) as JSON.
///
/// 2 added the look of a series, outcomes that are not required, the test of pairs and the typical time.
pub const GATE_SCHEMA_VERSION: u32 = 2;

/// A conclusion and its basis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GateReport {
    /// Version of this format.
    pub schema_version: u32,
    /// The conclusion.
    pub conclusion: Conclusion,
    /// Its reasons, most important first.
    pub reasons: Vec<String>,
    /// Objections to comparing these runs; empty if they are comparable.
    pub objections: Vec<Objection>,
    /// Whether the objections were overridden.
    pub forced: bool,
    /// The policy in force.
    pub policy: Policy,
    /// The look of a series that ends as soon as it is decided; `None` otherwise.
    pub look: Option<LookTaken>,
    /// The baseline.
    pub baseline: GateSide,
    /// The candidate.
    pub candidate: GateSide,
    /// How their runs are paired.
    pub pairing: Pairing,
    /// One row a gated label and metric.
    pub rows: Vec<GateRow>,
    /// Gated labels and metrics that could not be compared.
    pub missing: Vec<MissingRow>,
    /// Warnings for the reader.
    pub warnings: Vec<String>,
    /// Advice on further steps.
    pub advice: Vec<String>,
}

/// A look at a series that ends as soon as it is decided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LookTaken {
    /// Numbers of pairs at which the series is judged, fixed before its first run.
    pub looks: Vec<u32>,
    /// The one-sided level at each of them: intervals have the confidence 1 − 2 · level.
    pub level: f64,
}

impl GateReport {
    /// The confidence of its intervals.
    #[must_use]
    pub fn confidence(&self) -> f64 {
        let level = self.look.as_ref().map(|look| look.level);
        1.0 - 2.0 * level.unwrap_or(self.policy.rule.alpha())
    }
}

/// The conclusion of a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Conclusion {
    /// Everything that is gated is shown to be no worse than the margin.
    Passed,
    /// A gated row has a verdict that fails.
    Failed,
    /// No row failed, but a row was not shown to be no worse than the margin.
    Inconclusive,
    /// A run is invalid, or the runs are not comparable.
    Invalid,
}

/// One side of the comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GateSide {
    /// Its name.
    pub name: String,
    /// Where its services are, by name, if that is the same for all runs; empty for a target that is started for each run.
    #[serde(default)]
    pub urls: BTreeMap<String, String>,
    /// Its runs, in order of time.
    pub runs: Vec<GroupRun>,
    /// How many of them were compared.
    pub compared: u64,
    /// Whether it is a history, with one run for each session.
    pub history: bool,
}

/// One gated metric of one label.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GateRow {
    /// Its outcome under the policy.
    pub outcome: RowOutcome,
    /// The reason, as text.
    pub reason: String,
    /// The comparison.
    pub comparison: MetricComparison,
}

/// The outcome of a row under the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowOutcome {
    /// Shown to be no worse than the margin.
    Passed,
    /// Its verdict is one that fails.
    Failed,
    /// Neither.
    Open,
    /// Neither, and not required by the policy.
    NotRequired,
    /// It cannot be judged.
    Invalid,
}

/// A gated label and metric that could not be compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingRow {
    /// The label.
    pub request: String,
    /// The metric.
    pub metric: Metric,
    /// Why a run has no value of it, in words; empty where nothing is known.
    #[serde(default)]
    pub why: String,
}

/// An objection to comparing these runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objection {
    /// Its kind.
    pub kind: ObjectionKind,
    /// The finding, as text.
    pub finding: String,
}

/// The kinds of objections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectionKind {
    /// A run is invalid.
    InvalidRun,
    /// Runs were made on different machines or by different programs.
    Environment,
    /// Runs followed different experiments.
    Experiment,
    /// Elapsed times span different things.
    Elapsed,
    /// Different parts of the runs are judged.
    Scope,
    /// Runs that should be separate sessions are of one session.
    Session,
}

impl ObjectionKind {
    /// As text.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRun => "invalid run",
            Self::Environment => "different environments",
            Self::Experiment => "different experiments",
            Self::Elapsed => "different definitions of elapsed time",
            Self::Scope => "different parts of a run",
            Self::Session => "one session twice",
        }
    }
}
