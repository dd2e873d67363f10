//! Numbers of orders and returns that are given twice, because the orders' database was reset or
//! restored from a copy: each order takes its own copies all the same.

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Executor};
use tempfile::TempDir;

use crate::support::{Process, Service, nothing_is_unfinished, on_both, postgres};

fn items(book: i64, copies: i64) -> Value {
    json!({"items": [{"product_id": book, "quantity": copies}]})
}

fn number(placed: &(u16, Value)) -> i64 {
    assert_eq!(placed.0, 201, "{}", placed.1);
    placed.1["order"]["id"].as_i64().unwrap()
}

/// The audit of the whole shop finds what was sold to orders that are no more, and nothing else.
async fn finds_lost_orders(orders: &Service, lost: usize) {
    let (_, audit) = orders.get("/audit/shop").await;
    assert_eq!(audit["clean"], json!(false), "{audit}");
    let rule = "copies are sold to orders that were placed only";
    let violations = audit["violations"].as_array().unwrap();
    let sold = violations.iter().filter(|found| found["rule"] == rule);
    assert_eq!(sold.count(), lost, "{audit}");
}

async fn after_a_reset_the_same_orders_take_copies_again(database: &str) {
    let shop = Process::start(&[
        "all",
        "--free-ports",
        "--ephemeral",
        "--admin-calls",
        "--database",
        database,
    ]);
    let [catalog, cart, orders] = ["catalog", "cart", "orders"].map(|name| shop.service(name));
    let book = catalog.add_book(20).await;
    let mut numbers = Vec::new();
    for round in 0..2 {
        let before = 20 - 6 * round;
        assert_eq!(catalog.stock(book).await, before);
        let order = number(&orders.order(5, "items", Some(items(book, 3))).await);
        cart.put_in_cart(6, book, 4).await;
        let of_cart = number(&orders.order(6, "cart", None).await);
        assert_eq!(catalog.stock(book).await, before - 7, "round {round}");
        let returned = orders
            .take_back(5, order, "back", Some(items(book, 1)))
            .await;
        assert_eq!(returned.0, 201, "{}", returned.1);
        assert_eq!(catalog.stock(book).await, before - 6, "round {round}");
        numbers.push((order, of_cart));
        nothing_is_unfinished(&orders).await;
        assert_eq!(catalog.audit("/audit").await["unfinished"], 0);
        if round == 0 {
            orders.audit("/audit/shop").await;
            assert_eq!(orders.post_nothing("/admin/reset").await.0, 204);
        }
    }
    assert_eq!(numbers[0], numbers[1], "the numbers were given twice");
    finds_lost_orders(&orders, 2).await;
}

/// A shop's databases that outlive its processes, and a copy of those of the orders.
enum Data {
    Folder(TempDir),
    Server { url: String, name: String },
}

impl Data {
    fn new(database: &str) -> Self {
        match database {
            "sqlite" => Self::Folder(tempfile::tempdir().unwrap()),
            url => Self::Server {
                url: url.to_owned(),
                name: format!("restored_{:016x}", fastrand::u64(..)),
            },
        }
    }

    fn open(&self) -> Process {
        let database = match self {
            Self::Folder(folder) => format!("sqlite:{}", folder.path().display()),
            Self::Server { url, name } => postgres::with_database(url, name),
        };
        Process::start(&["all", "--free-ports", "--database", &database])
    }

    async fn execute(&self, statements: &[String]) {
        if let Self::Server { url, .. } = self {
            let mut administrator = postgres::administrator(url).await;
            for statement in statements {
                let statement = AssertSqlSafe(statement.as_str());
                administrator.execute(statement).await.unwrap();
            }
        }
    }

    /// Copies the orders' database, which nobody has open.
    async fn copy(&self) {
        match self {
            Self::Folder(folder) => {
                let file = |name| folder.path().join(name);
                std::fs::copy(file("orders.db"), file("copy.db")).unwrap();
            }
            Self::Server { name, .. } => {
                let copy = format!("CREATE DATABASE {name}_copy TEMPLATE {name}_orders");
                self.execute(&[copy]).await;
            }
        }
    }

    /// Puts the copy in the place of the orders' database.
    async fn restore(&self) {
        match self {
            Self::Folder(folder) => {
                let file = |name| folder.path().join(name);
                assert!(!file("orders.db-wal").exists(), "it was closed");
                std::fs::rename(file("copy.db"), file("orders.db")).unwrap();
            }
            Self::Server { name, .. } => {
                let drop = format!("DROP DATABASE {name}_orders");
                let rename = format!("ALTER DATABASE {name}_copy RENAME TO {name}_orders");
                self.execute(&[drop, rename]).await;
            }
        }
    }

    async fn remove(self) {
        if let Self::Server { name, .. } = &self {
            let services = ["catalog", "cart", "orders", "storefront"];
            let drops = services.map(|service| format!("DROP DATABASE {name}_{service}"));
            self.execute(&drops).await;
        }
    }
}

async fn after_a_restore_the_same_orders_take_copies_again(database: &str) {
    let data = Data::new(database);
    let shop = data.open();
    let book = shop.service("catalog").add_book(20).await;
    let kept = number(
        &shop
            .service("orders")
            .order(5, "kept", Some(items(book, 4)))
            .await,
    );
    drop(shop);
    data.copy().await;

    let mut numbers = Vec::new();
    for round in 0..2 {
        let shop = data.open();
        let (catalog, orders) = (shop.service("catalog"), shop.service("orders"));
        let before = 16 - 2 * round;
        assert_eq!(catalog.stock(book).await, before);
        let lost = orders.order(5, "lost", Some(items(book, 3))).await;
        numbers.push(number(&lost));
        assert_eq!(catalog.stock(book).await, before - 3, "round {round}");
        let returned = orders
            .take_back(5, kept, "back", Some(items(book, 1)))
            .await;
        assert_eq!(returned.0, 201, "{}", returned.1);
        assert_eq!(catalog.stock(book).await, before - 2, "round {round}");
        nothing_is_unfinished(&orders).await;
        match round {
            0 => drop(orders.audit("/audit/shop").await),
            _ => finds_lost_orders(&orders, 1).await,
        }
        drop(shop);
        if round == 0 {
            data.restore().await;
        }
    }
    assert_eq!(numbers[0], numbers[1], "the number was given twice");
    data.remove().await;
}

on_both! {
    after_a_reset_the_same_orders_take_copies_again
    after_a_restore_the_same_orders_take_copies_again
}
