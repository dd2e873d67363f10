//! Returns: sold copies that come back to stock, each once.

use super::{
    Catalog, LAST_RESET,
    reservations::{CONFIRM, Done, RESTOCK, books_of, holds_nothing},
};
use crate::{
    item::Item,
    platform::{
        Error,
        database::{execute, in_transaction, now_ms, rows, value},
        token::Token,
    },
};

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
    ) -> Result<Done, Error> {
        let _turns = self.turns(&books_of(items)).await?;
        in_transaction!(&self.database, |connection| {
            if execute!(connection, CONFIRM, order)? == 0 {
                return Err(holds_nothing(order));
            }
            let inserted = execute!(
                connection,
                "INSERT INTO returns (return_token, order_token, returned_at) VALUES ($1, $2, $3)
                 ON CONFLICT (return_token) DO NOTHING",
                id,
                order,
                now_ms(),
            )?;
            if inserted == 0 {
                let known: Vec<Item> = rows!(
                    connection,
                    "SELECT product_id, quantity FROM return_items JOIN returns USING (return_token)
                     WHERE return_token = $1 AND order_token = $2 ORDER BY product_id",
                    id,
                    order,
                )?;
                return match known == items {
                    true => Ok(Done::Before),
                    false => Err(Error::Conflict(
                        format!("return {id} has brought back other items").into(),
                    )),
                };
            }
            let last_reset: String = value!(connection, LAST_RESET)?;
            for item in items {
                let (product, copies) = (item.product_id, item.quantity);
                let accepted = execute!(
                    connection,
                    "UPDATE reservation_items SET returned = returned + $1
                     WHERE order_token = $2 AND product_id = $3 AND returned + $1 <= quantity",
                    copies,
                    order,
                    product,
                )?;
                if accepted == 0 {
                    let detail =
                        format!("order {order} has not so many copies of product id {product}");
                    return Err(Error::Refused(detail.into()));
                }
                execute!(
                    connection,
                    "INSERT INTO return_items (return_token, product_id, quantity)
                     VALUES ($1, $2, $3)",
                    id,
                    product,
                    copies,
                )?;
                if id.as_str() < last_reset.as_str() {
                    // They came back to the former stock.
                    continue;
                }
                execute!(connection, RESTOCK, copies, product)?;
                if order.as_str() < last_reset.as_str() {
                    // To this stock they are new.
                    let add = "UPDATE products SET added = added + $1 WHERE id = $2";
                    execute!(connection, add, copies, product)?;
                }
            }
            Done::Now
        })
    }
}
