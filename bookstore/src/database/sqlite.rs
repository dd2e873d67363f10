//! SQLite connections that take turns.
//!
//! Not sqlx's pool, because that asks every connection for a sign of life when it comes back: for
//! SQLite a trip to the connection's thread, while the next transaction waits for the only writer.
//!
//! A connection to a file does not die, but a write that fails may leave it in a state that sqlx
//! does not know: on a full disk SQLite rolls back by itself, and sqlx still counts a transaction. So
//! a connection whose write did not end well is closed, and the next turn opens another one.

use std::{
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use sqlx::{ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};

use super::{ACQUIRE_TIMEOUT, Usage, waiting::Waiting};

/// A fixed number of connections to one file; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Connections {
    options: Arc<SqliteConnectOptions>,
    /// Connections that nobody uses; `None` for one that was closed and is opened at its next use.
    idle: Arc<Mutex<Vec<Option<SqliteConnection>>>>,
    /// One permit per connection, given in the order in which they were asked for.
    turns: Arc<Semaphore>,
    number: usize,
    waiting: Waiting,
}

/// A connection for a while; comes back when it goes out of scope.
pub(crate) struct Turn<'a> {
    /// There from the moment the turn is given out until this is dropped.
    connection: Option<SqliteConnection>,
    /// Whether a write was begun and not finished.
    is_writing: bool,
    idle: &'a Mutex<Vec<Option<SqliteConnection>>>,
    /// Let go after the connection has come back.
    _permit: SemaphorePermit<'a>,
}

impl Connections {
    /// Opens the file so many times.
    pub(crate) async fn open(options: &SqliteConnectOptions, number: usize) -> sqlx::Result<Self> {
        let mut idle = Vec::with_capacity(number);
        for _ in 0..number {
            idle.push(Some(options.connect().await?));
        }
        Ok(Self {
            // A file that somebody has removed is not replaced by an empty one.
            options: Arc::new(options.clone().create_if_missing(false)),
            idle: Arc::new(Mutex::new(idle)),
            turns: Arc::new(Semaphore::new(number)),
            number,
            waiting: Waiting::default(),
        })
    }

    /// Waits for a connection, fairly.
    pub(crate) async fn acquire(&self) -> sqlx::Result<Turn<'_>> {
        let permit = match self.turns.try_acquire() {
            Ok(permit) => permit,
            Err(_) => {
                let _waiting = self.waiting.enter();
                timeout(ACQUIRE_TIMEOUT, self.turns.acquire())
                    .await
                    .map_err(|_| sqlx::Error::PoolTimedOut)?
                    .map_err(|_| sqlx::Error::PoolClosed)?
            }
        };
        // None when they were closed in this very moment.
        let connection = lock(&self.idle).pop().ok_or(sqlx::Error::PoolClosed)?;
        // From here on the place comes back, whatever happens.
        let mut turn = Turn {
            connection,
            is_writing: false,
            idle: &self.idle,
            _permit: permit,
        };
        if turn.connection.is_none() {
            turn.connection = Some(self.options.connect().await?);
        }
        Ok(turn)
    }

    /// How the connections are used at this moment.
    pub(super) fn usage(&self, pool: &'static str) -> Usage {
        let idle = self.turns.available_permits();
        Usage {
            pool,
            in_use: self.number - idle,
            idle,
            max: self.number,
            waiting: self.waiting.count(),
        }
    }

    /// Closes the connections that are idle, and gives out none any more.
    pub(crate) async fn close(&self) {
        self.turns.close();
        let idle = std::mem::take(&mut *lock(&self.idle));
        for connection in idle.into_iter().flatten() {
            if let Err(error) = connection.close().await {
                tracing::warn!(%error, "cannot close a database");
            }
        }
    }
}

/// The list is whole whatever happened to whoever held it.
fn lock<T>(idle: &Mutex<T>) -> MutexGuard<'_, T> {
    idle.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Turn<'_> {
    /// The connection, to write with. It is closed after this turn unless the write is finished.
    pub(crate) fn begin_write(&mut self) -> &mut SqliteConnection {
        self.is_writing = true;
        self
    }

    /// The write is committed or rolled back.
    pub(crate) fn finish_write(&mut self) {
        self.is_writing = false;
    }
}

impl Deref for Turn<'_> {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        self.connection.as_ref().expect("there until dropped")
    }
}

impl DerefMut for Turn<'_> {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        self.connection.as_mut().expect("there until dropped")
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let connection = self.connection.take().filter(|_| !self.is_writing);
        lock(self.idle).push(connection);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::exactly_one;

    async fn one_connection() -> Connections {
        let options = SqliteConnectOptions::new().in_memory(true);
        let connections = Connections::open(&options, 1).await.unwrap();
        let mut turn = connections.acquire().await.unwrap();
        sqlx::query("CREATE TABLE books (id INTEGER PRIMARY KEY)")
            .execute(&mut *turn)
            .await
            .unwrap();
        drop(turn);
        connections
    }

    #[tokio::test]
    async fn a_transaction_that_is_dropped_half_way_is_not_seen_by_the_next_turn() {
        let connections = one_connection().await;
        let mut turn = connections.acquire().await.unwrap();
        let mut transaction = turn.begin_with("BEGIN IMMEDIATE").await.unwrap();
        sqlx::query("INSERT INTO books DEFAULT VALUES")
            .execute(&mut *transaction)
            .await
            .unwrap();
        drop(transaction);
        drop(turn);

        let mut turn = connections.acquire().await.unwrap();
        let books: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM books")
            .fetch_all(&mut *turn)
            .await
            .and_then(exactly_one)
            .unwrap();
        assert_eq!(books, 0);
        turn.begin_with("BEGIN IMMEDIATE").await.unwrap();
    }

    #[tokio::test]
    async fn a_connection_whose_write_did_not_end_well_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let options = SqliteConnectOptions::new().filename(folder.path().join("books.db"));
        let options = options.create_if_missing(true);
        let connections = Connections::open(&options, 1).await.unwrap();
        for begun in 0..3 {
            let mut turn = connections.acquire().await.unwrap();
            // A transaction that sqlx knows nothing of: the next one could not begin.
            let begin = sqlx::query("BEGIN IMMEDIATE").execute(turn.begin_write());
            begin
                .await
                .unwrap_or_else(|error| panic!("{begun}: {error}"));
        }
    }

    #[tokio::test]
    async fn requests_cancelled_at_any_moment_leave_the_connection_usable() {
        let connections = one_connection().await;
        for polls in 0..40 {
            let insert = async {
                let mut turn = connections.acquire().await?;
                let mut transaction = turn.begin_with("BEGIN IMMEDIATE").await?;
                sqlx::query("INSERT INTO books DEFAULT VALUES")
                    .execute(&mut *transaction)
                    .await?;
                transaction.rollback().await
            };
            // Polled a number of times and then dropped, as when a client goes away.
            let mut insert = Box::pin(insert);
            for _ in 0..polls {
                if poll_once(insert.as_mut()).await {
                    break;
                }
            }
            drop(insert);
            let mut turn = connections.acquire().await.unwrap();
            turn.begin_with("BEGIN IMMEDIATE")
                .await
                .unwrap()
                .commit()
                .await
                .unwrap();
        }
        let mut turn = connections.acquire().await.unwrap();
        let books: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM books")
            .fetch_all(&mut *turn)
            .await
            .and_then(exactly_one)
            .unwrap();
        assert_eq!(books, 0);
    }

    /// Polls once; whether it is done.
    async fn poll_once<T>(mut future: std::pin::Pin<&mut impl Future<Output = T>>) -> bool {
        let done = std::future::poll_fn(|context| {
            std::task::Poll::Ready(future.as_mut().poll(context).is_ready())
        })
        .await;
        tokio::task::yield_now().await;
        done
    }

    #[tokio::test]
    async fn those_at_work_and_those_who_wait_are_counted() {
        let connections = one_connection().await;
        let turn = connections.acquire().await.unwrap();
        let mut waiting = Box::pin(connections.acquire());
        assert!(!poll_once(waiting.as_mut()).await);
        let usage = |in_use, waiting| Usage {
            pool: "writer",
            in_use,
            idle: 1 - in_use,
            max: 1,
            waiting,
        };
        assert_eq!(connections.usage("writer"), usage(1, 1));
        drop((waiting, turn));
        assert_eq!(connections.usage("writer"), usage(0, 0));
    }

    #[tokio::test]
    async fn a_closed_database_gives_out_no_connections() {
        let connections = one_connection().await;
        connections.close().await;
        let refused = connections.acquire().await.map(|_| ());
        assert!(
            matches!(refused, Err(sqlx::Error::PoolClosed)),
            "{refused:?}"
        );
    }
}
