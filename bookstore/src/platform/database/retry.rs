//! Which database errors only mean "try again", and how long to wait before that.

use std::{
    borrow::Cow,
    time::{Duration, Instant},
};

use sqlx::postgres::{PgDatabaseError, PgSeverity};

use super::pool::ACQUIRE_TIMEOUT;

/// A transaction is tried this often at most.
const MAX_TRIES: u32 = 10;

/// No try begins later than this after the first: one that waits for a connection may take as long by itself.
const LAST_TRY: Duration = ACQUIRE_TIMEOUT;

/// The first wait is up to this long; it doubles with each try.
const FIRST_WAIT: Duration = Duration::from_millis(4);

/// When an error came. What may be committed is not done again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// Nothing can be committed yet, or nothing is written at all.
    BeforeCommit,
    /// During a statement that is a transaction by itself.
    Statement,
    /// During a commit.
    Commit,
}

/// The tries of one transaction.
pub(crate) struct Tries {
    count: u32,
    begun: Instant,
}

impl Tries {
    pub(crate) fn begin() -> Self {
        let begun = Instant::now();
        Self { count: 0, begun }
    }
}

/// Waits a random while and says yes, when the error is one that another try can overcome.
pub(crate) async fn wait_and_retry(error: &sqlx::Error, moment: Moment, tries: &mut Tries) -> bool {
    tries.count += 1;
    let can_be_repeated = is_transient(error)
        || match moment {
            Moment::BeforeCommit => is_lost(error),
            // A server that ends a connection says so instead of beginning the statement; one that
            // says nothing may have done it.
            Moment::Statement => is_lost(error) && code(error).is_some(),
            Moment::Commit => false,
        };
    if !can_be_repeated || tries.count >= MAX_TRIES || tries.begun.elapsed() >= LAST_TRY {
        return false;
    }
    // Random waits, so that transactions that collided do not collide again in step.
    let longest = FIRST_WAIT * 2_u32.pow((tries.count - 1).min(6));
    tokio::time::sleep(longest.mul_f64(fastrand::f64())).await;
    true
}

/// Whether the database could not do it for now, and changed nothing: too many want the same rows,
/// or its disk is full. A server that fails as a whole may have changed it at the very end.
pub(crate) fn is_busy(error: &sqlx::Error) -> bool {
    is_transient(error)
        || is_lost(error)
        || has_panicked(error)
        || code(error).is_some_and(|code| {
            matches!(
                code.as_ref(),
                // PostgreSQL: lock_not_available, query_canceled (by its time limit),
                // idle_in_transaction_session_timeout, disk_full, too_many_connections.
                "55P03" | "57014" | "25P03" | "53100" | "53300"
                // SQLite: FULL.
                | "13"
            )
        })
}

/// Whether the connection is of no use any more: it was closed, its server ends it, or may not write
/// because another one has taken its place.
pub(super) fn is_lost(error: &sqlx::Error) -> bool {
    if matches!(error, sqlx::Error::Io(_)) {
        return true;
    }
    code(error).is_some_and(|code| {
        matches!(
            code.as_ref(),
            // PostgreSQL: admin_shutdown, crash_shutdown, cannot_connect_now,
            // read_only_sql_transaction, connection_failure.
            "57P01" | "57P02" | "57P03" | "25006" | "08006"
        )
    })
}

/// Whether PostgreSQL ends all connections and recovers, because it cannot write its log for instance.
fn has_panicked(error: &sqlx::Error) -> bool {
    let error = error.as_database_error();
    error
        .and_then(|error| error.try_downcast_ref::<PgDatabaseError>())
        .is_some_and(|error| error.severity() == PgSeverity::Panic)
}

pub(super) fn code(error: &sqlx::Error) -> Option<Cow<'_, str>> {
    error.as_database_error()?.code()
}

/// Whether the transaction lost to another one and changed nothing.
fn is_transient(error: &sqlx::Error) -> bool {
    let Some(code) = code(error) else {
        return false;
    };
    matches!(
        code.as_ref(),
        // PostgreSQL: serialization_failure, deadlock_detected.
        "40001" | "40P01"
        // SQLite: BUSY, BUSY_RECOVERY, BUSY_SNAPSHOT, BUSY_TIMEOUT, LOCKED, LOCKED_SHAREDCACHE.
        | "5" | "261" | "517" | "773" | "6" | "262"
    )
}

#[cfg(test)]
mod tests {
    use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};

    use super::*;

    /// The error of a connection that may not write because another one is writing.
    async fn busy() -> sqlx::Error {
        let folder = tempfile::tempdir().unwrap();
        let options = SqliteConnectOptions::new()
            .filename(folder.path().join("busy.db"))
            .create_if_missing(true)
            .busy_timeout(Duration::ZERO);
        let mut first = SqliteConnection::connect_with(&options).await.unwrap();
        let mut second = SqliteConnection::connect_with(&options).await.unwrap();
        let _writing = first.begin_with("BEGIN IMMEDIATE").await.unwrap();
        second.begin_with("BEGIN IMMEDIATE").await.unwrap_err()
    }

    #[tokio::test]
    async fn a_transaction_that_lost_to_another_is_tried_a_limited_number_of_times() {
        let (error, mut tries) = (busy().await, Tries::begin());
        while wait_and_retry(&error, Moment::Commit, &mut tries).await {}
        assert_eq!(tries.count, MAX_TRIES);
    }

    #[tokio::test]
    async fn a_try_that_took_all_the_time_is_the_last_one() {
        let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        let refused = sqlx::Error::Io(refused);
        let mut tries = Tries::begin();
        assert!(wait_and_retry(&refused, Moment::BeforeCommit, &mut tries).await);
        tries.begun -= LAST_TRY;
        assert!(!wait_and_retry(&refused, Moment::BeforeCommit, &mut tries).await);
    }

    #[tokio::test]
    async fn a_mistake_in_the_query_is_not_tried_again() {
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        let error = sqlx::query("SELECT nothing")
            .execute(&mut connection)
            .await
            .unwrap_err();
        assert!(!wait_and_retry(&error, Moment::BeforeCommit, &mut Tries::begin()).await);
    }
}
