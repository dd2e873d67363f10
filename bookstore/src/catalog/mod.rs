//! The product catalog: books, their stock, and the copies that orders hold.

mod answers;
mod audit;
mod books;
mod client;
mod internal_routes;
mod model;
mod products;
mod protection;
mod queues;
mod reservations;
mod returns;
mod search;
mod seed;

pub(crate) use books::{Book, BookDetails, DESCRIPTION_LENGTH, LABEL_LENGTH};
pub(crate) use client::CatalogClient;
pub(crate) use internal_routes::ReturnRequest;
pub(crate) use model::{
    NAME_LENGTH, NewProduct, Product, Reservation, ReservationStatus, ReservedItem,
};
pub(crate) use protection::{ProtectionOptions, Writes};
pub(crate) use search::Sort;
pub(crate) use seed::Seed;

use std::sync::Arc;

use answers::Answers;
use audit::UNFINISHED;
use axum::middleware::from_fn_with_state;
use futures::future::BoxFuture;
use protection::need_token;
use queues::Queues;
use sqlx::migrate::MigrateError;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::platform::{
    Error,
    audit::Audit,
    database::{self, Contents, Database, now_ms, row, with_reader},
    metrics::{Gauge, seconds_since},
    service::{self, Both, Data, Service},
    shared::Shared,
};

/// What a reset empties. Orders that were placed before may still be there, and the orders service then
/// says what they have bought, as after a loss. Their copies belong to the former stock, and the new one
/// stays as it is.
const CONTENTS: Contents = Contents {
    tables: &[
        "return_items",
        "returns",
        "reservation_items",
        "book_details",
        "products",
        "reservations",
        "resets",
    ],
    has_sequences: true,
    at_work: UNFINISHED,
    refusal: "Orders hold copies",
    note: Some("INSERT INTO resets (reset_token) VALUES ($1)"),
};

/// The token of the last reset, which is later than those of all orders before; an empty text where there
/// was none.
const LAST_RESET: &str = "SELECT COALESCE(MAX(reset_token), '') FROM resets";

#[derive(Debug)]
pub(crate) struct Catalog {
    database: Database,
    answers: Answers,
    queues: Queues,
    last_audit: Shared<Audit>,
    seed: Seed,
}

impl Catalog {
    /// The data in this database, which begin with the seed's books.
    pub(crate) fn new(database: Database, seed: Seed) -> Self {
        Self {
            database,
            answers: Answers::default(),
            queues: Queues::default(),
            last_audit: Shared::default(),
            seed,
        }
    }

    pub(crate) async fn migrate(&self, lock: bool) -> Result<(), MigrateError> {
        let sqlite = sqlx::migrate!("migrations/catalog/sqlite");
        let postgres = sqlx::migrate!("migrations/catalog/postgres");
        self.database.migrate(sqlite, postgres, lock).await
    }

    /// The service; `writes` says who may change products on the public listener.
    pub(crate) fn service(self: Arc<Self>, writes: Writes) -> Service {
        let database = self.database.clone();
        let public = OpenApiRouter::new()
            .routes(routes!(products::list, products::create))
            .routes(routes!(products::show, products::update, products::delete))
            .routes(routes!(products::change_stock))
            .routes(routes!(books::list))
            .routes(routes!(books::list_by_id))
            .routes(routes!(books::list_categories))
            .routes(routes!(books::describe))
            .routes(routes!(books::restore))
            .with_state(Arc::clone(&self));
        let internal = OpenApiRouter::new()
            .routes(routes!(internal_routes::reserve, internal_routes::release))
            .routes(routes!(internal_routes::confirm))
            .routes(routes!(internal_routes::take_back))
            .routes(routes!(audit::list_reservations))
            .routes(routes!(audit::audit))
            .routes(routes!(internal_routes::held))
            .routes(routes!(internal_routes::missing_reservations))
            .routes(routes!(internal_routes::missing_returns))
            .with_state(Arc::clone(&self));
        let calls = Both { public, internal };
        service::assemble("catalog", "Product catalog", calls, database, self)
            // The public calls that change something change products.
            .with_public(|calls| match writes {
                Writes::Open => calls,
                Writes::Protected(token) => calls.layer(from_fn_with_state(token, need_token)),
            })
    }
}

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
        Box::pin(async {
            database::reset(&self.database, &CONTENTS).await?;
            self.seed().await
        })
    }
}
