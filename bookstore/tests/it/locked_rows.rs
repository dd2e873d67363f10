//! Rows that somebody keeps locked: who wants them is told that the shop is busy, and everybody else
//! goes on. On PostgreSQL; SQLite has no locks of rows.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
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

fn items(book: i64) -> Value {
    json!({"items": [{"product_id": book, "quantity": 1}]})
}

/// Waits until so many sessions of this database wait for locks.
async fn wait_for_waiting(administrator: &mut PgConnection, database: &str, least: i64) {
    let waiting = "SELECT COUNT(*) FROM pg_stat_activity
        WHERE datname = $1 AND wait_event_type = 'Lock'";
    let patience = Patience::new();
    loop {
        let counts: Vec<i64> = sqlx::query_scalar(waiting)
            .bind(database)
            .fetch_all(&mut *administrator)
            .await
            .unwrap();
        if counts[0] >= least {
            break;
        }
        patience.wait(counts).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_book_stops_only_its_own_buyers() {
    let Some(url) = postgres::url() else { return };
    let shop = Process::start(&["all", "--free-ports", "--ephemeral", "--database", url]);
    let [catalog, cart, orders] = ["catalog", "cart", "orders"].map(|name| shop.service(name));
    let (locked, other) = (catalog.add_book(100).await, catalog.add_book(100).await);
    let name = shop.announcement["databases"].as_str().unwrap();
    let database = format!("{name}_catalog");
    let mut administrator = postgres::administrator(url).await;
    let mut lock = PgConnection::connect(&postgres::with_database(url, &database))
        .await
        .unwrap();
    let take = format!("BEGIN; UPDATE products SET quantity = quantity WHERE id = {locked}");
    lock.execute(AssertSqlSafe(take)).await.unwrap();

    let over = Arc::new(AtomicBool::new(false));
    let mut buyers = JoinSet::new();
    for customer in 1..=BUYERS {
        let (orders, over) = (orders.clone(), Arc::clone(&over));
        buyers.spawn(async move {
            let mut bought = 0;
            while !over.load(Ordering::Relaxed) {
                let path = format!("/orders/{customer}");
                let request = orders.request(Method::POST, &path).json(&items(locked));
                let answer = request.send().await.unwrap();
                match answer.status().as_u16() {
                    201 => bought += 1,
                    status => {
                        assert_eq!(status, 503);
                        assert_eq!(answer.headers()["retry-after"], "1");
                    }
                }
            }
            bought
        });
    }
    wait_for_waiting(&mut administrator, &database, 3).await;
    for customer in 101..=103 {
        let placed = orders.order(customer, "key", Some(items(other))).await;
        assert_eq!(placed.0, 201, "{}", placed.1);
        // Reads and probes do not stand in line with those who wait.
        assert_eq!(catalog.stock(locked).await, 100);
        assert_eq!(catalog.get("/products?q=design&limit=1").await.0, 200);
        assert_eq!(catalog.get("/ready").await.0, 200);
    }
    let body = json!({"name": "Grand Design", "price": 12, "quantity": 1});
    let change = catalog.request(Method::PUT, &format!("/products/{locked}"));
    let busy = change.json(&body).send().await.unwrap();
    assert_eq!(busy.status(), 503);
    assert_eq!(busy.headers()["retry-after"], "1");

    over.store(true, Ordering::Relaxed);
    lock.execute("ROLLBACK").await.unwrap();
    let bought: i64 = buyers.join_all().await.into_iter().sum();
    assert_eq!(orders.order(5, "after", Some(items(locked))).await.0, 201);
    ends_in_a_clean_audit(&catalog, &cart, &orders).await;
    assert_eq!(catalog.stock(locked).await, 99 - bought);
    assert_eq!(catalog.stock(other).await, 97);
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
