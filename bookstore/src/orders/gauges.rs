//! What the orders' data tell the metrics, and how they are reset.

use futures::future::BoxFuture;

use super::{Orders, audit::UNFINISHED};
use crate::platform::{
    Error,
    database::{self, Contents, now_ms, row, with_reader},
    metrics::{Gauge, seconds_since},
    service::Data,
};

const CONTENTS: Contents = Contents {
    tables: &["return_items", "returns", "order_items", "orders"],
    has_sequences: true,
    at_work: UNFINISHED,
    refusal: "Orders are at work",
    note: None,
};

impl Data for Orders {
    fn gauges(&self) -> BoxFuture<'_, Result<Vec<Gauge>, Error>> {
        Box::pin(async {
            // What is not settled is few rows of an index, however many orders there are.
            let found = with_reader!(&self.database, |reader| row!(
                reader,
                "SELECT COUNT(*), MIN(created_at),
                     (SELECT COUNT(*) FROM orders WHERE settled_at IS NULL AND attempts >= 3)
                     + (SELECT COUNT(*) FROM returns WHERE settled_at IS NULL AND attempts >= 3)
                 FROM orders WHERE settled_at IS NULL AND status = 'Pending'"
            ))?;
            let (pending, oldest, failing): (i64, Option<i64>, i64) = found.unwrap_or_default();
            Ok(vec![
                Gauge {
                    name: "bookstore_settlements_failing",
                    help: "Orders and returns whose settlement has failed three times or more.",
                    value: failing as f64,
                },
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
        })
    }

    fn reset(&self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(database::reset(&self.database, &CONTENTS))
    }
}
