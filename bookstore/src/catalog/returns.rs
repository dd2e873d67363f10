//! Returns: sold copies that come back to stock, each once.

use super::{
    Catalog,
    reservations::{RESTOCK, books_of},
};
use crate::{
    Error,
    database::{at_most_one, in_transaction, now_ms},
    item::Item,
    token::Token,
};

/// Whether copies came back by this call or by an earlier one with the same return.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Returned {
    Now,
    Before,
}

impl Catalog {
    /// Puts copies that an order has bought back in stock. Items are sorted by product.
    ///
    /// Books are only returned of an order that is final, so a reservation that is still held is
    /// one whose confirmation is late, and is confirmed here.
    pub(super) async fn take_back(
        &self,
        id: &Token,
        order: &Token,
        items: &[Item],
    ) -> Result<Returned, Error> {
        let _turns = self.turns(&books_of(items)).await?;
        in_transaction!(&self.database, |connection| {
            let confirmed: Option<Token> = sqlx::query_scalar(
                "UPDATE reservations SET status = 'Confirmed'
                 WHERE order_token = $1 AND status IN ('Held', 'Confirmed') RETURNING order_token",
            )
            .bind(order)
            .fetch_all(&mut *connection)
            .await
            .map(at_most_one)?;
            if confirmed.is_none() {
                return Err(Error::NotFound(
                    format!("order {order} holds no reservation").into(),
                ));
            }
            let inserted: Option<Token> = sqlx::query_scalar(
                "INSERT INTO returns (return_token, order_token, returned_at) VALUES ($1, $2, $3)
                 ON CONFLICT (return_token) DO NOTHING RETURNING return_token",
            )
            .bind(id)
            .bind(order)
            .bind(now_ms())
            .fetch_all(&mut *connection)
            .await
            .map(at_most_one)?;
            if inserted.is_none() {
                let known: Vec<Item> = sqlx::query_as(
                    "SELECT product_id, quantity FROM return_items JOIN returns USING (return_token)
                     WHERE return_token = $1 AND order_token = $2 ORDER BY product_id",
                )
                .bind(id)
                .bind(order)
                .fetch_all(&mut *connection)
                .await?;
                return if known == items {
                    Ok(Returned::Before)
                } else {
                    Err(Error::Conflict(
                        format!("return {id} has brought back other items").into(),
                    ))
                };
            }
            for item in items {
                let accepted: Option<i64> = sqlx::query_scalar(
                    "UPDATE reservation_items SET returned = returned + $1
                     WHERE order_token = $2 AND product_id = $3 AND returned + $1 <= quantity
                     RETURNING product_id",
                )
                .bind(item.quantity)
                .bind(order)
                .bind(item.product_id)
                .fetch_all(&mut *connection)
                .await
                .map(at_most_one)?;
                if accepted.is_none() {
                    return Err(Error::Refused(
                        format!(
                            "order {order} has not so many copies of product id {}",
                            item.product_id
                        )
                        .into(),
                    ));
                }
                sqlx::query(
                    "INSERT INTO return_items (return_token, product_id, quantity)
                     VALUES ($1, $2, $3)",
                )
                .bind(id)
                .bind(item.product_id)
                .bind(item.quantity)
                .execute(&mut *connection)
                .await?;
                sqlx::query(RESTOCK)
                    .bind(item.quantity)
                    .bind(item.product_id)
                    .execute(&mut *connection)
                    .await?;
            }
            Returned::Now
        })
    }
}
