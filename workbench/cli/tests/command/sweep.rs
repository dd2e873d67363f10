//! Sweeps: one experiment at several numbers of users, as a resumable series in random order.

use std::collections::BTreeSet;
use std::process::Command;

use assert_cmd::assert::{Assert, OutputAssertExt};
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use serde_json::{Value, json as value};

use crate::stub::Stub;
use crate::support::{Bench, OVER, json};

fn ran(run: &mut Command) -> Assert {
    run.assert().code(OVER)
}

fn swept(stub: &Stub, users: &str) -> String {
    let text = stub.experiment("swept", "GET stub/", "300ms");
    format!("{text}sweep: {{ users: {users} }}\n")
}

/// Users of each run, in order. The run's experiment and manifest must have the same number.
fn users(bench: &Bench, series: &Value) -> Vec<u64> {
    let results = bench.path().join("results");
    let of = |run: &Value| {
        let folder = results.join(run["run"].as_str().unwrap());
        let place = &json(&folder.join("manifest.json"))["series"];
        assert_eq!(place["experiment"], run["experiment"]);
        assert_eq!(place["point"]["parameter"], "users");
        let users = place["point"]["value"].as_u64().unwrap();
        assert_eq!(
            run["experiment"].as_str().unwrap(),
            format!("swept@users={users}")
        );
        let resolved = std::fs::read_to_string(folder.join("experiment.yaml")).unwrap();
        assert!(
            resolved.contains(&format!("start: {users}\n")),
            "{resolved}"
        );
        assert!(!resolved.contains("sweep"), "{resolved}");
        users
    };
    series["runs"].as_array().unwrap().iter().map(of).collect()
}

#[test]
fn every_point_is_run_once_in_each_repetition_and_every_run_knows_its_point() {
    let bench = Bench::new();
    let stub = Stub::start();
    let file = bench.file("swept", &swept(&stub, "[1, 3]"));
    bench
        .workbench()
        .args(["validate", "swept.yaml"])
        .assert()
        .code(0)
        .stdout(
            contains("Sweep over users: 1, 3\n")
                .and(contains(
                    "2 runs in random order, 600ms in all for one repetition",
                ))
                .and(contains("Schedule: 3 users")),
        );
    let twice = ["--repetitions", "2", "--order-seed", "5"];
    ran(bench.workbench().arg("run").arg(&file).args(twice))
        .stderr(contains("run 4 of 4: swept").and(contains("(up to 3 users")))
        .stdout(contains("4 of 4 runs in 2 blocks, random order, seed 5"));

    let series = bench.series();
    let points: Vec<&Value> = series["experiments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|experiment| &experiment["point"])
        .collect();
    assert_eq!(
        points,
        [
            &value!({ "parameter": "users", "value": 1 }),
            &value!({ "parameter": "users", "value": 3 })
        ]
    );
    for block in users(&bench, &series).chunks(2) {
        assert_eq!(
            block.iter().collect::<BTreeSet<_>>(),
            [1, 3].iter().collect()
        );
    }
    assert_eq!(bench.runs("swept").len(), 4);
}

#[test]
fn without_repetitions_a_sweep_is_a_series_of_one_block_that_goes_on_after_an_interruption() {
    let bench = Bench::new();
    let stub = Stub::start();
    let file = bench.file("swept", &swept(&stub, "{ from: 1, to: 2, factor: 2 }"));
    ran(bench.workbench().arg("run").arg(&file))
        .stdout(contains("2 of 2 runs in 1 block, random order, seed "));
    let whole = bench.series();
    assert_eq!(whole["repetitions"], 1);
    assert!(whole["order"]["random"]["seed"].is_u64());
    let order = users(&bench, &whole);

    let forget_the_last = || {
        let mut series = whole.clone();
        series["runs"][1]["state"] = value!("planned");
        series["runs"][1]["run"] = Value::Null;
        std::fs::write(bench.series_file().unwrap(), series.to_string()).unwrap();
    };
    let refused = |why: &str| {
        let resumed = bench.workbench().args(["run", "--resume"]).assert();
        resumed.code(1).stderr(contains(why.to_owned()));
    };

    // Another notation of the same sweep.
    forget_the_last();
    bench.file("swept", &swept(&stub, "[2, 1]"));
    ran(bench.workbench().args(["run", "--resume"])).stdout(contains("2 of 2 runs"));
    assert_eq!(users(&bench, &bench.series()), order);

    forget_the_last();
    bench.file("swept", &swept(&stub, "[1, 2, 4]"));
    refused("swept.yaml is swept at users=4 too now");
    bench.file("swept", &swept(&stub, "[1, 4]"));
    refused("swept.yaml is no longer swept at users=2; undo this, or begin a new series");
    bench.file("swept", &stub.experiment("swept", "GET stub/", "300ms"));
    refused("swept.yaml is no longer swept at users=1");
    assert_eq!(bench.runs("swept").len(), 3);
}

#[cfg(unix)]
#[test]
fn limits_are_checked_for_every_point_before_the_first_one_runs_and_when_it_goes_on() {
    let bench = Bench::new();
    let stub = Stub::start();
    let file = bench.file("swept", &swept(&stub, "[1, 70]"));
    let refused = |arguments: &[&str]| {
        let mut limited = bench.workbench_with_files(128);
        let ended = limited.arg("run").args(arguments).assert();
        ended
            .code(14)
            .stderr(contains("a process may open 128 here"))
    };
    refused(&["swept.yaml"]).stderr(contains("cannot run swept at users=70: "));
    assert!(!bench.path().join("results").exists());

    ran(bench.workbench().arg("run").arg(&file));
    let mut series = bench.series();
    for run in series["runs"].as_array_mut().unwrap() {
        run["state"] = value!("planned");
        run["run"] = Value::Null;
    }
    std::fs::write(bench.series_file().unwrap(), series.to_string()).unwrap();
    refused(&["--resume"]).stderr(contains("cannot run swept@users=70: "));
    assert_eq!(bench.runs("swept").len(), 2);
}

#[test]
fn a_sweep_fails_by_its_thresholds_only_where_no_load_meets_them() {
    let bench = Bench::new();
    let stub = Stub::start();
    let text = swept(&stub, "[1, 2]");
    // A run may be invalid on a busy machine, which takes precedence over a missed threshold.
    let thresholds = |thresholds: &str| format!("{text}thresholds: [ {thresholds} ]\n");
    let none = bench.file("swept", &thresholds("p95 < 1us"));
    bench
        .workbench()
        .arg("run")
        .arg(&none)
        .assert()
        .code([10, 14].as_slice());
    let folder = bench.runs("swept").remove(0);
    // A load by itself is all there is of the sweep.
    bench
        .workbench()
        .arg("analyze")
        .arg(folder)
        .assert()
        .code([10, 14].as_slice());
    let analysed = bench
        .workbench()
        .arg("analyze")
        .args(bench.runs("swept"))
        .assert();
    analysed.code([10, 14].as_slice());
}

#[test]
fn a_sweep_and_another_experiment_share_their_blocks() {
    let bench = Bench::new();
    let stub = Stub::start();
    let both = [
        bench.file("swept", &swept(&stub, "[1, 2]")),
        bench.file("alone", &stub.experiment("alone", "GET stub/", "300ms")),
    ];
    ran(bench
        .workbench()
        .arg("run")
        .args(&both)
        .args(["--order", "abba"]));
    let series = bench.series();
    assert_eq!(series["order"], "abba");
    let names: Vec<&str> = series["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| run["experiment"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["swept@users=1", "swept@users=2", "alone"]);
    let alone = &series["experiments"][2];
    assert_eq!(alone["point"], Value::Null);
}
