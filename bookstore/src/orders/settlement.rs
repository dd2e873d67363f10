//! Settlement: what follows from an order's row once it is decided. Cart and catalog are told, by
//! calls that may be repeated, and then the row is marked as settled.
//!
//! The mark only spares a recovery the same calls again, so it is written in batches, beside the
//! orders' way: a crash before it costs nothing but those calls.

use std::{sync::Arc, time::Duration};

use tokio::{sync::mpsc, time::timeout};

use super::{
    Orders,
    recovery::{STATEMENT_LIMIT, within},
};
use crate::{
    Error,
    database::{Database, now_ms, with_writer},
    token::Token,
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Decision {
    pub(super) order: Token,
    pub(super) bought: bool,
    pub(super) from_cart: bool,
}

/// Something that needs no more work. The process stays until that is written down.
#[derive(Debug)]
pub(crate) struct Settled {
    kind: Kind,
    token: Token,
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
            let outcome = orders.tell_others(&decision).await;
            orders.note(Kind::Order, &decision.order, outcome).await;
        }));
        // The task goes on when nobody waits for it any more.
        let _ = timeout(ANSWER_WAITS, settlement).await;
    }

    /// Gives back copies to stock after a return; whether that is done by now.
    pub(super) async fn restock(self: &Arc<Self>, token: Token) -> bool {
        let orders = Arc::clone(self);
        let restocking = tokio::spawn(trace::carried(async move {
            let outcome = orders.tell_catalog_of_return(&token).await;
            let done = outcome.is_ok();
            orders.note(Kind::Return, &token, outcome).await;
            done
        }));
        matches!(timeout(ANSWER_WAITS, restocking).await, Ok(Ok(true)))
    }

    /// Tells cart and catalog of a decision. May be repeated.
    pub(super) async fn tell_others(&self, decision: &Decision) -> Result<(), Error> {
        let Decision { order, bought, .. } = decision;
        let catalog = async {
            match *bought {
                true => self.catalog.confirm(order).await,
                // Also when the catalog has refused: an earlier try of the same call may be late.
                false => self.catalog.release(order).await,
            }
        };
        let cart = async {
            match (decision.from_cart, *bought) {
                (true, true) => self.cart.complete(order).await,
                (true, false) => self.cart.unlock(order).await,
                (false, _) => Ok(()),
            }
        };
        let (catalog, cart) = tokio::join!(catalog, cart);
        catalog.and(cart)
    }

    /// Tells the catalog of a return. May be repeated.
    pub(super) async fn tell_catalog_of_return(&self, token: &Token) -> Result<(), Error> {
        let returned = self.returned(token).await?;
        self.catalog.take_back(token, &returned).await
    }

    /// Notes how a settlement went.
    pub(super) async fn note(&self, kind: Kind, token: &Token, outcome: Result<(), Error>) {
        match outcome {
            Ok(()) => {
                let settled = Settled {
                    kind,
                    token: token.clone(),
                    _at_work: self.at_work.clone(),
                };
                // Nobody writes it down only when the process is ending.
                let _ = self.settled.send(settled);
            }
            Err(error) => {
                tracing::warn!(
                    ?kind,
                    %token,
                    ?error,
                    "cannot be settled now, will be tried again"
                );
                let postponed = within(STATEMENT_LIMIT, self.postpone(kind, token)).await;
                if let Err(error) = postponed {
                    // Then recovery comes when the lease has ended by itself.
                    tracing::warn!(?kind, %token, ?error, "cannot be left to recovery yet");
                }
            }
        }
    }

    /// Leaves it to recovery, soon.
    async fn postpone(&self, kind: Kind, token: &Token) -> Result<(), Error> {
        let until = now_ms() + TRY_AGAIN_AFTER.min(self.lease).as_millis() as i64;
        let sql = match kind {
            Kind::Order => "UPDATE orders SET lease_until = $1 WHERE token = $2",
            Kind::Return => "UPDATE returns SET lease_until = $1 WHERE token = $2",
        };
        with_writer!(&self.database, |writer| {
            sqlx::query(sql)
                .bind(until)
                .bind(token)
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
            let tokens: Vec<&Token> = of_kind.map(|settled| &settled.token).collect();
            let marked = within(STATEMENT_LIMIT, mark(&database, kind, &tokens)).await;
            if let Err(error) = marked {
                tracing::warn!(?error, ?kind, "cannot mark as settled, recovery will");
            }
        }
        batch.clear();
    }
}

async fn mark(database: &Database, kind: Kind, tokens: &[&Token]) -> Result<(), Error> {
    if tokens.is_empty() {
        return Ok(());
    }
    let table = match kind {
        Kind::Order => "orders",
        Kind::Return => "returns",
    };
    with_writer!(database, |writer| {
        let mut statement = sqlx::QueryBuilder::new("UPDATE ");
        statement.push(table).push(" SET settled_at = ");
        statement.push_bind(now_ms());
        statement.push(" WHERE settled_at IS NULL AND token IN (");
        let mut list = statement.separated(", ");
        for token in tokens {
            list.push_bind(token.as_str());
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
