//! The files that the gate's documentation offers to copy.

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

fn read(file: &str) -> serde_json::Value {
    workbench_plan::read_settings(&docs().join(file)).unwrap()
}

fn is_shell(script: &str) {
    let mut bash = std::process::Command::new("bash");
    let checked = bash.args(["-n", "-c", script]).output().unwrap();
    assert!(checked.status.success(), "{script}");
}

#[test]
fn the_documented_workflow_s_scripts_are_shell_and_the_action_has_the_inputs_that_it_gives() {
    let workflow = read("gate.yml");
    let action = read("../../action.yml");
    let steps = workflow["jobs"]["gate"]["steps"].as_array().unwrap();
    for script in steps.iter().filter_map(|step| step["run"].as_str()) {
        is_shell(script);
    }
    let version = concat!("OWNER/workbench@v", env!("CARGO_PKG_VERSION"));
    let step = steps.iter().find(|step| step["uses"] == version).unwrap();
    let manual = std::fs::read_to_string(docs().join("../../docs/ci.md")).unwrap();
    assert!(manual.contains(version), "{version}");
    for input in step["with"].as_object().unwrap().keys() {
        assert!(action["inputs"][input].is_object(), "{input}");
    }
    assert_eq!(
        step["with"]["experiments"],
        "baseline.yaml\ncandidate.yaml\n"
    );
    assert_eq!(workflow["permissions"]["pull-requests"], "write");
}

/// The guide's blocks that are workflows.
fn workflows_of_the_guide(bench: &Bench) -> Vec<serde_json::Value> {
    let manual = std::fs::read_to_string(docs().join("../../docs/ci.md")).unwrap();
    let blocks = manual.split("```yaml\n").skip(1);
    let blocks = blocks.filter_map(|block| block.split("```").next());
    let workflows = blocks.filter(|block| block.contains("\njobs:"));
    workflows
        .map(|text| workbench_plan::read_settings(&bench.file("workflow", text)).unwrap())
        .collect()
}

#[test]
fn the_workflows_of_the_guide_are_complete_and_wait_until_the_services_answer() {
    let [gate, nightly] = workflows_of_the_guide(&Bench::new()).try_into().unwrap();
    let action = read("../../action.yml");
    for (workflow, job) in [(&gate, "gate"), (&nightly, "nightly")] {
        let steps = workflow["jobs"][job]["steps"].as_array().unwrap();
        let scripts: Vec<&str> = steps.iter().filter_map(|it| it["run"].as_str()).collect();
        assert!(!scripts.is_empty());
        for script in scripts {
            is_shell(script);
            assert!(
                script.contains("curl ") && script.contains("--retry 60"),
                "{script}"
            );
        }
    }
    let steps = gate["jobs"]["gate"]["steps"].as_array().unwrap();
    let version = concat!("OWNER/workbench@v", env!("CARGO_PKG_VERSION"));
    let step = steps.iter().find(|step| step["uses"] == version).unwrap();
    for input in step["with"].as_object().unwrap().keys() {
        assert!(action["inputs"][input].is_object(), "{input}");
    }
    assert_eq!(gate["permissions"]["pull-requests"], "write");
    assert!(nightly["on"]["schedule"][0]["cron"].is_string());
}

#[test]
fn the_documented_pipeline_of_gitlab_writes_the_report_that_it_shows_and_posts_its_note() {
    let pipeline = read("gitlab-ci.yml");
    let [script] = pipeline["gate"]["script"].as_array().unwrap().as_slice() else {
        panic!("not one script");
    };
    let script = script.as_str().unwrap();
    is_shell(script);
    let junit = pipeline["gate"]["artifacts"]["reports"]["junit"].as_str();
    assert!(script.contains(&format!("--junit {} ", junit.unwrap())));
    assert!(script.contains("--comment comment.md "));
    assert!(script.contains("\nworkbench-comment comment.md\n"));
    let image = concat!("ghcr.io/OWNER/workbench:", env!("CARGO_PKG_VERSION"));
    assert_eq!(pipeline["gate"]["image"]["name"], image);
    // Not enough data.
    let allowed = serde_json::json!({ "exit_codes": [11] });
    assert_eq!(pipeline["gate"]["allow_failure"], allowed);
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
