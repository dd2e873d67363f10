//! One connection, and one exchange of a request and its response on it.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use rustix::io::Errno;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use workbench_plan::HttpVersion;
use workbench_samples::ErrorKind;

use super::buffer::Buffer;
use super::deadline::Deadline;
use super::endpoint::Endpoint;
use super::http2::Http2;
use super::kept_response::Keeper;
use super::response::Decoder;
use super::wire::{Crossed, Stream, Wire, is_of_tls};

/// An open connection.
#[derive(Debug)]
pub(super) struct Connection {
    protocol: Protocol,
    /// The time that opening took: a round trip or more.
    pub(super) opened_in: Duration,
    /// When the last response on it was complete, or it was opened.
    pub(super) used: Instant,
}

#[derive(Debug)]
enum Protocol {
    Http1(Stream),
    Http2(Box<Http2>),
}

/// A request as it is put on the wire.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'a> {
    pub(crate) bytes: &'a [u8],
    /// Its response has no body.
    pub(crate) is_head: bool,
    /// It may be sent again if it is unknown whether the server received it (RFC 9110, section 9.2.2).
    pub(crate) is_idempotent: bool,
}

/// After this many bytes a user yields to the others of its thread.
const LONGEST_TURN: usize = 1 << 16;

/// The progress of an exchange.
#[derive(Debug)]
pub(super) struct Exchange {
    decoder: Decoder,
    /// Bytes of the request that were written, to TLS where there is TLS.
    pub(super) written: usize,
    /// Any byte was received, also of an interim response.
    pub(super) answered: bool,
    /// The server takes no more of the request.
    broken: bool,
    /// The server has said that it did not process the request.
    pub(super) is_unprocessed: bool,
    /// When the first byte of the response came.
    pub(super) first_byte: Option<Instant>,
}

impl Exchange {
    pub(super) fn new(request: &Request<'_>) -> Self {
        Self {
            decoder: Decoder::new(request.is_head),
            written: 0,
            answered: false,
            broken: false,
            is_unprocessed: false,
            first_byte: None,
        }
    }

    /// Status of the response, 0 before its head has come.
    pub(super) fn status(&self) -> u16 {
        self.decoder.status()
    }

    /// Decodes what was received, at `now`.
    fn take(
        &mut self,
        buffer: &mut Buffer,
        keeper: &mut Keeper<'_>,
        now: Instant,
    ) -> Result<(), ErrorKind> {
        self.answered = true;
        let taken = self.decoder.decode(buffer.filled(), keeper);
        if let Ok(taken) = taken {
            buffer.consume(taken);
            if taken > 0 && !self.decoder.has_begun() {
                // The first byte was that of an interim response.
                self.first_byte = None;
            }
        }
        if taken.is_err() || self.decoder.has_begun() || !buffer.filled().is_empty() {
            self.first_byte.get_or_insert(now);
        }
        taken.map(|_| ()).map_err(|_| ErrorKind::Protocol)
    }
}

impl Connection {
    /// Connects, and negotiates TLS where the endpoint asks for it.
    pub(super) async fn open(
        endpoint: &Endpoint,
        crossed: Arc<Crossed>,
    ) -> Result<Self, ErrorKind> {
        let begun = Instant::now();
        let tcp = connect(&endpoint.addresses).await?;
        // Requests are small. Nagle's algorithm would delay them.
        tcp.set_nodelay(true).map_err(|_| ErrorKind::Connect)?;
        let wire = Wire::new(tcp, Arc::clone(&crossed));
        let stream = match &endpoint.tls {
            None => Stream::Plain(wire),
            Some((config, name)) => {
                let connector = TlsConnector::from(Arc::clone(config));
                let tls = connector.connect(name.clone(), wire).await;
                Stream::Tls(Box::new(tls.map_err(|error| {
                    crossed.note_tls_failure(&error);
                    ErrorKind::Tls
                })?))
            }
        };
        let is_http2 = match (&stream, endpoint.version) {
            (_, HttpVersion::PriorKnowledge) => true,
            (Stream::Tls(tls), _) => tls.get_ref().1.alpn_protocol() == Some(b"h2"),
            (Stream::Plain(_), _) => false,
        };
        let protocol = if is_http2 {
            Protocol::Http2(Box::new(Http2::start(stream, endpoint.scheme()).await?))
        } else {
            Protocol::Http1(stream)
        };
        Ok(Self {
            protocol,
            opened_in: begun.elapsed(),
            used: Instant::now(),
        })
    }

    /// Whether the connection is still open and idle, as far as is known now.
    ///
    /// Unexpected bytes, such as a 408 before a close, also end it.
    pub(super) async fn is_idle(&mut self) -> bool {
        let mut byte = [0];
        poll_fn(|context| {
            let mut room = ReadBuf::new(&mut byte);
            Poll::Ready(match &mut self.protocol {
                Protocol::Http1(stream) => {
                    Pin::new(stream).poll_read(context, &mut room).is_pending()
                }
                Protocol::Http2(http2) => http2.poll_closed(context).is_pending(),
            })
        })
        .await
    }

    /// Sends the request and reads its response to the last byte. Returns the status, when the response was complete,
    /// and whether the connection can be used again.
    pub(super) async fn run(
        &mut self,
        request: &Request<'_>,
        exchange: &mut Exchange,
        buffer: &mut Buffer,
        keeper: &mut Keeper<'_>,
        deadline: &mut Deadline,
    ) -> Result<(u16, Instant, bool), ErrorKind> {
        let stream = match &mut self.protocol {
            Protocol::Http1(stream) => stream,
            Protocol::Http2(http2) => {
                return http2.run(request, exchange, keeper, deadline).await;
            }
        };
        buffer.clear();
        let result = poll_fn(|context| {
            let at = deadline.at();
            let exchanged = stream.poll_exchange(context, request, exchange, buffer, keeper, at);
            buffer.release();
            match exchanged {
                Poll::Pending => {}
                ready => return ready,
            }
            deadline
                .poll_passed(context)
                .map(|()| Err(ErrorKind::Timeout))
        })
        .await;
        if result.is_err() && !exchange.decoder.has_begun() {
            keeper.no_head(buffer.filled());
        }
        result
    }
}

impl Stream {
    fn poll_exchange(
        &mut self,
        context: &mut Context<'_>,
        request: &Request<'_>,
        exchange: &mut Exchange,
        buffer: &mut Buffer,
        keeper: &mut Keeper<'_>,
        deadline: Instant,
    ) -> Poll<Result<(u16, Instant, bool), ErrorKind>> {
        if !exchange.broken {
            // A server may respond, and even close, before it has read the whole request. Its response counts.
            let written = self.poll_send(context, request.bytes, &mut exchange.written);
            exchange.broken = matches!(written, Poll::Ready(Err(_)));
        }
        let mut turn = 0;
        while turn < LONGEST_TURN {
            let mut room = ReadBuf::new(buffer.room());
            let read = match ready!(Pin::new(&mut *self).poll_read(context, &mut room)) {
                Err(error) => return Poll::Ready(Err(broken(&error))),
                Ok(()) => room.filled().len(),
            };
            let now = Instant::now();
            if read == 0 {
                return Poll::Ready(if exchange.decoder.ends_with_connection() {
                    Ok((exchange.decoder.status(), now, false))
                } else {
                    Err(ErrorKind::Reset)
                });
            }
            turn += read;
            buffer.add(read);
            if let Err(error) = exchange.take(buffer, keeper, now) {
                return Poll::Ready(Err(error));
            }
            if exchange.decoder.is_done() {
                let reusable = exchange.decoder.is_persistent()
                    && buffer.filled().is_empty()
                    && exchange.written == request.bytes.len();
                return Poll::Ready(Ok((exchange.decoder.status(), now, reusable)));
            }
            // The timer is not polled as long as there is more to read.
            if now >= deadline {
                return Poll::Ready(Err(ErrorKind::Timeout));
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }

    /// Writes the rest of the request, from `written` on, and flushes it.
    fn poll_send(
        &mut self,
        context: &mut Context<'_>,
        bytes: &[u8],
        written: &mut usize,
    ) -> Poll<io::Result<()>> {
        while *written < bytes.len() {
            let wrote = Pin::new(&mut *self).poll_write(context, &bytes[*written..]);
            *written += match ready!(wrote)? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                wrote => wrote,
            };
        }
        match self {
            Self::Plain(_) => Poll::Ready(Ok(())),
            Self::Tls(tls) => Pin::new(tls).poll_flush(context),
        }
    }
}

/// The error kind of a failed read. With TLS 1.3 a server refuses a client's certificate after the handshake.
pub(super) fn broken(error: &io::Error) -> ErrorKind {
    if is_of_tls(error) {
        ErrorKind::Tls
    } else {
        ErrorKind::Reset
    }
}

/// Connects to the first address that accepts. If none does, returns the first address's error.
///
/// Hosts often have a second address that this machine cannot reach; its error would say nothing of the service.
async fn connect(addresses: &[SocketAddr]) -> Result<TcpStream, ErrorKind> {
    let mut first = None;
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(tcp) => return Ok(tcp),
            Err(error) => {
                first.get_or_insert_with(|| not_connected(&error));
            }
        }
    }
    Err(first.unwrap_or(ErrorKind::Connect))
}

/// Whether the target refused the connection, or this machine could not open one.
fn not_connected(error: &io::Error) -> ErrorKind {
    match Errno::from_io_error(error) {
        Some(Errno::CONNREFUSED) => ErrorKind::Refused,
        // Files of this process and of the system, ports, memory.
        Some(
            Errno::MFILE
            | Errno::NFILE
            | Errno::ADDRNOTAVAIL
            | Errno::ADDRINUSE
            | Errno::AGAIN
            | Errno::NOBUFS
            | Errno::NOMEM,
        ) => ErrorKind::Generator,
        _ => ErrorKind::Connect,
    }
}
