//! Read replicas: PostgreSQL servers that follow the primary by streaming replication. Each is read
//! as long as what it has is not older than an operator allows.
//!
//! How old that is, the primary's log tells, without comparing clocks. The log's position on the
//! primary is looked at again and again. A replica that has replayed the log up to such a position
//! has everything that was committed before that look. (Commits with `synchronous_commit = off` count
//! from when they are flushed.)

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::bail;
use futures::future::join_all;
use sqlx::postgres::PgConnectOptions;
use tokio::time::{Instant, sleep, timeout};

use super::{DatabaseUrl, Usage, once, pool::Pool, postgres::with_time_limits, url::Place, value};

/// How long a replica may take to give a connection or to say where it is. Then it is left out.
const LIMIT: Duration = Duration::from_secs(1);

/// The longest time between two looks at a replica.
const LONGEST_INTERVAL: Duration = Duration::from_millis(500);

/// The shortest time between two looks.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(10);

#[derive(Clone, Debug, Default)]
pub(crate) struct Replicas {
    all: Arc<[Replica]>,
    next: Arc<AtomicUsize>,
    max_staleness: Duration,
}

#[derive(Debug)]
pub(crate) struct Replica {
    pub(crate) pool: Pool<PgConnectOptions>,
    /// A connection that no read has to wait for, nor waits for one.
    probe: Pool<PgConnectOptions>,
    /// Until then what it has is fresh enough.
    fresh_until: Mutex<Option<Instant>>,
}

/// A position in the primary's log, and a moment before it was there.
type Position = (i64, Instant);

impl Replicas {
    /// Replicas of the database with this name. Nothing is opened yet.
    pub(super) fn new(
        urls: &[DatabaseUrl],
        name: &str,
        connections: usize,
        max_staleness: Duration,
    ) -> anyhow::Result<Self> {
        let replicas = urls.iter().map(|url| {
            let Place::Server(options) = &url.0 else {
                bail!("--read-database names a PostgreSQL server");
            };
            let options = with_time_limits(options.as_ref().clone().database(name));
            Ok(Replica {
                pool: Pool::new(options.clone(), connections, LIMIT),
                probe: Pool::new(options, 1, LIMIT),
                fresh_until: Mutex::new(None),
            })
        });
        Ok(Self {
            all: replicas.collect::<anyhow::Result<_>>()?,
            next: Arc::default(),
            max_staleness,
        })
    }

    /// The next one that is fresh enough.
    pub(super) fn choose(&self) -> Option<&Replica> {
        let (now, count) = (Instant::now(), self.all.len());
        let first = match count {
            0 => return None,
            _ => self.next.fetch_add(1, Ordering::Relaxed),
        };
        let turns = (0..count).map(|turn| &self.all[(first.wrapping_add(turn)) % count]);
        turns.into_iter().find(|replica| replica.is_fresh(now))
    }

    /// How many there are, and how many of them are fresh enough.
    pub(super) fn count(&self) -> (usize, usize) {
        let now = Instant::now();
        let fresh = self.all.iter().filter(|replica| replica.is_fresh(now));
        (self.all.len(), fresh.count())
    }

    /// How their connections are used at this moment, all together.
    pub(super) fn usage(&self) -> Option<Usage> {
        let usages = self
            .all
            .iter()
            .map(|replica| replica.pool.usage("replicas"));
        usages.reduce(|sum, one| Usage {
            pool: sum.pool,
            in_use: sum.in_use + one.in_use,
            idle: sum.idle + one.idle,
            max: sum.max + one.max,
            waiting: sum.waiting + one.waiting,
        })
    }

    /// Keeps looking how far each one is.
    pub(super) async fn watch(&self, primary: PgConnectOptions) {
        if self.all.is_empty() {
            return;
        }
        let primary = Pool::new(primary, 1, LIMIT);
        let interval = self.max_staleness / 4;
        let interval = interval.clamp(SHORTEST_INTERVAL, LONGEST_INTERVAL);
        let mut positions = VecDeque::new();
        let mut reported = 0;
        loop {
            let looked = Instant::now();
            match timeout(LIMIT, position_of(&primary)).await {
                Ok(Ok(position)) => positions.push_back((position, looked)),
                failed => tracing::debug!(?failed, "cannot read the primary's log position"),
            }
            positions.retain(|(_, looked)| looked.elapsed() <= self.max_staleness);
            join_all(
                self.all
                    .iter()
                    .map(|replica| self.check(replica, &positions)),
            )
            .await;
            let (all, fresh) = self.count();
            if fresh != reported {
                tracing::info!("{fresh} of {all} read databases are fresh enough");
                reported = fresh;
            }
            sleep(interval).await;
        }
    }

    /// Looks how far a replica is. Where that cannot be told now, what was known stays true: a replica
    /// never goes back.
    async fn check(&self, replica: &Replica, positions: &VecDeque<Position>) {
        match timeout(LIMIT, replayed_by(&replica.probe)).await {
            Ok(Ok(Some(replayed))) => {
                let reached = positions.iter().rev().find(|(it, _)| *it <= replayed);
                if let Some((_, looked)) = reached {
                    replica.set(Some(*looked + self.max_staleness));
                }
            }
            // It follows nobody any more.
            Ok(Ok(None)) => replica.set(None),
            failed => tracing::debug!(?failed, "cannot read a replica's log position"),
        }
    }

    pub(super) async fn close(&self) {
        for replica in self.all.iter() {
            tokio::join!(replica.pool.close(), replica.probe.close());
        }
    }
}

impl Replica {
    fn is_fresh(&self, now: Instant) -> bool {
        let until = self.fresh_until.lock();
        until
            .unwrap_or_else(PoisonError::into_inner)
            .is_some_and(|until| now < until)
    }

    fn set(&self, until: Option<Instant>) {
        *self
            .fresh_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = until;
    }

    /// A read has failed: it is not read until the next look, unless it was only busy.
    pub(crate) fn failed(&self, error: &sqlx::Error) {
        if !matches!(error, sqlx::Error::PoolTimedOut) {
            self.set(None);
        }
    }
}

/// Up to where the primary's log is written.
async fn position_of(primary: &Pool<PgConnectOptions>) -> sqlx::Result<i64> {
    once!(primary, |connection| value!(
        connection,
        "SELECT CAST(pg_current_wal_flush_lsn() - '0/0' AS BIGINT)"
    ))
}

/// Up to where a replica has replayed that log; nothing where it does not follow.
async fn replayed_by(replica: &Pool<PgConnectOptions>) -> sqlx::Result<Option<i64>> {
    once!(replica, |connection| value!(
        connection,
        "SELECT CASE WHEN pg_is_in_recovery()
             THEN CAST(pg_last_wal_replay_lsn() - '0/0' AS BIGINT) END"
    ))
}
