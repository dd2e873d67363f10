//! The language of scenarios: accepted files and their plans. Long, because it covers the whole language.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use workbench_plan::{
    BodyPart, HttpVersion, Moment, Operation, Per, Plan, Response, RowPick, Scenario, SecretSource,
    Step, Value, VariableSource, describe, json_schema, parse, random_for_user, read,
};

/// A file with every part of the language.
const EVERYTHING: &str = r##"
name: shop-journey
seed: 3
target:
  urls: { shop: "https://shop.test" }
variables:
  currency: EUR
  token: "${env.SHOP_TOKEN}"
  password: { secret_file: password.txt }
  book: { zipf: { from: 1, to: 100, exponent: 1.1 } }
  total: 0
data:
  customers: { csv: customers.csv, pick: unique, per: user, secret: [password], numbers: [age] }
  words: { csv: words.csv, pick: random }
http:
  follow_redirects: 5
  accept_encoding: gzip, br
  headers: { X-Api-Key: "${env.API_KEY}" }
  cookies: off
  version: 2
  new_connections: iteration
threads: [ { start: 10, startup: 1s, hold: 60s } ]
warm_up: 10000ms
scenarios:
  - name: buyer
    weight: 3
    think_time: 1000ms
    pacing: 10s
    stop: after_iteration
    on_start:
      - request: POST shop/login
        form: { user: "${customers.name}", password: "${customers.password}", "tags[]": [a, b], n: 5 }
        capture:
          csrf: { css: "input[name=form_token]", attribute: value }
          sid: { cookie: sid }
          title: { css: h1 }
    steps:
      - request: POST shop/items/${book}?of=${user}
        name: an item
        set:
          n: { uniform: [1, 9] }
          id: { uuid: v4 }
          order: { sequence: { from: 100, step: 10 } }
          day: { now: { format: "%Y-%m-%d", offset: -1d } }
          at: { now: {} }
          wait: { exponential: 2.5 }
          size: { normal: { mean: 10, sd: 2 } }
          length: { lognormal: { median: 10, p90: 30 } }
          colour: { choice: [red, 5] }
          line: "${n} of ${colour}"
          both: "${line}, ${currency}"
        headers: { X-A: "${n}", x-dollar: "$5 or $$6" }
        auth: { bearer: "${token}" }
        json: { n: "${n}", text: "a ${line} for $$10", nested: [1, 2.5, null, true, { "${id}": "${words.first word}" }] }
        timeout: 5s
        capture:
          item: { json: "$.items[*].id", pick: random }
          all: { json: "$.items[*].id", pick: all }
          last: { json: "$.items[*].id", pick: last }
          total: { json: $.total, default: 0 }
          where: { header: Location, default: "" }
          number: { regex: "/items/(\\d+)" }
        expect:
          status: [200, 201]
          body: { contains: items, matches: ["^\\[", "\\]$"], equals: "ok" }
          header: { Content-Type: "application/json", etag: { matches: '^"' }, x-b: { equals: "${n}" } }
          json: { $.total: "> 0", "$.name": "${both}", $.price: 9.5, $.none: null, $.open: true }
          time: < 0.5s
      - think: { lognormal: { median: 1s, p90: 3s } }
      - repeat: 3
        steps:
          - request: GET shop/items/${item}
            auth: { basic: { user: ann, password: "${password}" } }
            multipart:
              title: "x ${n}"
              'a"b$$c': y
              picture: { file: a.png, content_type: image/png, filename: "${n}.png" }
              other: { file: a.png }
          - request: PUT shop/feed
            file: feed.xml
          - request: PUT shop/note
            text: "hello ${user} ${customers.age} ${where} ${csrf} ${title} ${sid}"
      - when: "${total} > 10"
        steps:
          - request: DELETE shop/basket
          - when: "${number}"
            steps: [ { request: GET shop/never } ]
      - choose:
          - { weight: 3, steps: [ { request: POST shop/order, json: null } ] }
          - { steps: [ { think: 1s } ] }
    on_stop: [ { request: POST shop/logout } ]
  - name: importer
    arrivals: { rate: 20/s, hold: 60s }
    steps: [ { request: GET shop/health } ]
thresholds: [ 'p95 of "an item" < 500ms' ]
"##;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        let rows: String = (0..2_000)
            .map(|row| format!("user{row},pw{row},{row}\n"))
            .collect();
        folder.write("customers.csv", &format!("name,password,age\n{rows}"));
        folder.write("words.csv", "first word\nhello\n");
        folder.write("feed.xml", "<feed/>");
        folder.write("a.png", "png");
        folder
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn read(&self, text: &str) -> Plan {
        let path = self.write("shop-journey.yaml", text);
        read(&path).unwrap_or_else(|error| panic!("{error}"))
    }
}

/// A plan of one scenario with these steps.
fn plan_of(steps: &str) -> Plan {
    plan_with("", steps)
}

fn plan_with(more: &str, steps: &str) -> Plan {
    let text = format!(
        "target: {{ urls: {{ shop: \"http://shop.test\" }} }}\nconcurrency: {{ target: 1, hold: 1s }}\n{more}\n\
         scenarios:\n  - name: one\n    steps:\n{steps}"
    );
    parse(&text, Path::new("one.yaml")).unwrap_or_else(|error| panic!("{error}"))
}

/// A scenario's variables with these values. All others are empty.
fn values(scenario: &Scenario, given: &[(&str, Value)]) -> Vec<Value> {
    let value = |name: &String| {
        let found = given.iter().find(|(given, _)| given == name);
        found.map_or(Value::Text(String::new()), |(_, value)| value.clone())
    };
    scenario.variables.iter().map(value).collect()
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// The body of a step, a file by its name.
fn body(step: &Step, values: &[Value]) -> String {
    let mut out = String::new();
    for part in step.body.iter().flat_map(|body| &body.parts) {
        match part {
            BodyPart::Text(template) => template.render(values, &mut out),
            BodyPart::File(path) => {
                out += &format!("<{}>", path.file_name().unwrap().to_str().unwrap());
            }
        }
    }
    out
}

#[test]
fn everything_is_read_and_satisfies_the_schema() {
    let plan = Folder::new().read(EVERYTHING);
    let value: serde_json::Value = serde_yaml::from_str(EVERYTHING).unwrap();
    if let Err(error) = jsonschema::validate(&json_schema(), &value) {
        panic!("at {}: {error}", error.instance_path());
    }
    assert_eq!(plan.http.follow_redirects, 5);
    assert_eq!(plan.http.version, HttpVersion::Negotiated);
    assert!(!plan.http.keeps_cookies && plan.http.new_connections);
    let scenario = &plan.scenarios[0];
    assert_eq!(scenario.pacing, Some(Duration::from_secs(10)));
    assert!(scenario.ends_iterations);
    let labels: Vec<&str> = scenario.steps.iter().map(|it| it.label.as_str()).collect();
    assert_eq!(
        labels,
        [
            "POST shop/login",
            "an item",
            "GET shop/items/${item}",
            "PUT shop/feed",
            "PUT shop/note",
            "DELETE shop/basket",
            "GET shop/never",
            "POST shop/order",
            "POST shop/logout"
        ]
    );
    let [customers, words] = plan.data.as_slice() else {
        panic!("there are two data files")
    };
    assert_eq!(
        (customers.pick, customers.per),
        (RowPick::Unique, Per::User)
    );
    assert_eq!((words.pick, words.per), (RowPick::Random, Per::Iteration));
    let environment = |name: &str| SecretSource::Environment(name.to_owned());
    assert!(plan.secrets.contains(&environment("SHOP_TOKEN")));
    assert!(plan.secrets.contains(&environment("API_KEY")));
    assert_eq!(plan.secrets.len(), 3);
}

#[test]
fn everything_is_written_and_read_again_as_the_same() {
    let folder = Folder::new();
    let plan = folder.read(EVERYTHING);
    let written = plan.to_yaml();
    let again = folder.read(&written);
    assert_eq!(again.to_yaml(), written);
    let parts = |plan: &Plan| {
        format!(
            "{:?} {:?} {:?} {:?} {:?}",
            plan.scenarios, plan.data, plan.secrets, plan.http, plan.thresholds
        )
    };
    assert_eq!(parts(&again), parts(&plan));
    let value: serde_json::Value = serde_yaml::from_str(&written).unwrap();
    if let Err(error) = jsonschema::validate(&json_schema(), &value) {
        panic!("at {}: {error}\n{written}", error.instance_path());
    }
    // The copy beside the results is read in a folder without the files.
    let stored = parse(&plan.stored(), Path::new("elsewhere/experiment.yaml")).unwrap();
    assert_eq!(stored.repeated(), plan.repeated());
}

#[test]
fn everything_is_described() {
    let folder = Folder::new();
    let described = describe(&folder.read(EVERYTHING));
    insta::assert_snapshot!(described);
}

#[test]
fn texts_with_the_same_meaning_are_stored_as_the_same() {
    let steps = |request: &str, rest: &str| {
        plan_with(
            "warm_up: 500ms\nhttp: { version: \"1.1\", headers: { x-b: a$b } }",
            &format!("      - request: {request}\n        {rest}\n"),
        )
    };
    let one = steps(
        "GET  shop?a=$$1",
        "name: a\n        headers: { X-A: \"$5\" }\n        json: { \"$k\": \"$10 ${user}\", n: 1 }\n        set: { b: 1, a: 2 }\n        expect: { time: <1000ms }",
    );
    let other = steps(
        "GET shop/?a=$1",
        "name: a\n        headers: { x-a: \"$$5\" }\n        json: { \"$$k\": \"$$10 ${user}\", n: 1 }\n        set: { a: 2, b: 1 }\n        expect: { time: \"< 1s\" }",
    );
    assert_eq!(one.repeated(), other.repeated());
    assert_eq!(one.to_yaml(), other.to_yaml());
}

/// As the previous version wrote it.
#[test]
fn an_experiment_stored_by_an_older_version_equals_the_current_one() {
    let stored = r#"
name: smoke
title: Smoke test
question: Does it work?
seed: 3
target:
  urls:
    shop: http://localhost:8001/x
  reset:
  - POST shop/admin/reset
concurrency:
  target: 4
  ramp_up: 10s
  steps: 2
  hold: 60s
sweep:
  users:
  - 2
  - 4
warm_up: 0s
timeout: 30s
scenarios:
- name: one
  weight: 1
  think_time:
    uniform:
    - 100ms
    - 300ms
  steps:
  - request: POST shop/carts/${user}
    name: POST  shop/carts/${user}
    set:
      a:
        choice:
        - 1
        - x
      b: 7
    headers:
      x-price: $$5
    json:
      text: less than $$10
      n: ${b}
    expect:
      status: 201
  - request: GET shop/
    name: GET shop
thresholds:
- p95 < 500ms
"#;
    let now = r#"
name: smoke
title: Smoke test
question: Does it work?
seed: 3
target: { urls: { shop: "http://localhost:8001/x/" }, reset: [ POST  shop/admin/reset ] }
concurrency: { target: 4, ramp_up: 10000ms, steps: 2, hold: 1m }
sweep: { users: { from: 2, to: 4, step: 2 } }
scenarios:
  - name: one
    think_time: { uniform: [0.1s, 300ms] }
    steps:
      - request: POST  shop/carts/${user}
        set: { b: 7, a: { choice: [1, x] } }
        headers: { X-Price: $5 }
        json: { text: less than $10, n: "${b}" }
        expect: { status: [201] }
      - request: GET shop
thresholds: [ p95 < 500ms ]
"#;
    let read = |text: &str| parse(text, Path::new("smoke.yaml")).unwrap();
    assert_eq!(read(stored).to_yaml(), read(now).to_yaml());
    assert_eq!(read(stored).repeated(), read(now).repeated());
}

#[test]
fn points_and_repetitions_change_nothing_else() {
    let folder = Folder::new();
    let text = EVERYTHING.replace(
        "warm_up: 10000ms",
        "warm_up: 10s\nsweep: { users: [20, 5] }",
    );
    let plan = folder.read(&text);
    for (point, at) in plan.points() {
        let expected = EVERYTHING.replace("start: 10", &format!("start: {}", point.unwrap().value));
        assert_eq!(at, folder.read(&expected));
        assert_eq!(at.scenarios[0].given, plan.scenarios[0].given);
    }
    let repetition = plan.repetition(2);
    assert_ne!(repetition.seed, plan.seed);
    assert_eq!(repetition.repeated(), plan.repeated());
}

#[test]
fn texts_are_templates_wherever_they_are_sent() {
    let folder = Folder::new();
    let plan = folder.read(EVERYTHING);
    let scenario = &plan.scenarios[0];
    let values = values(
        scenario,
        &[
            ("user", Value::Integer(7)),
            ("n", Value::Integer(5)),
            ("line", text("5 \"of\" red")),
            ("id", text("u-1")),
            ("words.first word", text("hello")),
            ("customers.name", text("ann & bob")),
            ("customers.password", text("p=1")),
            ("token", text("t-1")),
            ("book", Value::Integer(3)),
        ],
    );
    let rendered = |template: &workbench_plan::Template| {
        let mut out = String::new();
        template.render(&values, &mut out);
        out
    };
    let [login, item, get, feed, note, ..] = scenario.steps.as_slice() else {
        panic!("steps are missing")
    };
    assert_eq!(
        body(login, &values),
        "user=ann+%26+bob&password=p%3D1&tags%5B%5D=a&tags%5B%5D=b&n=5"
    );
    assert_eq!(
        login.body.as_ref().unwrap().content_type,
        "application/x-www-form-urlencoded"
    );
    assert_eq!(rendered(&item.path), "/items/3?of=7");
    assert_eq!(
        body(item, &values),
        r#"{"n":5,"text":"a 5 \"of\" red for $10","nested":[1,2.5,null,true,{"u-1":"hello"}]}"#
    );
    let headers: Vec<(&str, String)> = item
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), rendered(value)))
        .collect();
    let expected = [
        ("x-a", "5"),
        ("x-dollar", "$5 or $6"),
        ("x-api-key", ""),
        ("accept-encoding", "gzip, br"),
        ("authorization", "Bearer t-1"),
    ];
    assert_eq!(
        headers,
        expected.map(|(name, value)| (name, value.to_owned()))
    );
    assert!(get.basic.is_some());
    assert_eq!(body(feed, &values), "<feed.xml>");
    assert_eq!(feed.body.as_ref().unwrap().content_type, "application/xml");
    assert!(body(note, &values).starts_with("hello 7 "));
    let multipart = body(get, &values);
    let boundary = get
        .body
        .as_ref()
        .unwrap()
        .content_type
        .split('=')
        .nth(1)
        .unwrap();
    let part = |head: &str, body: &str| {
        format!("--{boundary}\r\nContent-Disposition: form-data; {head}\r\n\r\n{body}\r\n")
    };
    let expected = part("name=\"title\"", "x 5")
        + &part("name=\"a%22b$c\"", "y")
        + &part(
            "name=\"picture\"; filename=\"5.png\"\r\nContent-Type: image/png",
            "<a.png>",
        )
        + &part(
            "name=\"other\"; filename=\"a.png\"\r\nContent-Type: image/png",
            "<a.png>",
        )
        + &format!("--{boundary}--\r\n");
    assert_eq!(multipart, expected);
}

#[test]
fn names_in_multipart_forms_cannot_end_their_quotes() {
    let plan = plan_of(
        "      - request: POST shop/x\n        set: { n: { choice: [\"a\\\"; x=\\\"b\\r\\nc\"] } }\n        \
         multipart: { \"${n}\": x, f: { file: 'a$b.bin', filename: \"${n}\" } }\n",
    );
    let scenario = &plan.scenarios[0];
    let values = values(scenario, &[("n", text("a\"; x=\"b\r\nc"))]);
    let body = body(&scenario.steps[0], &values);
    let escaped = "\"a%22; x=%22b%0D%0Ac\"";
    assert!(
        body.contains(&format!("; name={escaped}\r\n\r\nx\r\n")),
        "{body}"
    );
    assert!(
        body.contains(&format!("; name=\"f\"; filename={escaped}\r\n")),
        "{body}"
    );
    let plan =
        plan_of("      - request: POST shop/x\n        multipart: { f: { file: '$$a$b.bin' } }\n");
    let step = &plan.scenarios[0].steps[0];
    assert!(self::body(step, &[]).contains("filename=\"$$a$b.bin\""));
}

#[test]
fn null_is_a_body() {
    let plan = plan_of("      - request: POST shop/x\n        json: null\n");
    assert_eq!(body(&plan.scenarios[0].steps[0], &[]), "null");
    let again = parse(&plan.to_yaml(), Path::new("x.yaml")).unwrap();
    assert_eq!(body(&again.scenarios[0].steps[0], &[]), "null");
}

#[test]
fn variables_of_a_step_are_set_by_name_and_texts_in_the_order_of_the_file() {
    let plan = plan_of(
        "      - request: GET shop/x\n        set: { z: \"${b}${a}\", c: 1, a: { uniform: [1, 2] }, b: x, y: \"${z}!\" }\n",
    );
    let scenario = &plan.scenarios[0];
    let step = &scenario.steps[0];
    let order: Vec<&str> = step
        .set
        .iter()
        .map(|(position, _)| scenario.variables[*position].as_str())
        .collect();
    assert_eq!(order, ["a", "b", "c", "z", "y"]);
    let mut values = values(scenario, &[]);
    let moment = Moment { turn: 0, utc_ns: 0 };
    for (position, draw) in &step.set {
        draw.draw(&mut random_for_user(3, 1), moment, &mut values, *position);
    }
    let y = scenario
        .variables
        .iter()
        .position(|name| name == "y")
        .unwrap();
    assert_eq!(values[y], text("x2!"));
    assert_eq!(parse(&plan.to_yaml(), Path::new("one.yaml")).unwrap(), plan);
}

#[test]
fn variables_of_the_experiment_can_use_those_before_them_secrets_and_rows() {
    let folder = Folder::new();
    let plan = folder.read(
        r#"
target: { urls: { shop: "http://shop.test" } }
concurrency: { target: 1, hold: 1s }
data: { customers: { csv: customers.csv } }
variables: { a: "${customers.name}", b: "${a}-${env.B}", c: "$$${user}" }
scenarios:
  - { name: one, steps: [ { request: "GET shop/${b}/${c}" } ] }
"#,
    );
    let given: Vec<(&str, &VariableSource)> = plan.scenarios[0]
        .given
        .iter()
        .map(|(position, given)| (plan.scenarios[0].variables[*position].as_str(), given))
        .collect();
    let names: Vec<&str> = given.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["customers.name", "a", "env.B", "b", "c"]);
    assert!(matches!(
        given[0].1,
        VariableSource::Column {
            data: 0,
            is_number: false,
            ..
        }
    ));
    assert!(matches!(given[2].1, VariableSource::Secret(0)));
    assert!(matches!(given[3].1, VariableSource::Drawn(_)));
}

/// Executes a list of operations as a user does. Returns the labels of the requests.
fn performed(
    scenario: &Scenario,
    operations: &[Operation],
    values: &[Value],
    choice: u32,
) -> Vec<String> {
    let mut counters = vec![0; scenario.counters];
    let mut requests = Vec::new();
    let mut at = 0;
    while let Some(operation) = operations.get(at) {
        at += 1;
        match operation {
            Operation::Request(step) => requests.push(scenario.steps[*step].label.clone()),
            Operation::Think(_) => requests.push("think".to_owned()),
            Operation::Count { counter, times } => counters[*counter] = *times,
            Operation::Again { counter, to } => {
                counters[*counter] -= 1;
                if counters[*counter] > 0 {
                    at = *to;
                }
            }
            Operation::Unless { condition, to } => {
                if !condition.holds(values) {
                    at = *to;
                }
            }
            Operation::Choose(choices) => {
                let mut left = choice;
                let chosen = choices.iter().find(|(weight, _)| {
                    let is_it = left < *weight;
                    left = left.saturating_sub(*weight);
                    is_it
                });
                at = chosen.unwrap().1;
            }
            Operation::Jump(to) => at = *to,
        }
    }
    requests
}

#[test]
fn nested_steps_are_done_in_their_order() {
    let plan = plan_of(
        r#"
      - { request: GET shop/, name: a, set: { n: 5 } }
      - repeat: 2
        steps:
          - { request: GET shop/, name: b }
          - repeat: 3
            steps: [ { request: GET shop/, name: c } ]
          - choose:
              - weight: 3
                steps:
                  - { request: GET shop/, name: d }
                  - repeat: 2
                    steps: [ { request: GET shop/, name: e } ]
              - { weight: 1, steps: [] }
              - steps: [ { think: 1s } ]
          - { request: GET shop/, name: f }
      - when: "${n} > 4"
        steps:
          - { request: GET shop/, name: g }
          - when: "${n} < 5"
            steps: [ { request: GET shop/, name: h } ]
      - repeat: 2
        steps: [ { request: GET shop/, name: i } ]
"#,
    );
    let scenario = &plan.scenarios[0];
    let with = |n, choice| {
        let values = values(scenario, &[("n", Value::Integer(n))]);
        performed(scenario, &scenario.actions, &values, choice).join(" ")
    };
    assert_eq!(with(5, 0), "a b c c c d e e f b c c c d e e f g i i");
    assert_eq!(with(5, 2), "a b c c c d e e f b c c c d e e f g i i");
    assert_eq!(with(5, 3), "a b c c c f b c c c f g i i");
    assert_eq!(with(5, 4), "a b c c c think f b c c c think f g i i");
    assert_eq!(with(4, 3), "a b c c c f b c c c f i i");
}

#[test]
fn a_variable_that_every_choice_sets_is_known_after_it() {
    plan_of(
        r#"
      - choose:
          - steps: [ { request: GET shop/, set: { n: 1 } } ]
          - steps: [ { request: GET shop/, capture: { n: { header: x } } } ]
      - request: GET shop/${n}
"#,
    );
    let before = "variables: { n: 1 }";
    plan_with(
        before,
        "      - when: \"${n} > 5\"\n        steps: [ { request: GET shop/, set: { n: 7 } } ]\n      - request: GET shop/${n}\n",
    );
}

#[test]
fn captures_of_on_start_are_known_in_iterations_and_on_stop() {
    let text = r#"
target: { urls: { shop: "http://shop.test" } }
concurrency: { target: 1, hold: 1s }
scenarios:
  - name: one
    on_start: [ { request: POST shop/login, capture: { token: { json: $.token } } } ]
    steps: [ { request: POST shop/carts, auth: { bearer: "${token}" }, capture: { cart: { json: $.id } } } ]
    on_stop: [ { request: "DELETE shop/carts/${cart}", auth: { bearer: "${token}" } } ]
"#;
    let plan = parse(text, Path::new("one.yaml")).unwrap();
    let scenario = &plan.scenarios[0];
    assert_eq!(
        performed(scenario, &scenario.on_start, &[], 0),
        ["POST shop/login"]
    );
    assert_eq!(
        performed(scenario, &scenario.actions, &[], 0),
        ["POST shop/carts"]
    );
    assert_eq!(
        performed(scenario, &scenario.on_stop, &[], 0),
        ["DELETE shop/carts/${cart}"]
    );
}

#[test]
fn captured_values_go_into_later_requests() {
    let folder = Folder::new();
    let plan = folder.read(EVERYTHING);
    let scenario = &plan.scenarios[0];
    let step = &scenario.steps[1];
    let mut values = values(scenario, &[("n", Value::Integer(5)), ("both", text("Ann"))]);
    let response = Response {
        status: 201,
        head: b"HTTP/1.1 201 Created\r\ncontent-type: application/json; charset=utf-8\r\nLocation: /items/17\r\nETag: \"x\"\r\nX-B: 5\r\n",
        body: br#"{"items":[{"id":4},{"id":5}],"total":12,"name":"Ann","price":9.50,"none":null,"open":true}"#,
        is_truncated: false,
        elapsed: Duration::from_millis(400),
        cookie: &|_| None,
    };
    let finding = step.examine(&response, &mut values, &mut random_for_user(1, 1));
    let of = |name: &str| {
        let position = scenario.variables.iter().position(|it| it == name).unwrap();
        values[position].clone()
    };
    assert_eq!(of("last"), Value::Integer(5));
    assert_eq!(of("all"), Value::Json("[4,5]".to_owned()));
    assert_eq!(of("total"), Value::Integer(12));
    assert_eq!(of("where"), text("/items/17"));
    assert!([Value::Integer(4), Value::Integer(5)].contains(&of("item")));
    // The body does not contain the path of an item.
    assert!(!finding.is_whole);
    assert_eq!(finding.failure.unwrap().1, "the body does not match /^\\[/");
}

#[test]
fn literal_secrets_are_named_and_left_out_of_what_is_stored() {
    let text = r#"
target: { urls: { shop: "http://shop.test" } }
concurrency: { target: 1, hold: 1s }
http: { headers: { X-Api-Key: hunter1 } }
variables: { part: hunter2, token: "${part}", harmless: hunter-gatherer, real: "${env.TOKEN}" }
scenarios:
  - name: one
    on_start: [ { request: POST shop/login, auth: { basic: { user: ann, password: hunter3 } } } ]
    steps:
      - request: GET shop/x
        headers: { Authorization: Bearer hunter4, x-a: "${harmless}" }
      - when: "${harmless}"
        steps: [ { request: GET shop/y, auth: { bearer: "${token}" } } ]
      - request: GET shop/z
        set: { pw: { choice: [hunter5, hunter6] } }
        headers: { cookie: "sid=${pw}", authorization: "Bearer ${real}" }
      - request: POST shop/form
        form: { user: hunter-gatherer, password: [hunter7, "${env.PW}"], passive: x }
      - request: POST shop/json
        json: { users: [ { client_secret: hunter8, note: "${harmless}" } ], password: "${word}" }
        set: { word: hunter9 }
      - request: POST shop/parts
        multipart: { api-key: hunter0, author: x }
"#;
    let plan = parse(text, Path::new("one.yaml")).unwrap();
    assert_eq!(
        plan.literal_secrets(),
        [
            "the header \"x-api-key\" of every request",
            "the header \"authorization\" of \"GET shop/x\"",
            "\"password\" in the body of \"POST shop/form\"",
            "\"client_secret\" in the body of \"POST shop/json\"",
            "\"api-key\" in the body of \"POST shop/parts\"",
            "\"auth\" of \"POST shop/login\"",
            "the variable \"word\"",
            "the variable \"pw\"",
            "the variable \"part\"",
        ]
    );
    for kept in [
        plan.stored(),
        describe(&plan),
        plan.repeated(),
        format!("{plan:?}"),
    ] {
        for secret in 0..=9 {
            assert!(!kept.contains(&format!("hunter{secret}")), "{kept}");
        }
    }
    assert!(plan.stored().contains("hunter-gatherer"));
    let stored = parse(&plan.stored(), Path::new("one.yaml")).unwrap();
    assert!(stored.literal_secrets().is_empty());
    assert_eq!(stored.repeated(), plan.repeated());
}

#[test]
fn unique_rows_suffice_for_users_arrivals_and_iterations_that_are_as_many() {
    let folder = Folder::new();
    folder.write("three.csv", "name\na\nb\nc\n");
    let plan = |load: &str, data: &str| {
        let text = format!(
            "target: {{ urls: {{ shop: \"http://shop.test\" }} }}\n{load}\n\
             data: {{ three: {{ csv: three.csv, pick: unique{data} }} }}\n\
             scenarios:\n  - {{ name: one, steps: [ {{ request: \"GET shop/${{three.name}}\" }} ] }}\n"
        );
        let path = folder.write("unique.yaml", &text);
        read(&path).map(|_| ()).map_err(|error| error.to_string())
    };
    let per_iteration = ", per: iteration";
    for (load, data) in [
        ("threads: [ { start: 3, hold: 1s } ]", ""),
        ("arrivals: { rate: 3/s, hold: 1s }", ""),
        ("arrivals: { rate: 3/s, hold: 1s }", per_iteration),
        ("iterations: { total: 3, users: 2 }", per_iteration),
        (
            "concurrency: { target: 9, hold: 1s }\nsweep: { users: [1, 3] }",
            "",
        ),
    ] {
        assert_eq!(plan(load, data), Ok(()), "{load}");
    }
    for (load, data, message) in [
        (
            "threads: [ { start: 4, hold: 1s } ]",
            "",
            "three.csv has 3 rows, and 4 are needed",
        ),
        ("arrivals: { rate: 4/s, hold: 1s }", "", "and 4 are needed"),
        (
            "iterations: { total: 4, users: 2 }",
            per_iteration,
            "and 4 are needed",
        ),
        (
            "concurrency: { target: 1, hold: 1s }\nsweep: { users: [1, 5] }",
            "",
            "and 5 are needed",
        ),
        (
            "concurrency: { target: 1, hold: 1s }",
            per_iteration,
            "the number of iterations is not known",
        ),
    ] {
        let error = plan(load, data).unwrap_err();
        assert!(error.contains(message), "{load}: {error}");
    }
}

#[test]
fn a_scenario_that_takes_no_rows_needs_none() {
    let folder = Folder::new();
    folder.write("one.csv", "name\na\n");
    folder.read(
        r#"
target: { urls: { shop: "http://shop.test" } }
data: { one: { csv: one.csv, pick: unique } }
scenarios:
  - { name: takes, threads: [ { start: 1, hold: 1s } ], steps: [ { request: "GET shop/${one.name}" } ] }
  - { name: takes-none, threads: [ { start: 99, hold: 1s } ], steps: [ { request: GET shop/ } ] }
"#,
    );
}

proptest::proptest! {
    #[test]
    fn any_text_is_written_and_read_again(
        texts in proptest::collection::vec("\\PC{0,20}|[ -~\\n\\r\\t]{0,20}|[:#&*!|>'\"%@`{}\\[\\],?~-]{1,6}|[0-9eE.+_xo:-]{1,8}", 6),
    ) {
        let [name, label, body, key, value, form] = texts.as_slice() else {
            panic!("there are six texts")
        };
        let file = serde_json::json!({
            "question": name,
            "target": { "urls": { "shop": "http://shop.test" } },
            "concurrency": { "target": 1, "hold": "1s" },
            "scenarios": [{
                "name": format!("a{name}"),
                "steps": [
                    { "request": "GET shop/", "name": format!("a{label}"), "text": body, "set": { "a": value } },
                    { "request": "GET shop/", "json": { key: value, "b": [name, label] } },
                    { "request": "GET shop/", "form": { form: [value, key] } },
                ],
            }],
        });
        // Invalid templates are refused.
        if let Ok(plan) = parse(&file.to_string(), Path::new("texts.yaml")) {
            let written = plan.to_yaml();
            let again = match parse(&written, Path::new("texts.yaml")) {
                Ok(again) => again,
                Err(error) => panic!("{error}\n{written}"),
            };
            proptest::prop_assert_eq!(format!("{:?}", again.scenarios), format!("{:?}", plan.scenarios));
            proptest::prop_assert_eq!(again, plan);
        }
    }
}

#[test]
fn urls_of_services_can_be_replaced_by_name() {
    let text = "target: { urls: { shop: 'http://127.0.0.1:8001', cart: 'http://127.0.0.1:8009' } }\n\
        concurrency: { target: 1, hold: 1s }\nscenarios: [ { name: one, steps: [ request: GET shop/x, request: GET cart/x ] } ]\n";
    let text = text.replace(
        "[ request: GET shop/x, request: GET cart/x ]",
        "[ { request: GET shop/x }, { request: GET cart/x } ]",
    );
    let plan = workbench_plan::parse(&text, Path::new("shop.yaml")).unwrap();
    let urls = |name: &str, url: &str| [(name.to_owned(), url.to_owned())].into();
    let moved = plan
        .with_urls(&urls("shop", "http://127.0.0.1:8002/v2"))
        .unwrap();
    assert!(
        moved.stored().contains("shop: http://127.0.0.1:8002/v2"),
        "{}",
        moved.stored()
    );
    assert!(moved.stored().contains("cart: http://127.0.0.1:8009"));
    assert_eq!(moved.workload(), plan.workload());
    for (name, url, expected) in [
        (
            "shp",
            "http://127.0.0.1:1",
            "the target has no service \"shp\", it has cart, shop",
        ),
        ("shop", "127.0.0.1:1", "the service \"shop\": "),
    ] {
        let error = plan.with_urls(&urls(name, url)).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
}
