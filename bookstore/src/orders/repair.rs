//! Repair after a database has lost something: it was restored from an older copy, wiped, or cut off
//! by a failure of power. Each service may then know what another one has forgotten.
//!
//! What is lost is the end of a history, so the latest orders and returns tell whether anything is.
//! What catalog and cart have lost is done again as a settlement does it: copies are taken, carts are
//! closed, copies come back. Until each lost order was tried, no other order takes copies: those in
//! stock may be sold already. What is held for an order that the orders' own database has lost is let
//! go. What cannot be repaired stays unsettled, and audits list it.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use futures::{StreamExt, stream};
use sqlx::AssertSqlSafe;
use tokio::time::Instant;

use super::{
    Orders,
    recovery::{AT_ONCE, LIMIT, STATEMENT_LIMIT, within},
    request::OrderRequest,
    settlement::{Decision, Kind, mark},
};
use crate::platform::{
    Error,
    database::{List, execute, row, rows, with_reader, with_writer},
    token::Token,
};

/// How many orders or returns are compared at once.
const WINDOW: usize = 500;

/// How often the orders that were lost are tried before others may take copies. The first time copies
/// may be wanting whose return was lost, too.
const ROUNDS: usize = 2;

/// An order is written down before anything is held for it. What is held for an order that is not
/// there is let go after it was seen for so long.
const STRAY_AFTER: Duration = Duration::from_secs(15);

/// From now on others may take copies; ends in the column of a list.
const GIVE_UP: &str = "UPDATE orders SET repair = 'Failed' WHERE repair = 'Needed' AND token";

/// How the shop stands when an order is placed.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(super) struct Standing {
    /// The latest order that was placed: the catalog must have its reservation.
    pub(super) latest: Option<Token>,
    /// Whether orders that the catalog has lost wait to be repaired.
    pub(super) is_in_repair: bool,
}

/// The columns of a [`Standing`].
macro_rules! standing {
    () => {
        "(SELECT placed.token FROM orders AS placed
          WHERE placed.status IN ('Ordered', 'Returned') AND placed.repair IS NULL
          ORDER BY placed.id DESC LIMIT 1) AS latest,
         EXISTS (SELECT 1 FROM orders AS lost
          WHERE lost.repair = 'Needed') AS is_in_repair"
    };
}
pub(super) use standing;

/// Orders that hold copies or a cart although they are settled or not there, and since when they were
/// seen.
pub(super) type Strays = HashMap<Token, Instant>;

/// An order that was placed, or a return: its number, its token, and an order's request.
type Row = (i64, Token, String);

/// What a service may have lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Loss {
    Reservations,
    Returns,
    Checkouts,
}

impl Loss {
    /// The latest of what the service must know, those before a number.
    fn latest(self) -> &'static str {
        match self {
            Self::Reservations => {
                "SELECT id, token, request FROM orders
                 WHERE id < $1 AND status IN ('Ordered', 'Returned') AND repair IS NULL
                 ORDER BY id DESC LIMIT $2"
            }
            Self::Returns => {
                "SELECT id, token, request FROM returns
                 WHERE id < $1 AND settled_at IS NOT NULL ORDER BY id DESC LIMIT $2"
            }
            Self::Checkouts => {
                "SELECT id, token, request FROM orders
                 WHERE id < $1 AND status IN ('Ordered', 'Returned') AND settled_at IS NOT NULL
                 ORDER BY id DESC LIMIT $2"
            }
        }
    }

    /// Leaves those that are lost to be settled again; ends in the column of a list.
    fn unsettle(self) -> &'static str {
        match self {
            Self::Reservations => {
                "UPDATE orders SET repair = 'Needed', settled_at = NULL, lease_until = 0,
                 attempts = 0, failure = NULL WHERE repair IS NULL AND token"
            }
            Self::Returns => {
                "UPDATE returns SET settled_at = NULL, lease_until = 0, attempts = 0, failure = NULL
                 WHERE settled_at IS NOT NULL AND token"
            }
            Self::Checkouts => {
                "UPDATE orders SET settled_at = NULL, lease_until = 0, attempts = 0, failure = NULL
                 WHERE settled_at IS NOT NULL AND token"
            }
        }
    }
}

impl Orders {
    /// How the shop stands at this moment.
    pub(super) async fn standing(&self) -> Result<Standing, Error> {
        let standing = with_writer!(&self.database, |writer| row!(
            writer,
            concat!("SELECT ", standing!())
        ))?;
        standing.ok_or_else(|| sqlx::Error::RowNotFound.into())
    }

    /// Looks for what catalog and cart have lost, and repairs it, unless that was begun since somebody
    /// has `noticed` that it is needed.
    pub(super) async fn repair(&self, noticed: Instant) -> Result<(), Error> {
        let mut last = self.last_repair.lock().await;
        if last.is_some_and(|begun| begun > noticed) {
            return Ok(());
        }
        let begun = Instant::now();
        self.find(Loss::Reservations).await?;
        for round in 1..=ROUNDS {
            if !self.sell_lost_orders(round == ROUNDS).await? {
                break;
            }
            if round < ROUNDS {
                self.find(Loss::Returns).await?;
                self.recover_all_of(Kind::Return).await?;
            }
        }
        *last = Some(begun);
        Ok(())
    }

    /// Looks for any other loss, and leaves it to recovery.
    pub(super) async fn look_for_losses(&self, strays: &mut Strays) -> Result<(), Error> {
        self.repair(Instant::now()).await?;
        self.find(Loss::Returns).await?;
        self.find(Loss::Checkouts).await?;
        self.let_strays_go(strays).await
    }

    /// Finds what a service has lost, from the latest back to where nothing is missing.
    async fn find(&self, loss: Loss) -> Result<(), Error> {
        let mut before = i64::MAX;
        loop {
            let latest: Vec<Row> = with_reader!(&self.database, |reader| rows!(
                reader,
                loss.latest(),
                before,
                WINDOW as i64
            ))?;
            let Some(&(earliest, ..)) = latest.last() else {
                return Ok(());
            };
            let is_full = latest.len() == WINDOW;
            let rows = latest.into_iter();
            let rows = rows.filter(|(.., request)| {
                loss != Loss::Checkouts || OrderRequest::is_of_cart(request)
            });
            let tokens: Vec<Token> = rows.map(|(_, token, _)| token).collect();
            let missing = match loss {
                _ if tokens.is_empty() => Vec::new(),
                Loss::Reservations => self.catalog.without_reservation(tokens).await?,
                Loss::Returns => self.catalog.missing_returns(tokens).await?,
                Loss::Checkouts => self.cart.without_checkout(tokens).await?,
            };
            if !missing.is_empty() {
                let lost = missing.len();
                tracing::error!(?loss, lost, "a service has lost what it had; repairing it");
                self.update(loss.unsettle(), &missing).await?;
            }
            if missing.is_empty() || !is_full {
                return Ok(());
            }
            before = earliest;
        }
    }

    async fn update(&self, statement: &'static str, tokens: &[Token]) -> Result<(), Error> {
        let statement = format!("{statement} {}", self.database.in_list());
        let tokens: List = tokens.iter().map(Token::as_str).collect();
        with_writer!(&self.database, |writer| execute!(
            writer,
            AssertSqlSafe(statement.as_str()),
            tokens.clone()
        ))
        .map(drop)
    }

    /// Sells what the catalog has lost to the orders that had bought it; whether there was any. Those
    /// that cannot be settled are left to recovery.
    async fn sell_lost_orders(&self, is_last_round: bool) -> Result<bool, Error> {
        let lost: Vec<(Token, String)> = with_writer!(&self.database, |writer| rows!(
            writer,
            "SELECT token, request FROM orders WHERE repair = 'Needed' ORDER BY id"
        ))?;
        let found_any = !lost.is_empty();
        let outcomes = stream::iter(lost).map(|(order, request)| async move {
            let decision = Decision {
                bought: true,
                from_cart: OrderRequest::is_of_cart(&request),
                order,
            };
            let notified = within(LIMIT, self.notify_others(&decision)).await;
            (decision.order, notified)
        });
        let outcomes: Vec<_> = outcomes.buffer_unordered(AT_ONCE).collect().await;
        let (mut settled, mut refused) = (Vec::new(), Vec::new());
        for (order, outcome) in outcomes {
            match &outcome {
                Ok(()) => settled.push(order),
                Err(error) => {
                    if !error.may_pass() {
                        refused.push(order.clone());
                    }
                    self.note(Kind::Order, &order, outcome).await;
                }
            }
        }
        if is_last_round && !refused.is_empty() {
            self.update(GIVE_UP, &refused).await?;
        }
        for settled in settled.chunks(WINDOW) {
            let settled: Vec<&Token> = settled.iter().collect();
            within(STATEMENT_LIMIT, mark(&self.database, Kind::Order, &settled)).await?;
        }
        Ok(found_any)
    }

    /// Lets go of what is held for orders that are not there, and settles those again that are.
    async fn let_strays_go(&self, strays: &mut Strays) -> Result<(), Error> {
        let (held, locked) = tokio::try_join!(self.catalog.held(), self.cart.locked())?;
        let now = Instant::now();
        let seen: HashSet<Token> = held.iter().chain(&locked).cloned().collect();
        strays.retain(|token, _| seen.contains(token));
        for token in &seen {
            strays.entry(token.clone()).or_insert(now);
        }
        let patience = STRAY_AFTER.min(self.lease);
        let old = strays.iter().filter(|(_, since)| now - **since >= patience);
        let old: Vec<Token> = old.map(|(token, _)| token.clone()).collect();
        for old in old.chunks(WINDOW) {
            let known = format!(
                "SELECT token, settled_at IS NOT NULL FROM orders WHERE token {}",
                self.database.in_list()
            );
            let tokens: List = old.iter().map(Token::as_str).collect();
            let known: Vec<(Token, bool)> = with_writer!(&self.database, |writer| rows!(
                writer,
                AssertSqlSafe(known.as_str()),
                tokens.clone()
            ))?;
            let known: HashMap<Token, bool> = known.into_iter().collect();
            for token in old.iter().filter(|token| !known.contains_key(token)) {
                tracing::error!(%token, "nothing is known of an order that holds copies or a cart");
                if held.contains(token) {
                    self.catalog.release(token).await?;
                }
                if locked.contains(token) {
                    self.cart.unlock(token).await?;
                }
            }
            let settled: Vec<Token> = old
                .iter()
                .filter(|token| known.get(token) == Some(&true))
                .cloned()
                .collect();
            if !settled.is_empty() {
                self.update(Loss::Checkouts.unsettle(), &settled).await?;
            }
        }
        Ok(())
    }
}
