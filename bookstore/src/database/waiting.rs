//! How many wait for a connection.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// Counts those who wait; cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Waiting(Arc<AtomicUsize>);

/// One who waits, until it goes out of scope.
pub(super) struct Waiter<'a>(&'a AtomicUsize);

impl Waiting {
    /// Counts one more.
    pub(super) fn enter(&self) -> Waiter<'_> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Waiter(&self.0)
    }

    /// Those who wait at this moment.
    pub(super) fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
