//! Mistakes in experiment files and their messages. Long, because there is one case for each mistake.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use insta::assert_snapshot;
use workbench_plan::{PlanError, json_schema, parse, read};

/// A valid file. Each test breaks it in one place.
const RIGHT: &str = r#"name: right
title: Nothing wrong here
seed: 3
target:
  bookstore: { database: sqlite, products: 100 }
threads:
  - { start: 100, initial_delay: 0s, startup: 10s, hold: 60s, shutdown: 10s }
scenarios:
  - name: shopper
    weight: 3
    think_time: { uniform: [100ms, 300ms] }
    steps:
      - request: GET catalog/products/${product}
        set: { product: { uniform: [1, 100] } }
      - request: POST cart/carts/${user}
        headers: { accept: application/json }
        json: { product_id: "${product}", quantity: 1 }
        expect: { status: 201 }
thresholds: [ "p95 < 500ms", 'p99 of "POST cart/carts/${user}" < 1s' ]
"#;

fn broken(right: &str, wrong: &str) -> String {
    assert_eq!(
        RIGHT.matches(right).count(),
        1,
        "{right:?} has to stand in the file once"
    );
    RIGHT.replace(right, wrong)
}

fn refused(text: &str) -> String {
    let error = parse(text, Path::new("experiments/x.yaml")).unwrap_err();
    assert!(matches!(error, PlanError::Invalid { .. }));
    error.to_string()
}

/// The message for a mistake that the schema rejects too, so that editors underline it.
fn refused_by_the_schema_too(text: &str) -> String {
    let value: serde_json::Value = serde_yaml::from_str(text).unwrap();
    assert!(
        !jsonschema::is_valid(&json_schema(), &value),
        "the schema does not see it"
    );
    refused(text)
}

#[test]
fn the_unbroken_file_is_accepted_by_the_parser_and_by_the_schema() {
    parse(RIGHT, Path::new("x.yaml")).unwrap();
    let value: serde_json::Value = serde_yaml::from_str(RIGHT).unwrap();
    jsonschema::validate(&json_schema(), &value).unwrap();
}

#[test]
fn an_unknown_key_at_the_top() {
    assert_snapshot!(refused_by_the_schema_too(&broken("threads:", "thread:")), @r#"
experiments/x.yaml:6:1: unknown key "thread"; did you mean "threads"?
  |
6 | thread:
  | ^^^^^^
"#);
}

#[test]
fn an_unknown_key_in_a_row_of_threads() {
    assert_snapshot!(refused_by_the_schema_too(&broken("initial_delay", "inital_delay")), @r#"
experiments/x.yaml:7:19: unknown key "inital_delay"; did you mean "initial_delay"?
  |
7 |   - { start: 100, inital_delay: 0s, startup: 10s, hold: 60s, shutdown: 10s }
  |                   ^^^^^^^^^^^^
"#);
}

#[test]
fn an_unknown_key_in_a_step() {
    assert_snapshot!(refused_by_the_schema_too(&broken("expect:", "expects:")), @r#"
experiments/x.yaml:18:9: unknown key "expects"; did you mean "expect"?
   |
18 |         expects: { status: 201 }
   |         ^^^^^^^
"#);
}

#[test]
fn an_unknown_distribution() {
    assert_snapshot!(refused_by_the_schema_too(&broken("{ uniform: [1,", "{ unifrom: [1,")), @r#"
experiments/x.yaml:14:27: unknown key "unifrom"; did you mean "uniform"?
   |
14 |         set: { product: { unifrom: [1, 100] } }
   |                           ^^^^^^^
"#);
}

#[test]
fn a_distribution_that_variables_do_not_have() {
    assert_snapshot!(refused_by_the_schema_too(&broken("{ uniform: [1, 100] }", "{ gamma: 5 }")), @r#"
experiments/x.yaml:14:27: unknown key "gamma"; expected one of "uniform", "choice", "exponential", "normal", "lognormal", "zipf", "uuid", "sequence", "now", "secret_file"
   |
14 |         set: { product: { gamma: 5 } }
   |                           ^^^^^
"#);
}

/// The message for an injected fault of the bookstore.
fn refused_fault(fault: &str) -> String {
    let faults = format!("products: 100, faults: [ \"{fault}\" ]");
    let said = refused(&broken("products: 100", &faults));
    said.lines().next().unwrap().to_owned()
}

#[test]
fn mistakes_in_a_fault_of_the_bookstore() {
    for (fault, message) in [
        (
            "GET",
            "5:59: a fault names a method, a service with a route, and what happens",
        ),
        (
            "FETCH catalog/products errors=1%",
            "5:60: unknown method \"FETCH\"; expected one of \"GET\"",
        ),
        (
            "GET catalogue/products errors=1%",
            "5:64: unknown service \"catalogue\"; did you mean \"catalog\"?",
        ),
        (
            "GET products errors=1%",
            "5:64: a target is a service and a route's pattern",
        ),
        (
            "GET catalog/products",
            "5:59: nothing happens: give latency=…, errors=… or stall=…",
        ),
        (
            "GET catalog/products latenzy=constant(1s)",
            "5:81: unknown setting \"latenzy\"; did you mean \"latency\"?",
        ),
        (
            "GET catalog/products latency=20ms",
            "5:81: unknown distribution \"20ms\"; expected one of",
        ),
        (
            "GET catalog/products latency=constant(20)",
            "5:81: 20 needs a unit; write 20s or 20ms",
        ),
        (
            "GET catalog/products latency=uniform(20ms)",
            "5:81: write it as uniform(10ms,30ms)",
        ),
        (
            "GET catalog/products latency=uniform(2s,1s)",
            "5:81: 1s is shorter than 2s",
        ),
        (
            "GET catalog/products errors=0.1",
            "5:81: \"0.1\" is not a share above 0% and up to 100%",
        ),
        (
            "GET catalog/products errors=1% errors=2%",
            "5:91: errors is given twice",
        ),
        (
            "GET catalog/products errors=1% status=404",
            "5:91: \"404\" cannot be injected: use 500 or 503",
        ),
        (
            "GET catalog/products stall=2s",
            "5:81: a stall has a length and a time: 2s@10s",
        ),
        (
            "GET catalog/products stall=2s@2h",
            "5:81: \"2h\" is longer than an hour",
        ),
        (
            "GET catalog/products stall=2s@1s status=500",
            "5:59: status=… says what errors=… answer",
        ),
    ] {
        let said = refused_fault(fault);
        let place = said.strip_prefix("experiments/x.yaml:").unwrap();
        assert!(place.starts_with(message), "{fault}: {said}");
    }
}

#[test]
fn numbers_and_names_that_are_too_large() {
    let refused_with = |from: &str, to: &str| refused(&broken(from, to));
    assert!(
        refused_with("weight: 3", "weight: 99999999999999999999")
            .contains("99999999999999999999 is a larger number than any that is read")
    );
    let name = format!("name: {}", "a".repeat(101));
    assert!(refused_with("name: right", &name).contains("the name has more than 100 letters"));
}

#[test]
fn a_key_that_no_right_one_resembles() {
    assert_snapshot!(refused_by_the_schema_too(&broken("weight: 3", "frobnicate: 3")), @r#"
experiments/x.yaml:10:5: unknown key "frobnicate"; expected one of "name", "weight", "threads", "concurrency", "arrivals", "iterations", "think_time", "pacing", "stop", "on_start", "steps", "on_stop"
   |
10 |     frobnicate: 3
   |     ^^^^^^^^^^
"#);
}

#[test]
fn text_where_a_number_belongs() {
    assert_snapshot!(refused_by_the_schema_too(&broken("start: 100", "start: ten")), @r#"
experiments/x.yaml:7:14: expected a whole number, found "ten"
  |
7 |   - { start: ten, initial_delay: 0s, startup: 10s, hold: 60s, shutdown: 10s }
  |              ^^^
"#);
}

#[test]
fn a_number_where_a_list_belongs() {
    let text = broken(
        r#"[ "p95 < 500ms", 'p99 of "POST cart/carts/${user}" < 1s' ]"#,
        "5",
    );
    assert_snapshot!(refused_by_the_schema_too(&text), @r#"
experiments/x.yaml:19:13: expected a list, found 5
   |
19 | thresholds: 5
   |             ^
"#);
}

#[test]
fn a_negative_number() {
    assert_snapshot!(refused_by_the_schema_too(&broken("products: 100", "products: -1")), @r#"
experiments/x.yaml:5:44: expected a whole number from 0 to 4294967295, found -1
  |
5 |   bookstore: { database: sqlite, products: -1 }
  |                                            ^^
"#);
}

#[test]
fn a_list_where_text_belongs() {
    assert_snapshot!(refused_by_the_schema_too(&broken("title: Nothing wrong here", "title: [a, b]")), @r#"
experiments/x.yaml:2:8: expected text, found a list
  |
2 | title: [a, b]
  |        ^^^^^^
"#);
}

#[test]
fn a_range_of_one_value() {
    assert_snapshot!(refused_by_the_schema_too(&broken("[1, 100]", "[1]")), @r#"
experiments/x.yaml:14:36: expected two values, the lowest and the highest, found 1
   |
14 |         set: { product: { uniform: [1] } }
   |                                    ^^^^
"#);
}

#[test]
fn a_fraction_where_a_variable_takes_whole_numbers() {
    assert_snapshot!(refused_by_the_schema_too(&broken("{ uniform: [1, 100] }", "1.5")), @r#"
experiments/x.yaml:14:25: expected a whole number or text (other numbers in quotes), found 1.5
   |
14 |         set: { product: 1.5 }
   |                         ^^^
"#);
}

#[test]
fn a_space_in_an_address() {
    assert_snapshot!(refused_by_the_schema_too(&broken("GET catalog/products/", "GET catalog/new products/")), @r#"
experiments/x.yaml:13:34: a request is a method and an address; a space in it is written %20
   |
13 |       - request: GET catalog/new products/${product}
   |                                  ^^^^^^^^^^^^^^^^^^^
"#);
}

#[test]
fn a_missing_key() {
    assert_snapshot!(refused_by_the_schema_too(&broken("request: POST cart/carts/${user}", "name: cart")), @r#"
experiments/x.yaml:15:9: missing key "request"
   |
15 |       - name: cart
   |         ^
"#);
}

#[test]
fn no_target_at_all() {
    let text = broken(
        "target:\n  bookstore: { database: sqlite, products: 100 }\n",
        "",
    );
    assert_snapshot!(refused_by_the_schema_too(&text), @r#"
experiments/x.yaml:1:1: missing key "target"
  |
1 | name: right
  | ^
"#);
}

#[test]
fn a_time_without_a_unit() {
    assert_snapshot!(refused_by_the_schema_too(&broken("hold: 60s", "hold: 60")), @r#"
experiments/x.yaml:7:58: 60 needs a unit; write 60s or 60ms
  |
7 |   - { start: 100, initial_delay: 0s, startup: 10s, hold: 60, shutdown: 10s }
  |                                                          ^^
"#);
}

#[test]
fn a_time_with_an_unknown_unit() {
    assert_snapshot!(refused_by_the_schema_too(&broken("300ms", "300millis")), @r#"
experiments/x.yaml:11:39: unknown unit "millis"; did you mean "ms"?
   |
11 |     think_time: { uniform: [100ms, 300millis] }
   |                                       ^^^^^^
"#);
}

#[test]
fn an_unknown_variable_in_an_address() {
    assert_snapshot!(refused(&broken("products/${product}", "products/${prodct}")), @r#"
experiments/x.yaml:13:39: unknown variable "prodct"; did you mean "product"?
   |
13 |       - request: GET catalog/products/${prodct}
   |                                       ^^^^^^^^^
"#);
}

#[test]
fn an_unknown_variable_in_a_body() {
    assert_snapshot!(refused(&broken("\"${product}\"", "\"${prodct}\"")), @r#"
experiments/x.yaml:17:30: unknown variable "prodct"; did you mean "product"?
   |
17 |         json: { product_id: "${prodct}", quantity: 1 }
   |                              ^^^^^^^^^
"#);
}

#[test]
fn a_variable_that_is_set_too_late() {
    let text = broken("        set: { product: { uniform: [1, 100] } }\n", "")
        .replace("headers:", "set: { product: 5 }\n        headers:");
    assert_snapshot!(refused(&text), @r#"
experiments/x.yaml:13:39: variable "product" is used before a step sets it
   |
13 |       - request: GET catalog/products/${product}
   |                                       ^^^^^^^^^^
"#);
}

#[test]
fn an_open_brace() {
    assert_snapshot!(refused(&broken("products/${product}", "products/${product")), @r#"
experiments/x.yaml:13:39: "${" without its "}"; a dollar sign is written $$
   |
13 |       - request: GET catalog/products/${product
   |                                       ^^^^^^^^^
"#);
}

#[test]
fn an_unknown_service() {
    let text = RIGHT.replace("POST cart/", "POST cort/");
    assert_snapshot!(refused(&text), @r#"
experiments/x.yaml:15:23: unknown service "cort"; did you mean "cart"?
   |
15 |       - request: POST cort/carts/${user}
   |                       ^^^^
"#);
}

#[test]
fn an_unsupported_method() {
    assert_snapshot!(refused_by_the_schema_too(&broken("GET catalog", "get catalog")), @r#"
experiments/x.yaml:13:18: unknown method "get"; did you mean "GET"?
   |
13 |       - request: get catalog/products/${product}
   |                  ^^^
"#);
}

#[test]
fn two_scenarios_of_one_name() {
    let text = broken(
        "thresholds:",
        "  - { name: shopper, steps: [ request: GET cart/carts ] }\nthresholds:",
    );
    assert_snapshot!(refused(&text), @r#"
experiments/x.yaml:19:13: two scenarios are named "shopper"
   |
19 |   - { name: shopper, steps: [ request: GET cart/carts ] }
   |             ^^^^^^^
"#);
}

#[test]
fn no_scenarios() {
    let scenarios = RIGHT.find("scenarios:").unwrap();
    let text = format!("{}scenarios: []\n", &RIGHT[..scenarios]);
    assert_snapshot!(refused_by_the_schema_too(&text), @r#"
experiments/x.yaml:8:12: at least one scenario is needed: users would have nothing to do
  |
8 | scenarios: []
  |            ^^
"#);
}

#[test]
fn no_users() {
    assert_snapshot!(refused_by_the_schema_too(&broken("start: 100", "start: 0")), @r#"
experiments/x.yaml:7:14: at least one user is needed
  |
7 |   - { start: 0, initial_delay: 0s, startup: 10s, hold: 60s, shutdown: 10s }
  |              ^
"#);
}

#[test]
fn a_row_that_takes_no_time() {
    let text = broken("startup: 10s, hold: 60s, shutdown: 10s", "hold: 0s");
    assert_snapshot!(refused(&text), @r#"
experiments/x.yaml:7:5: this row takes no time: startup, hold and shutdown are all 0s
  |
7 |   - { start: 100, initial_delay: 0s, hold: 0s }
  |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
"#);
}

fn with_load(load: &str) -> String {
    let threads = RIGHT.find("threads:").unwrap();
    let scenarios = RIGHT.find("scenarios:").unwrap();
    format!("{}{load}\n{}", &RIGHT[..threads], &RIGHT[scenarios..])
}

#[test]
fn more_steps_than_users() {
    let text = with_load("concurrency: { target: 5, ramp_up: 10s, steps: 50, hold: 0s }");
    assert_snapshot!(refused(&text), @r#"
experiments/x.yaml:6:48: 50 steps cannot be taken by 5 users
  |
6 | concurrency: { target: 5, ramp_up: 10s, steps: 50, hold: 0s }
  |                                                ^^
"#);
}

#[test]
fn steps_without_a_ramp() {
    let text = with_load("concurrency: { target: 5, steps: 5, hold: 10s }");
    assert_snapshot!(refused(&text), @r#"
experiments/x.yaml:6:34: steps need a "ramp_up" to spread over
  |
6 | concurrency: { target: 5, steps: 5, hold: 10s }
  |                                  ^
"#);
}

#[test]
fn both_kinds_of_load() {
    let text = broken(
        "threads:",
        "concurrency: { target: 5, hold: 10s }\nthreads:",
    );
    assert_snapshot!(refused_by_the_schema_too(&text), @r#"
experiments/x.yaml:6:1: the load comes either from "threads" or from "concurrency", not from both
  |
6 | concurrency: { target: 5, hold: 10s }
  | ^^^^^^^^^^^
"#);
}

#[test]
fn no_load() {
    assert_snapshot!(refused_by_the_schema_too(&with_load("")), @r#"
experiments/x.yaml:1:1: missing key "threads", "concurrency", "arrivals" or "iterations": there would be no users
  |
1 | name: right
  | ^
"#);
}

#[test]
fn arrivals_without_a_unit() {
    let text = with_load("arrivals: { rate: 500, hold: 60s }");
    assert_snapshot!(refused_by_the_schema_too(&text), @r#"
experiments/x.yaml:6:19: 500 needs a unit; write 500/s
  |
6 | arrivals: { rate: 500, hold: 60s }
  |                   ^^^
"#);
}

#[test]
fn arrivals_in_another_unit() {
    let text = with_load("arrivals: { rate: 500/sec, hold: 60s }");
    assert_snapshot!(refused_by_the_schema_too(&text), @r#"
experiments/x.yaml:6:23: unknown unit "sec"; did you mean "500/s"?
  |
6 | arrivals: { rate: 500/sec, hold: 60s }
  |                       ^^^
"#);
}

#[test]
fn arrivals_that_take_no_time() {
    assert_snapshot!(refused(&with_load("arrivals: { rate: 500/s }")), @r#"
experiments/x.yaml:6:11: this takes no time: ramp_up and hold are both 0s
  |
6 | arrivals: { rate: 500/s }
  |           ^^^^^^^^^^^^^^^
"#);
}

#[test]
fn arrivals_with_unknown_gaps() {
    let text = with_load("arrivals: { rate: 500/s, hold: 60s, gaps: exponentail }");
    assert_snapshot!(refused_by_the_schema_too(&text), @r#"
experiments/x.yaml:6:43: unknown word "exponentail"; did you mean "exponential"?
  |
6 | arrivals: { rate: 500/s, hold: 60s, gaps: exponentail }
  |                                           ^^^^^^^^^^^
"#);
}

#[test]
fn arrivals_in_steps_without_a_ramp() {
    assert_snapshot!(refused(&with_load("arrivals: { rate: 500/s, steps: 5, hold: 60s }")), @r#"
experiments/x.yaml:6:33: steps need a "ramp_up" to spread over
  |
6 | arrivals: { rate: 500/s, steps: 5, hold: 60s }
  |                                 ^
"#);
}

#[test]
fn arrivals_without_a_rate() {
    assert_snapshot!(refused(&with_load("arrivals: { hold: 60s }")), @r#"
experiments/x.yaml:6:11: missing key "rate" or "stages"
  |
6 | arrivals: { hold: 60s }
  |           ^^^^^^^^^^^^^
"#);
}

#[test]
fn arrivals_with_a_rate_beside_stages() {
    let text = with_load("arrivals: { rate: 5/s, stages: [ { rate: 9/s, hold: 1m } ], hold: 2m }");
    assert_snapshot!(refused(&text), @r#"
experiments/x.yaml:6:13: "rate" belongs to a single rate: each of the "stages" has its own
  |
6 | arrivals: { rate: 5/s, stages: [ { rate: 9/s, hold: 1m } ], hold: 2m }
  |             ^^^^

experiments/x.yaml:6:61: "hold" belongs to a single rate: each of the "stages" has its own
  |
6 | arrivals: { rate: 5/s, stages: [ { rate: 9/s, hold: 1m } ], hold: 2m }
  |                                                             ^^^^
"#);
}

#[test]
fn arrivals_without_a_stage() {
    assert_snapshot!(refused(&with_load("arrivals: { stages: [] }")), @r"
experiments/x.yaml:6:21: at least one stage is needed: there would be no arrivals
  |
6 | arrivals: { stages: [] }
  |                     ^^^
");
}

#[test]
fn a_stage_without_a_rate() {
    let text = with_load("arrivals:\n  stages:\n    - { rate: 9/s, hold: 1m }\n    - { hold: 1m }");
    assert_snapshot!(refused(&text), @r#"
experiments/x.yaml:9:7: missing key "rate"
  |
9 |     - { hold: 1m }
  |       ^^^^^^^^^^^^
"#);
}

#[test]
fn stages_each_with_a_mistake_of_its_own() {
    let text = with_load(
        "arrivals:\n  stages:\n    - { rate: 9/s }\n    - { rate: 20, hold: 1m }\n    - { from: 5/s, rate: 9/s, hold: 1m }\n    \
         - { rate: 9/s, hold: 1m, steps: 3 }\n    - { rate: 9/s, ramp: 10, hold: 1m }\n    - { rate: 9/s, ramp: 1m, from: -3/s }",
    );
    assert_snapshot!(refused(&text), @r#"
experiments/x.yaml:8:7: this takes no time: ramp and hold are both 0s
  |
8 |     - { rate: 9/s }
  |       ^^^^^^^^^^^^^

experiments/x.yaml:9:15: 20 needs a unit; write 20/s
  |
9 |     - { rate: 20, hold: 1m }
  |               ^^

experiments/x.yaml:10:9: "from" is where a ramp begins: it needs a "ramp"
   |
10 |     - { from: 5/s, rate: 9/s, hold: 1m }
   |         ^^^^

experiments/x.yaml:11:37: steps need a "ramp" to spread over
   |
11 |     - { rate: 9/s, hold: 1m, steps: 3 }
   |                                     ^

experiments/x.yaml:12:26: 10 needs a unit; write 10s or 10ms
   |
12 |     - { rate: 9/s, ramp: 10, hold: 1m }
   |                          ^^

experiments/x.yaml:13:36: "-3/s" is not a rate; write it as 500/s, 30/m or 10/h
   |
13 |     - { rate: 9/s, ramp: 1m, from: -3/s }
   |                                    ^^^^
"#);
}

#[test]
fn stages_in_which_nothing_arrives() {
    let text =
        with_load("arrivals: { stages: [ { rate: 0/s, hold: 1m }, { rate: 0/m, ramp: 1m } ] }");
    assert_snapshot!(refused(&text), @r"
experiments/x.yaml:6:21: nothing arrives: all rates are 0
  |
6 | arrivals: { stages: [ { rate: 0/s, hold: 1m }, { rate: 0/m, ramp: 1m } ] }
  |                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
");
}

#[test]
fn a_single_rate_of_nothing() {
    assert_snapshot!(refused(&with_load("arrivals: { rate: 0/s, hold: 1m }")), @r"
experiments/x.yaml:6:19: a rate has to be more than 0
  |
6 | arrivals: { rate: 0/s, hold: 1m }
  |                   ^^^
");
}

#[test]
fn arrivals_for_nobody() {
    let text = with_load("arrivals: { rate: 500/s, hold: 60s, max_users: 0 }");
    assert_snapshot!(refused_by_the_schema_too(&text), @r#"
experiments/x.yaml:6:48: at least one user is needed
  |
6 | arrivals: { rate: 500/s, hold: 60s, max_users: 0 }
  |                                                ^
"#);
}

#[test]
fn fewer_iterations_than_users() {
    let text = with_load("iterations: { total: 5, users: 10 }");
    assert_snapshot!(refused(&text), @r#"
experiments/x.yaml:6:22: every user does at least one iteration: 5 is too few
  |
6 | iterations: { total: 5, users: 10 }
  |                      ^
"#);
}

#[test]
fn no_iterations() {
    assert_snapshot!(refused_by_the_schema_too(&with_load("iterations: 0")), @r#"
experiments/x.yaml:6:13: every user does at least one iteration: 0 is too few
  |
6 | iterations: 0
  |             ^
"#);
}

#[test]
fn a_scenario_with_a_weight_and_a_load_of_its_own() {
    let text = broken(
        "    weight: 3\n",
        "    weight: 3\n    arrivals: { rate: 5/s, hold: 9s }\n",
    );
    assert_snapshot!(refused(&text), @r#"
experiments/x.yaml:6:1: every scenario has a load of its own: none uses this one
  |
6 | threads:
  | ^^^^^^^

experiments/x.yaml:10:5: a scenario has a "weight", or a load of its own, not both
   |
10 |     weight: 3
   |     ^^^^^^
"#);
}

#[test]
fn a_scenario_that_nobody_plays() {
    let text = "target: { bookstore: {} }\nscenarios:\n\
        - { name: one, steps: [ request: GET catalog/products ], iterations: 5 }\n\
        - { name: two, steps: [ request: GET catalog/products ] }\n";
    assert_snapshot!(refused_by_the_schema_too(text), @r#"
experiments/x.yaml:4:3: "two" has no users: it needs "threads", "concurrency", "arrivals" or "iterations", or the experiment does
  |
4 | - { name: two, steps: [ request: GET catalog/products ] }
  |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
"#);
}

#[test]
fn a_sweep_of_users_over_arrivals() {
    let text = with_load("arrivals: { rate: 5/s, hold: 9s }\nsweep: { users: [1, 2] }\n");
    assert_snapshot!(refused(&text), @r#"
experiments/x.yaml:7:10: a sweep over users needs the experiment's own "threads" or "concurrency"
  |
7 | sweep: { users: [1, 2] }
  |          ^^^^^
"#);
}

#[test]
fn a_threshold_on_an_unknown_metric() {
    assert_snapshot!(refused_by_the_schema_too(&broken("p95 < 500ms", "error_rte < 1%")), @r#"
experiments/x.yaml:19:16: unknown metric "error_rte"; did you mean "error_rate"?
   |
19 | thresholds: [ "error_rte < 1%", 'p99 of "POST cart/carts/${user}" < 1s' ]
   |                ^^^^^^^^^
"#);
}

#[test]
fn a_threshold_without_a_unit() {
    assert_snapshot!(refused(&broken("p95 < 500ms", "p95 < 500")), @r#"
experiments/x.yaml:19:22: 500 needs a unit; write 500s or 500ms
   |
19 | thresholds: [ "p95 < 500", 'p99 of "POST cart/carts/${user}" < 1s' ]
   |                      ^^^
"#);
}

#[test]
fn a_threshold_on_a_request_that_does_not_exist() {
    assert_snapshot!(refused(&broken("of \"POST cart/carts/${user}\"", "of \"POST cart/cart/${user}\"")), @r#"
experiments/x.yaml:19:39: no step is named "POST cart/cart/${user}"; did you mean "POST cart/carts/${user}"?
   |
19 | thresholds: [ "p95 < 500ms", 'p99 of "POST cart/cart/${user}" < 1s' ]
   |                                       ^^^^^^^^^^^^^^^^^^^^^^
"#);
}

#[test]
fn a_url_that_is_none() {
    let text = broken(
        "bookstore: { database: sqlite, products: 100 }",
        "urls: { catalog: localhost:8001, cart: 'http://localhost:8002' }",
    );
    assert_snapshot!(refused_by_the_schema_too(&text), @r#"
experiments/x.yaml:5:20: "localhost:8001" is not the URL of a service; write it as http://host:port
  |
5 |   urls: { catalog: localhost:8001, cart: 'http://localhost:8002' }
  |                    ^^^^^^^^^^^^^^
"#);
}

#[test]
fn an_unknown_database() {
    assert_snapshot!(refused_by_the_schema_too(&broken("database: sqlite", "database: mysql://db/shop")), @r#"
experiments/x.yaml:5:26: unknown kind of database "mysql"; write sqlite or postgres://user@host:port/name
  |
5 |   bookstore: { database: mysql://db/shop, products: 100 }
  |                          ^^^^^
"#);
}

#[test]
fn a_status_that_no_answer_has() {
    assert_snapshot!(refused_by_the_schema_too(&broken("status: 201", "status: [201, 20]")), @r#"
experiments/x.yaml:18:33: a final HTTP status lies between 200 and 599
   |
18 |         expect: { status: [201, 20] }
   |                                 ^^
"#);
}

#[test]
fn a_header_that_the_client_sends_itself() {
    assert_snapshot!(refused(&broken("accept: application/json", "Content-Length: \"7\"")), @r#"
experiments/x.yaml:16:20: "content-length" is sent by the client itself
   |
16 |         headers: { Content-Length: "7" }
   |                    ^^^^^^^^^^^^^^
"#);
}

#[test]
fn a_key_given_twice() {
    assert_snapshot!(refused(&broken("seed: 3", "title: Again")), @r#"
experiments/x.yaml:3:1: "title" is given twice; it already stands in line 2
  |
3 | title: Again
  | ^^^^^
"#);
}

#[test]
fn a_tab_for_indentation() {
    assert_snapshot!(refused(&broken("  bookstore:", "\tbookstore:")), @r#"
experiments/x.yaml:5:1: this is not YAML: found character that cannot start any token, while scanning for the next token; YAML is indented with spaces, not with tabs
  |
5 | 	bookstore: { database: sqlite, products: 100 }
  | ^
"#);
}

#[test]
fn a_bracket_that_is_not_closed() {
    assert_snapshot!(refused(&broken("products: 100 }", "products: 100")), @r#"
experiments/x.yaml:6:8: this is not YAML: did not find expected ',' or '}', while parsing a flow mapping at line 5 column 14
  |
6 | threads:
  |        ^
"#);
}

#[test]
fn a_variable_within_brackets_and_without_quotes() {
    let text = "scenarios:\n  - { name: one, steps: [ request: GET catalog/products/${user} ] }\n";
    let message = refused(text);
    assert!(
        message.contains("has to stand in double quotes"),
        "{message}"
    );
}

#[test]
fn a_key_without_its_colon() {
    assert_snapshot!(refused(&broken("seed: 3", "seed 3")), @r#"
experiments/x.yaml:4:1: this is not YAML: could not find expected ':', while scanning a simple key at line 3 column 1
  |
4 | target:
  | ^
"#);
}

#[test]
fn a_text_that_is_nested_too_deeply() {
    let brackets = "[".repeat(10_000) + &"]".repeat(10_000);
    assert_snapshot!(refused(&brackets).lines().next().unwrap(), @r#"experiments/x.yaml:1:129: this is not YAML: recursion limit exceeded"#);
    let dashes = "- ".repeat(10_000);
    assert_snapshot!(refused(&dashes).lines().next().unwrap(), @r#"experiments/x.yaml:1:259: this is nested too deeply"#);
}

#[test]
fn an_alias_is_as_wrong_as_its_anchor() {
    let text =
        broken("startup: 10s", "startup: &brief 10").replace("shutdown: 10s", "shutdown: *brief");
    assert_snapshot!(refused(&text), @r#"
experiments/x.yaml:7:47: 10 needs a unit; write 10s or 10ms
  |
7 |   - { start: 100, initial_delay: 0s, startup: &brief 10, hold: 60s, shutdown: *brief }
  |                                               ^^^^^^^^^
"#);
}

#[test]
fn an_empty_file() {
    assert_snapshot!(refused("# nothing yet\n"), @r#"
experiments/x.yaml:1:14: the file is empty
  |
1 | # nothing yet
  |              ^
"#);
    assert_snapshot!(refused(""), @r#"
experiments/x.yaml:1:1: the file is empty
  |
1 | 
  | ^
"#);
}

#[test]
fn a_file_that_is_only_text() {
    assert_snapshot!(refused("scenario3\n"), @r#"
experiments/x.yaml:1:1: expected an experiment: a mapping of keys, found "scenario3"
  |
1 | scenario3
  | ^^^^^^^^^
"#);
}

#[test]
fn two_documents_in_one_file() {
    assert_snapshot!(refused(&format!("{RIGHT}---\n{RIGHT}")), @r#"
experiments/x.yaml:20:1: a file holds one experiment, not several
   |
20 | ---
   | ^^^
"#);
}

#[test]
fn a_name_that_is_not_valid_for_a_folder() {
    assert_snapshot!(refused_by_the_schema_too(&broken("name: right", "name: ../My test")), @r#"
experiments/x.yaml:1:7: "../My test" cannot be the name: it names the results folder: lower-case letters, digits and hyphens
  |
1 | name: ../My test
  |       ^^^^^^^^^^
"#);
}

#[test]
fn independent_mistakes_are_all_reported_in_the_order_of_the_file() {
    let text = broken("hold: 60s", "hold: 60")
        .replace("GET catalog", "GET catalogue")
        .replace("[100ms, 300ms]", "[300ms, 100ms]")
        .replace("p95 < 500ms", "p95 < 500");
    assert_snapshot!(refused(&text), @r#"
experiments/x.yaml:7:58: 60 needs a unit; write 60s or 60ms
  |
7 |   - { start: 100, initial_delay: 0s, startup: 10s, hold: 60, shutdown: 10s }
  |                                                          ^^

experiments/x.yaml:11:28: the lowest time comes first
   |
11 |     think_time: { uniform: [300ms, 100ms] }
   |                            ^^^^^^^^^^^^^^^

experiments/x.yaml:13:22: unknown service "catalogue"; did you mean "catalog"?
   |
13 |       - request: GET catalogue/products/${product}
   |                      ^^^^^^^^^

experiments/x.yaml:19:22: 500 needs a unit; write 500s or 500ms
   |
19 | thresholds: [ "p95 < 500", 'p99 of "POST cart/carts/${user}" < 1s' ]
   |                      ^^^
"#);
}

#[test]
fn a_missing_file_is_reported_with_the_most_similar_name() {
    let folder = Path::new("../../experiments");
    let error = read(&folder.join("scenari3.yaml")).unwrap_err();
    assert_snapshot!(error.to_string(), @r#"cannot read ../../experiments/scenari3.yaml; did you mean ../../experiments/scenario3.yaml?"#);
    assert!(
        std::error::Error::source(&error)
            .unwrap()
            .to_string()
            .contains("No such file")
    );
}

/// The message for a file of these bytes whose name resembles that of another file.
fn read_bytes(test: &str, bytes: &[u8]) -> Result<workbench_plan::Plan, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("bom8.yaml"), "").unwrap();
    let file = folder.join("bom16.yaml");
    std::fs::write(&file, bytes).unwrap();
    read(&file).map_err(|error| {
        error
            .to_string()
            .replace(&format!("{}/", folder.display()), "")
    })
}

fn utf_16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

#[test]
fn a_byte_order_mark_and_windows_line_breaks_are_ignored() {
    let right = parse(RIGHT, Path::new("bom16.yaml")).unwrap();
    for text in [
        format!("\u{feff}{RIGHT}"),
        RIGHT.replace('\n', "\r\n"),
        format!("\u{feff}{}", RIGHT.replace('\n', "\r\n")),
    ] {
        assert_eq!(read_bytes("marks", text.as_bytes()).unwrap(), right);
    }
    let error = refused(
        &format!("\u{feff}{}", RIGHT.replace("name: right", "nme: right")).replace('\n', "\r\n"),
    );
    assert!(
        error.starts_with("experiments/x.yaml:1:1: unknown key \"nme\""),
        "{error}"
    );
}

#[test]
fn a_file_in_another_encoding_is_named_as_what_it_is() {
    let big: fn(u16) -> [u8; 2] = u16::to_be_bytes;
    for (bytes, encoding) in [
        (
            utf_16(&format!("\u{feff}{RIGHT}"), u16::to_le_bytes),
            "UTF-16LE",
        ),
        (utf_16(&format!("\u{feff}{RIGHT}"), big), "UTF-16BE"),
        (utf_16(RIGHT, u16::to_le_bytes), "UTF-16LE"),
        (utf_16(RIGHT, big), "UTF-16BE"),
        (
            RIGHT
                .chars()
                .flat_map(|letter| u32::from(letter).to_le_bytes())
                .collect(),
            "UTF-32LE",
        ),
    ] {
        assert_eq!(
            read_bytes("encodings", &bytes).unwrap_err(),
            format!(
                "cannot read bom16.yaml: it is written in {encoding}, and has to be in UTF-8; save it as UTF-8, or \
                 convert it: iconv -f {encoding} -t UTF-8"
            )
        );
    }
    let latin_1: Vec<u8> = RIGHT
        .replace("Nothing wrong here", "Un caf\u{e9}")
        .chars()
        .map(|letter| u8::try_from(letter).unwrap())
        .collect();
    assert_snapshot!(
        read_bytes("encodings", &latin_1).unwrap_err(),
        @"cannot read bom16.yaml: it is not in UTF-8 but probably in Latin-1: line 2, column 14 holds the byte 0xE9 (é); save it as UTF-8, or convert it: iconv -f LATIN1 -t UTF-8"
    );
    assert_snapshot!(read_bytes("encodings", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR").unwrap_err(), @"cannot read bom16.yaml: it is not text");
}

#[test]
fn an_unreadable_file_is_reported_without_a_suggestion() {
    let error = read(Path::new("../../experiments")).unwrap_err();
    assert_eq!(error.to_string(), "cannot read ../../experiments");
}

fn running_services(reset: &str) -> String {
    broken(
        "  bookstore: { database: sqlite, products: 100 }",
        &format!(
            "  urls: {{ catalog: 'http://localhost:8001', cart: 'http://localhost:8002' }}\n  reset: [ {reset} ]"
        ),
    )
}

#[test]
fn a_reset_of_the_bookstore_which_is_new_anyway() {
    let text = broken(
        "bookstore: { database: sqlite, products: 100 }",
        "bookstore: { database: sqlite, products: 100 }\n  reset: [ POST catalog/admin/reset ]",
    );
    assert_snapshot!(refused_by_the_schema_too(&text), @r#"
experiments/x.yaml:6:3: the bundled bookstore is started anew for each run; "reset" is for "urls"
  |
6 |   reset: [ POST catalog/admin/reset ]
  |   ^^^^^
"#);
}

#[test]
fn a_reset_at_an_unknown_service() {
    let text = running_services("POST catalog/admin/reset, POST card/admin/reset");
    assert_snapshot!(refused(&text), @r#"
experiments/x.yaml:6:43: unknown service "card"; did you mean "cart"?
  |
6 |   reset: [ POST catalog/admin/reset, POST card/admin/reset ]
  |                                           ^^^^
"#);
}

#[test]
fn a_reset_without_a_method() {
    let text = running_services("catalog/admin/reset");
    assert_snapshot!(refused_by_the_schema_too(&text), @r#"
experiments/x.yaml:6:12: a request is a method and an address: GET service/path
  |
6 |   reset: [ catalog/admin/reset ]
  |            ^^^^^^^^^^^^^^^^^^^
"#);
}

#[test]
fn a_reset_with_a_variable() {
    let text = running_services(r#""POST catalog/admin/reset/${user}""#);
    assert_snapshot!(refused(&text), @r#"
experiments/x.yaml:6:38: there are no variables in a reset, which is sent by no user
  |
6 |   reset: [ "POST catalog/admin/reset/${user}" ]
  |                                      ^^^^^^^
"#);
}

/// The valid file with a sweep over these users.
fn sweeping(users: &str) -> String {
    broken(
        "scenarios:",
        &format!("sweep:\n  users: {users}\nscenarios:"),
    )
}

#[test]
fn a_sweep_that_is_right() {
    for users in [
        "[1]",
        "[50, 1, 10]",
        "{ from: 1, to: 128, factor: 2 }",
        "{ from: 10, to: 1000, step: 10 }",
    ] {
        let text = sweeping(users);
        parse(&text, Path::new("x.yaml")).unwrap_or_else(|error| panic!("{error}"));
        let value: serde_json::Value = serde_yaml::from_str(&text).unwrap();
        jsonschema::validate(&json_schema(), &value).unwrap_or_else(|error| panic!("{error}"));
    }
}

#[test]
fn a_sweep_over_nothing() {
    assert_snapshot!(refused_by_the_schema_too(&sweeping("[]")), @r#"
experiments/x.yaml:9:10: at least one point is needed
  |
9 |   users: []
  |          ^^
"#);
}

#[test]
fn a_sweep_with_nobody() {
    assert_snapshot!(refused_by_the_schema_too(&sweeping("[10, 0, 20]")), @r#"
experiments/x.yaml:9:15: at least one user is needed
  |
9 |   users: [10, 0, 20]
  |               ^
"#);
}

#[test]
fn a_sweep_with_a_point_twice() {
    assert_snapshot!(refused_by_the_schema_too(&sweeping("[10, 20, 10]")), @r#"
experiments/x.yaml:9:19: 10 is in the list already; --repetitions repeats every point
  |
9 |   users: [10, 20, 10]
  |                   ^^
"#);
}

#[test]
fn a_sweep_with_more_users_than_a_machine_holds() {
    assert_snapshot!(refused_by_the_schema_too(&sweeping("[10, 2000000]")), @r#"
experiments/x.yaml:9:15: more than 1000000 users
  |
9 |   users: [10, 2000000]
  |               ^^^^^^^
"#);
}

#[test]
fn a_sweep_over_something_that_is_no_number() {
    assert_snapshot!(refused_by_the_schema_too(&sweeping("[10, many]")), @r#"
experiments/x.yaml:9:15: expected a whole number, found "many"
  |
9 |   users: [10, many]
  |               ^^^^
"#);
}

#[test]
fn a_sweep_that_is_one_number() {
    assert_snapshot!(refused_by_the_schema_too(&sweeping("10")), @r#"
experiments/x.yaml:9:10: expected a list such as [1, 10, 100] or a range such as { from: 1, to: 128, factor: 2 }, found 10
  |
9 |   users: 10
  |          ^^
"#);
}

#[test]
fn a_sweep_with_too_many_points() {
    assert_snapshot!(refused(&sweeping("{ from: 1, to: 1000, step: 1 }")), @r#"
experiments/x.yaml:9:10: 1000 points, and every one is a run; at most 100 make a sweep
  |
9 |   users: { from: 1, to: 1000, step: 1 }
  |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
"#);
}

#[test]
fn a_range_by_a_factor_and_by_a_step() {
    assert_snapshot!(refused_by_the_schema_too(&sweeping("{ from: 1, to: 64, factor: 2, step: 8 }")), @r#"
experiments/x.yaml:9:40: points grow either by a "factor" or by a "step", not by both
  |
9 |   users: { from: 1, to: 64, factor: 2, step: 8 }
  |                                        ^^^^
"#);
}

#[test]
fn a_range_without_a_factor_or_a_step() {
    assert_snapshot!(refused_by_the_schema_too(&sweeping("{ from: 1, to: 64 }")), @r#"
experiments/x.yaml:9:10: missing key "factor" or "step": by what the points grow
  |
9 |   users: { from: 1, to: 64 }
  |          ^^^^^^^^^^^^^^^^^^^
"#);
}

#[test]
fn a_range_that_does_not_grow_by_its_factor() {
    assert_snapshot!(refused_by_the_schema_too(&sweeping("{ from: 1, to: 64, factor: 1 }")), @r#"
experiments/x.yaml:9:37: a factor has to be at least 2, or the points do not grow
  |
9 |   users: { from: 1, to: 64, factor: 1 }
  |                                     ^
"#);
}

#[test]
fn a_range_that_does_not_grow_by_its_step() {
    assert_snapshot!(refused_by_the_schema_too(&sweeping("{ from: 1, to: 64, step: 0 }")), @r#"
experiments/x.yaml:9:35: a step has to be at least 1, or the points do not grow
  |
9 |   users: { from: 1, to: 64, step: 0 }
  |                                   ^
"#);
}

#[test]
fn a_range_that_begins_with_zero_users() {
    assert_snapshot!(refused_by_the_schema_too(&sweeping("{ from: 0, to: 64, factor: 2 }")), @r#"
experiments/x.yaml:9:18: at least one user is needed
  |
9 |   users: { from: 0, to: 64, factor: 2 }
  |                  ^
"#);
}

#[test]
fn a_range_that_ends_before_it_begins() {
    assert_snapshot!(refused(&sweeping("{ from: 64, to: 1, factor: 2 }")), @r#"
experiments/x.yaml:9:18: no point from 64 to 1: the lowest comes first
  |
9 |   users: { from: 64, to: 1, factor: 2 }
  |                  ^^
"#);
}

#[test]
fn a_range_with_an_unknown_key() {
    assert_snapshot!(refused_by_the_schema_too(&sweeping("{ from: 1, till: 64, factor: 2 }")), @r#"
experiments/x.yaml:9:21: unknown key "till"; expected one of "from", "to", "factor", "step"
  |
9 |   users: { from: 1, till: 64, factor: 2 }
  |                     ^^^^
"#);
}

#[test]
fn a_sweep_with_a_hundred_and_one_points_in_its_list() {
    let points: Vec<String> = (1..=101).map(|point| point.to_string()).collect();
    let message = refused_by_the_schema_too(&sweeping(&format!("[{}]", points.join(", "))));
    assert!(
        message.starts_with(
            "experiments/x.yaml:9:10: 101 points, and every one is a run; at most 100 make a sweep"
        ),
        "{message}"
    );
}

#[test]
fn a_sweep_over_rows_of_threads() {
    let text = sweeping("[10, 20]").replace(
        "  - { start: 100",
        "  - { start: 5, hold: 60s }\n  - { start: 100",
    );
    assert_snapshot!(refused_by_the_schema_too(&text), @r#"
experiments/x.yaml:10:3: a sweep needs a single row of "threads", or "concurrency": of several rows it is not clear which one grows
   |
10 |   users: [10, 20]
   |   ^^^^^
"#);
}

#[test]
fn a_sweep_with_fewer_users_than_steps() {
    let steps = "concurrency: { target: 100, ramp_up: 10s, steps: 5, hold: 60s }\n";
    let wrong = |users: &str| {
        let text = with_load(steps);
        refused(&text.replace(
            "scenarios:",
            &format!("sweep: {{ users: {users} }}\nscenarios:"),
        ))
    };
    assert_snapshot!(wrong("[10, 4, 20]"), @r#"
experiments/x.yaml:8:22: the 5 steps of "concurrency" cannot be taken by so few users as 4
  |
8 | sweep: { users: [10, 4, 20] }
  |                      ^
"#);
    assert_snapshot!(wrong("{ from: 1, to: 64, factor: 2 }"), @r#"
experiments/x.yaml:8:17: the 5 steps of "concurrency" cannot be taken by so few users as 1
  |
8 | sweep: { users: { from: 1, to: 64, factor: 2 } }
  |                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
"#);
}

#[test]
fn a_sweep_over_something_else() {
    let text = broken("scenarios:", "sweep: { databases: [1, 2] }\nscenarios:");
    assert_snapshot!(refused_by_the_schema_too(&text), @r#"
experiments/x.yaml:8:10: unknown key "databases"; expected "users" or "replicas"
  |
8 | sweep: { databases: [1, 2] }
  |          ^^^^^^^^^
"#);
}

#[test]
fn a_sweep_over_two_things_at_once() {
    let text = broken(
        "scenarios:",
        "sweep: { users: [1, 2], replicas: [1, 2] }\nscenarios:",
    );
    assert_snapshot!(refused_by_the_schema_too(&text), @r#"
experiments/x.yaml:8:25: one thing is swept at a time: either "users" or "replicas"
  |
8 | sweep: { users: [1, 2], replicas: [1, 2] }
  |                         ^^^^^^^^
"#);
}

#[test]
fn a_sweep_that_says_nothing() {
    let text = broken("scenarios:", "sweep: {}\nscenarios:");
    assert_snapshot!(refused_by_the_schema_too(&text), @r#"
experiments/x.yaml:8:8: missing key "users" or "replicas": what is swept
  |
8 | sweep: {}
  |        ^^
"#);
}

/// The valid file with PostgreSQL.
fn on_postgres(more: &str) -> String {
    broken(
        "database: sqlite, products: 100",
        &format!("database: postgres://ann@localhost/shop, products: 100{more}"),
    )
}

#[test]
fn replicas_that_are_right() {
    for text in [
        on_postgres(", replicas: 4"),
        broken("products: 100 }", "products: 100, replicas: 1 }"),
        on_postgres("").replace("scenarios:", "sweep: { replicas: [1, 2, 4] }\nscenarios:"),
        on_postgres("").replace(
            "threads:\n",
            "sweep: { replicas: { from: 1, to: 8, factor: 2 } }\nthreads:\n  - { start: 5, hold: 1s }\n",
        ),
    ] {
        let plan = parse(&text, Path::new("x.yaml")).unwrap_or_else(|error| panic!("{error}"));
        let value: serde_json::Value = serde_yaml::from_str(&text).unwrap();
        jsonschema::validate(&json_schema(), &value).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(parse(&plan.to_yaml(), Path::new("x.yaml")).unwrap(), plan);
    }
}

#[test]
fn replicas_on_sqlite() {
    let text = broken("products: 100 }", "products: 100, replicas: 2 }");
    assert_snapshot!(refused(&text), @r#"
experiments/x.yaml:5:59: several replicas share their databases, and SQLite's belong to one process: give "database" the URL of a PostgreSQL server
  |
5 |   bookstore: { database: sqlite, products: 100, replicas: 2 }
  |                                                           ^
"#);
}

#[test]
fn a_sweep_over_replicas_on_sqlite() {
    let text = broken("scenarios:", "sweep: { replicas: [1, 2] }\nscenarios:");
    assert_snapshot!(refused(&text), @r#"
experiments/x.yaml:8:10: several replicas share their databases, and SQLite's belong to one process: give "database" the URL of a PostgreSQL server
  |
8 | sweep: { replicas: [1, 2] }
  |          ^^^^^^^^
"#);
}

#[test]
fn no_replicas() {
    assert_snapshot!(refused_by_the_schema_too(&on_postgres(", replicas: 0")), @r#"
experiments/x.yaml:5:82: a bookstore has from 1 to 64 replicas on one machine
  |
5 |   bookstore: { database: postgres://ann@localhost/shop, products: 100, replicas: 0 }
  |                                                                                  ^
"#);
}

#[test]
fn a_sweep_over_more_replicas_than_a_machine_starts() {
    let text = on_postgres("").replace("scenarios:", "sweep: { replicas: [1, 65] }\nscenarios:");
    assert_snapshot!(refused(&text), @r#"
experiments/x.yaml:8:24: a bookstore has from 1 to 64 replicas on one machine
  |
8 | sweep: { replicas: [1, 65] }
  |                        ^^
"#);
}

#[test]
fn a_sweep_over_replicas_of_services_that_run_already() {
    let text = broken(
        "bookstore: { database: sqlite, products: 100 }",
        "urls: { catalog: \"http://localhost:8001\", cart: \"http://localhost:8002\" }",
    )
    .replace("scenarios:", "sweep: { replicas: [1, 2] }\nscenarios:");
    assert_snapshot!(refused(&text), @r#"
experiments/x.yaml:8:10: only the bundled bookstore can be started with other replicas: "urls" are those that run already
  |
8 | sweep: { replicas: [1, 2] }
  |          ^^^^^^^^
"#);
}

#[test]
fn a_warm_up_without_a_unit() {
    assert_snapshot!(refused_by_the_schema_too(&broken("seed: 3", "seed: 3\nwarm_up: 10")), @r#"
experiments/x.yaml:4:10: 10 needs a unit; write 10s or 10ms
  |
4 | warm_up: 10
  |          ^^
"#);
}

#[test]
fn a_warm_up_that_outlasts_the_hold() {
    assert_snapshot!(refused(&broken("seed: 3", "seed: 3\nwarm_up: 71s")), @r#"
experiments/x.yaml:4:10: a warm-up of 71s leaves nothing to analyse: the full load is there until 70100ms
  |
4 | warm_up: 71s
  |          ^^^
"#);
}

#[test]
fn a_warm_up_as_long_as_a_run_without_a_hold() {
    let ramp = with_load("concurrency: { target: 100, ramp_up: 10s }\n");
    assert_snapshot!(refused(&ramp.replace("seed: 3", "seed: 3\nwarm_up: 10s")), @r#"
experiments/x.yaml:4:10: a warm-up of 10s leaves nothing to analyse: the run lasts 10s
  |
4 | warm_up: 10s
  |          ^^^
"#);
}

#[test]
fn a_path_longer_than_can_be_sent() {
    // Every byte of the path counts: "/products/" has ten.
    let long = |bytes: usize| {
        broken(
            "products/${product}",
            &format!("products/{}", "x".repeat(bytes - 10)),
        )
    };
    parse(&long(65_534), Path::new("x.yaml")).unwrap();
    let error = refused(&long(65_535));
    assert!(
        error.contains(
            "x.yaml:13:18: with its variables the path can be 65535 bytes long; the longest that can be sent has 65534"
        ),
        "{error}"
    );
    assert!(error.len() < 1_000, "the line is shown in part");
}

#[test]
fn a_path_that_a_variable_makes_too_long() {
    // A space takes three bytes in a path.
    for value in [
        format!("\"{}\"", "x".repeat(65_525)),
        format!("{{ choice: [ a, \"{}\" ] }}", " ".repeat(21_842)),
    ] {
        let error = refused(&broken("{ uniform: [1, 100] }", &value));
        assert!(
            error.contains("the longest that can be sent has 65534"),
            "{error}"
        );
    }
    let fits = broken(
        "{ uniform: [1, 100] }",
        &format!("\"{}\"", "x".repeat(65_524)),
    );
    parse(&fits, Path::new("x.yaml")).unwrap();
}

#[test]
fn a_path_that_is_too_long_with_the_path_of_its_service() {
    let service = format!(
        "urls: {{ catalog: \"http://shop.test/{}\", cart: \"http://shop.test\" }}",
        "x".repeat(65_521)
    );
    let error = refused(&broken(
        "bookstore: { database: sqlite, products: 100 }",
        &service,
    ));
    assert!(
        error.contains("x.yaml:13:18: with its variables the path can be 65535 bytes"),
        "{error}"
    );
}

#[test]
fn a_reset_longer_than_can_be_sent() {
    let target = format!(
        "urls: {{ catalog: \"http://a.test\", cart: \"http://b.test\" }}\n  reset: [ POST cart/{} ]",
        "x".repeat(65_534)
    );
    let error = refused(&broken(
        "bookstore: { database: sqlite, products: 100 }",
        &target,
    ));
    assert!(
        error.contains("the longest that can be sent has 65534"),
        "{error}"
    );
}

#[test]
fn a_name_of_a_header_longer_than_can_be_sent() {
    let header = format!("headers: {{ ? {} : a }}", "x".repeat(65_536));
    let error = refused(&broken("headers: { accept: application/json }", &header));
    assert!(
        error.contains("a header's name has 65535 bytes at most"),
        "{error}"
    );
}

/// The message for a list of `monitor` in line 4. The schema must reject it too where it can.
fn refused_monitor(monitor: &str) -> String {
    let text = broken("target:\n", &format!("monitor: {{ {monitor} }}\ntarget:\n"));
    refused(&text)
}

#[test]
fn mistakes_in_what_is_watched() {
    for (monitor, said) in [
        ("process: [nginx]", "did you mean \"processes\"?"),
        ("processes: nginx", "list"),
        ("processes: [1.5]", "whole number or text"),
        ("processes: [0]", "0 is no number of a process"),
        ("processes: [-7]", "-7 is no number of a process"),
        ("processes: [4194305]", "4194305 is no number of a process"),
        (
            "processes: [nginx, /usr/sbin/nginx]",
            "without the path: \"nginx\"",
        ),
        ("processes: [\" \"]", "a process has a name"),
        ("processes: [\"4711\"]", "without quotes: 4711"),
        ("processes: [7, nginx, 7]", "watched already"),
        (
            "prometheus: [\"localhost:9100/metrics\"]",
            "write it as http://host:port/metrics",
        ),
        (
            "prometheus: [metrics]",
            "write it as http://host:port/metrics",
        ),
        (
            "prometheus: [\"http://me:secret@host/metrics\"]",
            "no user or password",
        ),
        (
            "prometheus: [\"http://a/\", \"http://a/\"]",
            "watched already",
        ),
    ] {
        let error = refused_monitor(monitor);
        assert!(error.contains(said), "{monitor}: {error}");
        assert!(error.contains("x.yaml:4:"), "{monitor}: {error}");
    }
}

#[test]
fn mistakes_of_a_monitor_are_covered_by_the_schema() {
    for monitor in [
        "processes: [0]",
        "processes: [1.5]",
        "processes: nginx",
        "processes: [/usr/sbin/nginx]",
        "prometheus: [\"ftp://host\"]",
        "endpoints: []",
    ] {
        let text = broken("target:\n", &format!("monitor: {{ {monitor} }}\ntarget:\n"));
        refused_by_the_schema_too(&text);
    }
}
