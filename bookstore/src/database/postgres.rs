//! PostgreSQL connections: some for writes, and some for reads and readiness checks, so that writes
//! that wait for each other's locks do not stop these.
//!
//! sqlx's pools, and what these do not have: how many wait for a connection, and a time limit for
//! one to come back. sqlx asks each connection that comes back for a sign of life, and a server that
//! has vanished gives none for as long as TCP is patient; until then the place in the pool is lost.

use std::{
    ops::{Deref, DerefMut},
    sync::Arc,
    time::Duration,
};

use sqlx::{
    ConnectOptions, Connection, PgConnection, PgPool, Postgres,
    pool::PoolConnection,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::time::timeout;

use super::{ACQUIRE_TIMEOUT, Usage, waiting::Waiting};

/// A connection that was idle for longer is asked for a sign of life before it is used.
const IDLE_UNTIL_PING: Duration = Duration::from_secs(5);

/// How long a connection may take to give a sign of life. Then it is closed.
const PING_LIMIT: Duration = Duration::from_secs(5);

/// Of so many connections one reads, at least one.
const ONE_READS_OF: u32 = 4;

/// What a session may take from others: settings of the server, with their values. Each can be set
/// otherwise in the database's URL.
///
/// A lock is waited for only briefly: whoever waits keeps a connection from others, and is told
/// that the service is busy. A statement may take as long as a request. A client that has stopped
/// in a transaction, or vanished, does not keep its locks.
const SESSION: [(&str, &str); 7] = [
    ("lock_timeout", "1s"),
    ("statement_timeout", "30s"),
    ("idle_in_transaction_session_timeout", "10s"),
    ("tcp_keepalives_idle", "10"),
    ("tcp_keepalives_interval", "5"),
    ("tcp_keepalives_count", "3"),
    ("tcp_user_timeout", "30000"),
];

/// Connections to one database; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct PostgresPools {
    pub(crate) writers: PostgresPool,
    pub(crate) readers: PostgresPool,
    /// As the URL says, without time limits.
    unlimited: Arc<PgConnectOptions>,
}

/// A number of connections that take turns; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct PostgresPool {
    pool: PgPool,
    waiting: Waiting,
}

/// A connection for a while; comes back when it goes out of scope.
pub(crate) struct PostgresConnection(PoolConnection<Postgres>);

impl PostgresPools {
    /// Opens up to so many connections, at least two.
    pub(super) async fn open(options: PgConnectOptions, connections: u32) -> sqlx::Result<Self> {
        let limited = with_time_limits(options.clone());
        let readers = (connections / ONE_READS_OF).max(1);
        let writers = PostgresPool::open(&limited, connections - readers);
        // Fails now if it has to.
        drop(writers.acquire().await?);
        Ok(Self {
            writers,
            readers: PostgresPool::open(&limited, readers),
            unlimited: Arc::new(options),
        })
    }

    /// A connection without time limits, for what has to wait: migrations wait for those of another
    /// replica. It is closed in the end.
    pub(crate) async fn unlimited(&self) -> sqlx::Result<PgConnection> {
        self.unlimited.connect().await
    }

    /// Closes every connection, and gives out none any more.
    pub(super) async fn close(&self) {
        tokio::join!(self.writers.pool.close(), self.readers.pool.close());
    }

    pub(super) fn usage(&self) -> Vec<Usage> {
        vec![self.readers.usage("readers"), self.writers.usage("writers")]
    }
}

impl PostgresPool {
    fn open(options: &PgConnectOptions, connections: u32) -> Self {
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .test_before_acquire(false)
            .before_acquire(|connection, metadata| {
                Box::pin(async move {
                    if metadata.idle_for > IDLE_UNTIL_PING {
                        timeout(PING_LIMIT, connection.ping())
                            .await
                            .map_err(|late| sqlx::Error::Io(late.into()))??;
                    }
                    Ok(true)
                })
            })
            .connect_lazy_with(options.clone());
        Self {
            pool,
            waiting: Waiting::default(),
        }
    }

    /// Waits for a connection.
    pub(crate) async fn acquire(&self) -> sqlx::Result<PostgresConnection> {
        let _waiting = self.waiting.enter();
        self.pool.acquire().await.map(PostgresConnection)
    }

    fn usage(&self, pool: &'static str) -> Usage {
        let idle = self.pool.num_idle();
        Usage {
            pool,
            // Two numbers that are not read at the same instant.
            in_use: (self.pool.size() as usize).saturating_sub(idle),
            idle,
            max: self.pool.options().get_max_connections() as usize,
            waiting: self.waiting.count(),
        }
    }
}

/// Adds the settings that the URL does not have.
fn with_time_limits(options: PgConnectOptions) -> PgConnectOptions {
    let text = options.get_options().unwrap_or_default().to_owned();
    let given: Vec<String> = text.split_whitespace().filter_map(setting).collect();
    let missing = SESSION
        .into_iter()
        .filter(|(name, _)| !given.iter().any(|given| given == name));
    options.options(missing)
}

/// The setting that a word of a server's options gives: `-c lock_timeout=1s`, `-clock_timeout=1s` and
/// `--lock-timeout=1s` are the same.
fn setting(word: &str) -> Option<String> {
    let (word, _) = word.split_once('=')?;
    let name = word.strip_prefix("--").or_else(|| word.strip_prefix("-c"));
    let name = name.unwrap_or(word);
    Some(name.replace('-', "_").to_lowercase())
}

impl Deref for PostgresConnection {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.0
    }
}

impl DerefMut for PostgresConnection {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.0
    }
}

impl Drop for PostgresConnection {
    fn drop(&mut self) {
        let returned = timeout(PING_LIMIT, self.0.return_to_pool());
        // One that is not back in time is closed, and its place in the pool is free.
        tokio::spawn(returned);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits_of(url: &str) -> String {
        let options = with_time_limits(url.parse().unwrap());
        options.get_options().unwrap().to_owned()
    }

    #[test]
    fn a_session_is_limited_unless_the_url_says_otherwise() {
        let all = limits_of("postgres://ann@localhost/shop");
        for (name, value) in SESSION {
            assert!(all.contains(&format!("-c {name}={value}")), "{all}");
        }
        for given in [
            "options[lock_timeout]=7s",
            "options=-c%20lock_timeout%3D7s",
            "options=-clock_timeout%3D7s",
            "options=--lock-timeout%3D7s",
        ] {
            let limits = limits_of(&format!("postgres://ann@localhost/shop?{given}"));
            assert!(limits.contains("timeout=7s"), "{limits}");
            assert!(!limits.contains("lock_timeout=1s"), "{limits}");
            assert!(limits.contains("-c statement_timeout=30s"), "{limits}");
        }
        // Another setting whose name ends alike.
        let other = "postgres://ann@localhost/shop?options[deadlock_timeout]=7s";
        let limits = limits_of(other);
        assert!(limits.contains("-c lock_timeout=1s"), "{limits}");
    }
}
