//! Synthetic runs for tests of the gate.

use std::collections::BTreeMap;
use std::path::Path;

use workbench_samples::{ELAPSED, Host, MANIFEST_VERSION, Manifest, TargetRecord, Tool};

use super::{
    AuditSource, FailOn, GateReport, GateRun, MissingRuns, Policy, PolicyChoices, Sides, judge,
};
use crate::model::RunAnalysis;

const EXPERIMENT: &str = "\
name: shop
question: Is it as fast as before?
seed: 3
target:
  urls: { shop: \"http://127.0.0.1:8080\" }
threads:
  - { start: 2, hold: 60s }
scenarios:
  - name: shopper
    steps:
      - { request: GET shop/books, name: browse }
";

/// The machine of all of them.
pub(crate) fn host() -> Host {
    Host {
        name: "laptop".to_owned(),
        kernel: "Linux 6.8".to_owned(),
        cpu: "Example 9000".to_owned(),
        cpus: 2,
        memory_bytes: 8 << 30,
    }
}

/// A run that followed the same experiment on the same machine as all others of this function.
pub(crate) fn gate_run(analysis: RunAnalysis) -> GateRun {
    with_experiment(analysis, EXPERIMENT)
}

/// The same with something else in the experiment.
pub(crate) fn with_change(analysis: RunAnalysis, from: &str, to: &str) -> GateRun {
    assert!(EXPERIMENT.contains(from), "{from}");
    with_experiment(analysis, &EXPERIMENT.replace(from, to))
}

fn with_experiment(analysis: RunAnalysis, experiment: &str) -> GateRun {
    let plan = workbench_plan::parse(experiment, Path::new("shop.yaml")).unwrap();
    let manifest = Manifest {
        schema_version: MANIFEST_VERSION,
        run_id: analysis.run_id.clone(),
        experiment: analysis.experiment.clone(),
        series: analysis.series.clone(),
        tool: Tool {
            name: "workbench".to_owned(),
            version: "0.1.0".to_owned(),
            commit: Some("50e482f".to_owned()),
        },
        elapsed: ELAPSED.to_owned(),
        seed: 3,
        started_at: None,
        ended_at: None,
        host: host(),
        target: TargetRecord {
            kind: "urls".to_owned(),
            urls: BTreeMap::new(),
            details: BTreeMap::new(),
            requests_served: BTreeMap::new(),
        },
        limits: BTreeMap::new(),
        outcome: analysis.outcome.clone(),
        validity: analysis.validity.clone(),
        users: Vec::new(),
        arrivals: Vec::new(),
        origin: None,
        segment: None,
        segments: Vec::new(),
    };
    GateRun {
        analysis,
        manifest,
        plan,
    }
}

/// The conclusion on runs of which none is missing.
pub(crate) fn judged(
    baseline: &[GateRun],
    candidate: &[GateRun],
    history: bool,
    policy: &Policy,
    force: bool,
) -> GateReport {
    let sides = Sides {
        baseline,
        candidate,
        history,
        absent: &MissingRuns::default(),
    };
    judge(sides, policy, force)
}

/// A series of two experiments without missing runs.
pub(crate) fn comparison((baseline, candidate): (Vec<GateRun>, Vec<GateRun>)) -> AuditSource {
    AuditSource::Comparison {
        baseline,
        candidate,
        absent: MissingRuns::default(),
    }
}

/// The policy with these choices.
pub(crate) fn failing_on(fail_on: &[FailOn]) -> Policy {
    PolicyChoices {
        fail_on: Some(fail_on.to_vec()),
        ..PolicyChoices::default()
    }
    .policy()
}

/// The two sides of [`crate::between::fixture::pairs`].
pub(crate) fn sides(blocks: u32, factor: f64) -> (Vec<GateRun>, Vec<GateRun>) {
    let runs = crate::between::fixture::pairs(blocks, factor);
    runs.into_iter()
        .map(gate_run)
        .partition(|run| run.analysis.series.as_ref().unwrap().experiment == "shop#1")
}
