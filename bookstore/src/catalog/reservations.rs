//! Reservations: the copies that an order holds, taken from stock by a conditional update.
//!
//! A reservation is keyed by its order, so that each step may be repeated. It goes from `Held` to
//! `Confirmed` (sold) or to `Released` (back in stock), once, by compare-and-set. Every step writes
//! the reservation's row first: steps of one order wait for each other there.

use axum::http::StatusCode;
use sqlx::AssertSqlSafe;

use super::{
    Catalog, LAST_RESET,
    model::ReservationStatus::{self, Confirmed, Held, Released},
    products::product_not_found,
    queues::Turns,
};
use crate::{
    item::{Item, PricedItem},
    platform::{
        Error,
        database::{
            Database, List, Moment, PostgresPools, execute, in_transaction, now_ms, on_pool, row,
            rows, value, with_reader, with_writer,
        },
        retention,
        token::Token,
    },
};

/// Whether something was done by this call, or by an earlier one of the same order or return.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Done {
    Now,
    Before,
}

impl Done {
    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::Now => StatusCode::CREATED,
            Self::Before => StatusCode::OK,
        }
    }
}

impl Catalog {
    /// Holds the items for an order, all or none, unless the order that has taken copies `after`
    /// which this one comes has none any more: then this database has lost what it had, and the
    /// orders have to say what was sold before anything is.
    pub(super) async fn reserve(
        &self,
        order: &Token,
        items: &[Item],
        after: Option<&Token>,
    ) -> Result<(Done, Vec<PricedItem>), Error> {
        self.take(order, items, Held, after).await
    }

    /// Sells the items to an order that is final, whatever has become of its reservation.
    pub(super) async fn sell(&self, order: &Token, items: &[Item]) -> Result<(), Error> {
        match self.take(order, items, Confirmed, None).await?.0 {
            Done::Now => Ok(()),
            Done::Before => self.confirm(order).await,
        }
    }

    /// Takes the items from stock, all or none. Items are sorted by product, so that two orders
    /// never wait for each other's rows in a circle.
    async fn take(
        &self,
        order: &Token,
        items: &[Item],
        becomes: ReservationStatus,
        after: Option<&Token>,
    ) -> Result<(Done, Vec<PricedItem>), Error> {
        let _turns = self.turns(&books_of(items)).await?;
        if let (Database::Postgres(pools), Held) = (&self.database, becomes)
            && let Some(held) = hold_at_once(pools, order, items, after).await?
        {
            return Ok((Done::Now, held));
        }
        in_transaction!(&self.database, |connection| {
            let inserted: Option<(Token,)> = row!(
                connection,
                "INSERT INTO reservations (order_token, status, reserved_at)
                 SELECT $1, $2, $3 WHERE $4 IS NULL OR EXISTS (SELECT 1 FROM reservations
                     WHERE order_token = $4 AND status <> 'Released')
                 ON CONFLICT (order_token) DO UPDATE SET status = excluded.status
                 WHERE reservations.status = 'Released' AND excluded.status = 'Confirmed'
                 RETURNING order_token",
                order,
                becomes,
                now_ms(),
                after,
            )?;
            if inserted.is_none() {
                let status = "SELECT status FROM reservations WHERE order_token = $1";
                let Some((status,)): Option<(ReservationStatus,)> =
                    row!(connection, status, order)?
                else {
                    return Err(Error::Changed(
                        "reservations have been lost, and are to be repaired first".into(),
                    ));
                };
                let reserved: Vec<PricedItem> = rows!(
                    connection,
                    "SELECT product_id, quantity, COALESCE(price, 0) AS price
                     FROM reservation_items WHERE order_token = $1 ORDER BY product_id",
                    order,
                )?;
                let same = reserved.iter().map(PricedItem::item);
                return match status {
                    Released => Err(Error::Conflict(
                        format!("reservation of order {order} was released").into(),
                    )),
                    _ if same.eq(items.iter().cloned()) => Ok((Done::Before, reserved)),
                    _ => Err(Error::Conflict(
                        format!("order {order} has reserved other items").into(),
                    )),
                };
            }
            let mut of_former_stock = false;
            if becomes == Confirmed {
                // What a reservation had taken that was released.
                let taken = "DELETE FROM reservation_items WHERE order_token = $1";
                execute!(connection, taken, order)?;
                let last_reset: String = value!(connection, LAST_RESET)?;
                of_former_stock = order.as_str() < last_reset.as_str();
            }
            let mut priced = Vec::with_capacity(items.len());
            for &Item {
                product_id,
                quantity,
            } in items
            {
                if of_former_stock {
                    let line = "INSERT INTO reservation_items (order_token, product_id, quantity)
                        VALUES ($1, $2, $3)";
                    execute!(connection, line, order, product_id, quantity)?;
                    continue;
                }
                let price: Option<(i64,)> = row!(
                    connection,
                    "UPDATE products SET quantity = quantity - $1
                     WHERE id = $2 AND quantity >= $1
                     AND (deleted_at IS NULL OR $3 = 'Confirmed') RETURNING price",
                    quantity,
                    product_id,
                    becomes,
                )?;
                let Some((price,)) = price else {
                    let known = "SELECT id FROM products WHERE id = $1 AND deleted_at IS NULL";
                    let known: Option<(i64,)> = row!(connection, known, product_id)?;
                    return Err(match known {
                        Some(_) => not_enough_in_stock(product_id),
                        None => product_not_found(product_id),
                    });
                };
                execute!(
                    connection,
                    "INSERT INTO reservation_items (order_token, product_id, quantity, price)
                     VALUES ($1, $2, $3, $4)",
                    order,
                    product_id,
                    quantity,
                    price,
                )?;
                priced.push(PricedItem {
                    product_id,
                    quantity,
                    price,
                });
            }
            (Done::Now, priced)
        })
    }

    /// Turns in the queues of these books, where those who wait for their rows keep connections.
    pub(super) async fn turns(&self, books: &[i64]) -> Result<Option<Turns<'_>>, Error> {
        Ok(match self.database {
            Database::Sqlite(_) => None,
            Database::Postgres(_) => Some(self.queues.enter(books.to_vec()).await?),
        })
    }

    /// The order is final: its copies are sold.
    pub(super) async fn confirm(&self, order: &Token) -> Result<(), Error> {
        let confirmed = with_writer!(&self.database, |writer| execute!(writer, CONFIRM, order))?;
        match confirmed {
            0 => Err(holds_nothing(order)),
            _ => Ok(()),
        }
    }

    /// The order is cancelled: its copies go back to stock, once. What is not reserved yet leaves a
    /// row behind all the same, so that a reservation that is still on its way is refused.
    pub(super) async fn release(&self, order: &Token) -> Result<(), Error> {
        let held = "SELECT product_id FROM reservation_items WHERE order_token = $1";
        let books: Vec<(i64,)> = with_reader!(&self.database, |reader| rows!(reader, held, order))?;
        let books: Vec<i64> = books.into_iter().map(|(book,)| book).collect();
        let _turns = self.turns(&books).await?;
        in_transaction!(&self.database, |connection| {
            let released = execute!(
                connection,
                "INSERT INTO reservations (order_token, status, reserved_at)
                 VALUES ($1, 'Released', $2)
                 ON CONFLICT (order_token) DO UPDATE SET status = 'Released'
                 WHERE reservations.status = 'Held'",
                order,
                now_ms(),
            )?;
            if released > 0 {
                let items: Vec<Item> = rows!(
                    connection,
                    "SELECT product_id, quantity FROM reservation_items
                     WHERE order_token = $1 ORDER BY product_id",
                    order,
                )?;
                for item in items {
                    execute!(connection, RESTOCK, item.quantity, item.product_id)?;
                }
            }
        })
    }

    /// Removes a batch of reservations that were released before a token was made; how many.
    pub(crate) async fn remove_released(&self, before: Token) -> Result<u64, Error> {
        let in_list = self.database.in_list();
        in_transaction!(&self.database, |connection| {
            let old: Vec<(Token,)> = rows!(
                connection,
                "SELECT order_token FROM reservations
                 WHERE status = 'Released' AND order_token < $1 ORDER BY order_token LIMIT $2",
                &before,
                retention::BATCH,
            )?;
            let old: List = old.into_iter().map(|(order,)| order).collect();
            for table in ["reservation_items", "reservations"] {
                let delete = format!("DELETE FROM {table} WHERE order_token {in_list}");
                execute!(connection, AssertSqlSafe(delete), old.clone())?;
            }
            old.len() as u64
        })
    }
}

/// Holds the items by one statement, in one round trip; nothing (and nothing is done) where the order
/// cannot simply have them, and the long way finds out why.
///
/// A line that is not taken has no quantity, which its row must have: the statement fails as a whole.
/// The rows of the books are locked in the sequence of their ids, as everywhere.
async fn hold_at_once(
    pools: &PostgresPools,
    order: &Token,
    items: &[Item],
    after: Option<&Token>,
) -> Result<Option<Vec<PricedItem>>, Error> {
    let (books, copies): (Vec<i64>, Vec<i64>) = items
        .iter()
        .map(|item| (item.product_id, item.quantity))
        .unzip();
    let held: Result<Vec<PricedItem>, Error> =
        on_pool!(pools.writers, Moment::Statement, |writer| rows!(
            writer,
            "WITH wanted AS (
                 SELECT * FROM unnest($4::BIGINT[], $5::BIGINT[]) AS lines (product_id, copies)
             ), made AS (
                 INSERT INTO reservations (order_token, status, reserved_at)
                 SELECT $1, 'Held', $2 WHERE $3::TEXT IS NULL OR EXISTS (SELECT 1 FROM reservations
                     WHERE order_token = $3 AND status <> 'Released')
                 ON CONFLICT (order_token) DO NOTHING RETURNING order_token
             ), locked AS (
                 SELECT id FROM products WHERE id = ANY($4) AND EXISTS (SELECT 1 FROM made)
                 ORDER BY id FOR NO KEY UPDATE
             ), taken AS (
                 UPDATE products SET quantity = quantity - copies
                 FROM locked JOIN wanted ON product_id = locked.id
                 WHERE products.id = locked.id AND quantity >= copies AND deleted_at IS NULL
                 RETURNING products.id, copies, price
             )
             INSERT INTO reservation_items (order_token, product_id, quantity, price)
             SELECT order_token, product_id, taken.copies, price
             FROM made CROSS JOIN wanted LEFT JOIN taken ON taken.id = product_id
             RETURNING product_id, quantity, price",
            order,
            now_ms(),
            after,
            &books,
            &copies,
        ));
    match held {
        Ok(held) if held.is_empty() => Ok(None),
        Ok(mut held) => {
            held.sort_by_key(|item| item.product_id);
            Ok(Some(held))
        }
        Err(Error::Database(error)) if is_of_no_quantity(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// PostgreSQL: `not_null_violation`.
fn is_of_no_quantity(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| code == "23502")
}

pub(super) fn books_of(items: &[Item]) -> Vec<i64> {
    items.iter().map(|item| item.product_id).collect()
}

/// Puts copies back in stock, also of a book that was taken out of the catalog.
pub(super) const RESTOCK: &str = "UPDATE products SET quantity = quantity + $1 WHERE id = $2";

/// The order is final: what it holds is sold.
pub(super) const CONFIRM: &str = "UPDATE reservations SET status = 'Confirmed'
    WHERE order_token = $1 AND status IN ('Held', 'Confirmed')";

pub(super) fn holds_nothing(order: &Token) -> Error {
    Error::NotFound(format!("order {order} holds no reservation").into())
}

pub(super) fn not_enough_in_stock(product_id: i64) -> Error {
    Error::Refused(format!("Not enough product in stock for product id {product_id}").into())
}
