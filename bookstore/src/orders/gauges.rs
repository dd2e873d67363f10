//! What the orders' metrics tell of their data.

use super::Orders;
use crate::{
    Error,
    database::{exactly_one, now_ms, with_reader},
    metrics::{Gauge, seconds_since},
};

impl Orders {
    /// What is not final yet; the same from every replica.
    pub(super) async fn gauges(&self) -> Result<Vec<Gauge>, Error> {
        let (pending, oldest): (i64, Option<i64>) = with_reader!(&self.database, |reader| {
            // A pending order is not settled: so the few rows of an index are looked at.
            sqlx::query_as(
                "SELECT COUNT(*), MIN(created_at) FROM orders
                 WHERE settled_at IS NULL AND status = 'Pending'",
            )
            .fetch_all(reader)
            .await
            .and_then(exactly_one)
        })?;
        Ok(vec![
            Gauge {
                name: "bookstore_orders_pending",
                help: "Orders that are neither placed nor cancelled.",
                value: pending as f64,
            },
            Gauge {
                name: "bookstore_orders_oldest_pending_seconds",
                help: "Age of the oldest of them, 0 where there is none.",
                value: seconds_since(oldest, now_ms()),
            },
        ])
    }
}
