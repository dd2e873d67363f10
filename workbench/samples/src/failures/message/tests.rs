use super::*;

fn message(head: &str, body: &[u8]) -> RawMessage {
    RawMessage {
        head: head.as_bytes().to_owned(),
        body: body.to_owned(),
        body_length: body.len() as u64,
        ..RawMessage::default()
    }
}

fn stored(mut raw: RawMessage, secrets: &[&str]) -> Message {
    raw.cut(BODY_LIMIT);
    Message::of(&raw, &Redactor::new(secrets))
}

#[test]
fn a_head_becomes_a_line_and_its_headers() {
    let head = "HTTP/1.1 201 Created\r\nContent-Type: text/plain\r\nx-empty:\r\nx: a: b\r\n\r\n";

    let stored = stored(message(head, "gr\u{fc}n".as_bytes()), &[]);

    assert_eq!(stored.start, "HTTP/1.1 201 Created");
    let headers = [
        ("Content-Type", "text/plain"),
        ("x-empty", ""),
        ("x", "a: b"),
    ];
    assert_eq!(
        stored.headers,
        headers.map(|(name, value)| (name.to_owned(), value.to_owned()))
    );
    assert_eq!(stored.body.content, Content::Text("grün".to_owned()));
    assert_eq!((stored.body.length, stored.body.truncated), (5, false));
}

#[test]
fn binary_bodies_are_kept_in_base64_with_their_type() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: image/png\r\n\r\n";
    for (body, data) in [(b"\x89PNG".as_slice(), "iVBORw=="), (b"a\0b", "YQBi")] {
        assert_eq!(
            stored(message(head, body), &[]).body.content,
            Content::Base64 {
                media_type: "image/png".to_owned(),
                data: data.to_owned(),
            }
        );
    }
}

#[test]
fn a_body_that_cannot_be_searched_for_secrets_is_not_kept() {
    let head = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n";

    assert_eq!(
        stored(message(head, b"\x1f\x8b\x08"), &[]).body.content,
        Content::Encoded
    );
    let decoded = stored(message(head, b"decoded"), &[]).body.content;
    assert_eq!(decoded, Content::Text("decoded".to_owned()));
}

#[test]
fn a_long_body_is_cut_between_characters() {
    let body = "\u{20ac}".repeat(BODY_LIMIT);

    let stored = stored(message("HTTP/1.1 200 OK\r\n\r\n", body.as_bytes()), &[]);

    assert_eq!(
        (stored.body.length, stored.body.truncated),
        (3 * BODY_LIMIT as u64, true)
    );
    let expected = "\u{20ac}".repeat(BODY_LIMIT / 3);
    assert_eq!(stored.body.content, Content::Text(expected));
}

#[test]
fn a_secret_that_is_cut_in_two_leaves_no_part() {
    for place in 0..20 {
        let body = "x".repeat(BODY_LIMIT - place) + "hunter2hunter2hunter2";

        let stored = stored(
            message("HTTP/1.1 200 OK\r\n\r\n", body.as_bytes()),
            &["hunter2hunter2hunter2"],
        );

        let Content::Text(text) = stored.body.content else {
            panic!("a text")
        };
        assert_eq!(text.trim_start_matches('x'), "");
        assert!(text.len() > BODY_LIMIT - 200);
    }
}

#[test]
fn a_long_head_is_cut() {
    let head = format!(
        "GET / HTTP/1.1\r\nx: {}\r\nauthorization: Basic YTpi\r\n\r\n",
        "x".repeat(HEAD_LIMIT - 46)
    );

    let stored = stored(message(&head, b""), &[]);

    assert!(stored.head_truncated);
    assert!(!format!("{stored:?}").contains("YTp"));
}
