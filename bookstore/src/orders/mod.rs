//! Order management: turns a cart into an order, so that nothing is sold twice.

mod audit;
mod checkout;
mod client;
mod history;
mod model;
mod recovery;
mod repair;
mod request;
mod returns;
mod routes;
mod settlement;
mod shop_audit;
mod store;

pub(crate) use audit::FailingSettlements;
pub(crate) use client::{OrdersClient, Returned, Whose};
pub(crate) use history::{PastItem, PastOrder};
pub(crate) use model::Order;
pub(crate) use settlement::{Settled, write_marks};

use std::{sync::Arc, time::Duration};

use audit::UNFINISHED;
use futures::future::BoxFuture;
use sqlx::migrate::MigrateError;
use tokio::{
    sync::{Mutex, mpsc},
    time::Instant,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    cart::CartClient,
    catalog::CatalogClient,
    platform::{
        Error,
        audit::Audit,
        database::{self, Contents, Database, now_ms, row, with_reader},
        metrics::{Gauge, seconds_since},
        service::{self, Both, Data, Service},
        shared::Shared,
    },
};

const CONTENTS: Contents = Contents {
    tables: &["return_items", "returns", "order_items", "orders"],
    has_sequences: true,
    at_work: UNFINISHED,
    refusal: "Orders are at work",
    note: None,
};

#[derive(Clone, Debug)]
pub(crate) struct Orders {
    pub(crate) database: Database,
    pub(crate) catalog: CatalogClient,
    pub(crate) cart: CartClient,
    /// How long whoever works on an order may be silent before it is taken over.
    pub(crate) lease: Duration,
    /// To whoever writes down what needs no more work.
    pub(crate) settled: mpsc::UnboundedSender<Settled>,
    /// Held by every order at work. An order goes on when its client has gone away, and the
    /// process stays until the last one has let go.
    pub(crate) at_work: mpsc::Sender<()>,
    /// When the last repair began that has ended; held during a repair.
    pub(crate) last_repair: Arc<Mutex<Option<Instant>>>,
    pub(crate) last_audit: Arc<Shared<Audit>>,
    pub(crate) last_shop_audit: Arc<Shared<Audit>>,
}

impl Orders {
    pub(crate) async fn migrate(&self, lock: bool) -> Result<(), MigrateError> {
        let sqlite = sqlx::migrate!("migrations/orders/sqlite");
        let postgres = sqlx::migrate!("migrations/orders/postgres");
        self.database.migrate(sqlite, postgres, lock).await
    }

    pub(crate) fn service(self: Arc<Self>) -> Service {
        let database = self.database.clone();
        let public = OpenApiRouter::new()
            .routes(routes!(routes::list))
            .routes(routes!(routes::list_for_customer, routes::create))
            .routes(routes!(routes::show_order))
            .routes(routes!(routes::list_items))
            .routes(routes!(routes::create_return))
            .with_state(Arc::clone(&self));
        let internal = OpenApiRouter::new()
            .routes(routes!(audit::audit))
            .routes(routes!(audit::audit_shop))
            .routes(routes!(audit::list_failing))
            .routes(routes!(history::list))
            .with_state(Arc::clone(&self));
        let calls = Both { public, internal };
        service::assemble("orders", "Order management", calls, database, self)
    }
}

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
