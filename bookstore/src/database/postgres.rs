//! sqlx's pool of PostgreSQL connections, and how many wait for one, which it does not tell.

use std::pin::Pin;

use sqlx::{Acquire, PgPool, Postgres, Transaction, pool::PoolConnection};

use super::{Usage, waiting::Waiting};

/// Connections to one database; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct PostgresPool {
    pool: PgPool,
    waiting: Waiting,
}

impl PostgresPool {
    pub(super) fn new(pool: PgPool) -> Self {
        Self {
            pool,
            waiting: Waiting::default(),
        }
    }

    /// Waits for a connection.
    pub(crate) async fn acquire(&self) -> sqlx::Result<PoolConnection<Postgres>> {
        let _waiting = self.waiting.enter();
        self.pool.acquire().await
    }

    /// Closes every connection, and gives out none any more.
    pub(super) async fn close(&self) {
        self.pool.close().await;
    }

    pub(super) fn usage(&self) -> Usage {
        let idle = self.pool.num_idle();
        Usage {
            pool: "all",
            // Two numbers that are not read at the same instant.
            in_use: (self.pool.size() as usize).saturating_sub(idle),
            idle,
            max: self.pool.options().get_max_connections() as usize,
            waiting: self.waiting.count(),
        }
    }
}

/// What sqlx asks of a pool; so migrations and transactions are written as for its own.
impl<'a> Acquire<'a> for &'a PostgresPool {
    type Database = Postgres;
    type Connection = PoolConnection<Postgres>;

    fn acquire(self) -> Pin<Box<dyn Future<Output = sqlx::Result<Self::Connection>> + Send + 'a>> {
        Box::pin(self.acquire())
    }

    fn begin(
        self,
    ) -> Pin<Box<dyn Future<Output = sqlx::Result<Transaction<'a, Postgres>>> + Send + 'a>> {
        Box::pin(async move {
            let _waiting = self.waiting.enter();
            self.pool.begin().await
        })
    }
}
