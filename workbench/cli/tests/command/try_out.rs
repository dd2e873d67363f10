//! `workbench try`: prints every exchange of one user.

use assert_cmd::assert::OutputAssertExt;

use crate::stub::Stub;
use crate::support::Bench;

fn printed(bench: &Bench, arguments: &[&str], code: i32) -> String {
    let assert = bench
        .workbench()
        .arg("try")
        .args(arguments)
        .assert()
        .code(code);
    String::from_utf8(assert.get_output().stdout.clone()).unwrap()
}

#[test]
fn every_request_response_value_and_check_is_printed_and_nothing_is_kept() {
    let bench = Bench::new();
    let stub = Stub::start();
    let text = format!(
        "name: tried
target: {{ urls: {{ s: \"http://{}\" }}, reset: [ POST s/reset ] }}
arrivals: {{ rate: 100/s, hold: 1h }}
scenarios:
  - name: one
    think_time: 1h
    on_start: [ {{ request: GET s/start }} ]
    steps:
      - request: POST s/first
        json: {{ n: 1 }}
        expect: {{ status: 200, body: {{ contains: ok }} }}
        capture: {{ word: {{ regex: 'o.' }} }}
      - think: 1h
      - request: GET s/second/${{word}}
  - name: other
    steps: [ {{ request: GET s/fail }} ]
",
        stub.address()
    );
    bench.file("tried", &text);
    let shown = printed(&bench, &["tried.yaml"], 10);
    for part in [
        "scenario one\nGET s/start  200 OK",
        "  as expected: 200, a body\n  word = ok\n\nPOST /first HTTP/1.1\n",
        "\n\n{\n  \"n\": 1\n}\n\nHTTP/1.1 200 OK\n",
        "GET /second/ok HTTP/1.1",
        "scenario other\nGET s/fail  500 Internal Server Error",
        "  status: status 500\n",
        "4 requests, 1 failed\n",
    ] {
        assert!(shown.contains(part), "{part:?} is not in\n{shown}");
    }
    let one = ["POST /reset", "GET /start", "POST /first", "GET /second/ok"];
    assert_eq!(
        stub.asked(),
        [&one[..], &["POST /reset", "GET /fail"]].concat()
    );
    assert!(!bench.path().join("results").exists());

    let short = printed(&bench, &["tried.yaml", "--short", "--scenario", "one"], 0);
    assert!(!short.contains("HTTP/1.1"), "{short}");
    assert!(short.ends_with("3 requests, none failed\n"), "{short}");
}

#[test]
fn an_unknown_scenario_and_an_unavailable_target_are_reported() {
    let bench = Bench::new();
    bench.file(
        "down",
        "name: down
target: { urls: { s: \"http://127.0.0.1:1\" } }
iterations: 1
scenarios: [ { name: buyer, steps: [ { request: GET s/a } ] } ]
",
    );
    let unknown = bench
        .workbench()
        .args(["try", "down.yaml", "--scenario", "buyr"])
        .assert()
        .code(2);
    let said = String::from_utf8(unknown.get_output().stderr.clone()).unwrap();
    assert!(said.contains("did you mean \"buyer\"?"), "{said}");
    printed(&bench, &["down.yaml"], 13);
}

#[test]
fn a_user_that_cannot_begin_tries_once() {
    let bench = Bench::new();
    let stub = Stub::start();
    for load in [
        "arrivals: { rate: 1/s, hold: 1m }",
        "threads: [ { start: 1, hold: 1m } ]",
    ] {
        let text = format!(
            "name: login
target: {{ urls: {{ s: \"http://{}\" }} }}
{load}
scenarios:
  - name: buyer
    on_start:
      - request: POST s/fail
        capture: {{ token: {{ json: $.token }} }}
    steps: [ {{ request: \"GET s/items?token=${{token}}\" }} ]
",
            stub.address()
        );
        bench.file("login", &text);
        let before = stub.requests();
        let shown = printed(&bench, &["login.yaml"], 10);
        assert_eq!(stub.requests() - before, 1, "{shown}");
        assert!(shown.ends_with("1 request, 1 failed\n"), "{shown}");
    }
}
