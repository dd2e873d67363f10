//! What one client may take from the others: time, places and sizes.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{Fake, Process, Service, Visitor, command, on_both_databases};

/// A single service on SQLite.
fn start(service: &str, options: &[&str]) -> Process {
    let common = [
        service,
        "--port",
        "0",
        "--ephemeral",
        "--database",
        "sqlite",
    ];
    Process::start(&[&common, options].concat())
}

/// Sends bytes, and reads until the service closes the connection.
async fn converse(service: &Service, bytes: &[u8]) -> String {
    let address = service.url.strip_prefix("http://").unwrap();
    let mut connection = TcpStream::connect(address).await.unwrap();
    // A service that refuses need not take everything.
    let _ = connection.write_all(bytes).await;
    let mut answer = Vec::new();
    let _ = connection.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

/// Puts a book in a cart; the answer's status, `Retry-After` and body.
async fn put_in_cart(cart: &Service) -> (u16, Option<String>, Value) {
    let item = json!({"product_id": 1, "quantity": 1});
    let request = cart.request(Method::POST, "/carts/5").json(&item);
    let answer = request.send().await.unwrap();
    let retry_after = answer.headers().get("retry-after");
    let retry_after = retry_after.map(|value| value.to_str().unwrap().to_owned());
    (
        answer.status().as_u16(),
        retry_after,
        answer.json().await.unwrap(),
    )
}

#[tokio::test]
async fn a_connection_on_which_nothing_is_asked_is_closed() {
    let process = start("catalog", &["--idle-timeout", "100ms"]);
    assert_eq!(converse(&process.service("catalog"), b"").await, "");
}

#[tokio::test]
async fn http_2_is_not_spoken() {
    let process = Process::start(&["catalog", "--port", "0", "--ephemeral"]);
    let catalog = process.service("catalog");
    let answer = converse(&catalog, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    assert_eq!(answer, "", "the connection is closed");
}

#[tokio::test]
async fn a_head_that_never_ends_is_not_waited_for() {
    let limits = ["--body-timeout", "100ms", "--request-timeout", "100ms"];
    let process = start("catalog", &limits);
    let head = b"GET /products HTTP/1.1\r\nhost: shop\r\nx-";
    assert_eq!(converse(&process.service("catalog"), head).await, "");
}

#[tokio::test]
async fn a_body_that_never_ends_is_not_waited_for() {
    let process = start("catalog", &["--body-timeout", "100ms"]);
    let request = b"POST /products HTTP/1.1\r\nhost: shop\r\ncontent-length: 10\r\n\r\n{";
    let answer = converse(&process.service("catalog"), request).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    let body = r#"{"detail":"request body did not arrive within 0.1 s"}"#;
    assert!(answer.ends_with(body), "{answer}");
}

#[tokio::test]
async fn giant_heads_and_addresses_are_refused() {
    let process = start("catalog", &[]);
    let catalog = process.service("catalog");
    let address = format!("GET /products?x={} HTTP/1.1\r\n\r\n", "x".repeat(70_000));
    let answer = converse(&catalog, address.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 414 "), "{answer}");
    let headers = "x: y\r\n".repeat(101);
    let headers = format!("GET /products HTTP/1.1\r\n{headers}\r\n");
    let answer = converse(&catalog, headers.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    let header = format!("GET /products HTTP/1.1\r\nx: {}", "x".repeat(500_000));
    let answer = converse(&catalog, header.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
}

#[tokio::test]
async fn requests_beyond_the_limit_are_refused_and_counted() {
    let catalog = Fake::listen();
    let process = start(
        "cart",
        &["--catalog-url", &catalog.url(), "--max-requests", "1"],
    );
    let cart = process.service("cart");
    let first = tokio::spawn({
        let cart = cart.clone();
        async move { put_in_cart(&cart).await }
    });
    let taken = tokio::task::spawn_blocking(move || (catalog.take_request(), catalog));
    let (taken, _catalog) = taken.await.unwrap();

    let busy = json!({"detail": "too many requests at once"});
    assert_eq!(put_in_cart(&cart).await, (503, Some("1".to_owned()), busy));
    for probe in ["/health", "/ready"] {
        assert_eq!(cart.get(probe).await.0, 200);
    }
    let refused =
        "method=\"POST\",route=\"/carts/{customer_id}\",status=\"503\",caller=\"client\"} 1";
    let counts = cart.counts().await;
    assert!(
        counts.iter().any(|count| count.ends_with(refused)),
        "{counts:?}"
    );

    let book = r#"{"product_detail":{"id":1,"name":"Grand Design","price":1,"quantity":1}}"#;
    taken.answer("200 OK", book);
    assert_eq!(first.await.unwrap().0, 201);
}

#[tokio::test]
async fn refused_requests_are_not_a_line_of_the_log_each() {
    const REFUSED: usize = 500;
    let catalog = Fake::listen();
    let log = tempfile::NamedTempFile::new().unwrap();
    let url = catalog.url();
    let options = ["--ephemeral", "--catalog-url", &url, "--max-requests", "1"];
    let mut cart_command = command(&[&["cart", "--port", "0"], &options[..]].concat());
    cart_command.env("RUST_LOG", "info");
    cart_command.stderr(log.reopen().unwrap());
    let process = Process::launch(&mut cart_command);
    let cart = process.service("cart");
    let first = tokio::spawn({
        let cart = cart.clone();
        async move { put_in_cart(&cart).await }
    });
    let taken = tokio::task::spawn_blocking(move || (catalog.take_request(), catalog));
    let (taken, _catalog) = taken.await.unwrap();
    let begun = Instant::now();
    for _ in 0..REFUSED {
        assert_eq!(put_in_cart(&cart).await.0, 503);
    }
    let seconds = begun.elapsed().as_secs();
    let book = r#"{"product_detail":{"id":1,"name":"Grand Design","price":1,"quantity":1}}"#;
    taken.answer("200 OK", book);
    assert_eq!(first.await.unwrap().0, 201);
    drop(process);
    let log = std::fs::read_to_string(log.path()).unwrap();
    let lines = |text: &str| log.lines().filter(|line| line.contains(text)).count();
    let told = lines("too many requests at once");
    assert!(told >= 1 && told as u64 <= seconds + 1, "{log}");
    assert_eq!(lines("request failed"), 0, "{log}");
}

#[tokio::test]
async fn a_form_that_never_ends_is_not_waited_for() {
    let process = start("storefront", &["--body-timeout", "100ms"]);
    let request = b"POST /cart HTTP/1.1\r\nhost: shop\r\ncontent-length: 10\r\n\
        content-type: application/x-www-form-urlencoded\r\n\r\nx";
    let answer = converse(&process.service("storefront"), request).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("<h1>That took too long</h1>"), "{answer}");
}

#[tokio::test]
async fn the_storefronts_limits_are_told_by_pages() {
    let catalog = Fake::listen();
    let process = start(
        "storefront",
        &[
            "--catalog-url",
            &catalog.url(),
            "--max-requests=1",
            "--request-timeout=2s",
        ],
    );
    let storefront = process.service("storefront");
    let late = tokio::spawn({
        let visitor = Visitor::of(&storefront);
        async move { visitor.get("/").await }
    });
    // The only place is taken, and nobody answers.
    let taken = tokio::task::spawn_blocking(move || (catalog.take_request(), catalog));
    let _held = taken.await.unwrap();
    let busy = Visitor::of(&storefront).get("/cart").await;
    for page in [busy, late.await.unwrap()] {
        assert_eq!(page.status, 503);
        assert!(page.says("<h1>We will be right back</h1>"), "{page:?}");
        assert_eq!(page.headers["retry-after"], "5");
        assert_eq!(page.headers["cache-control"], "no-store");
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none';"), "{policy}");
    }
}

on_both_databases! {
    async fn an_order_that_takes_too_long_goes_on(shop: Shop) {
        let book = shop.add_book(5).await;
        shop.put_in_cart(5, book, 2).await;
        let catalog = Fake::listen();
        let urls = ["--catalog-url", &catalog.url(), "--cart-url", &shop.cart.internal_url];
        let process = start("orders", &[&urls[..], &["--request-timeout", "200ms"]].concat());
        let orders = process.service("orders");
        let (status, answer) = orders.order(5, "mine", None).await;
        let detail = "not done within 0.2 s; what was begun may still be finished";
        assert_eq!((status, answer), (503, json!({"detail": detail})));
        assert_eq!(orders.order(5, "mine", None).await.0, 409, "it is at work");

        let catalog = tokio::task::spawn_blocking(move || {
            catalog.take_request().answer("201 Created", "");
            catalog.take_request().answer("204 No Content", "");
            catalog
        });
        let deadline = Instant::now() + Duration::from_secs(10);
        // The key leads to the answer that nobody has had yet.
        while orders.order(5, "mine", None).await.0 != 201 {
            assert!(Instant::now() < deadline, "the order is not finished");
            tokio::task::yield_now().await;
        }
        drop(catalog.await.unwrap());
    }
}
