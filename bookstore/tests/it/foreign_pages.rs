//! Pages of somebody else, which have a browser send requests to the shop.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Browser, Process, Service, Shop, on_both_databases};

/// Headers that a browser sends for a page of another origin.
const FOREIGN: [(&str, &str); 5] = [
    ("sec-fetch-site", "cross-site"),
    // Another port of the same host, or a neighbour.
    ("sec-fetch-site", "same-site"),
    ("origin", "http://elsewhere.example"),
    ("origin", "http://127.0.0.1:9"),
    ("origin", "null"),
];

/// What a shop has that can be changed.
async fn state(shop: &Shop) -> Vec<Value> {
    let mut state = Vec::new();
    for (service, path) in [
        (&shop.catalog, "/products"),
        (&shop.catalog, "/reservations"),
        (&shop.cart, "/carts"),
        (&shop.cart, "/cart_items"),
        (&shop.orders, "/orders"),
    ] {
        state.push(service.get(path).await.1);
    }
    state
}

/// Sends it with these headers, and a body if there is one; the answer's status and text.
async fn send(
    service: &Service,
    method: &Method,
    path: &str,
    body: &Value,
    headers: &[(&str, &str)],
) -> (u16, String) {
    let mut request = service.request(method.clone(), path);
    if !body.is_null() {
        request = request.json(body);
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

on_both_databases! {
    async fn a_foreign_page_changes_nothing_with_a_body_or_without(shop: Shop) {
        let book = shop.add_book(9).await;
        shop.put_in_cart(5, book, 1).await;
        let before = state(&shop).await;
        let new = json!({"name": "Grand Design", "price": 1, "quantity": 1});
        let item = json!({"product_id": book, "quantity": 1});
        let items = json!({"items": [item]});
        let product = format!("/products/{book}");
        let line = format!("/carts/5/{book}");
        let reservation = format!("/reservations/{}", crate::support::token(1));
        let calls = [
            (&shop.catalog, Method::POST, "/products", &new),
            (&shop.catalog, Method::PUT, &product, &new),
            (&shop.catalog, Method::DELETE, &product, &Value::Null),
            (&shop.catalog, Method::PUT, &reservation, &items),
            (&shop.cart, Method::POST, "/carts/5", &item),
            (&shop.cart, Method::PUT, &line, &json!({"quantity": 2})),
            (&shop.cart, Method::DELETE, &line, &Value::Null),
            (&shop.cart, Method::PUT, "/carts/5", &Value::Null),
            (&shop.orders, Method::POST, "/orders/5", &Value::Null),
            (&shop.orders, Method::POST, "/orders/6", &items),
            (&shop.orders, Method::POST, "/orders/5/1/returns", &Value::Null),
        ];
        let refused = r#"{"detail":"sent by a page of another origin"}"#;
        for foreign in FOREIGN {
            for (service, method, path, body) in &calls {
                let answer = send(service, method, path, body, &[foreign]).await;
                assert_eq!(answer, (403, refused.to_owned()), "{method} {path} {foreign:?}");
            }
            let (status, page) =
                send(&shop.storefront, &Method::POST, "/cart", &Value::Null, &[foreign]).await;
            assert_eq!(status, 403);
            assert!(page.contains("<h1>This was not sent from here</h1>"), "{page}");
            // What changes nothing may be linked to from anywhere.
            let seen = send(&shop.catalog, &Method::GET, &product, &Value::Null, &[foreign]).await;
            assert_eq!(seen.0, 200);
            assert_eq!(send(&shop.storefront, &Method::GET, "/", &Value::Null, &[foreign]).await.0, 200);
        }
        assert_eq!(state(&shop).await, before);

        // The service's own pages may, and programs may.
        let own = shop.catalog.url.as_str();
        for own in [
            &[("sec-fetch-site", "same-origin"), ("origin", own)][..],
            &[("origin", own)],
            &[("sec-fetch-site", "none")],
            &[],
        ] {
            let added = send(&shop.catalog, &Method::POST, "/products", &new, own).await;
            assert_eq!(added.0, 201, "{own:?} {}", added.1);
        }
        let added = state(&shop).await[0]["data"].as_array().unwrap().len();
        assert_eq!(added, 5);

        // Of two hosts a proxy may have looked at the other one.
        let two = [("host", "localhost"), ("host", "elsewhere.example")];
        assert_eq!(send(&shop.catalog, &Method::POST, "/products", &new, &two).await.0, 403);
        let docs = shop.catalog.request(Method::GET, "/docs/").send().await.unwrap();
        assert_eq!(docs.headers()["x-frame-options"], "DENY", "nobody clicks there unseen");
    }
}

#[tokio::test]
async fn a_page_of_another_origin_in_a_browser_changes_nothing() {
    let shop = Shop::open("sqlite");
    let book = shop.add_book(9).await;
    shop.put_in_cart(5, book, 1).await;
    let before = state(&shop).await;
    // The same host, and the same machine by another name, which is another site.
    for site in [
        shop.cart.url.clone(),
        shop.cart.url.replace("127.0.0.1", "localhost"),
    ] {
        let Some(browser) = Browser::start(&site).await else {
            return;
        };
        browser.open("/docs/").await;
        let script = format!(
            r#"const done = arguments[0];
            const book = JSON.stringify({{name: "Grand Design", price: 1, quantity: 1}});
            const item = JSON.stringify({{product_id: {book}, quantity: 1}});
            const items = `{{"items":[${{item}}]}}`;
            const post = (url, body) => fetch(url, {{method: "POST", mode: "no-cors", body}});
            Promise.all([
                post("{catalog}/products", new Blob([book])),
                post("{catalog}/products", book),
                post("{cart}/carts/6", new Blob([item])),
                post("{orders}/orders/5"),
                post("{orders}/orders/6", new Blob([items])),
            ]).then(() => done("sent"), (error) => done(String(error)));"#,
            catalog = shop.catalog.url,
            cart = shop.cart.url,
            orders = shop.orders.url,
        );
        assert_eq!(browser.evaluate_async(&script).await, json!("sent"));
        assert_eq!(state(&shop).await, before, "{site}");
        browser.close().await;
    }
}

#[tokio::test]
async fn the_page_of_a_service_calls_it() {
    let shop = Process::start(&[
        "catalog",
        "--port",
        "0",
        "--ephemeral",
        "--database",
        "sqlite",
    ]);
    let catalog = shop.service("catalog");
    let Some(browser) = Browser::start(&catalog.url).await else {
        return;
    };
    browser.open("/docs/").await;
    let script = r#"const done = arguments[0];
        const body = JSON.stringify({name: "Grand Design", price: 1, quantity: 1});
        const headers = {"content-type": "application/json"};
        fetch("/products", {method: "POST", headers, body}).then((it) => done(it.status));"#;
    assert_eq!(browser.evaluate_async(script).await, json!(201));
    browser.close().await;
}
