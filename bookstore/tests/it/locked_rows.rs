//! Rows that somebody keeps locked: who wants them is told that the shop is busy, and everybody else
//! goes on. On PostgreSQL; SQLite has no locks of rows.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tokio::task::JoinSet;

use crate::support::{
    DistributedShop, Mishap, Pace, Patience, Process, ends_in_a_clean_audit, nothing_is_unfinished,
    on_both, postgres,
};

/// More than a service has connections.
const BUYERS: i64 = 20;

/// So many that their changes would keep all connections that write for longer than anybody waits.
const EDITORS: usize = 200;

fn items(book: i64) -> Value {
    json!({"items": [{"product_id": book, "quantity": 1}]})
}

/// A shop, of which somebody keeps rows of the catalog locked.
struct Locked {
    shop: Process,
    administrator: PgConnection,
    database: String,
    lock: PgConnection,
}

impl Locked {
    async fn open(url: &str) -> Self {
        let shop = Process::start(&["all", "--free-ports", "--ephemeral", "--database", url]);
        let name = shop.announcement["databases"].as_str().unwrap();
        let database = format!("{name}_catalog");
        let administrator = postgres::administrator(url).await;
        let lock = PgConnection::connect(&postgres::with_database(url, &database));
        Self {
            lock: lock.await.unwrap(),
            shop,
            administrator,
            database,
        }
    }

    /// Locks a book.
    async fn lock(&mut self, book: i64) {
        let take = format!("BEGIN; UPDATE products SET quantity = quantity WHERE id = {book}");
        self.lock.execute(AssertSqlSafe(take)).await.unwrap();
    }

    /// Waits until so many sessions wait for the lock.
    async fn wait_for_waiting(&mut self, least: i64) {
        let waiting = "SELECT COUNT(*) FROM pg_stat_activity
            WHERE datname = $1 AND wait_event_type = 'Lock'";
        let patience = Patience::new();
        loop {
            let counts: Vec<i64> = sqlx::query_scalar(waiting)
                .bind(&self.database)
                .fetch_all(&mut self.administrator)
                .await
                .unwrap();
            if counts[0] >= least {
                break;
            }
            patience.wait(counts).await;
        }
    }

    async fn unlock(&mut self) {
        self.lock.execute("ROLLBACK").await.unwrap();
    }
}

/// A request that is refused because the shop is busy.
async fn is_busy(request: reqwest::RequestBuilder) -> bool {
    let answer = request.send().await.unwrap();
    let is_busy = answer.status() == 503;
    assert!(!is_busy || answer.headers()["retry-after"] == "1");
    is_busy
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_whose_reads_wait_is_busy_and_not_away() {
    let Some(url) = postgres::url() else { return };
    let mut rows = Locked::open(url).await;
    let catalog = rows.shop.service("catalog");
    let lock = "BEGIN; LOCK TABLE products IN ACCESS EXCLUSIVE MODE";
    rows.lock.execute(lock).await.unwrap();
    let mut reading = JoinSet::new();
    for _ in 0..40 {
        let catalog = catalog.clone();
        reading.spawn(async move { is_busy(catalog.request(Method::GET, "/products")).await });
    }
    rows.wait_for_waiting(4).await;
    // The reads take turns on four connections, each for as long as a lock is waited for (1 s).
    let asked = Instant::now();
    assert_eq!(catalog.get("/ready").await.0, 200);
    let waited = asked.elapsed();
    assert!(waited < Duration::from_secs(3), "{waited:?}");
    rows.unlock().await;
    reading.join_all().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_book_stops_only_its_own_buyers() {
    let Some(url) = postgres::url() else { return };
    let mut rows = Locked::open(url).await;
    let [catalog, cart, orders] = ["catalog", "cart", "orders"].map(|name| rows.shop.service(name));
    let (locked, other) = (catalog.add_book(100).await, catalog.add_book(100).await);
    rows.lock(locked).await;

    let over = Arc::new(AtomicBool::new(false));
    let mut buyers = JoinSet::new();
    for customer in 1..=BUYERS {
        let (orders, over) = (orders.clone(), Arc::clone(&over));
        let body = match customer {
            // This one wants another book besides.
            BUYERS => json!({"items": [
                {"product_id": other, "quantity": 1},
                {"product_id": locked, "quantity": 1},
            ]}),
            _ => items(locked),
        };
        buyers.spawn(async move {
            let mut bought = [0, 0];
            while !over.load(Ordering::Relaxed) {
                let path = format!("/orders/{customer}");
                let request = orders.request(Method::POST, &path).json(&body);
                let answer = request.send().await.unwrap();
                match answer.status().as_u16() {
                    201 => bought[usize::from(customer == BUYERS)] += 1,
                    status => {
                        assert_eq!(status, 503);
                        assert_eq!(answer.headers()["retry-after"], "1");
                    }
                }
            }
            bought
        });
    }
    rows.wait_for_waiting(3).await;
    for customer in 101..=103 {
        let placed = orders.order(customer, "key", Some(items(other))).await;
        assert_eq!(placed.0, 201, "{}", placed.1);
        // Reads and probes do not stand in line with those who wait.
        assert_eq!(catalog.stock(locked).await, 100);
        assert_eq!(catalog.get("/products?q=design&limit=1").await.0, 200);
        assert_eq!(catalog.get("/ready").await.0, 200);
    }

    over.store(true, Ordering::Relaxed);
    rows.unlock().await;
    let bought = buyers.join_all().await.into_iter();
    let [alone, both] = bought.fold([0, 0], |sum, one| [sum[0] + one[0], sum[1] + one[1]]);
    assert_eq!(orders.order(5, "after", Some(items(locked))).await.0, 201);
    ends_in_a_clean_audit(&catalog, &cart, &orders).await;
    assert_eq!(catalog.stock(locked).await, 99 - alone - both);
    assert_eq!(catalog.stock(other).await, 97 - both);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_of_a_locked_book_stop_nobody_else() {
    let Some(url) = postgres::url() else { return };
    let mut rows = Locked::open(url).await;
    let [catalog, cart, orders] = ["catalog", "cart", "orders"].map(|name| rows.shop.service(name));
    let (locked, other) = (catalog.add_book(100).await, catalog.add_book(100).await);
    rows.lock(locked).await;

    let path = format!("/products/{locked}");
    let book = json!({"name": "Grand Design", "price": 12, "quantity": 1});
    let mut editors = JoinSet::new();
    for editor in 0..EDITORS {
        let (catalog, path, book) = (catalog.clone(), path.clone(), book.clone());
        editors.spawn(async move {
            loop {
                let change = match editor % 2 {
                    0 => catalog.request(Method::PUT, &path).json(&book),
                    _ => catalog.request(Method::DELETE, &path),
                };
                if !is_busy(change).await {
                    break;
                }
            }
        });
    }
    rows.wait_for_waiting(3).await;
    for customer in 101..=103 {
        let placed = orders.order(customer, "key", Some(items(other))).await;
        assert_eq!(placed.0, 201, "{}", placed.1);
    }
    rows.unlock().await;
    editors.join_all().await;
    assert_eq!(catalog.get(&path).await.0, 404);
    ends_in_a_clean_audit(&catalog, &cart, &orders).await;
    assert_eq!(catalog.stock(other).await, 97);
}

#[tokio::test]
async fn replicas_are_ready_whatever_rows_others_have_locked() {
    let Some(url) = postgres::url() else { return };
    let mut rows = Locked::open(url).await;
    let take = "BEGIN; INSERT INTO readiness (id, checked_at) VALUES (1, 0)
        ON CONFLICT (id) DO UPDATE SET checked_at = excluded.checked_at";
    rows.lock.execute(take).await.unwrap();
    let ready = rows.shop.service("catalog").get("/ready").await;
    assert_eq!(ready.0, 200, "{}", ready.1);
    rows.unlock().await;
}

/// The calls of as many orders as are recovered at once hang, and the next one is recovered all
/// the same.
async fn orders_whose_recovery_hangs_do_not_hold_up_others(database: &str) {
    const HANGING: usize = 8;
    let pace = Pace {
        call_timeout: "10m",
        lease: "1s",
    };
    let mut shop = DistributedShop::open(database, pace).await;
    let book = shop.catalog.add_book(100).await;
    shop.to_catalog
        .plan("PUT /reservations/", Mishap::Lost, HANGING + 1, 0);
    let mut customers = JoinSet::new();
    for customer in 1..=HANGING + 1 {
        let orders = shop.orders();
        customers.spawn(async move {
            let path = format!("/orders/{customer}");
            orders.try_under_key(&path, "key", Some(&items(book))).await
        });
    }
    let patience = Patience::new();
    while !shop.to_catalog.is_through() {
        patience.wait("before the reservations").await;
    }
    shop.to_catalog
        .plan("DELETE /reservations/", Mishap::Lost, HANGING, 0);
    let next = shop.start_replica();
    std::mem::replace(&mut shop.orders_process, next).kill();
    customers.join_all().await;
    nothing_is_unfinished(&shop.orders()).await;
    assert!(shop.to_catalog.is_through());
    shop.ends_in_a_clean_audit().await;
    assert_eq!(shop.catalog.stock(book).await, 100);
    shop.close().await;
}

on_both! {
    orders_whose_recovery_hangs_do_not_hold_up_others
}
