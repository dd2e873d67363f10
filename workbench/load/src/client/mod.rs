//! The measured client: HTTP/1.1 over connections of its own, timed where the bytes cross.
//!
//! A request is bytes that go out in one write, and a response is decoded as it comes in: nothing lies between the socket
//! and the clock. A connection is driven by the task that uses it, so that a request wakes no other task.

mod buffer;
mod connection;
mod deadline;
mod endpoint;
mod response;
mod wire;

use std::future::poll_fn;
use std::time::{Duration, Instant};

use workbench_samples::ErrorKind;

use buffer::Buffer;
pub(crate) use connection::Request;
use connection::{Connection, Exchange};
use deadline::Deadline;
pub(crate) use endpoint::{Endpoint, resolve};

/// Said of the time without a request by a server that closes an idle connection (RFC 9110, section 15.5.9).
const REQUEST_TIMEOUT: u16 = 408;

/// How long a close may be on its way besides a round trip. Ours.
const LONGEST_CROSSING: Duration = Duration::from_millis(50);

/// What one request cost and what came of it; the definitions are those of `Sample`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    pub(crate) elapsed: Duration,
    pub(crate) latency: Duration,
    pub(crate) connect: Duration,
    pub(crate) bytes_sent: u64,
    pub(crate) bytes_received: u64,
    /// The server had closed the connection that was reused, and the request was sent again on a new one.
    pub(crate) sent_again: bool,
    /// Status of the response, or why there is none.
    pub(crate) outcome: Result<u16, ErrorKind>,
}

impl Measured {
    /// Of a request that was not sent, or not yet.
    pub(crate) const fn nothing(error: ErrorKind) -> Self {
        Self {
            elapsed: Duration::ZERO,
            latency: Duration::ZERO,
            connect: Duration::ZERO,
            bytes_sent: 0,
            bytes_received: 0,
            sent_again: false,
            outcome: Err(error),
        }
    }
}

/// One user's connections: at most one to each endpoint, kept alive between requests.
#[derive(Debug)]
pub(crate) struct Client {
    timeout: Duration,
    deadline: Deadline,
    buffer: Buffer,
    /// By position of the endpoint.
    connections: Vec<Option<Connection>>,
}

impl Client {
    pub(crate) fn new(endpoints: usize, timeout: Duration) -> Self {
        Self {
            timeout,
            deadline: Deadline::new(Instant::now() + timeout),
            buffer: Buffer::default(),
            connections: (0..endpoints).map(|_| None).collect(),
        }
    }

    /// Sends a request and reads the whole response.
    ///
    /// `position` is that of `endpoint` among the run's endpoints; `started` is now.
    ///
    /// A server may close an idle connection at any time, silently or with a 408. Where that crosses a request of which no
    /// byte was written, or that may be repeated, the request goes to a new connection; others fail as stale.
    pub(crate) async fn send(
        &mut self,
        position: usize,
        endpoint: &Endpoint,
        request: &Request<'_>,
        started: Instant,
    ) -> Measured {
        self.deadline.move_to(started + self.timeout);
        let mut measured = Measured::nothing(ErrorKind::Timeout);
        // Taken out: a connection that is abandoned half-way must not be used again.
        let mut reused = self.connections[position].take();
        let mut ended = None;
        loop {
            if let Some(connection) = &mut reused
                && !connection.is_idle().await
            {
                reused = None;
            }
            let is_reused = reused.is_some();
            let mut connection = match reused.take() {
                Some(connection) => connection,
                None => match self.connect(endpoint, &mut measured).await {
                    Ok(connection) => connection,
                    Err(error) => {
                        measured.outcome = Err(error);
                        break;
                    }
                },
            };
            // A new connection's handshake belongs to the request that needed it.
            let (read, written) = if is_reused {
                connection.crossed()
            } else {
                (0, 0)
            };
            let mut exchange = Exchange::new(request);
            let result = connection
                .run(request, &mut exchange, &mut self.buffer, &mut self.deadline)
                .await;
            let (read_after, written_after) = connection.crossed();
            measured.bytes_received += read_after - read;
            measured.bytes_sent += written_after - written;
            if let Some(first_byte) = exchange.first_byte {
                measured.latency = first_byte.saturating_duration_since(started);
            }
            let closed = match &result {
                Err(ErrorKind::Reset) => !exchange.answered || exchange.status() == REQUEST_TIMEOUT,
                Ok((status, _, reusable)) => *status == REQUEST_TIMEOUT && !reusable,
                Err(_) => false,
            };
            // What took longer was no close that crossed the request: the server had it, and failed.
            let is_stale = is_reused
                && closed
                && started.elapsed() < LONGEST_CROSSING + 2 * connection.opened_in;
            if is_stale && (exchange.written == 0 || request.is_idempotent) {
                measured.sent_again = exchange.written > 0;
                measured.latency = Duration::ZERO;
                continue;
            }
            measured.outcome = match result {
                _ if is_stale => Err(ErrorKind::Stale),
                Ok((status, at, reusable)) => {
                    ended = Some(at);
                    self.connections[position] = reusable.then_some(connection);
                    Ok(status)
                }
                Err(error) => Err(error),
            };
            break;
        }
        measured.elapsed = ended.unwrap_or_else(Instant::now) - started;
        measured
    }

    /// Opens a connection, within the request's limit.
    async fn connect(
        &mut self,
        endpoint: &Endpoint,
        measured: &mut Measured,
    ) -> Result<Connection, ErrorKind> {
        let begun = Instant::now();
        let opened = tokio::select! {
            biased;
            opened = Connection::open(endpoint) => opened,
            () = poll_fn(|context| self.deadline.poll_passed(context)) => Err(ErrorKind::Timeout),
        };
        measured.connect += begun.elapsed();
        opened
    }
}
