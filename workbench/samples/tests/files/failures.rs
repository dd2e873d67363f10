//! Recorded failed exchanges, through the public interface.

use std::fs;

use proptest::prelude::*;
use serde_json::Value;
use workbench_samples::{
    BODY_LIMIT, Content, EXCHANGES_KEPT, ErrorKind, Exchange, FailureRecorder, Failures, Labels,
    RawExchange, RawMessage, SamplesError,
};

fn recorder(secrets: &[&str]) -> FailureRecorder {
    let labels = Labels {
        requests: vec!["log in".into(), "order".into()],
        scenarios: vec!["shopper".into()],
    };
    FailureRecorder::new(labels, 7, secrets)
}

fn message(start: &str, headers: &str, body: &str) -> RawMessage {
    RawMessage {
        head: format!("{start}\r\n{headers}\r\n").into_bytes(),
        body: body.into(),
        body_length: body.len() as u64,
        ..RawMessage::default()
    }
}

/// An exchange of a user, with a response body.
fn exchange(user: u32, body: &str) -> RawExchange {
    RawExchange {
        scenario: 0,
        at: 1_795_000_000_000_000_000 + i64::from(user),
        user,
        iteration: 1,
        elapsed_ns: 2_000_000,
        redirects: 0,
        sent_again: false,
        server: "http://127.0.0.1:8080".into(),
        request: message("POST /orders HTTP/1.1", "host: shop.test\r\n", "{}"),
        response: Some(message(
            "HTTP/1.1 500 Internal Server Error",
            "content-type: text/plain\r\n",
            body,
        )),
    }
}

fn users(of: &[Exchange]) -> Vec<u32> {
    of.iter().map(|exchange| exchange.user).collect()
}

fn written(recorder: &FailureRecorder) -> (Failures, String) {
    let run = tempfile::tempdir().unwrap();
    recorder.save(run.path()).unwrap();
    let file = fs::read_to_string(run.path().join("failures/exchanges.json")).unwrap();
    (Failures::read(run.path()).unwrap().unwrap(), file)
}

#[test]
fn exchanges_come_back_as_they_were_kept() {
    let recorder = recorder(&[]);
    let unanswered = RawExchange {
        response: None,
        redirects: 2,
        sent_again: true,
        ..exchange(3, "")
    };
    recorder.failed(1, ErrorKind::Status, "status 500", &[], || {
        exchange(2, "sorry")
    });
    recorder.failed(1, ErrorKind::Reset, "connection reset", &[], || unanswered);
    recorder.good(1, &[], || exchange(1, "fine"));

    let (failures, _) = written(&recorder);

    assert_eq!(failures, recorder.collected());
    let [good, reset, status] = failures.exchanges.as_slice() else {
        panic!("{failures:?}")
    };
    assert_eq!((good.kind, good.label.as_str()), (None, "order"));
    assert_eq!(reset.kind, Some(ErrorKind::Reset));
    assert_eq!((reset.redirects, reset.sent_again), (2, true));
    assert_eq!(reset.response, None);
    assert_eq!(status.reason, "status 500");
    assert_eq!(status.scenario, "shopper");
    assert_eq!(status.at, 1_795_000_000_000_000_002);
    let response = status.response.as_ref().unwrap();
    assert_eq!(response.start, "HTTP/1.1 500 Internal Server Error");
    assert_eq!(response.body.content, Content::Text("sorry".into()));
}

#[test]
fn a_bounded_number_of_failures_and_the_first_success_of_each_label_are_kept() {
    let recorder = recorder(&[]);
    for user in 0..1_000 {
        recorder.good(0, &[], || exchange(user, ""));
        for kind in [ErrorKind::Status, ErrorKind::Expect] {
            recorder.failed(0, kind, "wrong", &[], || exchange(user, ""));
        }
    }
    recorder.failed(1, ErrorKind::Status, "wrong", &[], || exchange(5, ""));

    let failures = recorder.collected().exchanges;

    let of = |label: &str, kind| -> Vec<Exchange> {
        let same = |it: &&Exchange| it.label == label && it.kind == kind;
        failures.iter().filter(same).cloned().collect()
    };
    assert_eq!(users(&of("log in", None)), [0]);
    assert_eq!(users(&of("order", Some(ErrorKind::Status))), [5]);
    for kind in [ErrorKind::Status, ErrorKind::Expect] {
        let users = users(&of("log in", Some(kind)));
        assert_eq!(users.len(), EXCHANGES_KEPT);
        assert!(users.is_sorted());
        assert!(users[EXCHANGES_KEPT - 1] > 100, "{users:?}");
    }
}

#[test]
fn wants_predicts_whether_the_next_exchange_is_kept() {
    let recorder = recorder(&[]);
    assert!(recorder.wants(0, None));
    recorder.good(0, &[], || exchange(1, ""));
    assert!(!recorder.wants(0, None));
    assert!(recorder.wants(1, None));

    let mut kept = 0;
    for user in 0..1_000 {
        let wanted = recorder.wants(0, ErrorKind::Timeout.into());
        let before = kept;
        recorder.failed(0, ErrorKind::Timeout, "timed out", &[], || {
            kept += 1;
            exchange(user, "")
        });
        assert_eq!(wanted, kept > before);
    }
    assert!(kept < 100, "{kept}");
}

#[test]
fn the_same_seed_keeps_the_same_exchanges() {
    let kept = || {
        let recorder = recorder(&[]);
        for user in 0..500 {
            recorder.failed(0, ErrorKind::Expect, "wrong", &[], || exchange(user, ""));
        }
        users(&recorder.collected().exchanges)
    };

    assert_eq!(kept(), kept());
}

#[test]
fn reasons_are_counted_by_label_and_kind() {
    let recorder = recorder(&[]);
    for user in 0..100 {
        let reason = format!("$.total is {user}, expected > 100");
        recorder.failed(0, ErrorKind::Expect, &reason, &[], || exchange(user, ""));
    }
    for status in [500, 503, 500] {
        let reason = format!("status {status}");
        recorder.failed(0, ErrorKind::Status, &reason, &[], || exchange(1, ""));
    }

    let reasons = recorder.collected().reasons;
    let reasons: Vec<_> = reasons
        .iter()
        .map(|it| (it.kind, it.reason.as_deref().unwrap(), it.count))
        .collect();

    assert_eq!(
        reasons,
        [
            (ErrorKind::Status, "status 500", 2),
            (ErrorKind::Status, "status 503", 1),
            (ErrorKind::Expect, "$.total is #, expected > 100", 100),
        ]
    );
}

#[test]
fn no_secret_and_no_credential_is_written() {
    let recorder = recorder(&["hunter2/hunter2"]);
    let login = |user: u32| RawExchange {
        server: "http://ann:hunter3@shop.test".into(),
        request: message(
            "POST /login?token=hunter4&next=hunter2%2Fhunter2 HTTP/1.1",
            "authorization: Basic aHVudGVyNQ==\r\ncookie: sid=hunter6\r\nx-api-key: hunter7\r\nx: hunter2/hunter2\r\n",
            "user=ann&password=hunter8&pin=rowvalue",
        ),
        response: Some(message(
            "HTTP/1.1 200 OK",
            "set-cookie: sid=hunter9; Path=/\r\nx: rowvalue\r\n",
            r#"{"access_token":"hunter10","was":"hunter2\/hunter2","row":"rowvalue"}"#,
        )),
        ..exchange(user, "")
    };
    let reason = "$.was is \"hunter2/hunter2\", expected rowvalue";
    recorder.failed(0, ErrorKind::Expect, reason, &["rowvalue"], || login(1));
    recorder.good(0, &["rowvalue"], || login(2));

    let (failures, file) = written(&recorder);

    for secret in ["hunter", "rowvalue", "aHVudGVy"] {
        assert!(!file.contains(secret), "{file}");
    }
    assert_eq!(
        failures.reasons[0].reason.as_deref(),
        Some(r#"$.was is "[redacted]", expected [redacted]"#)
    );
    // Texts that are not secret are kept.
    for part in [
        "POST /login?token=[redacted]&next=[redacted] HTTP",
        "user=ann",
        "Path=/",
    ] {
        assert!(file.contains(part), "{file}");
    }
}

#[test]
fn large_bodies_and_many_of_them_take_a_bounded_file() {
    let labels = Labels {
        requests: (0..100).map(|it| format!("request {it}")).collect(),
        scenarios: vec!["shopper".into()],
    };
    let recorder = FailureRecorder::new(labels, 7, &[] as &[&str]);
    let body = "\"".repeat(2 * BODY_LIMIT);
    for label in 0..100 {
        for user in 0..20 {
            recorder.failed(label, ErrorKind::Status, "status 500", &[], || {
                exchange(user, &body)
            });
        }
    }

    let (failures, file) = written(&recorder);

    // Each of its characters takes two in JSON.
    assert!(file.len() < 40 << 20, "{}", file.len());
    let last = failures
        .exchanges
        .iter()
        .filter(|it| it.label == "request 99");
    let last: Vec<_> = last.map(|it| it.response.as_ref().unwrap()).collect();
    assert_eq!(last.len(), EXCHANGES_KEPT);
    assert!(last[0].body.truncated);
    assert_eq!(last[0].body.length, 2 * BODY_LIMIT as u64);
}

#[test]
fn saving_replaces_the_file_and_is_skipped_without_changes() {
    let run = tempfile::tempdir().unwrap();
    let recorder = recorder(&[]);
    recorder.save_regularly(run.path()).unwrap();
    assert_eq!(Failures::read(run.path()).unwrap(), None);

    recorder.good(0, &[], || exchange(1, ""));
    recorder.save_regularly(run.path()).unwrap();
    assert_eq!(
        Failures::read(run.path()).unwrap().unwrap().exchanges.len(),
        1
    );
    recorder.good(1, &[], || exchange(2, ""));
    recorder.save(run.path()).unwrap();
    assert_eq!(
        Failures::read(run.path()).unwrap().unwrap().exchanges.len(),
        2
    );

    fs::remove_dir_all(run.path().join("failures")).unwrap();
    recorder.save(run.path()).unwrap();
    assert_eq!(Failures::read(run.path()).unwrap(), None);
}

#[test]
fn a_file_that_cannot_be_written_is_an_error_and_is_written_later() {
    let run = tempfile::tempdir().unwrap();
    let recorder = recorder(&[]);
    recorder.good(0, &[], || exchange(1, ""));
    let missing = run.path().join("missing");
    assert!(matches!(
        recorder.save(&missing),
        Err(SamplesError::Write { .. })
    ));

    fs::create_dir(&missing).unwrap();
    recorder.save(&missing).unwrap();

    assert!(Failures::read(&missing).unwrap().is_some());
}

#[test]
fn a_newer_file_and_a_broken_file_have_different_errors() {
    let run = tempfile::tempdir().unwrap();
    let write = |text: &str| {
        fs::create_dir_all(run.path().join("failures")).unwrap();
        fs::write(run.path().join("failures/exchanges.json"), text).unwrap();
        Failures::read(run.path()).unwrap_err()
    };

    let newer = write(r#"{"schema_version": 2}"#);
    assert!(matches!(
        newer,
        SamplesError::UnknownSchemaVersion { newest: 1, .. }
    ));
    let broken = write(r#"{"schema_version": 1, "reasons": 3}"#);
    assert!(
        broken
            .to_string()
            .ends_with("is not a valid record of exchanges")
    );
}

/// Every text of a JSON value, except keys, labels, names and kinds.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(fields) => {
            let of_data = |(key, _): &(&String, &Value)| {
                !["label", "scenario", "kind"].contains(&key.as_str())
            };
            let data = fields.iter().filter(of_data);
            data.flat_map(|(_, value)| texts(value)).collect()
        }
        _ => Vec::new(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_text_of_a_file_contains_a_secret_whatever_it_is(
        secret in prop_oneof!["[ -~]{4,40}", "[ -~äß€😀]{4,20}", "[a-z0-9]{4,8}"],
        of_row in any::<bool>(),
    ) {
        prop_assume!(!"[redacted]".contains(&secret));
        let form: String = secret.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let json = serde_json::json!({ "note": secret, "list": [secret] }).to_string();
        let raw = RawExchange {
            server: format!("http://{secret}"),
            request: message(
                &format!("POST /a/{form}?x={form} HTTP/1.1"),
                &format!("x-{form}: 1\r\nx: {secret}\r\n"),
                &format!("a=1&note={form}&b={secret}"),
            ),
            response: Some(message(
                "HTTP/1.1 200 OK",
                &format!("x: {secret}\r\ncontent-type: application/json\r\n"),
                &json,
            )),
            ..exchange(1, "")
        };
        let binary = RawExchange {
            response: Some(RawMessage {
                body: [b"\xff\0".as_slice(), secret.as_bytes(), b"\xfe"].concat(),
                ..message("HTTP/1.1 200 OK", "", "")
            }),
            ..raw.clone()
        };
        let secrets = [secret.as_str()];
        let (of_run, of_exchange) = if of_row { (&[][..], &secrets[..]) } else { (&secrets[..], &[][..]) };
        let recorder = recorder(of_run);
        let reason = format!("the body is not \"{secret}\"");
        recorder.failed(0, ErrorKind::Expect, &reason, of_exchange, || raw.clone());
        recorder.failed(0, ErrorKind::Expect, &reason, of_exchange, || binary.clone());
        recorder.good(0, of_exchange, || raw.clone());

        let (_, file) = written(&recorder);

        let file: Value = serde_json::from_str(&file).unwrap();
        let texts = texts(&file);
        prop_assert!(texts.len() > 20);
        for text in texts {
            prop_assert!(!text.contains(&secret), "{secret:?} in {text:?}");
        }
    }
}
