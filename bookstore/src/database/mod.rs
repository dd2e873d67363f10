//! One service's database: SQLite or PostgreSQL behind one SQL text.
//!
//! A query is written once and compiled for both kinds by the macros in `query`; which of the two
//! runs is decided by the URL when the process starts.

mod changes;
mod home;
mod postgres;
mod query;
mod reset;
mod retry;
mod rows;
mod sqlite;
mod url;
mod waiting;

pub(crate) use changes::Version;
pub(crate) use home::{Home, Sharing};
pub(crate) use postgres::{PostgresPool, PostgresPools};
pub(crate) use query::{in_transaction, with_reader, with_writer};
pub(crate) use reset::{Contents, reset};
pub(crate) use retry::{is_busy, wait_and_retry};
pub(crate) use rows::{at_most_one, exactly_one};
pub use url::DatabaseUrl;
pub(crate) use url::DatabaseUrlError;

use std::time::Duration;

use changes::Changes;
use sqlite::Connections;
use sqlx::Connection;

use crate::Error;

/// How long a request waits for a connection before it is refused with 503.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

/// Connections to one service's database; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) enum Database {
    /// SQLite has one writer at a time, so there is one connection that writes: transactions queue
    /// in this process, fairly, instead of failing with `database is locked`.
    Sqlite {
        /// The single connection that writes.
        writer: Connections,
        /// Connections that read beside it (WAL).
        readers: Connections,
        /// Tells whether anything was written; not of a database in memory.
        changes: Option<Changes>,
    },
    /// PostgreSQL, or an engine that speaks its protocol.
    Postgres(PostgresPools),
}

/// How a set of connections is used at this moment.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Usage {
    /// Which connections: those that read, or those that write.
    pub pool: &'static str,
    /// Connections at work.
    pub in_use: usize,
    /// Open connections that are free.
    pub idle: usize,
    /// Connections that may be open at once.
    pub max: usize,
    /// Those who wait for a connection.
    pub waiting: usize,
}

impl Database {
    /// Writes something, as a readiness probe does: a database on a full disk still answers
    /// questions. On PostgreSQL by a connection that no writer waits for, and a row of its own, for
    /// which no replica waits.
    pub(crate) async fn check(&self) -> Result<(), Error> {
        if let Self::Postgres(pools) = self {
            let id = fastrand::i64(..);
            let mut connection = pools.readers.acquire().await?;
            let mut transaction = connection.begin().await?;
            sqlx::query("INSERT INTO readiness (id, checked_at) VALUES ($1, $2)")
                .bind(id)
                .bind(now_ms())
                .execute(&mut *transaction)
                .await?;
            sqlx::query("DELETE FROM readiness WHERE id = $1")
                .bind(id)
                .execute(&mut *transaction)
                .await?;
            return Ok(transaction.commit().await?);
        }
        with_writer!(self, |writer| {
            sqlx::query(
                "INSERT INTO readiness (id, checked_at) VALUES (1, $1)
                 ON CONFLICT (id) DO UPDATE SET checked_at = excluded.checked_at",
            )
            .bind(now_ms())
            .execute(writer)
            .await
            .map(drop)
        })
    }

    /// The version of the data, where it can be told for less than they cost.
    pub(crate) fn version(&self) -> Option<Version> {
        match self {
            Self::Sqlite { changes, .. } => changes.as_ref()?.version(),
            Self::Postgres(_) => None,
        }
    }

    /// A database that is gone with its last user.
    #[cfg(test)]
    pub(crate) async fn in_memory() -> Self {
        let options = sqlx::sqlite::SqliteConnectOptions::new().in_memory(true);
        let connections = Connections::open(&options, 1).await;
        let connections = connections.expect("memory can be opened");
        Self::Sqlite {
            writer: connections.clone(),
            readers: connections,
            changes: None,
        }
    }

    /// How the connections are used at this moment.
    pub(crate) fn usage(&self) -> Vec<Usage> {
        match self {
            Self::Sqlite {
                writer, readers, ..
            } => {
                vec![readers.usage("readers"), writer.usage("writer")]
            }
            Self::Postgres(pools) => pools.usage(),
        }
    }

    /// Closes every connection, so that files are checkpointed and databases can be dropped.
    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite {
                writer, readers, ..
            } => {
                readers.close().await;
                writer.close().await;
            }
            Self::Postgres(pools) => pools.close().await,
        }
    }
}

/// Milliseconds since 1970, the way times are stored.
pub(crate) fn now_ms() -> i64 {
    let since_epoch = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
}
