//! Macros that write a query once and compile it for each kind of database.
//!
//! Functions generic over `sqlx::Database` would need a page of bounds on every signature, and
//! `sqlx::Any` loses types; the same text expanded twice needs neither.
//!
//! Statements are read to their end by `fetch_all`, never by `fetch_one` or `fetch_optional` (see
//! `clippy.toml`): sqlx drops those after their first row. A statement with `RETURNING` that is
//! dropped half-way commits where nobody looks, and on SQLite the error of that commit is lost.

use crate::platform::Error;

/// Runs a query on a connection of a pool.
macro_rules! once {
    ($pool:expr, |$executor:ident| $query:expr) => {
        match $pool.acquire().await {
            Ok(mut connection) => {
                let $executor = &mut *connection;
                let outcome = $query;
                connection.finish(outcome.as_ref().err());
                outcome
            }
            Err(error) => Err(error),
        }
    };
}

/// The same again after an error that another try can overcome.
macro_rules! on_pool {
    ($pool:expr, $moment:expr, |$executor:ident| $query:expr) => {{
        let mut tries = $crate::platform::database::Tries::begin();
        loop {
            match $crate::platform::database::once!($pool, |$executor| $query) {
                Err(error)
                    if $crate::platform::database::wait_and_retry(&error, $moment, &mut tries)
                        .await => {}
                outcome => break outcome.map_err($crate::platform::Error::from),
            }
        }
    }};
}

/// Runs a query on a connection that reads.
macro_rules! with_reader {
    ($database:expr, |$executor:ident| $query:expr) => {{
        use $crate::platform::database::{Database, Moment::BeforeCommit, on_pool};
        match $database {
            Database::Sqlite(pools) => on_pool!(pools.readers, BeforeCommit, |$executor| $query),
            Database::Postgres(pools) => on_pool!(pools.readers, BeforeCommit, |$executor| $query),
        }
    }};
}

/// Runs a query on a read replica that is fresh enough, and where there is none, or it fails, on the
/// primary.
macro_rules! with_replica {
    ($database:expr, |$executor:ident| $query:expr) => {{
        let read = match $database.replica() {
            Some(replica) => {
                let outcome = $crate::platform::database::once!(replica.pool, |$executor| $query);
                outcome.inspect_err(|error| replica.failed(error)).ok()
            }
            None => None,
        };
        match read {
            Some(read) => Ok(read),
            None => $crate::platform::database::with_reader!($database, |$executor| $query),
        }
    }};
}

/// Runs one statement that writes, which is a transaction by itself.
macro_rules! with_writer {
    ($database:expr, |$executor:ident| $query:expr) => {{
        use $crate::platform::database::{Database, Moment::Statement, on_pool};
        match $database {
            Database::Sqlite(pools) => on_pool!(pools.writers, Statement, |$executor| $query),
            Database::Postgres(pools) => on_pool!(pools.writers, Statement, |$executor| $query),
        }
    }};
}

/// Runs a block in a transaction: commits its value, rolls back when it ends with an error (`?`),
/// and runs it again if it lost to another transaction.
///
/// SQLite takes the write lock at once: a transaction that reads first and writes later could not
/// be given it when another one has written in between.
macro_rules! in_transaction {
    ($database:expr, |$connection:ident| $block:block) => {{
        use $crate::platform::database::{Database, attempt_transaction, wait_and_retry};
        let mut tries = $crate::platform::database::Tries::begin();
        loop {
            let (moment, outcome) = match $database {
                Database::Sqlite(pools) => {
                    attempt_transaction!(pools.writers, "BEGIN IMMEDIATE", |$connection| $block)
                }
                Database::Postgres(pools) => {
                    attempt_transaction!(pools.writers, "BEGIN", |$connection| $block)
                }
            };
            match outcome {
                Err($crate::platform::Error::Database(error))
                    if wait_and_retry(&error, moment, &mut tries).await => {}
                outcome => break outcome,
            }
        }
    }};
}

/// Runs a block in a transaction once. A rollback is waited for: until then its locks are held.
macro_rules! attempt_transaction {
    ($pool:expr, $begin:literal, |$connection:ident| $block:block) => {{
        let mut moment = $crate::platform::database::Moment::BeforeCommit;
        let outcome = async {
            let mut pooled = $pool.acquire().await?;
            let mut transaction = ::sqlx::Connection::begin_with(&mut *pooled, $begin).await?;
            let outcome = async {
                let $connection = &mut *transaction;
                Ok::<_, $crate::platform::Error>($block)
            };
            let outcome = outcome.await;
            let ended = match &outcome {
                Ok(_) => {
                    moment = $crate::platform::database::Moment::Commit;
                    transaction.commit().await
                }
                Err(_) => transaction.rollback().await,
            };
            pooled.finish($crate::platform::database::failure(&outcome, &ended));
            let value = outcome?;
            ended?;
            Ok(value)
        }
        .await;
        (moment, outcome)
    }};
}

/// The rows that a statement gives.
macro_rules! rows {
    ($executor:expr, $sql:expr $(, $value:expr)* $(,)?) => {
        ::sqlx::query_as($sql)$(.bind($value))*.fetch_all(&mut *$executor).await
    };
}

/// The row of a statement that gives one or none.
macro_rules! row {
    ($executor:expr, $sql:expr $(, $value:expr)* $(,)?) => {
        $crate::platform::database::rows!($executor, $sql $(, $value)*)
            .map($crate::platform::database::at_most_one)
    };
}

/// The only column of the only row that a statement gives.
macro_rules! value {
    ($executor:expr, $sql:expr $(, $value:expr)* $(,)?) => {
        $crate::platform::database::rows!($executor, $sql $(, $value)*)
            .and_then($crate::platform::database::exactly_one)
            .map(|(value,)| value)
    };
}

/// Executes a statement; how many rows it has written.
macro_rules! execute {
    ($executor:expr, $sql:expr $(, $value:expr)* $(,)?) => {
        ::sqlx::query($sql)$(.bind($value))*
            .execute(&mut *$executor)
            .await
            .map(|done| done.rows_affected())
    };
}

/// What has failed on the connection of a transaction. A rollback may succeed on a server that may not write,
/// whose connections are of no use all the same.
pub(crate) fn failure<'a, T>(
    outcome: &'a Result<T, Error>,
    ended: &'a sqlx::Result<()>,
) -> Option<&'a sqlx::Error> {
    match (outcome, ended) {
        (Err(Error::Database(error)), _) | (_, Err(error)) => Some(error),
        _ => None,
    }
}

/// The row of a statement that gives one or none.
pub(crate) fn at_most_one<T>(rows: Vec<T>) -> Option<T> {
    rows.into_iter().next()
}

/// The row of a statement that gives one.
pub(crate) fn exactly_one<T>(rows: Vec<T>) -> sqlx::Result<T> {
    at_most_one(rows).ok_or(sqlx::Error::RowNotFound)
}

pub(crate) use {
    attempt_transaction, execute, in_transaction, on_pool, once, row, rows, value, with_reader,
    with_replica, with_writer,
};
