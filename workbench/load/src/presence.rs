//! From when to when each user was active.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// From when to when a user was active.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Presence {
    /// When the schedule wanted the user to come.
    pub(crate) planned: Instant,
    /// When the schedule wanted the user to go.
    pub(crate) stop: Instant,
    /// It had a number of iterations to do, and did them.
    pub(crate) is_done: bool,
    pub(crate) from: Instant,
    /// The end of its last request, of which it had to wait for the response; `None` if it sent none.
    pub(crate) last_response: Option<Instant>,
    pub(crate) to: Instant,
}

impl Presence {
    /// The earliest instant at which the user could go: its stop, or the end of the request that was in flight then.
    pub(crate) fn free(&self) -> Instant {
        self.last_response
            .map_or(self.stop, |response| response.max(self.stop))
    }
}

/// Who is active now, and who was.
#[derive(Debug, Default)]
pub(crate) struct Presences {
    active: AtomicU32,
    left: Mutex<Vec<Presence>>,
}

impl Presences {
    /// Counts a user, who should come at `planned` and go at `stop`, as active until the returned guard goes.
    pub(crate) fn enter(&self, planned: Instant, stop: Instant) -> ActiveUser<'_> {
        self.active.fetch_add(1, Ordering::Relaxed);
        ActiveUser {
            presences: self,
            planned,
            stop,
            is_done: false,
            from: Instant::now(),
            last_response: None,
        }
    }

    /// Counts a user who serves an arrival as active until the returned guard goes.
    pub(crate) fn serve(&self) -> ServingUser<'_> {
        self.active.fetch_add(1, Ordering::Relaxed);
        ServingUser(&self.active)
    }

    /// How many users are active.
    pub(crate) fn active(&self) -> u32 {
        self.active.load(Ordering::Relaxed)
    }

    /// When each user was active; users that are still there are missing.
    pub(crate) fn left(&self) -> Vec<Presence> {
        // Whole after every push, even if a user panicked.
        let left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        left.clone()
    }
}

/// A user who serves an arrival, until dropped.
pub(crate) struct ServingUser<'a>(&'a AtomicU32);

impl Drop for ServingUser<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// An active user; leaves when dropped, even by a panic.
pub(crate) struct ActiveUser<'a> {
    presences: &'a Presences,
    planned: Instant,
    stop: Instant,
    /// See [`Presence::is_done`].
    pub(crate) is_done: bool,
    from: Instant,
    /// See [`Presence::last_response`]; whoever sends the requests keeps it.
    pub(crate) last_response: Option<Instant>,
}

impl Drop for ActiveUser<'_> {
    fn drop(&mut self) {
        self.presences.active.fetch_sub(1, Ordering::Relaxed);
        let mut left = self
            .presences
            .left
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        left.push(Presence {
            planned: self.planned,
            stop: self.stop,
            is_done: self.is_done,
            from: self.from,
            last_response: self.last_response,
            to: Instant::now(),
        });
    }
}
