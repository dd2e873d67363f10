//! Carts and their items in the database.
//!
//! Every change of a cart first writes the cart's row, even where it only needs to know its state.
//! That makes it wait for an order that is locking the cart, and the order for it: on PostgreSQL
//! through the row's lock, on SQLite because there is one writer.

use sqlx::AssertSqlSafe;

use super::{
    Carts,
    model::{Cart, CartItem, CartStatus},
};
use crate::{
    item::{Item, MOST, MOST_LINES},
    platform::{
        Error,
        database::{execute, in_transaction, now_ms, row, rows, value, with_reader},
        idempotency::{self, IdempotencyKey},
        paging::Paging,
        token::Token,
    },
};

/// The active cart's id, and the order that holds it.
type ActiveCart = (i64, Option<Token>);

/// Writes a customer's active cart, as a change of its items does: its version tells of it.
const TOUCH_ACTIVE_CART: &str = "UPDATE carts SET version = version + 1
    WHERE customer_id = $1 AND status = 'Active' RETURNING id, order_token";

/// What was added under a key; where that is not known, what is asked for.
const ADDED: &str = "SELECT COALESCE(product_id, $3) AS product_id,
    COALESCE(quantity, $4) AS quantity FROM additions
    WHERE customer_id = $1 AND addition_key = $2";

impl Carts {
    pub(super) async fn carts(&self, paging: &Paging) -> Result<Vec<Cart>, Error> {
        with_reader!(&self.database, |reader| rows!(
            reader,
            "SELECT id, customer_id, status FROM carts WHERE id > $1 ORDER BY id LIMIT $2",
            paging.after(),
            paging.rows(),
        ))
    }

    /// Items, by id: those in a customer's active cart, or all.
    pub(super) async fn items(
        &self,
        customer: Option<i64>,
        paging: &Paging,
    ) -> Result<Vec<CartItem>, Error> {
        let whose = match customer {
            Some(_) => {
                "cart_id = (SELECT id FROM carts WHERE customer_id = $1 AND status = 'Active')"
            }
            None => "$1 = 0",
        };
        let query = format!(
            "SELECT id, product_id, quantity, cart_id FROM cart_items
             WHERE {whose} AND id > $2 ORDER BY id LIMIT $3"
        );
        with_reader!(&self.database, |reader| rows!(
            reader,
            AssertSqlSafe(query.as_str()),
            customer.unwrap_or(0),
            paging.after(),
            paging.rows(),
        ))
    }

    pub(super) async fn active_cart(&self, customer: i64) -> Result<Option<Cart>, Error> {
        with_reader!(&self.database, |reader| row!(
            reader,
            "SELECT id, customer_id, status FROM carts WHERE customer_id = $1 AND status = 'Active'",
            customer,
        ))
    }

    /// Adds copies of a product to the customer's active cart, which is made when there is none.
    /// Under a key that has added the same before it does nothing.
    /// The cart may not hold more copies than are in stock, nor more books than an order may have.
    pub(super) async fn add_item(
        &self,
        customer: i64,
        item: &Item,
        in_stock: i64,
        key: &IdempotencyKey,
    ) -> Result<(), Error> {
        in_transaction!(&self.database, |connection| {
            if let Some(key) = &key.0 {
                let first = execute!(
                    connection,
                    "INSERT INTO additions (customer_id, addition_key, added_at, product_id, quantity)
                     VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
                    customer,
                    key,
                    now_ms(),
                    item.product_id,
                    item.quantity,
                )?;
                if first == 0 {
                    let known = row!(
                        connection,
                        ADDED,
                        customer,
                        key,
                        item.product_id,
                        item.quantity
                    )?;
                    return is_same(known, item).map(drop);
                }
            }
            let cart: Option<ActiveCart> = row!(
                connection,
                "INSERT INTO carts (customer_id, status) VALUES ($1, 'Active')
                 ON CONFLICT (customer_id) WHERE status = 'Active'
                 DO UPDATE SET version = carts.version + 1 RETURNING id, order_token",
                customer,
            )?;
            let cart = unlocked(cart.ok_or(sqlx::Error::RowNotFound)?)?;
            let added = execute!(
                connection,
                "INSERT INTO cart_items (cart_id, product_id, quantity) VALUES ($1, $2, $3)
                 ON CONFLICT (cart_id, product_id)
                 DO UPDATE SET quantity = cart_items.quantity + excluded.quantity
                 WHERE cart_items.quantity + excluded.quantity <= $4",
                cart,
                item.product_id,
                item.quantity,
                in_stock.min(MOST),
            )?;
            if added == 0 {
                return Err(not_enough_in_stock());
            }
            let count = "SELECT COUNT(*) FROM cart_items WHERE cart_id = $1";
            let lines: i64 = value!(connection, count, cart)?;
            if lines > MOST_LINES as i64 {
                return Err(Error::Refused(
                    format!("A cart holds up to {MOST_LINES} different products").into(),
                ));
            }
        })
    }

    /// Whether the item was added under the key; an error if something else was.
    pub(super) async fn was_added(
        &self,
        customer: i64,
        item: &Item,
        key: &IdempotencyKey,
    ) -> Result<bool, Error> {
        let Some(key) = &key.0 else { return Ok(false) };
        let known = with_reader!(&self.database, |reader| row!(
            reader,
            ADDED,
            customer,
            key,
            item.product_id,
            item.quantity,
        ))?;
        is_same(known, item)
    }

    pub(super) async fn update_item(&self, customer: i64, item: &Item) -> Result<(), Error> {
        in_transaction!(&self.database, |connection| {
            let not_found = || item_not_found(customer, item.product_id);
            let cart: Option<ActiveCart> = row!(connection, TOUCH_ACTIVE_CART, customer)?;
            let updated = execute!(
                connection,
                "UPDATE cart_items SET quantity = $1 WHERE cart_id = $2 AND product_id = $3",
                item.quantity,
                unlocked(cart.ok_or_else(not_found)?)?,
                item.product_id,
            )?;
            if updated == 0 {
                return Err(not_found());
            }
        })
    }

    pub(super) async fn remove_item(&self, customer: i64, product_id: i64) -> Result<(), Error> {
        in_transaction!(&self.database, |connection| {
            let not_found = || item_not_found(customer, product_id);
            let cart: Option<ActiveCart> = row!(connection, TOUCH_ACTIVE_CART, customer)?;
            let removed = execute!(
                connection,
                "DELETE FROM cart_items WHERE cart_id = $1 AND product_id = $2",
                unlocked(cart.ok_or_else(not_found)?)?,
                product_id,
            )?;
            if removed == 0 {
                return Err(not_found());
            }
        })
    }

    pub(super) async fn set_status(&self, customer: i64, status: CartStatus) -> Result<(), Error> {
        in_transaction!(&self.database, |connection| {
            let cart: Option<ActiveCart> = row!(connection, TOUCH_ACTIVE_CART, customer)?;
            let cart = cart.ok_or_else(|| {
                let detail = format!("No active cart found for customer with id: {customer}");
                Error::NotFound(detail.into())
            })?;
            execute!(
                connection,
                "UPDATE carts SET status = $1 WHERE id = $2",
                status,
                unlocked(cart)?,
            )?;
        })
    }
}

/// Whether an item was added under a key that is asked for again.
fn is_same(known: Option<Item>, item: &Item) -> Result<bool, Error> {
    match known {
        Some(known) if known != *item => Err(idempotency::used_otherwise()),
        known => Ok(known.is_some()),
    }
}

/// The cart's id, unless an order holds it.
fn unlocked((id, order): ActiveCart) -> Result<i64, Error> {
    match order {
        None => Ok(id),
        Some(_) => Err(being_ordered()),
    }
}

pub(super) fn being_ordered() -> Error {
    Error::Conflict("Cart is being ordered".into())
}

pub(super) fn not_enough_in_stock() -> Error {
    Error::Refused("Not enough product in stock".into())
}

fn item_not_found(customer: i64, product_id: i64) -> Error {
    Error::NotFound(
        format!(
            "Product with id: {product_id} does not exist in the cart of customer with id: {customer}"
        )
        .into(),
    )
}
