//! Resuming a series that was interrupted, killed or changed.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use assert_cmd::assert::OutputAssertExt;
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use serde_json::{Value, json as value};

use crate::stub::Stub;
use crate::support::{Bench, OVER, json, over};

fn states(series: &Value) -> Vec<&str> {
    let runs = series["runs"].as_array().unwrap().iter();
    runs.map(|run| over(run["state"].as_str().unwrap()))
        .collect()
}

/// Starts a series of three runs and waits until its second run is under load.
fn start(bench: &Bench, file: &Path) -> Child {
    start_until(bench, file, &[], second_is_under_load)
}

/// Starts a series of three runs and waits until its record meets a condition.
fn start_until(
    bench: &Bench,
    file: &Path,
    more: &[&str],
    reached: fn(&Bench, &Value) -> bool,
) -> Child {
    let child = bench
        .workbench()
        .arg("run")
        .arg(file)
        .args(["--repetitions", "3"])
        .args(more)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    while !bench
        .series_file()
        .is_some_and(|record| reached(bench, &json(&record)))
    {
        assert!(Instant::now() < deadline, "the series never got that far");
        std::thread::yield_now();
    }
    child
}

fn second_is_under_load(bench: &Bench, series: &Value) -> bool {
    let second = &series["runs"][1];
    let Some(folder) = second["run"].as_str() else {
        return false;
    };
    let manifest = bench
        .path()
        .join("results")
        .join(folder)
        .join("manifest.json");
    second["state"] == "running" && manifest.is_file() && json(&manifest)["started_at"].is_i64()
}

fn signal(child: &Child, name: &str) {
    let done = Command::new("kill")
        .args(["-s", name, &child.id().to_string()])
        .status();
    assert!(done.unwrap().success());
}

fn resume(bench: &Bench, more: &[&str]) -> assert_cmd::assert::Assert {
    bench
        .workbench()
        .args(["run", "--resume"])
        .args(more)
        .assert()
}

/// A finished series of two runs with a changed record.
fn changed(bench: &Bench, file: &Path, change: impl FnOnce(&mut Value)) {
    bench
        .workbench()
        .arg("run")
        .arg(file)
        .args(["--repetitions", "2"])
        .assert()
        .code(OVER);
    let mut series = bench.series();
    change(&mut series);
    std::fs::write(bench.series_file().unwrap(), series.to_string()).unwrap();
}

#[test]
fn ctrl_c_keeps_the_present_run_and_resume_makes_what_is_missing() {
    let bench = Bench::new();
    let stub = Stub::start();
    let file = bench.file("long", &stub.experiment("long", "GET stub/", "1s"));
    let child = start(&bench, &file);
    signal(&child, "INT");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let said = String::from_utf8(output.stdout).unwrap();
    let series = bench.series();
    assert_eq!(states(&series), ["over", "interrupted", "planned"]);
    let kept = bench.runs("long");
    assert_eq!(kept.len(), 2);
    assert!(kept[1].join("report.html").is_file());

    // As it is told, from wherever the experiment is.
    let arguments = said
        .lines()
        .find_map(|line| line.strip_prefix("continue: workbench "));
    bench
        .workbench()
        .args(arguments.unwrap().split(' '))
        .assert()
        .code(OVER)
        .stdout(contains("3 of 3 runs"));
    let series = bench.series();
    assert_eq!(states(&series), ["over", "over", "over"]);
    assert_eq!(
        bench
            .path()
            .join("results")
            .join(series["runs"][1]["earlier_attempts"][0].as_str().unwrap()),
        kept[1]
    );
    assert_eq!(bench.runs("long").len(), 4);
    let manifest = json(&kept[1].join("manifest.json"));
    assert_eq!(manifest["outcome"], "interrupted");

    // A second resume has nothing to do.
    resume(&bench, &[])
        .code(OVER)
        .stdout(contains("3 of 3 runs"));
    assert_eq!(bench.runs("long").len(), 4);
}

#[test]
fn ctrl_c_ends_a_pause_at_once() {
    let bench = Bench::new();
    let stub = Stub::start();
    let file = bench.file("paused", &stub.experiment("paused", "GET stub/", "300ms"));
    let child = start_until(&bench, &file, &["--pause", "1h"], |_, series| {
        over(series["runs"][0]["state"].as_str().unwrap()) == "over"
    });
    signal(&child, "INT");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(states(&bench.series()), ["over", "planned", "planned"]);
}

#[test]
fn a_killed_series_is_resumed_and_locked_meanwhile() {
    let bench = Bench::new();
    let stub = Stub::start();
    let file = bench.file("killed", &stub.experiment("killed", "GET stub/", "1s"));
    let mut child = start(&bench, &file);
    resume(&bench, &[])
        .code(1)
        .stderr(contains("is being run by another process"));
    signal(&child, "KILL");
    child.wait().unwrap();
    let killed = bench.series();
    assert_eq!(states(&killed), ["over", "running", "planned"]);

    resume(&bench, &[killed["series_id"].as_str().unwrap()])
        .code(OVER)
        .stdout(contains("3 of 3 runs").and(contains("kept of an earlier attempt at run 2: ")));
    let series = bench.series();
    assert_eq!(states(&series), ["over", "over", "over"]);
    assert_eq!(
        series["runs"][1]["earlier_attempts"][0],
        killed["runs"][1]["run"]
    );
    assert_eq!(series["runs"][0], killed["runs"][0]);
    assert_eq!(bench.runs("killed").len(), 4);
}

#[test]
fn a_run_that_was_over_when_the_series_was_killed_is_not_made_again() {
    let bench = Bench::new();
    let stub = Stub::start();
    let file = bench.file("over", &stub.experiment("over", "GET stub/", "300ms"));
    changed(&bench, &file, |series| {
        series["runs"][1]["state"] = value!("running");
    });
    resume(&bench, &[])
        .code(OVER)
        .stdout(contains("2 of 2 runs"));
    assert_eq!(states(&bench.series()), ["over", "over"]);
    assert_eq!(bench.runs("over").len(), 2);
}

#[test]
fn a_changed_experiment_is_refused_unless_forced_and_comments_do_not_count() {
    let bench = Bench::new();
    let stub = Stub::start();
    let text = stub.experiment("edited", "GET stub/", "300ms");
    let file = bench.file("edited", &text);
    changed(&bench, &file, planned_again);
    bench.file("edited", &text.replace("300ms", "310ms"));
    resume(&bench, &[])
        .code(1)
        .stderr(contains("edited.yaml has changed").and(contains("--force")));
    assert_eq!(bench.runs("edited").len(), 2);
    assert_eq!(states(&bench.series()), ["over", "planned"]);

    bench.file("edited", &format!("# A comment.\n{text}"));
    resume(&bench, &[]).code(OVER);
    assert_eq!(bench.series()["changes"], value!([]));

    let mut series = bench.series();
    planned_again(&mut series);
    std::fs::write(bench.series_file().unwrap(), series.to_string()).unwrap();
    bench.file("edited", &text.replace("300ms", "310ms"));
    resume(&bench, &["--force"])
        .code(OVER)
        .stdout(contains("changed before run 2"));
    assert_eq!(bench.series()["changes"][0]["from_position"], 2);
}

fn planned_again(series: &mut Value) {
    series["runs"][1]["state"] = value!("planned");
    series["runs"][1]["run"] = Value::Null;
}

#[test]
fn another_program_or_machine_is_refused() {
    let bench = Bench::new();
    let stub = Stub::start();
    let file = bench.file("moved", &stub.experiment("moved", "GET stub/", "300ms"));
    changed(&bench, &file, |series| {
        planned_again(series);
        series["tool"]["version"] = value!("0.0.1");
        series["host"]["cpus"] = value!(12_345);
    });
    resume(&bench, &[]).code(1).stderr(
        contains("the program's version was 0.0.1 and is")
            .and(contains("the number of processors was 12345 and is")),
    );
}

#[test]
fn an_unknown_series_is_reported_with_the_existing_ones() {
    let bench = Bench::new();
    resume(&bench, &[])
        .code(1)
        .stderr(contains("holds no series"));
    let stub = Stub::start();
    let file = bench.file("one", &stub.experiment("one", "GET stub/", "300ms"));
    changed(&bench, &file, |_| ());
    let id = bench.series()["series_id"].as_str().unwrap().to_owned();
    let folder: PathBuf = bench.path().join("results/series").join(&id);
    assert!(folder.is_dir());
    resume(&bench, &["nowhere"])
        .code(1)
        .stderr(contains("holds no series nowhere").and(contains(id.clone())));
    // The path of a series names it, too; one of other results says where they are.
    let path = format!("results/series/{id}");
    resume(&bench, &[&path]).stderr(
        contains("holds no series")
            .not()
            .and(contains("is not in").not()),
    );
    resume(&bench, &[&path, "--results", "elsewhere"])
        .code(1)
        .stderr(contains("is not in elsewhere: add --results").and(contains("/results")));
}
