//! Files with several mistakes: each is reported at its place, without errors that only follow from another one. Long,
//! because it is a list.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use proptest::prelude::*;
use workbench_plan::{Mistake, PlanError, parse};

/// A valid file with most of the language.
const RIGHT: &str = r#"name: shop-journey
title: All that can be written
seed: 3
target:
  urls: { shop: "http://shop.test", pay: "http://pay.test/api" }
  reset: [ POST shop/reset ]
variables:
  currency: EUR
  book: { zipf: { from: 1, to: 100, exponent: 1.1 } }
  greeting: "hello ${user}"
http:
  follow_redirects: 5
  headers: { x-currency: "${currency}" }
  cookies: on
monitor: { processes: [nginx] }
warm_up: 5s
timeout: 20s
concurrency: { target: 100, ramp_up: 10s, steps: 5, hold: 60s }
sweep: { users: [10, 100] }
scenarios:
  - name: buyer
    weight: 3
    think_time: { uniform: [100ms, 300ms] }
    stop: after_iteration
    on_start:
      - request: POST shop/login
        name: log in
        form: { user: "ann", tags: [a, b] }
        capture:
          token: { json: $.token }
          csrf: { css: "input[name=form_token]", attribute: value }
    steps:
      - request: GET shop/items/${book}
        auth: { bearer: "${token}" }
        set: { n: { uniform: [1, 9] } }
        capture: { item: { json: "$.items[*].id", pick: random } }
        expect: { status: [200, 201], body: { contains: items }, json: { $.total: "> 0" }, time: < 500ms }
      - think: { lognormal: { median: 1s, p90: 3s } }
      - repeat: 3
        steps:
          - request: GET shop/items/${item}
            headers: { x-n: "${n}" }
      - when: "${n} > 3"
        steps:
          - request: POST pay/orders
            json: { item: "${item}", quantity: 1, currency: "${currency}" }
            timeout: 5s
      - choose:
          - weight: 3
            steps: [ { request: POST shop/basket, text: "${greeting}" } ]
          - { weight: 1, steps: [ { request: DELETE shop/basket } ] }
    on_stop: [ { request: POST shop/logout } ]
  - name: browser
    pacing: 10s
    steps: [ { request: GET shop/items, name: list } ]
thresholds:
  - p95 < 500ms
  - error_rate < 1%
  - 'p99 of "log in" < 1s'
"#;

/// Replacements of valid text by mistakes, with `▶` before the reported place, and the message. No two of them change
/// the same part of the file.
const MISTAKES: &[(&str, &str, &str)] = &[
    // Unknown keys.
    (
        "title: All",
        "▶titel: All",
        "unknown key \"titel\"; did you mean \"title\"?",
    ),
    (
        "seed: 3\n",
        "seed: 3\n▶frobnicate: { a: [1, 2] }\n",
        "unknown key \"frobnicate\"; expected one of",
    ),
    ("stop: after", "▶stopp: after", "did you mean \"stop\"?"),
    (
        "form: { user: \"ann\"",
        "▶forms: { user: \"ann\"",
        "did you mean \"form\"?",
    ),
    (
        "exponent: 1.1",
        "exponent: 1.1, ▶scale: 2",
        "unknown key \"scale\"",
    ),
    (
        "attribute: value",
        "▶atribute: value",
        "did you mean \"attribute\"?",
    ),
    (
        "      - repeat: 3\n",
        "      - ▶repeats: 3\n",
        "did you mean \"repeat\"?",
    ),
    (
        "    on_stop:",
        "    ▶on_end: []\n    on_stop:",
        "unknown key \"on_end\"",
    ),
    // Keys of other tools.
    (
        "warm_up: 5s",
        "▶vus: 5\nwarm_up: 5s",
        "k6's vus are users here",
    ),
    (
        "name: list }",
        "name: list, ▶sleep: 1 }",
        "a pause is a step of its own",
    ),
    (
        "            timeout: 5s",
        "            ▶extract: { id: $.id }",
        "is captured: capture:",
    ),
    // Wrong types.
    (
        "follow_redirects: 5",
        "follow_redirects: ▶often",
        "expected a whole number, found \"often\"",
    ),
    ("cookies: on", "cookies: ▶maybe", ""),
    (
        "weight: 3\n    think",
        "weight: ▶heavy\n    think",
        "expected a whole number, found \"heavy\"",
    ),
    ("[10, 100]", "[10, ▶many]", "found \"many\""),
    ("[nginx]", "▶nginx", "expected a list"),
    (
        "name: log in",
        "name: ▶[log in]",
        "expected text, found a list",
    ),
    ("{ uniform: [1, 9] }", "{ uniform: ▶[1] }", "two values"),
    ("currency: EUR", "currency: ▶[EUR]", "expected"),
    (
        "pick: random",
        "pick: ▶radnom",
        "unknown word \"radnom\"; did you mean \"random\"?",
    ),
    (
        "- weight: 3\n            steps: [ { request: POST shop/basket, text:",
        "- weight: 3\n            steps: [ ▶nothing, { request: POST shop/basket, text:",
        "expected a step",
    ),
    // Missing keys.
    (
        "- request: GET shop/items/${item}\n            headers",
        "- ▶headers",
        "missing key \"request\"",
    ),
    (
        "{ lognormal: { median: 1s, p90: 3s } }",
        "{ lognormal: ▶{ median: 1s } }",
        "missing key \"p90\"",
    ),
    (
        "{ target: 100, ramp_up",
        "▶{ ramp_up",
        "missing key \"target\"",
    ),
    (
        "  - name: browser\n    pacing: 10s",
        "  - ▶pacing: 10s",
        "missing key \"name\"",
    ),
    // Units.
    (
        "timeout: 20s",
        "timeout: ▶20",
        "20 needs a unit; write 20s or 20ms",
    ),
    ("[100ms, 300ms]", "[▶100, 300ms]", "100 needs a unit"),
    ("time: < 500ms", "time: ▶< 500", "needs a unit"),
    ("hold: 60s", "hold: ▶60 sec", "write it as 60s"),
    ("p95 < 500ms", "▶p(95) < 500", "write p95 < 500ms"),
    ("error_rate < 1%", "error_rate < ▶0.01", "write 1%"),
    // Names.
    (
        "POST shop/reset",
        "POST ▶shpo/reset",
        "unknown service \"shpo\"; did you mean \"shop\"?",
    ),
    (
        "GET shop/items/${book}",
        "GET shop/items/▶${bok}",
        "unknown variable \"bok\"; did you mean \"book\"?",
    ),
    (
        "POST pay/orders",
        "POST ▶bay/orders",
        "unknown service \"bay\"; did you mean \"pay\"?",
    ),
    (
        "{ item: \"${item}\", quantity",
        "{ item: \"▶${itme}\", quantity",
        "unknown variable \"itme\"; did you mean \"item\"?",
    ),
    (
        "${currency}\" }\n            ",
        "▶${curency}\" }\n            ",
        "unknown variable \"curency\"",
    ),
    (
        "\"hello ${user}\"",
        "\"hello ▶${usr}\"",
        "unknown variable \"usr\"",
    ),
    (
        "when: \"${n} > 3\"",
        "when: \"▶${m} > 3\"",
        "unknown variable \"m\"",
    ),
    (
        "DELETE shop/basket",
        "▶REMOVE shop/basket",
        "unknown method \"REMOVE\"",
    ),
    (
        "\"http://pay.test/api\"",
        "▶\"pay.test/api\"",
        "is not the URL of a service",
    ),
    (
        "x-n: \"${n}\"",
        "x-n: \"▶{{n}}\"",
        "a variable is written ${n}",
    ),
];

/// The file with some of the mistakes, and the expected reports in the order of the file.
fn broken(chosen: &[usize]) -> (String, Vec<(usize, usize, &'static str)>) {
    let mut text = RIGHT.to_owned();
    for (number, index) in chosen.iter().enumerate() {
        let (right, wrong, _) = MISTAKES[*index];
        assert_eq!(
            text.matches(right).count(),
            1,
            "{right:?} stands there once"
        );
        // Each mistake has its own letter, which identifies its mark.
        let mark = char::from_u32(0xE000 + u32::try_from(number).unwrap()).unwrap();
        text = text.replace(right, &wrong.replace('▶', &mark.to_string()));
    }
    let is_mark = |letter: char| ('\u{e000}'..'\u{f000}').contains(&letter);
    let mut expected = Vec::new();
    for (line, content) in text.lines().enumerate() {
        let marks = content.chars().enumerate().filter(|(_, it)| is_mark(*it));
        for (before, (at, mark)) in marks.enumerate() {
            let message = MISTAKES[chosen[mark as usize - 0xE000]].2;
            expected.push((line + 1, at - before + 1, message));
        }
    }
    (text.replace(is_mark, ""), expected)
}

fn mistakes(text: &str) -> Vec<Mistake> {
    match parse(text, Path::new("x.yaml")) {
        Err(PlanError::Invalid { mistakes, .. }) => mistakes,
        Err(error) => panic!("{error}"),
        Ok(_) => Vec::new(),
    }
}

fn check(chosen: &[usize]) {
    let (text, expected) = broken(chosen);
    let found = mistakes(&text);
    let places: Vec<_> = found.iter().map(|it| (it.line, it.column)).collect();
    let expected_places: Vec<_> = expected.iter().map(|it| (it.0, it.1)).collect();
    let said: Vec<String> = found.iter().map(Mistake::to_string).collect();
    assert_eq!(places, expected_places, "{text}\n{}", said.join("\n"));
    for (mistake, (_, _, message)) in found.iter().zip(expected) {
        assert!(mistake.message.contains(message), "{message}: {mistake}");
    }
}

#[test]
fn the_unbroken_file_is_accepted() {
    parse(RIGHT, Path::new("x.yaml")).unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn every_mistake_alone_is_the_only_one_that_is_reported() {
    for index in 0..MISTAKES.len() {
        check(&[index]);
    }
}

#[test]
fn all_mistakes_at_once_are_all_reported() {
    check(&(0..MISTAKES.len()).collect::<Vec<_>>());
}

proptest! {
    #[test]
    fn any_mistakes_at_once_are_exactly_those_that_are_reported(
        chosen in proptest::sample::subsequence((0..MISTAKES.len()).collect::<Vec<_>>(), 2..12)
    ) {
        check(&chosen);
    }
}

/// Places and messages.
fn said(text: &str) -> Vec<String> {
    let found = mistakes(text);
    let said = found
        .iter()
        .map(|it| format!("{}:{}: {}", it.line, it.column, it.message));
    said.collect()
}

const HEAD: &str = "target: { bookstore: {} }\nconcurrency: { target: 1, hold: 1s }\n";

#[test]
fn keys_given_twice_are_all_reported_with_other_mistakes() {
    let text = format!(
        "title: a\n{HEAD}title: b\nscenarios:\n- {{ name: one, \"name\": 2, steps: [ request: GET catlog/products ] }}\ntitle: c\n"
    );
    assert_eq!(
        said(&text),
        [
            "4:1: \"title\" is given twice; it already stands in line 1",
            "6:16: \"name\" is given twice; it already stands in line 6",
            "6:49: unknown service \"catlog\"; did you mean \"catalog\"?",
            "7:1: \"title\" is given twice; it already stands in line 1",
        ]
    );
}

#[test]
fn what_follows_from_a_mistake_is_not_reported() {
    for (scenarios, only) in [
        // The variable is captured with a key of another tool.
        (
            "- { name: one, steps: [ { request: GET catalog/a, extract: { token: $.token } }, { request: \"GET catalog/${token}\" } ] }",
            "4:51: unknown key \"extract\"",
        ),
        // The same in a list that contains its name.
        (
            "- { name: one, steps: [ { request: GET catalog/a, capture: [ token ] }, { request: \"GET catalog/${token}\" } ] }",
            "4:60: expected",
        ),
        // The steps are under an unknown key.
        (
            "- { name: one, actions: [ { request: GET catalog/a } ] }",
            "4:16: unknown key \"actions\"",
        ),
        (
            "- { name: one, flow: [ { get: { url: / } } ] }",
            "4:16: unknown key \"flow\"",
        ),
        // The label is that of an invalid step.
        (
            "- { name: one, steps: [ \"GET catalog/a\", { request: GET catalog/b } ] }\nthresholds: [ 'p95 of \"GET catalog/a\" < 1s' ]",
            "4:25: expected a step",
        ),
        (
            "- { name: one, steps: [ { url: catalog/a, method: GET, name: list } ] }\nthresholds: [ 'p95 of \"list\" < 1s' ]",
            "4:27: unknown key \"url\"",
        ),
        ("- { name: one, steps: 5 }", "4:23: expected a list"),
        (
            "- { name: one, steps: [ { repeat: 2, steps: nothing } ] }",
            "4:45: expected a list",
        ),
        ("- one", "4:3: expected a scenario"),
        ("  { one: { steps: [] } }", "4:3: expected a list"),
    ] {
        let said = said(&format!("{HEAD}scenarios:\n{scenarios}\n"));
        let method = said
            .iter()
            .filter(|it| !it.contains("unknown key \"method\""));
        assert_eq!(method.count(), 1, "{scenarios}: {said:#?}");
        assert!(said[0].starts_with(only), "{scenarios}: {said:#?}");
    }
}

#[test]
fn a_load_with_another_tools_key_is_reported_only_once() {
    let steps = "scenarios: [ { name: one, steps: [ { request: GET catalog/a } ] } ]\n";
    for (load, keys) in [
        ("vus: 10\nduration: 30s\n", vec!["vus", "duration"]),
        (
            "stages: [ { duration: 30s, target: 20 } ]\n",
            vec!["stages"],
        ),
        (
            "users: 10\nspawn_rate: 2\nrun_time: 1m\n",
            vec!["users", "spawn_rate", "run_time"],
        ),
        (
            "num_threads: 10\nramp_time: 5\nloops: 3\n",
            vec!["num_threads", "ramp_time", "loops"],
        ),
        (
            "phases: [ { duration: 60, arrivalRate: 20 } ]\n",
            vec!["phases"],
        ),
        ("rps: 50\n", vec!["rps"]),
        ("iterations_count: 50\n", vec!["iterations_count"]),
        (
            "arrivals: { rps: 50, duration: 60 }\n",
            vec!["rps", "duration"],
        ),
        (
            "arrivals: { stages: [ { duration: 60, target: 50 } ] }\n",
            vec!["duration", "target"],
        ),
        (
            "arrivals: { stages: [ { startRate: 5, rate: 50/s, ramp_up: 5s } ] }\n",
            vec!["startRate", "ramp_up"],
        ),
        (
            "concurrency: { users: 50, duration: 60 }\n",
            vec!["users", "duration"],
        ),
        (
            "threads: [ { users: 50, rampUp: 5s, duration: 60 } ]\n",
            vec!["users", "rampUp", "duration"],
        ),
        ("threads: 5\n", vec![]),
    ] {
        let said = said(&format!("target: {{ bookstore: {{}} }}\n{load}{steps}"));
        assert_eq!(said.len(), keys.len().max(1), "{load}: {said:#?}");
        for (said, key) in said.iter().zip(keys) {
            assert!(
                said.contains(&format!("unknown key \"{key}\": ")),
                "{load}: {said}"
            );
            assert!(
                said.contains('{') || said.contains("1m"),
                "an example: {said}"
            );
        }
    }
}

#[test]
fn keys_of_other_tools_are_translated_in_place() {
    let step = |keys: &str| {
        format!(
            "{HEAD}scenarios:\n- name: one\n  steps: [ {{ request: GET catalog/a, {keys} }} ]\n"
        )
    };
    let scenario = |keys: &str| {
        format!(
            "{HEAD}scenarios:\n- name: one\n  {keys}\n  steps: [ {{ request: GET catalog/a }} ]\n"
        )
    };
    let top = |keys: &str| format!("{keys}\n{}", scenario("weight: 1"));
    for (text, right) in [
        (step("extract: {}"), "capture: { token: { json: $.token } }"),
        (step("assert: {}"), "expect: { status: 200"),
        (step("check: {}"), "expect: { status: 200"),
        (step("body: a"), "json: { id: 1 }"),
        (step("payload: a"), "json: { id: 1 }"),
        (step("params: {}"), "GET shop/items?page=2"),
        (step("method: GET"), "request: GET shop/items"),
        (step("url: /"), "request: GET shop/items"),
        (step("sleep: 1"), "- think: 1s"),
        (step("group: a"), "there are no groups of steps"),
        (
            format!("{HEAD}scenarios:\n- name: one\n  steps: [ {{ group: a }} ]\n"),
            "there are no groups of steps",
        ),
        (step("tags: {}"), "requests have no tags"),
        (
            scenario("preAllocatedVUs: 10"),
            "arrivals: { rate: 50/s, hold: 1m, max_users: 100 }",
        ),
        (step("thinkTime: 1"), "- think: 1s"),
        (step("loop: 3"), "{ repeat: 3, steps:"),
        (scenario("thinkTime: 1s"), "did you mean \"think_time\"?"),
        (scenario("think-time: 1s"), "did you mean \"think_time\"?"),
        (scenario("vus: 1"), "concurrency: { target: 10, hold: 1m }"),
        (
            scenario("flow: []"),
            "steps: [ { request: GET shop/items } ]",
        ),
        (
            scenario("executor: constant-vus"),
            "concurrency, threads, arrivals or iterations",
        ),
        (top("scenario: []"), "did you mean \"scenarios\"?"),
        (top("tests: []"), "scenarios: [ { name: browse"),
        (top("rampUp: 5s"), "ramp_up: 10s"),
        (top("ramp-up: 5s"), "ramp_up: 10s"),
        (top("arrivalRate: 5"), "arrivals: { rate:"),
        (top("thinkTime: 5"), "think_time: 1s"),
        (top("checks: []"), "thresholds: ["),
        (
            top("thresholds: { http_req_duration: [\"p(95)<500\"] }"),
            "write thresholds: [ \"p95 < 500ms\"",
        ),
    ] {
        let said = said(&text);
        assert!(said[0].contains(right), "{text}: {said:#?}");
        assert_eq!(said.len(), 1, "{text}: {said:#?}");
    }
}

#[test]
fn values_of_other_tools_are_translated() {
    let with = |step: &str, threshold: &str| {
        format!(
            "{HEAD}scenarios:\n- name: one\n  steps: [ {{ set: {{ id: 5 }}, {step} }} ]\nthresholds: [ \"{threshold}\" ]\n"
        )
    };
    let right = "p95 < 1s";
    for (text, right) in [
        (
            with("request: \"GET catalog/a/{id}\"", right),
            "\"{id}\" is plain text: a variable is written ${id}",
        ),
        (
            with("request: \"GET catalog/a/{{id}}\"", right),
            "\"{{id}}\" is plain text: a variable is written ${id}",
        ),
        (
            with("request: \"GET catalog/a/:id\"", right),
            "\":id\" is plain text",
        ),
        (
            with("request: \"GET catalog/a/$id\"", right),
            "\"$id\" is plain text",
        ),
        (
            with("request: \"GET catalog/a/%{id}\"", right),
            "\"%{id}\" is plain text",
        ),
        (
            with(
                "request: GET catalog/a, headers: { a: \"b {{ id }}\" }",
                right,
            ),
            "\"{{ id }}\" is plain text: a variable is written ${id}",
        ),
        (
            with(
                "request: POST catalog/a, json: { a: [ \"{{id}}\" ] }",
                right,
            ),
            "\"{{id}}\" is plain text",
        ),
        (
            with("request: POST catalog/a, form: { a: $id }", right),
            "\"$id\" is plain text",
        ),
        (
            with("request: GET catalog/a", "p(95)<500"),
            "write p95 < 500ms",
        ),
        (
            with("request: GET catalog/a", "p95<500"),
            "500 needs a unit; write 500s or 500ms",
        ),
        (
            with("request: GET catalog/a", "http_req_duration < 500"),
            "write p95 < 500ms",
        ),
        (
            with("request: GET catalog/a", "http_req_failed < 0.01"),
            "write error_rate < 1%",
        ),
        (
            with("request: GET catalog/a", "rate<0.01"),
            "write error_rate < 1%",
        ),
        (
            with("request: GET catalog/a", "avg < 200"),
            "write mean < 200ms",
        ),
        (
            with("request: GET catalog/a, timeout: 10 s", right),
            "write it as 10s",
        ),
        (
            with("request: GET catalog/a, timeout: 10", right),
            "write 10s or 10ms",
        ),
        (
            with("request: GET catalog/a, timeout: 1min", right),
            "did you mean \"m\"?",
        ),
        (
            with("request: GET catalog/a, timeout: 10sec", right),
            "did you mean \"s\"?",
        ),
        (
            with("request: GET catalog/a, timeout: PT10S", right),
            "write it as 10s",
        ),
        (
            with("request: GET catalog/a, timeout: 1_000ms", right),
            "write it as 1000ms",
        ),
        (
            with("request: GET catalog/a", right)
                .replace("concurrency: { target: 1", "arrivals: { rate: 500rps"),
            "write it as 500/s",
        ),
        (
            with("request: GET catalog/a", right)
                .replace("concurrency: { target: 1", "arrivals: { rate: 500/sec"),
            "did you mean \"500/s\"?",
        ),
        (
            with("request: GET catalog/a", right)
                .replace("concurrency: { target: 1", "arrivals: { rate: 10/min"),
            "did you mean \"10/m\"?",
        ),
    ] {
        let said = said(&text);
        assert_eq!(said.len(), 1, "{text}: {said:#?}");
        assert!(said[0].contains(right), "{text}: {said:#?}");
    }
    // Percentiles may have decimals. Braces of GraphQL and of regular expressions are no placeholders.
    let graphql = "request: POST catalog/graphql, json: { query: \"query($id: ID!) { item(id: $id) { id } }\", variables: { id: \"${id}\" } }, expect: { body: { matches: 'a{1,2}' } }";
    assert_eq!(said(&with(graphql, "p99.9 < 1s")), [""; 0]);
}

#[test]
fn only_the_beginning_of_a_file_that_is_no_experiment_is_shown() {
    let said = said(&"timeStamp,elapsed\n1,2\n".repeat(1_000));
    assert_eq!(said.len(), 1, "{said:#?}");
    let beginning = "expected an experiment: a mapping of keys, found \"timeStamp,elapsed 1,2";
    assert!(said[0].contains(beginning), "{said:#?}");
    assert!(said[0].len() < 200, "{said:#?}");
}

#[test]
fn enclosing_keys_of_other_tools_are_searched() {
    let steps = "scenarios: [ { name: one, steps: [ { request: GET shop/a } ] } ]\n";
    let artillery = "config:\n  target: https://shop.test\n  phases: [ { duration: 60, arrivalRate: 5 } ]\n  payload: { path: a.csv }\n";
    let said_of = |text: String| -> Vec<String> {
        let said = said(&text);
        let starts = said
            .iter()
            .map(|it| it.split(": ").take(2).collect::<Vec<_>>().join(": "));
        starts.collect()
    };
    assert_eq!(
        said_of(format!("{artillery}{steps}")),
        [
            "1:1: unknown key \"config\"",
            "2:11: expected a mapping with bookstore or urls, found \"https://shop.test\"",
            "3:3: unknown key \"phases\"",
            "4:3: unknown key \"payload\"",
        ]
    );
    let k6 = "options:\n  vus: 10\n  thresholds: { http_req_failed: [ 'rate<0.01' ] }\ntarget: { urls: { shop: 'http://a.test' } }\n";
    assert_eq!(
        said_of(format!("{k6}{steps}")),
        [
            "1:1: unknown key \"options\"",
            "2:3: unknown key \"vus\"",
            "3:15: expected a list, found a mapping; write thresholds",
        ]
    );
}

#[test]
fn all_mistakes_in_one_text_are_reported() {
    let text = format!(
        "{HEAD}scenarios:\n- name: one\n  steps: [ {{ request: \"POST catalog/${{a}}/${{b}}/${{a}}\", json: {{ x: \"${{c}}\", y: [ \"${{d}}\" ] }} }} ]\n"
    );
    let names: Vec<String> = said(&text)
        .iter()
        .map(|it| it.split('"').nth(1).unwrap().to_owned())
        .collect();
    assert_eq!(names, ["a", "b", "a", "c", "d"]);
}

#[test]
fn places_are_right_after_a_byte_order_mark_and_line_breaks_of_windows() {
    let (text, expected) = broken(&(0..MISTAKES.len()).collect::<Vec<_>>());
    // A tab may stand between tokens.
    let windows = format!(
        "\u{feff}{}",
        text.replace("seed: 3", "seed: 3\t# a tab")
            .replace('\n', "\r\n")
    );
    let found: Vec<_> = mistakes(&windows)
        .iter()
        .map(|it| (it.line, it.column))
        .collect();
    let expected: Vec<_> = expected.iter().map(|it| (it.0, it.1)).collect();
    assert_eq!(found, expected);
    assert!(
        mistakes(&windows)
            .iter()
            .all(|it| !it.source_line.contains(['\r', '\u{feff}']))
    );
}

#[test]
fn mistakes_beyond_the_limit_are_counted() {
    let keys: String = (0..70)
        .map(|number| format!("frobnicate{number}: 1\n"))
        .collect();
    let text =
        format!("{keys}{HEAD}scenarios: [ {{ name: one, steps: [ request: GET catalog/a ] }} ]\n");
    let shown = parse(&text, Path::new("x.yaml")).unwrap_err().to_string();
    assert_eq!(shown.matches("unknown key").count(), 50);
    assert!(shown.ends_with("\n\nand 20 more mistakes"), "{shown}");
}

#[test]
fn a_file_with_too_many_mistakes_is_not_read_to_its_end() {
    let rows = "- { start: [] }\n".repeat(2_000);
    let found = mistakes(&format!("threads:\n{rows}"));
    assert_eq!(found.len(), 200);
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    margin: f64,
    runs: u32,
    #[serde(default)]
    labels: Vec<String>,
}

#[test]
fn all_mistakes_of_other_files_are_reported_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gate.yaml");
    std::fs::write(
        &path,
        "\u{feff}margn: ten\r\nlabels: [a, [b]]\r\nfrobnicate: 1\r\nfrobnicate: 2\r\n",
    )
    .unwrap();
    let error = workbench_plan::read_settings::<Settings>(&path).unwrap_err();
    let PlanError::Invalid { mistakes, .. } = error else {
        panic!("{error}")
    };
    let said: Vec<String> = mistakes
        .iter()
        .map(|it| format!("{}:{}: {}", it.line, it.column, it.message))
        .collect();
    assert_eq!(
        said,
        [
            "1:1: unknown key \"margn\"; did you mean \"margin\"?",
            "2:13: expected text, found a list",
            "3:1: unknown key \"frobnicate\"; expected one of \"margin\", \"runs\", \"labels\"",
            "4:1: \"frobnicate\" is given twice; it already stands in line 3",
        ]
    );
    std::fs::write(&path, "margin: 0.1\nruns: 5\n").unwrap();
    let settings: Settings = workbench_plan::read_settings(&path).unwrap();
    assert_eq!(
        (settings.margin, settings.runs, settings.labels.len()),
        (0.1, 5, 0)
    );
}

mod unreadable {
    //! Files that are not text.

    use std::path::Path;

    use workbench_plan::read;

    fn refused(path: &Path) -> String {
        read(path).unwrap_err().to_string()
    }

    #[test]
    fn what_never_ends_is_not_read() {
        assert_eq!(
            refused(Path::new("/dev/zero")),
            "cannot read /dev/zero: it is not a file but a device, a pipe or a socket"
        );
    }

    #[test]
    fn a_socket_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.yaml");
        let _listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
        assert!(refused(&path).ends_with("it is not a file but a device, a pipe or a socket"));
    }

    #[test]
    fn a_file_without_end_is_not_read_to_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.yaml");
        // A sparse file, which takes no space on the disk.
        std::fs::File::create(&path)
            .unwrap()
            .set_len(1 << 40)
            .unwrap();
        let said = refused(&path);
        assert!(said.contains("it has more than 16 MiB"), "{said}");
    }

    #[test]
    fn a_file_with_nothing_but_a_byte_order_mark_is_empty() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.yaml");
        for text in ["", "\u{feff}", "\u{feff}\r\n \r\n"] {
            std::fs::write(&path, text).unwrap();
            let said = refused(&path);
            assert!(said.contains("the file is empty"), "{text:?}: {said}");
        }
    }
}
