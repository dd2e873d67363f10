//! Orders and their lines.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::platform::database::status;

/// An order that was placed.
#[derive(Debug, Serialize, Deserialize, ToSchema, sqlx::FromRow)]
pub(crate) struct Order {
    pub(crate) id: i64,
    pub(crate) customer_id: i64,
    pub(crate) status: OrderStatus,
}

/// Copies of a product that an order has bought.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub(crate) struct OrderItem {
    pub(crate) id: i64,
    pub(crate) product_id: i64,
    pub(crate) quantity: i64,
    /// Copies that came back.
    pub(crate) returned: i64,
    pub(crate) order_id: i64,
    /// What a copy cost, in whole units of the currency; not known of early orders.
    pub(crate) price: Option<i64>,
}

status! {
    /// Where an order stands. Only those are listed that were placed.
    pub(crate) enum OrderStatus {
        /// It is at work.
        Pending,
        /// It was placed.
        Ordered,
        /// It was placed, and every copy came back.
        Returned,
        /// It was refused, or given up.
        Cancelled,
    }
}

impl OrderStatus {
    pub(super) fn is_placed(self) -> bool {
        matches!(self, Self::Ordered | Self::Returned)
    }
}
