//! A shop in processes of their own, whose orders can be killed and started again on the same data.

use std::process::Command;

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tempfile::TempDir;

use super::{Patience, Process, Proxy, Service, command, postgres};

/// Catalog and cart that stay, and orders that may not.
pub(crate) struct DistributedShop {
    pub(crate) catalog: Service,
    pub(crate) cart: Service,
    pub(crate) to_catalog: Proxy,
    pub(crate) to_cart: Proxy,
    data: Data,
    pace: Pace,
    pub(crate) orders_process: Process,
    _others: [Process; 2],
}

/// How soon the orders lose patience.
#[derive(Clone, Copy)]
pub(crate) struct Pace {
    /// With one try of a call.
    pub(crate) call_timeout: &'static str,
    /// With an order that nobody works on.
    pub(crate) lease: &'static str,
}

/// Where the orders are kept.
enum Data {
    Folder(TempDir),
    Server { url: String, name: String },
}

impl DistributedShop {
    /// Opens a shop without books.
    pub(crate) async fn open(database: &str, pace: Pace) -> Self {
        let fresh = ["--port", "0", "--ephemeral", "--database", database];
        let catalog_process = Process::start(&[&["catalog"], &fresh[..]].concat());
        let catalog = catalog_process.service("catalog");
        let urls = ["--catalog-url", &catalog.internal_url];
        let cart_process = Process::start(&[&["cart"], &fresh[..], &urls].concat());
        let cart = cart_process.service("cart");
        let (to_catalog, to_cart) = (Proxy::of(&catalog).await, Proxy::of(&cart).await);
        let data = Data::new(database);
        Self {
            orders_process: start_orders(&data, pace, &to_catalog, &to_cart),
            catalog,
            cart,
            to_catalog,
            to_cart,
            data,
            pace,
            _others: [catalog_process, cart_process],
        }
    }

    /// Another process of the orders service, on the same data.
    pub(crate) fn start_replica(&self) -> Process {
        start_orders(&self.data, self.pace, &self.to_catalog, &self.to_cart)
    }

    /// Another process of the orders service, with a library loaded into it.
    pub(crate) fn start_replica_with(&self, library: &std::path::Path) -> Process {
        let (data, pace) = (&self.data, self.pace);
        let mut command = orders_command(data, pace, &self.to_catalog, &self.to_cart);
        Process::launch(command.env("LD_PRELOAD", library))
    }

    /// Executes a statement on the orders' database on PostgreSQL.
    pub(crate) async fn execute(&self, statement: &str) {
        let url = self.data.url();
        let mut connection = PgConnection::connect(&url).await.unwrap();
        let statement = AssertSqlSafe(statement.to_owned());
        connection.execute(statement).await.unwrap();
    }

    /// What such a request of the orders passes through.
    pub(crate) fn proxy_of(&self, request: &str) -> &Proxy {
        match request.contains("/checkouts") {
            true => &self.to_cart,
            false => &self.to_catalog,
        }
    }

    pub(crate) fn orders(&self) -> Service {
        self.orders_process.service("orders")
    }

    /// Removes the orders' database, which no process has open any more.
    pub(crate) async fn wipe_orders(&self) {
        match &self.data {
            Data::Folder(folder) => {
                for file in ["orders.db", "orders.db-wal", "orders.db-shm"] {
                    std::fs::remove_file(folder.path().join(file)).unwrap();
                }
            }
            Data::Server { url, name } => {
                let mut administrator = postgres::administrator(url).await;
                let drop = format!("DROP DATABASE {name} WITH (FORCE)");
                administrator.execute(AssertSqlSafe(drop)).await.unwrap();
            }
        }
    }

    /// Waits until nothing is unfinished, and checks that nothing is oversold, leaked, lost or
    /// doubled.
    pub(crate) async fn ends_in_a_clean_audit(&self) {
        ends_in_a_clean_audit(&self.catalog, &self.cart, &self.orders()).await;
    }

    /// Ends the orders and removes their data.
    pub(crate) async fn close(self) {
        drop(self.orders_process);
        if let Data::Server { url, name } = self.data {
            let mut administrator = postgres::administrator(&url).await;
            let drop = format!("DROP DATABASE {name}");
            administrator.execute(AssertSqlSafe(drop)).await.unwrap();
        }
    }
}

impl Data {
    fn new(database: &str) -> Self {
        if database == "sqlite" {
            return Self::Folder(tempfile::tempdir().unwrap());
        }
        Self::Server {
            url: database.to_owned(),
            name: format!("orders_{:016x}", fastrand::u64(..)),
        }
    }

    fn url(&self) -> String {
        match self {
            Self::Folder(folder) => format!("sqlite:{}", folder.path().display()),
            Self::Server { url, name } => postgres::with_database(url, name),
        }
    }
}

fn start_orders(data: &Data, pace: Pace, to_catalog: &Proxy, to_cart: &Proxy) -> Process {
    Process::launch(&mut orders_command(data, pace, to_catalog, to_cart))
}

fn orders_command(data: &Data, pace: Pace, to_catalog: &Proxy, to_cart: &Proxy) -> Command {
    command(&[
        "orders",
        "--port",
        "0",
        "--database",
        &data.url(),
        "--catalog-url",
        &to_catalog.url,
        "--cart-url",
        &to_cart.url,
        "--call-timeout",
        pace.call_timeout,
        "--order-lease",
        pace.lease,
    ])
}

/// Waits until nothing is unfinished, and checks that every rule holds.
pub(crate) async fn ends_in_a_clean_audit(catalog: &Service, cart: &Service, orders: &Service) {
    nothing_is_unfinished(orders).await;
    for (service, path) in [
        (catalog, "/audit"),
        (cart, "/audit"),
        (orders, "/audit"),
        (orders, "/audit/shop"),
    ] {
        let audit = service.audit(path).await;
        assert_eq!(audit["unfinished"], json!(0), "{path}: {audit}");
    }
}

/// Waits until every order and return is settled.
pub(crate) async fn nothing_is_unfinished(orders: &Service) {
    let patience = Patience::new();
    loop {
        let audit = orders.audit("/audit").await;
        if audit["unfinished"] == json!(0) {
            break;
        }
        patience.wait(audit).await;
    }
}

impl Service {
    /// An audit, which must be clean at any moment.
    pub(crate) async fn audit(&self, path: &str) -> Value {
        let (status, audit) = self.get(path).await;
        assert_eq!(status, 200, "{audit}");
        assert_eq!(audit["violations"], json!([]), "{path}");
        assert_eq!(audit["clean"], json!(true), "{path}");
        audit
    }
}

impl Service {
    /// Posts under an idempotency key; nothing when the process dies meanwhile.
    pub(crate) async fn try_under_key(
        &self,
        path: &str,
        key: &str,
        body: Option<&Value>,
    ) -> Option<(u16, Value)> {
        let mut request = self
            .request(Method::POST, path)
            .header("Idempotency-Key", key);
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.ok()?;
        let status = response.status().as_u16();
        Some((status, response.json().await.ok()?))
    }
}

/// Asks until there is an answer that stays.
pub(crate) async fn insist(
    orders: &Service,
    path: &str,
    key: &str,
    body: Option<&Value>,
) -> (u16, Value) {
    let patience = Patience::new();
    loop {
        match orders.try_under_key(path, key, body).await {
            later @ (Some((409 | 503, _)) | None) => patience.wait(later).await,
            Some(answer) => return answer,
        }
    }
}
