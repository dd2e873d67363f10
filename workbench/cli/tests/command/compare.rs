//! `workbench compare`: from one or two experiments to a verdict.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use assert_cmd::assert::OutputAssertExt;
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use serde_json::{Value, json as value};

use crate::stub::Stub;
use crate::support::{Bench, json};

/// A policy under which every look decides: an inconclusive comparison fails.
const DECIDES: &str = "metrics: [p50]\nfail_on: [regressed, inconclusive]\n";

/// The possible conclusions of the gate for such short runs. They can be invalid on a busy machine.
const CONCLUDED: &[i32] = &[0, 10, 14];

#[test]
fn one_experiment_is_compared_at_two_addresses_and_ends_with_the_gate_s_verdict() {
    let bench = Bench::new();
    let (before, after) = (Stub::start(), Stub::start());
    let file = bench.file("shop", &before.experiment("shop", "GET stub/", "100ms"));
    std::fs::write(bench.path().join("policy.yaml"), DECIDES).unwrap();
    // The experiment has a single service, which need not be named.
    let candidate = format!("http://{}", after.address());
    let compared = bench
        .workbench()
        .arg("compare")
        .arg(&file)
        .args(["--baseline", &format!("stub=http://{}", before.address())])
        .args(["--candidate", &candidate])
        .args(["--most", "6", "--policy", "policy.yaml"])
        .args(["--format", "json"])
        .assert()
        .code(CONCLUDED);
    // Standard output holds the report alone.
    let report: serde_json::Value = serde_json::from_slice(&compared.get_output().stdout).unwrap();
    compared.stderr(
        contains("at least (5 blocks)")
            .and(contains("at most (6 blocks)"))
            .and(contains(
                "to show that the error rate is no worse takes some ",
            )),
    );
    assert!(after.requests() > 0);
    let series = bench.series();
    assert!(series["order"]["together"]["seed"].is_u64());
    assert_eq!(series["until_decided"]["looks"], value!([5, 6]));
    assert_eq!(
        series["experiments"][1]["urls"]["stub"],
        format!("http://{}", after.address())
    );
    assert_eq!(report["look"]["looks"], value!([5, 6]));
    if report["conclusion"] == "invalid" {
        // An invalid run, on a busy machine, ends the series at once: no later run makes it valid.
        return;
    }
    assert_eq!(series["until_decided"]["decided_at"], 5);
    let folder = bench.series_file().unwrap().parent().unwrap().to_owned();
    let page = std::fs::read_to_string(folder.join("verdict.html")).unwrap();
    assert!(page.contains("workbench compare "), "{page}");
    assert!(page.contains("workbench gate --series results/series/"));
    assert_eq!(json(&folder.join("verdict.json")), report);
    // The recorded policy, at the level of a look.
    assert_eq!(report["policy"]["metrics"], value!(["p50", "error_rate"]));
    let level = report["look"]["level"].as_f64().unwrap();
    assert!(level > 0.025 && level < 0.05, "{level}");

    // The gate comes to the same conclusion, and rejects another policy.
    let gate = bench.workbench().args(["gate", "--series"]).assert();
    gate.code(CONCLUDED).stdout(contains("Gate: "));
    let other = bench
        .workbench()
        .args(["gate", "--series", "--margin", "50%"])
        .assert();
    other.code(2).stderr(contains("fixed before its first run"));
}

#[test]
fn incomparable_arguments_are_wrong_usage() {
    let bench = Bench::new();
    let stub = Stub::start();
    bench.file("one", &stub.experiment("one", "GET stub/", "100ms"));
    for (arguments, code, expected) in [
        (&["one.yaml"][..], 2, "say --baseline URL"),
        (
            &["one.yaml", "one.yaml", "--most", "5"],
            2,
            "--most has to be 6 or more",
        ),
        (
            &["one.yaml", "--baseline", "stub=http://127.0.0.1:1"],
            2,
            "--candidate",
        ),
        (
            &["one.yaml", "--baseline", "stub", "--candidate", "stub"],
            2,
            "or SERVICE=URL",
        ),
        (&["one.yaml", "none.yaml"], 12, "none.yaml"),
    ] {
        let ended = bench.workbench().arg("compare").args(arguments).assert();
        ended.code(code).stderr(contains(expected));
    }
    assert!(bench.series_file().is_none());
}

#[test]
fn a_service_that_is_not_there_or_not_named_is_an_error_with_the_option_to_write() {
    let bench = Bench::new();
    let stub = Stub::start();
    bench.file("one", &stub.experiment("one", "GET stub/", "100ms"));
    let several = "{ stub: \"http://127.0.0.1:1\", cart: \"http://127.0.0.1:1\" }";
    let one = format!("{{ stub: \"http://{}\" }}", stub.address());
    let two = stub.experiment("two", "GET stub/", "100ms");
    bench.file("two", &two.replace(&one, several));
    bench.shopping("store", 1, "100ms", "");
    for (file, baseline, expected) in [
        (
            "one.yaml",
            "shop=http://127.0.0.1:1",
            "one.yaml: it has no service \"shop\", its services are: stub. Write --baseline stub=http://127.0.0.1:1",
        ),
        (
            "two.yaml",
            "http://127.0.0.1:1/?a=b",
            "two.yaml: it has several services: cart, stub. Say which one is at http://127.0.0.1:1/?a=b: --baseline cart=",
        ),
        (
            "one.yaml",
            "ftp://127.0.0.1",
            "one.yaml: the service \"stub\"",
        ),
        (
            "store.yaml",
            "http://127.0.0.1:1",
            "store.yaml: the bundled bookstore is started for each run",
        ),
    ] {
        let ended = bench
            .workbench()
            .args(["compare", file, "--candidate", "http://127.0.0.1:2"])
            .args(["--baseline", baseline])
            .assert();
        ended.code(12).stderr(contains(expected));
    }
    assert!(bench.series_file().is_none());
    assert_eq!(stub.requests(), 0);
}

#[test]
fn what_could_never_pass_is_an_error_before_the_first_request() {
    let bench = Bench::new();
    let stub = Stub::start();
    let text = stub.experiment("one", "GET stub/", "1s");
    let pause = |time: &str| {
        let paused = format!("  - name: one\n    think_time: {time}\n");
        text.replace("  - name: one\n", &paused)
    };
    bench.file("one", &text);
    bench.file("slow", &pause("500ms"));
    bench.file("slower", &pause("700ms"));
    for (arguments, expected) in [
        (
            &["slow.yaml", "slower.yaml"][..],
            "slow.yaml has `think_time: 500ms`, slower.yaml has `think_time: 700ms`",
        ),
        (
            &["one.yaml", "one.yaml", "--label", "GET stub/items"],
            "the policy gates the label \"GET stub/items\", which the experiment does not have; it has: GET stub/",
        ),
        (
            &["slow.yaml", "slow.yaml"],
            "20 blocks make at most 60 requests on each side, and to show that the error rate is no worse takes 4385",
        ),
    ] {
        let ended = bench.workbench().arg("compare").args(arguments).assert();
        ended.code(12).stderr(contains(expected));
    }
    // So does a series that ends as soon as it is decided.
    let run = ["run", "slow.yaml", "slow.yaml", "--until-decided"];
    let ended = bench.workbench().args(run).assert();
    ended.code(12).stderr(contains("can never pass the gate"));
    assert!(bench.series_file().is_none());
    assert_eq!(stub.requests(), 0);
}

#[test]
fn an_interrupted_comparison_goes_on_to_its_verdict_and_its_reports() {
    let bench = Bench::new();
    let stub = Stub::start();
    bench.file("shop", &stub.experiment("shop", "GET stub/", "1s"));
    std::fs::write(bench.path().join("policy.yaml"), DECIDES).unwrap();
    let mut compare = bench.workbench();
    compare.args(["compare", "shop.yaml", "shop.yaml", "--most", "6"]);
    compare.args(["--policy", "policy.yaml"]);
    compare.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = compare.spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    // Both runs of the second block.
    let is_under_load = |run: &Value| {
        let folder = bench.path().join("results").join(run["run"].as_str()?);
        let manifest = folder.join("manifest.json");
        let has_begun = manifest.is_file() && json(&manifest)["started_at"].is_i64();
        has_begun.then_some(())
    };
    let second_is_under_load = || {
        let series = json(&bench.series_file()?);
        is_under_load(&series["runs"][2])?;
        is_under_load(&series["runs"][3])
    };
    while second_is_under_load().is_none() {
        assert!(Instant::now() < deadline, "the second block never began");
        std::thread::sleep(Duration::from_millis(10));
    }
    let signal = ["-s", "INT", &child.id().to_string()];
    Command::new("kill").args(signal).status().unwrap();
    let output = child.wait_with_output().unwrap();
    if output.status.code() == Some(14) {
        // A run was invalid, of a busy machine, which ends a comparison.
        return;
    }
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{stderr}");
    assert!(
        stderr.contains("continue: workbench compare --resume "),
        "{stderr}"
    );
    let other = ["compare", "--resume", "--margin", "50%"];
    let other = bench.workbench().args(other).assert();
    other.code(2).stderr(contains("keeps the policy"));
    let resumed = ["compare", "--resume", "--junit", "gate.xml"];
    let resumed = bench.workbench().args(resumed).assert();
    resumed.code(CONCLUDED).stdout(contains("Gate: "));
    let junit = std::fs::read_to_string(bench.path().join("gate.xml")).unwrap();
    assert!(junit.contains("candidate (shop#2) against baseline (shop#1)"));
}
