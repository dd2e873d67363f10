//! What the services tell about themselves besides their counts.

use reqwest::Method;
use serde_json::json;

use crate::support::{Fake, Process, on_both_databases, postgres, token};

const READ: &str = r#"method="GET",route="/products/{product_id}""#;

on_both_databases! {
    async fn requests_are_timed_and_the_bytes_of_their_answers_counted(shop: Shop) {
        let book = shop.add_book(5).await;
        let mut bytes = 0;
        for path in [format!("/products/{book}"), "/products/99".to_owned()] {
            let response = shop.catalog.request(Method::GET, &path).send().await.unwrap();
            bytes += response.bytes().await.unwrap().len();
        }
        // Its answer has the head of a GET's, and no body.
        let path = format!("/products/{book}");
        shop.catalog.request(Method::HEAD, &path).send().await.unwrap();

        let catalog = &shop.catalog;
        let count = catalog.metric("bookstore_request_duration_seconds_count", READ).await;
        assert_eq!(count, Some(2.0));
        let slowest = format!("{READ},le=\"+Inf\"");
        let all = catalog.metric("bookstore_request_duration_seconds_bucket", &slowest).await;
        assert_eq!(all, Some(2.0));
        let sum = catalog.metric("bookstore_request_duration_seconds_sum", READ).await;
        assert!(sum.unwrap() > 0.0);
        let counted = catalog.metric("bookstore_response_body_bytes_total", READ).await;
        assert_eq!(counted, Some(bytes as f64));
        let head = READ.replace("GET", "HEAD");
        let counted = catalog.metric("bookstore_response_body_bytes_total", &head).await;
        assert_eq!(counted, Some(0.0));
        assert_eq!(catalog.metric("bookstore_requests_in_flight", "").await, Some(0.0));
        // What nobody asked for is not shown.
        assert!(!catalog.metrics().await.contains("DELETE"));
    }

    async fn copies_that_orders_hold_are_told_by_the_database(shop: Shop) {
        let catalog = &shop.catalog;
        let held = || catalog.metric("bookstore_reservations_held", "");
        let age = || catalog.metric("bookstore_reservations_oldest_held_seconds", "");
        assert_eq!((held().await, age().await), (Some(0.0), Some(0.0)));
        let book = shop.add_book(5).await;
        let items = json!({"items": [{"product_id": book, "quantity": 1}]});
        let [first, second] = [7, 8].map(|order| format!("/reservations/{}", token(order)));
        for path in [&first, &second] {
            assert_eq!(catalog.put(path, items.clone()).await.0, 201);
        }
        assert_eq!(held().await, Some(2.0));
        while age().await <= Some(0.0) {}
        catalog.delete(&first).await;
        catalog.post_nothing(&format!("{second}/confirmation")).await;
        assert_eq!((held().await, age().await), (Some(0.0), Some(0.0)));
    }

    async fn connections_and_the_process_are_told(shop: Shop) {
        for service in [&shop.catalog, &shop.cart, &shop.orders] {
            let page = service.metrics().await;
            let max: f64 = page
                .lines()
                .filter(|line| line.starts_with("bookstore_database_connections_max{"))
                .map(|line| line.rsplit_once(' ').unwrap().1.parse::<f64>().unwrap())
                .sum();
            assert!(max >= 3.0, "{page}");
            assert!(service.metric("process_cpu_seconds_total", "").await > Some(0.0));
            assert!(service.metric("process_resident_memory_bytes", "").await > Some(1e6));
            assert!(page.contains("bookstore_build_info{"), "{page}");
        }
    }
}

async fn an_order_on_its_way_is_told(database: &str) {
    let cart = Fake::listen();
    let process = Process::start(&[
        "orders",
        "--port",
        "0",
        "--ephemeral",
        "--database",
        database,
        "--cart-url",
        &cart.url(),
    ]);
    let orders = process.service("orders");
    let order = tokio::spawn(orders.request(Method::POST, "/orders/5").send());
    let taken = tokio::task::spawn_blocking(move || cart.take_request());
    let taken = taken.await.unwrap();
    let pending = || orders.metric("bookstore_orders_pending", "");
    let age = || orders.metric("bookstore_orders_oldest_pending_seconds", "");
    assert_eq!(pending().await, Some(1.0));
    while age().await <= Some(0.0) {}
    let in_flight = orders.metric("bookstore_requests_in_flight", "").await;
    assert_eq!(in_flight, Some(1.0));
    taken.answer("404 Not Found", r#"{"detail":"no active cart"}"#);
    assert_eq!(order.await.unwrap().unwrap().status(), 404);
    assert_eq!((pending().await, age().await), (Some(0.0), Some(0.0)));
}

#[tokio::test]
async fn an_order_on_its_way_is_told_on_sqlite() {
    an_order_on_its_way_is_told("sqlite").await;
}

#[tokio::test]
async fn an_order_on_its_way_is_told_on_postgres() {
    if let Some(url) = postgres::url() {
        an_order_on_its_way_is_told(url).await;
    }
}
