//! Printed tables of tests, checked for consistency.

use std::path::PathBuf;

use assert_cmd::assert::OutputAssertExt;
use predicates::str::contains;
use serde_json::Value;

use crate::support::Bench;

/// The student report's table, as it is shipped.
fn figure_54() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../experiments/published/figure54.yaml")
}

fn printed(format: &str) -> String {
    let check = Bench::new()
        .workbench()
        .args(["analyze", "--format", format, "--published"])
        .arg(figure_54())
        .assert()
        .code(0);
    String::from_utf8(check.get_output().stdout.clone()).unwrap()
}

#[test]
fn figure_54_of_the_study_is_reported_as_not_reproducible() {
    insta::assert_snapshot!(printed("text"));
}

#[test]
fn the_check_is_markdown_for_pull_requests() {
    insta::assert_snapshot!(printed("markdown"));
}

/// The numbers are the project's reference values.
#[test]
fn programs_get_every_number() {
    let check: Value = serde_json::from_str(&printed("json")).unwrap();
    let close = |value: &Value, expected: f64| {
        let value = value.as_f64().unwrap();
        assert!(
            (value - expected).abs() < 0.005,
            "{value} is not {expected}"
        );
    };
    let tests = check["tests"].as_array().unwrap();
    for (test, (t, lower, upper)) in tests.iter().zip([
        (-74.30, -74.31, -74.29),
        (-50.39, -50.40, -50.38),
        (-105.66, -105.67, -105.65),
    ]) {
        close(&test["t"]["recomputed"], t);
        assert_eq!(test["t"]["reproducible"], false);
        assert!(test["t"]["least"].as_f64().unwrap() > lower);
        assert!(test["t"]["greatest"].as_f64().unwrap() < upper);
        assert_eq!(test["p"]["reproducible"], true);
    }
    let groups = check["groups"].as_array().unwrap();
    for (group, needed) in groups.iter().zip([1.0019, 2.3356, 4.2009]) {
        let found = group["implied_standard_error"].as_f64().unwrap();
        assert!((found - needed).abs() < 1e-4, "{found} is not {needed}");
    }
}

#[test]
fn a_mistake_in_a_table_is_shown_where_it_is() {
    let bench = Bench::new();
    let text = std::fs::read_to_string(figure_54()).unwrap();
    let file = bench.file("wrong", &text.replacen("mean: 168", "maen: 168", 1));
    bench
        .workbench()
        .args(["analyze", "--published"])
        .arg(&file)
        .assert()
        .code(12)
        .stderr(contains(
            "wrong.yaml:15:25: unknown key \"maen\"; did you mean \"mean\"?",
        ));
}

#[test]
fn a_table_and_runs_are_not_analysed_at_once() {
    let bench = Bench::new();
    let both = ["analyze", "results/smoke/1", "--published", "table.yaml"];
    bench.workbench().args(both).assert().code(2);
}
