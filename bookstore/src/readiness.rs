//! Whether a service can work: its database can be written to. Anybody may ask, at any time and
//! however busy the service is, so that questions do not each cost a write.

use std::{sync::Arc, time::Duration};

use tokio::{sync::Mutex, time::Instant};

use crate::database::Database;

/// How long the result of a check is kept.
const KEPT: Duration = Duration::from_secs(1);

/// Checks a database, once at a time; cheap to clone.
#[derive(Clone)]
pub(crate) struct Readiness {
    database: Database,
    last: Arc<Mutex<Option<Check>>>,
}

/// A check and its result.
#[derive(Clone, Copy)]
struct Check {
    ended: Instant,
    is_ready: bool,
}

impl Readiness {
    pub(crate) fn new(database: Database) -> Self {
        Self {
            database,
            last: Arc::default(),
        }
    }

    /// The result of a check that ended after this moment, or less than [`KEPT`] before it.
    pub(crate) async fn is_ready(&self, asked: Instant) -> bool {
        let mut last = self.last.lock().await;
        if let Some(check) = *last
            && asked < check.ended + KEPT
        {
            return check.is_ready;
        }
        let outcome = self.database.check().await;
        if let Err(error) = &outcome {
            tracing::warn!(?error, "not ready");
        }
        let is_ready = outcome.is_ok();
        let ended = Instant::now();
        *last = Some(Check { ended, is_ready });
        is_ready
    }
}

#[cfg(test)]
mod tests {
    use sqlx::Executor;

    use super::*;

    #[tokio::test]
    async fn the_result_of_a_check_is_kept_for_a_while() {
        let database = Database::in_memory().await;
        let Database::Sqlite { writer, .. } = &database else {
            unreachable!("it is in memory");
        };
        let readiness = Readiness::new(database.clone());
        let asked = Instant::now();
        assert!(!readiness.is_ready(asked).await, "there is no table");
        let table = "CREATE TABLE readiness (id INTEGER PRIMARY KEY, checked_at INTEGER)";
        writer
            .acquire()
            .await
            .unwrap()
            .execute(table)
            .await
            .unwrap();
        assert!(!readiness.is_ready(asked).await, "not checked again");
        let later = Instant::now() + KEPT;
        assert!(readiness.is_ready(later).await);
        writer
            .acquire()
            .await
            .unwrap()
            .execute("DROP TABLE readiness")
            .await
            .unwrap();
        assert!(readiness.is_ready(later).await, "not checked again");
    }
}
