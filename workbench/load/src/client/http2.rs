//! A connection of HTTP/2 (RFC 9113), with one request at a time.
//!
//! The task that sends a request drives the connection, as with HTTP/1.1. Frames that arrive between requests are read
//! before the next request.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Instant;

use bytes::Bytes;
use h2::client::{Builder, SendRequest};
use h2::{Reason, SendStream};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{StatusCode, Uri, Version};
use workbench_samples::ErrorKind;

use super::connection::{Exchange, Request, broken};
use super::deadline::Deadline;
use super::kept_response::Keeper;
use super::parsed_request::ParsedRequest;
use super::wire::Stream;

/// Flow-control windows of a stream and of a connection. The values are those of hyper.
const STREAM_WINDOW: u32 = 2 << 20;
const CONNECTION_WINDOW: u32 = 5 << 20;

/// Fields that belong to a connection of HTTP/1.1 (RFC 9113, section 8.2.2); the host is part of the URL.
const OF_HTTP1: [&str; 7] = [
    "host",
    "connection",
    "keep-alive",
    "proxy-connection",
    "transfer-encoding",
    "upgrade",
    "te",
];

#[derive(Debug)]
pub(super) struct Http2 {
    scheme: &'static str,
    sender: SendRequest<Bytes>,
    connection: h2::client::Connection<Stream, Bytes>,
}

impl Http2 {
    /// Starts HTTP/2 on a connection.
    pub(super) async fn start(stream: Stream, scheme: &'static str) -> Result<Self, ErrorKind> {
        let (sender, connection) = Builder::new()
            .initial_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .enable_push(false)
            .handshake(stream)
            .await
            .map_err(|error| kind(&error))?;
        Ok(Self {
            scheme,
            sender,
            connection,
        })
    }

    /// Reads and writes pending frames. Ready if the connection is closed.
    pub(super) fn poll_closed(&mut self, context: &mut Context<'_>) -> Poll<ErrorKind> {
        let result = ready!(Pin::new(&mut self.connection).poll(context));
        Poll::Ready(result.map_or_else(|error| kind(&error), |()| ErrorKind::Reset))
    }

    /// As [`Connection::run`](super::connection::Connection::run).
    pub(super) async fn run(
        &mut self,
        request: &Request<'_>,
        exchange: &mut Exchange,
        keeper: &mut Keeper<'_>,
        deadline: &mut Deadline,
    ) -> Result<(u16, Instant, bool), ErrorKind> {
        let (head, body) = message(request.bytes, self.scheme).ok_or(ErrorKind::Protocol)?;
        // A handle of the same connection: `self` is needed to drive it.
        let sender = self.sender.clone();
        let mut stream = pin!(exchange_on(sender, head, body, exchange, keeper));
        let mut closed = None;
        let (status, at) = poll_fn(|context| {
            if let Poll::Ready(result) = stream.as_mut().poll(context) {
                return Poll::Ready(result);
            }
            if closed.is_none()
                && let Poll::Ready(error) = self.poll_closed(context)
            {
                closed = Some(error);
            }
            // Received frames may complete the exchange.
            match (stream.as_mut().poll(context), closed) {
                (Poll::Pending, Some(error)) => return Poll::Ready(Err(error)),
                (Poll::Pending, None) => {}
                (ready, _) => return ready,
            }
            deadline
                .poll_passed(context)
                .map(|()| Err(ErrorKind::Timeout))
        })
        .await?;
        Ok((status, at, closed.is_none()))
    }
}

/// Sends a request and reads its response. The caller drives the connection.
async fn exchange_on(
    mut sender: SendRequest<Bytes>,
    head: http::Request<()>,
    mut body: Bytes,
    exchange: &mut Exchange,
    keeper: &mut Keeper<'_>,
) -> Result<(u16, Instant), ErrorKind> {
    let ready = poll_fn(|context| sender.poll_ready(context)).await;
    ready.map_err(|error| failed(&error, exchange))?;
    let sent = sender.send_request(head, body.is_empty());
    let (mut response, mut upload) = sent.map_err(|error| failed(&error, exchange))?;
    exchange.written = 1;
    let response = poll_fn(|context| {
        send(&mut upload, &mut body, context);
        Pin::new(&mut response).poll(context)
    })
    .await
    .map_err(|error| failed(&error, exchange))?;
    exchange.answered = true;
    exchange.first_byte = Some(Instant::now());
    let (head, mut received) = response.into_parts();
    let sets_cookies = || head.headers.contains_key(header::SET_COOKIE);
    if let Some(kept) = keeper.head(head.status.as_u16(), sets_cookies) {
        write_head(head.status, &head.headers, kept);
    }
    while let Some(data) = poll_fn(|context| {
        // A server may respond before it has read the whole request.
        send(&mut upload, &mut body, context);
        received.poll_data(context)
    })
    .await
    {
        let data = data.map_err(|error| failed(&error, exchange))?;
        keeper.body(&data);
        let released = received.flow_control().release_capacity(data.len());
        released.map_err(|error| failed(&error, exchange))?;
    }
    let trailers = poll_fn(|context| received.poll_trailers(context)).await;
    trailers.map_err(|error| failed(&error, exchange))?;
    Ok((head.status.as_u16(), Instant::now()))
}

/// Sends as much of the body as the server takes now.
fn send(upload: &mut SendStream<Bytes>, body: &mut Bytes, context: &mut Context<'_>) {
    while !body.is_empty() {
        upload.reserve_capacity(body.len());
        if upload.capacity() == 0 {
            match upload.poll_capacity(context) {
                Poll::Ready(Some(Ok(_))) => continue,
                Poll::Pending => return,
                // The server reads no more of the body. Its response counts.
                Poll::Ready(None | Some(Err(_))) => body.clear(),
            }
            return;
        }
        let piece = body.split_to(upload.capacity().min(body.len()));
        if upload.send_data(piece, body.is_empty()).is_err() {
            body.clear();
        }
    }
}

/// Converts a request written for HTTP/1.1. `None` if HTTP/2 has no such request.
fn message(bytes: &[u8], scheme: &str) -> Option<(http::Request<()>, Bytes)> {
    let message = ParsedRequest::parse(bytes);
    let uri = Uri::builder()
        .scheme(scheme)
        .authority(message.host?)
        .path_and_query(message.target)
        .build()
        .ok()?;
    let mut head = http::Request::new(());
    *head.method_mut() = message.method.parse().ok()?;
    *head.uri_mut() = uri;
    *head.version_mut() = Version::HTTP_2;
    for (name, value) in message.fields {
        if OF_HTTP1
            .iter()
            .all(|other| !name.eq_ignore_ascii_case(other))
        {
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            head.headers_mut()
                .append(name, HeaderValue::from_bytes(value).ok()?);
        }
    }
    Some((head, Bytes::copy_from_slice(message.body)))
}

/// Writes a head as HTTP/1.1 would.
fn write_head(status: StatusCode, fields: &HeaderMap, head: &mut Vec<u8>) {
    for part in ["HTTP/2 ", status.as_str(), "\r\n"] {
        head.extend_from_slice(part.as_bytes());
    }
    for (name, value) in fields {
        for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
            head.extend_from_slice(part);
        }
    }
    head.extend_from_slice(b"\r\n");
}

/// Notes whether the server did not process the request: it refused the stream, or sent GOAWAY before it.
fn failed(error: &h2::Error, exchange: &mut Exchange) -> ErrorKind {
    let is_refused = error.is_reset() && error.reason() == Some(Reason::REFUSED_STREAM);
    exchange.is_unprocessed = error.is_remote() && (is_refused || error.is_go_away());
    kind(error)
}

fn kind(error: &h2::Error) -> ErrorKind {
    match error.get_io() {
        Some(error) => broken(error),
        None if error.is_remote() => ErrorKind::Reset,
        None => ErrorKind::Protocol,
    }
}

#[cfg(test)]
mod tests;
