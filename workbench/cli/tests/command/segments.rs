//! One run cut into segments that a shell starts, then merged.

use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use serde_json::Value;

use crate::stub::Stub;
use crate::support::{Bench, OVER, json};

/// Every iteration sends one request whose path contains all of its drawn values.
fn iterations(bench: &Bench, stub: &Stub, name: &str) -> PathBuf {
    let rows: String = (1..=40).map(|row| format!("row{row}\n")).collect();
    std::fs::write(bench.path().join("people.csv"), format!("word\n{rows}")).unwrap();
    let path = "${people.word}/${sequence}/${drawn}/${user}/${iteration}";
    bench.file(
        name,
        &format!(
            "name: {name}\nquestion: Is it the same?\nseed: 7\n\
             target:\n  urls: {{ stub: \"http://{}\" }}\n\
             data: {{ people: {{ csv: people.csv, pick: unique, per: iteration }} }}\n\
             iterations: {{ total: 40, users: 7 }}\n\
             scenarios:\n\
             - name: often\n  weight: 2\n  steps:\n  - request: GET stub/often/{path}\n    set: {{ sequence: {{ sequence: {{ from: 100, step: 1 }} }}, drawn: {{ uniform: [1, 1000000] }} }}\n\
             - name: seldom\n  steps:\n  - request: GET stub/seldom/{path}\n    set: {{ sequence: {{ sequence: {{ from: 100, step: 1 }} }}, drawn: {{ uniform: [1, 1000000] }} }}\n",
            stub.address()
        ),
    )
}

/// Starts all segments from a shell and waits for them. Returns their exit codes.
fn run_segments(bench: &Bench, file: &Path, of: u32, options: &str) -> Output {
    let program = bench.workbench().get_program().to_owned();
    let script = format!(
        "for k in $(seq {of}); do {{ \"$0\" run \"$1\" --segment $k/{of} {options} > out$k 2> err$k; echo $? > code$k; }} & done; \
         wait; cat err* >&2; cat code*"
    );
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", &script]).arg(program).arg(file);
    shell.current_dir(bench.path()).env("NO_COLOR", "1");
    shell.output().unwrap()
}

fn codes(output: &Output) -> Vec<i32> {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().map(|line| line.parse().unwrap()).collect()
}

fn check<'a>(analysis: &'a Value, name: &str) -> &'a Value {
    let checks = analysis["runs"][0]["validity"]["checks"]
        .as_array()
        .unwrap();
    checks.iter().find(|check| check["name"] == name).unwrap()
}

fn analyze(bench: &Bench, run: &str) -> Output {
    bench.workbench().args(["analyze", run]).output().unwrap()
}

fn edit(path: &Path, change: impl FnOnce(&mut Value)) {
    let mut value = json(path);
    change(&mut value);
    std::fs::write(path, value.to_string()).unwrap();
}

#[test]
fn segments_send_what_the_undivided_run_sends_and_are_analysed_as_one_run() {
    let bench = Bench::new();
    let (whole, cut) = (Stub::start(), Stub::start());
    let file = iterations(&bench, &whole, "whole");
    let undivided = bench.workbench().arg("run").arg(&file).output().unwrap();
    assert!(
        OVER.contains(&undivided.status.code().unwrap()),
        "{undivided:?}"
    );
    let file = iterations(&bench, &cut, "cut");
    let output = run_segments(&bench, &file, 3, "--run-id one");
    assert!(
        codes(&output).iter().all(|it| OVER.contains(it)),
        "{output:?}"
    );

    let sorted = |stub: &Stub| {
        let mut asked = stub.asked();
        asked.sort();
        asked
    };
    assert_eq!(whole.requests(), 40);
    assert_eq!(sorted(&cut), sorted(&whole));

    let output = analyze(&bench, "results/cut/one");
    assert!(OVER.contains(&output.status.code().unwrap()), "{output:?}");
    let analysis = json(&bench.path().join("results/cut/one/analysis.json"));
    let run = &analysis["runs"][0];
    assert_eq!(run["run_id"], "one");
    assert_eq!(run["total"]["samples"], 40);
    let finding = check(&analysis, "segments")["finding"].as_str().unwrap();
    assert!(finding.contains("3 of 3 are there"), "{finding}");
    assert!(bench.path().join("results/cut/one/report.html").is_file());
    // For all other verbs it is one run, and the newest one.
    let newest = bench.workbench().arg("analyze").output().unwrap();
    let text = String::from_utf8_lossy(&newest.stdout).into_owned();
    assert!(text.contains("2 runs"), "{newest:?}");
    let exported = bench.path().join("one.csv");
    let export = bench
        .workbench()
        .args(["export", "results/cut/one", "--format", "csv", "--output"])
        .arg(&exported)
        .output()
        .unwrap();
    assert!(export.status.success(), "{export:?}");
}

#[test]
fn segments_that_are_missing_killed_or_late_make_the_run_invalid_and_are_named() {
    let bench = Bench::new();
    let stub = Stub::start();
    let file = iterations(&bench, &stub, "shop");
    let output = run_segments(&bench, &file, 3, "--run-id one");
    assert!(
        codes(&output).iter().all(|it| OVER.contains(it)),
        "{output:?}"
    );
    let run = bench.path().join("results/shop/one");
    let second = run.join("segment-2-of-3");
    let manifest = second.join("manifest.json");
    let original = std::fs::read(&manifest).unwrap();
    let named = |what: &str| {
        let output = analyze(&bench, "results/shop/one");
        assert_eq!(output.status.code(), Some(14), "{output:?}");
        let analysis = json(&run.join("analysis.json"));
        let check = check(&analysis, "segments");
        assert_eq!(check["status"], "failed");
        assert!(check["finding"].as_str().unwrap().contains(what), "{check}");
    };

    edit(&manifest, |manifest| {
        manifest["outcome"] = "running".into();
        manifest["validity"] = Value::Null;
    });
    named("segment 2/3 was killed");
    std::fs::write(&manifest, &original).unwrap();
    edit(&manifest, |manifest| {
        let started = manifest["started_at"].as_i64().unwrap();
        manifest["started_at"] = (started + 60_000_000_000).into();
    });
    named("segment 2/3 began ");
    std::fs::remove_dir_all(&second).unwrap();
    named("segment 2/3 is missing");
    // With all segments back in place, the merged run is the same.
    let alone = analyze(&bench, "results/shop/one/segment-1-of-3");
    assert_eq!(alone.status.code(), Some(1), "{alone:?}");
    let text = String::from_utf8_lossy(&alone.stderr).into_owned();
    assert!(
        text.contains("segment 1/3 of a run") && text.contains("shop/one"),
        "{text}"
    );
}

/// The process must be running before its start, even on a busy machine.
fn run_at_one_time(bench: &Bench, file: &Path, of: u32) -> String {
    for seconds in [4, 16, 64, 256] {
        let at = SystemTime::now() + Duration::from_secs(seconds);
        let at = Timestamp::try_from(at).unwrap();
        let options = format!("--start-at {at:.0}");
        let output = run_segments(bench, file, of, &options);
        if !codes(&output).contains(&2) {
            assert!(
                codes(&output).iter().all(|it| OVER.contains(it)),
                "{output:?}"
            );
            return at.strftime("%Y%m%dT%H%M%SZ").to_string();
        }
        let _ = std::fs::remove_dir_all(bench.path().join("results"));
    }
    panic!("the machine is too busy to start a process in four minutes");
}

#[test]
fn segments_that_start_at_one_time_have_the_users_of_the_undivided_run_and_every_request_is_accounted_for()
 {
    let bench = Bench::new();
    let file = bench.shopping("shop", 4, "2s", "");
    let id = run_at_one_time(&bench, &file, 2);
    let run = bench.path().join("results/shop").join(&id);
    let output = analyze(&bench, &format!("results/shop/{id}"));
    assert!(OVER.contains(&output.status.code().unwrap()), "{output:?}");
    let analysis = json(&run.join("analysis.json"));
    let merged = &analysis["runs"][0];

    let undivided = bench.workbench().arg("run").arg(&file).output().unwrap();
    assert!(
        OVER.contains(&undivided.status.code().unwrap()),
        "{undivided:?}"
    );
    let newest = bench.runs("shop").pop().unwrap();
    let undivided = json(&newest.join("manifest.json"));
    let planned = |users: &Value| -> Vec<f64> {
        let users = users.as_array().unwrap().iter().take(2);
        users.map(|it| it["planned"].as_f64().unwrap()).collect()
    };
    let difference = planned(&merged["users"]);
    let difference = difference.iter().zip(planned(&undivided["users"]));
    assert!(difference.into_iter().all(|(a, b)| (a - b).abs() < 1e-9));

    let counted = |manifest: &Value| -> u64 {
        let served = manifest["target"]["requests_served"].as_object().unwrap();
        served.values().map(|it| it.as_u64().unwrap()).sum()
    };
    let manifest = json(&run.join("manifest.json"));
    let of_segments: u64 = [1, 2]
        .map(|number| {
            counted(&json(
                &run.join(format!("segment-{number}-of-2/manifest.json")),
            ))
        })
        .iter()
        .sum();
    assert_eq!(counted(&manifest), of_segments);
    assert_eq!(merged["total"]["samples"].as_u64(), Some(of_segments));
    let starts: Vec<i64> = (0..2)
        .map(|it| manifest["segments"][it]["start_at"].as_i64().unwrap())
        .collect();
    assert_eq!(starts[0], starts[1]);
}

#[test]
fn invalid_segments_are_refused_before_any_request() {
    let bench = Bench::new();
    let stub = Stub::start();
    let file = iterations(&bench, &stub, "shop");
    let refused = |arguments: &[&str], code: i32, why: &str| {
        let mut command = bench.workbench();
        let output = command
            .arg("run")
            .arg(&file)
            .args(arguments)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {text}");
        assert!(text.contains(why), "{arguments:?}: {text}");
    };
    refused(&["--segment", "1/2"], 2, "--run-id");
    refused(
        &["--segment", "1/2", "--start-at", "+30s"],
        2,
        "one time of day",
    );
    refused(&["--segment", "3/2", "--run-id", "one"], 2, "from 1 to 2");
    refused(&["--run-id", "one"], 2, "--segment");
    refused(&["--start-at", "2020-01-01T00:00:00Z"], 2, "has passed");
    refused(&["--start-at", "10:15"], 2, "with its zone");
    refused(&["--segment", "1/2", "--run-id", "a/b"], 2, "letters");
    refused(
        &["--segment", "1/2", "--run-id", "one", "--repetitions", "2"],
        2,
        "--repetitions",
    );
    refused(
        &["--segment", "1/2", "--run-id", "one", "--order", "random"],
        2,
        "--order",
    );
    refused(
        &["--segment", "1/8", "--run-id", "one"],
        12,
        "segment 8/8 would have none",
    );
    assert_eq!(stub.requests(), 0);
    assert!(bench.runs("shop").is_empty());

    let again = |codes: &[i32]| {
        let arguments = ["--segment", "1/2", "--run-id", "one"];
        let mut command = bench.workbench();
        let output = command
            .arg("run")
            .arg(&file)
            .args(arguments)
            .output()
            .unwrap();
        assert!(codes.contains(&output.status.code().unwrap()), "{output:?}");
    };
    again(OVER);
    let sent = stub.requests();
    again(&[1]);
    assert_eq!(stub.requests(), sent);
}

#[test]
fn validate_says_what_each_segment_does() {
    let bench = Bench::new();
    let file = bench.shopping("shop", 5, "1s", "");
    let validate = |segments: &str| {
        let mut command = bench.workbench();
        command
            .arg("validate")
            .arg(&file)
            .args(["--segments", segments]);
        command.output().unwrap()
    };
    let output = validate("2");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        text.contains("1/2  3 users, number 1 (from 40ms on) to 5 (from 200ms on)"),
        "{text}"
    );
    assert!(text.contains("2/2  2 users, number 2"), "{text}");
    assert!(text.contains("a bookstore of its own"), "{text}");
    let output = validate("6");
    assert_eq!(output.status.code(), Some(12), "{output:?}");
}

#[cfg(not(feature = "object-storage"))]
#[test]
fn a_build_without_object_storage_reports_how_to_enable_it_before_any_request() {
    let bench = Bench::new();
    let stub = Stub::start();
    let file = iterations(&bench, &stub, "shop");
    let refused = |arguments: &[&str], code: i32, why: &str| {
        let output = bench.workbench().args(arguments).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {text}");
        assert!(text.contains(why), "{arguments:?}: {text}");
    };
    let file = file.to_str().unwrap();
    let how = "--features object-storage";
    refused(&["run", file, "--store", "s3://bucket/load"], 1, how);
    refused(&["run", file, "--store", "bucket"], 2, "s3://BUCKET");
    refused(&["analyze", "s3://bucket/load/shop/one"], 1, how);
    assert_eq!(stub.requests(), 0);
    assert!(bench.runs("shop").is_empty());
}
