//! Order management: turns a cart into an order, so that nothing is sold twice.

mod audit;
mod checkout;
mod client;
mod failing;
mod gauges;
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

pub(crate) use client::{OrderSummary, OrdersClient, Returned, Whose};
pub(crate) use failing::FailingSettlements;
pub(crate) use history::{PastItem, PastOrder};
pub(crate) use settlement::{Settled, write_marks};

use std::{sync::Arc, time::Duration};

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
        audit::Audit,
        database::Database,
        service::{self, Both, Service},
        shared::Shared,
    },
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
            .routes(routes!(failing::list))
            .routes(routes!(history::list))
            .with_state(Arc::clone(&self));
        let calls = Both { public, internal };
        service::assemble("orders", "Order management", calls, database, self)
    }
}
