//! `init` writes experiments that `validate` accepts.

mod curl;
mod har;
mod jmx;
mod openapi;

use std::fs::File;
use std::io::Read;
use std::process::{Output, Stdio};

use assert_cmd::assert::OutputAssertExt;
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;

use crate::stub::Stub;
use crate::support::Bench;

/// The output of `init`, in a folder of its own.
pub(crate) struct Made {
    /// The experiment file.
    pub(crate) text: String,
    pub(crate) stderr: String,
}

/// Runs `init` with these arguments, then `validate` on the file.
pub(crate) fn init(bench: &Bench, arguments: &[&str]) -> Made {
    let output = run(bench, arguments);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{stderr}");
    let text = std::fs::read_to_string(bench.path().join("made.yaml")).unwrap();
    let mut validate = bench.workbench();
    // Every variable of the environment that the file names.
    for after in text.split("${env.").skip(1) {
        validate.env(after.split('}').next().unwrap(), "0");
    }
    let validate = validate.args(["validate", "made.yaml"]).output().unwrap();
    let mistakes = String::from_utf8_lossy(&validate.stderr);
    assert!(validate.status.success(), "{text}\n{mistakes}");
    Made { text, stderr }
}

fn run(bench: &Bench, arguments: &[&str]) -> Output {
    let mut command = bench.workbench();
    command
        .args(["init", "-o", "made.yaml"])
        .args(arguments)
        .stdin(Stdio::null());
    command.output().unwrap()
}

#[test]
fn without_a_source_and_a_terminal_it_is_a_starter_for_the_bookstore() {
    let made = init(&Bench::new(), &[]);
    assert!(made.text.contains("target: { bookstore: {} }"));
    assert!(made.text.contains("- request: POST orders/orders/${user}"));
    assert_eq!(made.stderr, "");
}

#[test]
fn the_next_steps_contain_the_name_of_the_file() {
    let bench = Bench::new();
    let done = bench
        .workbench()
        .args(["init", "--yes", "--name", "My shop"])
        .assert();
    done.success().stdout(
        contains("my-shop.yaml: 4 requests in 1 scenario")
            .and(contains("workbench validate my-shop.yaml"))
            .and(contains("workbench try my-shop.yaml"))
            .and(contains("workbench run my-shop.yaml")),
    );
    let text = std::fs::read_to_string(bench.path().join("my-shop.yaml")).unwrap();
    assert!(text.contains("\nname: my-shop\n"), "{text}");
}

#[test]
fn a_file_is_overwritten_only_by_force() {
    let bench = Bench::new();
    let file = bench.file("made", "mine");
    let refused = bench
        .workbench()
        .args(["init", "-y", "-o", "made.yaml"])
        .assert();
    refused
        .code(1)
        .stderr(contains("made.yaml exists; --force overwrites it"));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
    init(&bench, &["--force"]);
}

#[test]
fn a_dash_prints_the_file_and_nothing_else() {
    let bench = Bench::new();
    let arguments = [
        "init",
        "-o",
        "-",
        "--offline",
        "--url",
        "http://localhost:1/?token=secret",
    ];
    let output = bench.workbench().args(arguments).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.ends_with("  - p95 < 1s\n"), "{text}");
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("SERVICE_TOKEN")
    );
    assert_eq!(std::fs::read_dir(bench.path()).unwrap().count(), 0);
}

#[test]
fn the_schema_is_named_where_it_lies_beside_the_file() {
    let bench = Bench::new();
    std::fs::write(bench.path().join("experiment.schema.json"), "{}").unwrap();
    let made = init(&bench, &[]);
    let first = "# yaml-language-server: $schema=experiment.schema.json\n";
    assert!(made.text.starts_with(first), "{}", made.text);
}

#[test]
fn a_url_is_probed_once_and_requested_by_a_few_users_with_pauses() {
    let stub = Stub::start();
    let url = format!("http://{}/items/a b?limit=20", stub.address());
    let made = init(&Bench::new(), &["--url", &url]);
    assert_eq!(stub.asked(), ["GET /items/a%20b?limit=20"]);
    assert_eq!(stub.requests(), 1);
    assert!(made.stderr.contains("The service answers (200)."));
    let expected = format!(
        "name: made

target:
  urls:
    made: http://{}

threads:
  # Users start one after another, stay, and each repeats its scenario until the end.
  - {{ start: 10, startup: 1s, hold: 10s }}

scenarios:
  - name: reader
    think_time: 100ms
    steps:
      - request: GET made/items/a%20b?limit=20

thresholds:
  - error_rate < 1%
  - p95 < 1s
",
        stub.address()
    );
    assert_eq!(made.text, expected);
}

#[test]
fn the_service_of_a_url_is_named_after_the_file_and_its_gate_is_the_next_step() {
    let stub = Stub::start();
    let bench = Bench::new();
    let url = format!("http://{}/items", stub.address());
    let mut command = bench.workbench();
    command.args(["init", "--url", &url, "-o", "shop.yaml"]);
    let output = command.output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    let compare = format!(
        "workbench compare shop.yaml --baseline http://{} ",
        stub.address()
    );
    assert!(stdout.contains(&compare), "{stdout}");
    let text = std::fs::read_to_string(bench.path().join("shop.yaml")).unwrap();
    assert!(text.starts_with("name: shop\n"), "{text}");
    assert!(
        text.contains(&format!("    shop: http://{}\n", stub.address())),
        "{text}"
    );
    assert!(text.contains("- request: GET shop/items\n"), "{text}");
}

#[test]
fn a_service_that_fails_or_does_not_answer_is_no_error() {
    let stub = Stub::start();
    let made = init(
        &Bench::new(),
        &["--url", &format!("{}/fail", stub.address())],
    );
    assert!(made.stderr.contains("with status 500"), "{}", made.stderr);
    assert!(made.text.contains("# The service answers with status 500"));
    let made = init(&Bench::new(), &["--url", "http://127.0.0.1:1/"]);
    assert!(
        made.stderr.contains("does not answer now"),
        "{}",
        made.stderr
    );
    let stub = Stub::start();
    let made = init(
        &Bench::new(),
        &["--offline", "--url", &format!("http://{}/", stub.address())],
    );
    assert_eq!((stub.requests(), made.stderr.as_str()), (0, ""));
}

#[test]
fn an_invalid_url_is_refused_without_its_password() {
    let bench = Bench::new();
    for url in ["ftp://ann:hunter2@host/", "http://ann:hunter2@", "http://"] {
        let output = run(&bench, &["--offline", "--url", url]);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{url}");
        assert!(stderr.contains("write http://host:port/path"), "{stderr}");
        assert!(!stderr.contains("hunter2"), "{stderr}");
    }
    assert_eq!(std::fs::read_dir(bench.path()).unwrap().count(), 0);
}

#[test]
fn the_password_of_a_url_becomes_a_variable() {
    let url = "http://ann:hunter2@localhost:1/?api_key=abc123&page=2";
    let made = init(&Bench::new(), &["--offline", "--url", url]);
    for secret in ["hunter2", "abc123"] {
        assert!(!made.text.contains(secret), "{}", made.text);
        assert!(!made.stderr.contains(secret), "{}", made.stderr);
    }
    assert!(
        made.text
            .contains("GET made/?api_key=${env.MADE_API_KEY}&page=2")
    );
    let auth = "auth: { basic: { user: ann, password: \"${env.MADE_PASSWORD}\" } }";
    assert!(made.text.contains(auth), "{}", made.text);
    assert!(
        made.stderr
            .contains("MADE_PASSWORD  password of ann at made")
    );
}

#[test]
fn at_a_terminal_invalid_answers_are_asked_again() {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
    let terminal = File::options().read(true).write(true).open(name).unwrap();
    let bench = Bench::new();
    // URL, users (once wrong), how long, name: the proposal.
    rustix::io::write(&master, b"localhost:1/items\nmany\n7\n2m\n\n").unwrap();
    let mut command = bench.workbench();
    command
        .args(["init", "--offline"])
        .stdin(terminal.try_clone().unwrap())
        .stderr(terminal)
        .stdout(Stdio::piped());
    let child = command.spawn().unwrap();
    drop(command);
    let output = child.wait_with_output().unwrap();
    let mut asked = Vec::new();
    // A terminal whose other end is closed fails with an error.
    let _ = File::from(master).read_to_end(&mut asked);
    let asked = String::from_utf8_lossy(&asked);
    assert!(output.status.success(), "{asked}");
    assert!(asked.contains("Users at the same time [10]: "), "{asked}");
    assert!(
        asked.contains("a whole number from 1 to 1000000"),
        "{asked}"
    );
    let text = std::fs::read_to_string(bench.path().join("service.yaml")).unwrap();
    assert!(
        text.contains("- { start: 7, startup: 1s, hold: 120s }"),
        "{text}"
    );
    assert!(text.contains("- request: GET service/items\n"), "{text}");
}
