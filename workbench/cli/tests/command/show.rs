//! `workbench show` on recorded exchanges.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use assert_cmd::assert::OutputAssertExt;
use predicates::prelude::*;
use predicates::str::contains;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use workbench_samples::{ErrorKind, FailureRecorder, Labels, RawExchange, RawMessage};

use crate::stored::StoredRun;
use crate::stub::Stub;
use crate::support::{Bench, OVER};

/// A run in which every second request fails, with its recorded exchanges.
fn recorded(bench: &Bench) -> PathBuf {
    let run = StoredRun::new("shop", 0, 1.0)
        .failing()
        .write(&bench.path().join("results"));
    record(&run);
    run
}

fn record(run: &Path) {
    let labels = Labels {
        requests: vec!["browse".into()],
        scenarios: vec!["shopper".into()],
    };
    let recorder = FailureRecorder::new(labels, 3, &["hunter2hunter2"]);
    let message = |head: &str, body: &str| RawMessage {
        head: format!("{head}\r\ncontent-type: application/json\r\n\r\n").into_bytes(),
        body: body.into(),
        body_length: body.len() as u64,
        ..RawMessage::default()
    };
    let exchange = |status: &str, body: &str| RawExchange {
        scenario: 0,
        at: 1_795_000_001_000_000_000,
        user: 1,
        iteration: 2,
        elapsed_ns: 7_000_000,
        redirects: 0,
        sent_again: false,
        server: "http://127.0.0.1:8080".into(),
        request: message("GET /books?key=hunter2hunter2 HTTP/1.1", ""),
        response: Some(message(&format!("HTTP/1.1 {status}"), body)),
    };
    let failed = || exchange("500 Internal Server Error", r#"{"error":"out of stock"}"#);
    recorder.failed(0, ErrorKind::Status, "status 500", &[], failed);
    recorder.failed(
        0,
        ErrorKind::Status,
        "status 500, out of books",
        &[],
        failed,
    );
    recorder.good(0, &[], || exchange("200 OK", "[]"));
    recorder.save(run).unwrap();
}

#[test]
fn a_run_is_shown_from_its_counts_to_an_example_of_each_kind() {
    let bench = Bench::new();
    let run = recorded(&bench);

    let shown = bench.workbench().arg("show").arg(&run).assert().success();

    let text = String::from_utf8(shown.get_output().stdout.clone()).unwrap();
    for part in [
        "200 of 400 requests failed",
        "browse   status     500    200         2",
        "browse   ok           –    200         1",
        "GET /books?key=[redacted] HTTP/1.1\n",
        "HTTP/1.1 500 Internal Server Error\ncontent-type: application/json\n\n{\n  \"error\": \"out of stock\"\n}\n",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    // One of the two failures, and no successful exchange.
    assert_eq!(text.matches("HTTP/1.1 500").count(), 1);
    assert!(!text.contains("HTTP/1.1 200"));
}

#[test]
fn the_newest_run_of_an_experiment_is_found_by_its_folder_and_by_its_name() {
    let bench = Bench::new();
    recorded(&bench);
    let newest = StoredRun::new("shop", 1, 1.0).write(&bench.path().join("results"));
    let name = newest.file_name().unwrap().to_str().unwrap();

    for run in ["shop", "results/shop"] {
        let shown = bench.workbench().args(["show", run]).assert().success();
        shown.stdout(contains(format!("Run {name}")));
    }
    bench
        .workbench()
        .args(["show", "nothing"])
        .assert()
        .code(1)
        .stderr(contains("nothing"));
}

#[test]
fn label_kind_and_reason_choose_what_is_shown() {
    let bench = Bench::new();
    recorded(&bench);
    let show = |arguments: &[&str]| {
        let shown = bench
            .workbench()
            .args(["show", "shop"])
            .args(arguments)
            .assert();
        String::from_utf8(shown.success().get_output().stdout.clone()).unwrap()
    };

    assert_eq!(
        show(&["--kind", "status"]).matches("HTTP/1.1 500").count(),
        2
    );
    let good = show(&["--label", "BROW", "--kind", "ok"]);
    assert!(
        good.contains("HTTP/1.1 200 OK") && !good.contains("HTTP/1.1 500"),
        "{good}"
    );
    assert_eq!(
        show(&["--reason", "Out of BOOKS"])
            .matches("HTTP/1.1 500")
            .count(),
        1
    );
    assert!(show(&["--kind", "timeout"]).contains("None of these was recorded."));
    bench
        .workbench()
        .args(["show", "shop", "--label", "basket"])
        .assert()
        .code(1)
        .stderr(contains(
            "no label of the run contains \"basket\"; its labels: browse",
        ));
    bench
        .workbench()
        .args(["show", "shop", "--kind", "wrong"])
        .assert()
        .code(2)
        .stderr(contains("[possible values: ok, dns,"));
}

#[test]
fn programs_get_the_same_as_json() {
    let bench = Bench::new();
    recorded(&bench);

    let shown = bench
        .workbench()
        .args(["show", "shop", "--kind", "status", "--format", "json"])
        .assert()
        .success();

    let json: serde_json::Value = serde_json::from_slice(&shown.get_output().stdout).unwrap();
    assert_eq!(json["counts"][0]["count"], 200);
    assert_eq!(json["counts"][0]["recorded"], 2);
    assert_eq!(json["reasons"].as_array().unwrap().len(), 2);
    let exchange = &json["exchanges"][0];
    assert_eq!(exchange["kind"], "status");
    assert_eq!(
        exchange["response"]["start"],
        "HTTP/1.1 500 Internal Server Error"
    );
}

#[test]
fn a_run_that_has_recorded_nothing_says_so() {
    let bench = Bench::new();
    StoredRun::new("shop", 0, 1.0)
        .failing()
        .write(&bench.path().join("results"));

    let shown = bench.workbench().args(["show", "shop"]).assert().success();

    shown.stdout(contains("200 of 400 requests failed").and(contains("has recorded no exchanges")));
}

#[test]
fn a_closed_reader_is_not_an_error() {
    let bench = Bench::new();
    recorded(&bench);

    let mut child = bench
        .workbench()
        .args(["show", "shop"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());

    child
        .wait_with_output()
        .unwrap()
        .assert()
        .success()
        .stderr("");
}

/// An experiment whose requests carry a secret and fail, and the secret.
fn secretive(bench: &Bench, stub: &Stub, hold: &str) -> (PathBuf, &'static str) {
    let text = stub.experiment("secretive", "\"GET stub/fail?key=${env.SHOP_KEY}\"", hold);
    let more = "        auth: { basic: { user: ann, password: \"${env.SHOP_KEY}\" } }\n        \
                headers: { x-note: \"${env.SHOP_KEY}\", x-api-key: literal-credential }\n        \
                json: { name: \"${env.SHOP_KEY}\", password: another-credential }\n        \
                think: 20ms\n";
    let more = more.replace("        think: 20ms\n", "      - think: 20ms\n");
    let file = bench.file("secretive", &(text + &more));
    (file, "s3cret \"value\"/ä")
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            files.push(path);
        }
    }
    files
}

#[test]
fn no_file_and_no_output_of_a_run_contains_a_secret() {
    let bench = Bench::new();
    let stub = Stub::start();
    let (file, secret) = secretive(&bench, &stub, "500ms");

    let mut command = bench.workbench();
    let ended = command
        .arg("run")
        .arg(&file)
        .env("SHOP_KEY", secret)
        .output()
        .unwrap();

    assert!(OVER.contains(&ended.status.code().unwrap()), "{ended:?}");
    let [run] = bench.runs("secretive").try_into().unwrap();
    let recorded = std::fs::read_to_string(run.join("failures/exchanges.json")).unwrap();
    assert!(recorded.contains("/fail?key=[redacted] HTTP/1.1"));
    // In the text of the experiment, which is kept unchanged.
    assert!(!recorded.contains("-credential"), "{recorded}");
    let shown = bench
        .workbench()
        .args(["show", "secretive", "--kind", "status"])
        .output()
        .unwrap();
    let mut left: Vec<(String, Vec<u8>)> = files(&bench.path().join("results"))
        .into_iter()
        .map(|path| (path.display().to_string(), std::fs::read(&path).unwrap()))
        .collect();
    for (name, bytes) in [
        ("stdout", ended.stdout),
        ("stderr", ended.stderr),
        ("shown", shown.stdout),
    ] {
        left.push((name.to_owned(), bytes));
    }
    for (name, bytes) in left {
        let text = String::from_utf8_lossy(&bytes);
        for part in ["s3cret", "czNjcmV0"] {
            assert!(!text.contains(part), "{part} in {name}: {text}");
        }
    }
}

#[test]
fn a_killed_run_keeps_the_exchanges_that_it_had() {
    let bench = Bench::new();
    let stub = Stub::start();
    let (file, secret) = secretive(&bench, &stub, "1h");
    let mut command = bench.workbench();
    let mut child = command
        .arg("run")
        .arg(&file)
        .env("SHOP_KEY", secret)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let is_kept = |run: &PathBuf| {
        ["failures/exchanges.json", "samples/part-00000.parquet"]
            .iter()
            .all(|file| run.join(file).is_file())
    };
    let deadline = Instant::now() + Duration::from_secs(120);
    while !bench.runs("secretive").iter().any(is_kept) {
        assert!(Instant::now() < deadline, "nothing was written");
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();

    let shown = bench
        .workbench()
        .args(["show", "secretive"])
        .assert()
        .success();

    shown.stdout(contains("killed before its end").and(contains("HTTP/1.1 500")));
}

/// The output of a command on a terminal, and whether it succeeds.
fn on_terminal(command: &mut Command) -> (String, bool) {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
    let slave = File::options().read(true).write(true).open(name).unwrap();
    let mut child = command.stdout(slave).stderr(Stdio::null()).spawn().unwrap();
    // The command object holds the terminal's other end: reading would never end.
    command.stdout(Stdio::null());
    let mut text = Vec::new();
    // Linux reports an error once the other end is closed.
    let _ = File::from(master).read_to_end(&mut text);
    let succeeded = child.wait().unwrap().success();
    (String::from_utf8(text).unwrap(), succeeded)
}

#[test]
fn on_a_terminal_the_text_goes_through_the_pager() {
    let bench = Bench::new();
    recorded(&bench);
    let show = |pager: Option<&str>, arguments: &[&str]| {
        let mut command = bench.workbench();
        command.args(["show", "shop"]).args(arguments);
        command
            .env_remove("PAGER")
            .env_remove("NO_COLOR")
            .env("TERM", "xterm");
        if let Some(pager) = pager {
            command.env("PAGER", pager);
        }
        let (text, succeeded) = on_terminal(&mut command);
        assert!(succeeded, "{text}");
        assert!(text.contains("out of stock"), "{text}");
        text
    };

    let paged = show(Some("sed s/^/paged:/"), &[]);
    assert!(paged.contains("paged:"), "{paged}");
    assert!(paged.contains("\u{1b}[31mHTTP/1.1 500"), "{paged}");
    for (pager, arguments) in [
        (Some("sed s/^/paged:/"), ["--no-pager"].as_slice()),
        (Some("no-such-pager-anywhere"), &[]),
        (Some(""), &[]),
    ] {
        assert!(!show(pager, arguments).contains("paged:"));
    }
}

#[test]
fn no_pager_is_used_for_a_pipe() {
    let bench = Bench::new();
    recorded(&bench);

    let mut command = bench.workbench();
    let shown = command
        .args(["show", "shop"])
        .env("PAGER", "sed s/^/paged:/")
        .assert();

    shown
        .success()
        .stdout(contains("paged:").not().and(contains("\u{1b}").not()));
}
