//! Reservations: the copies that an order holds, taken from stock by a conditional update.
//!
//! A reservation is keyed by its order, so that each step may be repeated. It goes from `Held` to
//! `Confirmed` (sold) or to `Released` (back in stock), once, by compare-and-set. Every step writes
//! the reservation's row first: steps of one order wait for each other there.

use super::{Catalog, queues::Turns, store::product_not_found};
use crate::{
    Error,
    database::{
        Database, at_most_one, exactly_one, in_transaction, now_ms, with_reader, with_writer,
    },
    item::Item,
    token::Token,
};

/// Whether a reservation was made by this call or by an earlier one with the same order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reserved {
    Now,
    Before,
}

impl Catalog {
    /// Takes the items from stock, all or none. Items are sorted by product, so that two orders
    /// never wait for each other's rows in a circle.
    pub(super) async fn reserve(&self, order: &Token, items: &[Item]) -> Result<Reserved, Error> {
        let _turns = self.turns(&books_of(items)).await?;
        in_transaction!(&self.database, |connection| {
            let inserted: Option<Token> = sqlx::query_scalar(
                "INSERT INTO reservations (order_token, status, reserved_at) VALUES ($1, 'Held', $2)
                 ON CONFLICT (order_token) DO NOTHING RETURNING order_token",
            )
            .bind(order)
            .bind(now_ms())
            .fetch_all(&mut *connection)
            .await
            .map(at_most_one)?;
            if inserted.is_none() {
                let (status,): (String,) =
                    sqlx::query_as("SELECT status FROM reservations WHERE order_token = $1")
                        .bind(order)
                        .fetch_all(&mut *connection)
                        .await
                        .and_then(exactly_one)?;
                let reserved: Vec<Item> = sqlx::query_as(
                    "SELECT product_id, quantity FROM reservation_items
                     WHERE order_token = $1 ORDER BY product_id",
                )
                .bind(order)
                .fetch_all(&mut *connection)
                .await?;
                return repeated(order, &status, reserved == items);
            }
            for item in items {
                let taken: Option<i64> = sqlx::query_scalar(
                    "UPDATE products SET quantity = quantity - $1
                     WHERE id = $2 AND quantity >= $1 RETURNING id",
                )
                .bind(item.quantity)
                .bind(item.product_id)
                .fetch_all(&mut *connection)
                .await
                .map(at_most_one)?;
                if taken.is_none() {
                    let known: Option<i64> =
                        sqlx::query_scalar("SELECT id FROM products WHERE id = $1")
                            .bind(item.product_id)
                            .fetch_all(&mut *connection)
                            .await
                            .map(at_most_one)?;
                    return Err(not_taken(item.product_id, known.is_some()));
                }
                sqlx::query(
                    "INSERT INTO reservation_items (order_token, product_id, quantity)
                     VALUES ($1, $2, $3)",
                )
                .bind(order)
                .bind(item.product_id)
                .bind(item.quantity)
                .execute(&mut *connection)
                .await?;
            }
            Reserved::Now
        })
    }

    /// Turns in the queues of these books, where those who wait for their rows keep connections.
    pub(super) async fn turns(&self, books: &[i64]) -> Result<Option<Turns<'_>>, Error> {
        Ok(match self.database {
            Database::Sqlite { .. } => None,
            Database::Postgres(_) => Some(self.queues.enter(books).await?),
        })
    }

    /// The order is final: its copies are sold.
    pub(super) async fn confirm(&self, order: &Token) -> Result<(), Error> {
        let confirmed: Option<Token> = with_writer!(&self.database, |writer| {
            sqlx::query_scalar(
                "UPDATE reservations SET status = 'Confirmed'
                 WHERE order_token = $1 AND status IN ('Held', 'Confirmed') RETURNING order_token",
            )
            .bind(order)
            .fetch_all(writer)
            .await
            .map(at_most_one)
        })?;
        confirmed
            .map(|_| ())
            .ok_or_else(|| Error::NotFound(format!("order {order} holds no reservation").into()))
    }

    /// The order is cancelled: its copies go back to stock, once. What is not reserved yet leaves a
    /// row behind all the same, so that a reservation that is still on its way is refused.
    pub(super) async fn release(&self, order: &Token) -> Result<(), Error> {
        let _turns = match self.database {
            Database::Sqlite { .. } => None,
            Database::Postgres(_) => self.turns(&self.reserved_books(order).await?).await?,
        };
        in_transaction!(&self.database, |connection| {
            let released: Option<Token> = sqlx::query_scalar(
                "INSERT INTO reservations (order_token, status, reserved_at)
                 VALUES ($1, 'Released', $2)
                 ON CONFLICT (order_token) DO UPDATE SET status = 'Released'
                 WHERE reservations.status = 'Held' RETURNING order_token",
            )
            .bind(order)
            .bind(now_ms())
            .fetch_all(&mut *connection)
            .await
            .map(at_most_one)?;
            if released.is_some() {
                let items: Vec<Item> = sqlx::query_as(
                    "SELECT product_id, quantity FROM reservation_items
                     WHERE order_token = $1 ORDER BY product_id",
                )
                .bind(order)
                .fetch_all(&mut *connection)
                .await?;
                for item in items {
                    sqlx::query(RESTOCK)
                        .bind(item.quantity)
                        .bind(item.product_id)
                        .execute(&mut *connection)
                        .await?;
                }
            }
        })
    }

    async fn reserved_books(&self, order: &Token) -> Result<Vec<i64>, Error> {
        Ok(with_reader!(&self.database, |reader| {
            sqlx::query_scalar(
                "SELECT product_id FROM reservation_items WHERE order_token = $1 ORDER BY product_id",
            )
            .bind(order)
            .fetch_all(reader)
            .await
        })?)
    }
}

/// The books of these items.
pub(super) fn books_of(items: &[Item]) -> Vec<i64> {
    items.iter().map(|item| item.product_id).collect()
}

/// Puts copies back on the shelf; a book that was deleted has none.
pub(super) const RESTOCK: &str = "UPDATE products SET quantity = quantity + $1 WHERE id = $2";

/// What a reservation means that was there before.
fn repeated(order: &Token, status: &str, same_items: bool) -> Result<Reserved, Error> {
    if status == "Released" {
        Err(Error::Conflict(
            format!("reservation of order {order} was released").into(),
        ))
    } else if same_items {
        Ok(Reserved::Before)
    } else {
        Err(Error::Conflict(
            format!("order {order} has reserved other items").into(),
        ))
    }
}

fn not_taken(product_id: i64, known: bool) -> Error {
    if known {
        not_enough_in_stock(product_id)
    } else {
        product_not_found(product_id)
    }
}

/// The answer about more copies than there are.
pub(super) fn not_enough_in_stock(product_id: i64) -> Error {
    Error::Refused(format!("Not enough product in stock for product id {product_id}").into())
}
