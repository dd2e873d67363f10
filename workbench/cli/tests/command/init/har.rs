//! Recordings of browsers and proxies.

use assert_cmd::assert::OutputAssertExt;
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;

use super::{Made, init};
use crate::support::Bench;

/// A visit to a shop: form login, API session, list, one book of the list, cart.
const SHOP: &str = include_str!("shop.har");

fn made(har: &str) -> Made {
    let bench = Bench::new();
    std::fs::write(bench.path().join("visit.har"), har).unwrap();
    init(&bench, &["--har", "visit.har"])
}

#[test]
fn a_visit_becomes_a_scenario_that_takes_values_from_responses() {
    let made = made(SHOP);
    let text = &made.text;
    let scenario = &text[text.find("scenarios:").unwrap()..text.find("\nthresholds:").unwrap()];
    assert_eq!(
        scenario,
        r#"scenarios:
  - name: recorded
    steps:
      # Page: Sign in
      # Later requests send what is captured here: form_token is theirs.
      - request: GET shop/login
        capture: { form_token: { css: "input[name=form_token]", attribute: value } }
      - think: 4s
      - request: POST shop/login
        form: { user: ann, password: "${env.SHOP_PASSWORD}", form_token: "${form_token}" }
      # Later requests send what is captured here: access_token is theirs.
      - request: POST api-shop/v1/session?lang=en
        headers: { x-requested-with: fetch }
        json: { user: ann, password: "${env.SHOP_PASSWORD}" }
        capture: { access_token: { json: $.access_token } }
      # Later requests send what is captured here: book_id is theirs.
      - request: GET api-shop/v1/books
        auth: { bearer: "${access_token}" }
        capture: { book_id: { json: "$.books[1].id" } }
      - think: 2s
      - request: GET api-shop/v1/books/${book_id}?total=2
        auth: { bearer: "${access_token}" }
      - request: POST api-shop/v1/cart
        auth: { bearer: "${access_token}" }
        json: { book_id: "${book_id}", quantity: 2, note: costs $5 }
        expect: { status: 409 }
"#
    );
    assert!(text.contains("follow_redirects: 20"), "{text}");
    for secret in [
        "s3cret",
        "1f2e3d4c",
        "eyJhbGci",
        "tok-91a7c2",
        "from-before",
    ] {
        assert!(
            !text.contains(secret) && !made.stderr.contains(secret),
            "{secret}"
        );
    }
}

#[test]
fn left_out_parts_of_a_recording_are_counted_and_named() {
    let made = made(SHOP);
    for left in [
        "1 × images, scripts, styles, fonts and media",
        "1 × preflight requests of browsers",
        "1 × requests to other hosts: www.metrics.test (1)",
        "cookies that no response before has set: old",
        ":authority, accept, sec-fetch-mode, user-agent",
    ] {
        assert!(made.stderr.contains(left), "no {left} in\n{}", made.stderr);
        let words: Vec<&str> = left.split(' ').collect();
        assert!(made.text.contains(words[0]), "{}", made.text);
    }
}

#[test]
fn an_incomplete_recording_is_read() {
    let made = made(
        "\u{feff}{\"log\": {\"entries\": [{\"request\": {\"url\": \"http://shop.test/a\"}}, {\"request\": {\"method\": \"post\", \
         \"url\": \"http://shop.test/b\", \"headers\": null, \"postData\": null}, \"response\": {\"status\": \"200\"}}, \
         {\"request\": {\"url\": \"no url\"}}, {}, 7, {\"request\": {\"url\": \"ws://shop.test/\"}}]}}",
    );
    assert!(
        made.text.contains("- request: POST shop/b"),
        "{}",
        made.text
    );
    for left in [
        "entry 3: its URL is none",
        "entry 4:",
        "entry 5:",
        "entry 6: a request by ws",
    ] {
        assert!(made.stderr.contains(left), "no {left} in\n{}", made.stderr);
    }
}

#[test]
fn fields_and_files_of_forms_are_parts() {
    let entry = |post: &str| {
        format!(
            "{{\"log\": {{\"entries\": [{{\"request\": {{\"method\": \"GET\", \"url\": \"http://shop.test/\"}}}}, {{\"request\": \
             {{\"method\": \"POST\", \"url\": \"http://shop.test/up\", \"postData\": {post}}}}}]}}}}"
        )
    };
    let post = r#"{"mimeType": "multipart/form-data; boundary=x", "params": [{"name": "title", "value": "Holiday"},
        {"name": "picture", "fileName": "a.png", "contentType": "image/png"}]}"#;
    let text = made(&entry(post)).text;
    assert!(text.contains("# - request: POST shop/up"), "{text}");
    let bench = Bench::new();
    std::fs::write(bench.path().join("a.png"), "x").unwrap();
    std::fs::write(bench.path().join("visit.har"), entry(post)).unwrap();
    let text = init(&bench, &["--har", "visit.har"]).text;
    assert!(text.contains("title: Holiday"), "{text}");
    assert!(
        text.contains("picture: { file: a.png, content_type: image/png }"),
        "{text}"
    );
}

#[test]
fn operations_of_graphql_are_labelled_by_name() {
    let text = made(
        r#"{"log": {"entries": [{"request": {"method": "POST", "url": "http://shop.test/graphql", "postData": {"mimeType":
        "application/json", "text": "{\"operationName\": \"Books\", \"query\": \"query Books { books { id } }\"}"}}}]}}"#,
    )
    .text;
    assert!(text.contains("name: Books"), "{text}");
}

#[test]
fn an_invalid_recording_is_refused_with_its_position() {
    let deep = format!("{{\"log\": {}", "[".repeat(100_000));
    for (text, reason) in [
        ("".as_bytes(), "not JSON"),
        (b"<html>", "line 1 column 1"),
        (b"{\n\"log\": {,}}", "line 2"),
        (b"[]", "no \"log\""),
        (b"{\"log\": {\"entries\": {}}}", "no list \"log.entries\""),
        (b"{\"log\": {\"entries\": []}}", "no request"),
        (deep.as_bytes(), "recursion limit"),
        (b"\xff\xfe{\0", "UTF-8"),
    ] {
        let bench = Bench::new();
        std::fs::write(bench.path().join("bad.har"), text).unwrap();
        bench
            .workbench()
            .args(["init", "--har", "bad.har", "-o", "made.yaml"])
            .assert()
            .code(1)
            .stderr(contains(reason).and(contains("panicked").not()));
        assert!(!bench.path().join("made.yaml").exists());
    }
}

#[test]
fn a_recording_of_nothing_but_an_upload_of_a_missing_file_is_valid() {
    let made = made(
        r#"{"log":{"entries":[{"startedDateTime":"2026-01-01T00:00:00Z","time":10,"request":{"method":"POST",
        "url":"http://shop.test/up","postData":{"mimeType":"multipart/form-data; boundary=x","params":[{"name":"f",
        "fileName":"cat.png","contentType":"image/png"}]}},"response":{"status":200}}]}}"#,
    );
    assert!(made.text.contains("# - request: POST shop/up"));
    assert!(made.text.contains("      - request: GET shop/\n"));
    assert!(
        made.stderr.contains("cat.png is not there"),
        "{}",
        made.stderr
    );
}

#[test]
fn a_url_in_a_query_is_part_of_it() {
    let made = made(
        r#"{"log":{"entries":[{"request":{"method":"GET","url":"http://shop.test/a?path=http://shop.test/b"},
        "response":{"status":200,"content":{"mimeType":"text/html"}}}]}}"#,
    );
    assert!(made.text.contains("GET shop/a?path=http://shop.test/b"));
}

#[test]
fn hidden_fields_and_tokens_of_a_page_are_found() {
    let page = "<head><meta name='csrf-token' content='a&amp;b-12345'></head><form>\\n<INPUT type=\\\"hidden\\\"\\n \
                name=\\\"form[token]\\\" value=\\\"12==abcd\\\"/><input type=hidden name=next value=/home>\
                <input name=user value=ann-1234></form>";
    let made = made(&format!(
        r#"{{"log":{{"entries":[{{"request":{{"url":"http://shop.test/"}},"response":{{"status":200,"content":
        {{"mimeType":"text/html","text":"{page}"}}}}}},{{"request":{{"method":"POST","url":"http://shop.test/in","headers":
        [{{"name":"x-csrf-token","value":"a&b-12345"}}],"postData":{{"mimeType":"application/x-www-form-urlencoded",
        "text":"form[token]=12%3D%3Dabcd&next=%2Fhome&user=ann-1234"}}}},"response":{{"status":200}}}}]}}}}"#
    ));
    for part in [
        r#"csrf_token: { css: "meta[name=\"csrf-token\"]", attribute: content }"#,
        r#"token: { css: "input[name=\"form[token]\"]", attribute: value }"#,
        "x-csrf-token: \"${csrf_token}\"",
        "form: { \"form[token]\": \"${token}\", next: /home, user: ann-1234 }",
    ] {
        assert!(made.text.contains(part), "no {part} in\n{}", made.text);
    }
}

#[test]
fn headers_that_a_service_may_need_are_no_noise() {
    let headers = [
        ("Sec-Fetch-Mode", "cors"),
        (":authority", "shop.test"),
        ("User-Agent", "x"),
        ("Accept", "*/*"),
        ("accept", "text/html,application/xhtml+xml"),
        ("Accept", "application/json"),
        ("X-Requested-With", "XMLHttpRequest"),
        ("X-Api-Key", "1"),
        ("Idempotency-Key", "1"),
    ];
    let headers = headers.map(|(name, value)| format!(r#"{{"name":"{name}","value":"{value}"}}"#));
    let made = made(&format!(
        r#"{{"log":{{"entries":[{{"request":{{"url":"http://shop.test/","headers":[{}]}}}}]}}}}"#,
        headers.join(",")
    ));
    let noise = "what a browser says of itself: :authority, accept, sec-fetch-mode, user-agent";
    assert!(made.stderr.contains(noise), "{}", made.stderr);
    for kept in [
        "accept: application/json",
        "x-requested-with: XMLHttpRequest",
        "x-api-key: ",
        "idempotency-key: ",
    ] {
        assert!(made.text.contains(kept), "no {kept} in\n{}", made.text);
    }
}
