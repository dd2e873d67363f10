//! Resetting a service's data: everything or nothing, and nothing while orders are at work.

use std::time::{Duration, Instant};

use sqlx::AssertSqlSafe;

use super::{Database, execute, in_transaction, value};
use crate::platform::{Error, token::Token};

/// What follows an order's answer takes milliseconds, unless something is broken.
const PATIENCE: Duration = Duration::from_secs(2);

const INTERVAL: Duration = Duration::from_millis(20);

/// A service's data.
pub(crate) struct Contents {
    /// Every table, with those that others refer to last.
    pub(crate) tables: &'static [&'static str],
    /// Whether SQLite keeps the last id of any of them (AUTOINCREMENT).
    pub(crate) has_sequences: bool,
    /// A query that counts what is at work.
    pub(crate) at_work: &'static str,
    /// What is answered while something is.
    pub(crate) refusal: &'static str,
    /// A statement that notes the reset, with a token of its moment for `$1`.
    pub(crate) note: Option<&'static str>,
}

/// Empties the tables, so that ids start from 1 again, after a moment's wait for what is at work to
/// end. Refused if that does not come.
pub(crate) async fn reset(database: &Database, contents: &Contents) -> Result<(), Error> {
    let end = Instant::now() + PATIENCE;
    while !empty(database, contents).await? {
        if Instant::now() > end {
            return Err(Error::Conflict(contents.refusal.into()));
        }
        tokio::time::sleep(INTERVAL).await;
    }
    Ok(())
}

async fn empty(database: &Database, contents: &Contents) -> Result<bool, Error> {
    let (before, after) = statements(database, contents);
    in_transaction!(database, |connection| {
        for statement in &before {
            execute!(connection, AssertSqlSafe(statement.as_str()))?;
        }
        let at_work: i64 = value!(connection, contents.at_work)?;
        if at_work == 0 {
            for statement in &after {
                execute!(connection, AssertSqlSafe(statement.as_str()))?;
            }
            if let Some(note) = contents.note {
                execute!(connection, note, Token::new())?;
            }
        }
        at_work == 0
    })
}

/// What is to be done before looking for what is at work, and what if there is nothing.
fn statements(database: &Database, contents: &Contents) -> (Vec<String>, Vec<String>) {
    let tables = contents.tables;
    match database {
        // Whoever writes is alone. Without a sequence ids begin with 1 in an empty table.
        Database::Sqlite(_) => {
            let mut statements: Vec<_> = tables
                .iter()
                .map(|table| format!("DELETE FROM {table}"))
                .collect();
            if contents.has_sequences {
                statements.push("DELETE FROM sqlite_sequence".to_owned());
            }
            (Vec::new(), statements)
        }
        // Nothing may begin between the look and the end. Locked in the order in which everybody
        // else comes to them.
        Database::Postgres(_) => {
            let reversed: Vec<_> = tables.iter().rev().copied().collect();
            let lock = format!(
                "LOCK TABLE {} IN ACCESS EXCLUSIVE MODE",
                reversed.join(", ")
            );
            let truncate = format!("TRUNCATE {} RESTART IDENTITY", tables.join(", "));
            (vec![lock], vec![truncate])
        }
    }
}
