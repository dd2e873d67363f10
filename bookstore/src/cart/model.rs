//! Carts, what is in them, and an order's hold on one.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::platform::{database::status, token::Token};

/// A customer's cart.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub(crate) struct Cart {
    pub(crate) id: i64,
    pub(crate) customer_id: i64,
    pub(crate) status: CartStatus,
}

/// Copies of a product in a cart.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub(crate) struct CartItem {
    pub(crate) id: i64,
    pub(crate) product_id: i64,
    pub(crate) quantity: i64,
    pub(crate) cart_id: i64,
}

status! {
    /// Where a cart stands.
    pub(crate) enum CartStatus {
        Active,
        Ordered,
    }
}

/// An order's hold on a cart.
#[derive(Debug, Serialize, Deserialize, ToSchema, sqlx::FromRow)]
pub(crate) struct CheckoutState {
    #[schema(value_type = String, format = "uuid")]
    pub order_token: Token,
    pub status: CheckoutStatus,
}

status! {
    /// Where an order's hold on a cart stands.
    pub(crate) enum CheckoutStatus {
        /// The cart is being bought.
        Locked,
        /// The order is final.
        Completed,
        /// The order was cancelled, or never had the cart.
        Cancelled,
    }
}
