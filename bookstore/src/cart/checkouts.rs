//! Checkouts: an order's hold on a cart, so that no cart is bought twice and none changes while it
//! is bought. Keyed by the order; each step may be repeated.
//!
//! A checkout goes from `Locked` to `Completed` or to `Cancelled`, once, by compare-and-set. Every
//! step writes the checkout's row first: steps of one order wait for each other there.

use super::{Carts, store::being_ordered};
use crate::{
    Error,
    database::{at_most_one, exactly_one, in_transaction},
    item::Item,
    token::Token,
};

impl Carts {
    /// Locks the customer's active cart to an order and tells what is in it. An order that holds
    /// another customer's cart gets no second one.
    pub(super) async fn lock(&self, order: &Token, customer: i64) -> Result<Vec<Item>, Error> {
        in_transaction!(&self.database, |connection| {
            let (status,): (String,) = sqlx::query_as(
                "INSERT INTO checkouts (order_token, status) VALUES ($1, 'Locked')
                 ON CONFLICT (order_token) DO UPDATE SET status = checkouts.status RETURNING status",
            )
            .bind(order)
            .fetch_all(&mut *connection)
            .await
            .and_then(exactly_one)?;
            if status != "Locked" {
                return Err(Error::Conflict(
                    format!("checkout of order {order} is over").into(),
                ));
            }
            let cart: Option<i64> = sqlx::query_scalar(
                "UPDATE carts SET order_token = $1
                 WHERE customer_id = $2 AND status = 'Active'
                 AND (order_token IS NULL OR order_token = $1)
                 AND NOT EXISTS (SELECT 1 FROM carts AS held
                     WHERE held.order_token = $1 AND held.customer_id <> $2)
                 RETURNING id",
            )
            .bind(order)
            .bind(customer)
            .fetch_all(&mut *connection)
            .await
            .map(at_most_one)?;
            let Some(cart) = cart else {
                let locked: Option<i64> = sqlx::query_scalar(
                    "SELECT id FROM carts WHERE customer_id = $1 AND status = 'Active'",
                )
                .bind(customer)
                .fetch_all(&mut *connection)
                .await
                .map(at_most_one)?;
                return Err(match locked {
                    Some(_) => being_ordered(),
                    None => Error::NotFound(
                        format!("Active cart for customer with id: {customer} was not found")
                            .into(),
                    ),
                });
            };
            let items: Vec<Item> = sqlx::query_as(
                "SELECT product_id, quantity FROM cart_items
                 WHERE cart_id = $1 ORDER BY product_id",
            )
            .bind(cart)
            .fetch_all(&mut *connection)
            .await?;
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
        in_transaction!(&self.database, |connection| {
            let completed: Option<Token> = sqlx::query_scalar(
                "UPDATE checkouts SET status = 'Completed'
                 WHERE order_token = $1 AND status IN ('Locked', 'Completed') RETURNING order_token",
            )
            .bind(order)
            .fetch_all(&mut *connection)
            .await
            .map(at_most_one)?;
            if completed.is_none() {
                return Err(Error::NotFound(
                    format!("order {order} holds no cart").into(),
                ));
            }
            sqlx::query("UPDATE carts SET status = 'Ordered' WHERE order_token = $1")
                .bind(order)
                .execute(&mut *connection)
                .await?;
        })
    }

    /// The order is cancelled: its cart can be changed and ordered again. An order that holds no
    /// cart yet leaves a row behind all the same, so that a lock that is still on its way is refused.
    pub(super) async fn unlock(&self, order: &Token) -> Result<(), Error> {
        in_transaction!(&self.database, |connection| {
            let cancelled: Option<Token> = sqlx::query_scalar(
                "INSERT INTO checkouts (order_token, status) VALUES ($1, 'Cancelled')
                 ON CONFLICT (order_token) DO UPDATE SET status = 'Cancelled'
                 WHERE checkouts.status = 'Locked' RETURNING order_token",
            )
            .bind(order)
            .fetch_all(&mut *connection)
            .await
            .map(at_most_one)?;
            if cancelled.is_some() {
                sqlx::query("UPDATE carts SET order_token = NULL WHERE order_token = $1")
                    .bind(order)
                    .execute(&mut *connection)
                    .await?;
            }
        })
    }
}
