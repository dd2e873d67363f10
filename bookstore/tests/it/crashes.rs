//! The orders' process is killed: after every step, and at random moments under load. Whatever it
//! left is finished or cancelled by the next one, and a client that asks again under its key gets
//! its one order.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::{sync::RwLock, task::JoinSet};

use crate::support::{DistributedShop, Mishap, Pace, Process, Proxy, Service, kill, postgres};

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

/// Where a request is when the process is killed.
const MOMENTS: [Mishap; 3] = [
    Mishap::KilledBefore,
    Mishap::KilledAfter,
    Mishap::KilledAndLate,
];

/// Plans the death of the orders' process at its next request that begins like this.
fn plan_death(shop: &DistributedShop, request: &str, moment: Mishap) {
    proxy(shop, request).plan(request, moment, 1, shop.orders_process.pid());
}

fn proxy<'a>(shop: &'a DistributedShop, request: &str) -> &'a Proxy {
    match request.contains("/checkouts") {
        true => &shop.to_cart,
        false => &shop.to_catalog,
    }
}

/// Waits for the planned death, and starts the orders again.
async fn die_and_start_again(shop: &mut DistributedShop, request: &str) {
    while !proxy(shop, request).is_through() {
        tokio::task::yield_now().await;
    }
    let next = shop.start_replica();
    std::mem::replace(&mut shop.orders_process, next).kill();
}

/// Asks until there is an answer that stays.
async fn insist(orders: &Service, path: &str, key: &str, body: Option<&Value>) -> (u16, Value) {
    loop {
        match orders.try_under_key(path, key, body).await {
            Some((409 | 503, _)) | None => tokio::time::sleep(Duration::from_millis(50)).await,
            Some(answer) => return answer,
        }
    }
}

async fn killed_at_any_step_an_order_is_placed_once(database: &str) {
    let mut shop = DistributedShop::open(database, PACE).await;
    let mut customer = 0;
    for request in [
        "PUT /checkouts/",
        "PUT /reservations/",
        "POST /reservations/",
        "POST /checkouts/",
    ] {
        for moment in MOMENTS {
            customer += 1;
            let book = shop.catalog.add_book(10).await;
            shop.cart.put_in_cart(customer, book, 2).await;
            plan_death(&shop, request, moment);
            let path = format!("/orders/{customer}");
            let orders = shop.orders();
            let first = tokio::spawn({
                let path = path.clone();
                async move { orders.try_under_key(&path, "key", None).await }
            });
            die_and_start_again(&mut shop, request).await;
            assert_eq!(first.await.unwrap(), None, "{request} {moment:?}");

            let placed = insist(&shop.orders(), &path, "key", None).await;
            assert_eq!(placed.0, 201, "{request} {moment:?}: {}", placed.1);
            proxy(&shop, request).deliver().await;
            shop.ends_in_a_clean_audit().await;
            let (_, listed) = shop.orders().get(&path).await;
            assert_eq!(
                listed["orders"],
                json!([placed.1["order"]]),
                "{request} {moment:?}"
            );
            assert_eq!(shop.catalog.stock(book).await, 8, "{request} {moment:?}");
            let again = shop.orders().order(customer, "key", None).await;
            assert_eq!(again, placed, "{request} {moment:?}");
        }
    }
    shop.close().await;
}

async fn killed_while_it_gives_up_an_order_holds_nothing(database: &str) {
    let mut shop = DistributedShop::open(database, PACE).await;
    let mut customer = 0;
    for request in ["DELETE /reservations/", "DELETE /checkouts/"] {
        for moment in MOMENTS {
            customer += 1;
            let (plenty, scarce) = (
                shop.catalog.add_book(10).await,
                shop.catalog.add_book(2).await,
            );
            shop.cart.put_in_cart(customer, plenty, 2).await;
            shop.cart.put_in_cart(customer, scarce, 2).await;
            let sold = json!({"name": "Grand Design", "price": 12, "quantity": 1});
            shop.catalog.put(&format!("/products/{scarce}"), sold).await;
            plan_death(&shop, request, moment);
            let path = format!("/orders/{customer}");
            let orders = shop.orders();
            let first = tokio::spawn({
                let path = path.clone();
                async move { orders.try_under_key(&path, "key", None).await }
            });
            die_and_start_again(&mut shop, request).await;
            assert_eq!(first.await.unwrap(), None, "{request} {moment:?}");

            // The refusal was decided before the crash.
            let refused = insist(&shop.orders(), &path, "key", None).await;
            assert_eq!(refused.0, 400, "{request} {moment:?}: {}", refused.1);
            shop.ends_in_a_clean_audit().await;
            proxy(&shop, request).deliver().await;
            shop.ends_in_a_clean_audit().await;
            assert_eq!(shop.catalog.stock(plenty).await, 10, "{request} {moment:?}");
            let line = format!("/carts/{customer}/{scarce}");
            let changed = shop.cart.put(&line, json!({"quantity": 1})).await;
            assert_eq!(changed.0, 200, "the cart is free: {}", changed.1);
            assert_eq!(shop.orders().post_nothing(&path).await.0, 201);
        }
    }
    shop.close().await;
}

async fn killed_while_books_come_back_they_come_back_once(database: &str) {
    let mut shop = DistributedShop::open(database, PACE).await;
    for (customer, moment) in (1..).zip(MOMENTS) {
        let book = shop.catalog.add_book(10).await;
        shop.cart.put_in_cart(customer, book, 3).await;
        let (_, placed) = shop.orders().order(customer, "buy", None).await;
        let order = placed["order"]["id"].as_i64().unwrap();
        plan_death(&shop, "PUT /returns/", moment);
        let path = format!("/orders/{customer}/{order}/returns");
        let two = json!({"items": [{"product_id": book, "quantity": 2}]});
        let orders = shop.orders();
        let first = tokio::spawn({
            let (path, two) = (path.clone(), two.clone());
            async move { orders.try_under_key(&path, "key", Some(&two)).await }
        });
        die_and_start_again(&mut shop, "PUT /returns/").await;
        assert_eq!(first.await.unwrap(), None, "{moment:?}");

        let returned = insist(&shop.orders(), &path, "key", Some(&two)).await;
        assert_eq!(returned.0, 201, "{moment:?}: {}", returned.1);
        shop.ends_in_a_clean_audit().await;
        shop.to_catalog.deliver().await;
        shop.ends_in_a_clean_audit().await;
        assert_eq!(shop.catalog.stock(book).await, 9, "{moment:?}");
        assert_eq!(
            shop.orders()
                .take_back(customer, order, "rest", None)
                .await
                .0,
            201
        );
        assert_eq!(shop.catalog.stock(book).await, 10, "{moment:?}");
    }
    shop.close().await;
}

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
            proxy(&shop, request).plan(request, mishap, 2, 0);
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
        while !shop.to_catalog.is_through() || shop.catalog.stock(book).await == before {
            tokio::task::yield_now().await;
        }
        while orders.audit("/audit").await["unfinished"] != json!(0) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
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

async fn killed_at_random_under_load_nothing_is_oversold_leaked_lost_or_doubled(database: &str) {
    let mut shop = DistributedShop::open(database, PACE).await;
    let books = [
        shop.catalog.add_book(40).await,
        shop.catalog.add_book(60).await,
    ];
    let orders = Arc::new(RwLock::new(shop.orders()));
    let over = Arc::new(AtomicBool::new(false));
    let mut clients = JoinSet::new();
    for customer in 1..=100 {
        let (cart, orders, over) = (shop.cart.clone(), Arc::clone(&orders), Arc::clone(&over));
        clients.spawn(async move {
            let book = books[usize::try_from(customer % 2).unwrap()];
            let mut kept = Vec::new();
            for round in 0.. {
                if over.load(Ordering::Relaxed) {
                    break;
                }
                // In turn from the cart and without it.
                let items = json!({"items": [{"product_id": book, "quantity": 1}]});
                let body = (round % 2 == 0).then_some(&items);
                if body.is_none() {
                    let item = json!({"product_id": book, "quantity": 1});
                    cart.post(&format!("/carts/{customer}"), item).await;
                }
                let path = format!("/orders/{customer}");
                let key = format!("buy-{round}");
                let (status, placed) = insist_anywhere(&orders, &path, &key, body).await;
                if status != 201 {
                    continue;
                }
                let order = placed["order"]["id"].as_i64().unwrap();
                // Most orders go back, so that there is always something to buy.
                if fastrand::u8(..) < 200 {
                    let path = format!("/orders/{customer}/{order}/returns");
                    let (status, answer) = insist_anywhere(&orders, &path, "back", None).await;
                    assert!(matches!(status, 201 | 202), "{status} {answer}");
                } else {
                    kept.push((order, placed["items"].clone()));
                }
            }
            (customer, kept)
        });
    }
    for _ in 0..8 {
        tokio::time::sleep(Duration::from_millis(fastrand::u64(50..600))).await;
        let next = shop.start_replica();
        let service = next.service("orders");
        // The next one is already there, as a replica is: whatever it finds is another's work.
        std::mem::replace(&mut shop.orders_process, next).kill();
        *orders.write().await = service;
    }
    over.store(true, Ordering::Relaxed);
    let kept = clients.join_all().await;
    shop.ends_in_a_clean_audit().await;

    // What the clients believe is what the shop says.
    let mut copies = [0; 2];
    for (customer, kept) in kept {
        let (_, listed) = shop.orders().get(&format!("/orders/{customer}")).await;
        let listed = listed["orders"].as_array().unwrap();
        let standing: BTreeSet<i64> = listed
            .iter()
            .filter(|order| order["status"] == "Ordered")
            .map(|order| order["id"].as_i64().unwrap())
            .collect();
        let believed: BTreeSet<i64> = kept.iter().map(|(order, _)| *order).collect();
        assert_eq!(standing, believed, "customer {customer}");
        for (_, items) in kept {
            for item in items.as_array().unwrap() {
                let which = usize::from(item["product_id"] == json!(books[1]));
                copies[which] += item["quantity"].as_i64().unwrap();
            }
        }
    }
    assert_eq!(shop.catalog.stock(books[0]).await, 40 - copies[0]);
    assert_eq!(shop.catalog.stock(books[1]).await, 60 - copies[1]);
    shop.close().await;
}

/// Asks whichever process is there until there is an answer that stays.
async fn insist_anywhere(
    orders: &RwLock<Service>,
    path: &str,
    key: &str,
    body: Option<&Value>,
) -> (u16, Value) {
    loop {
        let service = orders.read().await.clone();
        match service.try_under_key(path, key, body).await {
            Some((409, answer)) if is_settled_conflict(&answer) => return (409, answer),
            Some((409 | 503, _)) | None => tokio::time::sleep(Duration::from_millis(20)).await,
            Some(answer) => return answer,
        }
    }
}

/// Whether a conflict will not pass.
fn is_settled_conflict(answer: &Value) -> bool {
    let detail = answer["detail"].as_str().unwrap_or_default();
    detail.ends_with("was returned already")
}

impl Service {
    /// Posts under an idempotency key; nothing when the process dies meanwhile.
    async fn try_under_key(
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

/// Tells each story of a crash on both databases.
macro_rules! on_both {
    ($($name:ident)*) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() { super::$name("sqlite").await; })*
        }
        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                if let Some(url) = super::postgres::url() {
                    super::$name(url).await;
                }
            })*
        }
    };
}

on_both! {
    killed_at_any_step_an_order_is_placed_once
    killed_while_it_gives_up_an_order_holds_nothing
    killed_while_books_come_back_they_come_back_once
    several_replicas_recover_the_same_orders_once
    an_order_that_outlives_its_lease_is_decided_once
    an_owner_that_comes_to_the_pivot_too_late_sells_nothing
    killed_at_random_under_load_nothing_is_oversold_leaked_lost_or_doubled
}
