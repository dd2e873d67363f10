//! Mistakes in steps, with messages and places. Long, because it is a list.

use std::path::Path;

use workbench_plan::{parse, read};

const HEAD: &str =
    "target: { urls: { shop: \"https://shop.test\" } }\nconcurrency: { target: 1, hold: 1s }\n";

/// All messages, one line for each: `line:column: message`.
fn said(text: &str) -> Vec<String> {
    let error = match parse(text, Path::new("x.yaml")) {
        Ok(_) => panic!("accepted:\n{text}"),
        Err(error) => error.to_string(),
    };
    let mistakes = error
        .lines()
        .filter_map(|line| line.strip_prefix("x.yaml:"));
    mistakes.map(str::to_owned).collect()
}

/// The only mistake in these steps, which begin in line 5; with the keys before them in line 3.
fn refused_with(more: &str, steps: &str) -> String {
    let text = format!("{HEAD}{more}\nscenarios:\n  - name: one\n    steps:\n{steps}\n");
    let said = said(&text);
    let [only] = said.as_slice() else {
        panic!("several mistakes: {said:#?}\n{text}")
    };
    only.clone()
}

fn check(steps: &str, expected: &str) {
    check_with("", steps, expected);
}

fn check_with(more: &str, steps: &str, expected: &str) {
    let said = refused_with(more, steps);
    assert!(
        said.starts_with(expected)
            || !expected.starts_with(char::is_numeric) && said.contains(expected),
        "{steps}\nsaid:     {said}\nexpected: {expected}"
    );
}

#[test]
fn a_step_is_one_thing() {
    check(
        "      - {}",
        "7:9: missing key: what the step does, one of \"request\", \"think\", \"repeat\", \"when\" and \"choose\"",
    );
    check(
        "      - { name: a, json: {} }",
        "7:9: missing key \"request\"",
    );
    check(
        "      - { steps: [ { request: GET shop/ } ] }",
        "7:9: missing key \"repeat\" or \"when\"",
    );
    check(
        "      - { request: GET shop/, think: 1s }",
        "7:31: a step is either a \"request\" or a \"think\"",
    );
    check(
        "      - { think: 1s, capture: { a: { header: b } } }\n      - { request: \"GET shop/${a}\" }",
        "7:22: \"capture\" belongs to a request, not to \"think\"",
    );
    check(
        "      - { request: GET shop/, steps: [ { think: 1s } ] }",
        "7:31: \"steps\" belong to \"repeat\" and \"when\", not to \"request\"",
    );
    check(
        "      - { request: GET shop/ }\n      - { repeat: 3 }",
        "8:11: missing key \"steps\": what \"repeat\" is about",
    );
    check(
        "      - { think: 1s }",
        "7:7: at least one step is needed that is a request",
    );
}

#[test]
fn a_key_without_a_value_is_a_mistake() {
    for key in [
        "expect",
        "form",
        "multipart",
        "text",
        "timeout",
        "capture",
        "set",
    ] {
        let steps = format!("      - request: GET shop/\n        {key}:\n");
        let said = refused_with("", &steps);
        assert!(said.contains("nothing"), "{key}: {said}");
    }
    check(
        "      - request: GET shop/\n        capture: { a: { json: $.a, default: } }",
        "expected a whole number or text (other numbers in quotes), found nothing",
    );
}

#[test]
fn loops_end_and_have_something_to_do() {
    check(
        "      - request: GET shop/\n      - repeat: 0\n        steps: [ { request: GET shop/ } ]",
        "8:17: steps are repeated from 1 to 1000000 times",
    );
    check(
        "      - repeat: 10000\n        steps:\n          - repeat: 10000\n            steps: [ { request: GET shop/ } ]",
        "9:21: steps are repeated from 1 to 1000000 times, with the loops around them",
    );
    check(
        "      - request: GET shop/\n      - repeat: 5\n        steps: [ { think: 0s } ]",
        "8:17: there is no request among the steps",
    );
}

#[test]
fn conditions_are_one_comparison() {
    let set = "      - { request: GET shop/, set: { n: 1 } }\n";
    for (when, expected) in [
        ("${n} = 1", "8:21: two values are compared with \"==\""),
        ("${n} =< 1", "8:21: two values are compared with \"==\""),
        (
            "${n} > 1 && ${n} < 3",
            "8:25: a condition is one comparison",
        ),
        ("${n} >", "8:15: there is nothing to compare with"),
        (
            "n > 1",
            "8:15: this is always the same: a variable is written ${total}",
        ),
        ("n", "8:15: this is always the same"),
        ("${m} > 1", "8:16: unknown variable \"m\""),
        ("${n > 1", "8:16: \"${\" without its \"}\""),
    ] {
        let steps =
            format!("{set}      - when: \"{when}\"\n        steps: [ {{ request: GET shop/ }} ]");
        check(&steps, expected);
    }
}

#[test]
fn choices_have_weights_and_are_not_empty() {
    check(
        "      - { request: GET shop/ }\n      - { choose: [] }",
        "8:19: there is nothing to choose from",
    );
    check(
        "      - choose: [ { weight: 0, steps: [ { request: GET shop/ } ] } ]",
        "7:29: a weight is a whole number from 1 to 1000000",
    );
}

#[test]
fn variables_have_values_where_they_are_used() {
    let used = "      - { request: \"GET shop/${n}\" }\n";
    check(
        &format!("{used}      - {{ request: GET shop/, capture: {{ n: {{ header: n }} }} }}"),
        "7:30: variable \"n\" is used before a step sets it",
    );
    check(
        "      - { request: \"GET shop/${n}\", capture: { n: { header: n } } }",
        "7:30: variable \"n\" is used before a step sets it",
    );
    check(
        &format!(
            "      - when: \"${{user}} > 1\"\n        steps: [ {{ request: GET shop/, set: {{ n: 1 }} }} ]\n{used}"
        ),
        "9:30: variable \"n\" has a value only where steps of \"when\" or \"choose\" were done that set it",
    );
    check(
        &format!(
            "      - choose:\n          - steps: [ {{ request: GET shop/, set: {{ n: 1 }} }} ]\n          - steps: []\n{used}"
        ),
        "10:30: variable \"n\" has a value only where",
    );
    check(
        "      - { request: GET shop/, set: { a: \"${b}\", b: \"${user}\" } }",
        "7:42: variable \"b\" is used before a step sets it",
    );
    check(
        "      - { request: \"GET shop/${usr}\" }",
        "7:30: unknown variable \"usr\"; did you mean \"user\"?",
    );
    check_with(
        "variables: { a: \"${b}\", b: 1 }",
        "      - { request: \"GET shop/${a}\" }",
        "3:18: unknown variable \"b\"",
    );
    check_with(
        "variables: { user: 5 }",
        "      - request: GET shop/",
        "3:14: \"user\" is built in and cannot be set",
    );
}

#[test]
fn uses_of_wrong_definitions_are_not_reported() {
    for step in [
        "set: { n: { uniform: [2, 1] } }",
        "capture: { n: {} }",
        "capture: { n: { json: items } }",
        "think: 1s, set: { n: 1 }",
    ] {
        let steps = format!(
            "      - {{ request: GET shop/, {step} }}\n      - {{ request: \"GET shop/${{n}}\" }}"
        );
        refused_with("", &steps);
    }
    refused_with(
        "variables: { n: { zipf: { from: 2, to: 1 } } }",
        "      - { request: \"GET shop/${n}\" }",
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.yaml");
    let text = format!(
        "{HEAD}data: {{ people: {{ csv: none.csv }} }}\nscenarios:\n  - {{ name: one, steps: [ {{ request: \"GET shop/${{people.name}}\" }} ] }}\n"
    );
    std::fs::write(&path, text).unwrap();
    let error = read(&path).unwrap_err().to_string();
    assert_eq!(error.matches("x.yaml:").count(), 1, "{error}");
    assert!(
        error.contains("3:24: cannot read none.csv: No such file"),
        "{error}"
    );
}

#[test]
fn a_header_of_every_request_needs_its_variables_before_the_first_one() {
    check_with(
        "http: { headers: { authorization: \"Bearer ${token}\" } }",
        "      - { request: POST shop/login, capture: { token: { json: $.token } } }\n      - request: GET shop/items\n",
        "3:43: variable \"token\" is used before a step sets it; this is a header of every request, and so of \"POST shop/login\"",
    );
    check_with(
        "http: { headers: { content-length: \"5\" } }",
        "      - request: GET shop/",
        "3:20: \"content-length\" is sent by the client itself",
    );
    check_with(
        "http: { headers: { X-A: b, x-a: c } }",
        "      - request: GET shop/",
        "3:28: header \"x-a\" is given twice",
    );
}

#[test]
fn headers_carry_no_line_breaks_whatever_they_are_made_of() {
    let header = "headers: { x-a: \"${n}\" }";
    for set in [
        "{ n: \"a\\nb\" }",
        "{ n: { choice: [a, \"ü\"] } }",
        "{ m: \"ü\", n: \"${m}!\" }",
        "{ n: \"ü${user}\" }",
    ] {
        check(
            &format!("      - {{ request: GET shop/, set: {set}, {header} }}"),
            "which no header can carry",
        );
    }
    check(
        &format!(
            "      - {{ request: GET shop/, capture: {{ n: {{ header: n, default: \"ü\" }} }} }}\n      - {{ request: GET shop/, {header} }}"
        ),
        "which no header can carry",
    );
    check(
        "      - { request: GET shop/, headers: { x-a: \"a\\nb\" } }",
        "a header carries visible ASCII characters only",
    );
    check(
        "      - { request: GET shop/, auth: { bearer: \"a\\nb\" } }",
        "a header carries visible ASCII characters only",
    );
    // A variable that was set again can be carried.
    parse(
        &format!(
            "{HEAD}scenarios:\n  - name: one\n    steps:\n      - {{ request: GET shop/, set: {{ n: \"ü\" }} }}\n      - {{ request: GET shop/, set: {{ n: a }}, {header} }}\n"
        ),
        Path::new("x.yaml"),
    )
    .unwrap();
}

#[test]
fn a_request_has_at_most_one_body_and_one_authorization() {
    check(
        "      - { request: POST shop/, json: {}, text: a }",
        "7:42: a request has one body: either \"json\" or \"text\"",
    );
    check(
        "      - { request: POST shop/, auth: { bearer: a, basic: { user: b, password: c } } }",
        "one of \"bearer\" and \"basic\" is needed, and only one",
    );
    check(
        "      - { request: POST shop/, auth: { bearer: \"\" } }",
        "7:48: there is no token",
    );
    check(
        "      - { request: POST shop/, auth: { basic: { user: \"a:b\", password: c } } }",
        "7:57: a colon ends the name of a user",
    );
    check(
        "      - { request: POST shop/, auth: { bearer: a }, headers: { Authorization: b } }",
        "who the user is stands in one place",
    );
    check(
        "      - { request: POST shop/, form: { a: 1.50 } }",
        "text or a whole number (other numbers in quotes), found 1.5",
    );
    check(
        "      - { request: POST shop/, multipart: { a: { file: b, content_type: \"text\" } } }",
        "7:73: \"text\" is no content type; write it as image/png",
    );
    check(
        "      - { request: POST shop/, multipart: { \"${n}\": a } }",
        "7:46: unknown variable \"n\"",
    );
    check(
        "      - { request: POST shop/, file: \"${user}.xml\" }",
        "7:39: there are no variables in the name of a file",
    );
}

#[test]
fn files_are_looked_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.yaml");
    for (step, place) in [
        ("file: none.xml", "7:42"),
        ("multipart: { a: { file: none.xml } }", "7:60"),
        ("file: .", "7:42"),
    ] {
        let text = format!(
            "{HEAD}\nscenarios:\n  - name: one\n    steps:\n      - {{ request: POST shop/none, {step} }}\n"
        );
        std::fs::write(&path, &text).unwrap();
        let error = read(&path).unwrap_err().to_string();
        assert!(error.contains(&format!("x.yaml:{place}: ")), "{error}");
        parse(&text, &path).unwrap();
    }
}

#[test]
fn captures_name_exactly_one_source() {
    let capture =
        |capture: &str| format!("      - {{ request: GET shop/, capture: {{ a: {capture} }} }}");
    for (written, expected) in [
        ("{}", "7:45: missing key: where it stands"),
        ("{ pick: last }", "7:45: missing key: where it stands"),
        (
            "{ json: $.a, css: b }",
            "7:58: it stands in one place: either \"json\" or \"css\"",
        ),
        ("{ json: \"\" }", "7:53: there is nothing in it"),
        (
            "{ json: items.id }",
            "7:53: \"items.id\" is no JSONPath; it begins with $",
        ),
        (
            "{ json: \"$.items[\" }",
            "7:53: \"$.items[\" is no JSONPath: write $.token",
        ),
        ("{ css: \"input[\" }", "7:52: \"input[\" is no CSS selector"),
        (
            "{ regex: \"(\" }",
            "7:54: \"(\" is no regular expression: unclosed group",
        ),
        (
            "{ regex: \"id=${user}\" }",
            "7:58: there are no variables in a regular expression",
        ),
        (
            "{ json: \"$.a[${user}]\" }",
            "7:58: there are no variables in what says where a value stands",
        ),
        ("{ header: \"a b\" }", "7:55: \"a b\" cannot name a header"),
        (
            "{ json: $.a, attribute: b }",
            "7:58: an \"attribute\" is that of an element",
        ),
        ("{ json: $.a, pick: some }", "7:64: unknown word \"some\""),
        (
            "{ json: $.a, default: \"${user}\" }",
            "7:68: there are no variables in a \"default\"",
        ),
    ] {
        check(&capture(written), expected);
    }
    check(
        "      - { request: GET shop/, capture: { user: { json: $.a } } }",
        "7:42: \"user\" is built in and cannot be set",
    );
    check(
        "      - { request: GET shop/, capture: { a-b: { json: $.a } } }",
        "7:42: \"a-b\" cannot be a variable",
    );
}

#[test]
fn expectations_can_be_met() {
    let expect = |expect: &str| format!("      - {{ request: GET shop/, expect: {{ {expect} }} }}");
    for (written, expected) in [
        (
            "status: 99",
            "7:49: a final HTTP status lies between 200 and 599",
        ),
        ("status: []", "7:49: at least one status is needed"),
        (
            "body: { matches: \"[\" }",
            "is no regular expression: unclosed character class",
        ),
        (
            "body: { contains: [a, \"${b}\"] }",
            "7:64: unknown variable \"b\"",
        ),
        ("body: { equals: 1.50 }", "found 1.5"),
        (
            "header: { \"a b\": c }",
            "7:51: \"a b\" cannot name a header",
        ),
        (
            "header: { a: { matches: \"(\" } }",
            "is no regular expression: unclosed group",
        ),
        (
            "header: { a: { matches: b, equals: c } }",
            "a header is compared in one way",
        ),
        (
            "json: { a: 1 }",
            "7:49: \"a\" is no JSONPath; it begins with $",
        ),
        (
            "json: { $.a: \"= 1\" }",
            "two values are compared with \"==\"",
        ),
        ("json: { $.a: \"> \" }", "there is nothing to compare with"),
        (
            "json: { $.a: \"=> 1\" }",
            "two values are compared with \"==\"",
        ),
        (
            "json: { $.a: [1] }",
            "expected a value, or a comparison such as \"> 0\", found a list",
        ),
        (
            "time: 500ms",
            "7:47: \"500ms\" is no limit of a time; write it as < 500ms",
        ),
        ("time: \"< 500\"", "7:47: 500 needs a unit"),
        ("time: \"== 1s\"", "no two times are equal"),
        (
            "statsu: 200",
            "7:41: unknown key \"statsu\"; did you mean \"status\"?",
        ),
    ] {
        check(&expect(written), expected);
    }
}

#[test]
fn draws_are_of_one_kind_and_have_values() {
    let set = |set: &str| format!("      - {{ request: GET shop/, set: {{ a: {set} }} }}");
    for (written, expected) in [
        (
            "{}",
            "7:41: one of \"uniform\", \"choice\", \"exponential\"",
        ),
        (
            "{ uniform: [1, 2], choice: [3] }",
            "7:41: one of \"uniform\"",
        ),
        ("{ choice: [] }", "there is nothing to choose from"),
        (
            "{ choice: [\"${user}\"] }",
            "7:53: there are no variables in a \"choice\"",
        ),
        ("{ exponential: 0 }", "this has to be more than 0"),
        (
            "{ normal: { mean: 1, sd: -1 } }",
            "a standard deviation is 0 or more",
        ),
        (
            "{ lognormal: { median: 2, p90: 1 } }",
            "the 90th percentile is not below the median",
        ),
        (
            "{ zipf: { from: 2, to: 1 } }",
            "the lowest value comes first",
        ),
        (
            "{ zipf: { to: 2000000 } }",
            "more than 1000000 numbers are too many",
        ),
        (
            "{ zipf: { to: 5, exponent: -1 } }",
            "an exponent is a number from 0 to 100",
        ),
        ("{ uuid: v1 }", "unknown word \"v1\"; did you mean \"v4\"?"),
        ("{ now: { format: iso } }", "7:58: unknown format \"iso\""),
        (
            "{ now: { format: \"%\" } }",
            "\"%\" is no format of strftime",
        ),
        (
            "{ now: { format: unix, offset: 1 } }",
            "\"1\" is no offset; write it as 1d, -2h or 30m",
        ),
        ("{ now: { offset: 1.5d } }", "\"1.5d\" is no offset"),
        (
            "{ secret_file: a }",
            "a secret is read once: it stands among the \"variables\"",
        ),
    ] {
        check(&set(written), expected);
    }
    check(
        "      - { request: GET shop/ }\n      - { think: { uniform: [2s, 1s] } }",
        "the lowest time comes first",
    );
    check(
        "      - { request: GET shop/ }\n      - { think: { lognormal: { median: 1s } } }",
        "missing key \"p90\"",
    );
}

#[test]
fn variables_are_refused_outside_of_scenarios() {
    let scenarios = "scenarios: [ { name: one, steps: [ { request: GET shop/ } ] } ]\n";
    let load = "concurrency: { target: 1, hold: 1s }\n";
    for (text, expected) in [
        (
            format!("target: {{ urls: {{ shop: \"https://${{env.HOST}}\" }} }}\n{load}{scenarios}"),
            "1:34: there are no variables in the URL of a service",
        ),
        (
            format!(
                "target: {{ urls: {{ shop: \"http://a\" }}, reset: [ \"POST shop/${{env.A}}\" ] }}\n{load}{scenarios}"
            ),
            "1:59: there are no variables in a reset",
        ),
        (
            format!(
                "target: {{ bookstore: {{ database: \"postgres://a:${{env.PW}}@b/c\" }} }}\n{load}{}",
                scenarios.replace("shop", "catalog")
            ),
            "1:48: there are no variables in the URL of a database",
        ),
        (
            format!("{HEAD}{scenarios}thresholds: [ \"p95 < ${{env.LIMIT}}\" ]\n"),
            "4:22: there are no variables in a threshold",
        ),
        (
            format!(
                "{HEAD}{scenarios}monitor: {{ prometheus: [ \"http://${{env.A}}/metrics\" ] }}\n"
            ),
            "4:34: there are no variables in the URL of an endpoint",
        ),
        (
            format!("{HEAD}data: {{ a: {{ csv: \"${{env.A}}.csv\" }} }}\n{scenarios}"),
            "3:20: there are no variables in the name of a file",
        ),
    ] {
        let said = said(&text);
        assert!(
            said.len() == 1 && said[0].starts_with(expected),
            "{said:?}\n{expected}"
        );
    }
}

#[test]
fn settings_of_requests_are_checked_all_at_once() {
    let text = format!(
        "{HEAD}http: {{ version: 3, follow_redirects: 99, accept_encoding: \"gzip, brotli\", headers: {{ \"a b\": c }} }}\n\
         scenarios: [ {{ name: one, steps: [ {{ request: GET shop/ }} ] }} ]\n"
    );
    let said = said(&text);
    let expected = [
        "3:18: unknown version \"3\"",
        "3:39: at most 50 redirects are followed",
        "3:67: unknown encoding \"brotli\"",
        "3:87: \"a b\" cannot name a header",
    ];
    assert_eq!(said.len(), expected.len(), "{said:#?}");
    for (said, expected) in said.iter().zip(expected) {
        assert!(said.starts_with(expected), "{said}\n{expected}");
    }
}

#[test]
fn data_files_and_their_columns_are_known() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.yaml");
    std::fs::write(folder.path().join("p.csv"), "name,first word\nann,a\n").unwrap();
    std::fs::write(folder.path().join("semi.csv"), "name;age\nann;5\n").unwrap();
    let said = |data: &str, request: &str| {
        let text = format!(
            "{HEAD}data: {{ {data} }}\nscenarios:\n  - {{ name: one, steps: [ {{ request: \"GET shop/{request}\" }} ] }}\n"
        );
        std::fs::write(&path, text).unwrap();
        read(&path).map_or_else(|error| error.to_string(), |_| String::new())
    };
    let people = "people: { csv: p.csv }";
    assert_eq!(said(people, "${people.name}/${people.first word}"), "");
    // A file may have the name of a built-in variable, because columns contain a dot.
    assert_eq!(said("user: { csv: p.csv }", "${user.name}/${user}"), "");
    for (data, request, expected) in [
        (
            people,
            "${people.nmae}",
            "\"people\" has no column \"nmae\"; did you mean \"name\"?",
        ),
        (
            people,
            "${poeple.name}",
            "unknown data file \"poeple\"; did you mean \"people\"?",
        ),
        (
            "p: { csv: semi.csv }",
            "${p.name}",
            "columns are separated by commas",
        ),
        (
            "people: { csv: p.csv, secret: [nam] }",
            "",
            "p.csv has no column \"nam\"; did you mean \"name\"?",
        ),
        (
            "people: { csv: p.csv, numbers: [name] }",
            "",
            "line 2 has no number in the column",
        ),
        (
            "env: { csv: p.csv }",
            "",
            "${env.NAME} is a variable of the environment",
        ),
        (
            "people: { csv: p.csv, pick: any }",
            "",
            "unknown word \"any\"",
        ),
        ("people: { csv: . }", "", "it is no file"),
    ] {
        let error = said(data, request);
        assert!(error.contains(expected), "{data}: {error}");
    }
}

#[test]
fn pacing_is_not_for_arrivals() {
    let text = "target: { urls: { shop: \"https://shop.test\" } }\narrivals: { rate: 1/s, hold: 1s }\n\
                scenarios:\n  - { name: one, pacing: 1s, steps: [ { request: GET shop/ } ] }\n";
    assert_eq!(
        said(text),
        ["4:18: \"arrivals\" say when iterations begin: there is no \"pacing\" beside them"]
    );
}
