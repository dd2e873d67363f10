//! Waiting for what must come: a story that waits in vain fails, and does not hang.

use std::{
    fmt::Debug,
    time::{Duration, Instant},
};

/// Long, for the machine may be busy with other things.
const LIMIT: Duration = Duration::from_secs(60);

const INTERVAL: Duration = Duration::from_millis(20);

/// How long somebody waits who asks again and again.
pub(crate) struct Patience {
    end: Instant,
}

impl Patience {
    pub(crate) fn new() -> Self {
        Self {
            end: Instant::now() + LIMIT,
        }
    }

    /// Lets a moment pass before the next look, after one that has found this.
    pub(crate) async fn wait(&self, found: impl Debug) {
        assert!(Instant::now() < self.end, "waited in vain: {found:?}");
        tokio::time::sleep(INTERVAL).await;
    }
}
