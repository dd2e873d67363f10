//! Counts active users, and records when each user was active.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// The time in which a user was active.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UserActivity {
    /// Scheduled start of the user.
    pub(crate) planned: Instant,
    /// Scheduled stop of the user.
    pub(crate) stop: Instant,
    /// The user had a number of iterations to do, and has done them.
    pub(crate) is_done: bool,
    pub(crate) from: Instant,
    /// When its last response was complete. `None` if it sent no request.
    pub(crate) last_response: Option<Instant>,
    pub(crate) to: Instant,
}

impl UserActivity {
    /// The earliest instant at which the user could leave: its stop, or the end of the request in flight at its stop.
    pub(crate) fn free(&self) -> Instant {
        self.last_response
            .map_or(self.stop, |response| response.max(self.stop))
    }
}

/// The number of active users, and the activity of those who have left.
#[derive(Debug, Default)]
pub(crate) struct ActiveUsers {
    active: AtomicU32,
    left: Mutex<Vec<UserActivity>>,
}

impl ActiveUsers {
    /// Counts a user, scheduled from `planned` to `stop`, as active until the returned guard is dropped.
    pub(crate) fn enter(&self, planned: Instant, stop: Instant) -> ActiveUser<'_> {
        self.active.fetch_add(1, Ordering::Relaxed);
        ActiveUser {
            active_users: self,
            planned,
            stop,
            is_done: false,
            from: Instant::now(),
            last_response: None,
        }
    }

    /// Counts a user who serves an arrival as active until the returned guard is dropped.
    pub(crate) fn serve(&self) -> ServingUser<'_> {
        self.active.fetch_add(1, Ordering::Relaxed);
        ServingUser(&self.active)
    }

    /// How many users are active.
    pub(crate) fn active(&self) -> u32 {
        self.active.load(Ordering::Relaxed)
    }

    /// The activity of each user who has left.
    pub(crate) fn left(&self) -> Vec<UserActivity> {
        // Consistent after every push, even if a user panicked.
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
    active_users: &'a ActiveUsers,
    planned: Instant,
    stop: Instant,
    /// See [`UserActivity::is_done`].
    pub(crate) is_done: bool,
    from: Instant,
    /// See [`UserActivity::last_response`]; set by the sender of the requests.
    pub(crate) last_response: Option<Instant>,
}

impl Drop for ActiveUser<'_> {
    fn drop(&mut self) {
        self.active_users.active.fetch_sub(1, Ordering::Relaxed);
        let mut left = self
            .active_users
            .left
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        left.push(UserActivity {
            planned: self.planned,
            stop: self.stop,
            is_done: self.is_done,
            from: self.from,
            last_response: self.last_response,
            to: Instant::now(),
        });
    }
}
