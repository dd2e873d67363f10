//! Faults on purpose: what is asked for is what happens, and nothing else.

use std::{
    io::Write,
    time::{Duration, Instant},
};

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Fake, Process, Service, Visitor, postgres, token};

/// A shop with admin calls and five copies of each of three books.
fn shop(database: &str, more: &[&str]) -> Process {
    let mut arguments = vec![
        "all",
        "--free-ports",
        "--ephemeral",
        "--products",
        "3",
        "--stock",
        "5",
        "--admin-calls",
        "--database",
        database,
    ];
    arguments.extend(more);
    Process::start(&arguments)
}

async fn put_faults(service: &Service, faults: &[&str]) -> Value {
    let (status, answer) = service
        .put("/admin/faults", json!({"faults": faults}))
        .await;
    assert_eq!(status, 200, "{answer}");
    answer
}

async fn injected(service: &Service, kind: &str) -> f64 {
    let labels = format!("kind=\"{kind}\"");
    let count = service
        .metric("bookstore_faults_injected_total", &labels)
        .await;
    count.unwrap()
}

/// How long the fastest of some requests took.
async fn fastest(service: &Service, path: &str) -> Duration {
    let mut fastest = Duration::MAX;
    for _ in 0..10 {
        let begun = Instant::now();
        assert_eq!(service.get(path).await.0, 200);
        fastest = fastest.min(begun.elapsed());
    }
    fastest
}

async fn latency_is_added_to_its_route_alone(database: &str) {
    let fault = "GET catalog/products/{product_id} latency=constant(150ms)";
    let process = shop(database, &["--fault", fault]);
    let catalog = process.service("catalog");
    let added = Duration::from_millis(150);
    assert!(fastest(&catalog, "/products/1").await >= added);
    assert!(fastest(&catalog, "/products").await < added);
    assert!(fastest(&catalog, "/health").await < added);
    assert_eq!(injected(&catalog, "latency").await, 10.0);
    let route = r#"method="GET",route="/products/{product_id}",le="0.1""#;
    let faster = catalog.metric("bookstore_request_duration_seconds_bucket", route);
    assert_eq!(faster.await, Some(0.0));
    // The calls of other services meet it too.
    let begun = Instant::now();
    let item = json!({"product_id": 1, "quantity": 1});
    let cart = process.service("cart");
    assert_eq!(cart.post("/carts/5", item).await.0, 201);
    assert!(begun.elapsed() >= added);
    assert_eq!(injected(&catalog, "latency").await, 11.0);
}

/// The n-th number of a seed for errors, as the README says.
fn uniform(seed: u64, n: u64) -> f64 {
    let mix = |z: u64| {
        let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    let step = (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let bits = mix(mix(seed ^ mix(3)).wrapping_add(step));
    ((bits >> 11) as f64 + 0.5) / 2_f64.powi(53)
}

async fn the_requests_that_fail_can_be_told_beforehand(database: &str) {
    let process = shop(database, &[]);
    let catalog = process.service("catalog");
    let rates = [(7, 0.3, 500), (8, 0.05, 503)];
    for (seed, rate, status) in rates {
        let percent = rate * 100.0;
        let fault = format!("* catalog/* errors={percent}% status={status} seed={seed}");
        put_faults(&catalog, &[&fault]).await;
        let mut expected = Vec::new();
        let mut met = Vec::new();
        for n in 0..60 {
            let fails = uniform(seed, n) < rate;
            expected.push(if fails { status } else { 200 });
            met.push(catalog.get("/products").await.0);
        }
        assert_eq!(met, expected);
        assert!(met.contains(&status) && met.contains(&200));
        let (_, in_force) = catalog.get("/admin/faults").await;
        assert_eq!(in_force["faults"][0]["requests"], 60);
        assert_eq!(in_force["faults"][0]["fault"], fault);
    }
    // Counted like failures that nobody wanted.
    let counts = catalog.counts().await.join("\n");
    for (seed, rate, status) in rates {
        let count = (0..60).filter(|n| uniform(seed, *n) < rate).count();
        let line = format!("route=\"/products\",status=\"{status}\",caller=\"client\"}} {count}");
        assert!(counts.contains(&line), "{line} in {counts}");
    }
    assert_eq!(catalog.delete("/admin/faults").await.0, 204);
    assert_eq!(catalog.get("/admin/faults").await.1, json!({"faults": []}));
    for _ in 0..60 {
        assert_eq!(catalog.get("/products").await.0, 200);
    }
}

async fn an_error_comes_instead_of_the_work(database: &str) {
    let process = shop(database, &[]);
    let catalog = process.service("catalog");
    put_faults(&catalog, &["POST */products errors=100%"]).await;
    let book = json!({"name": "Grand Design", "price": 12, "quantity": 40});
    let failed = (500, json!({"detail": "Internal Server Error"}));
    assert_eq!(catalog.post("/products", book).await, failed);
    let (_, books) = catalog.get("/products").await;
    assert_eq!(books["data"].as_array().unwrap().len(), 3);
    assert_eq!(injected(&catalog, "error").await, 1.0);
}

async fn nothing_is_answered_in_a_stall(database: &str) {
    let catalog = Fake::listen();
    let process = Process::start(&[
        "cart",
        "--port",
        "0",
        "--ephemeral",
        "--admin-calls",
        "--database",
        database,
        "--catalog-url",
        &catalog.url(),
    ]);
    let cart = process.service("cart");
    let begun = Instant::now();
    put_faults(&cart, &["* cart/* stall=900ms@100ms"]).await;
    // At work when it begins, or so late that it arrives in it: it makes no difference.
    let item = json!({"product_id": 1, "quantity": 1});
    let at_work = tokio::spawn(cart.request(Method::POST, "/carts/5").json(&item).send());
    let taken = tokio::task::spawn_blocking(move || catalog.take_request());
    let taken = taken.await.unwrap();
    // A stall is a time by the clock: this is in the midst of it.
    tokio::time::sleep_until((begun + Duration::from_millis(300)).into()).await;
    taken.answer("404 Not Found", r#"{"detail":"no such book"}"#);
    assert_eq!(cart.get("/carts").await.0, 200);
    assert!(begun.elapsed() >= Duration::from_secs(1));
    assert_eq!(at_work.await.unwrap().unwrap().status(), 404);
    assert!(begun.elapsed() >= Duration::from_secs(1));
    assert_eq!(injected(&cart, "stall").await, 2.0);
    assert!(fastest(&cart, "/carts").await < Duration::from_millis(900));
    assert_eq!(injected(&cart, "stall").await, 2.0);
}

async fn a_reset_makes_a_shop_as_it_was_at_first(database: &str) {
    let process = shop(database, &[]);
    let [catalog, cart, orders] = ["catalog", "cart", "orders"].map(|name| process.service(name));
    let state = async || {
        let mut state = Vec::new();
        for (service, path) in [
            (&catalog, "/products"),
            (&cart, "/carts"),
            (&cart, "/cart_items"),
            (&orders, "/orders"),
            (&orders, "/order_items"),
        ] {
            state.push(service.get(path).await);
        }
        state
    };
    let use_it = async || {
        let book = json!({"name": "Grand Design", "price": 12, "quantity": 40});
        catalog.post("/products", book).await;
        let item = json!({"product_id": 2, "quantity": 1});
        for customer in 5..8 {
            let path = format!("/carts/{customer}");
            assert_eq!(cart.post(&path, item.clone()).await.0, 201);
        }
        let order = orders.post_nothing("/orders/5").await;
        assert_eq!(order.0, 201, "{}", order.1);
        order
    };
    let first = state().await;
    let (order, used) = (use_it().await, state().await);
    assert_ne!(used, first);
    for service in [&orders, &cart, &catalog] {
        assert_eq!(
            service.post_nothing("/admin/reset").await,
            (204, Value::Null)
        );
    }
    assert_eq!(state().await, first);
    // The same happens again, down to the ids.
    assert_eq!((use_it().await, state().await), (order, used));

    let items = json!({"items": [{"product_id": 1, "quantity": 1}]});
    let reservation = format!("/reservations/{}", token(77));
    catalog.put(&reservation, items).await;
    let refused = (409, json!({"detail": "Orders hold copies"}));
    assert_eq!(catalog.post_nothing("/admin/reset").await, refused);
    catalog.delete(&reservation).await;
    assert_eq!(catalog.post_nothing("/admin/reset").await.0, 204);
}

async fn a_reset_storefront_knows_nobody_but_its_administrator(database: &str) {
    let process = shop(database, &[]);
    let storefront = process.service("storefront");
    let visitor = Visitor::of(&storefront);
    visitor.sign_in().await;
    let login = Visitor::of(&storefront).get("/admin/login").await;
    let cookie = login.headers["set-cookie"].to_str().unwrap();
    let stranger = Visitor::of(&storefront);
    *stranger.cookie.lock().unwrap() = Some(cookie.split(';').next().unwrap().to_owned());
    let wrong = [("name", "admin"), ("password", "wrong")];
    let mut status = 0;
    for _ in 0..6 {
        status = stranger.submit(&login, "/admin/login", &wrong).await.status;
    }
    assert_eq!(status, 429);
    assert_eq!(visitor.get("/admin").await.path, "/admin");

    let done = (204, Value::Null);
    assert_eq!(storefront.post_nothing("/admin/reset").await, done);
    assert_eq!(visitor.get("/admin").await.path, "/admin/login");
    visitor.sign_in().await;
}

macro_rules! on_both_databases {
    ($($story:ident)*) => {
        $(mod $story {
            #[tokio::test]
            async fn on_sqlite() {
                super::$story("sqlite").await;
            }

            #[tokio::test]
            async fn on_postgres() {
                if let Some(url) = super::postgres::url() {
                    super::$story(url).await;
                }
            }
        })*
    };
}

on_both_databases! {
    latency_is_added_to_its_route_alone
    the_requests_that_fail_can_be_told_beforehand
    an_error_comes_instead_of_the_work
    nothing_is_answered_in_a_stall
    a_reset_makes_a_shop_as_it_was_at_first
    a_reset_storefront_knows_nobody_but_its_administrator
}

#[tokio::test]
async fn admin_calls_are_not_there_unless_asked_for() {
    let process = Process::start(&["all", "--free-ports", "--ephemeral"]);
    let not_found = (404, json!({"detail": "Not Found"}));
    for name in ["catalog", "cart", "orders"] {
        let service = process.service(name);
        assert_eq!(service.get("/admin/faults").await, not_found);
        let faults = json!({"faults": []});
        assert_eq!(service.put("/admin/faults", faults).await, not_found);
        assert_eq!(service.delete("/admin/faults").await, not_found);
        assert_eq!(service.post_nothing("/admin/reset").await, not_found);
    }
}

#[tokio::test]
async fn a_wrong_fault_changes_nothing_and_is_told_with_its_place() {
    let process = shop("sqlite", &[]);
    let cart = process.service("cart");
    put_faults(&cart, &["* cart/* latency=constant(0s)"]).await;
    for (faults, place, message) in [
        (
            json!(["* cart/* errors=1%", "* cart/*"]),
            1,
            "nothing happens",
        ),
        (
            json!(["GET cart/cart errors=1%"]),
            0,
            "cart has no route /cart, it has /",
        ),
        (
            json!(["* orders/* errors=1%"]),
            0,
            "this is the cart service",
        ),
        (json!(["* cart/* errors=1%", 7]), 1, "valid string"),
    ] {
        let (status, answer) = cart.put("/admin/faults", json!({"faults": faults})).await;
        assert_eq!(status, 422, "{answer}");
        assert_eq!(answer["detail"][0]["loc"], json!(["body", "faults", place]));
        let text = answer["detail"][0]["msg"].as_str().unwrap();
        assert!(text.contains(message), "{text}");
    }
    let (_, in_force) = cart.get("/admin/faults").await;
    assert_eq!(
        in_force["faults"][0]["fault"],
        "* cart/* latency=constant(0s) seed=1"
    );
    let not_allowed = (405, json!({"detail": "Method Not Allowed"}));
    assert_eq!(cart.post("/admin/faults", json!({})).await, not_allowed);
}

#[test]
fn a_fault_on_the_command_line_that_cannot_be_is_told_before_anything_starts() {
    let fail = |fault| Process::fail(&["all", "--free-ports", "--ephemeral", "--fault", fault]);
    for (fault, code, message) in [
        ("GET catalog/products", 2, "nothing happens: give latency="),
        (
            "GET catalog/product errors=1%",
            1,
            "catalog has no route /product, it has /",
        ),
        (
            "GET shop/products errors=1%",
            1,
            "this process runs catalog, cart, orders",
        ),
    ] {
        let (met, said) = fail(fault);
        assert!(said.contains(message), "{said}");
        assert_eq!(met, code);
    }
}

#[tokio::test]
async fn faults_come_from_a_file_too() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_owned();
    let faults = ["--faults", path.to_str().unwrap()];
    writeln!(
        file,
        "# Everything fails.\n\n  * */* errors=100% status=503"
    )
    .unwrap();
    let process = shop("sqlite", &faults);
    for (name, path) in [
        ("catalog", "/products"),
        ("cart", "/carts"),
        ("orders", "/orders"),
    ] {
        let service = process.service(name);
        let failed = (503, json!({"detail": "Service Unavailable"}));
        assert_eq!(service.get(path).await, failed);
        // Unless they are named, probes are as always, and so is what turns faults off.
        assert_eq!(service.get("/ready").await.0, 200);
        assert_eq!(service.delete("/admin/faults").await.0, 204);
        assert_eq!(service.get(path).await.0, 200);
    }
    writeln!(file, "everything fails").unwrap();
    let mut arguments = vec!["all", "--free-ports", "--ephemeral"];
    arguments.extend(faults);
    let (code, said) = Process::fail(&arguments);
    assert_eq!(code, 1);
    assert!(
        said.contains(path.to_str().unwrap()) && said.contains("line 4"),
        "{said}"
    );
}
