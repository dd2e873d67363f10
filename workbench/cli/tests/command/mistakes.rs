//! Error messages and exit codes.

use std::net::TcpListener;

use crate::support::Bench;
use assert_cmd::assert::OutputAssertExt;
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;

#[test]
fn wrong_usage_is_2() {
    Bench::new().workbench().arg("rnu").assert().code(2);
}

#[test]
fn wrong_usage_of_a_verb_shows_the_usage_of_that_verb() {
    let bench = Bench::new();
    let good = bench.shopping("good", 1, "1s", "");
    bench
        .workbench()
        .arg("run")
        .arg(good)
        .arg("--force")
        .assert()
        .code(2)
        .stderr(contains("--force is for --resume").and(contains("Usage: workbench run ")));
}

#[test]
fn zero_repetitions_are_refused_with_a_message() {
    Bench::new()
        .workbench()
        .args(["run", "a.yaml", "--repetitions", "0"])
        .assert()
        .code(2)
        .stderr(contains("at least 1").and(contains("non-zero").not()));
}

#[test]
fn a_wrong_experiment_is_12_with_its_place_and_nothing_is_run() {
    let bench = Bench::new();
    let good = bench.shopping("good", 1, "1s", "");
    let text = std::fs::read_to_string(&good).unwrap();
    let wrong = bench.file("wrong", &text.replace("threads:", "thread:"));
    for verb in ["run", "validate"] {
        bench
            .workbench()
            .arg(verb)
            .args([&good, &wrong])
            .assert()
            .code(12)
            .stderr(contains("wrong.yaml:6:1").and(contains("threads")));
    }
    assert!(!bench.path().join("results").exists());
}

#[test]
fn any_file_that_is_not_utf_8_ends_with_12() {
    let bench = Bench::new();
    let good = bench.shopping("good", 1, "1s", "");
    let wide: Vec<u8> = "name: wide"
        .encode_utf16()
        .flat_map(u16::to_be_bytes)
        .collect();
    std::fs::write(bench.path().join("wide.yaml"), wide).unwrap();
    std::fs::write(bench.path().join("latin.yaml"), b"name: caf\xe9\n").unwrap();
    bench
        .workbench()
        .arg("validate")
        .arg(good)
        .args(["wide.yaml", "latin.yaml"])
        .assert()
        .code(12)
        .stderr(
            contains("wide.yaml: it is written in UTF-16BE")
                .and(contains("latin.yaml: it is not in UTF-8"))
                .and(contains("line 1, column 10 holds the byte 0xE9"))
                .and(contains("did you mean").not()),
        );
}

#[test]
fn a_path_too_long_to_be_sent_is_12_and_nothing_is_run() {
    let bench = Bench::new();
    let text = std::fs::read_to_string(bench.shopping("long", 1, "1s", "")).unwrap();
    let long = text.replace(
        "uniform: [1, 10]",
        &format!("choice: [ 1, {} ]", "x".repeat(65_535)),
    );
    let long = bench.file("long", &long);
    for verb in ["run", "validate"] {
        let said = bench.workbench().arg(verb).arg(&long).assert().code(12);
        said.stderr(contains("the longest that can be sent has 65534"));
    }
    assert!(!bench.path().join("results").exists());
}

#[test]
fn a_missing_experiment_is_12() {
    Bench::new()
        .workbench()
        .args(["run", "nowhere.yaml"])
        .assert()
        .code(12)
        .stderr(contains("nowhere.yaml"));
}

#[test]
fn a_target_that_is_down_is_13() {
    let bench = Bench::new();
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let text = format!(
        "name: down\nquestion: Is anybody there?\ntarget:\n  urls: {{ shop: \"{url}\" }}\n\
         threads:\n  - {{ start: 1, hold: 1s }}\n\
         scenarios:\n  - name: one\n    steps:\n      - request: GET shop/\n"
    );
    let file = bench.file("down", &text);
    bench
        .workbench()
        .arg("run")
        .arg(&file)
        .assert()
        .code(13)
        .stderr(contains(url).and(contains("nothing answers")));
    assert!(bench.runs("down").is_empty());
}

#[test]
fn a_results_folder_that_cannot_be_written_is_named() {
    let bench = Bench::new();
    let file = bench.shopping("shop", 1, "1s", "");
    // A file in the place of the folder: even root cannot write there.
    std::fs::write(bench.path().join("occupied"), "").unwrap();
    bench
        .workbench()
        .arg("run")
        .arg(&file)
        .args(["--results", "occupied"])
        .assert()
        .code(1)
        .stderr(contains("cannot write results to occupied"));
}

#[test]
fn a_port_in_use_is_named_with_the_flag_that_chooses_another() {
    let bench = Bench::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    bench
        .workbench()
        .args(["bookstore", "catalog", "--ephemeral", "--port"])
        .arg(address.port().to_string())
        .assert()
        .code(1)
        .stderr(contains(address.port().to_string()).and(contains("--port")));
}

#[test]
fn every_verb_explains_itself_with_an_example() {
    let bench = Bench::new();
    for verb in ["run", "analyze", "gate", "validate", "schema", "bookstore"] {
        bench
            .workbench()
            .args([verb, "--help"])
            .assert()
            .code(0)
            .stdout(contains("Example").and(contains(format!("workbench {verb}"))));
    }
}

#[test]
fn secrets_that_are_written_out_are_a_warning_and_are_not_shown() {
    let bench = Bench::new();
    let text = "target: { urls: { shop: \"http://127.0.0.1:9\" } }\nconcurrency: { target: 1, hold: 1s }\n\
                scenarios:\n  - name: one\n    steps:\n      - request: GET shop/x\n        headers: { authorization: Bearer hunter2 }\n";
    let file = bench.file("clear", text);
    bench.workbench().arg("validate").arg(file).assert().success().stdout(contains("hunter2").not()).stderr(
        contains("warning: clear: the header \"authorization\" of \"GET shop/x\" holds its value in the clear")
            .and(contains("${env.NAME}"))
            .and(contains("hunter2").not()),
    );
}

#[test]
fn validate_says_what_a_run_would_lack_and_that_arrivals_begin_anew() {
    let bench = Bench::new();
    let text = |load: &str| {
        format!(
            "target: {{ urls: {{ shop: \"http://127.0.0.1:9\" }} }}\n{load}\nscenarios:\n  - name: buyer\n    on_start:\n      \
             - request: POST shop/login\n        json: {{ password: \"${{env.NOBODY_HAS_SET_THIS}}\" }}\n    steps: [ {{ request: GET \
             shop/x }} ]\n"
        )
    };
    let arrivals = bench.file("arrivals", &text("arrivals: { rate: 30/s, hold: 1m }"));
    let validate = |file| {
        bench
            .workbench()
            .arg("validate")
            .arg(file)
            .assert()
            .success()
    };
    validate(arrivals).stderr(
        contains("the environment variable NOBODY_HAS_SET_THIS is not set")
            .and(contains("on_start and on_stop are done once per arrival")),
    );
    let users = bench.file("users", &text("threads: [ { start: 1, hold: 1m } ]"));
    validate(users).stderr(contains("once per arrival").not());
}

#[test]
fn what_cannot_be_converted_or_written_says_what_can() {
    let bench = Bench::new();
    for tool in ["--k6", "--gatling"] {
        let init = bench.workbench().args(["init", tool, "script.js"]).assert();
        init.code(2).stderr(contains("docs/from-other-tools.md"));
    }
    let export = ["export", "results/a/1", "--format", "k6-csv", "-o", "a.csv"];
    let export = bench.workbench().args(export).assert();
    export.code(2).stderr(contains("k6-json"));
    let gate = [
        "gate",
        "--baseline",
        "nowhere.csv",
        "--candidate",
        "nowhere.csv",
    ];
    let gate = bench.workbench().args(gate).assert();
    gate.code(1)
        .stderr(contains("a result file of another tool"));
}
