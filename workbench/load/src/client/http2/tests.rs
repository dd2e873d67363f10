use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use h2::server::{self, SendResponse};
use http::Response;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{PrivateKeyDer, ServerName};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use workbench_plan::HttpVersion;

use super::*;
use crate::client::tests::{PLAIN, Server, ask, client};
use crate::client::{Endpoint, Terms, Wanted, tls};

/// A service of cleartext HTTP/2. `serve` is called for each connection with its number, from 0.
async fn listen<F>(serve: impl Fn(usize, TcpStream) -> F + Send + 'static) -> Server
where
    F: Future<Output = Option<()>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        for number in 0.. {
            let (socket, _) = listener.accept().await.unwrap();
            tokio::spawn(serve(number, socket));
        }
    });
    Server {
        endpoint: Arc::new(Endpoint {
            service: "shop".into(),
            addresses: vec![address],
            tls: None,
            prefix: String::new(),
            host: address.to_string(),
            version: HttpVersion::PriorKnowledge,
        }),
        requests: Arc::default(),
    }
}

/// Sends back the body of each request, between fields and trailers.
async fn echo(_: usize, socket: impl AsyncRead + AsyncWrite + Unpin) -> Option<()> {
    let mut connection = server::handshake(socket).await.ok()?;
    while let Some(accepted) = connection.accept().await {
        let (request, respond) = accepted.ok()?;
        tokio::spawn(echo_one(request, respond));
    }
    None
}

async fn echo_one(
    request: http::Request<h2::RecvStream>,
    mut respond: SendResponse<Bytes>,
) -> Option<()> {
    let (head, mut body) = request.into_parts();
    let mut response = Response::builder().header("set-cookie", "sid=1");
    for (name, value) in &head.headers {
        response = response.header(format!("echo-{name}"), value);
    }
    let target = format!("{} {}", head.method, head.uri);
    let response = response.header("echo", target).body(()).ok()?;
    let mut send = respond.send_response(response, false).ok()?;
    while let Some(data) = body.data().await {
        let mut data = data.ok()?;
        body.flow_control().release_capacity(data.len()).ok()?;
        while !data.is_empty() {
            send.reserve_capacity(data.len());
            if send.capacity() == 0 {
                poll_fn(|context| send.poll_capacity(context)).await?.ok()?;
                continue;
            }
            let piece = data.split_to(send.capacity().min(data.len()));
            send.send_data(piece, false).ok()?;
        }
    }
    let mut trailers = HeaderMap::new();
    trailers.insert("checksum", HeaderValue::from_static("1"));
    send.send_trailers(trailers).ok()
}

const BODY: Terms<'static> = Terms {
    wanted: Wanted::Body,
    ..PLAIN
};

#[tokio::test]
async fn requests_go_over_one_connection_and_cookies_come_back() {
    let server = listen(echo).await;
    let mut client = client(true);
    let headers = "X-One: 1\r\nconnection: keep-alive\r\nTE: trailers\r\n";
    let line = "GET /a?b=c";
    let measured = ask(&mut client, &[&server], line, headers, &BODY).await;
    assert_eq!(measured.outcome, Ok(200));
    assert_eq!(measured.connections.opened, 1);
    assert!(measured.connect <= measured.latency && measured.latency <= measured.elapsed);
    assert!(measured.bytes_sent > 50 && measured.bytes_received > 50);
    let host = &server.endpoint.host;
    let url = format!("GET http://{host}/a?b=c");
    let head = String::from_utf8(client.answer().head().to_vec()).unwrap();
    assert!(
        head.starts_with("HTTP/2 200\r\nset-cookie: sid=1\r\n"),
        "{head}"
    );
    let names: Vec<_> = head
        .lines()
        .filter(|line| line.starts_with("echo"))
        .collect();
    assert_eq!(names, ["echo-x-one: 1", &format!("echo: {url}")]);
    let measured = ask(&mut client, &[&server], line, "", &BODY).await;
    assert_eq!(
        (measured.outcome, measured.connections.opened),
        (Ok(200), 0)
    );
    let cookie = client.answer().values("echo-cookie").next();
    assert_eq!(cookie, Some(&b"sid=1"[..]));
}

#[tokio::test]
async fn bodies_larger_than_every_window_pass_in_both_directions() {
    let server = listen(echo).await;
    let mut client = client(false);
    let body: String = (0..1_500_000)
        .map(|number| format!("{}", number % 10))
        .collect();
    let body = body.repeat(5);
    let headers = format!("content-length: {}\r\n", body.len());
    let line = "POST /upload";
    // The body follows the fields.
    let with_body = format!("{headers}\r\n{body}");
    for round in 0..2 {
        let measured = ask(&mut client, &[&server], line, &with_body, &BODY).await;
        assert_eq!(measured.outcome, Ok(200));
        assert_eq!(measured.connections.opened, 1 - round);
        let received = client.answer().body();
        assert_eq!(received.len(), body.len());
        assert!(received == body.as_bytes());
        assert!(measured.bytes_sent > body.len() as u64);
        assert!(measured.bytes_received > body.len() as u64);
    }
}

/// A frame (RFC 9113, section 4.1).
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let head = [&length[1..], &[kind, flags], &stream.to_be_bytes()].concat();
    [&head, payload].concat()
}

const HEADERS: u8 = 1;
const END_OF_STREAM: u8 = 1;

/// The response 200 without fields and body.
fn ok(stream: u32) -> Vec<u8> {
    frame(HEADERS, END_OF_STREAM | 4, stream, &[0x88])
}

fn reset(stream: u32, reason: u32) -> Vec<u8> {
    frame(3, 0, stream, &reason.to_be_bytes())
}

/// The last stream that was processed.
fn goodbye(last: u32) -> Vec<u8> {
    frame(7, 0, 0, &[last.to_be_bytes(), [0; 4]].concat())
}

/// Answers each request with bytes by the numbers of its connection and stream. Counts the requests.
async fn by_frames(
    answer: impl Fn(usize, u32) -> Vec<u8> + Send + Sync + Clone + 'static,
) -> (Server, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let serve = move |number, mut socket: TcpStream| {
        let (counter, answer) = (Arc::clone(&counter), answer.clone());
        async move {
            let mut preface = [0; 24];
            socket.read_exact(&mut preface).await.ok()?;
            socket.write_all(&frame(4, 0, 0, &[])).await.ok()?;
            loop {
                let mut head = [0; 9];
                socket.read_exact(&mut head).await.ok()?;
                let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
                socket
                    .read_exact(&mut vec![0; length as usize])
                    .await
                    .ok()?;
                let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
                if head[3] == HEADERS {
                    counter.fetch_add(1, Ordering::SeqCst);
                    socket.write_all(&answer(number, stream)).await.ok()?;
                }
            }
        }
    };
    (listen(serve).await, asked)
}

#[tokio::test]
async fn an_unprocessed_request_is_sent_again_whatever_its_method() {
    for refusal in [goodbye(1), reset(3, 7)] {
        let (server, asked) = by_frames(move |connection, stream| match (connection, stream) {
            (0, 3) => refusal.clone(),
            _ => ok(stream),
        })
        .await;
        let mut client = client(false);
        for is_again in [false, true] {
            let measured = ask(&mut client, &[&server], "POST /", "", &PLAIN).await;
            assert_eq!(measured.outcome, Ok(200));
            assert_eq!(measured.sent_again, is_again);
            assert_eq!(measured.connections.opened, 1);
        }
        assert_eq!(asked.load(Ordering::SeqCst), 3);
    }
}

#[tokio::test]
async fn a_request_that_the_server_refuses_is_sent_only_twice() {
    let (server, asked) = by_frames(|_, stream| reset(stream, 7)).await;
    let measured = ask(&mut client(false), &[&server], "GET /", "", &PLAIN).await;
    assert_eq!(measured.outcome, Err(ErrorKind::Reset));
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_connection_is_not_reused_after_goaway() {
    let (server, asked) = by_frames(|_, stream| [goodbye(stream), ok(stream)].concat()).await;
    let mut client = client(false);
    for _ in 0..2 {
        let measured = ask(&mut client, &[&server], "POST /", "", &PLAIN).await;
        assert_eq!(measured.outcome, Ok(200));
        assert_eq!(
            (measured.sent_again, measured.connections.opened),
            (false, 1)
        );
    }
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn failures_have_the_same_names_as_with_http_1() {
    let internal_error = 2;
    let (server, asked) = by_frames(move |_, stream| reset(stream, internal_error)).await;
    let measured = ask(&mut client(false), &[&server], "GET /", "", &PLAIN).await;
    assert_eq!(measured.outcome, Err(ErrorKind::Reset));
    assert_eq!(asked.load(Ordering::SeqCst), 1);

    // A response without a status.
    let (server, _) = by_frames(|_, stream| frame(HEADERS, 5, stream, &[])).await;
    let measured = ask(&mut client(false), &[&server], "GET /", "", &PLAIN).await;
    assert_eq!(measured.outcome, Err(ErrorKind::Protocol));

    let server = listen(|_, mut socket| async move {
        let answer = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n";
        socket.write_all(answer).await.ok()?;
        std::future::pending().await
    })
    .await;
    let measured = ask(&mut client(false), &[&server], "GET /", "", &PLAIN).await;
    assert_eq!(measured.outcome, Err(ErrorKind::Protocol));

    let server = listen(|_, mut socket| async move {
        socket.read_exact(&mut [0; 24]).await.ok()?;
        None
    })
    .await;
    let measured = ask(&mut client(false), &[&server], "GET /", "", &PLAIN).await;
    assert_eq!(measured.outcome, Err(ErrorKind::Reset));

    let (server, _) = by_frames(|_, _| Vec::new()).await;
    let hasty = Terms {
        timeout: Duration::from_millis(200),
        ..PLAIN
    };
    let measured = ask(&mut client(false), &[&server], "GET /", "", &hasty).await;
    assert_eq!(measured.outcome, Err(ErrorKind::Timeout));
}

/// A service at an `https` URL that supports these versions.
async fn encrypted(spoken: &[&str], version: HttpVersion) -> Server {
    let names = vec!["localhost".to_owned()];
    let rcgen::CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(names).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    config.alpn_protocols = spoken.iter().map(|name| name.as_bytes().to_vec()).collect();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let mut server = listen(move |number, socket| {
        let acceptor = acceptor.clone();
        async move {
            let mut socket = acceptor.accept(socket).await.ok()?;
            if socket.get_ref().1.alpn_protocol() == Some(b"h2") {
                return echo(number, socket).await;
            }
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                request.push(socket.read_u8().await.ok()?);
            }
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
            socket.write_all(answer).await.ok()?;
            std::future::pending().await
        }
    })
    .await;
    let config = tls::config(None, true, version).unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let endpoint = Arc::get_mut(&mut server.endpoint).unwrap();
    endpoint.tls = Some((config, name));
    endpoint.version = version;
    server
}

#[tokio::test]
async fn the_version_is_negotiated_at_https_urls() {
    use HttpVersion::{Http1, Negotiated, PriorKnowledge};
    for (spoken, version, expected) in [
        (&["h2", "http/1.1"][..], Negotiated, "HTTP/2 200"),
        (&["http/1.1"], Negotiated, "HTTP/1.1 200"),
        (&[], Negotiated, "HTTP/1.1 200"),
        (&["h2", "http/1.1"], Http1, "HTTP/1.1 200"),
        (&["http/1.1", "h2"], PriorKnowledge, "HTTP/2 200"),
    ] {
        let server = encrypted(spoken, version).await;
        let mut client = client(false);
        let measured = ask(&mut client, &[&server], "GET /", "", &BODY).await;
        assert_eq!(measured.outcome, Ok(200), "{spoken:?} {version:?}");
        let head = String::from_utf8(client.answer().head().to_vec()).unwrap();
        assert!(head.starts_with(expected), "{spoken:?} {version:?}: {head}");
    }
}
