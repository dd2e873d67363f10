//! Settlement: what follows from an order's row once it is decided. Cart and catalog are notified, by
//! calls that may be repeated, and then the row is marked as settled.
//!
//! The mark only spares a recovery the same calls again, so it is written in batches, beside the
//! orders' way: a crash before it costs nothing but those calls.

use std::{sync::Arc, time::Duration};

use sqlx::AssertSqlSafe;
use tokio::{
    sync::mpsc,
    time::{Instant, timeout},
};

use super::{
    Orders,
    recovery::{STATEMENT_LIMIT, within},
};
use crate::{
    item::Item,
    platform::{
        Error,
        database::{Database, List, execute, now_ms, row, rows, with_reader, with_writer},
        token::Token,
        trace,
    },
};

/// How long an answer waits for the settlement, so that a client finds its cart and the stock as the
/// answer says. The settlement goes on after that.
const ANSWER_WAITS: Duration = Duration::from_secs(2);

/// When a settlement that failed is tried again, at first.
const FIRST_WAIT: Duration = Duration::from_secs(5);

/// When a database that has just failed is asked again.
const SOON: Duration = Duration::from_millis(100);

const TRIES: u32 = 10;

/// The longest wait for a service that may come back.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// The longest wait after a refusal, which may never change.
const LONGEST_WAIT_AFTER_REFUSAL: Duration = Duration::from_secs(300);

/// How long marks wait for others, to be written together: one transaction for all.
const TOGETHER: Duration = Duration::from_millis(20);

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

pub(super) const KINDS: [Kind; 2] = [Kind::Order, Kind::Return];

impl Orders {
    /// Settles an order; what cannot be done now is left to recovery.
    pub(super) async fn settle(self: &Arc<Self>, decision: Decision) {
        let orders = Arc::clone(self);
        let settlement = tokio::spawn(trace::carried(async move {
            let outcome = orders.notify_others(&decision).await;
            orders.note(Kind::Order, &decision.order, outcome).await;
        }));
        // The task goes on when nobody waits for it any more.
        let _ = timeout(ANSWER_WAITS, settlement).await;
    }

    /// Gives back copies to stock after a return; whether that is done by now.
    pub(super) async fn restock(self: &Arc<Self>, token: Token) -> bool {
        let orders = Arc::clone(self);
        let restocking = tokio::spawn(trace::carried(async move {
            let outcome = orders.notify_catalog_of_return(&token).await;
            let done = outcome.is_ok();
            orders.note(Kind::Return, &token, outcome).await;
            done
        }));
        matches!(timeout(ANSWER_WAITS, restocking).await, Ok(Ok(true)))
    }

    /// Tells cart and catalog of a decision. May be repeated.
    pub(super) async fn notify_others(&self, decision: &Decision) -> Result<(), Error> {
        let Decision { order, bought, .. } = decision;
        let catalog = async {
            match *bought {
                true => match self.catalog.confirm(order).await {
                    // The catalog has lost it.
                    Err(Error::NotFound(_)) => {
                        let (_, items) = self.bought(order).await?;
                        self.catalog.sell(order, &items).await
                    }
                    outcome => outcome,
                },
                // Also when the catalog has refused: an earlier try of the same call may be late.
                false => self.catalog.release(order).await,
            }
        };
        let cart = async {
            match (decision.from_cart, *bought) {
                (true, true) => self.close_cart(order).await,
                (true, false) => self.cart.unlock(order).await,
                (false, _) => Ok(()),
            }
        };
        let (catalog, cart) = tokio::join!(catalog, cart);
        catalog.and(cart)
    }

    /// Marks an order's cart as ordered. A cart service that has lost the order's hold on it may have
    /// the cart as it was before, which must not be bought again.
    async fn close_cart(&self, order: &Token) -> Result<(), Error> {
        match self.cart.complete(order).await {
            Err(Error::NotFound(_)) => {}
            outcome => return outcome,
        }
        let (customer, bought) = self.bought(order).await?;
        match self.cart.lock(order, customer).await {
            Ok(items) if items == bought => self.cart.complete(order).await,
            Err(error) if error.may_pass() => Err(error),
            // Another cart, or none: the order's is gone, which the audit tells.
            _ => self.cart.unlock(order).await,
        }
    }

    /// Whose order it is that was placed, and what it has bought.
    async fn bought(&self, order: &Token) -> Result<(i64, Vec<Item>), Error> {
        let found: Option<(i64, i64)> = with_reader!(&self.database, |reader| row!(
            reader,
            "SELECT id, customer_id FROM orders WHERE token = $1",
            order
        ))?;
        let (id, customer) = found.ok_or(sqlx::Error::RowNotFound)?;
        let items = with_reader!(&self.database, |reader| rows!(
            reader,
            "SELECT product_id, quantity FROM order_items WHERE order_id = $1 ORDER BY product_id",
            id,
        ))?;
        Ok((customer, items))
    }

    /// Tells the catalog of a return. May be repeated.
    pub(super) async fn notify_catalog_of_return(&self, token: &Token) -> Result<(), Error> {
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
                let postponed = self.postpone(kind, token, &error);
                let postponed = within(STATEMENT_LIMIT, postponed).await;
                if let Err(error) = postponed {
                    tracing::warn!(?kind, %token, ?error, "cannot be left to recovery yet");
                    self.let_go(kind, token);
                }
            }
        }
    }

    /// Leaves what this process works on no more to recovery, as soon as the database answers.
    pub(super) fn let_go(&self, kind: Kind, token: &Token) {
        let (orders, token) = (self.clone(), token.clone());
        tokio::spawn(async move {
            let mut wait = SOON;
            let end = Instant::now() + orders.lease;
            // Then the lease is over by itself.
            while Instant::now() < end {
                tokio::time::sleep(wait).await;
                let notified = within(STATEMENT_LIMIT, orders.end_lease(kind, &token)).await;
                if notified.is_ok() {
                    break;
                }
                wait = (wait * 2).min(FIRST_WAIT);
            }
        });
    }

    async fn end_lease(&self, kind: Kind, token: &Token) -> Result<(), Error> {
        let table = kind.table();
        let end =
            format!("UPDATE {table} SET lease_until = 0 WHERE token = $1 AND settled_at IS NULL");
        with_writer!(&self.database, |writer| execute!(
            writer,
            AssertSqlSafe(end.as_str()),
            token
        ))
        .map(drop)
    }

    /// Leaves it to recovery, after a wait that doubles with each failure.
    async fn postpone(&self, kind: Kind, token: &Token, failure: &Error) -> Result<(), Error> {
        let longest = match failure.may_pass() {
            true => LONGEST_WAIT,
            false => LONGEST_WAIT_AFTER_REFUSAL,
        };
        let first = FIRST_WAIT.min(self.lease).as_millis().max(1);
        let longest = longest.as_millis().max(first);
        let doublings = (longest / first).ilog2();
        let table = kind.table();
        let postpone = format!(
            "UPDATE {table} SET attempts = attempts + 1, failure = $1, lease_until = $2 +
             CASE WHEN attempts < $3 THEN $4 * (1 << CAST(attempts AS INTEGER)) ELSE $5 END
             WHERE token = $6"
        );
        with_writer!(&self.database, |writer| execute!(
            writer,
            AssertSqlSafe(postpone.as_str()),
            failure.to_string(),
            self.database.now_ms(),
            i64::from(doublings),
            first as i64,
            longest as i64,
            token,
        ))
        .map(drop)
    }
}

impl Kind {
    pub(super) fn table(self) -> &'static str {
        match self {
            Self::Order => "orders",
            Self::Return => "returns",
        }
    }
}

/// Writes down what is settled, as long as there is anyone to settle anything.
pub(crate) async fn write_marks(database: Database, mut settled: mpsc::UnboundedReceiver<Settled>) {
    let mut batch = Vec::new();
    while settled.recv_many(&mut batch, BATCH).await > 0 {
        tokio::time::sleep(TOGETHER).await;
        while batch.len() < BATCH
            && let Ok(another) = settled.try_recv()
        {
            batch.push(another);
        }
        for kind in KINDS {
            let of_kind = batch.iter().filter(|settled| settled.kind == kind);
            let tokens: Vec<&Token> = of_kind.map(|settled| &settled.token).collect();
            let mut tries = 1;
            while let Err(error) = within(STATEMENT_LIMIT, mark(&database, kind, &tokens)).await {
                tracing::warn!(?error, ?kind, "cannot mark as settled");
                if tries == TRIES {
                    // Recovery will.
                    break;
                }
                tries += 1;
                tokio::time::sleep(SOON).await;
            }
        }
        batch.clear();
    }
}

pub(super) async fn mark(database: &Database, kind: Kind, tokens: &[&Token]) -> Result<(), Error> {
    if tokens.is_empty() {
        return Ok(());
    }
    let repaired = match kind {
        Kind::Order => ", repair = NULL",
        Kind::Return => "",
    };
    let mark = format!(
        "UPDATE {} SET failure = NULL, settled_at = $2{repaired}
         WHERE settled_at IS NULL AND token {}",
        kind.table(),
        database.in_list(),
    );
    let tokens: List = tokens.iter().map(|token| token.as_str()).collect();
    with_writer!(database, |writer| execute!(
        writer,
        AssertSqlSafe(mark.as_str()),
        tokens.clone(),
        now_ms()
    ))
    .map(drop)
}
