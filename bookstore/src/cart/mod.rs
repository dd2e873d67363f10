//! The shopping cart: what customers have chosen, and the lock that an order puts on a cart.

mod audit;
mod checkout_routes;
mod checkouts;
mod client;
mod model;
mod reset;
mod routes;
mod store;

pub(crate) use client::CartClient;
pub(crate) use model::{CheckoutState, CheckoutStatus};

use std::sync::Arc;

use sqlx::migrate::MigrateError;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    catalog::CatalogClient,
    platform::{
        audit::Audit,
        database::Database,
        service::{self, Both, Service},
        shared::Shared,
    },
};

#[derive(Clone, Debug)]
pub(crate) struct Carts {
    pub(crate) database: Database,
    pub(crate) catalog: CatalogClient,
    pub(crate) last_audit: Arc<Shared<Audit>>,
}

impl Carts {
    pub(crate) async fn migrate(&self, lock: bool) -> Result<(), MigrateError> {
        let sqlite = sqlx::migrate!("migrations/cart/sqlite");
        let postgres = sqlx::migrate!("migrations/cart/postgres");
        self.database.migrate(sqlite, postgres, lock).await
    }

    pub(crate) fn service(self) -> Service {
        let database = self.database.clone();
        let carts = Arc::new(self);
        let public = OpenApiRouter::new()
            .routes(routes!(routes::list))
            .routes(routes!(routes::list_items))
            .routes(routes!(routes::show, routes::add_item, routes::set_status))
            .routes(routes!(routes::update_item, routes::remove_item))
            .with_state(Arc::clone(&carts));
        let internal = OpenApiRouter::new()
            .routes(routes!(checkout_routes::lock, checkout_routes::unlock))
            .routes(routes!(checkout_routes::complete))
            .routes(routes!(audit::list_checkouts))
            .routes(routes!(audit::audit))
            .routes(routes!(checkout_routes::locked))
            .routes(routes!(checkout_routes::missing))
            .with_state(Arc::clone(&carts));
        let calls = Both { public, internal };
        service::assemble("cart", "Shopping cart", calls, database, carts)
    }
}
