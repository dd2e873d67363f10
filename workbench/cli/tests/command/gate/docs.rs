//! The files that the gate's documentation offers to be copied.

use std::path::{Path, PathBuf};

use assert_cmd::assert::OutputAssertExt;

use super::{gate, pairs};
use crate::support::Bench;

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs")
}

#[test]
fn the_documented_policy_is_the_default() {
    let bench = Bench::new();
    pairs(&bench, 5, 1.0);
    let policy = docs().join("gate-policy.yaml");
    let of = |more: &[&str]| {
        let arguments = [&["--series", "s1", "--format", "json"], more].concat();
        let output = gate(&bench, &arguments).get_output().stdout.clone();
        serde_json::from_slice::<serde_json::Value>(&output).unwrap()
    };
    assert_eq!(of(&["--policy", policy.to_str().unwrap()]), of(&[]));
}

#[test]
fn the_documented_workflow_can_be_read_and_its_scripts_are_shell() {
    let workflow: serde_json::Value =
        workbench_plan::read_settings(&docs().join("gate.yml")).unwrap();
    let steps = workflow["jobs"]["gate"]["steps"].as_array().unwrap();
    let mut scripts = String::new();
    for script in steps.iter().filter_map(|step| step["run"].as_str()) {
        let checked = std::process::Command::new("bash")
            .args(["-n", "-c", script])
            .output()
            .unwrap();
        assert!(checked.status.success(), "{script}");
        scripts.push_str(script);
    }
    for part in [
        "workbench run baseline.yaml candidate.yaml --repetitions",
        "workbench gate --series",
    ] {
        assert!(scripts.contains(part), "{part}");
    }
}

#[test]
fn the_documented_experiment_is_valid_once_it_is_filled_in() {
    let bench = Bench::new();
    let template = std::fs::read_to_string(docs().join("gate-experiment.yaml")).unwrap();
    let filled = template
        .replace("SIDE", "baseline")
        .replace("CATALOG", "http://127.0.0.1:8001")
        .replace("CART", "http://127.0.0.1:8002");
    let file = bench.file("baseline", &filled);
    bench.workbench().arg("validate").arg(file).assert().code(0);
}
