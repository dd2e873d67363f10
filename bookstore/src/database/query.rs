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
            $crate::database::Database::Postgres(pool) => match pool.acquire().await {
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
                        let $executor = &mut *turn;
                        $query
                    }
                    Err(error) => Err(error),
                },
                $crate::database::Database::Postgres(pool) => match pool.acquire().await {
                    Ok(mut connection) => {
                        let $executor = &mut *connection;
                        $query
                    }
                    Err(error) => Err(error),
                },
            };
            match outcome {
                Err(error) if $crate::database::wait_and_retry(&error, &mut tries).await => {}
                outcome => break outcome.map_err($crate::Error::from),
            }
        }
    }};
}

/// Runs a block in a transaction: commits its value, rolls back when it leaves with an error
/// (`?`), and runs it again if it lost to another transaction.
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
                            ::sqlx::Connection::begin_with(&mut *turn, "BEGIN IMMEDIATE").await?;
                        let $connection = &mut *transaction;
                        let value = $block;
                        transaction.commit().await?;
                        Ok::<_, $crate::Error>(value)
                    }
                    .await
                }
                $crate::database::Database::Postgres(pool) => {
                    async {
                        let mut transaction = ::sqlx::Acquire::begin(pool).await?;
                        let $connection = &mut *transaction;
                        let value = $block;
                        transaction.commit().await?;
                        Ok::<_, $crate::Error>(value)
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
