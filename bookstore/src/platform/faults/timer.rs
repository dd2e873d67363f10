//! Sleeping to the point.
//!
//! tokio's timer was tried: it counts in whole milliseconds and rounds up, which is a lot beside a
//! fault of a few. So it is used for all but the last ones, which a thread sleeps through.

use std::{
    thread,
    time::{Duration, Instant},
};

/// What tokio may be late by, and somewhat more.
const COARSE: Duration = Duration::from_millis(2);

/// Sleeps until a moment, and a tenth of a millisecond longer or so.
pub(super) async fn sleep_until(deadline: Instant) {
    if let Some(nearly) = deadline.checked_sub(COARSE) {
        tokio::time::sleep_until(nearly.into()).await;
    }
    let slept = tokio::task::spawn_blocking(move || {
        thread::sleep(deadline.saturating_duration_since(Instant::now()));
    });
    // Nothing in it can fail.
    let _ = slept.await;
}
