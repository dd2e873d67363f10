//! Requests of a user to scripted servers.

mod server;

use std::io::Write;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use workbench_samples::ErrorKind;

use super::*;
use server::server;
pub(super) use server::{PLAIN, Server, ask, client};

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

/// A response in two chunks, with a content encoding.
fn gzipped(body: &[u8]) -> Vec<u8> {
    let head = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ntransfer-encoding: chunked\r\n\r\n";
    let mut response = head.as_bytes().to_vec();
    for chunk in body.chunks(body.len() / 2 + 1) {
        response.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        response.extend_from_slice(chunk);
        response.extend_from_slice(b"\r\n");
    }
    response.extend_from_slice(b"0\r\n\r\n");
    response
}

fn with_length(status: &str, fields: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\n{fields}content-length: {length}\r\n\r\n{body}").into_bytes()
}

#[tokio::test]
async fn only_the_wanted_part_of_a_response_is_kept() {
    let long = "x".repeat(20_000);
    let server = server(move |path| match path {
        "/gzip" => gzipped(&gzip(b"a body that is encoded")),
        _ => with_length("200 OK", "X-One: 1\r\nx-two:\t2 \r\nx-one: 3\r\n", &long),
    })
    .await;
    let mut client = client(false);
    let terms = |wanted, copy| Terms {
        wanted,
        copy,
        ..PLAIN
    };
    let nothing = terms(Wanted::Nothing, false);
    let measured = ask(&mut client, &[&server], "GET /", "", &nothing).await;
    assert_eq!(measured.outcome, Ok(200));
    assert_eq!(
        (client.answer().head(), client.answer().body()),
        (&b""[..], &b""[..])
    );

    ask(
        &mut client,
        &[&server],
        "GET /",
        "",
        &terms(Wanted::Head, false),
    )
    .await;
    let answer = client.answer();
    let names: Vec<_> = answer.fields().map(|(name, _)| name).collect();
    assert_eq!(
        names,
        [&b"X-One"[..], b"x-two", b"x-one", b"content-length"]
    );
    assert_eq!(answer.values("x-ONE").collect::<Vec<_>>(), [b"1", b"3"]);
    assert_eq!(answer.values("x-two").collect::<Vec<_>>(), [b"2"]);
    assert!(answer.body().is_empty());

    ask(
        &mut client,
        &[&server],
        "GET /",
        "",
        &terms(Wanted::Body, false),
    )
    .await;
    assert_eq!(client.answer().body().len(), 20_000);
    assert!(!client.answer().is_truncated());

    ask(
        &mut client,
        &[&server],
        "GET /",
        "",
        &terms(Wanted::Nothing, true),
    )
    .await;
    assert!(
        client
            .answer()
            .head()
            .starts_with(b"HTTP/1.1 200 OK\r\nX-One: 1\r\n")
    );
    assert_eq!(client.answer().body().len(), 16 << 10);
    assert!(client.answer().is_truncated());

    ask(
        &mut client,
        &[&server],
        "GET /gzip",
        "",
        &terms(Wanted::Body, false),
    )
    .await;
    assert_eq!(client.answer().body(), b"a body that is encoded");
    ask(
        &mut client,
        &[&server],
        "HEAD /gzip",
        "",
        &terms(Wanted::Head, false),
    )
    .await;
    assert!(client.answer().body().is_empty());
}

#[tokio::test]
async fn unexpected_responses_are_kept() {
    let server = server(|path| match path {
        "/garbage" => b"no HTTP at all\r\n\r\n".to_vec(),
        "/half" => b"HTTP/1.1 200".to_vec(),
        _ => with_length("404 Not Found", "", "no such page"),
    })
    .await;
    let mut client = client(false);
    let measured = ask(&mut client, &[&server], "GET /", "", &PLAIN).await;
    assert_eq!(measured.outcome, Ok(404));
    assert_eq!(client.answer().body(), b"no such page");
    let expects = Terms {
        expected: &[404],
        ..PLAIN
    };
    ask(&mut client, &[&server], "GET /", "", &expects).await;
    assert!(client.answer().head().is_empty() && client.answer().body().is_empty());

    let measured = ask(&mut client, &[&server], "GET /garbage", "", &PLAIN).await;
    assert_eq!(measured.outcome, Err(ErrorKind::Protocol));
    assert_eq!(client.answer().head(), b"no HTTP at all\r\n\r\n");
    let hasty = Terms {
        timeout: Duration::from_millis(200),
        ..PLAIN
    };
    // A limit shorter than that of the previous request applies.
    let measured = ask(&mut client, &[&server], "GET /half", "", &hasty).await;
    assert_eq!(measured.outcome, Err(ErrorKind::Timeout));
    client.clear();
    assert!(client.answer().head().is_empty());
}

#[tokio::test]
async fn a_broken_encoding_is_an_error_where_the_body_is_wanted() {
    let server = server(|_| gzipped(b"this is not gzip")).await;
    let mut client = client(false);
    for (wanted, copy, expected) in [
        (Wanted::Body, false, Err(ErrorKind::Protocol)),
        (Wanted::Head, true, Ok(200)),
        (Wanted::Nothing, false, Ok(200)),
    ] {
        let terms = Terms {
            wanted,
            copy,
            ..PLAIN
        };
        let measured = ask(&mut client, &[&server], "GET /", "", &terms).await;
        assert_eq!(measured.outcome, expected, "{wanted:?}");
    }
}

#[tokio::test]
async fn connections_are_kept_until_they_are_given_up() {
    let server = server(|_| with_length("200 OK", "", "")).await;
    let mut client = client(false);
    let mut opened = Vec::new();
    for round in 0..4 {
        if round == 2 {
            client.disconnect();
        }
        let measured = ask(&mut client, &[&server], "GET /", "", &PLAIN).await;
        assert!(!measured.connections.was_closed);
        opened.push(measured.connections.opened);
    }
    assert_eq!(opened, [1, 0, 1, 0]);
}

#[tokio::test]
async fn a_user_sends_its_cookies_until_they_are_cleared() {
    let server = server(|path| match path {
        "/login" => with_length(
            "200 OK",
            "set-cookie: sid=1; path=/; secure; httponly\r\nSet-Cookie: step=2\r\n",
            "",
        ),
        "/logout" => with_length("200 OK", "set-cookie: sid=; path=/; max-age=0\r\n", ""),
        _ => with_length("200 OK", "", ""),
    })
    .await;
    let mut client = client(true);
    for path in ["/", "/login", "/a", "/logout", "/b", "/login"] {
        ask(&mut client, &[&server], &format!("GET {path}"), "", &PLAIN).await;
    }
    assert_eq!(client.cookie("sid"), Some("1"));
    client.forget_cookies();
    assert_eq!(client.cookie("sid"), None);
    ask(&mut client, &[&server], "GET /c", "", &PLAIN).await;
    let requests = server.requests.lock().unwrap();
    let sent: Vec<_> = requests
        .iter()
        .map(|request| {
            request
                .split_once("cookie: ")
                .map(|(_, rest)| rest.trim_end())
        })
        .collect();
    let both = Some("sid=1; step=2");
    assert_eq!(
        sent,
        [None, None, both, both, Some("step=2"), Some("step=2"), None]
    );
}

#[tokio::test]
async fn without_cookies_none_are_sent_and_only_the_last_response_has_some() {
    let server = server(|_| with_length("200 OK", "set-cookie: sid=1; path=/\r\n", "")).await;
    let mut client = client(false);
    let terms = Terms {
        wanted: Wanted::Head,
        ..PLAIN
    };
    for _ in 0..2 {
        ask(&mut client, &[&server], "GET /", "", &terms).await;
        assert_eq!(client.cookie("sid"), Some("1"));
    }
    let requests = server.requests.lock().unwrap();
    assert!(requests.iter().all(|request| !request.contains("cookie")));
}

#[tokio::test]
async fn redirects_are_followed_as_one_request() {
    let other = server(|_| with_length("200 OK", "", "welcome")).await;
    let elsewhere = other.endpoint.server();
    let shop = server(move |path| match path {
        "/login" => with_length(
            "302 Found",
            "location: home\r\nset-cookie: sid=1\r\n",
            "moved",
        ),
        _ => with_length(
            "307 Temporary Redirect",
            &format!("location: {elsewhere}/in#here\r\n"),
            "",
        ),
    })
    .await;
    let mut client = client(true);
    let terms = Terms {
        wanted: Wanted::Body,
        redirects: 2,
        ..PLAIN
    };
    let services = [&shop, &other];
    let headers = "authorization: a\r\ncontent-length: 0\r\n";
    let measured = ask(&mut client, &services, "POST /login", headers, &terms).await;
    assert_eq!(measured.outcome, Ok(200));
    assert_eq!((measured.redirects, measured.connections.opened), (2, 2));
    assert_eq!(shop.lines(), ["POST /login", "GET /home"]);
    assert_eq!(other.lines(), ["GET /in"]);
    let requests = shop.requests.lock().unwrap();
    assert!(
        requests[1].contains("authorization: a\r\n") && requests[1].contains("cookie: sid=1\r\n")
    );
    let last = other.requests.lock().unwrap()[0].clone();
    // Cookies are not separated by port.
    assert!(
        !last.contains("authorization") && last.contains("cookie: sid=1\r\n"),
        "{last}"
    );
    let sent = requests.iter().map(String::len).sum::<usize>() + last.len();
    assert_eq!(measured.bytes_sent, sent as u64);
    assert!(measured.latency <= measured.elapsed && measured.connect <= measured.latency);
    assert_eq!(client.followed(), Some(last.as_bytes()));
    assert_eq!(client.answer().body(), b"welcome");
}

#[tokio::test]
async fn a_chain_of_redirects_ends_at_the_limit_and_at_invalid_locations() {
    let server = server(|path| match path {
        "/away" => with_length("301 Moved", "location: http://other.test/\r\n", ""),
        "/wait" => with_length("302 Found", "location: /silence\r\n", ""),
        "/silence" => Vec::new(),
        "/mute" => with_length("302 Found", "", ""),
        _ => with_length("302 Found", "location: /again\r\n", ""),
    })
    .await;
    let mut client = client(false);
    let terms = Terms {
        redirects: 3,
        ..PLAIN
    };
    let services = [&server];
    let measured = ask(&mut client, &services, "GET /", "", &terms).await;
    assert_eq!((measured.outcome, measured.redirects), (Ok(302), 3));
    assert_eq!(client.stopped_at(), Some(&Stop::TooMany));
    let measured = ask(&mut client, &services, "GET /away", "", &terms).await;
    assert_eq!((measured.outcome, measured.redirects), (Ok(301), 0));
    let away = Stop::NotDeclared("http://other.test".into());
    assert_eq!(client.stopped_at(), Some(&away));
    ask(&mut client, &services, "GET /mute", "", &terms).await;
    assert_eq!(client.stopped_at(), Some(&Stop::NoLocation));
    // When the redirect is not followed, or expected.
    let expects = Terms {
        expected: &[302],
        ..terms
    };
    for terms in [PLAIN, expects] {
        let measured = ask(&mut client, &services, "GET /", "", &terms).await;
        assert_eq!((measured.outcome, measured.redirects), (Ok(302), 0));
        assert_eq!(client.stopped_at(), None);
    }
    let hasty = Terms {
        timeout: Duration::from_millis(500),
        ..terms
    };
    let measured = ask(&mut client, &services, "GET /wait", "", &hasty).await;
    assert_eq!(measured.outcome, Err(ErrorKind::Timeout));
}
