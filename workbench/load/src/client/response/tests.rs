//! The decoder on known responses, and compared with hyper on random bytes.
//!
//! `just fuzz` runs the comparison for longer.

use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use std::time::Duration;

use super::{Decoder, Malformed};
use crate::client::kept_response::{Keeper, KeptResponse, Terms, Wanted};

/// The result for bytes followed by the end of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Complete(u16),
    /// The connection ended before the response did.
    Truncated,
    Malformed,
}

/// The decoder's result, with the number of bytes that it consumed.
fn decoded(pieces: &[&[u8]], to_head: bool) -> (Verdict, usize) {
    let (verdict, taken, _) = kept(pieces, to_head);
    (verdict, taken)
}

/// The same with the kept part of the body.
fn kept(pieces: &[&[u8]], to_head: bool) -> (Verdict, usize, Vec<u8>) {
    let mut answer = KeptResponse::default();
    let mut keeper = Keeper::new(&mut answer, &WANT_ALL, false);
    let mut decoder = Decoder::new(to_head);
    let mut bytes = Vec::new();
    let mut taken = 0;
    let mut malformed = false;
    for piece in pieces {
        bytes.extend_from_slice(piece);
        match decoder.decode(&bytes[taken..], &mut keeper) {
            Ok(length) => taken += length,
            Err(Malformed) => {
                malformed = true;
                break;
            }
        }
    }
    let verdict = if malformed {
        Verdict::Malformed
    } else if decoder.ends_with_connection() {
        Verdict::Complete(decoder.status())
    } else {
        Verdict::Truncated
    };
    (verdict, taken, answer.body().to_vec())
}

const WANT_ALL: Terms<'static> = Terms {
    timeout: Duration::MAX,
    wanted: Wanted::Body,
    copy: false,
    expected: &[],
    redirects: 0,
};

/// hyper's result for the same bytes, with the body.
async fn decoded_by_hyper(pieces: &[&[u8]], to_head: bool) -> (Verdict, Bytes) {
    let (client, mut server) = tokio::io::duplex(1 << 16);
    let (mut sender, connection) = http1::handshake(TokioIo::new(client)).await.unwrap();
    let connection = tokio::spawn(connection);
    let method = if to_head { "HEAD" } else { "GET" };
    let request = hyper::Request::builder()
        .method(method)
        .uri("/")
        .body(Empty::<Bytes>::new())
        .unwrap();
    let response = tokio::spawn(async move {
        let response = sender.send_request(request).await?;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await?;
        Ok::<_, hyper::Error>((status, body.to_bytes()))
    });
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(server.read_u8().await.unwrap());
    }
    for piece in pieces {
        // It may have ended early.
        if server.write_all(piece).await.is_err() {
            break;
        }
        tokio::task::yield_now().await;
    }
    drop(server);
    let mut body = Bytes::new();
    let verdict = match response.await.unwrap() {
        Ok((status, collected)) => {
            body = collected;
            Verdict::Complete(status)
        }
        Err(error) if error.is_parse() => Verdict::Malformed,
        Err(error) => {
            let source = std::error::Error::source(&error);
            let io = source.and_then(|source| source.downcast_ref::<std::io::Error>());
            match io.map(std::io::Error::kind) {
                Some(std::io::ErrorKind::InvalidInput | std::io::ErrorKind::InvalidData) => {
                    Verdict::Malformed
                }
                _ => Verdict::Truncated,
            }
        }
    };
    connection.abort();
    (verdict, body)
}

/// Decodes each response byte by byte and at once. Each must end at the given position.
#[test]
fn responses_of_all_framings_end_where_they_end() {
    let chunks = "4;a=\"b\"\r\nwiki\r\n00A \r\n0123456789\r\n0\r\n";
    let long = format!(
        "HTTP/1.1 200 OK\r\n{}content-length: 2\r\n\r\nok",
        "a: b\r\n".repeat(5_000)
    );
    let chunked = |rest: &str| {
        format!("HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, Chunked\r\n\r\n{chunks}{rest}")
    };
    let responses = [
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok".to_owned(),
            200,
        ),
        (
            "HTTP/1.1 404\r\ncontent-length: 2, 2\r\ncontent-length: 2\r\n\r\nok".to_owned(),
            404,
        ),
        (
            "HTTP/1.1 204 No Content\r\ncontent-length: 9\r\n\r\n".to_owned(),
            204,
        ),
        ("HTTP/1.1 304 Not Modified\r\n\r\n".to_owned(), 304),
        (
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\n\
             HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n"
                .to_owned(),
            201,
        ),
        (chunked("\r\n"), 200),
        (chunked("trailer: a\r\nother: b\r\n\r\n"), 200),
        (
            "HTTP/1.1 200 caf\u{e9}\r\nx: \u{e9}\r\ncontent-length: 0\r\n\r\n".to_owned(),
            200,
        ),
        (long, 200),
    ];
    for (response, status) in responses {
        // Latin-1 on the wire.
        let response: Vec<u8> = response.chars().map(|letter| letter as u8).collect();
        let followed = [&response, &b"HTTP/1.1 500 \r\n\r\n"[..]].concat();
        let expected = (Verdict::Complete(status), response.len());
        assert_eq!(decoded(&[&followed], false), expected);
        if response.len() < 1_000 {
            let bytes: Vec<&[u8]> = followed.chunks(1).collect();
            assert_eq!(decoded(&bytes, false), expected);
        }
        for length in 0..response.len().min(1_000) {
            let (verdict, _) = decoded(&[&response[..length]], false);
            assert_eq!(verdict, Verdict::Truncated, "{length} bytes of {status}");
        }
    }
}

#[test]
fn a_response_to_head_has_no_body_and_one_without_a_length_ends_with_the_connection() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n";
    assert_eq!(decoded(&[head], true), (Verdict::Complete(200), head.len()));
    assert_eq!(decoded(&[head], false).0, Verdict::Truncated);
    let without = b"HTTP/1.0 200 OK\r\n\r\nanything";
    assert_eq!(
        decoded(&[without], false),
        (Verdict::Complete(200), without.len())
    );
}

#[test]
fn a_connection_persists_unless_a_side_or_the_framing_ends_it() {
    let persistent = |head: &str| {
        let mut decoder = Decoder::new(false);
        let mut answer = KeptResponse::default();
        let mut keeper = Keeper::new(&mut answer, &WANT_ALL, false);
        decoder.decode(head.as_bytes(), &mut keeper).unwrap();
        decoder.is_persistent()
    };
    assert!(persistent("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"));
    assert!(!persistent(
        "HTTP/1.1 200 OK\r\nconnection: x, Close\r\ncontent-length: 0\r\n\r\n"
    ));
    assert!(!persistent("HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n"));
    assert!(persistent(
        "HTTP/1.0 200 OK\r\nconnection: Keep-Alive\r\ncontent-length: 0\r\n\r\n"
    ));
    assert!(!persistent("HTTP/1.1 101 Switching Protocols\r\n\r\n"));
    assert!(!persistent("HTTP/1.1 200 OK\r\n\r\n"));
    // Not before its end.
    assert!(!persistent("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n"));
}

#[test]
fn heads_and_trailers_without_end_are_refused() {
    let head = [b"HTTP/1.1 200 OK\r\n", &b"a: b\r\n".repeat(1 << 18)[..]].concat();
    assert_eq!(decoded(&[&head], false).0, Verdict::Malformed);
    let start = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n";
    let trailer = [start.as_bytes(), &b"a: b\r\n".repeat(1 << 12)[..]].concat();
    assert_eq!(decoded(&[&trailer], false).0, Verdict::Malformed);
    let start = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    for endless in ["1;", "1 ", "0"] {
        let last = &endless.as_bytes()[endless.len() - 1..];
        let size = [start.as_bytes(), endless.as_bytes(), &last.repeat(1 << 15)].concat();
        assert_eq!(decoded(&[&size], false).0, Verdict::Malformed, "{endless}");
    }
    let interim = b"HTTP/1.1 100 Continue\r\n\r\n".repeat(1 << 16);
    assert_eq!(decoded(&[&interim], false).0, Verdict::Malformed);
    // Many chunks with short extensions, followed by bytes after the response.
    let chunk = format!("1;signature={}\r\nx\r\n", "0".repeat(64));
    let signed = format!("{start}{}0\r\n\r\nx\ry", chunk.repeat(1_000));
    let end = signed.len() - 3;
    assert_eq!(
        decoded(&[signed.as_bytes()], false),
        (Verdict::Complete(200), end)
    );
}

/// Parts of responses, valid and invalid.
fn response() -> impl Strategy<Value = Vec<u8>> {
    let interim = select(vec![
        "",
        "HTTP/1.1 100 \r\n\r\n",
        "HTTP/1.1 103 Hints\r\nlink: a\r\n\r\n",
    ]);
    let line = select(vec![
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 201\r\n",
        "HTTP/1.0 200 OK\r\n",
        "HTTP/1.1 204 No Content\r\n",
        "HTTP/1.1 304 Not Modified\r\n",
        "HTTP/1.1 101 Switching\r\n",
        "HTTP/1.1 099 None\r\n",
        "HTTP/2 200\r\n",
        "HTTP/1.1 200 OK\n",
        "\r\nHTTP/1.1 500 Error\r\n",
    ]);
    let field = select(vec![
        "content-length: 4\r\n",
        "content-length: 4\r\n",
        "content-length: 3,4\r\n",
        "content-length: +4\r\n",
        "content-length: 0\r\n",
        "Transfer-Encoding: chunked\r\n",
        "transfer-encoding: chunked\r\n",
        "transfer-encoding: chunked, gzip\r\n",
        "connection: close\r\n",
        "connection: keep-alive\r\n",
        "x: \u{e9}\r\n",
        "x:y\n",
        "x : y\r\n",
        " folded\r\n",
    ]);
    let body = select(vec![
        "",
        "wiki",
        "wikipedia",
        "4\r\nwiki\r\n0\r\n\r\n",
        "2;e=\"x\"\r\nwi\r\n02 \t\r\nki\r\n0\r\nt: u\r\nv: w\r\n\r\n",
        "4\nwiki\r\n0\r\n\r\n",
        "4\r\nwikipedia\r\n0\r\n\r\n",
        "fffffffffffffffff\r\nx",
        "ffffffffffffffff\r\nx",
        "0\r\nbad trailer\r\n\r\n",
        "0\r\nt: u\n\nv\r\n\r\n",
    ]);
    (interim, line, vec(field, 0..4), body).prop_map(|(interim, line, fields, body)| {
        let text = format!("{interim}{line}{}\r\n{body}", fields.concat());
        text.chars().map(|letter| letter as u8).collect()
    })
}

/// One small error: position, kind and byte.
fn fault() -> impl Strategy<Value = (usize, u8, u8)> {
    let byte = prop_oneof![any::<u8>(), select(b"\r\n:;, 0f\t".to_vec())];
    (any::<usize>(), 0..3_u8, byte)
}

proptest! {
    #[test]
    fn any_bytes_in_any_chunks_are_decoded_as_by_hyper(
        mut bytes in response(),
        faults in prop_oneof![3 => vec(fault(), 0..1), 2 => vec(fault(), 1..4)],
        cuts in vec(any::<usize>(), 0..6),
        to_head in prop::bool::weighted(0.1),
    ) {
        for (place, kind, byte) in faults {
            let place = place % bytes.len().max(1);
            match kind {
                0 => bytes.insert(place, byte),
                1 if !bytes.is_empty() => bytes[place] = byte,
                _ if !bytes.is_empty() => drop(bytes.remove(place)),
                _ => {}
            }
        }
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|cut| &bytes[cut[0]..cut[1]]).collect();
        let (ours, _, our_body) = kept(&pieces, to_head);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (theirs, their_body) = runtime.block_on(decoded_by_hyper(&pieces, to_head));
        let completed = |verdict| matches!(verdict, Verdict::Complete(_));
        if pieces.len() > 1 && !completed(ours) && !completed(theirs) {
            // hyper waits for the end of a head before it checks for errors.
            return Ok(());
        }
        prop_assert_eq!(ours, theirs, "{}", bytes.escape_ascii());
        if completed(ours) {
            prop_assert_eq!(&our_body[..], &their_body[..], "{}", bytes.escape_ascii());
        }
    }
}
