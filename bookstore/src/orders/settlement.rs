//! Settlement: what follows from an order's row once it is decided. Cart and catalog are told, by
//! calls that may be repeated, and then the row is marked as settled.
//!
//! The mark only spares a recovery the same calls again, so it is written in batches, beside the
//! orders' way: a crash before it costs nothing but those calls.

use std::{sync::Arc, time::Duration};

use tokio::{sync::mpsc, time::timeout};

use super::Orders;
use crate::{
    Error,
    database::{Database, now_ms, with_writer},
    trace,
};

/// How long an answer waits for the settlement, so that a client finds its cart and the stock as the
/// answer says. The settlement goes on after that.
const ANSWER_WAITS: Duration = Duration::from_secs(2);

/// When a settlement that failed is tried again.
const TRY_AGAIN_AFTER: Duration = Duration::from_secs(5);

/// Marks that are written at once, at most.
const BATCH: usize = 500;

/// How an order was decided, and whether it was of a cart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decision {
    pub(super) order: i64,
    pub(super) bought: bool,
    pub(super) from_cart: bool,
}

/// Something that needs no more work. The process stays until that is written down.
#[derive(Debug)]
pub(crate) struct Settled {
    kind: Kind,
    id: i64,
    _at_work: mpsc::Sender<()>,
}

/// What leaves work behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Order,
    Return,
}

impl Orders {
    /// Settles an order; what cannot be done now is left to recovery.
    pub(super) async fn settle(self: &Arc<Self>, decision: Decision) {
        let orders = Arc::clone(self);
        let settlement = tokio::spawn(trace::carried(async move {
            let outcome = orders.tell_others(decision).await;
            orders.note(Kind::Order, decision.order, outcome).await;
        }));
        // The task goes on when nobody waits for it any more.
        let _ = timeout(ANSWER_WAITS, settlement).await;
    }

    /// Gives back copies to stock after a return; whether that is done by now.
    pub(super) async fn restock(self: &Arc<Self>, id: i64) -> bool {
        let orders = Arc::clone(self);
        let restocking = tokio::spawn(trace::carried(async move {
            let outcome = orders.tell_catalog_of_return(id).await;
            let done = outcome.is_ok();
            orders.note(Kind::Return, id, outcome).await;
            done
        }));
        matches!(timeout(ANSWER_WAITS, restocking).await, Ok(Ok(true)))
    }

    /// Tells cart and catalog of a decision. May be repeated.
    pub(super) async fn tell_others(&self, decision: Decision) -> Result<(), Error> {
        let Decision { order, bought, .. } = decision;
        let catalog = async {
            match bought {
                true => self.catalog.confirm(order).await,
                // Also when the catalog has refused: an earlier try of the same call may be late.
                false => self.catalog.release(order).await,
            }
        };
        let cart = async {
            match (decision.from_cart, bought) {
                (true, true) => self.cart.complete(order).await,
                (true, false) => self.cart.unlock(order).await,
                (false, _) => Ok(()),
            }
        };
        let (catalog, cart) = tokio::join!(catalog, cart);
        catalog.and(cart)
    }

    /// Tells the catalog of a return. May be repeated.
    pub(super) async fn tell_catalog_of_return(&self, id: i64) -> Result<(), Error> {
        let returned = self.returned(id).await?;
        self.catalog.take_back(id, &returned).await
    }

    /// Notes how a settlement went.
    pub(super) async fn note(&self, kind: Kind, id: i64, outcome: Result<(), Error>) {
        match outcome {
            Ok(()) => {
                let settled = Settled {
                    kind,
                    id,
                    _at_work: self.at_work.clone(),
                };
                // Nobody writes it down only when the process is ending.
                let _ = self.settled.send(settled);
            }
            Err(error) => {
                tracing::warn!(
                    ?kind,
                    id,
                    ?error,
                    "cannot be settled now, will be tried again"
                );
                if let Err(error) = self.postpone(kind, id).await {
                    // Then recovery comes when the lease has ended by itself.
                    tracing::warn!(?kind, id, ?error, "cannot be left to recovery yet");
                }
            }
        }
    }

    /// Leaves it to recovery, soon.
    async fn postpone(&self, kind: Kind, id: i64) -> Result<(), Error> {
        let until = now_ms() + TRY_AGAIN_AFTER.min(self.lease).as_millis() as i64;
        let sql = match kind {
            Kind::Order => "UPDATE orders SET lease_until = $1 WHERE id = $2",
            Kind::Return => "UPDATE returns SET lease_until = $1 WHERE id = $2",
        };
        with_writer!(&self.database, |writer| {
            sqlx::query(sql)
                .bind(until)
                .bind(id)
                .execute(writer)
                .await
                .map(|_| ())
        })
    }
}

/// Writes down what is settled, as long as there is anyone to settle anything.
pub(crate) async fn write_marks(database: Database, mut settled: mpsc::UnboundedReceiver<Settled>) {
    let mut batch = Vec::new();
    while settled.recv_many(&mut batch, BATCH).await > 0 {
        for kind in [Kind::Order, Kind::Return] {
            let of_kind = batch.iter().filter(|settled| settled.kind == kind);
            let ids: Vec<i64> = of_kind.map(|settled| settled.id).collect();
            if let Err(error) = mark(&database, kind, &ids).await {
                tracing::warn!(?error, ?kind, "cannot mark as settled, recovery will");
            }
        }
        batch.clear();
    }
}

/// A mark may come late, after a reset that lets ids start again: it is not for an order that is
/// still to be decided.
async fn mark(database: &Database, kind: Kind, ids: &[i64]) -> Result<(), Error> {
    if ids.is_empty() {
        return Ok(());
    }
    let (table, condition) = match kind {
        Kind::Order => ("orders", "status <> 'Pending' AND settled_at IS NULL"),
        Kind::Return => ("returns", "settled_at IS NULL"),
    };
    with_writer!(database, |writer| {
        let mut statement = sqlx::QueryBuilder::new("UPDATE ");
        statement.push(table).push(" SET settled_at = ");
        statement.push_bind(now_ms());
        statement
            .push(" WHERE ")
            .push(condition)
            .push(" AND id IN (");
        let mut list = statement.separated(", ");
        for id in ids {
            list.push_bind(*id);
        }
        statement.push(")");
        statement
            .build()
            .persistent(false)
            .execute(writer)
            .await
            .map(|_| ())
    })
}
