//! Recovery: finishes or cancels what a crash has left, at start and then regularly.
//!
//! Whoever works on an order holds it by a lease. One that has ended is taken over by
//! compare-and-set on the lease, so that of several replicas one does the work. The lease only
//! spares double work: an owner that was merely slow loses the compare-and-set on the order's
//! status, or wins it before the recovery looks, and all else may be repeated.

use std::{sync::Arc, time::Duration};

use futures::{StreamExt, stream};
use tokio::time::timeout;

use super::{
    Orders,
    request::OrderRequest,
    settlement::{Decision, Kind},
};
use crate::{
    Error,
    database::{at_most_one, now_ms, with_writer},
    token::Token,
    trace,
};

/// The longest time between two looks.
const LONGEST_INTERVAL: Duration = Duration::from_secs(5);

/// What is read at once.
const BATCH: usize = 100;

/// How long the recovery of one order, or return, may take: the calls of one that hangs do not hold
/// up those behind it. It is tried again after a while.
const LIMIT: Duration = Duration::from_secs(10);

/// How long a statement may take that nobody waits for: longer than the server lets it. A server
/// that has vanished gives no answer at all.
pub(super) const STATEMENT_LIMIT: Duration = Duration::from_secs(35);

/// What is worked on at the same time.
const AT_ONCE: usize = 8;

/// A hold on an order, or on a return, as it was read.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(super) struct Lease {
    pub(super) token: Token,
    /// Milliseconds since 1970.
    #[sqlx(rename = "lease_until")]
    pub(super) until: i64,
}

impl Lease {
    pub(super) fn is_over(&self) -> bool {
        self.until <= now_ms()
    }
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
        now_ms() + i64::try_from(self.lease.as_millis()).unwrap_or(i64::MAX / 2)
    }

    /// Looks for what was left behind, again and again.
    pub(crate) async fn recover_regularly(self: Arc<Self>) {
        let interval = LONGEST_INTERVAL.min(self.lease / 4);
        loop {
            if let Err(error) = self.recover_all().await {
                tracing::warn!(?error, "cannot look for orders that were left behind");
            }
            tokio::time::sleep(interval).await;
        }
    }

    /// Takes over whatever nobody works on.
    async fn recover_all(&self) -> Result<(), Error> {
        for kind in [Kind::Order, Kind::Return] {
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
                    break;
                }
            }
        }
        Ok(())
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
        let claimed: Option<(String, String)> = with_writer!(&self.database, |writer| {
            sqlx::query_as(
                "UPDATE orders SET lease_until = $1
                 WHERE token = $2 AND lease_until = $3 AND settled_at IS NULL
                 RETURNING status, request",
            )
            .bind(self.lease_from_now())
            .bind(&lease.token)
            .bind(lease.until)
            .fetch_all(writer)
            .await
            .map(at_most_one)
        })?;
        let Some((status, request)) = claimed else {
            return Ok(());
        };
        *is_ours = true;
        // A slow owner may still decide it, but not both of us.
        let cancelled = match status.as_str() {
            "Pending" => {
                self.cancel(&lease.token, None).await? || !self.is_final(&lease.token).await?
            }
            status => status == "Cancelled",
        };
        let decision = Decision {
            order: lease.token.clone(),
            bought: !cancelled,
            from_cart: OrderRequest::is_of_cart(&request),
        };
        self.tell_others(&decision).await?;
        let outcome = if cancelled { "cancelled" } else { "finished" };
        tracing::info!(order = %lease.token, "order that was left behind is {outcome}");
        Ok(())
    }

    /// Recovers it if it is ours to recover.
    async fn recover_return(&self, lease: &Lease, is_ours: &mut bool) -> Result<(), Error> {
        let claimed: Option<i64> = with_writer!(&self.database, |writer| {
            sqlx::query_scalar(
                "UPDATE returns SET lease_until = $1
                 WHERE token = $2 AND lease_until = $3 AND settled_at IS NULL RETURNING id",
            )
            .bind(self.lease_from_now())
            .bind(&lease.token)
            .bind(lease.until)
            .fetch_all(writer)
            .await
            .map(at_most_one)
        })?;
        if claimed.is_none() {
            return Ok(());
        }
        *is_ours = true;
        self.tell_catalog_of_return(&lease.token).await?;
        tracing::info!(token = %lease.token, "return that was left behind is finished");
        Ok(())
    }

    /// Some of what nobody works on; from the writer, which knows the newest state.
    async fn left_behind(&self, kind: Kind) -> Result<Vec<Lease>, Error> {
        let sql = match kind {
            Kind::Order => {
                "SELECT token, lease_until FROM orders
                 WHERE settled_at IS NULL AND lease_until <= $1 ORDER BY lease_until LIMIT $2"
            }
            Kind::Return => {
                "SELECT token, lease_until FROM returns
                 WHERE settled_at IS NULL AND lease_until <= $1 ORDER BY lease_until LIMIT $2"
            }
        };
        with_writer!(&self.database, |writer| {
            sqlx::query_as(sql)
                .bind(now_ms())
                .bind(BATCH as i64)
                .fetch_all(writer)
                .await
        })
    }

    async fn is_final(&self, order: &Token) -> Result<bool, Error> {
        let status: Option<String> = with_writer!(&self.database, |writer| {
            sqlx::query_scalar("SELECT status FROM orders WHERE token = $1")
                .bind(order)
                .fetch_all(writer)
                .await
                .map(at_most_one)
        })?;
        Ok(matches!(status.as_deref(), Some("Ordered" | "Returned")))
    }
}
