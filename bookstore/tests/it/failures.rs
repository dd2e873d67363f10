//! Catalog and cart that are not there, lose requests, or lose answers, at every step of an order:
//! once, so that the next try gets through, and for so long that the order gives up. Whatever the
//! client is told is true, and a client that asks again under its key gets its one order.

use serde_json::json;

use crate::support::{DistributedShop, Mishap, Pace, insist, postgres};

/// The lease is longer than an order may take whose calls all fail.
const PACE: Pace = Pace {
    call_timeout: "400ms",
    lease: "6s",
};

/// A call is tried as often.
const TRIES: usize = 4;

async fn orders_survive(database: &str, mishap: Mishap) {
    let shop = DistributedShop::open(database, PACE).await;
    let mut customer = 0;
    for request in [
        "PUT /checkouts/",
        "PUT /reservations/",
        "POST /reservations/",
        "POST /checkouts/",
    ] {
        for times in [1, TRIES] {
            customer += 1;
            let book = shop.catalog.add_book(10).await;
            shop.cart.put_in_cart(customer, book, 2).await;
            let proxy = shop.proxy_of(request);
            proxy.plan(request, mishap, times, 0);

            let context = format!("{times} times {mishap:?} at {request}");
            let first = shop.orders().order(customer, "key", None).await;
            // Up to the pivot a service that does not answer at all ends the order; after it,
            // nothing does.
            let gives_up = request.starts_with("PUT") && times == TRIES && mishap != Mishap::Slow;
            let expected = if gives_up { 503 } else { 201 };
            assert_eq!(first.0, expected, "{context}: {}", first.1);
            if gives_up {
                assert_eq!(shop.catalog.stock(book).await, 10, "{context}");
                let (_, listed) = shop.orders().get(&format!("/orders/{customer}")).await;
                assert_eq!(listed["orders"], json!([]), "{context}");
            }
            let path = format!("/orders/{customer}");
            let placed = insist(&shop.orders(), &path, "key", None).await;
            assert_eq!(placed.0, 201, "{context}: {}", placed.1);
            if !gives_up {
                assert_eq!(placed, first, "{context}");
            }
            shop.ends_in_a_clean_audit().await;
            // Who is only slow is asked but once.
            assert!(proxy.is_through() || mishap == Mishap::Slow, "{context}");
            proxy.calm();
            assert_eq!(shop.catalog.stock(book).await, 8, "{context}");
            let (_, listed) = shop.orders().get(&path).await;
            assert_eq!(listed["orders"], json!([placed.1["order"]]), "{context}");
        }
    }
    returns_survive(&shop, mishap).await;
    shop.close().await;
}

async fn returns_survive(shop: &DistributedShop, mishap: Mishap) {
    for (customer, times) in [(101, 1), (102, TRIES), (103, 2 * TRIES)] {
        let book = shop.catalog.add_book(10).await;
        shop.cart.put_in_cart(customer, book, 3).await;
        let (_, placed) = shop.orders().order(customer, "buy", None).await;
        let order = placed["order"]["id"].as_i64().unwrap();
        shop.to_catalog.plan("PUT /returns/", mishap, times, 0);
        let context = format!("{times} times {mishap:?} at a return");
        let returned = shop.orders().take_back(customer, order, "key", None).await;
        // Either the stock is restored, or it follows.
        assert!(matches!(returned.0, 201 | 202), "{context}: {}", returned.1);
        if returned.0 == 201 {
            assert_eq!(shop.catalog.stock(book).await, 10, "{context}");
        }
        let again = shop.orders().take_back(customer, order, "key", None).await;
        assert_eq!(again.1, returned.1, "{context}");
        if again.0 == 201 {
            assert_eq!(shop.catalog.stock(book).await, 10, "{context}");
        }
        shop.ends_in_a_clean_audit().await;
        shop.to_catalog.calm();
        assert_eq!(shop.catalog.stock(book).await, 10, "{context}");
    }
}

/// Tells the story of a mishap on both databases.
macro_rules! mishaps {
    ($($name:ident: $mishap:expr;)*) => {
        mod on_sqlite {
            use super::*;
            $(#[tokio::test] async fn $name() { orders_survive("sqlite", $mishap).await; })*
        }
        mod on_postgres {
            use super::*;
            $(#[tokio::test] async fn $name() {
                if let Some(url) = postgres::url() {
                    orders_survive(url, $mishap).await;
                }
            })*
        }
    };
}

mishaps! {
    a_service_that_is_not_there: Mishap::Unavailable;
    requests_that_get_lost: Mishap::Lost;
    answers_that_get_lost: Mishap::Unanswered;
    answers_that_are_slow: Mishap::Slow;
}
