//! Resetting a service's data waits a moment for what is about to end.

use std::time::{Duration, Instant};

use crate::Error;

/// What follows an order's answer takes milliseconds, unless something is broken.
const PATIENCE: Duration = Duration::from_secs(2);

const INTERVAL: Duration = Duration::from_millis(20);

/// Tries to reset, again and again while something is at work; whether it could.
pub(crate) async fn until_idle<F>(mut reset: impl FnMut() -> F) -> Result<bool, Error>
where
    F: Future<Output = Result<bool, Error>>,
{
    let end = Instant::now() + PATIENCE;
    loop {
        let done = reset().await?;
        if done || Instant::now() > end {
            return Ok(done);
        }
        tokio::time::sleep(INTERVAL).await;
    }
}
