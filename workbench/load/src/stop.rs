//! The signal that ends a run early.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

/// Ends a run early, from any thread, such as a Ctrl-C handler.
#[derive(Clone, Debug)]
pub struct StopSignal {
    sender: Arc<watch::Sender<Option<(StopReason, Instant)>>>,
    /// The same as a flag, which users check before every request.
    stopped: Arc<AtomicBool>,
}

/// Why a run ends before its schedule does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StopReason {
    /// The user interrupted it.
    Interrupted,
    /// The target ended; how.
    TargetEnded(String),
    /// Samples cannot be written; why.
    SamplesNotWritten(String),
    /// A data file cannot be read any more; why.
    DataNotRead(String),
    /// A run that was made at the same time ended early; why.
    OtherEnded(String),
}

impl StopSignal {
    /// A signal that has not been given.
    #[must_use]
    pub fn new() -> Self {
        Self {
            sender: Arc::new(watch::Sender::new(None)),
            stopped: Arc::new(AtomicBool::new(false)),
        }
    }

    /// Ends the run; the first reason given is kept.
    pub fn stop(&self, reason: StopReason) {
        self.sender.send_if_modified(|current| {
            let first = current.is_none();
            if first {
                *current = Some((reason, Instant::now()));
                // Set before waiting tasks are woken, which check it.
                self.stopped.store(true, Ordering::Release);
            }
            first
        });
    }

    /// Why the run is to end, once it is.
    #[must_use]
    pub fn reason(&self) -> Option<StopReason> {
        self.sender.borrow().clone().map(|(reason, _)| reason)
    }

    /// Since when the run is to end, once it is.
    pub(crate) fn at(&self) -> Option<Instant> {
        self.sender.borrow().as_ref().map(|(_, at)| *at)
    }

    /// Whether the run is to end.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    /// Waits until the run is to end.
    pub async fn stopped(&self) {
        // The sender lives in `self`, so waiting cannot fail.
        let _ = self.sender.subscribe().wait_for(Option::is_some).await;
    }
}

impl Default for StopSignal {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_reason_is_kept() {
        let signal = StopSignal::new();
        assert!(!signal.is_stopped());
        signal.stop(StopReason::Interrupted);
        signal.stop(StopReason::TargetEnded("too late".into()));
        assert_eq!(signal.reason(), Some(StopReason::Interrupted));
    }
}
