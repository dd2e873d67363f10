//! Services in processes of their own, and what happens when one of them is not there.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;

use crate::support::{Fake, Process, postgres};

const FRESH: [&str; 4] = ["--port", "0", "--ephemeral", "--database"];

/// Starts one service on a fresh database.
fn start(service: &str, database: &str, urls: &[&str]) -> Process {
    let mut arguments = vec![service];
    arguments.extend(FRESH);
    arguments.push(database);
    arguments.extend(urls);
    Process::start(&arguments)
}

async fn an_order_passes_through_three_processes(database: &str) {
    let catalog_process = Process::start(&[
        "catalog",
        "--products",
        "3",
        "--stock",
        "7",
        "--port",
        "0",
        "--ephemeral",
        "--database",
        database,
    ]);
    let catalog = catalog_process.service("catalog");
    let cart_process = start("cart", database, &["--catalog-url", &catalog.internal_url]);
    let cart = cart_process.service("cart");
    let urls = [
        "--catalog-url",
        &catalog.internal_url,
        "--cart-url",
        &cart.internal_url,
    ];
    let orders_process = start("orders", database, &urls);
    let orders = orders_process.service("orders");

    let item = json!({"product_id": 2, "quantity": 3});
    assert_eq!(cart.post("/carts/5", item).await.0, 201);
    assert_eq!(orders.post_nothing("/orders/5").await.0, 201);
    let (_, answer) = catalog.get("/products/2").await;
    assert_eq!(answer["product_detail"]["quantity"], 4);

    // With the catalog gone nothing can be ordered, and nothing stays behind.
    let item = json!({"product_id": 2, "quantity": 1});
    assert_eq!(cart.post("/carts/5", item.clone()).await.0, 201);
    drop(catalog_process);
    let unavailable = (503, json!({"detail": "catalog is not available"}));
    assert_eq!(orders.order(5, "again", None).await, unavailable);
    assert_eq!(cart.post("/carts/5", item).await, unavailable);
    let (_, answer) = orders.get("/orders").await;
    assert_eq!(answer["orders"].as_array().unwrap().len(), 1);
    assert_eq!(
        cart.delete("/carts/5/2").await.0,
        204,
        "the cart is not locked any more"
    );
    // The key is free: a failure is no answer to be replayed.
    let empty = (
        400,
        json!({"detail": "Cart of customer with id: 5 is empty"}),
    );
    assert_eq!(orders.order(5, "again", None).await, empty);
}

#[tokio::test]
async fn an_order_passes_through_three_processes_on_sqlite() {
    an_order_passes_through_three_processes("sqlite").await;
}

#[tokio::test]
async fn an_order_passes_through_three_processes_on_postgres() {
    if let Some(url) = postgres::tcp_url() {
        an_order_passes_through_three_processes(url).await;
    }
}

#[tokio::test]
async fn a_request_whose_client_went_away_is_counted_as_499() {
    let catalog = Fake::listen();
    let process = start("cart", "sqlite", &["--catalog-url", &catalog.url()]);
    let cart = process.service("cart");
    let request = cart
        .request(Method::POST, "/carts/5")
        .json(&json!({"product_id": 1, "quantity": 1}));
    let waiting = tokio::spawn(request.send());
    let taken = tokio::task::spawn_blocking(move || (catalog.take_request(), catalog));
    let (taken, _catalog) = taken.await.unwrap();
    assert!(
        taken.head.contains("x-bookstore-caller: cart"),
        "{}",
        taken.head
    );
    waiting.abort();

    let expected = "bookstore_requests_total{service=\"cart\",method=\"POST\",\
        route=\"/carts/{customer_id}\",status=\"499\",caller=\"client\"} 1";
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let counts = cart.counts().await;
        if counts == [expected] {
            break;
        }
        assert!(counts.is_empty() && Instant::now() < deadline, "{counts:?}");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_service_told_to_stop_finishes_the_request_in_flight() {
    let catalog = Fake::listen();
    let mut process = start("cart", "sqlite", &["--catalog-url", &catalog.url()]);
    let cart = process.service("cart");
    let in_flight = tokio::spawn({
        let cart = cart.clone();
        async move {
            cart.post("/carts/5", json!({"product_id": 1, "quantity": 1}))
                .await
        }
    });
    let taken = tokio::task::spawn_blocking(move || (catalog.take_request(), catalog));
    let (taken, _catalog) = taken.await.unwrap();
    process.terminate();
    // It accepts no more connections, which shows that it is stopping.
    let address = cart.url.strip_prefix("http://").unwrap().to_owned();
    let deadline = Instant::now() + Duration::from_secs(10);
    while std::net::TcpStream::connect(&address).is_ok() {
        assert!(Instant::now() < deadline, "still accepting");
        tokio::task::yield_now().await;
    }
    let book = r#"{"product_detail":{"id":1,"name":"Grand Design","price":1,"quantity":1}}"#;
    taken.answer("200 OK", book);
    assert_eq!(in_flight.await.unwrap().0, 201);
    assert!(process.wait().success());
}

#[tokio::test]
async fn an_order_is_finished_although_its_client_went_away() {
    let (catalog, cart) = (Fake::listen(), Fake::listen());
    let urls = ["--catalog-url", &catalog.url(), "--cart-url", &cart.url()];
    let mut process = start("orders", "sqlite", &urls);
    let orders = process.service("orders");
    let waiting = tokio::spawn(orders.request(Method::POST, "/orders/5").send());
    let (checkout, cart) = tokio::task::spawn_blocking(move || (cart.take_request(), cart))
        .await
        .unwrap();
    waiting.abort();
    process.terminate();
    checkout.answer("200 OK", r#"{"items":[{"product_id":1,"quantity":1}]}"#);
    // The process waits for the order, which goes on to the end of the protocol.
    let steps = tokio::task::spawn_blocking(move || {
        let reservation = catalog.take_request();
        let reserve = reservation.head.lines().next().unwrap().to_owned();
        reservation.answer("201 Created", "");
        drop((catalog, cart));
        reserve
    });
    let reserve = steps.await.unwrap();
    assert!(reserve.starts_with("PUT /reservations/"), "{reserve}");
    assert!(process.wait().success());
}
