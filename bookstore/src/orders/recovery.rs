//! Recovery: finishes or cancels what a crash has left, at start and then regularly.
//!
//! Whoever works on an order holds it by a lease. One that has ended is taken over by
//! compare-and-set on the lease, so that of several replicas one does the work. The lease only
//! spares double work: an owner that was merely slow loses the compare-and-set on the order's
//! status, or wins it before the recovery looks, and all else may be repeated.

use std::{sync::Arc, time::Duration};

use futures::{StreamExt, stream};
use sqlx::AssertSqlSafe;
use tokio::time::{Instant, timeout};

use super::{
    Orders,
    model::OrderStatus,
    repair::Strays,
    request::OrderRequest,
    settlement::{Decision, KINDS, Kind},
};
use crate::platform::{
    Error,
    database::{execute, row, rows, with_writer},
    process,
    token::Token,
    trace,
};

/// The longest time between two looks.
const LONGEST_INTERVAL: Duration = Duration::from_secs(5);

/// What is read at once.
const BATCH: usize = 100;

/// How long the recovery of one order, or return, may take: the calls of one that hangs do not hold
/// up those behind it. It is tried again after a while.
pub(super) const LIMIT: Duration = Duration::from_secs(10);

/// How long a statement may take that nobody waits for: longer than the server lets it. A server
/// that has vanished gives no answer at all.
pub(super) const STATEMENT_LIMIT: Duration = Duration::from_secs(35);

/// What is worked on at the same time.
pub(super) const AT_ONCE: usize = 8;

/// A hold on an order, or on a return, as it was read.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(super) struct Lease {
    pub(super) token: Token,
    /// Milliseconds since 1970.
    #[sqlx(rename = "lease_until")]
    pub(super) until: i64,
}

/// Gives up what is not done within the limit.
pub(super) async fn within<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let outcome = timeout(limit, work).await;
    outcome.unwrap_or(Err(Error::TooLate { limit }))
}

impl Orders {
    /// When a lease ends that begins now.
    pub(super) fn lease_from_now(&self) -> i64 {
        self.database.now_ms() + i64::try_from(self.lease.as_millis()).unwrap_or(i64::MAX / 2)
    }

    /// Holds an order for longer, if it is still pending.
    pub(super) async fn renew_lease(&self, order: &Token) -> Result<(), Error> {
        with_writer!(&self.database, |writer| execute!(
            writer,
            "UPDATE orders SET lease_until = $1 WHERE token = $2 AND status = 'Pending'",
            self.lease_from_now(),
            order,
        ))
        .map(drop)
    }

    /// Looks for what was left behind, again and again.
    pub(crate) async fn recover_regularly(self: Arc<Self>) {
        let interval = LONGEST_INTERVAL.min(self.lease / 4);
        let pause = LONGEST_INTERVAL.min(self.lease);
        let mut next_look_for_losses = Instant::now() + pause;
        let mut strays = Strays::new();
        loop {
            if let Err(error) = self.database.read_clock().await {
                tracing::warn!(?error, "cannot read the database's clock");
            }
            if let Err(error) = self.end_leases_of_the_dead().await {
                tracing::warn!(
                    ?error,
                    "cannot look for leases of processes that have ended"
                );
            }
            for kind in KINDS {
                if let Err(error) = self.recover_all_of(kind).await {
                    tracing::warn!(?error, "cannot look for orders that were left behind");
                }
            }
            if Instant::now() >= next_look_for_losses {
                if let Err(error) = self.look_for_losses(&mut strays).await {
                    tracing::warn!(?error, "cannot look for what was lost");
                }
                next_look_for_losses = Instant::now() + pause;
            }
            tokio::time::sleep(interval).await;
        }
    }

    /// Ends the leases of processes that ran here and are no more, as the one before this was: nobody has
    /// to wait until they are over.
    pub(crate) async fn end_leases_of_the_dead(&self) -> Result<(), Error> {
        for kind in KINDS {
            let table = kind.table();
            let owners = format!(
                "SELECT DISTINCT owner FROM {table} WHERE settled_at IS NULL AND lease_until > $1
                 AND attempts = 0 AND owner IS NOT NULL"
            );
            let end = format!(
                "UPDATE {table} SET lease_until = 0
                 WHERE settled_at IS NULL AND attempts = 0 AND owner = $1"
            );
            let owners: Vec<(String,)> = with_writer!(&self.database, |writer| rows!(
                writer,
                AssertSqlSafe(owners.as_str()),
                self.database.now_ms()
            ))?;
            for (owner,) in owners.iter().filter(|(owner,)| process::has_ended(owner)) {
                with_writer!(&self.database, |writer| execute!(
                    writer,
                    AssertSqlSafe(end.as_str()),
                    owner
                ))?;
            }
        }
        Ok(())
    }

    /// Takes over whatever nobody works on.
    pub(super) async fn recover_all_of(&self, kind: Kind) -> Result<(), Error> {
        loop {
            let left = within(STATEMENT_LIMIT, self.left_behind(kind)).await?;
            let was_all = left.len() < BATCH;
            let all_well = stream::iter(left)
                .map(|lease| {
                    let recovery = async move { self.recover(kind, &lease).await };
                    trace::in_new_trace("orders", "recover", recovery)
                })
                .buffer_unordered(AT_ONCE)
                .fold(true, |all_well, well| async move { all_well && well })
                .await;
            // One that is taken over is not found again soon; one that could not be might be.
            if was_all || !all_well {
                return Ok(());
            }
        }
    }

    /// Takes over one order, or return, unless someone else does; whether nothing failed.
    pub(super) async fn recover(&self, kind: Kind, lease: &Lease) -> bool {
        let mut is_ours = false;
        let recovery = async {
            match kind {
                Kind::Order => self.recover_order(lease, &mut is_ours).await,
                Kind::Return => self.recover_return(lease, &mut is_ours).await,
            }
        };
        // Whatever was begun may be repeated.
        let outcome = within(LIMIT, recovery).await;
        let well = outcome.is_ok();
        if is_ours {
            self.note(kind, &lease.token, outcome).await;
        } else if let Err(error) = outcome {
            // The lease may be somebody else's by now.
            tracing::warn!(?kind, token = %lease.token, ?error, "cannot be taken over now");
        }
        well
    }

    /// Recovers it if it is ours to recover.
    async fn recover_order(&self, lease: &Lease, is_ours: &mut bool) -> Result<(), Error> {
        let claimed: Option<(OrderStatus, String)> = with_writer!(&self.database, |writer| row!(
            writer,
            "UPDATE orders SET lease_until = $1, owner = $2
             WHERE token = $3 AND lease_until = $4 AND settled_at IS NULL
             RETURNING status, request",
            self.lease_from_now(),
            process::THIS.as_deref(),
            &lease.token,
            lease.until,
        ))?;
        let Some((status, request)) = claimed else {
            return Ok(());
        };
        *is_ours = true;
        // A slow owner may still decide it, but not both of us.
        let cancelled = match status {
            OrderStatus::Pending => {
                self.cancel(&lease.token, None).await? || !self.decided(&lease.token).await?.0
            }
            status => !status.is_placed(),
        };
        let decision = Decision {
            order: lease.token.clone(),
            bought: !cancelled,
            from_cart: OrderRequest::is_of_cart(&request),
        };
        self.notify_others(&decision).await?;
        let outcome = if cancelled { "cancelled" } else { "finished" };
        tracing::info!(order = %lease.token, "order that was left behind is {outcome}");
        Ok(())
    }

    /// Recovers it if it is ours to recover.
    async fn recover_return(&self, lease: &Lease, is_ours: &mut bool) -> Result<(), Error> {
        let claimed = with_writer!(&self.database, |writer| execute!(
            writer,
            "UPDATE returns SET lease_until = $1, owner = $2
             WHERE token = $3 AND lease_until = $4 AND settled_at IS NULL",
            self.lease_from_now(),
            process::THIS.as_deref(),
            &lease.token,
            lease.until,
        ))?;
        if claimed == 0 {
            return Ok(());
        }
        *is_ours = true;
        self.notify_catalog_of_return(&lease.token).await?;
        tracing::info!(token = %lease.token, "return that was left behind is finished");
        Ok(())
    }

    /// Some of what nobody works on; from the writer, which knows the newest state.
    async fn left_behind(&self, kind: Kind) -> Result<Vec<Lease>, Error> {
        let left = format!(
            "SELECT token, lease_until FROM {}
             WHERE settled_at IS NULL AND lease_until <= $1 ORDER BY lease_until LIMIT $2",
            kind.table()
        );
        with_writer!(&self.database, |writer| rows!(
            writer,
            AssertSqlSafe(left.as_str()),
            self.database.now_ms(),
            BATCH as i64,
        ))
    }
}
