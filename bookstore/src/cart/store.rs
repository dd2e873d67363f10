//! Carts and their items in the database.
//!
//! Every change of a cart first writes the cart's row, even where it only needs to know its state.
//! That makes it wait for an order that is locking the cart, and the order for it: on PostgreSQL
//! through the row's lock, on SQLite because there is one writer.

use serde::Serialize;
use utoipa::ToSchema;

use super::Carts;
use crate::{
    Error,
    database::{at_most_one, exactly_one, in_transaction, with_reader},
    item::{Item, MOST_LINES},
    paging::Paging,
    token::Token,
};

/// A customer's cart.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub(crate) struct Cart {
    pub(crate) id: i64,
    pub(crate) customer_id: i64,
    /// `Active` or `Ordered`.
    #[schema(example = "Active")]
    pub(crate) status: String,
}

/// Copies of a product in a cart.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub(crate) struct CartItem {
    pub(crate) id: i64,
    pub(crate) product_id: i64,
    pub(crate) quantity: i64,
    pub(crate) cart_id: i64,
}

/// Where a cart stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
pub(crate) enum CartStatus {
    Active,
    Ordered,
}

impl CartStatus {
    /// The word in the database and in the API.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Active => "Active",
            Self::Ordered => "Ordered",
        }
    }
}

/// The active cart's id, and the order that holds it.
type ActiveCart = (i64, Option<Token>);

/// Writes a customer's active cart without changing it.
const TOUCH_ACTIVE_CART: &str = "UPDATE carts SET status = 'Active'
    WHERE customer_id = $1 AND status = 'Active' RETURNING id, order_token";

impl Carts {
    /// Carts, by id.
    pub(super) async fn carts(&self, paging: &Paging) -> Result<Vec<Cart>, Error> {
        Ok(with_reader!(&self.database, |reader| {
            sqlx::query_as(
                "SELECT id, customer_id, status FROM carts WHERE id > $1 ORDER BY id LIMIT $2",
            )
            .bind(paging.after())
            .bind(paging.rows())
            .fetch_all(reader)
            .await
        })?)
    }

    /// Items of whatever cart, by id.
    pub(super) async fn items(&self, paging: &Paging) -> Result<Vec<CartItem>, Error> {
        Ok(with_reader!(&self.database, |reader| {
            sqlx::query_as(
                "SELECT id, product_id, quantity, cart_id FROM cart_items
                 WHERE id > $1 ORDER BY id LIMIT $2",
            )
            .bind(paging.after())
            .bind(paging.rows())
            .fetch_all(reader)
            .await
        })?)
    }

    /// Items of a customer's active cart, by id.
    pub(super) async fn items_of(
        &self,
        customer: i64,
        paging: &Paging,
    ) -> Result<Vec<CartItem>, Error> {
        Ok(with_reader!(&self.database, |reader| {
            sqlx::query_as(
                "SELECT id, product_id, quantity, cart_id FROM cart_items
                 WHERE cart_id =
                     (SELECT id FROM carts WHERE customer_id = $1 AND status = 'Active')
                 AND id > $2 ORDER BY id LIMIT $3",
            )
            .bind(customer)
            .bind(paging.after())
            .bind(paging.rows())
            .fetch_all(reader)
            .await
        })?)
    }

    /// A customer's active cart.
    pub(super) async fn active_cart(&self, customer: i64) -> Result<Option<Cart>, Error> {
        Ok(with_reader!(&self.database, |reader| {
            sqlx::query_as(
                "SELECT id, customer_id, status FROM carts
                 WHERE customer_id = $1 AND status = 'Active'",
            )
            .bind(customer)
            .fetch_all(reader)
            .await
            .map(at_most_one)
        })?)
    }

    /// Adds copies of a product to the customer's active cart, which is made when there is none.
    /// The cart may not hold more copies than are in stock, nor more books than an order may have.
    pub(super) async fn add_item(
        &self,
        customer: i64,
        item: &Item,
        in_stock: i64,
    ) -> Result<(), Error> {
        in_transaction!(&self.database, |connection| {
            let cart: ActiveCart = sqlx::query_as(
                "INSERT INTO carts (customer_id, status) VALUES ($1, 'Active')
                 ON CONFLICT (customer_id) WHERE status = 'Active' DO UPDATE SET status = 'Active'
                 RETURNING id, order_token",
            )
            .bind(customer)
            .fetch_all(&mut *connection)
            .await
            .and_then(exactly_one)?;
            let cart = unlocked(cart)?;
            let added: Option<i64> = sqlx::query_scalar(
                "INSERT INTO cart_items (cart_id, product_id, quantity) VALUES ($1, $2, $3)
                 ON CONFLICT (cart_id, product_id)
                 DO UPDATE SET quantity = cart_items.quantity + excluded.quantity
                 WHERE cart_items.quantity + excluded.quantity <= $4
                 RETURNING id",
            )
            .bind(cart)
            .bind(item.product_id)
            .bind(item.quantity)
            .bind(in_stock)
            .fetch_all(&mut *connection)
            .await
            .map(at_most_one)?;
            if added.is_none() {
                return Err(not_enough_in_stock());
            }
            let lines: i64 =
                sqlx::query_scalar("SELECT COUNT(*) FROM cart_items WHERE cart_id = $1")
                    .bind(cart)
                    .fetch_all(&mut *connection)
                    .await
                    .and_then(exactly_one)?;
            if lines > MOST_LINES as i64 {
                return Err(Error::Refused(
                    format!("A cart holds up to {MOST_LINES} different products").into(),
                ));
            }
        })
    }

    /// Changes how many copies of a product are in the customer's active cart.
    pub(super) async fn update_item(&self, customer: i64, item: &Item) -> Result<(), Error> {
        in_transaction!(&self.database, |connection| {
            let cart: Option<ActiveCart> = sqlx::query_as(TOUCH_ACTIVE_CART)
                .bind(customer)
                .fetch_all(&mut *connection)
                .await
                .map(at_most_one)?;
            let cart = cart.ok_or_else(|| item_not_found(customer, item.product_id))?;
            let updated: Option<i64> = sqlx::query_scalar(
                "UPDATE cart_items SET quantity = $1
                 WHERE cart_id = $2 AND product_id = $3 RETURNING id",
            )
            .bind(item.quantity)
            .bind(unlocked(cart)?)
            .bind(item.product_id)
            .fetch_all(&mut *connection)
            .await
            .map(at_most_one)?;
            if updated.is_none() {
                return Err(item_not_found(customer, item.product_id));
            }
        })
    }

    /// Takes a product out of the customer's active cart.
    pub(super) async fn remove_item(&self, customer: i64, product_id: i64) -> Result<(), Error> {
        in_transaction!(&self.database, |connection| {
            let cart: Option<ActiveCart> = sqlx::query_as(TOUCH_ACTIVE_CART)
                .bind(customer)
                .fetch_all(&mut *connection)
                .await
                .map(at_most_one)?;
            let cart = cart.ok_or_else(|| item_not_found(customer, product_id))?;
            let removed: Option<i64> = sqlx::query_scalar(
                "DELETE FROM cart_items WHERE cart_id = $1 AND product_id = $2 RETURNING id",
            )
            .bind(unlocked(cart)?)
            .bind(product_id)
            .fetch_all(&mut *connection)
            .await
            .map(at_most_one)?;
            if removed.is_none() {
                return Err(item_not_found(customer, product_id));
            }
        })
    }

    /// Changes the state of the customer's active cart.
    pub(super) async fn set_status(&self, customer: i64, status: CartStatus) -> Result<(), Error> {
        in_transaction!(&self.database, |connection| {
            let cart: Option<ActiveCart> = sqlx::query_as(TOUCH_ACTIVE_CART)
                .bind(customer)
                .fetch_all(&mut *connection)
                .await
                .map(at_most_one)?;
            let cart = cart.ok_or_else(|| {
                Error::NotFound(
                    format!("No active cart found for customer with id: {customer}").into(),
                )
            })?;
            sqlx::query("UPDATE carts SET status = $1 WHERE id = $2")
                .bind(status.as_str())
                .bind(unlocked(cart)?)
                .execute(&mut *connection)
                .await?;
        })
    }
}

/// The cart's id, unless an order holds it.
fn unlocked((id, order): ActiveCart) -> Result<i64, Error> {
    match order {
        None => Ok(id),
        Some(_) => Err(being_ordered()),
    }
}

/// The answer about a cart that an order holds.
pub(super) fn being_ordered() -> Error {
    Error::Conflict("Cart is being ordered".into())
}

/// The answer about more copies than there are.
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
