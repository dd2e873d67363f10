//! The measured client: HTTP/1.1 over connections of its own, timed where the bytes cross.
//!
//! A request is bytes that go out in one write, and a response is decoded as it comes in: nothing lies between the socket
//! and the clock. A connection is driven by the task that uses it, so that a request wakes no other task.

mod answer;
mod buffer;
mod connection;
mod deadline;
mod encoding;
mod endpoint;
mod response;
mod tls;
mod wire;

use std::future::poll_fn;
use std::sync::Arc;
use std::time::{Duration, Instant};

use workbench_samples::ErrorKind;

use answer::Keeper;
pub(crate) use answer::{Answer, Terms, Wanted};
use buffer::Buffer;
pub(crate) use connection::Request;
use connection::{Connection, Exchange};
use deadline::Deadline;
pub(crate) use endpoint::{Endpoint, resolve};
use wire::Crossed;

/// Said of the time without a request by a server that closes an idle connection (RFC 9110, section 15.5.9).
const REQUEST_TIMEOUT: u16 = 408;

/// How long a close of a connection that was idle may be on its way besides a round trip, and one of a connection that was
/// used a moment ago: the longer it was idle, the likelier the server closed it for that. Ours.
const LONGEST_CROSSING: Duration = Duration::from_millis(50);
const SHORTEST_CROSSING: Duration = Duration::from_millis(5);

/// What one request cost and what came of it, as far as is known; the definitions are those of `Sample`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    /// Zero as long as the request is in flight.
    pub(crate) elapsed: Duration,
    pub(crate) latency: Duration,
    pub(crate) connect: Duration,
    pub(crate) bytes_sent: u64,
    pub(crate) bytes_received: u64,
    /// The server had closed the connection that was reused, and the request was sent again on a new one.
    pub(crate) sent_again: bool,
    pub(crate) connections: Connections,
    /// Status of the response, or why there is none.
    pub(crate) outcome: Result<u16, ErrorKind>,
}

/// What became of connections during a request.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Connections {
    /// How many were opened.
    pub(crate) opened: u8,
    /// The one that was kept from an earlier request had been closed by the server, which accepted a new one.
    pub(crate) was_closed: bool,
    /// The server answered, and keeps the connection open no longer.
    pub(crate) closes: bool,
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
            connections: Connections {
                opened: 0,
                was_closed: false,
                closes: false,
            },
            outcome: Err(error),
        }
    }
}

/// Where a request goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Route<'a> {
    /// The services of the target, or of one of its replicas, which have the same ones.
    pub(crate) services: &'a [Arc<Endpoint>],
    pub(crate) replica: usize,
    /// By position.
    pub(crate) service: usize,
}

impl Route<'_> {
    /// Among the endpoints of all replicas.
    fn position(&self) -> usize {
        self.replica * self.services.len() + self.service
    }
}

/// One user's connections: at most one to each endpoint, kept alive between requests.
#[derive(Debug)]
pub(crate) struct Client {
    deadline: Deadline,
    buffer: Buffer,
    /// By position of the endpoint.
    connections: Vec<Option<Connection>>,
    crossed: Arc<Crossed>,
    answer: Answer,
}

impl Client {
    /// `endpoints`: how many there are, of all replicas.
    pub(crate) fn new(endpoints: usize) -> Self {
        Self {
            deadline: Deadline::new(Instant::now()),
            buffer: Buffer::default(),
            connections: (0..endpoints).map(|_| None).collect(),
            crossed: Arc::default(),
            answer: Answer::default(),
        }
    }

    /// What was kept of the last response; nothing where the request was not sent.
    pub(crate) fn answer(&self) -> &Answer {
        &self.answer
    }

    /// Sends a request and reads the whole response.
    ///
    /// `started` is now. `measured` begins as [`Measured::nothing`], and holds what is known by then also where this is
    /// dropped before the request has ended.
    ///
    /// A server may close an idle connection at any time, silently or with a 408. Where that crosses a request of which no
    /// byte was written, or that may be repeated, the request goes to a new connection; others fail as stale.
    pub(crate) async fn send(
        &mut self,
        route: Route<'_>,
        request: &Request<'_>,
        terms: &Terms<'_>,
        started: Instant,
        measured: &mut Measured,
    ) {
        let (position, endpoint) = (route.position(), &*route.services[route.service]);
        self.deadline.move_to(started + terms.timeout);
        // Taken out: a connection that is abandoned half-way must not be used again.
        let mut reused = self.connections[position].take();
        let mut was_closed = false;
        if let Some(connection) = &mut reused
            && !connection.is_idle().await
        {
            reused = None;
            was_closed = true;
        }
        let mut meter = Meter::start(measured, &self.crossed, started);
        let mut ended = None;
        loop {
            let is_reused = reused.is_some();
            let mut connection = match reused.take() {
                Some(connection) => connection,
                None => match connect(endpoint, &mut self.deadline, &mut meter).await {
                    Ok(connection) => {
                        meter.measured.connections.opened += 1;
                        meter.measured.connections.was_closed = was_closed;
                        connection
                    }
                    Err(error) => {
                        meter.measured.outcome = Err(error);
                        break;
                    }
                },
            };
            let exchange = meter.exchange.insert(Exchange::new(request));
            let mut keeper = Keeper::new(&mut self.answer, terms);
            let (buffer, deadline) = (&mut self.buffer, &mut self.deadline);
            let result = connection
                .run(request, exchange, buffer, &mut keeper, deadline)
                .await;
            let closed = match &result {
                Err(ErrorKind::Reset) => !exchange.answered || exchange.status() == REQUEST_TIMEOUT,
                Ok((status, _, reusable)) => *status == REQUEST_TIMEOUT && !reusable,
                Err(_) => false,
            };
            // What took longer was no close that crossed the request: the server had it, and failed.
            let idle = started.saturating_duration_since(connection.used);
            let crossing = LONGEST_CROSSING.min(SHORTEST_CROSSING + idle);
            let is_stale =
                is_reused && closed && started.elapsed() < crossing + 2 * connection.opened_in;
            if is_stale && (exchange.written == 0 || request.is_idempotent) {
                meter.measured.sent_again = exchange.written > 0;
                was_closed = true;
                meter.exchange = None;
                continue;
            }
            meter.measured.outcome = match result {
                _ if is_stale => Err(ErrorKind::Stale),
                Ok((status, at, reusable)) => {
                    ended = Some(at);
                    connection.used = at;
                    meter.measured.connections.closes = !reusable;
                    self.connections[position] = reusable.then_some(connection);
                    keeper
                        .decode()
                        .map_or(Err(ErrorKind::Protocol), |()| Ok(status))
                }
                Err(error) => Err(error),
            };
            break;
        }
        meter.measured.elapsed = ended.unwrap_or_else(Instant::now) - started;
    }
}

/// Opens a connection, within the request's limit.
async fn connect(
    endpoint: &Endpoint,
    deadline: &mut Deadline,
    meter: &mut Meter<'_>,
) -> Result<Connection, ErrorKind> {
    meter.connecting = Some(Instant::now());
    let opened = tokio::select! {
        biased;
        opened = Connection::open(endpoint, Arc::clone(meter.crossed)) => opened,
        () = poll_fn(|context| deadline.poll_passed(context)) => Err(ErrorKind::Timeout),
    };
    meter.connected();
    opened
}

/// Notes what is known of a request when it ends, be it that nobody waits for it any longer.
struct Meter<'a> {
    measured: &'a mut Measured,
    crossed: &'a Arc<Crossed>,
    /// Bytes that had crossed before: read, written.
    before: (u64, u64),
    started: Instant,
    /// Since when a connection is being opened.
    connecting: Option<Instant>,
    /// On the connection that is in use.
    exchange: Option<Exchange>,
}

impl<'a> Meter<'a> {
    fn start(measured: &'a mut Measured, crossed: &'a Arc<Crossed>, started: Instant) -> Self {
        Self {
            measured,
            before: crossed.so_far(),
            crossed,
            started,
            connecting: None,
            exchange: None,
        }
    }

    fn connected(&mut self) {
        if let Some(begun) = self.connecting.take() {
            self.measured.connect += begun.elapsed();
        }
    }
}

impl Drop for Meter<'_> {
    fn drop(&mut self) {
        self.connected();
        // A new connection's handshake belongs to the request that needed it.
        let (read, written) = self.crossed.so_far();
        self.measured.bytes_received = read - self.before.0;
        self.measured.bytes_sent = written - self.before.1;
        let exchange = self.exchange.as_ref();
        if let Some(first_byte) = exchange.and_then(|exchange| exchange.first_byte) {
            self.measured.latency = first_byte.saturating_duration_since(self.started);
        }
    }
}
