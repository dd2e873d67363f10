//! The gate over many sessions: growing histories, and audits of false alarms.

use std::path::{Path, PathBuf};

use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;

use super::{alone, gate, results};
use crate::stored::series;
use crate::support::Bench;

fn history(bench: &Bench) -> Vec<PathBuf> {
    bench.runs("../baselines")
}

#[test]
fn a_history_grows_by_what_did_not_fail_until_it_can_judge() {
    let bench = Bench::new();
    alone(&bench, "shop", 0, 13, 1.0);
    let keep = |run: &Path, margin: &str| {
        let run = run.to_str().unwrap();
        let arguments = [
            "--history",
            "baselines",
            "--candidate",
            run,
            "--keep",
            "--margin",
            margin,
            // A run of few requests has a wide interval of its error rate.
            "--error-rate-margin",
            "2%",
        ];
        gate(&bench, &arguments)
    };
    let runs = bench.runs("shop");
    // The first run is copied there.
    std::fs::create_dir(bench.path().join("baselines")).unwrap();
    let first = bench
        .path()
        .join("baselines")
        .join(runs[0].file_name().unwrap());
    std::fs::rename(&runs[0], first).unwrap();
    for run in &runs[1..10] {
        keep(run, "5%")
            .code(11)
            .stdout(contains("sessions that a verdict needs"));
    }
    assert_eq!(history(&bench).len(), 10);
    keep(&runs[10], "10%")
        .code(0)
        .stderr(contains("kept: baselines/"));
    assert_eq!(history(&bench).len(), 11);
    // The same run cannot be added twice.
    keep(&runs[10], "10%")
        .code(1)
        .stderr(contains("in the history already"));

    alone(&bench, "shop", 20, 1, 1.5);
    keep(bench.runs("shop").last().unwrap(), "10%")
        .code(10)
        .stderr(contains("not kept: "));
    assert_eq!(history(&bench).len(), 11);
    // Several runs of one session are not several sessions.
    gate(
        &bench,
        &["--history", "baselines", "--candidate", "results/shop"],
    )
    .code(2)
    .stderr(contains("judges a single run"));
    gate(
        &bench,
        &[
            "--keep",
            "--candidate",
            "results/shop",
            "--baseline",
            "baselines",
        ],
    )
    .code(2);
}

#[test]
fn an_audit_counts_alarms_on_series_of_equal_experiments() {
    let bench = Bench::new();
    for id in ["s1", "s2", "s3"] {
        series(&results(&bench), id, 5, 1.0, |_, run| run);
    }
    let audit = [
        "--audit",
        "results/series/s1",
        "results/series/s2",
        "results/series/s3",
    ];
    gate(&bench, &audit).code(11).stdout(
        contains("Audit of the gate: TOO FEW TO SAY")
            .and(contains("0 false alarms in 3 comparisons"))
            .and(contains("Clopper and Pearson"))
            .and(contains("reshuffled, all splits")),
    );
    let printed = gate(&bench, &[&audit[..], &["--format", "json"]].concat()).code(11);
    let printed: serde_json::Value = serde_json::from_slice(&printed.get_output().stdout).unwrap();
    assert_eq!(printed["disjoint"]["comparisons"], 3);
    assert_eq!(printed["reshuffled"]["comparisons"], 3 * 31);
}

#[test]
fn an_audit_of_one_experiment_splits_its_runs() {
    let bench = Bench::new();
    alone(&bench, "shop", 0, 10, 1.0);
    gate(&bench, &["--audit", "results/shop", "--runs-per-side", "5"])
        .code(11)
        .stdout(contains("in 1 comparison").and(contains("252")));
    // An audit without comparisons is not a pass.
    gate(&bench, &["--audit", "results/shop", "--runs-per-side", "6"])
        .code(11)
        .stdout(contains("NOTHING TO COUNT"));
}

#[test]
fn an_audit_of_systems_that_differ_finds_too_many_alarms() {
    let bench = Bench::new();
    for id in ["s1", "s2", "s3"] {
        series(&results(&bench), id, 5, 1.2, |_, run| run);
    }
    let audit = [
        "--audit",
        "results/series/s1",
        "results/series/s2",
        "results/series/s3",
    ];
    gate(&bench, &audit)
        .code(10)
        .stdout(contains("TOO MANY ALARMS"));
}
