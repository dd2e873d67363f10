//! One service's database: SQLite or PostgreSQL behind one SQL text.
//!
//! A query is written once and compiled for both kinds by the macros in `query`; which of the two
//! runs is decided by the URL when the process starts.

mod changes;
mod home;
mod list;
mod pool;
mod postgres;
mod query;
mod replicas;
mod reset;
mod retry;
mod status;
mod tls;
mod url;

pub(crate) use changes::Version;
pub(crate) use home::{Home, Sharing};
pub(crate) use list::List;
pub(crate) use postgres::PostgresPools;
pub(crate) use query::{
    at_most_one, attempt_transaction, exactly_one, execute, failure, in_transaction, on_pool, once,
    row, rows, value, with_reader, with_replica, with_writer,
};
pub(crate) use reset::{Contents, reset};
pub(crate) use retry::{Moment, Tries, is_busy, wait_and_retry};
pub(crate) use status::status;
pub use url::DatabaseUrl;
pub(crate) use url::DatabaseUrlError;

use std::time::Duration;

use anyhow::bail;
use changes::Changes;
use pool::Pool;
use replicas::Replica;
use sqlx::{
    PgConnection,
    migrate::{MigrateError, Migrator},
    sqlite::SqliteConnectOptions,
};

use crate::platform::Error;

/// Connections to one service's database; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) enum Database {
    Sqlite(SqlitePools),
    /// PostgreSQL, or an engine that speaks its protocol.
    Postgres(PostgresPools),
}

/// Connections to a file. SQLite has one writer at a time, so there is one connection that writes:
/// transactions queue in this process, fairly, instead of failing with `database is locked`.
#[derive(Clone, Debug)]
pub(crate) struct SqlitePools {
    pub(crate) writers: Pool<SqliteConnectOptions>,
    /// Connections that read beside it (WAL).
    pub(crate) readers: Pool<SqliteConnectOptions>,
    /// One connection that nobody uses. SQLite removes the log and its index with the last connection, which
    /// abandoned requests may close, and [`Changes`] would look at the removed index for ever.
    keeper: Pool<SqliteConnectOptions>,
    /// Tells whether anything was written; not of a database in memory.
    changes: Option<Changes>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Usage {
    /// Which connections: those that read, or those that write.
    pub pool: &'static str,
    pub in_use: usize,
    pub idle: usize,
    pub max: usize,
    pub waiting: usize,
}

impl Database {
    /// Brings the tables up to date. On PostgreSQL `lock` keeps replicas that start at the same time
    /// from doing so at once, by an advisory lock.
    pub(crate) async fn migrate(
        &self,
        sqlite: Migrator,
        mut postgres: Migrator,
        lock: bool,
    ) -> Result<(), MigrateError> {
        match self {
            Self::Sqlite(pools) => {
                let mut connection = pools.writers.acquire().await?;
                sqlite.run(&mut *connection).await?;
                connection.finish(None);
                Ok(())
            }
            Self::Postgres(pools) => {
                postgres.set_locking(lock);
                let mut connection = pools.unlimited().await?;
                accept_split(&postgres, &mut connection).await?;
                postgres.run(&mut connection).await
            }
        }
    }

    /// From now on [`with_replica`] reads from these servers, as long as what they have is not older.
    pub(crate) fn read_from(
        &mut self,
        replicas: &[DatabaseUrl],
        max_staleness: Duration,
        connections: u32,
    ) -> anyhow::Result<()> {
        match self {
            _ if replicas.is_empty() => {}
            Self::Sqlite(_) => bail!("--read-database needs a --database on PostgreSQL"),
            Self::Postgres(pools) => {
                let (name, connections) = (pools.name(), connections as usize);
                pools.replicas =
                    replicas::Replicas::new(replicas, name, connections, max_staleness)?;
            }
        }
        Ok(())
    }

    /// Keeps looking which read replicas are fresh enough.
    pub(crate) async fn watch_replicas(self) {
        if let Self::Postgres(pools) = self {
            pools.replicas.watch(pools.options()).await;
        }
    }

    /// A read replica that is fresh enough.
    pub(crate) fn replica(&self) -> Option<&Replica> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres(pools) => pools.replicas.choose(),
        }
    }

    /// How many read replicas there are, and how many are fresh enough.
    pub(crate) fn count_replicas(&self) -> (usize, usize) {
        match self {
            Self::Sqlite(_) => (0, 0),
            Self::Postgres(pools) => pools.replicas.count(),
        }
    }

    /// Writes something, as a readiness probe does: a database on a full disk still answers
    /// questions. On PostgreSQL by a connection that no request waits for, and a row of its own, for
    /// which no replica waits.
    pub(crate) async fn check(&self) -> Result<(), Error> {
        match self {
            Self::Postgres(pools) => {
                let id = fastrand::i64(..);
                let (_, outcome): (_, Result<(), Error>) =
                    attempt_transaction!(pools.probe, "BEGIN", |connection| {
                        let insert = "INSERT INTO readiness (id, checked_at) VALUES ($1, $2)";
                        execute!(connection, insert, id, now_ms())?;
                        execute!(connection, "DELETE FROM readiness WHERE id = $1", id)?;
                    });
                outcome
            }
            Self::Sqlite(_) => with_writer!(self, |writer| execute!(
                writer,
                "INSERT INTO readiness (id, checked_at) VALUES (1, $1)
                 ON CONFLICT (id) DO UPDATE SET checked_at = excluded.checked_at",
                now_ms()
            ))
            .map(drop),
        }
    }

    /// Asks the database for its time, by which leases are measured: the clocks of replicas differ.
    /// On SQLite all of them run on one machine.
    pub(crate) async fn read_clock(&self) -> Result<(), Error> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(pools) => Ok(pools.read_clock().await?),
        }
    }

    /// The database's time, in milliseconds since 1970, as it was read and has gone on since.
    pub(crate) fn now_ms(&self) -> i64 {
        match self {
            Self::Sqlite(_) => now_ms(),
            Self::Postgres(pools) => pools.now_ms(),
        }
    }

    /// The version of the data, where it can be told for less than they cost.
    pub(crate) fn version(&self) -> Option<Version> {
        match self {
            Self::Sqlite(pools) => pools.changes.as_ref()?.version(),
            Self::Postgres(_) => None,
        }
    }

    /// A database that is gone with its last user.
    #[cfg(test)]
    pub(crate) async fn in_memory() -> Self {
        let options = SqliteConnectOptions::new().in_memory(true);
        let pool = Pool::new(options, 1, pool::ACQUIRE_TIMEOUT);
        pool.fill().await.expect("memory can be opened");
        Self::Sqlite(SqlitePools {
            writers: pool.clone(),
            readers: pool.clone(),
            keeper: pool,
            changes: None,
        })
    }

    pub(crate) fn usage(&self) -> Vec<Usage> {
        match self {
            Self::Sqlite(pools) => {
                vec![
                    pools.readers.usage("readers"),
                    pools.writers.usage("writer"),
                ]
            }
            Self::Postgres(pools) => pools.usage(),
        }
    }

    /// Closes every connection, so that files are checkpointed and databases can be dropped.
    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite(pools) => {
                pools.readers.close().await;
                pools.keeper.close().await;
                // Last: a connection that only reads leaves the log behind.
                pools.writers.close().await;
            }
            Self::Postgres(pools) => pools.close().await,
        }
    }
}

/// Two second migrations for PostgreSQL that used a column which they added, as they were before they were
/// split (SHA-384).
const SPLIT: [&str; 2] = [
    "cb037b1073ef8830461ddc80ab70e618cef52714c694ef94b06a20b81fa0a4fd033fc78e5c25627931ce19a3d17c4d7a",
    "a1d3635f2eef2f4f540267434476325cd2fe6347d5db797a8bb962d59d22acb0a5121e880e89a75b24be7e0e10c31e5a",
];

/// Has a database that was migrated by one of these go on as if it had been the new one.
async fn accept_split(migrator: &Migrator, connection: &mut PgConnection) -> sqlx::Result<()> {
    let second = migrator.iter().find(|migration| migration.version == 2);
    let Some(second) = second else { return Ok(()) };
    let accepted = execute!(
        connection,
        "UPDATE _sqlx_migrations SET checksum = $1
         WHERE version = 2 AND encode(checksum, 'hex') = ANY($2)",
        second.checksum.as_ref(),
        &SPLIT[..],
    );
    match accepted {
        // undefined_table: a new database.
        Err(error) if retry::code(&error).is_some_and(|code| code == "42P01") => Ok(()),
        accepted => accepted.map(drop),
    }
}

/// Milliseconds since 1970, the way times are stored.
pub(crate) fn now_ms() -> i64 {
    let since_epoch = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
}
