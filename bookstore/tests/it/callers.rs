//! Who may call: the public port, the internal one, the tokens of both, and hosts. Long, for it is a list: each call
//! that somebody must not make is a story.

use std::{fs, os::unix::fs::PermissionsExt, process::Command};

use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};

use crate::support::{Process, Service, Visitor, command, ends_in_a_clean_audit, on_both, token};

const SERVICE_TOKEN: &str = "the-service-token-of-this-story";
const ADMIN_TOKEN: &str = "the-admin-token-of-this-story";

/// A whole shop with admin calls, to be given more settings.
fn shop(database: &str, more: &[&str]) -> Command {
    let all = [
        "all",
        "--free-ports",
        "--ephemeral",
        "--admin-calls",
        "--database",
        database,
    ];
    command(&[&all[..], more].concat())
}

/// Calls that only services and operators make, with bodies that would be right.
fn internal_calls() -> Vec<(&'static str, Method, String, Value)> {
    let items = json!([{"product_id": 1, "quantity": 2}]);
    let (held, other) = (token(1), token(2));
    let returned = json!({"order_token": held, "items": items});
    let tokens = json!({"tokens": [held]});
    let mut calls = vec![
        (
            "catalog",
            Method::PUT,
            format!("/reservations/{other}"),
            json!({"items": items}),
        ),
        (
            "catalog",
            Method::DELETE,
            format!("/reservations/{held}"),
            Value::Null,
        ),
        (
            "catalog",
            Method::POST,
            format!("/reservations/{held}/confirmation"),
            Value::Null,
        ),
        (
            "catalog",
            Method::PUT,
            format!("/returns/{other}"),
            returned,
        ),
        (
            "catalog",
            Method::POST,
            "/missing_reservations".into(),
            tokens.clone(),
        ),
        (
            "catalog",
            Method::POST,
            "/missing_returns".into(),
            tokens.clone(),
        ),
        (
            "cart",
            Method::PUT,
            format!("/checkouts/{other}"),
            json!({"customer_id": 5}),
        ),
        (
            "cart",
            Method::DELETE,
            format!("/checkouts/{held}"),
            Value::Null,
        ),
        (
            "cart",
            Method::POST,
            format!("/checkouts/{held}/completion"),
            Value::Null,
        ),
        ("cart", Method::POST, "/missing_checkouts".into(), tokens),
    ];
    for (service, path) in [
        ("catalog", "/reservations"),
        ("catalog", "/held_reservations"),
        ("catalog", "/audit"),
        ("cart", "/checkouts"),
        ("cart", "/locked_checkouts"),
        ("cart", "/audit"),
        ("orders", "/audit"),
        ("orders", "/audit/shop"),
        ("orders", "/failing_settlements"),
        ("orders", "/order_history"),
    ] {
        calls.push((service, Method::GET, path.into(), Value::Null));
    }
    let faults = json!({"faults": ["* */* errors=100%"]});
    for service in ["catalog", "cart", "orders", "storefront"] {
        calls.extend([
            (service, Method::GET, "/metrics".into(), Value::Null),
            (service, Method::GET, "/admin/faults".into(), Value::Null),
            (service, Method::PUT, "/admin/faults".into(), faults.clone()),
            (service, Method::DELETE, "/admin/faults".into(), Value::Null),
            (service, Method::POST, "/admin/reset".into(), Value::Null),
        ]);
    }
    calls
}

/// Sends a request to a URL, with an `Authorization` if there is one.
async fn send(
    service: &Service,
    method: &Method,
    url: &str,
    body: &Value,
    authorization: Option<&str>,
) -> reqwest::Response {
    let mut request = service.client.request(method.clone(), url);
    if !body.is_null() {
        request = request.json(body);
    }
    if let Some(authorization) = authorization {
        request = request.header(header::AUTHORIZATION, authorization);
    }
    request.send().await.unwrap()
}

/// The same service for whoever has the token.
fn trusted(service: &Service) -> Service {
    let mut headers = header::HeaderMap::new();
    let bearer = format!("Bearer {SERVICE_TOKEN}");
    headers.insert(header::AUTHORIZATION, bearer.try_into().unwrap());
    let client = reqwest::Client::builder()
        .no_proxy()
        .default_headers(headers);
    Service {
        client: client.build().unwrap(),
        ..service.clone()
    }
}

/// Four services with a token, each in a process of its own. The orders know nobody, so that they do not
/// give back what no order holds.
struct Apart(Vec<Process>);

impl Apart {
    fn open(database: &str) -> Self {
        let start = |service: &str, urls: &[&str]| {
            let fresh = [
                service,
                "--port=0",
                "--ephemeral",
                "--admin-calls",
                "--database",
                database,
            ];
            let mut command = command(&[&fresh[..], urls].concat());
            Process::launch(command.env("BOOKSTORE_SERVICE_TOKEN", SERVICE_TOKEN))
        };
        let nobody =
            ["catalog", "cart", "orders"].map(|it| format!("--{it}-url=http://127.0.0.1:9"));
        let [no_catalog, no_cart, no_orders] = nobody.each_ref().map(String::as_str);
        let catalog = start("catalog", &[]);
        let to_catalog = format!("--catalog-url={}", catalog.service("catalog").internal_url);
        let cart = start("cart", &[&to_catalog]);
        let orders = start("orders", &[no_catalog, no_cart]);
        let storefront = start("storefront", &[no_catalog, no_cart, no_orders]);
        Self(vec![catalog, cart, orders, storefront])
    }

    fn service(&self, name: &str) -> Service {
        let has = |process: &&Process| process.announcement["services"][name].is_string();
        self.0.iter().find(has).unwrap().service(name)
    }
}

/// Has a token hold copies of a book, and a cart; the services for whoever has the token, and what may
/// change.
async fn hold(shop: &Apart) -> (Vec<Service>, Vec<Value>) {
    let services = ["catalog", "cart", "orders"].map(|name| trusted(&shop.service(name)));
    let [catalog, cart, _] = &services;
    assert_eq!(catalog.add_book(9).await, 1);
    cart.put_in_cart(4, 1, 1).await;
    let held = token(1);
    let items = json!({"items": [{"product_id": 1, "quantity": 2}]});
    let path = format!("/reservations/{held}");
    assert_eq!(catalog.put(&path, items).await.0, 201);
    let customer = json!({"customer_id": 4});
    assert_eq!(
        cart.put(&format!("/checkouts/{held}"), customer).await.0,
        200
    );
    let state = state(&services).await;
    (services.into(), state)
}

async fn state(services: &[Service]) -> Vec<Value> {
    let [catalog, cart, orders] = services else {
        unreachable!("these three have a state")
    };
    let mut state = Vec::new();
    for (service, path) in [
        (catalog, "/products"),
        (catalog, "/reservations"),
        (catalog, "/admin/faults"),
        (cart, "/carts"),
        (cart, "/cart_items"),
        (cart, "/checkouts"),
        (orders, "/orders"),
    ] {
        let (status, answer) = service.get(path).await;
        assert_eq!(status, 200, "{path}: {answer}");
        state.push(answer);
    }
    state
}

async fn the_public_port_takes_no_internal_call_whoever_sends_it(database: &str) {
    let shop = Apart::open(database);
    let (services, before) = hold(&shop).await;
    let bearer = format!("Bearer {SERVICE_TOKEN}");
    for (name, method, path, body) in internal_calls() {
        let service = shop.service(name);
        let url = format!("{}{path}", service.url);
        for authorization in [None, Some(bearer.as_str())] {
            let answer = send(&service, &method, &url, &body, authorization).await;
            assert_eq!(answer.status(), 403, "{method} {url}");
            let detail = json!({"detail": "internal call: not on the public port"});
            assert_eq!(answer.json::<Value>().await.unwrap(), detail);
        }
    }
    assert_eq!(state(&services).await, before);
    // Nor does its description know them.
    let catalog = shop.service("catalog");
    let described = async |url: &str| {
        let answer = send(&services[0], &Method::GET, url, &Value::Null, None).await;
        answer.json::<Value>().await.unwrap()["paths"].clone()
    };
    let public = described(&format!("{}/openapi.json", catalog.url)).await;
    let all = described(&format!("{}/openapi.json", catalog.internal_url)).await;
    assert!(public["/products"].is_object() && all["/products"].is_object());
    assert!(public["/audit"].is_null() && all["/audit"].is_object());
}

async fn nobody_without_the_token_makes_internal_calls(database: &str) {
    let shop = Apart::open(database);
    let (services, before) = hold(&shop).await;
    let mut wrong = ["", "Bearer", "Bearer ", "Basic", SERVICE_TOKEN]
        .map(str::to_owned)
        .to_vec();
    let last = SERVICE_TOKEN.len() - 1;
    wrong.extend([
        format!("Bearer {}", &SERVICE_TOKEN[..last]),
        format!("Bearer {SERVICE_TOKEN}x"),
        format!("Bearer {}", SERVICE_TOKEN.to_uppercase()),
        format!("Bearer {ADMIN_TOKEN}"),
        format!("Basic {SERVICE_TOKEN}"),
    ]);
    let mut calls = internal_calls();
    let book = json!({"name": "Grand Design", "price": 1, "quantity": 1});
    // Calls for everybody need the token at this port, too.
    calls.push(("catalog", Method::POST, "/products".into(), book));
    calls.push(("orders", Method::POST, "/orders/5".into(), Value::Null));
    for (name, method, path, body) in calls {
        let service = shop.service(name);
        let url = format!("{}{path}", service.internal_url);
        for authorization in wrong.iter().map(|it| Some(it.as_str())).chain([None]) {
            let answer = send(&service, &method, &url, &body, authorization).await;
            assert_eq!(answer.status(), 401, "{method} {url} {authorization:?}");
            assert_eq!(answer.headers()[header::WWW_AUTHENTICATE], "Bearer");
            let detail = json!({"detail": "internal calls need the service token"});
            assert_eq!(answer.json::<Value>().await.unwrap(), detail);
        }
        for probe in ["/health", "/ready"] {
            let url = format!("{}{probe}", service.internal_url);
            let answer = send(&service, &Method::GET, &url, &Value::Null, None).await;
            assert_eq!(answer.status(), 200, "balancers have no token");
        }
    }
    assert_eq!(state(&services).await, before);
}

async fn the_services_carry_the_token(database: &str) {
    let mut shop = shop(database, &[]);
    let shop = Process::launch(shop.env("BOOKSTORE_SERVICE_TOKEN", SERVICE_TOKEN));
    let [catalog, cart, orders] =
        ["catalog", "cart", "orders"].map(|name| trusted(&shop.service(name)));
    let book = catalog.add_book(9).await;
    cart.put_in_cart(5, book, 3).await;
    let (status, placed) = shop.service("orders").post_nothing("/orders/5").await;
    assert_eq!(status, 201, "{placed}");
    let returns = format!("/orders/5/{}/returns", placed["order"]["id"]);
    let one = json!({"items": [{"product_id": book, "quantity": 1}]});
    let (status, returned) = shop.service("orders").post(&returns, one).await;
    assert_eq!(status, 201, "{returned}");
    ends_in_a_clean_audit(&catalog, &cart, &orders).await;
    assert_eq!(catalog.stock(book).await, 7);
    assert_eq!(
        Visitor::of(&shop.service("storefront"))
            .get("/")
            .await
            .status,
        200
    );
}

async fn protected_products_are_changed_with_the_administrators_token_alone(database: &str) {
    let mut command = shop(database, &["--protect"]);
    let shop = Process::launch(command.env("BOOKSTORE_ADMIN_TOKEN", ADMIN_TOKEN));
    let (open, public) = (shop.service("catalog"), shop.service("catalog").url);
    let book = json!({"name": "Grand Design", "price": 12, "quantity": 9});
    let right = format!("Bearer {ADMIN_TOKEN}");
    let url = format!("{public}/products");
    let added = send(&open, &Method::POST, &url, &book, Some(&right)).await;
    assert_eq!(added.status(), StatusCode::CREATED);
    let before = open.get("/products").await;
    let details = json!({"author": "Ann", "category": "Science", "description": "On order."});
    let writes = [
        (Method::POST, "/products", book.clone()),
        (Method::PUT, "/products/1", book.clone()),
        (Method::PATCH, "/products/1/stock", json!({"change": 1})),
        (Method::PUT, "/books/1", details),
        (Method::DELETE, "/products/1", Value::Null),
        (Method::POST, "/products/1/restoration", Value::Null),
    ];
    for (method, path, body) in &writes {
        let url = format!("{public}{path}");
        for wrong in [
            None,
            Some("Bearer "),
            Some(ADMIN_TOKEN),
            Some("Bearer another-token-than-that"),
        ] {
            let answer = send(&open, method, &url, body, wrong).await;
            assert_eq!(answer.status(), 401, "{method} {path} {wrong:?}");
            assert_eq!(answer.headers()[header::WWW_AUTHENTICATE], "Bearer");
        }
    }
    assert_eq!(open.get("/products").await, before);
    // Customers are not concerned.
    let cart = shop.service("cart");
    cart.put_in_cart(5, 1, 2).await;
    assert_eq!(
        shop.service("orders").post_nothing("/orders/5").await.0,
        201
    );
    assert_eq!(open.stock(1).await, 7);
    // Nor is the bookseller, who has a password.
    let bookseller = Visitor::of(&shop.service("storefront"));
    bookseller.sign_in().await;
    let form = bookseller.get("/admin/books/1").await;
    let fields = [("change", "2"), ("key", "once")];
    bookseller
        .submit(&form, "/admin/books/1/stock", &fields)
        .await;
    assert_eq!(open.stock(1).await, 9);
    for (method, path, body) in &writes {
        let answer = send(
            &open,
            method,
            &format!("{public}{path}"),
            body,
            Some(&right),
        )
        .await;
        assert!(
            answer.status().is_success(),
            "{method} {path}: {}",
            answer.status()
        );
    }
}

async fn a_list_has_a_thousand_rows_where_nobody_asks_for_a_page(database: &str) {
    let shop = Process::start(&[
        "catalog",
        "--port=0",
        "--ephemeral",
        "--database",
        database,
        "--products=1001",
    ]);
    let catalog = shop.service("catalog");
    // The second answer may have been kept from the first.
    for _ in 0..2 {
        let answer = catalog
            .request(Method::GET, "/products")
            .send()
            .await
            .unwrap();
        let link = "</products?limit=1000&after=1000>; rel=\"next\"";
        assert_eq!(answer.headers()[header::LINK], link);
        let books = answer.json::<Value>().await.unwrap();
        assert_eq!(books["data"].as_array().unwrap().len(), 1000);
    }
    let rest = catalog.request(Method::GET, "/products?limit=1000&after=1000");
    let rest = rest.send().await.unwrap();
    assert!(!rest.headers().contains_key(header::LINK));
    assert_eq!(rest.json::<Value>().await.unwrap()["data"][0]["id"], 1001);
    let found = catalog
        .request(Method::GET, "/products?q=the")
        .send()
        .await
        .unwrap();
    let books = found.json::<Value>().await.unwrap();
    assert!(books["data"].as_array().unwrap().len() <= 1000);
    assert_eq!(catalog.delete("/products/7").await.0, 204);
    let answer = catalog
        .request(Method::GET, "/products")
        .send()
        .await
        .unwrap();
    assert!(
        !answer.headers().contains_key(header::LINK),
        "a thousand are left"
    );
}

async fn audits_at_once_are_made_one_at_a_time_and_a_fresh_one_sees_what_was_done(database: &str) {
    let shop = Process::launch(&mut shop(database, &[]));
    let (catalog, orders) = (shop.service("catalog"), shop.service("orders"));
    let book = catalog.add_book(100).await;
    for sold in 1..=5 {
        let items = json!({"items": [{"product_id": book, "quantity": 1}]});
        assert_eq!(orders.post("/orders/5", items).await.0, 201);
        let audits = (0..30).map(|_| orders.audit("/audit/shop"));
        for audit in futures::future::join_all(audits).await {
            assert_eq!(audit["checked"]["orders"], sold, "{audit}");
        }
    }
    // An answer that is kept is as good for those who do not mind, and a HEAD leaves it whole.
    for method in [Method::HEAD, Method::GET, Method::GET] {
        let url = format!("{}/audit/shop", orders.internal_url);
        let answer = send(&orders, &method, &url, &Value::Null, None).await;
        assert_eq!(answer.status(), 200);
        let text = answer.text().await.unwrap();
        assert_eq!(
            text.contains("\"clean\":true"),
            method == Method::GET,
            "{text}"
        );
    }
}

on_both! {
    a_list_has_a_thousand_rows_where_nobody_asks_for_a_page
    audits_at_once_are_made_one_at_a_time_and_a_fresh_one_sees_what_was_done
    nobody_without_the_token_makes_internal_calls
    protected_products_are_changed_with_the_administrators_token_alone
    the_public_port_takes_no_internal_call_whoever_sends_it
    the_services_carry_the_token
}

#[tokio::test]
async fn products_are_protected_beyond_loopback_unless_somebody_says_otherwise() {
    let book = json!({"name": "Grand Design", "price": 12, "quantity": 9});
    for (options, expected) in [
        (&["--address=127.0.0.1"][..], 201),
        (&["--address=127.0.0.1", "--protect"], 401),
        (&["--address=127.0.0.1", "--protect=true"], 401),
        (&["--address=0.0.0.0"], 401),
        (&["--address=0.0.0.0", "--protect=false"], 201),
    ] {
        let catalog = ["catalog", "--port=0", "--ephemeral"];
        let process = Process::start(&[&catalog[..], options].concat());
        let (status, answer) = process
            .service("catalog")
            .post("/products", book.clone())
            .await;
        assert_eq!(status, expected, "{options:?}: {answer}");
        assert_eq!(process.service("catalog").get("/products").await.0, 200);
    }
}

#[tokio::test]
async fn services_with_different_tokens_do_not_know_each_other() {
    let start = |arguments: &[&str], token: &str| {
        let mut command = command(&[arguments, &["--port=0", "--ephemeral"]].concat());
        Process::launch(command.env("BOOKSTORE_SERVICE_TOKEN", token))
    };
    let catalog_process = start(&["catalog"], SERVICE_TOKEN);
    let catalog = catalog_process.service("catalog");
    let book = catalog.add_book(9).await;
    let to_catalog = format!("--catalog-url={}", catalog.internal_url);
    let item = json!({"product_id": book, "quantity": 1});
    for (token, expected) in [
        (
            SERVICE_TOKEN,
            (201, json!({"message": "Item added to cart successfully"})),
        ),
        (
            ADMIN_TOKEN,
            (503, json!({"detail": "catalog is not available"})),
        ),
    ] {
        let cart = start(&["cart", &to_catalog], token);
        assert_eq!(
            cart.service("cart").post("/carts/5", item.clone()).await,
            expected
        );
    }
}

#[tokio::test]
async fn a_host_that_is_not_known_changes_nothing() {
    let shop = Process::launch(&mut shop(
        "sqlite",
        &["--hosts", "shop.example,books.example"],
    ));
    let book = json!({"name": "Grand Design", "price": 12, "quantity": 9});
    let [catalog, storefront] = ["catalog", "storefront"].map(|name| shop.service(name));
    let post = async |service: &Service, path: &str, host: &str, origin: bool| {
        let mut request = service.request(Method::POST, path).json(&book);
        request = request.header(header::HOST, host);
        if origin {
            request = request.header(header::ORIGIN, format!("http://{host}"));
        }
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let unknown = "this service is not known by that host: its operator names hosts by --hosts";
    for host in [
        "elsewhere.example",
        "elsewhere.example:8001",
        "shop.example.elsewhere.example",
        "127.0.0.1.elsewhere.example",
    ] {
        for origin in [true, false] {
            let refused = (403, json!({"detail": unknown}).to_string());
            assert_eq!(
                post(&catalog, "/products", host, origin).await,
                refused,
                "{host}"
            );
            // Where only services and operators are, too.
            assert_eq!(
                post(&catalog, "/admin/reset", host, origin).await,
                refused,
                "{host}"
            );
            let (status, page) = post(&storefront, "/cart", host, origin).await;
            assert_eq!(status, 403);
            assert!(
                page.contains("<h1>The shop is not known by this address</h1>"),
                "{page}"
            );
        }
        // What is for everybody may be read under any name. At the internal port nothing may: the page
        // whose name that is would read the answer.
        for (port, path, expected) in [
            (&catalog.url, "/products", 200),
            (&catalog.internal_url, "/products", 403),
            (&catalog.internal_url, "/reservations", 403),
            (&catalog.internal_url, "/admin/faults", 403),
            (&catalog.internal_url, "/health", 200),
        ] {
            let read = catalog.client.get(format!("{port}{path}"));
            let read = read.header(header::HOST, host).send().await.unwrap();
            assert_eq!(read.status(), expected, "{host} {path}");
        }
    }
    assert_eq!(catalog.get("/products").await.1, json!({"data": []}));
    for host in [
        "shop.example",
        "BOOKS.example:443",
        "localhost:8001",
        "[::1]",
        "catalog",
    ] {
        for origin in [true, false] {
            let (status, answer) = post(&catalog, "/products", host, origin).await;
            assert_eq!(status, 201, "{host}: {answer}");
        }
    }
}

#[tokio::test]
async fn beyond_loopback_browsers_need_a_known_host_and_programs_do_not() {
    let process = Process::start(&["cart", "--port=0", "--ephemeral", "--address=0.0.0.0"]);
    let cart = process.service("cart");
    for (origin, expected) in [(None, 404), (Some("http://shop.example"), 403)] {
        let path = "/carts/5?status=Ordered";
        let mut request = cart
            .request(Method::PUT, path)
            .header(header::HOST, "shop.example");
        if let Some(origin) = origin {
            request = request.header(header::ORIGIN, origin);
        }
        assert_eq!(
            request.send().await.unwrap().status(),
            expected,
            "{origin:?}"
        );
    }
}

/// Starts a catalog that refuses to start with these settings; why.
fn refusal(arguments: &[&str], settings: &[(&str, &str)]) -> String {
    let catalog = ["catalog", "--port=0", "--ephemeral"];
    let mut command = command(&[&catalog[..], arguments].concat());
    let output = command.envs(settings.iter().copied()).output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{message}");
    message
}

#[test]
fn a_token_that_protects_nothing_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let message = refusal(&["--internal-address=0.0.0.0"], &[]);
    assert!(message.contains("--service-token-file"), "{message}");
    for variable in ["BOOKSTORE_SERVICE_TOKEN", "BOOKSTORE_ADMIN_TOKEN"] {
        for text in ["", "   ", "too-short", "with a space in between"] {
            let message = refusal(&[], &[(variable, text)]);
            assert!(
                message.contains(variable) && message.contains("16"),
                "{message}"
            );
            assert!(
                text.trim().is_empty() || !message.contains(text),
                "{message}"
            );
        }
    }
    for option in ["--service-token-file", "--admin-token-file"] {
        let missing = folder.path().join("missing");
        for path in [
            missing.to_str().unwrap(),
            &file("empty", ""),
            &file("short", "secret-word\n"),
            &file("second-line", "\nthe-token-in-the-second-line\n"),
        ] {
            let message = refusal(&[option, path], &[]);
            assert!(message.contains(path), "{message}");
            assert!(!message.contains("secret-word"), "{message}");
        }
    }
    // Nor is there an option that everybody on the machine could read.
    let (code, message) = Process::fail(&["catalog", "--service-token", SERVICE_TOKEN]);
    assert_eq!(code, 2, "{message}");
}

#[tokio::test]
async fn a_token_in_a_file_that_everybody_can_read_is_used_with_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let (path, log) = (folder.path().join("token"), folder.path().join("log"));
    fs::write(&path, format!("{SERVICE_TOKEN}\nmore\n")).unwrap();
    for (mode, warned) in [(0o644, true), (0o604, true), (0o640, false), (0o600, false)] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let mut catalog = command(&["catalog", "--port=0", "--ephemeral"]);
        catalog.arg("--service-token-file").arg(&path);
        catalog
            .env("RUST_LOG", "warn")
            .stderr(fs::File::create(&log).unwrap());
        let process = Process::launch(&mut catalog);
        let catalog = process.service("catalog");
        assert_eq!(catalog.get("/audit").await.0, 401);
        assert_eq!(trusted(&catalog).get("/audit").await.0, 200);
        let logged = fs::read_to_string(&log).unwrap();
        assert_eq!(logged.contains("can read"), warned, "{mode:o}: {logged}");
    }
}

#[tokio::test]
async fn tokens_are_in_no_log_no_metric_no_answer_and_no_argument() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let mut command = shop("sqlite", &["--protect"]);
    command.env("BOOKSTORE_SERVICE_TOKEN", SERVICE_TOKEN);
    command.env("BOOKSTORE_ADMIN_TOKEN", ADMIN_TOKEN);
    command
        .env("RUST_LOG", "trace")
        .stderr(fs::File::create(&log).unwrap());
    let mut process = Process::launch(&mut command);
    let mut seen = String::new();
    let guess = "a-token-that-somebody-guesses";
    for name in ["catalog", "cart", "orders", "storefront"] {
        let service = process.service(name);
        for token in [SERVICE_TOKEN, ADMIN_TOKEN, guess] {
            let bearer = format!("Bearer {token}");
            for url in [&service.url, &service.internal_url] {
                for path in ["/metrics", "/openapi.json", "/products", "/nowhere"] {
                    for method in [Method::GET, Method::POST] {
                        let url = format!("{url}{path}");
                        let answer = send(&service, &method, &url, &json!({}), Some(&bearer)).await;
                        seen += &format!("{:?}", answer.headers());
                        seen += &answer.text().await.unwrap();
                    }
                }
            }
        }
    }
    let book = json!({"name": "Grand Design", "price": 12, "quantity": 9});
    let catalog = trusted(&process.service("catalog"));
    let url = format!("{}/products", catalog.internal_url);
    assert_eq!(
        send(&catalog, &Method::POST, &url, &book, None)
            .await
            .status(),
        201
    );
    process.service("cart").put_in_cart(5, 1, 1).await;
    assert_eq!(
        process.service("orders").post_nothing("/orders/5").await.0,
        201
    );
    seen += &fs::read_to_string(format!("/proc/{}/cmdline", process.pid())).unwrap();
    assert!(process.close().success());
    seen += &fs::read_to_string(&log).unwrap();
    assert!(seen.contains("bookstore_requests_total") && seen.contains("--protect"));
    for token in [SERVICE_TOKEN, ADMIN_TOKEN, guess] {
        assert!(!seen.contains(token), "{token}");
    }
}
