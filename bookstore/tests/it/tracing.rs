//! Request ids, traces and log lines: who asked for what, through all services.

use std::process::Command;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Collector, Fake, Process, Service, command, on_both_databases, postgres};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// The request id of an answer to a request that named one, or none.
async fn request_id(service: &Service, path: &str, given: Option<&str>) -> String {
    let mut request = service.request(Method::GET, path);
    if let Some(given) = given {
        request = request.header("x-request-id", given);
    }
    let response = request.send().await.unwrap();
    response.headers()["x-request-id"]
        .to_str()
        .unwrap()
        .to_owned()
}

on_both_databases! {
    async fn every_answer_names_its_request(shop: Shop) {
        for service in [&shop.catalog, &shop.cart, &shop.orders] {
            for path in ["/health", "/metrics", "/nowhere", "/docs/", "/openapi.json"] {
                assert_eq!(request_id(service, path, Some("ann-1:2")).await, "ann-1:2");
                let made = request_id(service, path, None).await;
                assert_eq!(made.len(), 32, "{made}");
                assert_ne!(request_id(service, path, None).await, made);
                let replaced = request_id(service, path, Some("two words")).await;
                assert_eq!(replaced.len(), 32, "{replaced}");
            }
        }
    }
}

async fn a_call_out_carries_the_request_and_its_trace(database: &str) {
    let mut catalog = Fake::listen();
    let process = Process::start(&[
        "cart",
        "--port",
        "0",
        "--ephemeral",
        "--database",
        database,
        "--catalog-url",
        &catalog.url(),
    ]);
    let cart = process.service("cart");
    for flags in ["00", "01"] {
        let request = cart
            .request(Method::POST, "/carts/5")
            .header("x-request-id", "ann-1")
            .header(
                "traceparent",
                format!("00-{TRACE}-00f067aa0ba902b7-{flags}"),
            )
            .header("tracestate", "rojo=1,congo=2")
            .json(&json!({"product_id": 1, "quantity": 1}));
        let answer = tokio::spawn(request.send());
        let taking = tokio::task::spawn_blocking(move || (catalog.take_request(), catalog));
        let taken;
        (taken, catalog) = taking.await.unwrap();
        let head = taken.head.clone();
        taken.answer("404 Not Found", r#"{"detail":"no such book"}"#);
        assert_eq!(answer.await.unwrap().unwrap().status(), 404);
        let header = |name: &str| {
            let line = head.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap_or_else(|| panic!("no {name} in {head}"))
                .to_owned()
        };
        assert_eq!(header("x-request-id: "), "ann-1");
        assert_eq!(header("tracestate: "), "rojo=1,congo=2");
        let parent = header("traceparent: ");
        let parts: Vec<_> = parent.split('-').collect();
        assert_eq!((parts[0], parts[1], parts[3]), ("00", TRACE, flags));
        assert_eq!(parts[2].len(), 16);
        assert_ne!(parts[2], "00f067aa0ba902b7");
    }
}

#[tokio::test]
async fn a_call_out_carries_the_request_and_its_trace_on_sqlite() {
    a_call_out_carries_the_request_and_its_trace("sqlite").await;
}

#[tokio::test]
async fn a_call_out_carries_the_request_and_its_trace_on_postgres() {
    if let Some(url) = postgres::url() {
        a_call_out_carries_the_request_and_its_trace(url).await;
    }
}

/// A cart whose catalog is away, and the file that its log goes to.
fn lonely_cart(format: &str, level: &str) -> (Process, tempfile::NamedTempFile) {
    let log = tempfile::NamedTempFile::new().unwrap();
    let mut cart: Command = command(&["cart", "--port", "0", "--ephemeral"]);
    cart.args([
        "--log-format",
        format,
        "--catalog-url",
        "http://127.0.0.1:1",
    ])
    .env("RUST_LOG", level)
    .stderr(log.reopen().unwrap());
    (Process::launch(&mut cart), log)
}

fn lines_with(log: &tempfile::NamedTempFile, part: &str) -> Vec<String> {
    let text = std::fs::read_to_string(log.path()).unwrap();
    let lines = text.lines().filter(|line| line.contains(part));
    lines.map(str::to_owned).collect()
}

/// Fails because the catalog is away; the id of the request.
async fn fail(cart: &Service) -> String {
    let item = json!({"product_id": 1, "quantity": 1});
    let request = cart.request(Method::POST, "/carts/5").json(&item);
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 503);
    response.headers()["x-request-id"]
        .to_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn a_failure_without_internals_is_found_in_the_log_by_its_request_id() {
    let (process, log) = lonely_cart("text", "info");
    let cart = process.service("cart");
    let id = fail(&cart).await;
    request_id(&cart, "/carts", Some("good-one")).await;
    let lines = lines_with(&log, &format!("request_id={id}"));
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].contains("Connect"), "{lines:?}");
    assert!(
        lines[1].contains("status=503") && lines[1].contains("service=cart"),
        "{lines:?}"
    );
    assert_eq!(lines_with(&log, "good-one"), [""; 0]);
}

#[tokio::test]
async fn requests_are_logged_as_json_where_that_is_wanted() {
    let (process, log) = lonely_cart("json", "bookstore=debug");
    let cart = process.service("cart");
    let id = fail(&cart).await;
    let request = cart
        .request(Method::GET, "/carts/5")
        .header("traceparent", format!("00-{TRACE}-00f067aa0ba902b7-01"))
        .header("x-request-id", "ann-1");
    request.send().await.unwrap();
    let line = |id: &str| -> Value {
        let lines = lines_with(&log, id);
        serde_json::from_str(lines.last().unwrap()).unwrap()
    };
    let (failed, good) = (line(&id), line("ann-1"));
    assert_eq!(failed["level"], "WARN", "{failed}");
    assert_eq!(failed["status"], 503, "{failed}");
    assert_eq!(good["level"], "DEBUG", "{good}");
    for (name, value) in [
        ("message", json!("request")),
        ("method", json!("GET")),
        ("route", json!("/carts/{customer_id}")),
        ("status", json!(404)),
        ("caller", json!("client")),
        ("service", json!("cart")),
        ("request_id", json!("ann-1")),
        ("trace_id", json!(TRACE)),
    ] {
        assert_eq!(good[name], value, "{good}");
    }
    assert!(good["duration_ms"].as_f64().unwrap() > 0.0, "{good}");
    for line in lines_with(&log, "") {
        serde_json::from_str::<Value>(&line).unwrap();
    }
}

async fn an_order_is_one_trace_through_all_services(database: &str) {
    let collector = Collector::listen();
    let mut process = Process::start(&[
        "all",
        "--free-ports",
        "--ephemeral",
        "--products",
        "3",
        "--database",
        database,
        "--otlp-endpoint",
        &collector.url,
    ]);
    let item = json!({"product_id": 2, "quantity": 1});
    assert_eq!(process.service("cart").post("/carts/5", item).await.0, 201);
    let response = process
        .service("orders")
        .request(Method::POST, "/orders/5")
        .header("traceparent", format!("00-{TRACE}-00f067aa0ba902b7-01"))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 201);
    // What was not sent yet is sent at the end.
    assert!(process.close().success());

    let trace: Vec<u8> = (0..32)
        .step_by(2)
        .map(|at| u8::from_str_radix(&TRACE[at..at + 2], 16).unwrap())
        .collect();
    let (ours, others): (Vec<_>, Vec<_>) = collector
        .spans()
        .into_iter()
        .partition(|span| span.trace == trace);
    let find = |service: &str, name: &str| {
        let mut found = ours
            .iter()
            .filter(|it| it.service == service && it.name == name);
        let span = found
            .next()
            .unwrap_or_else(|| panic!("no {service} {name} in {ours:#?}"));
        assert!(found.next().is_none(), "{service} {name} is there twice");
        span
    };
    let order = find("orders", "POST /orders/{customer_id}");
    assert_eq!(order.parent, [0, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 0x02, 0xb7]);
    let calls = [
        ("PUT", "cart", "/checkouts/{order_token}"),
        ("PUT", "catalog", "/reservations/{order_token}"),
        (
            "POST",
            "catalog",
            "/reservations/{order_token}/confirmation",
        ),
        ("POST", "cart", "/checkouts/{order_token}/completion"),
    ];
    for (method, service, route) in calls {
        let call = find("orders", &format!("{method} {service}"));
        assert_eq!(call.parent, order.id);
        let answer = find(service, &format!("{method} {route}"));
        assert_eq!(answer.parent, call.id);
    }
    assert_eq!(ours.len(), 1 + 2 * calls.len(), "{ours:#?}");
    // What came before is a trace of its own.
    let put = others
        .iter()
        .find(|it| it.name == "POST /carts/{customer_id}")
        .unwrap();
    assert_eq!(put.parent, [0; 0]);
    assert!(
        others
            .iter()
            .any(|it| it.service == "catalog" && it.trace == put.trace)
    );
}

#[tokio::test]
async fn an_order_is_one_trace_through_all_services_on_sqlite() {
    an_order_is_one_trace_through_all_services("sqlite").await;
}

#[tokio::test]
async fn an_order_is_one_trace_through_all_services_on_postgres() {
    if let Some(url) = postgres::url() {
        an_order_is_one_trace_through_all_services(url).await;
    }
}

#[tokio::test]
async fn a_collector_that_is_away_costs_no_request_and_is_told_once() {
    let log = tempfile::NamedTempFile::new().unwrap();
    let mut all = command(&["all", "--free-ports", "--ephemeral"]);
    all.args(["--otlp-endpoint", "http://127.0.0.1:1"])
        .env("RUST_LOG", "info")
        .stderr(log.reopen().unwrap());
    let mut process = Process::launch(&mut all);
    assert_eq!(process.service("catalog").get("/products").await.0, 200);
    assert!(process.close().success());
    assert_eq!(lines_with(&log, "spans cannot be exported").len(), 1);
}
