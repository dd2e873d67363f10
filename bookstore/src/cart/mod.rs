//! The shopping cart: what customers have chosen, and the lock that an order puts on a cart.

mod audit;
mod carts;
mod checkouts;
mod client;
mod items;

pub(crate) use checkouts::{CheckoutState, CheckoutStatus};
pub(crate) use client::CartClient;

use std::sync::Arc;

use audit::UNFINISHED;
use futures::future::BoxFuture;
use sqlx::migrate::MigrateError;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    catalog::CatalogClient,
    platform::{
        Error,
        audit::Audit,
        database::{self, Contents, Database},
        service::{self, Both, Data, Service},
        shared::Shared,
    },
};

const CONTENTS: Contents = Contents {
    tables: &["additions", "cart_items", "carts", "checkouts"],
    has_sequences: false,
    at_work: UNFINISHED,
    refusal: "Orders hold carts",
    note: None,
};

#[derive(Debug)]
pub(crate) struct Carts {
    pub(crate) database: Database,
    pub(crate) catalog: CatalogClient,
    pub(crate) last_audit: Shared<Audit>,
}

impl Carts {
    pub(crate) async fn migrate(&self, lock: bool) -> Result<(), MigrateError> {
        let sqlite = sqlx::migrate!("migrations/cart/sqlite");
        let postgres = sqlx::migrate!("migrations/cart/postgres");
        self.database.migrate(sqlite, postgres, lock).await
    }

    pub(crate) fn service(self: Arc<Self>) -> Service {
        let database = self.database.clone();
        let public = OpenApiRouter::new()
            .routes(routes!(carts::list))
            .routes(routes!(items::list_items))
            .routes(routes!(carts::show, items::add_item, carts::set_status))
            .routes(routes!(items::update_item, items::remove_item))
            .with_state(Arc::clone(&self));
        let internal = OpenApiRouter::new()
            .routes(routes!(checkouts::lock, checkouts::unlock))
            .routes(routes!(checkouts::complete))
            .routes(routes!(checkouts::list_checkouts))
            .routes(routes!(audit::audit))
            .routes(routes!(checkouts::locked))
            .routes(routes!(checkouts::missing))
            .with_state(Arc::clone(&self));
        let calls = Both { public, internal };
        service::assemble("cart", "Shopping cart", calls, database, self)
    }
}

impl Data for Carts {
    fn reset(&self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(database::reset(&self.database, &CONTENTS))
    }
}
