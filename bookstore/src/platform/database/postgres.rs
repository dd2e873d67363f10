//! PostgreSQL connections: some for writes, some for reads, and one for readiness checks, so that writes that
//! wait for each other's locks do not stop reads, and neither is taken for a database that is away.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use sqlx::{ConnectOptions, PgConnection, postgres::PgConnectOptions};

use super::{
    Usage, now_ms, once,
    pool::{ACQUIRE_TIMEOUT, Pool},
    replicas::Replicas,
    value,
};

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
    pub(crate) writers: Pool<PgConnectOptions>,
    pub(crate) readers: Pool<PgConnectOptions>,
    /// One connection, of readiness checks.
    pub(super) probe: Pool<PgConnectOptions>,
    /// Servers that follow this one.
    pub(super) replicas: Replicas,
    /// As the URL says, without time limits.
    unlimited: Arc<PgConnectOptions>,
    /// The server's time, and when it was that.
    clock: Arc<Mutex<(i64, Instant)>>,
}

impl PostgresPools {
    /// Opens up to so many connections, at least two, and one more.
    pub(super) async fn open(options: PgConnectOptions, connections: u32) -> sqlx::Result<Self> {
        let limited = with_time_limits(options.clone());
        let readers = (connections / ONE_READS_OF).max(1);
        let pool = |number| Pool::new(limited.clone(), number as usize, ACQUIRE_TIMEOUT);
        let writers = pool(connections - readers);
        // Fails now if it has to.
        writers.acquire().await?.finish(None);
        Ok(Self {
            writers,
            readers: pool(readers),
            probe: pool(1),
            replicas: Replicas::default(),
            unlimited: Arc::new(options),
            clock: Arc::new(Mutex::new((now_ms(), Instant::now()))),
        })
    }

    /// How a connection is opened.
    pub(super) fn options(&self) -> PgConnectOptions {
        with_time_limits(self.unlimited.as_ref().clone())
    }

    pub(super) fn name(&self) -> &str {
        self.unlimited.get_database().unwrap_or_default()
    }

    /// Asks the server for its time.
    pub(super) async fn read_clock(&self) -> sqlx::Result<()> {
        let time: sqlx::Result<i64> = once!(self.readers, |connection| value!(
            connection,
            "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)"
        ));
        *self.clock.lock().unwrap_or_else(PoisonError::into_inner) = (time?, Instant::now());
        Ok(())
    }

    /// The server's time by now, as this process' steady clock has gone on since it was asked.
    pub(super) fn now_ms(&self) -> i64 {
        let (time, read) = *self.clock.lock().unwrap_or_else(PoisonError::into_inner);
        time + i64::try_from(read.elapsed().as_millis()).unwrap_or(i64::MAX / 2)
    }

    /// A connection without time limits, for what has to wait: migrations wait for those of another
    /// replica. It is closed in the end.
    pub(super) async fn unlimited(&self) -> sqlx::Result<PgConnection> {
        self.unlimited.connect().await
    }

    pub(super) async fn close(&self) {
        tokio::join!(
            self.writers.close(),
            self.readers.close(),
            self.probe.close(),
            self.replicas.close()
        );
    }

    pub(super) fn usage(&self) -> Vec<Usage> {
        let mut usage = vec![self.readers.usage("readers"), self.writers.usage("writers")];
        usage.extend(self.replicas.usage());
        usage
    }
}

/// Adds the settings that the URL does not have.
pub(super) fn with_time_limits(options: PgConnectOptions) -> PgConnectOptions {
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
