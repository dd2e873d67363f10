//! Experiments whose runs are made at the same time, block by block. Long, because there is one test for each way in
//! which a block can end.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use assert_cmd::assert::OutputAssertExt;
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use serde_json::Value;

use crate::stub::Stub;
use crate::support::{Bench, OVER, json, over};

const TOGETHER: [&str; 2] = ["--order", "together"];

fn states(series: &Value) -> Vec<&str> {
    let runs = series["runs"].as_array().unwrap().iter();
    runs.map(|run| over(run["state"].as_str().unwrap()))
        .collect()
}

/// The folders of the runs in the order of the record; those of runs without one are left out.
fn folders(bench: &Bench) -> Vec<PathBuf> {
    let series = bench.series();
    let runs = series["runs"].as_array().unwrap().iter();
    let results = bench.path().join("results");
    runs.filter_map(|run| Some(results.join(run["run"].as_str()?)))
        .collect()
}

fn manifest(run: &Path) -> Value {
    json(&run.join("manifest.json"))
}

/// Waits until a condition holds.
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(120);
    while !is_so() {
        assert!(Instant::now() < deadline, "never: {what}");
        std::thread::yield_now();
    }
}

fn signal(pid: u32, signal: Signal) {
    kill_process(Pid::from_raw(pid.try_into().unwrap()).unwrap(), signal).unwrap();
}

fn is_there(pid: u32) -> bool {
    test_kill_process(Pid::from_raw(pid.try_into().unwrap()).unwrap()).is_ok()
}

/// The child processes of a process.
fn children(pid: u32) -> Vec<u32> {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let of = |thread: std::io::Result<std::fs::DirEntry>| {
        std::fs::read_to_string(thread.unwrap().path().join("children")).unwrap_or_default()
    };
    let all: String = threads.map(of).collect();
    all.split_whitespace()
        .map(|it| it.parse().unwrap())
        .collect()
}

/// Starts one block of these experiments.
fn spawn(bench: &Bench, files: &[&Path]) -> Child {
    bench
        .workbench()
        .arg("run")
        .args(files)
        .args(TOGETHER)
        .args(["--repetitions", "1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Starts one block of these experiments and waits until both sides have written samples.
fn start(bench: &Bench, files: &[&Path]) -> Child {
    let child = spawn(bench, files);
    until("samples of both sides", || {
        bench.series_file().is_some() && {
            let folders = folders(bench);
            let part = |run: &PathBuf| run.join("samples/part-00000.parquet").is_file();
            folders.len() == 2 && folders.iter().all(part)
        }
    });
    child
}

/// Makes the missing runs with shortened experiments.
fn resume_shortened(bench: &Bench, files: &[&Path]) {
    for file in files {
        let text = std::fs::read_to_string(file).unwrap();
        std::fs::write(file, text.replace("hold: 1h", "hold: 300ms")).unwrap();
    }
    bench
        .workbench()
        .args(["run", "--resume", "--force"])
        .assert()
        .code(OVER)
        .stdout(contains("2 of 2 runs").and(contains("kept of an earlier attempt")));
    assert_eq!(states(&bench.series()), ["over", "over"]);
}

#[test]
fn both_sides_of_a_block_are_under_load_at_the_same_time_and_are_compared_in_pairs() {
    let bench = Bench::new();
    let (one, two) = (Stub::start(), Stub::start());
    let one = bench.file("one", &one.experiment("one", "GET stub/", "2s"));
    let two = bench.file("two", &two.experiment("two", "GET stub/", "2s"));
    let output = bench
        .workbench()
        .arg("run")
        .args([&one, &two])
        .args(TOGETHER)
        .args(["--repetitions", "3", "--order-seed", "5"])
        .assert()
        .code(OVER)
        .stderr(
            contains("block 3 of 3: ")
                .and(contains(" at the same time (2 s; at least 6s left"))
                .and(contains("warning").not()),
        );
    let output = String::from_utf8(output.get_output().stdout.clone()).unwrap();
    let series = bench.series();
    assert_eq!(series["order"]["together"]["seed"], 5);
    assert_eq!(states(&series), ["over"; 6]);
    let runs = folders(&bench);
    for block in runs.chunks(2) {
        let [first, second] = [manifest(&block[0]), manifest(&block[1])];
        assert_ne!(first["experiment"], second["experiment"]);
        assert_eq!(first["series"]["block"], second["series"]["block"]);
        // The runs of a pair share their draws.
        assert_eq!(first["seed"], second["seed"]);
        // They start in the order of the record, and overlap.
        let at = |of: &Value, key: &str| of[key].as_i64().unwrap();
        assert!(at(&first, "started_at") < at(&second, "started_at"));
        assert!(at(&second, "started_at") < at(&first, "ended_at"));
        // Each run is monitored separately, and its manifest names the other.
        for run in block {
            let readings = workbench_samples::read_resources(run).unwrap();
            for source in ["generator", "beside/generator", "others", "machine"] {
                assert!(
                    readings
                        .iter()
                        .any(|it| it.source == source && it.metric == "processors"),
                    "{source}"
                );
            }
            assert!(run.join("report.html").is_file());
        }
    }
    let gate = output
        .lines()
        .find_map(|line| line.strip_prefix("gate: workbench "));
    bench
        .workbench()
        .args(gate.unwrap().split(' '))
        .assert()
        .stdout(contains("Compared in pairs ("));
}

#[test]
fn the_same_seed_draws_the_same_sides_to_start_first() {
    let first = |seed: &[&str]| {
        let bench = Bench::new();
        let file = bench.shopping("same", 1, "100ms", "");
        bench
            .workbench()
            .arg("run")
            .args([&file, &file])
            .args(TOGETHER)
            .args(["--repetitions", "2"])
            .args(seed)
            .assert()
            .code(OVER);
        let series = bench.series();
        // Two bookstores run at the same time.
        assert_eq!(states(&series), ["over"; 4]);
        let runs = series["runs"].as_array().unwrap().iter();
        let names: Vec<String> = runs
            .map(|run| run["experiment"].as_str().unwrap().to_owned())
            .collect();
        (series["order"]["together"]["seed"].as_u64().unwrap(), names)
    };
    let (drawn, names) = first(&[]);
    let (_, again) = first(&["--order-seed", &drawn.to_string()]);
    assert_eq!(names, again);
}

#[test]
fn ctrl_c_ends_both_sides_keeps_both_and_resume_makes_the_whole_block() {
    let bench = Bench::new();
    let (one, two) = (Stub::start(), Stub::start());
    let one = bench.file("one", &one.experiment("one", "GET stub/", "1h"));
    let two = bench.file("two", &two.experiment("two", "GET stub/", "1h"));
    let mut child = start(&bench, &[&one, &two]);
    let mut told = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !(line.contains("one ") && line.contains(" | ") && line.contains("two ")) {
        line.clear();
        assert!(told.read_line(&mut line).unwrap() > 0, "no progress");
    }
    signal(child.id(), Signal::INT);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(states(&bench.series()), ["interrupted"; 2]);
    for run in folders(&bench) {
        assert_eq!(manifest(&run)["outcome"], "interrupted");
        assert!(run.join("report.html").is_file());
    }
    resume_shortened(&bench, &[&one, &two]);
    assert_eq!(bench.runs("one").len(), 2);
    assert_eq!(bench.runs("two").len(), 2);
}

#[test]
fn a_second_ctrl_c_leaves_no_side_behind() {
    let bench = Bench::new();
    let stubs = [Stub::start(), Stub::start()];
    let [one, two] = [("one", &stubs[0]), ("two", &stubs[1])].map(|(name, stub)| {
        let text = stub.experiment(name, "GET stub/", "1h");
        // One of two users waits without end.
        let text = text.replace("start: 1,", "start: 2,")
            + "  - name: two\n    steps:\n      - request: GET stub/hang\n";
        bench.file(name, &text)
    });
    let mut child = start(&bench, &[&one, &two]);
    let sides = children(child.id());
    assert_eq!(sides.len(), 2);
    let mut told = BufReader::new(child.stderr.take().unwrap());
    let mut read_until = |text: &str| {
        let mut line = String::new();
        while !line.contains(text) {
            line.clear();
            assert!(
                told.read_line(&mut line).unwrap() > 0,
                "nothing said {text}"
            );
        }
    };
    signal(child.id(), Signal::INT);
    read_until("stopping");
    // Two signals within a tenth of a second are one.
    std::thread::sleep(std::time::Duration::from_millis(150));
    signal(child.id(), Signal::INT);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    until("both sides gone", || {
        !sides.iter().any(|side| is_there(*side))
    });
    for run in folders(&bench) {
        let analysed = bench.workbench().arg("analyze").arg(run).assert();
        analysed.code(14);
    }
}

#[test]
fn a_killed_command_ends_both_sides_which_can_be_analysed_and_resumed() {
    let bench = Bench::new();
    let (one, two) = (Stub::start(), Stub::start());
    let one = bench.file("one", &one.experiment("one", "GET stub/", "1h"));
    let two = bench.file("two", &two.experiment("two", "GET stub/", "1h"));
    let mut child = start(&bench, &[&one, &two]);
    let sides = children(child.id());
    signal(child.id(), Signal::KILL);
    child.wait().unwrap();
    until("both sides gone", || {
        !sides.iter().any(|side| is_there(*side))
    });
    assert_eq!(states(&bench.series()), ["running"; 2]);
    for run in folders(&bench) {
        let analysed = bench.workbench().arg("analyze").arg(&run).assert();
        analysed.code(14);
        let analysis = json(&run.join("analysis.json"));
        assert!(analysis["runs"][0]["total"]["samples"].as_u64() > Some(0));
    }
    resume_shortened(&bench, &[&one, &two]);
}

#[test]
fn a_side_that_is_killed_ends_the_block_and_both_are_recorded() {
    let bench = Bench::new();
    let (one, two) = (Stub::start(), Stub::start());
    let one = bench.file("one", &one.experiment("one", "GET stub/", "1h"));
    let two = bench.file("two", &two.experiment("two", "GET stub/", "1h"));
    let child = start(&bench, &[&one, &two]);
    signal(children(child.id())[0], Signal::KILL);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let series = bench.series();
    let mut states = states(&series);
    states.sort_unstable();
    assert_eq!(states, ["failed", "interrupted"]);
    assert!(
        folders(&bench)
            .iter()
            .all(|run| run.join("samples/part-00000.parquet").is_file())
    );
    resume_shortened(&bench, &[&one, &two]);
}

#[test]
fn a_block_with_a_generator_standstill_is_repeated() {
    let bench = Bench::new();
    let stubs = [Stub::start(), Stub::start()];
    let [one, two] = ["one", "two"];
    let one = bench.file(one, &stubs[0].experiment(one, "GET stub/", "5s"));
    let two = bench.file(two, &stubs[1].experiment(two, "GET stub/", "5s"));
    let child = spawn(&bench, &[&one, &two]);
    until("requests of both sides", || {
        stubs.iter().all(|stub| stub.requests() > 10)
    });
    let side = children(child.id())[0];
    signal(side, Signal::STOP);
    // Longer than a quarter of a second, the limit of a valid run.
    std::thread::sleep(Duration::from_millis(600));
    signal(side, Signal::CONT);
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        said.contains("made again: the generator itself did not run for "),
        "{said}"
    );
    let series = bench.series();
    assert_eq!(states(&series), ["over", "over"]);
    for run in series["runs"].as_array().unwrap() {
        assert!(!run["earlier_attempts"].as_array().unwrap().is_empty());
    }
}

#[test]
fn a_side_that_loses_its_target_ends_the_block_for_both_and_says_why() {
    let bench = Bench::new();
    let lost = bench.shopping("lost", 1, "1h", "");
    let stub = Stub::start();
    let other = bench.file("other", &stub.experiment("other", "GET stub/", "1h"));
    let child = start(&bench, &[&lost, &other]);
    let bookstores = children(child.id()).into_iter().flat_map(children);
    let [bookstore] = bookstores.collect::<Vec<_>>().try_into().unwrap();
    signal(bookstore, Signal::KILL);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(13), "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("continue: workbench run --resume"), "{said}");
    for run in bench.series()["runs"].as_array().unwrap() {
        let reason = run["reason"].as_str().unwrap();
        if run["experiment"] == "lost" {
            assert_eq!(run["state"], "failed");
            assert!(reason.contains("the bookstore ended"), "{reason}");
        } else {
            assert_eq!(run["state"], "interrupted");
            assert!(
                reason.starts_with("stopped with lost: the bookstore ended"),
                "{reason}"
            );
        }
    }
    let [kept] = bench.runs("other").try_into().unwrap();
    assert_eq!(manifest(&kept)["outcome"], "interrupted");
    resume_shortened(&bench, &[&lost, &other]);
}

#[test]
fn if_one_side_cannot_begin_the_other_leaves_no_run() {
    let bench = Bench::new();
    let (one, two) = (Stub::start(), Stub::start());
    let text = one.experiment("stuck", "GET stub/", "1h");
    let stuck = bench.file("stuck", &text.replace("stub/reset", "stub/fail/reset"));
    let other = bench.file("other", &two.experiment("other", "GET stub/", "1h"));
    bench
        .workbench()
        .arg("run")
        .args([&stuck, &other])
        .args(TOGETHER)
        .args(["--repetitions", "1"])
        .assert()
        .code(13)
        .stdout(
            contains("stuck: failed (the target was not reset").and(contains("other: interrupted")),
        )
        .stderr(contains("500 Internal Server Error"));
    assert!(bench.runs("stuck").is_empty());
    assert!(bench.runs("other").is_empty());
    assert!(!two.asked().contains(&"GET /".to_owned()));
}

#[test]
fn one_service_for_both_sides_is_warned_of() {
    let bench = Bench::new();
    let stub = Stub::start();
    let file = bench.file("same", &stub.experiment("same", "GET stub/", "100ms"));
    bench
        .workbench()
        .arg("run")
        .args([&file, &file])
        .args(TOGETHER)
        .args(["--repetitions", "1"])
        .assert()
        .code(OVER)
        .stderr(contains(
            "warning: same#1 and same#2 load the same service at 127.0.0.1:",
        ));
}

#[test]
fn plans_that_cannot_run_simultaneously_are_wrong_usage() {
    let bench = Bench::new();
    let stub = Stub::start();
    bench.file("one", &stub.experiment("one", "GET stub/", "1s"));
    let swept = stub.experiment("swept", "GET stub/", "1s") + "sweep: { users: [1, 2] }\n";
    bench.file("swept", &swept);
    for (files, expected) in [
        (&["one.yaml"][..], "needs two experiments or more"),
        (&["one.yaml", "swept.yaml"], "without a sweep"),
    ] {
        bench
            .workbench()
            .arg("run")
            .args(files)
            .args(TOGETHER)
            .args(["--repetitions", "2"])
            .assert()
            .code(2)
            .stderr(contains(expected));
    }
    assert!(bench.series_file().is_none());
}
