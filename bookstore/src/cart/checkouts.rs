//! Checkouts: an order's hold on a cart, so that no cart is bought twice and none changes while it
//! is bought. Keyed by the order; each step may be repeated.
//!
//! A checkout goes from `Locked` to `Completed` or to `Cancelled`, once, by compare-and-set. Every
//! step writes the checkout's row first: steps of one order wait for each other there.

use super::{Carts, model::CheckoutStatus, store::being_ordered};
use crate::{
    item::Item,
    platform::{
        Error,
        database::{
            Database, Moment, PostgresPools, execute, in_transaction, now_ms, on_pool, row, rows,
            value, with_writer,
        },
        retention,
        token::Token,
    },
};

/// Milliseconds for which a request to add something is known by its key.
const KEYS_KEPT: i64 = 24 * 3_600_000;

impl Carts {
    /// Locks the customer's active cart to an order and tells what is in it. An order that holds
    /// another customer's cart gets no second one.
    pub(super) async fn lock(&self, order: &Token, customer: i64) -> Result<Vec<Item>, Error> {
        if let Database::Postgres(pools) = &self.database {
            let items = lock_at_once(pools, order, customer).await?;
            if !items.is_empty() {
                return Ok(items);
            }
        }
        in_transaction!(&self.database, |connection| {
            let status: CheckoutStatus = value!(
                connection,
                "INSERT INTO checkouts (order_token, status) VALUES ($1, 'Locked')
                 ON CONFLICT (order_token) DO UPDATE SET status = checkouts.status RETURNING status",
                order,
            )?;
            if status != CheckoutStatus::Locked {
                return Err(Error::Conflict(
                    format!("checkout of order {order} is over").into(),
                ));
            }
            let cart: Option<(i64,)> = row!(
                connection,
                "UPDATE carts SET order_token = $1
                 WHERE customer_id = $2 AND status = 'Active'
                 AND (order_token IS NULL OR order_token = $1)
                 AND NOT EXISTS (SELECT 1 FROM carts AS held
                     WHERE held.order_token = $1 AND held.customer_id <> $2)
                 RETURNING id",
                order,
                customer,
            )?;
            let Some((cart,)) = cart else {
                let active = "SELECT id FROM carts WHERE customer_id = $1 AND status = 'Active'";
                let locked: Option<(i64,)> = row!(connection, active, customer)?;
                return Err(match locked {
                    Some(_) => being_ordered(),
                    None => no_active_cart(customer),
                });
            };
            let items: Vec<Item> = rows!(
                connection,
                "SELECT product_id, quantity FROM cart_items WHERE cart_id = $1 ORDER BY product_id",
                cart,
            )?;
            if items.is_empty() {
                return Err(Error::Refused(
                    format!("Cart of customer with id: {customer} is empty").into(),
                ));
            }
            items
        })
    }

    /// The order is final: its cart is ordered.
    pub(super) async fn complete(&self, order: &Token) -> Result<(), Error> {
        let completed = match &self.database {
            Database::Postgres(pools) => complete_at_once(pools, order).await?,
            Database::Sqlite(_) => in_transaction!(&self.database, |connection| {
                let completed = execute!(connection, COMPLETE, order)?;
                execute!(connection, CLOSE_CART, order)?;
                completed > 0
            })?,
        };
        match completed {
            true => Ok(()),
            false => Err(Error::NotFound(
                format!("order {order} holds no cart").into(),
            )),
        }
    }

    /// Removes a batch of checkouts that were cancelled before a token was made, and keys of additions
    /// that are as old; how many.
    pub(crate) async fn remove_old(&self, before: Token) -> Result<u64, Error> {
        let additions = with_writer!(&self.database, |writer| execute!(
            writer,
            "DELETE FROM additions WHERE added_at < $1",
            now_ms() - KEYS_KEPT
        ))?;
        tracing::debug!(additions, "keys of additions are forgotten");
        with_writer!(&self.database, |writer| execute!(
            writer,
            "DELETE FROM checkouts WHERE order_token IN (SELECT order_token FROM checkouts
             WHERE status = 'Cancelled' AND order_token < $1 ORDER BY order_token LIMIT $2)",
            &before,
            retention::BATCH,
        ))
    }

    /// The order is cancelled: its cart can be changed and ordered again. An order that holds no
    /// cart yet leaves a row behind all the same, so that a lock that is still on its way is refused.
    pub(super) async fn unlock(&self, order: &Token) -> Result<(), Error> {
        in_transaction!(&self.database, |connection| {
            let cancelled = execute!(
                connection,
                "INSERT INTO checkouts (order_token, status) VALUES ($1, 'Cancelled')
                 ON CONFLICT (order_token) DO UPDATE SET status = 'Cancelled'
                 WHERE checkouts.status = 'Locked'",
                order,
            )?;
            if cancelled > 0 {
                let free = "UPDATE carts SET order_token = NULL WHERE order_token = $1";
                execute!(connection, free, order)?;
            }
        })
    }
}

const COMPLETE: &str = "UPDATE checkouts SET status = 'Completed'
    WHERE order_token = $1 AND status IN ('Locked', 'Completed')";

const CLOSE_CART: &str = "UPDATE carts SET status = 'Ordered' WHERE order_token = $1";

/// Locks the cart by one statement, in one round trip; nothing (and nothing is done) where that cannot
/// simply be, and the long way finds out why.
///
/// The items are those that were there when the statement began. A cart that somebody has changed
/// since has another version, and is not locked. Here the checkout's row is written last; where there is
/// one already, the statement fails as a whole.
async fn lock_at_once(
    pools: &PostgresPools,
    order: &Token,
    customer: i64,
) -> Result<Vec<Item>, Error> {
    let locked: Result<Vec<Item>, Error> =
        on_pool!(pools.writers, Moment::Statement, |writer| rows!(
            writer,
            "WITH seen AS (
                 SELECT id, version FROM carts
                 WHERE customer_id = $2 AND status = 'Active' AND order_token IS NULL
                 AND EXISTS (SELECT 1 FROM cart_items WHERE cart_id = carts.id)
             ), locked AS (
                 UPDATE carts SET order_token = $1 FROM seen
                 WHERE carts.id = seen.id AND carts.version = seen.version
                 AND status = 'Active' AND order_token IS NULL RETURNING carts.id
             ), checkout AS (
                 INSERT INTO checkouts (order_token, status) SELECT $1, 'Locked' FROM locked
             )
             SELECT product_id, quantity FROM cart_items JOIN locked ON cart_id = locked.id
             ORDER BY product_id",
            order,
            customer,
        ));
    match locked {
        Err(Error::Database(error)) if is_known_already(&error) => Ok(Vec::new()),
        locked => locked,
    }
}

/// Completes a checkout by one statement; whether the order holds a cart.
async fn complete_at_once(pools: &PostgresPools, order: &Token) -> Result<bool, Error> {
    let completed: Option<(Token,)> = on_pool!(pools.writers, Moment::Statement, |writer| row!(
        writer,
        "WITH completed AS (
             UPDATE checkouts SET status = 'Completed'
             WHERE order_token = $1 AND status IN ('Locked', 'Completed') RETURNING order_token
         ), cart AS (
             UPDATE carts SET status = 'Ordered' FROM completed
             WHERE carts.order_token = completed.order_token
         )
         SELECT order_token FROM completed",
        order,
    ))?;
    Ok(completed.is_some())
}

fn is_known_already(error: &sqlx::Error) -> bool {
    let error = error.as_database_error();
    error.is_some_and(sqlx::error::DatabaseError::is_unique_violation)
}

pub(super) fn no_active_cart(customer: i64) -> Error {
    Error::NotFound(format!("Active cart for customer with id: {customer} was not found").into())
}
