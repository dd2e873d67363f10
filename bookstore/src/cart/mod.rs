//! The shopping cart: what customers have chosen, and the lock that an order puts on a cart.

mod audit;
mod checkout_routes;
mod checkouts;
mod client;
mod reset;
mod routes;
mod store;

pub(crate) use audit::CheckoutState;
pub(crate) use client::CartClient;

use std::sync::Arc;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    catalog::CatalogClient,
    database::Database,
    service::{self, Service},
};

/// The carts' data, and the catalog that knows what can be bought.
#[derive(Clone, Debug)]
pub(crate) struct Carts {
    pub(crate) database: Database,
    pub(crate) catalog: CatalogClient,
}

impl Carts {
    /// Brings the database's tables up to date.
    pub(crate) async fn migrate(&self) -> Result<(), sqlx::migrate::MigrateError> {
        match &self.database {
            Database::Sqlite { writer, .. } => {
                sqlx::migrate!("migrations/cart/sqlite")
                    .run(&mut *writer.acquire().await?)
                    .await
            }
            Database::Postgres(pools) => {
                sqlx::migrate!("migrations/cart/postgres")
                    .run(&mut pools.unlimited().await?)
                    .await
            }
        }
    }

    /// The service.
    pub(crate) fn service(self) -> Service {
        let database = self.database.clone();
        let carts = Arc::new(self);
        let to_reset = Arc::clone(&carts);
        let calls = OpenApiRouter::new()
            .routes(routes!(routes::list))
            .routes(routes!(routes::list_items))
            .routes(routes!(routes::show, routes::add_item, routes::set_status))
            .routes(routes!(routes::update_item, routes::remove_item))
            .routes(routes!(checkout_routes::lock, checkout_routes::unlock))
            .routes(routes!(checkout_routes::complete))
            .routes(routes!(audit::list_checkouts))
            .routes(routes!(audit::audit))
            .with_state(carts);
        service::assemble("cart", "Shopping cart", calls, database).with_reset(move || {
            let carts = Arc::clone(&to_reset);
            async move { carts.reset().await }
        })
    }
}
