//! The product catalog: books, their stock, and the copies that orders hold.

mod answers;
mod audit;
mod batches;
mod client;
mod gauges;
mod product;
mod queues;
mod reservation_routes;
mod reservations;
mod reset;
mod return_routes;
mod returns;
mod routes;
mod search;
mod seed;
mod store;
mod version;

pub(crate) use audit::{Reservation, ReservedItem};
pub(crate) use client::{CatalogClient, Replaced};
pub(crate) use product::{NAME_LENGTH, NewProduct, Product};
pub(crate) use return_routes::ReturnRequest;
pub(crate) use seed::Seed;

use std::sync::Arc;

use answers::Answers;
use batches::Batches;
use queues::Queues;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    database::Database,
    service::{self, Service},
};

/// The catalog's data.
#[derive(Clone, Debug)]
pub(crate) struct Catalog {
    database: Database,
    answers: Arc<Answers>,
    batches: Arc<Batches>,
    queues: Arc<Queues>,
}

impl Catalog {
    /// The data in this database.
    pub(crate) fn new(database: Database) -> Self {
        Self {
            database,
            answers: Arc::default(),
            batches: Arc::default(),
            queues: Arc::default(),
        }
    }

    /// Brings the database's tables up to date.
    pub(crate) async fn migrate(&self) -> Result<(), sqlx::migrate::MigrateError> {
        match &self.database {
            Database::Sqlite { writer, .. } => {
                sqlx::migrate!("migrations/catalog/sqlite")
                    .run(&mut *writer.acquire().await?)
                    .await
            }
            Database::Postgres(pools) => {
                sqlx::migrate!("migrations/catalog/postgres")
                    .run(&mut pools.unlimited().await?)
                    .await
            }
        }
    }

    /// The service; `seed` is what a reset leaves in it.
    pub(crate) fn service(self, seed: Seed) -> Service {
        let database = self.database.clone();
        let catalog = Arc::new(self);
        let (observed, to_reset) = (Arc::clone(&catalog), Arc::clone(&catalog));
        let calls = OpenApiRouter::new()
            .routes(routes!(routes::list, routes::create))
            .routes(routes!(routes::show, routes::update, routes::delete))
            .routes(routes!(
                reservation_routes::reserve,
                reservation_routes::release
            ))
            .routes(routes!(reservation_routes::confirm))
            .routes(routes!(return_routes::take_back))
            .routes(routes!(audit::list_reservations))
            .routes(routes!(audit::audit))
            .with_state(catalog);
        service::assemble("catalog", "Product catalog", calls, database)
            .with_gauges(move || {
                let catalog = Arc::clone(&observed);
                async move { catalog.gauges().await }
            })
            .with_reset(move || {
                let catalog = Arc::clone(&to_reset);
                async move { catalog.reset(seed).await }
            })
    }
}
