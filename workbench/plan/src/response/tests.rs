use std::path::Path;
use std::time::Duration;

use super::*;
use crate::plan::Part;
use crate::random::random_for_user;

/// The only step of an experiment.
fn step(more: &str) -> Step {
    let text = format!(
        "target: {{ urls: {{ shop: \"http://shop.test\" }} }}\nconcurrency: {{ target: 1, hold: 1s }}\n\
         variables: {{ name: Ann }}\nscenarios:\n  - name: one\n    steps:\n      - request: GET shop/\n        {more}\n"
    );
    let mut plan =
        crate::parse(&text, Path::new("x.yaml")).unwrap_or_else(|error| panic!("{error}"));
    plan.scenarios.remove(0).steps.remove(0)
}

/// Position of the first variable after the built-in ones: `name`.
const NAME: usize = 2;
/// Position of the second one, which is captured.
const CAPTURED: usize = 3;

const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nX-Two: a\r\nx-two:  b \r\n\
                      location: /items/7?a=b:c\r\n";

fn response(status: u16, body: &str) -> Response<'_> {
    Response {
        status,
        head: HEAD,
        body: body.as_bytes(),
        is_truncated: false,
        elapsed: Duration::from_micros(612_340),
        cookie: &|name| (name == "sid").then(|| "s-1".to_owned()),
    }
}

fn examined(step: &Step, response: &Response<'_>) -> (Finding, Value) {
    let mut values = vec![Value::Text(String::new()); CAPTURED + 1];
    values[NAME] = Value::Text("Ann".to_owned());
    let finding = step.examine(response, &mut values, &mut random_for_user(1, 1));
    (finding, values.swap_remove(CAPTURED))
}

/// Why a response counts as failed.
fn failure(expect: &str, response: &Response<'_>) -> Option<(Failure, String)> {
    let step = step(&format!("expect: {{ {expect} }}"));
    examined(&step, response).0.failure
}

const JSON: &str = r#"{"items":[{"id":4,"n":"x"},{"id":5,"n":"y"},{"id":6.5}],"total":3,"price":9.50,"name":"Ann","open":true,"none":null,"empty":[],"big":18446744073709551615}"#;
const HTML: &str = "<html><body><h1> Hello <b>you</b> </h1><form><input name=form_token value=t-1>\
                    <input name=form_token value=t-2></form><a href='/items/7'>seven</a><a>none</a></body></html>";

#[test]
fn values_are_taken_from_every_place() {
    let text = |text: &str| Value::Text(text.to_owned());
    let json = |text: &str| Value::Json(text.to_owned());
    for (capture, body, expected) in [
        ("{ json: \"$.items[*].id\" }", JSON, Value::Integer(4)),
        ("{ json: \"$.items[*].id\", pick: last }", JSON, json("6.5")),
        (
            "{ json: \"$.items[*].id\", pick: all }",
            JSON,
            json("[4,5,6.5]"),
        ),
        ("{ json: \"$.items[?@.id > 4].n\" }", JSON, text("y")),
        ("{ json: $.name }", JSON, text("Ann")),
        ("{ json: $.open }", JSON, json("true")),
        ("{ json: $.none }", JSON, json("null")),
        ("{ json: $.empty }", JSON, json("[]")),
        ("{ json: $.big }", JSON, json("18446744073709551615")),
        (
            "{ json: \"$.items[0]\" }",
            JSON,
            json(r#"{"id":4,"n":"x"}"#),
        ),
        ("{ json: $ }", "[1, 2]", json("[1,2]")),
        ("{ header: Location }", "", text("/items/7?a=b:c")),
        ("{ header: x-two, pick: last }", "", text("b")),
        ("{ header: X-Two, pick: all }", "", json(r#"["a","b"]"#)),
        ("{ cookie: sid }", "", text("s-1")),
        ("{ regex: '\"id\":(\\d+)', pick: last }", JSON, text("6")),
        ("{ regex: 'to+tal' }", JSON, text("total")),
        (
            "{ css: \"input[name=form_token]\", attribute: value }",
            HTML,
            text("t-1"),
        ),
        (
            "{ css: \"input\", attribute: value, pick: last }",
            HTML,
            text("t-2"),
        ),
        (
            "{ css: a, attribute: href, pick: all }",
            HTML,
            json(r#"["/items/7"]"#),
        ),
        ("{ css: h1 }", HTML, text("Hello you")),
        ("{ json: $.missing, default: 7 }", JSON, Value::Integer(7)),
        ("{ header: missing, default: \"$$5\" }", "", text("$5")),
        (
            "{ json: $.missing, pick: all, default: none }",
            JSON,
            text("none"),
        ),
        ("{ json: $.a, default: 0 }", "no JSON", Value::Integer(0)),
    ] {
        let step = step(&format!("capture: {{ a: {capture} }}"));
        let (finding, value) = examined(&step, &response(200, body));
        assert_eq!(value, expected, "{capture}");
        assert_eq!(
            finding,
            Finding {
                failure: None,
                is_whole: true
            },
            "{capture}"
        );
    }
}

#[test]
fn random_picks_take_each_value_equally_often() {
    let step = step("capture: { a: { json: \"$[*]\", pick: random } }");
    let mut random = random_for_user(1, 1);
    let mut values = vec![Value::Text(String::new()); CAPTURED + 1];
    let mut counts = [0_u32; 3];
    for _ in 0..3_000 {
        step.examine(&response(200, "[0, 1, 2]"), &mut values, &mut random);
        let Value::Integer(drawn) = values[CAPTURED] else {
            panic!("{:?}", values[CAPTURED])
        };
        counts[usize::try_from(drawn).unwrap()] += 1;
    }
    // Binomial with n = 3000 and p = 1/3: standard deviation 26.
    assert!(
        counts.iter().all(|it| it.abs_diff(1_000) < 130),
        "{counts:?}"
    );
}

#[test]
fn a_missing_capture_is_reported_and_ends_the_iteration() {
    for (capture, body, reason) in [
        ("{ json: $.a.b }", JSON, "there is no $.a.b in the body"),
        (
            "{ json: \"$.empty[*]\", pick: all }",
            JSON,
            "there is no $.empty[*] in the body",
        ),
        (
            "{ json: $.a }",
            HTML,
            "the body is not JSON: expected value at line 1 column 1",
        ),
        ("{ json: $.a }", "", "the body is empty"),
        ("{ header: X-Other }", "", "there is no header x-other"),
        ("{ cookie: SID }", "", "there is no cookie SID"),
        (
            "{ regex: 'a(b+)c' }",
            HTML,
            "/a(b+)c/ is not found in the body",
        ),
        ("{ css: p.x }", HTML, "there is no p.x in the body"),
        (
            "{ css: h1, attribute: id }",
            HTML,
            "there is no h1 with the attribute id in the body",
        ),
    ] {
        let step = step(&format!("capture: {{ a: {capture} }}"));
        let (finding, value) = examined(&step, &response(200, body));
        let failure = Some((Failure::Capture, reason.to_owned()));
        assert_eq!(
            finding,
            Finding {
                failure,
                is_whole: false
            }
        );
        assert_eq!(value, Value::Text(String::new()));
    }
}

#[test]
fn without_a_response_captures_have_their_defaults() {
    let with_default = step("capture: { a: { json: $.a, default: 7 } }");
    let mut values = vec![Value::Text("before".to_owned()); CAPTURED + 1];
    assert!(with_default.without_response(&mut values));
    assert_eq!(values[CAPTURED], Value::Integer(7));
    assert!(!step("capture: { a: { json: $.a } }").without_response(&mut values));
    assert!(step("name: none").without_response(&mut values));
}

#[test]
fn a_success_needs_all_that_is_expected() {
    for expect in [
        "status: 200",
        "status: [404, 200]",
        "body: { contains: total }",
        "body: { contains: [total, \"${name}\"], matches: ['^\\{', '\\}$'] }",
        "header: { Content-Type: JSON }",
        "header: { x-two: { equals: b } }",
        "header: { x-two: { matches: '^[ab]$' } }",
        "json: { $.total: 3 }",
        "json: { $.total: \"> 2\", $.name: \"${name}\", $.price: 9.5, $.open: true, $.none: null }",
        "json: { \"$.items[*].id\": \">= 4\" }",
        "json: { $.name: \"!= Bob\", $.total: \"< 10\" }",
        "json: { $.name: \"== 'Ann'\" }",
        "time: < 613ms",
        "time: \"> 1ms\"",
    ] {
        assert_eq!(failure(expect, &response(200, JSON)), None, "{expect}");
    }
    assert_eq!(failure("body: { equals: ok }", &response(200, "ok")), None);
}

#[test]
fn the_first_unmet_expectation_is_reported() {
    for (expect, reason) in [
        (
            "body: { contains: basket }",
            "the body does not contain \"basket\"",
        ),
        (
            "body: { contains: [total, 77] }",
            "the body does not contain 77",
        ),
        ("body: { equals: ok }", "the body is not \"ok\""),
        ("body: { matches: '^x' }", "the body does not match /^x/"),
        (
            "header: { content-type: html }",
            "header content-type does not contain \"html\": \"application/json; charset=utf-8\"",
        ),
        (
            "header: { X-Two: { equals: c } }",
            "header x-two is not \"c\": \"a\"",
        ),
        (
            "header: { x-two: { matches: '^c' } }",
            "header x-two does not match /^c/: \"a\"",
        ),
        ("header: { x-none: a }", "there is no header x-none"),
        ("json: { $.total: \"> 3\" }", "$.total is 3, expected > 3"),
        (
            "json: { $.name: Bob }",
            "$.name is \"Ann\", expected == \"Bob\"",
        ),
        ("json: { $.none: 0 }", "$.none is \"null\", expected == 0"),
        (
            "json: { $.missing: 0 }",
            "there is no $.missing in the body",
        ),
        (
            "json: { \"$.items[*].id\": \"< 6\" }",
            "$.items[*].id is 6.5, expected < 6",
        ),
        ("time: < 500ms", "took 612.3 ms, expected < 500ms"),
        (
            "time: < 500ms, header: { x-none: a }, body: { contains: basket }",
            "took 612.3 ms, expected < 500ms",
        ),
        (
            "body: { contains: basket }, header: { x-none: a }",
            "there is no header x-none",
        ),
    ] {
        let failure = failure(expect, &response(200, JSON));
        assert_eq!(
            failure,
            Some((Failure::Expectation, reason.to_owned())),
            "{expect}"
        );
    }
    let of_html = failure("json: { $.total: 3 }", &response(200, HTML));
    assert_eq!(
        of_html.unwrap().1,
        "the body is not JSON: expected value at line 1 column 1"
    );
}

#[test]
fn an_unexpected_redirect_is_reported_with_its_location() {
    let status = |expect: &str, status: u16| {
        let step = step(expect);
        let failure = examined(&step, &response(status, JSON)).0.failure;
        failure.map(|(kind, reason)| {
            assert_eq!(kind, Failure::Status);
            reason
        })
    };
    for accepted in [200, 204, 299, 304] {
        assert_eq!(status("name: a", accepted), None);
    }
    assert_eq!(status("name: a", 500).unwrap(), "status 500");
    assert_eq!(
        status("name: a", 302).unwrap(),
        "status 302, to \"/items/7?a=b:c\""
    );
    assert_eq!(status("expect: { status: 302 }", 302), None);
    assert_eq!(
        status("expect: { status: [200, 201] }", 404).unwrap(),
        "status 404, expected 200 or 201"
    );
    // A response with an unexpected status fails, whatever else is expected.
    let expect = "expect: { body: { contains: basket } }";
    assert_eq!(status(expect, 503).unwrap(), "status 503");
}

#[test]
fn a_failed_response_still_sets_captures_and_its_most_serious_failure_is_returned() {
    let step = step("capture: { a: { json: $.total } }\n        expect: { status: 201 }");
    let (finding, value) = examined(&step, &response(200, JSON));
    assert_eq!(value, Value::Integer(3));
    assert!(finding.is_whole);
    assert_eq!(finding.failure.unwrap().0, Failure::Status);
    let (finding, _) = examined(&step, &response(200, "{}"));
    assert!(!finding.is_whole);
    assert_eq!(finding.failure.unwrap().0, Failure::Status);
}

/// Secrets are searched before texts are shortened.
#[test]
fn texts_are_shown_whole_and_in_one_line() {
    let long = "x".repeat(100);
    let expect = format!("body: {{ contains: \"a\\n{long}\" }}");
    let failure = failure(&expect, &response(200, JSON));
    let shown = format!("the body does not contain \"a\\n{long}\"");
    assert_eq!(failure.unwrap().1, shown);
}

#[test]
fn a_response_is_parsed_only_as_far_as_needed() {
    for (more, part) in [
        ("name: a", Part::Status),
        ("expect: { status: 200, time: < 1s }", Part::Status),
        ("expect: { header: { a: b } }", Part::Head),
        ("capture: { a: { cookie: b } }", Part::Head),
        ("capture: { a: { header: b } }", Part::Head),
        ("capture: { a: { regex: b } }", Part::Body),
        ("expect: { json: { $.a: 1 } }", Part::Body),
        (
            "expect: { body: { contains: a }, header: { a: b } }",
            Part::Body,
        ),
    ] {
        assert_eq!(step(more).part(), part, "{more}");
    }
}
