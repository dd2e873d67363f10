//! The connections of one user, and one exchange over them.

use std::future::poll_fn;
use std::sync::Arc;
use std::time::{Duration, Instant};

use workbench_samples::ErrorKind;

use super::buffer::Buffer;
use super::connection::{Connection, Exchange, Request};
use super::deadline::Deadline;
use super::endpoint::Endpoint;
use super::kept_response::{Keeper, KeptResponse, Terms};
use super::measurement::Meter;

/// The status that a server may send before it closes an idle connection (RFC 9110, section 15.5.9).
const REQUEST_TIMEOUT: u16 = 408;

/// Longest time, besides a round trip, after which a close still counts as one that crossed the request: for an idle
/// connection, and for one that was just used. The longer a connection was idle, the likelier the server closed it for
/// that reason. Our choice.
const LONGEST_CROSSING: Duration = Duration::from_millis(50);
const SHORTEST_CROSSING: Duration = Duration::from_millis(5);

/// At most one connection to each endpoint, kept alive between requests.
#[derive(Debug)]
pub(super) struct UserConnections {
    /// Of the request in flight.
    pub(super) deadline: Deadline,
    buffer: Buffer,
    /// By position of the endpoint.
    connections: Vec<Option<Connection>>,
    /// The kept part of the last response.
    pub(super) answer: KeptResponse,
    /// Heads of responses that set cookies are kept.
    pub(super) keeps_cookies: bool,
}

impl UserConnections {
    pub(super) fn new(endpoints: usize, keeps_cookies: bool) -> Self {
        Self {
            deadline: Deadline::new(Instant::now()),
            buffer: Buffer::default(),
            connections: (0..endpoints).map(|_| None).collect(),
            answer: KeptResponse::default(),
            keeps_cookies,
        }
    }

    pub(super) fn disconnect(&mut self) {
        self.connections.fill_with(|| None);
    }

    /// Sends a request, at `begun`, and reads its whole response. Returns the status, and when the last byte arrived.
    ///
    /// A server may close an idle connection at any time, silently or with a 408. If the close crosses a request of
    /// which no byte was written, or which is idempotent, the request is sent again on a new connection. Other requests
    /// fail as stale. With HTTP/2 a server can say that it did not process a request, which is then sent again whatever
    /// its method.
    pub(super) async fn exchange(
        &mut self,
        (position, endpoint): (usize, &Endpoint),
        request: &Request<'_>,
        terms: &Terms<'_>,
        begun: Instant,
        meter: &mut Meter<'_>,
    ) -> Result<(u16, Instant), ErrorKind> {
        meter.exchange = None;
        // Removed from the list, so that a connection that is abandoned during an exchange is not used again.
        let mut reused = self.connections[position].take();
        let mut was_closed = false;
        let mut was_refused = false;
        if let Some(connection) = &mut reused {
            let (read, _) = meter.crossed.so_far();
            if !connection.is_idle().await {
                meter.leave_out(read);
                reused = None;
                was_closed = true;
            }
        }
        loop {
            let is_reused = reused.is_some();
            let mut connection = match reused.take() {
                Some(connection) => connection,
                None => {
                    let connection = connect(endpoint, &mut self.deadline, meter).await?;
                    meter.measured.connections.opened += 1;
                    meter.measured.connections.was_closed |= was_closed;
                    connection
                }
            };
            let exchange = meter.exchange.insert(Exchange::new(request));
            let mut keeper = Keeper::new(&mut self.answer, terms, self.keeps_cookies);
            let (buffer, deadline) = (&mut self.buffer, &mut self.deadline);
            let result = connection
                .run(request, exchange, buffer, &mut keeper, deadline)
                .await;
            let closed = match &result {
                Err(ErrorKind::Reset) => !exchange.answered || exchange.status() == REQUEST_TIMEOUT,
                Ok((status, _, reusable)) => *status == REQUEST_TIMEOUT && !reusable,
                Err(_) => false,
            };
            // A later close did not cross the request: the server had received it, and failed.
            let idle = begun.saturating_duration_since(connection.used);
            let crossing = LONGEST_CROSSING.min(SHORTEST_CROSSING + idle);
            let has_crossed =
                is_reused && closed && begun.elapsed() < crossing + 2 * connection.opened_in;
            // Sent again only once, since a server may refuse all requests.
            let is_unprocessed = exchange.is_unprocessed && !was_refused;
            if has_crossed || is_unprocessed {
                if !is_unprocessed && exchange.written > 0 && !request.is_idempotent {
                    return Err(ErrorKind::Stale);
                }
                meter.measured.sent_again |= exchange.written > 0;
                was_closed |= has_crossed;
                was_refused |= is_unprocessed;
                meter.exchange = None;
                continue;
            }
            let (status, at, reusable) = result?;
            connection.used = at;
            meter.measured.connections.closes |= !reusable;
            self.connections[position] = reusable.then_some(connection);
            return match keeper.decode() {
                Ok(()) => Ok((status, at)),
                Err(_) => Err(ErrorKind::Protocol),
            };
        }
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
