//! `workbench compare`: from one or two experiments to a verdict.

use assert_cmd::assert::OutputAssertExt;
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use serde_json::json as value;

use crate::stub::Stub;
use crate::support::Bench;

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
    let candidate = format!("stub=http://{}", after.address());
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
        (&["one.yaml"][..], 2, "say --baseline SERVICE=URL"),
        (
            &["one.yaml", "one.yaml", "--most", "5"],
            2,
            "use --repetitions 5",
        ),
        (
            &["one.yaml", "--baseline", "stub=http://127.0.0.1:1"],
            2,
            "--candidate",
        ),
        (
            &["one.yaml", "--baseline", "stub", "--candidate", "stub"],
            2,
            "expected SERVICE=URL",
        ),
        (&["one.yaml", "none.yaml"], 12, "none.yaml"),
    ] {
        let ended = bench.workbench().arg("compare").args(arguments).assert();
        ended.code(code).stderr(contains(expected));
    }
    assert!(bench.series_file().is_none());
}
