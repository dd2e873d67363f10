//! Connections to one database that take turns, in a `deadpool`.
//!
//! sqlx's own pool was tried. It asks each connection that comes back for a sign of life, which cannot
//! be turned off: a round trip for every transaction, and on SQLite a trip to the connection's thread
//! while the next transaction waits for the only writer.

use std::{
    fmt,
    io::ErrorKind,
    ops::{Deref, DerefMut},
    time::Duration,
};

use deadpool::{
    Runtime,
    managed::{self, Manager, Metrics, Object, PoolError, QueueMode, RecycleResult},
};
use sqlx::{ConnectOptions, Connection, sqlite::SqliteError};
use tokio::time::{Instant, sleep, timeout};

use super::{
    Usage,
    retry::{code, is_lost},
};

/// How long a request waits for a connection before it is refused with 503.
pub(super) const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

/// A connection that was idle for longer is asked for a sign of life before it is used.
const IDLE_UNTIL_PING: Duration = Duration::from_secs(5);

/// How long a connection may take to give a sign of life. Then it is closed.
const PING_LIMIT: Duration = Duration::from_secs(5);

/// When a server that is starting is asked again.
const CONNECT_AGAIN: Duration = Duration::from_millis(50);

/// Up to so many connections; cheap to clone.
pub(crate) struct Pool<O: ConnectOptions<Connection: Sized>> {
    pool: managed::Pool<Connector<O>>,
    patience: Duration,
}

pub(crate) struct Connector<O>(O);

/// A connection for a while. It comes back when this goes out of scope, and is closed instead unless
/// its work was [`finished`](Self::finish).
pub(crate) struct Pooled<O: ConnectOptions<Connection: Sized>> {
    /// There until this is dropped.
    object: Option<Object<Connector<O>>>,
    is_intact: bool,
}

impl<O: ConnectOptions<Connection: Sized>> Manager for Connector<O> {
    type Type = O::Connection;
    type Error = sqlx::Error;

    async fn create(&self) -> sqlx::Result<O::Connection> {
        self.0.connect().await
    }

    async fn recycle(
        &self,
        connection: &mut O::Connection,
        metrics: &Metrics,
    ) -> RecycleResult<sqlx::Error> {
        if metrics.last_used() > IDLE_UNTIL_PING {
            let ping = timeout(PING_LIMIT, connection.ping()).await;
            ping.map_err(|late| sqlx::Error::Io(late.into()))??;
        }
        Ok(())
    }
}

impl<O: ConnectOptions<Connection: Sized>> Pool<O> {
    /// Opens nothing yet. Whoever wants a connection waits for it up to `patience`.
    pub(super) fn new(options: O, connections: usize, patience: Duration) -> Self {
        let pool = managed::Pool::builder(Connector(options))
            .max_size(connections)
            .queue_mode(QueueMode::Lifo)
            .wait_timeout(Some(patience))
            .create_timeout(Some(patience))
            .runtime(Runtime::Tokio1)
            .build()
            .expect("time limits have a runtime");
        Self { pool, patience }
    }

    /// Waits for a connection, in the order in which they were asked for.
    pub(crate) async fn acquire(&self) -> sqlx::Result<Pooled<O>> {
        let end = Instant::now() + self.patience;
        loop {
            match self.pool.get().await {
                Ok(object) => {
                    return Ok(Pooled {
                        object: Some(object),
                        is_intact: false,
                    });
                }
                Err(PoolError::Backend(error)) if is_starting(&error) && Instant::now() < end => {
                    sleep(CONNECT_AGAIN).await;
                }
                Err(PoolError::Backend(error)) => return Err(error),
                Err(PoolError::Closed) => return Err(sqlx::Error::PoolClosed),
                Err(_late) => return Err(sqlx::Error::PoolTimedOut),
            }
        }
    }

    /// Opens every connection.
    pub(super) async fn fill(&self) -> sqlx::Result<()> {
        let mut all = Vec::new();
        for _ in 0..self.pool.status().max_size {
            all.push(self.acquire().await?);
        }
        all.iter_mut()
            .for_each(|connection| connection.finish(None));
        Ok(())
    }

    pub(super) fn usage(&self, pool: &'static str) -> Usage {
        let status = self.pool.status();
        Usage {
            pool,
            in_use: status.size - status.available,
            idle: status.available,
            max: status.max_size,
            waiting: status.waiting,
        }
    }

    /// Closes the connections that are idle, and gives out none any more.
    pub(super) async fn close(&self) {
        let idle = self.pool.retain(|_, _| false).removed;
        self.pool.close();
        for connection in idle {
            if let Err(error) = connection.close().await {
                tracing::warn!(%error, "cannot close a database");
            }
        }
    }
}

impl<O: ConnectOptions<Connection: Sized>> fmt::Debug for Pool<O> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pool.status().fmt(formatter)
    }
}

impl<O: ConnectOptions<Connection: Sized>> Clone for Pool<O> {
    fn clone(&self) -> Self {
        Self {
            pool: self.pool.clone(),
            patience: self.patience,
        }
    }
}

impl<O: ConnectOptions<Connection: Sized>> Pooled<O> {
    /// The work on it has ended, maybe with this error.
    pub(crate) fn finish(&mut self, error: Option<&sqlx::Error>) {
        self.is_intact = error.is_none_or(leaves_intact);
    }
}

/// Whether a connection is as it was before after this error. On a full disk SQLite rolls back by
/// itself, and sqlx still counts a transaction.
fn leaves_intact(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(cause) => {
            cause.try_downcast_ref::<SqliteError>().is_none() && !is_lost(error)
        }
        sqlx::Error::RowNotFound => true,
        _ => false,
    }
}

/// Whether the server may accept connections soon.
fn is_starting(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(error) => error.kind() == ErrorKind::ConnectionRefused,
        // PostgreSQL: cannot_connect_now, too_many_connections.
        error => code(error).is_some_and(|code| matches!(code.as_ref(), "57P03" | "53300")),
    }
}

impl<O: ConnectOptions<Connection: Sized>> Deref for Pooled<O> {
    type Target = O::Connection;

    fn deref(&self) -> &O::Connection {
        self.object.as_ref().expect("there until dropped")
    }
}

impl<O: ConnectOptions<Connection: Sized>> DerefMut for Pooled<O> {
    fn deref_mut(&mut self) -> &mut O::Connection {
        self.object.as_mut().expect("there until dropped")
    }
}

impl<O: ConnectOptions<Connection: Sized>> Drop for Pooled<O> {
    fn drop(&mut self) {
        if let Some(object) = self.object.take().filter(|_| !self.is_intact) {
            drop(Object::take(object));
        }
    }
}

#[cfg(test)]
mod tests {
    use sqlx::{SqliteConnection, sqlite::SqliteConnectOptions};

    use super::*;
    use crate::platform::database::rows;

    /// One connection to a file with a table of books.
    async fn one_connection(folder: &tempfile::TempDir) -> Pool<SqliteConnectOptions> {
        let options = SqliteConnectOptions::new().filename(folder.path().join("books.db"));
        let options = options.create_if_missing(true);
        let pool = Pool::new(options, 1, ACQUIRE_TIMEOUT);
        let mut connection = pool.acquire().await.unwrap();
        let table = "CREATE TABLE books (id INTEGER PRIMARY KEY)";
        sqlx::query(table).execute(&mut *connection).await.unwrap();
        connection.finish(None);
        pool
    }

    async fn insert(connection: &mut SqliteConnection) -> sqlx::Result<()> {
        let insert = sqlx::query("INSERT INTO books DEFAULT VALUES");
        insert.execute(connection).await.map(drop)
    }

    async fn books(pool: &Pool<SqliteConnectOptions>) -> i64 {
        let mut connection = pool.acquire().await.unwrap();
        let counts: Vec<(i64,)> = rows!(connection, "SELECT COUNT(*) FROM books").unwrap();
        counts[0].0
    }

    #[tokio::test]
    async fn a_transaction_that_is_dropped_half_way_is_not_seen_by_the_next_turn() {
        let folder = tempfile::tempdir().unwrap();
        let pool = one_connection(&folder).await;
        let mut connection = pool.acquire().await.unwrap();
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.unwrap();
        insert(&mut transaction).await.unwrap();
        drop(transaction);
        drop(connection);
        assert_eq!(books(&pool).await, 0);
        let mut connection = pool.acquire().await.unwrap();
        connection.begin_with("BEGIN IMMEDIATE").await.unwrap();
    }

    #[tokio::test]
    async fn requests_cancelled_at_any_moment_leave_the_pool_usable() {
        let folder = tempfile::tempdir().unwrap();
        let pool = one_connection(&folder).await;
        for polls in 0..40 {
            let work = async {
                let mut connection = pool.acquire().await?;
                let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
                insert(&mut transaction).await?;
                transaction.rollback().await
            };
            // Polled a number of times and then dropped, as when a client goes away.
            let mut work = Box::pin(work);
            for _ in 0..polls {
                if poll_once(work.as_mut()).await {
                    break;
                }
            }
            drop(work);
            let mut connection = pool.acquire().await.unwrap();
            let transaction = connection.begin_with("BEGIN IMMEDIATE").await.unwrap();
            transaction.commit().await.unwrap();
            connection.finish(None);
        }
        assert_eq!(books(&pool).await, 0);
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
}
