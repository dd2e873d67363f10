//! What the catalog's data tell the metrics, and how they are reset.

use futures::future::BoxFuture;

use super::Catalog;
use crate::platform::{
    Error,
    database::{now_ms, row, with_reader},
    metrics::{Gauge, seconds_since},
    service::Data,
};

impl Data for Catalog {
    fn gauges(&self) -> BoxFuture<'_, Result<Vec<Gauge>, Error>> {
        Box::pin(async {
            let looked_up = with_reader!(&self.database, |reader| row!(
                reader,
                "SELECT COUNT(*), MIN(reserved_at) FROM reservations WHERE status = 'Held'"
            ))?;
            let (held, oldest): (i64, Option<i64>) = looked_up.unwrap_or_default();
            let (_, fresh) = self.database.count_replicas();
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
                Gauge {
                    name: "bookstore_read_databases_fresh",
                    help: "Read databases that are fresh enough to be read.",
                    value: fresh as f64,
                },
            ])
        })
    }

    fn reset(&self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(self.empty_and_seed())
    }
}
