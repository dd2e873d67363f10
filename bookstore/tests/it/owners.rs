//! Orders that several want to decide: replicas that recover the same ones, and owners that are alive
//! but slower than their lease.

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::{
    DistributedShop, Mishap, Pace, Patience, Process, Service, insist, kill, nothing_is_unfinished,
    on_both,
};

/// Short, so that what a crash has left is soon found.
const PACE: Pace = Pace {
    call_timeout: "1s",
    lease: "1s",
};

/// A lease that is over before the owner gives up a call.
const PATIENT: Pace = Pace {
    call_timeout: "60s",
    lease: "100ms",
};

/// A lease that is over before a call is tried again.
const HASTY: Pace = Pace {
    call_timeout: "1s",
    lease: "100ms",
};

/// Two replicas find the same orders after a crash, and a third one that is slow is still at work.
async fn several_replicas_recover_the_same_orders_once(database: &str) {
    let mut shop = DistributedShop::open(database, PACE).await;
    let book = shop.catalog.add_book(1_000).await;
    let mut clients = JoinSet::new();
    for customer in 1..=60 {
        shop.cart.put_in_cart(customer, book, 1).await;
        let orders = shop.orders();
        clients.spawn(async move {
            orders
                .try_under_key(&format!("/orders/{customer}"), "key", None)
                .await
        });
    }
    // Some are through, some are on their way, some have not begun.
    let done = clients.join_next().await;
    assert!(done.is_some());
    kill(shop.orders_process.pid());
    let replicas: Vec<Process> = (0..3).map(|_| shop.start_replica()).collect();
    let next = shop.start_replica();
    std::mem::replace(&mut shop.orders_process, next).kill();
    clients.join_all().await;
    let mut clients = JoinSet::new();
    for customer in 1..=60_usize {
        let orders = replicas[customer % 3].service("orders");
        clients.spawn(async move {
            let path = format!("/orders/{customer}");
            insist(&orders, &path, "key", None).await.0
        });
    }
    assert!(clients.join_all().await.iter().all(|status| *status == 201));
    shop.ends_in_a_clean_audit().await;
    assert_eq!(shop.catalog.stock(book).await, 940);
    drop(replicas);
    shop.close().await;
}

/// An order whose owner is alive, but slower than its lease: the recovery and the owner both want
/// to decide it.
async fn an_order_that_outlives_its_lease_is_decided_once(database: &str) {
    let shop = DistributedShop::open(database, HASTY).await;
    let mut customer = 0;
    for request in ["PUT /checkouts/", "PUT /reservations/"] {
        for mishap in [Mishap::Lost, Mishap::Unanswered] {
            customer += 1;
            let book = shop.catalog.add_book(10).await;
            shop.cart.put_in_cart(customer, book, 2).await;
            shop.proxy_of(request).plan(request, mishap, 2, 0);
            let first = shop.orders().order(customer, "key", None).await;
            let cancelled = (409, json!({"detail": "The order was cancelled"}));
            assert_eq!(first, cancelled, "{request} {mishap:?}");
            let path = format!("/orders/{customer}");
            let placed = insist(&shop.orders(), &path, "key", None).await;
            assert_eq!(placed.0, 201, "{request} {mishap:?}: {}", placed.1);
            shop.ends_in_a_clean_audit().await;
            assert_eq!(shop.catalog.stock(book).await, 8, "{request} {mishap:?}");
        }
    }
    shop.close().await;
}

async fn newest_reservation(catalog: &Service) -> Value {
    let (_, listed) = catalog.get("/reservations").await;
    let newest = listed["reservations"].as_array().unwrap().last();
    newest.cloned().unwrap_or_default()
}

/// Everything has gone well for the owner, but it hears of it when the recovery has given all back:
/// what stops it is its order's row.
async fn an_owner_that_comes_to_the_pivot_too_late_sells_nothing(database: &str) {
    let shop = DistributedShop::open(database, PATIENT).await;
    let book = shop.catalog.add_book(10).await;
    let items = json!({"items": [{"product_id": book, "quantity": 2}]});
    for (customer, body) in [(1, None), (2, Some(&items))] {
        shop.cart.put_in_cart(customer, book, 2).await;
        let before = shop.catalog.stock(book).await;
        let late = Mishap::AnsweredLate;
        shop.to_catalog.plan("PUT /reservations/", late, 1, 0);
        let (orders, body) = (shop.orders(), body.cloned());
        let first = tokio::spawn({
            let (orders, body) = (orders.clone(), body.clone());
            async move { orders.order(customer, "key", body).await }
        });
        let patience = Patience::new();
        while !shop.to_catalog.is_through() {
            patience.wait("before the owner's request").await;
        }
        while newest_reservation(&shop.catalog).await["status"] != json!("Released") {
            patience.wait("before the recovery").await;
        }
        nothing_is_unfinished(&orders).await;
        assert_eq!(shop.catalog.stock(book).await, before);
        shop.to_catalog.let_answer_go();
        let cancelled = (409, json!({"detail": "The order was cancelled"}));
        assert_eq!(first.await.unwrap(), cancelled);
        shop.ends_in_a_clean_audit().await;
        let path = format!("/orders/{customer}");
        let placed = insist(&orders, &path, "key", body.as_ref()).await;
        assert_eq!(placed.0, 201, "{}", placed.1);
        assert_eq!(shop.catalog.stock(book).await, before - 2);
    }
    shop.close().await;
}

/// Nobody waits for a lease of an hour: the next process knows that the one before it has ended.
async fn after_a_crash_orders_are_taken_over_at_once(database: &str) {
    let pace = Pace {
        call_timeout: "1s",
        lease: "1h",
    };
    let mut shop = DistributedShop::open(database, pace).await;
    for (customer, request) in (1..).zip(["PUT /checkouts/", "PUT /reservations/"]) {
        let book = shop.catalog.add_book(10).await;
        shop.cart.put_in_cart(customer, book, 2).await;
        let victim = shop.orders_process.pid();
        let proxy = shop.proxy_of(request);
        proxy.plan(request, Mishap::KilledAfter, 1, victim);
        let path = format!("/orders/{customer}");
        assert_eq!(shop.orders().try_under_key(&path, "key", None).await, None);
        let next = shop.start_replica();
        std::mem::replace(&mut shop.orders_process, next).kill();
        let placed = insist(&shop.orders(), &path, "another", None).await;
        assert_eq!(placed.0, 201, "{request}: {}", placed.1);
        shop.ends_in_a_clean_audit().await;
        assert_eq!(shop.catalog.stock(book).await, 8, "{request}");
    }
    shop.close().await;
}

on_both! {
    after_a_crash_orders_are_taken_over_at_once
    several_replicas_recover_the_same_orders_once
    an_order_that_outlives_its_lease_is_decided_once
    an_owner_that_comes_to_the_pivot_too_late_sells_nothing
}
