//! Removes what nobody asks for any more: what was refused, and tombstones of what was released.

use std::{future::Future, time::Duration};

use crate::platform::{Error, database::now_ms, token::Token};

/// Rows that are removed at once.
pub(crate) const BATCH: i64 = 500;

const LONGEST_INTERVAL: Duration = Duration::from_secs(3600);

/// Removes what is older than `age` again and again. `remove` removes a batch that is older than a token,
/// which begins with a time, and tells how many rows there were.
pub(crate) async fn remove_regularly<F>(age: Duration, remove: impl Fn(Token) -> F)
where
    F: Future<Output = Result<u64, Error>>,
{
    let age_ms = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
    loop {
        loop {
            let before = Token::at(now_ms().saturating_sub(age_ms).max(0));
            match remove(before).await {
                Ok(removed) if removed < BATCH.unsigned_abs() => break,
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(?error, "cannot remove what is old");
                    break;
                }
            }
        }
        tokio::time::sleep(age.min(LONGEST_INTERVAL)).await;
    }
}
