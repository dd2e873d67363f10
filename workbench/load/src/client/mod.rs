//! The measured client: HTTP/1.1 over connections of its own, timed where the bytes cross.
//!
//! hyper's connection API is used directly because it shows what a pooling client hides:
//! the time to connect, the first byte, and the bytes on the wire. A connection is driven
//! by the task that uses it, so that a request wakes no other task.

mod connection;
mod endpoint;
mod meter;

use std::pin::Pin;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use hyper::Request;
use tokio::time::Sleep;
use workbench_samples::ErrorKind;

use connection::{Attempt, Connection};
pub(crate) use endpoint::{Endpoint, resolve};

/// What one request cost and what came of it; the definitions are those of `Sample`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    pub(crate) elapsed: Duration,
    pub(crate) latency: Duration,
    pub(crate) connect: Duration,
    pub(crate) bytes_sent: u64,
    pub(crate) bytes_received: u64,
    /// Status of the response, or why there is none.
    pub(crate) outcome: Result<u16, ErrorKind>,
}

/// One user's connections: at most one to each endpoint, kept alive between requests.
#[derive(Debug)]
pub(crate) struct Client {
    timeout: Duration,
    /// One timer for all requests: moving it on is cheaper than setting a new one.
    timer: Pin<Box<Sleep>>,
    /// By position of the endpoint.
    connections: Vec<Option<Connection>>,
}

impl Client {
    pub(crate) fn new(endpoints: usize, timeout: Duration) -> Self {
        Self {
            timeout,
            timer: Box::pin(tokio::time::sleep(timeout)),
            connections: (0..endpoints).map(|_| None).collect(),
        }
    }

    /// Sends a request and reads the whole response.
    ///
    /// `position` is that of `endpoint` among the run's endpoints; `started` is now.
    pub(crate) async fn send(
        &mut self,
        position: usize,
        endpoint: &Endpoint,
        request: Request<Full<Bytes>>,
        started: Instant,
    ) -> Measured {
        // Taken out for the attempt: a connection that is abandoned half-way must not be used again.
        let connection = self.connections[position].take();
        let mut attempt = Attempt::new();
        self.timer.as_mut().reset((started + self.timeout).into());
        let result = tokio::select! {
            biased;
            result = attempt.run(connection, endpoint, request) => result,
            () = &mut self.timer => Err(ErrorKind::Timeout),
        };
        let ended = Instant::now();
        let outcome = result.map(|(status, connection)| {
            self.connections[position] = Some(connection);
            status
        });
        Measured {
            elapsed: ended - started,
            latency: attempt.first_byte().map_or(Duration::ZERO, |first| {
                first.saturating_duration_since(started)
            }),
            connect: attempt.connect(ended),
            bytes_sent: attempt.bytes_sent(),
            bytes_received: attempt.bytes_received(),
            outcome,
        }
    }
}
