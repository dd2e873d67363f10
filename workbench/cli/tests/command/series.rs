//! Repetitions: their order, records and targets.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use assert_cmd::assert::OutputAssertExt;
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use serde_json::Value;

use crate::stub::Stub;
use crate::support::{Bench, OVER, json, over};

/// Block, experiment and state of each run of the series.
fn runs(series: &Value) -> Vec<(u64, &str, &str)> {
    let runs = series["runs"].as_array().unwrap().iter();
    runs.map(|run| {
        (
            run["block"].as_u64().unwrap(),
            run["experiment"].as_str().unwrap(),
            over(run["state"].as_str().unwrap()),
        )
    })
    .collect()
}

/// The number of orders that the shop accepted in a run. All others were rejected.
fn orders(run: &Path) -> u64 {
    let analysis = json(&run.join("analysis.json"));
    let requests = analysis["runs"][0]["requests"].as_array().unwrap();
    let orders = requests
        .iter()
        .find(|row| row["request"] == "order")
        .unwrap();
    orders["samples"].as_u64().unwrap() - orders["errors"].as_u64().unwrap()
}

/// Tries to buy the only copy of the only book repeatedly.
fn last_copy(name: &str, target: &str) -> String {
    format!(
        "name: {name}\nquestion: Who gets the last copy?\ntarget:\n{target}\n\
         threads:\n  - {{ start: 1, hold: 1s, shutdown: 100ms }}\n\
         scenarios:\n  - name: buyer\n    steps:\n\
         \x20     - {{ request: \"POST cart/carts/${{user}}\", json: {{ product_id: 1, quantity: 1 }} }}\n\
         \x20     - {{ request: \"POST orders/orders/${{user}}\", name: order, expect: {{ status: 201 }} }}\n"
    )
}

#[test]
fn two_experiments_are_interleaved_and_every_run_knows_its_place() {
    let bench = Bench::new();
    let stub = Stub::start();
    let one = bench.file("one", &stub.experiment("one", "GET stub/one", "300ms"));
    let two = bench.file("two", &stub.experiment("two", "GET stub/two", "300ms"));
    let output = bench
        .workbench()
        .arg("run")
        .args([&one, &two])
        .args(["--repetitions", "3", "--pause", "10ms"])
        .assert()
        .code(OVER)
        .stderr(contains("run 3 of 6: two").and(contains("left in the series")))
        .get_output()
        .stdout
        .clone();

    // Each run begins with a reset of the target.
    let reset = "POST /reset";
    let [one, two] = ["GET /one", "GET /two"];
    let asked = stub.asked();
    assert_eq!(
        asked,
        [
            reset, one, reset, two, reset, two, reset, one, reset, one, reset, two
        ]
    );
    let series = bench.series();
    assert_eq!(series["order"], "abba");
    assert_eq!(series["pause_ns"], 10_000_000);
    assert_eq!(
        runs(&series),
        [
            (1, "one", "over"),
            (1, "two", "over"),
            (2, "two", "over"),
            (2, "one", "over"),
            (3, "one", "over"),
            (3, "two", "over"),
        ]
    );
    let mut seeds = Vec::new();
    for run in series["runs"].as_array().unwrap() {
        let folder = bench
            .path()
            .join("results")
            .join(run["run"].as_str().unwrap());
        let manifest = json(&folder.join("manifest.json"));
        let place = &manifest["series"];
        assert_eq!(place["series_id"], series["series_id"]);
        for key in ["experiment", "block", "position"] {
            assert_eq!(place[key], run[key], "{key}");
        }
        assert!(folder.join("report.html").is_file());
        seeds.push((run["block"].as_u64(), manifest["seed"].as_u64().unwrap()));
    }
    // Each repetition has its own draws, which both experiments share.
    seeds.sort_unstable();
    seeds.dedup();
    assert_eq!(seeds.len(), 3, "{seeds:?}");
    assert_eq!(seeds[0], (Some(1), 1));
    // Many runs are not compared in pairs by default. The printed commands compare them, and work.
    assert!(bench.runs("comparisons").is_empty());
    let output = String::from_utf8(output).unwrap();
    let arguments_of = |verb: &str| {
        let line = output.lines().find_map(|line| line.strip_prefix(verb));
        line.unwrap().strip_prefix(": workbench ").unwrap()
    };
    let gate = bench
        .workbench()
        .args(arguments_of("gate").split(' '))
        .assert();
    gate.stdout(contains("Compared in pairs ("));
    let arguments = arguments_of("analyse");
    bench
        .workbench()
        .args(arguments.split(' '))
        .assert()
        .code(OVER);
    assert_eq!(bench.runs("comparisons").len(), 1);
}

#[test]
fn a_random_order_is_made_of_blocks_and_its_seed_is_recorded() {
    let bench = Bench::new();
    let stub = Stub::start();
    let file = bench.file("same", &stub.experiment("same", "GET stub/", "100ms"));
    let order = |arguments: &[&str]| {
        bench
            .workbench()
            .arg("run")
            .args([&file, &file])
            .args(["--order", "random", "--repetitions"])
            .args(arguments)
            .assert()
            .code(OVER);
        let series = bench.series();
        std::fs::remove_dir_all(bench.path().join("results/series")).unwrap();
        let seed = series["order"]["random"]["seed"].as_u64().unwrap();
        let experiments: Vec<String> = runs(&series)
            .iter()
            .map(|(_, experiment, _)| (*experiment).to_owned())
            .collect();
        (seed, experiments)
    };
    let (drawn, experiments) = order(&["2"]);
    for block in experiments.chunks(2) {
        let mut block = block.to_vec();
        block.sort();
        assert_eq!(block, ["same#1", "same#2"]);
    }
    // The same seed draws the same first block.
    let (given, again) = order(&["1", "--order-seed", &drawn.to_string()]);
    assert_eq!(given, drawn);
    assert_eq!(again, experiments[..2]);
}

#[test]
fn an_invalid_run_is_named_and_does_not_end_the_series_unless_asked() {
    let bench = Bench::new();
    let stub = Stub::start();
    let bad = bench.file("bad", &stub.experiment("bad", "GET stub/fail", "300ms"));
    let good = bench.file("good", &stub.experiment("good", "GET stub/", "300ms"));
    let run = |more: &[&str]| {
        bench
            .workbench()
            .arg("run")
            .args([&bad, &good])
            .args(["--repetitions", "1"])
            .args(more)
            .assert()
            .code(14)
            .stdout(contains("run 1, block 1: bad: INVALID (errors: all of"))
    };
    run(&[]).stdout(
        contains("run 2, block 1: good: not run")
            .or(contains("--resume"))
            .not(),
    );
    std::fs::remove_dir_all(bench.path().join("results/series")).unwrap();
    run(&["--stop-on-invalid"])
        .stdout(contains("run 2, block 1: good: not run").and(contains("--resume")));
    // An invalid run is not repeated.
    bench
        .workbench()
        .args(["run", "--resume"])
        .assert()
        .code(14);
    assert_eq!(
        runs(&bench.series()),
        [(1, "bad", "over"), (1, "good", "over")]
    );
    assert_eq!(bench.runs("bad").len(), 2);
}

#[test]
fn a_missed_threshold_is_10_for_the_whole_series() {
    let bench = Bench::new();
    let stub = Stub::start();
    let text = stub.experiment("slow", "GET stub/", "300ms");
    let file = bench.file("slow", &format!("{text}thresholds: [ max < 1ns ]\n"));
    bench
        .workbench()
        .arg("run")
        .arg(&file)
        .args(["--repetitions", "1"])
        .assert()
        .code(&[10, 14][..])
        .stdout(contains(", missed max < 1ns"));
}

#[test]
fn a_refused_reset_is_13_and_leaves_a_series_that_can_be_resumed() {
    let bench = Bench::new();
    let stub = Stub::start();
    let text = stub.experiment("stuck", "GET stub/", "300ms");
    let file = bench.file("stuck", &text.replace("stub/reset", "stub/fail/reset"));
    bench
        .workbench()
        .arg("run")
        .arg(&file)
        .args(["--repetitions", "2"])
        .assert()
        .code(13)
        .stdout(contains("run 1, block 1: stuck: failed").and(contains("--resume")))
        .stderr(contains(
            "the target was not reset: POST stub/fail/reset was answered with 500 Internal Server Error",
        ));
    assert_eq!(
        runs(&bench.series()),
        [(1, "stuck", "failed"), (2, "stuck", "planned")]
    );
    assert!(bench.runs("stuck").is_empty());
}

/// The number of orders that the shop accepted in each of two repetitions.
fn sold_twice(bench: &Bench, name: &str, file: &Path) -> Vec<u64> {
    bench
        .workbench()
        .arg("run")
        .arg(file)
        .args(["--repetitions", "2"])
        .assert()
        .code(OVER);
    bench.runs(name).iter().map(|run| orders(run)).collect()
}

#[test]
fn every_run_begins_with_a_fresh_bookstore() {
    let bench = Bench::new();
    let target = "  bookstore: { products: 1, stock: 1 }";
    let file = bench.file("fresh", &last_copy("fresh", target));
    assert_eq!(sold_twice(&bench, "fresh", &file), [1, 1]);
}

#[test]
fn a_running_bookstore_is_reset_before_every_run() {
    let bench = Bench::new();
    let mut shop = bench
        .workbench()
        .args([
            "bookstore",
            "all",
            "--free-ports",
            "--ephemeral",
            "--exit-with-stdin",
        ])
        .args(["--admin-calls", "--products", "1", "--stock", "1"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut ready = String::new();
    let mut lines = BufReader::new(shop.stdout.as_mut().unwrap());
    lines.read_line(&mut ready).unwrap();
    let ready: Value = serde_json::from_str(&ready).unwrap();
    // The internal ports count all calls, including the reset.
    let url = |service: &str| ready["internal"][service].as_str().unwrap().to_owned();
    let target = format!(
        "  urls: {{ catalog: \"{}\", cart: \"{}\", orders: \"{}\" }}\n  \
         reset: [ POST orders/admin/reset, POST cart/admin/reset, POST catalog/admin/reset ]",
        url("catalog"),
        url("cart"),
        url("orders")
    );
    let file = bench.file("reset", &last_copy("reset", &target));
    assert_eq!(sold_twice(&bench, "reset", &file), [1, 1]);
    drop(shop.stdin.take());
    shop.wait().unwrap();
}

#[test]
fn options_that_do_not_go_together_are_wrong_usage() {
    let bench = Bench::new();
    bench.shopping("x", 1, "1s", "");
    for arguments in [
        &["x.yaml", "--repetitions", "0"][..],
        &["x.yaml", "--order", "random"],
        &["x.yaml", "--order-seed", "7"],
        &["x.yaml", "--pause", "5s"],
        &["x.yaml", "--stop-on-invalid"],
        &["--resume", "--order", "random"],
        &["--resume", "--pause", "5s"],
        &["x.yaml", "--repetitions", "2", "--pause", "5"],
        &["x.yaml", "--repetitions", "2", "--order-seed", "7"],
        &["x.yaml", "--repetitions", "2", "--resume"],
        &["x.yaml", "--force"],
        &[],
    ] {
        bench
            .workbench()
            .arg("run")
            .args(arguments)
            .assert()
            .code(2);
    }
}
