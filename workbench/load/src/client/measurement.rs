//! The measurement of a request.

use std::sync::Arc;
use std::time::{Duration, Instant};

use workbench_samples::ErrorKind;

use super::connection::Exchange;
use super::wire::Crossed;

/// Times, bytes and outcome of one request, as far as they are known. The definitions are those of `Sample`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measurement {
    /// Zero as long as the request is in flight.
    pub(crate) elapsed: Duration,
    pub(crate) latency: Duration,
    pub(crate) connect: Duration,
    pub(crate) bytes_sent: u64,
    pub(crate) bytes_received: u64,
    /// Redirects that were followed. All values are then those of the whole chain, and latency ends with the first byte
    /// of the last response.
    pub(crate) redirects: u8,
    /// The server had closed the connection that was reused, and the request was sent again on a new one.
    pub(crate) sent_again: bool,
    pub(crate) connections: Connections,
    /// Status of the response, or why there is none.
    pub(crate) outcome: Result<u16, ErrorKind>,
}

/// Connections that a request opened or found closed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Connections {
    /// How many were opened.
    pub(crate) opened: u8,
    /// The server had closed the connection kept from an earlier request, and accepted a new one.
    pub(crate) was_closed: bool,
    /// The server responded, and closes the connection.
    pub(crate) closes: bool,
}

impl Measurement {
    /// The measurement of a request that has not been sent.
    pub(crate) const fn nothing(error: ErrorKind) -> Self {
        Self {
            elapsed: Duration::ZERO,
            latency: Duration::ZERO,
            connect: Duration::ZERO,
            bytes_sent: 0,
            bytes_received: 0,
            redirects: 0,
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

/// Stores the measurement when a request ends or is dropped.
pub(super) struct Meter<'a> {
    pub(super) measured: &'a mut Measurement,
    pub(super) crossed: &'a Arc<Crossed>,
    /// Bytes that had crossed before: read, written.
    before: (u64, u64),
    started: Instant,
    /// Since when a connection is being opened.
    pub(super) connecting: Option<Instant>,
    /// On the connection that is in use.
    pub(super) exchange: Option<Exchange>,
}

impl<'a> Meter<'a> {
    pub(super) fn start(
        measured: &'a mut Measurement,
        crossed: &'a Arc<Crossed>,
        started: Instant,
    ) -> Self {
        Self {
            measured,
            before: crossed.so_far(),
            crossed,
            started,
            connecting: None,
            exchange: None,
        }
    }

    /// Excludes the bytes read since `read`, which do not belong to the request.
    pub(super) fn leave_out(&mut self, read: u64) {
        self.before.0 += self.crossed.so_far().0 - read;
    }

    pub(super) fn connected(&mut self) {
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
