//! The orders' process is killed: after every step, and at random moments under load. Whatever it
//! left is finished or cancelled by the next one, and a client that asks again under its key gets
//! its one order.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use serde_json::{Value, json};
use tokio::{sync::RwLock, task::JoinSet};

use crate::support::{DistributedShop, Mishap, Pace, Patience, Service, insist, on_both};

/// Short, so that what a crash has left is soon found.
const PACE: Pace = Pace {
    call_timeout: "1s",
    lease: "1s",
};

/// Where a request is when the process is killed.
const MOMENTS: [Mishap; 3] = [
    Mishap::KilledBefore,
    Mishap::KilledAfter,
    Mishap::KilledAndLate,
];

/// Plans the death of the orders' process at its next request that begins like this.
fn plan_death(shop: &DistributedShop, request: &str, moment: Mishap) {
    shop.proxy_of(request)
        .plan(request, moment, 1, shop.orders_process.pid());
}

/// Waits for the planned death, and starts the orders again.
async fn die_and_start_again(shop: &mut DistributedShop, request: &str) {
    let patience = Patience::new();
    while !shop.proxy_of(request).is_through() {
        patience.wait(request).await;
    }
    let next = shop.start_replica();
    std::mem::replace(&mut shop.orders_process, next).kill();
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
            shop.proxy_of(request).deliver().await;
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
            shop.proxy_of(request).deliver().await;
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

async fn killed_at_random_under_load_nothing_is_oversold_leaked_lost_or_doubled(database: &str) {
    let mut shop = DistributedShop::open(database, PACE).await;
    let books = [
        shop.catalog.add_book(40).await,
        shop.catalog.add_book(60).await,
    ];
    let orders = Arc::new(RwLock::new(shop.orders()));
    let over = Arc::new(AtomicBool::new(false));
    let answers = Arc::new(AtomicUsize::new(0));
    let mut clients = JoinSet::new();
    for customer in 1..=100 {
        let (cart, orders, over) = (shop.cart.clone(), Arc::clone(&orders), Arc::clone(&over));
        let answers = Arc::clone(&answers);
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
                answers.fetch_add(1, Ordering::Relaxed);
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
        // Somewhere among the answers to come.
        let moment = answers.load(Ordering::Relaxed) + fastrand::usize(1..300);
        let patience = Patience::new();
        while answers.load(Ordering::Relaxed) < moment {
            patience.wait(moment).await;
        }
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
    let patience = Patience::new();
    loop {
        let service = orders.read().await.clone();
        match service.try_under_key(path, key, body).await {
            Some((409, answer)) if is_settled_conflict(&answer) => return (409, answer),
            later @ (Some((409 | 503, _)) | None) => patience.wait(later).await,
            Some(answer) => return answer,
        }
    }
}

/// Whether a conflict will not pass.
fn is_settled_conflict(answer: &Value) -> bool {
    let detail = answer["detail"].as_str().unwrap_or_default();
    detail.ends_with("was returned already")
}

on_both! {
    killed_at_any_step_an_order_is_placed_once
    killed_while_it_gives_up_an_order_holds_nothing
    killed_while_books_come_back_they_come_back_once
    killed_at_random_under_load_nothing_is_oversold_leaked_lost_or_doubled
}
