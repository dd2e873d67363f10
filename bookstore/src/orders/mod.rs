//! Order management: turns a cart into an order, so that nothing is sold twice.

mod audit;
mod checkout;
mod client;
mod gauges;
mod recovery;
mod request;
mod reset;
mod return_routes;
mod returns;
mod routes;
mod settlement;
mod shop_audit;
mod store;

pub(crate) use client::{OrderLine, OrderSummary, OrdersClient, Returned};
pub(crate) use settlement::{Settled, write_marks};

use std::{sync::Arc, time::Duration};

use tokio::sync::mpsc;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    cart::CartClient,
    catalog::CatalogClient,
    database::Database,
    service::{self, Service},
};

/// The orders' data, and the services that an order needs.
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
}

impl Orders {
    /// Brings the database's tables up to date.
    pub(crate) async fn migrate(&self) -> Result<(), sqlx::migrate::MigrateError> {
        match &self.database {
            Database::Sqlite { writer, .. } => {
                sqlx::migrate!("migrations/orders/sqlite")
                    .run(&mut *writer.acquire().await?)
                    .await
            }
            Database::Postgres(pools) => {
                sqlx::migrate!("migrations/orders/postgres")
                    .run(&mut pools.unlimited().await?)
                    .await
            }
        }
    }

    /// The service.
    pub(crate) fn service(self: Arc<Self>) -> Service {
        let database = self.database.clone();
        let (observed, to_reset) = (Arc::clone(&self), Arc::clone(&self));
        let calls = OpenApiRouter::new()
            .routes(routes!(routes::list))
            .routes(routes!(routes::list_for_customer, routes::create))
            .routes(routes!(routes::list_items))
            .routes(routes!(return_routes::create_return))
            .routes(routes!(audit::audit))
            .routes(routes!(audit::audit_shop))
            .with_state(self);
        service::assemble("orders", "Order management", calls, database)
            .with_gauges(move || {
                let orders = Arc::clone(&observed);
                async move { orders.gauges().await }
            })
            .with_reset(move || {
                let orders = Arc::clone(&to_reset);
                async move { orders.reset().await }
            })
    }
}
