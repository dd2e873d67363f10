//! The time limit of the request in flight.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use tokio::time::Sleep;

/// A limit that moves with every request.
///
/// The timer behind it is never later than the limit. If it is earlier, it stays until it fires, and only then moves to
/// the current limit. So requests with the same time limit do not reset the timer unless one times out.
#[derive(Debug)]
pub(super) struct Deadline {
    at: Instant,
    timer: Pin<Box<Sleep>>,
}

impl Deadline {
    pub(super) fn new(at: Instant) -> Self {
        Self {
            at,
            timer: Box::pin(tokio::time::sleep_until(at.into())),
        }
    }

    pub(super) fn move_to(&mut self, at: Instant) {
        self.at = at;
        if self.timer.deadline() > at.into() {
            self.timer.as_mut().reset(at.into());
        }
    }

    pub(super) fn at(&self) -> Instant {
        self.at
    }

    /// Ready once the limit has passed.
    pub(super) fn poll_passed(&mut self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            ready!(self.timer.as_mut().poll(context));
            if Instant::now() >= self.at {
                return Poll::Ready(());
            }
            self.timer.as_mut().reset(self.at.into());
        }
    }
}
