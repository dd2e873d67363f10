//! Macros that write a query once and compile it for each kind of database.
//!
//! Functions generic over `sqlx::Database` would need a page of bounds on every signature, and
//! `sqlx::Any` loses types; the same text expanded twice needs neither.

/// Runs a query on a connection that reads.
macro_rules! with_reader {
    ($database:expr, |$executor:ident| $query:expr) => {
        match $database {
            $crate::database::Database::Sqlite { readers, .. } => match readers.acquire().await {
                Ok(mut turn) => {
                    let $executor = &mut *turn;
                    $query
                }
                Err(error) => Err(error),
            },
            $crate::database::Database::Postgres(pools) => match pools.readers.acquire().await {
                Ok(mut connection) => {
                    let $executor = &mut *connection;
                    $query
                }
                Err(error) => Err(error),
            },
        }
    };
}

/// Runs one statement that writes, which is a transaction by itself, again if it lost to another.
macro_rules! with_writer {
    ($database:expr, |$executor:ident| $query:expr) => {{
        let mut tries = 0;
        loop {
            let outcome = match $database {
                $crate::database::Database::Sqlite { writer, .. } => match writer.acquire().await {
                    Ok(mut turn) => {
                        let $executor = turn.begin_write();
                        let outcome = $query;
                        if outcome.is_ok() {
                            turn.finish_write();
                        }
                        outcome
                    }
                    Err(error) => Err(error),
                },
                $crate::database::Database::Postgres(pools) => {
                    match pools.writers.acquire().await {
                        Ok(mut connection) => {
                            let $executor = &mut *connection;
                            $query
                        }
                        Err(error) => Err(error),
                    }
                }
            };
            match outcome {
                Err(error) if $crate::database::wait_and_retry(&error, &mut tries).await => {}
                outcome => break outcome.map_err($crate::Error::from),
            }
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
        let mut tries = 0;
        loop {
            let outcome = match $database {
                $crate::database::Database::Sqlite { writer, .. } => {
                    async {
                        let mut turn = writer.acquire().await?;
                        let mut transaction =
                            ::sqlx::Connection::begin_with(turn.begin_write(), "BEGIN IMMEDIATE")
                                .await?;
                        let outcome = async {
                            let $connection = &mut *transaction;
                            Ok::<_, $crate::Error>($block)
                        };
                        let outcome = outcome.await;
                        let ended = match &outcome {
                            Ok(_) => transaction.commit().await,
                            Err(_) => transaction.rollback().await,
                        };
                        if ended.is_ok() {
                            turn.finish_write();
                        }
                        let value = outcome?;
                        ended?;
                        Ok(value)
                    }
                    .await
                }
                $crate::database::Database::Postgres(pools) => {
                    async {
                        let mut connection = pools.writers.acquire().await?;
                        let mut transaction = ::sqlx::Connection::begin(&mut *connection).await?;
                        let outcome = async {
                            let $connection = &mut *transaction;
                            Ok::<_, $crate::Error>($block)
                        };
                        let value = outcome.await?;
                        transaction.commit().await?;
                        Ok(value)
                    }
                    .await
                }
            };
            match outcome {
                Err($crate::Error::Database(error))
                    if $crate::database::wait_and_retry(&error, &mut tries).await => {}
                outcome => break outcome,
            }
        }
    }};
}

pub(crate) use {in_transaction, with_reader, with_writer};
