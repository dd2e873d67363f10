//! The storefront: pages where visitors buy and return books, and where an administrator keeps
//! the catalog. It knows the shop only through the other services' calls.
//!
//! Pages work without JavaScript, and there is none: forms are posted, answered by a redirect, and
//! what became of them is said on the next page.

mod admin_pages;
mod assets;
mod attempts;
mod basket;
mod basket_pages;
mod book_form;
mod errors;
mod form;
mod login;
mod order_pages;
mod page;
mod password;
mod search;
mod security;
mod session;
mod shop_pages;
mod visitor;

pub(crate) use password::{ADMIN, Admins, given_password, typed_password};

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware,
    routing::{MethodRouter, get, post},
};
use futures::future::BoxFuture;
use sqlx::{AssertSqlSafe, migrate::MigrateError};
use tokio::time::timeout;

use crate::{
    cart::CartClient,
    catalog::CatalogClient,
    orders::OrdersClient,
    platform::{
        Error,
        database::{Database, execute, in_transaction},
        service::{self, Data, Service},
    },
};

/// The largest form that is read.
const FORM_LIMIT: usize = 16 * 1024;

/// How long a page waits for another service before it does without.
const PATIENCE: Duration = Duration::from_secs(6);

/// The storefront's data, and the services behind it.
#[derive(Debug)]
pub(crate) struct Storefront {
    pub(crate) database: Database,
    pub(crate) catalog: CatalogClient,
    pub(crate) cart: CartClient,
    pub(crate) orders: OrdersClient,
    /// Cookies are for TLS connections only.
    pub(crate) secure_cookies: bool,
    /// A proxy in front tells who its clients are.
    pub(crate) behind_proxy: bool,
}

type Shared = Arc<Storefront>;

impl Storefront {
    /// The service's pages.
    pub(crate) fn service(self) -> Service {
        let (database, secure) = (self.database.clone(), self.secure_cookies);
        let state = Arc::new(self);
        let mut pages = Router::new();
        let mut routes = Vec::new();
        for (path, page) in pages_by_route() {
            pages = pages.route(path, page);
            routes.push(path.to_owned());
        }
        let mut router = pages
            .route_layer(middleware::from_fn_with_state(
                Arc::clone(&state),
                visitor::recognise,
            ))
            .with_state(Arc::clone(&state));
        for (path, asset) in assets::by_route() {
            router = router.route(path, asset);
            routes.push(path.to_owned());
        }
        router = router
            .fallback(errors::not_found)
            .method_not_allowed_fallback(errors::method_not_allowed)
            .layer(DefaultBodyLimit::max(FORM_LIMIT))
            .layer(middleware::map_response(async |response| {
                security::with_headers(response)
            }));
        if secure {
            router = router.layer(middleware::map_response(security::insist_on_tls));
        }
        let refuse = errors::refuse;
        service::complete_undescribed("storefront", routes, router, database, state, refuse)
    }
}

impl Data for Storefront {
    /// The administrator's password stays: nobody would be told another one.
    fn reset(&self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async {
            in_transaction!(&self.database, |connection| {
                for table in ["sessions", "login_attempts", "submissions"] {
                    execute!(connection, AssertSqlSafe(format!("DELETE FROM {table}")))?;
                }
            })
        })
    }
}

/// Brings the database's tables up to date.
pub(crate) async fn migrate(database: &Database, lock: bool) -> Result<(), MigrateError> {
    let sqlite = sqlx::migrate!("migrations/storefront/sqlite");
    let postgres = sqlx::migrate!("migrations/storefront/postgres");
    database.migrate(sqlite, postgres, lock).await
}

/// Every page, by its path. A form is posted to a path of its own or to that of its page.
fn pages_by_route() -> Vec<(&'static str, MethodRouter<Shared>)> {
    vec![
        ("/", get(shop_pages::show)),
        (
            "/cart",
            get(basket_pages::show).post(shop_pages::add_to_cart),
        ),
        ("/books/{product_id}", get(shop_pages::show_book)),
        ("/cart/quantities", post(basket_pages::update)),
        ("/cart/{product_id}", post(basket_pages::update_one)),
        ("/cart/{product_id}/removal", post(basket_pages::remove)),
        ("/orders", get(order_pages::show).post(basket_pages::order)),
        ("/orders/{order_id}/returns", post(order_pages::give_back)),
        (
            "/orders/{order_id}/cancellation",
            get(order_pages::confirm_cancellation),
        ),
        ("/admin", get(admin_pages::list)),
        ("/admin/orders", get(order_pages::list_all)),
        ("/admin/login", get(login::show).post(login::sign_in)),
        ("/admin/logout", post(login::sign_out)),
        ("/admin/books", post(admin_pages::add)),
        ("/admin/books/new", get(admin_pages::show_new)),
        (
            "/admin/books/{product_id}",
            get(admin_pages::show).post(admin_pages::change),
        ),
        (
            "/admin/books/{product_id}/stock",
            post(admin_pages::change_stock),
        ),
        (
            "/admin/books/{product_id}/deletion",
            get(admin_pages::confirm_deletion).post(admin_pages::delete),
        ),
        (
            "/admin/books/{product_id}/restoration",
            post(admin_pages::restore),
        ),
    ]
}

/// Waits for other services only as long as a visitor would.
async fn patiently<T>(answer: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    timeout(PATIENCE, answer)
        .await
        .unwrap_or(Err(Error::Unavailable {
            service: "a service behind this page",
            cause: format!("no answer after {PATIENCE:?}"),
        }))
}
