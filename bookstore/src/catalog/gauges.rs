//! What the catalog's metrics tell of its data.

use super::Catalog;
use crate::{
    Error,
    database::{exactly_one, now_ms, with_reader},
    metrics::{Gauge, seconds_since},
};

impl Catalog {
    /// What is held by orders that are not final; the same from every replica.
    pub(super) async fn gauges(&self) -> Result<Vec<Gauge>, Error> {
        let (held, oldest): (i64, Option<i64>) = with_reader!(&self.database, |reader| {
            sqlx::query_as(
                "SELECT COUNT(*), MIN(reserved_at) FROM reservations WHERE status = 'Held'",
            )
            .fetch_all(reader)
            .await
            .and_then(exactly_one)
        })?;
        Ok(vec![
            Gauge {
                name: "bookstore_reservations_held",
                help: "Reservations that are neither sold nor released.",
                value: held as f64,
            },
            Gauge {
                name: "bookstore_reservations_oldest_held_seconds",
                help: "Age of the oldest of them, 0 where there is none.",
                value: seconds_since(oldest, now_ms()),
            },
        ])
    }
}
