//! The product catalog: books, their stock, and the copies that orders hold.

mod answers;
mod audit;
mod book_query;
mod books;
mod client;
mod gauges;
mod internal_routes;
mod model;
mod protection;
mod queues;
mod reservations;
mod reset;
mod returns;
mod routes;
mod search;
mod seed;
mod store;
mod version;

pub(crate) use book_query::Sort;
pub(crate) use books::{Book, BookDetails, DESCRIPTION_LENGTH, LABEL_LENGTH};
pub(crate) use client::{CatalogClient, Replaced};
pub(crate) use internal_routes::ReturnRequest;
pub(crate) use model::{
    NAME_LENGTH, NewProduct, Product, Reservation, ReservationStatus, ReservedItem,
};
pub(crate) use protection::{ProtectionOptions, Writes};
pub(crate) use seed::Seed;

use std::sync::Arc;

use answers::Answers;
use queues::Queues;
use sqlx::migrate::MigrateError;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::platform::{
    audit::Audit,
    database::Database,
    service::{self, Both, Service},
    shared::Shared,
};

#[derive(Clone, Debug)]
pub(crate) struct Catalog {
    database: Database,
    answers: Arc<Answers>,
    queues: Arc<Queues>,
    last_audit: Arc<Shared<Audit>>,
    seed: Seed,
}

impl Catalog {
    /// The data in this database, which begin with the seed's books.
    pub(crate) fn new(database: Database, seed: Seed) -> Self {
        Self {
            database,
            answers: Arc::default(),
            queues: Arc::default(),
            last_audit: Arc::default(),
            seed,
        }
    }

    pub(crate) async fn migrate(&self, lock: bool) -> Result<(), MigrateError> {
        let sqlite = sqlx::migrate!("migrations/catalog/sqlite");
        let postgres = sqlx::migrate!("migrations/catalog/postgres");
        self.database.migrate(sqlite, postgres, lock).await
    }

    /// The service; `writes` says who may change products on the public listener.
    pub(crate) fn service(self, writes: Writes) -> Service {
        let database = self.database.clone();
        let catalog = Arc::new(self);
        let public = OpenApiRouter::new()
            .routes(routes!(routes::list, routes::create))
            .routes(routes!(routes::show, routes::update, routes::delete))
            .routes(routes!(routes::change_stock))
            .routes(routes!(books::list))
            .routes(routes!(books::list_by_id))
            .routes(routes!(books::list_categories))
            .routes(routes!(books::describe))
            .routes(routes!(books::restore))
            .with_state(Arc::clone(&catalog));
        let internal = OpenApiRouter::new()
            .routes(routes!(internal_routes::reserve, internal_routes::release))
            .routes(routes!(internal_routes::confirm))
            .routes(routes!(internal_routes::take_back))
            .routes(routes!(audit::list_reservations))
            .routes(routes!(audit::audit))
            .routes(routes!(internal_routes::held))
            .routes(routes!(internal_routes::missing_reservations))
            .routes(routes!(internal_routes::missing_returns))
            .with_state(Arc::clone(&catalog));
        let calls = Both { public, internal };
        service::assemble("catalog", "Product catalog", calls, database, catalog)
            .with_public(|calls| writes.guard(calls))
    }
}
