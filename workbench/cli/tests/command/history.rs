//! `workbench history`: changes, their times, and comparisons that are not possible.

use std::path::{Path, PathBuf};

use assert_cmd::assert::{Assert, OutputAssertExt};
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use serde_json::Value;

use crate::stored::StoredRun;
use crate::support::Bench;

/// This number of sessions, one hour apart. From one of them on they are slower by a factor. `change` modifies each run
/// before it is written.
fn sessions(
    bench: &Bench,
    count: usize,
    (from, slower): (usize, f64),
    change: impl Fn(usize, StoredRun) -> StoredRun,
) {
    for number in 0..count {
        let factor = if number < from { 1.0 } else { slower };
        let mut run = StoredRun::new("shop", number, factor);
        let details = &mut run.manifest.target.details;
        details.insert("commit".into(), format!("{number:040x}"));
        change(number, run).write(&bench.path().join("results"));
    }
}

fn history(bench: &Bench, arguments: &[&str]) -> Assert {
    let mut command = bench.workbench();
    command.arg("history").args(arguments).assert()
}

fn json(bench: &Bench, arguments: &[&str]) -> Value {
    let arguments = [arguments, &["--format", "json"]].concat();
    let output = history(bench, &arguments)
        .code(0)
        .get_output()
        .stdout
        .clone();
    serde_json::from_slice(&output).unwrap()
}

fn metric<'a>(history: &'a Value, name: &str) -> &'a Value {
    let mut metrics = history["metrics"].as_array().unwrap().iter();
    metrics.find(|metric| metric["name"] == name).unwrap()
}

#[test]
fn a_history_shows_when_latency_rose_and_by_how_much() {
    let bench = Bench::new();
    sessions(&bench, 24, (14, 1.2), |_, run| run);
    history(&bench, &["results/shop"]).code(0).stdout(
        contains("History of results/shop: 24 sessions, 2026-11-18 to 2026-11-19")
            .and(contains("for the worse"))
            .and(contains("2026-11-19"))
            .and(contains("TOTAL.p95"))
            .and(contains("▁").and(contains("│"))),
    );
    let found = json(&bench, &["results/shop", "--metric", "mean,throughput"]);
    assert_eq!(found["schema_version"], 1);
    assert_eq!(found["metrics"].as_array().unwrap().len(), 2);
    assert_eq!(found["sessions"][14]["commit"], format!("{:040x}", 14));
    let change = &metric(&found, "TOTAL.mean")["changes"][0];
    assert_eq!(
        (&change["session"], &change["verdict"]),
        (&14.into(), &"regressed".into())
    );
    let bound = |bound: &str| change["interval"][bound].as_f64().unwrap();
    assert!(bound("lower") < 0.2 && 0.2 < bound("upper"), "{change}");
    assert!(bound("upper") - bound("lower") < 0.04, "{change}");
    assert_eq!(
        metric(&found, "TOTAL.throughput")["changes"],
        Value::Array(Vec::new())
    );
}

#[test]
fn a_change_for_the_worse_fails_only_with_the_option_and_if_it_is_new() {
    let bench = Bench::new();
    sessions(&bench, 24, (14, 1.2), |_, run| run);
    history(&bench, &["results/shop"]).code(0);
    history(&bench, &["results/shop", "--fail-on-change"]).code(10);
    history(&bench, &["results/shop", "--fail-on-change", "9"]).code(0);
    history(
        &bench,
        &["results/shop", "--fail-on-change", "--margin", "40%"],
    )
    .code(0);
}

#[test]
fn too_few_sessions_are_a_warning() {
    let bench = Bench::new();
    sessions(&bench, 6, (3, 2.0), |_, run| run);
    history(&bench, &["results/shop", "--fail-on-change"])
        .code(11)
        .stdout(contains("Too few sessions to find a change: 11 or more"))
        .stderr(contains("no change can be found yet: fewer than 11"));
    history(&bench, &["results/shop"]).code(0);
}

#[test]
fn another_kernel_is_a_break_and_not_a_change() {
    let bench = Bench::new();
    sessions(&bench, 26, (13, 1.3), |number, mut run| {
        if number >= 13 {
            run.manifest.host.kernel = "Linux 6.9".into();
        }
        run
    });
    history(&bench, &["results/shop"]).code(0).stdout(
        contains("No change was found")
            .and(contains("before session 14"))
            .and(contains("kernel: “Linux 6.8”")),
    );
    history(&bench, &["results/shop", "--force"])
        .code(0)
        .stdout(contains("Compared in spite of breaks").and(contains("for the worse")));
}

#[test]
fn an_invalid_run_is_left_out_and_runs_of_one_session_are_one_value() {
    let bench = Bench::new();
    sessions(&bench, 12, (12, 1.0), |number, mut run| match number {
        5 => run.invalid(),
        // Five minutes after the previous session.
        9 => {
            let moved = 55 * 60 * 1_000_000_000;
            let before = |time: Option<i64>| time.map(|time| time - moved);
            run.manifest.started_at = before(run.manifest.started_at);
            run.manifest.ended_at = before(run.manifest.ended_at);
            run
        }
        _ => run,
    });
    let found = json(&bench, &["results/shop"]);
    let sessions = found["sessions"].as_array().unwrap();
    let runs: Vec<usize> = sessions
        .iter()
        .map(|session| session["runs"].as_array().unwrap().len())
        .collect();
    assert_eq!(runs, [1, 1, 1, 1, 1, 1, 1, 2, 1, 1]);
    let warnings = found["warnings"].to_string();
    assert!(warnings.contains("left out: shop/"), "{warnings}");
    assert!(warnings.contains("20 % below the plan"), "{warnings}");
}

#[test]
fn a_history_of_invalid_runs_is_invalid_and_says_what_is_wrong_with_the_newest() {
    let bench = Bench::new();
    sessions(&bench, 2, (2, 1.0), |_, run| run.invalid());
    history(&bench, &["results/shop"]).code(14).stderr(
        contains("every run in results/shop is invalid").and(contains("20 % below the plan")),
    );
}

/// A copy of the published series, as a column `score` of a file with one session a day.
fn tigerbeetle(bench: &Bench) -> PathBuf {
    let series = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../statistics/tests/change_points/tigerbeetle.txt");
    let text = std::fs::read_to_string(series).unwrap();
    let values = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(str::split_whitespace);
    let mut file = "time,commit,score\n".to_owned();
    for (day, value) in values.enumerate() {
        file.push_str(&format!(
            "{},c{day},{value}\n",
            1_700_000_000 + 86_400 * day
        ));
    }
    let path = bench.path().join("tigerbeetle.csv");
    std::fs::write(&path, file).unwrap();
    path
}

#[test]
fn a_published_series_is_read_from_csv_with_its_known_changes() {
    let bench = Bench::new();
    tigerbeetle(&bench);
    let found = json(&bench, &["tigerbeetle.csv"]);
    let changes = metric(&found, "score")["changes"]
        .as_array()
        .unwrap()
        .iter();
    let places: Vec<u64> = changes.map(|it| it["session"].as_u64().unwrap()).collect();
    assert_eq!(places, [15, 61, 71, 95, 117, 131, 142, 148, 192, 212, 260]);
    history(&bench, &["tigerbeetle.csv"])
        .code(0)
        .stdout(contains("it is not known which way they improve").and(contains("c260")));
    history(&bench, &["tigerbeetle.csv", "--format", "markdown"])
        .code(0)
        .stdout(contains("## History of tigerbeetle.csv"));
}

#[test]
fn an_exported_csv_history_has_the_same_changes_and_breaks() {
    let bench = Bench::new();
    sessions(&bench, 40, (14, 1.2), |number, mut run| {
        if number >= 28 {
            run.manifest.host.kernel = "Linux 6.9".into();
        }
        run
    });
    history(
        &bench,
        &["results/shop", "--csv", "shop.csv", "--html", "shop.html"],
    )
    .code(0);
    let text = std::fs::read_to_string(bench.path().join("shop.csv")).unwrap();
    assert!(
        text.starts_with(
            "time,commit,environment,TOTAL.typical_time,TOTAL.mean,TOTAL.p50,TOTAL.p95,"
        ),
        "{text}"
    );
    let (runs, csv) = (json(&bench, &["results/shop"]), json(&bench, &["shop.csv"]));
    for name in ["TOTAL.mean", "TOTAL.p95", "TOTAL.error_rate"] {
        let (of_runs, of_csv) = (metric(&runs, name), metric(&csv, name));
        assert_eq!(of_runs["changes"], of_csv["changes"], "{name}");
        assert_eq!(of_runs["levels"], of_csv["levels"], "{name}");
    }
    assert_eq!(csv["breaks"][0]["session"], 28);
    let page = std::fs::read_to_string(bench.path().join("shop.html")).unwrap();
    assert!(page.contains("<svg") && page.contains("regressed"));
}

#[test]
fn mistakes_are_reported_with_the_right_form() {
    let bench = Bench::new();
    sessions(&bench, 2, (2, 1.0), |_, run| run);
    std::fs::write(bench.path().join("bad.csv"), "date,p95\n1,2\n").unwrap();
    for (arguments, code, message) in [
        (
            &["results/shop", "--metric", "p59"][..],
            12,
            "did you mean \"p50\"?",
        ),
        (
            &["results/shop", "--label", "brwse"],
            12,
            "did you mean \"browse\"?",
        ),
        (
            &["bad.csv"],
            1,
            "there is no column \"time\", but date, p95",
        ),
        (&["bad.csv", "--label", "TOTAL"], 2, "--label is for runs"),
        (&["nowhere"], 1, "there are no runs in nowhere"),
        (&["results/shop", "--alpha", "60%"], 2, "not a probability"),
    ] {
        history(&bench, arguments)
            .code(code)
            .stderr(contains(message));
    }
}
