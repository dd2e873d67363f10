//! Series that end once the gate has decided.

use std::path::PathBuf;

use assert_cmd::assert::{Assert, OutputAssertExt};
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use serde_json::{Value, json as value};

use crate::stub::Stub;
use crate::support::{Bench, OVER, over};

/// A policy under which every look decides: an inconclusive comparison fails.
const DECIDES: &str = "metrics: [p50]\nfail_on: [regressed, inconclusive]\n";

/// Runs of one experiment against itself until the gate has decided by this policy.
fn run(bench: &Bench, policy: &str, more: &[&str]) -> Assert {
    let stub = Stub::start();
    let file = bench.file("same", &stub.experiment("same", "GET stub/", "100ms"));
    std::fs::write(bench.path().join("policy.yaml"), policy).unwrap();
    bench
        .workbench()
        .arg("run")
        .args([&file, &file])
        .args(["--until-decided", "--policy", "policy.yaml"])
        .args(more)
        .assert()
        .code(OVER)
        .stdout(contains("--resume").not())
}

fn states(series: &Value) -> Vec<&str> {
    let runs = series["runs"].as_array().unwrap().iter();
    runs.map(|run| over(run["state"].as_str().unwrap()))
        .collect()
}

/// An invalid run decides at the next look: no later run makes it valid.
fn has_invalid(series: &Value, blocks: u64) -> bool {
    let mut runs = series["runs"].as_array().unwrap().iter();
    runs.any(|run| run["state"] == "invalid" && run["block"].as_u64() <= Some(blocks))
}

#[test]
fn a_series_ends_with_the_look_that_decides_and_the_rest_is_not_needed() {
    let bench = Bench::new();
    let decided = run(&bench, DECIDES, &["--most", "7"]);
    decided.stdout(contains(
        "10 of 10 runs in 5 blocks, after which the gate decided",
    ));
    let series = bench.series();
    assert_eq!(series["repetitions"], 7);
    assert_eq!(series["until_decided"]["looks"], value!([5, 7]));
    assert_eq!(
        series["until_decided"]["policy"]["fail_on"],
        value!(["regressed", "inconclusive"])
    );
    assert_eq!(series["until_decided"]["decided_at"], 5);
    let states = states(&series);
    assert_eq!(states[..10], ["over"; 10]);
    assert_eq!(states[10..], ["not_needed"; 4]);
    // Runs that are not needed are not missing.
    let gate = bench.workbench().args(["gate", "--series"]).assert();
    gate.stdout(contains("has not ended").not().and(contains("5 runs")));
    let folder: PathBuf = bench.series_file().unwrap().parent().unwrap().to_owned();
    bench
        .workbench()
        .arg("analyze")
        .arg(folder)
        .assert()
        .stderr(contains("passed over").not());
    // There is nothing to resume.
    let resumed = bench.workbench().args(["run", "--resume"]).assert();
    resumed
        .code(OVER)
        .stdout(contains("10 of 10 runs in 5 blocks"));
    assert_eq!(bench.series(), series);
}

#[test]
fn a_series_that_is_not_decided_goes_on_to_its_last_look() {
    let bench = Bench::new();
    let made = run(&bench, "minimum_runs: 100\n", &["--most", "6"]);
    let series = bench.series();
    if has_invalid(&series, 5) {
        assert_eq!(series["until_decided"]["decided_at"], 5);
    } else {
        made.stdout(contains("after block 5: the gate has not decided"));
        assert_eq!(states(&series), ["over"; 12]);
    }
}

#[test]
fn looks_are_repeated_on_resume_with_the_recorded_policy() {
    let bench = Bench::new();
    run(&bench, DECIDES, &["--most", "6"]);
    let decided = bench.series();

    // Killed before the decision was recorded.
    let mut killed = decided.clone();
    killed["until_decided"]["decided_at"] = Value::Null;
    for run in killed["runs"].as_array_mut().unwrap() {
        if run["state"] == "not_needed" {
            run["state"] = value!("planned");
        }
    }
    std::fs::write(bench.series_file().unwrap(), killed.to_string()).unwrap();
    std::fs::write(bench.path().join("policy.yaml"), "minimum_runs: 100\n").unwrap();
    let runs = bench.runs("same").len();
    let resumed = bench.workbench().args(["run", "--resume"]).assert();
    resumed
        .code(OVER)
        .stdout(contains("after block 5: the gate"));
    assert_eq!(bench.series(), decided);
    assert_eq!(bench.runs("same").len(), runs);
}

#[test]
fn settings_fixed_before_the_first_run_cannot_be_changed() {
    let bench = Bench::new();
    let stub = Stub::start();
    let file = bench.file("one", &stub.experiment("one", "GET stub/", "100ms"));
    bench
        .workbench()
        .arg("run")
        .arg(&file)
        .args(["--repetitions", "1"])
        .assert()
        .code(OVER);
    let before = bench.series();
    for (more, expected) in [
        (
            &["--repetitions", "10"][..],
            "adding runs after a look at its results raises the rate of false alarms. Begin a new series with \
            --repetitions 10",
        ),
        (
            &["--until-decided"],
            "keeps the interim analyses and the policy",
        ),
        (
            &["--most", "30"],
            "keeps the interim analyses and the policy",
        ),
        (
            &["--policy", "other.yaml"],
            "keeps the interim analyses and the policy",
        ),
    ] {
        bench
            .workbench()
            .args(["run", "--resume"])
            .args(more)
            .assert()
            .code(2)
            .stderr(contains(expected));
    }
    assert_eq!(bench.series(), before);
}

#[test]
fn options_that_until_decided_excludes_are_wrong_usage() {
    let bench = Bench::new();
    let stub = Stub::start();
    bench.file("one", &stub.experiment("one", "GET stub/", "100ms"));
    std::fs::write(bench.path().join("wrong.yaml"), "margn: 5%\n").unwrap();
    for (arguments, code, expected) in [
        (
            &["one.yaml", "--until-decided"][..],
            2,
            "needs two experiments",
        ),
        (
            &["one.yaml", "one.yaml", "one.yaml", "--until-decided"],
            2,
            "needs two experiments",
        ),
        (
            &["one.yaml", "one.yaml", "--until-decided", "--most", "5"],
            2,
            "--repetitions 5",
        ),
        (
            &[
                "one.yaml",
                "one.yaml",
                "--until-decided",
                "--repetitions",
                "5",
            ],
            2,
            "cannot be used with",
        ),
        (
            &["one.yaml", "one.yaml", "--most", "10"],
            2,
            "are for --until-decided",
        ),
        (
            &[
                "one.yaml",
                "one.yaml",
                "--until-decided",
                "--policy",
                "wrong.yaml",
            ],
            12,
            "margn",
        ),
    ] {
        let mut command = bench.workbench();
        let ended = command.arg("run").args(arguments).assert();
        ended.code(code).stderr(contains(expected));
    }
    assert!(bench.series_file().is_none());
}
