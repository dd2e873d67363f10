//! Whatever a client sends is done or refused; no service ever fails over it.

use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, TestRunner},
};
use reqwest::Method;
use serde_json::Value;

use crate::support::{on_both_databases, token};

/// Requests per story; the generator always begins alike.
const REQUESTS: usize = 400;

/// Numbers as JSON writes them, also those that no type holds.
fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => (-1_i64..5).prop_map(|number| number.to_string()),
        1 => any::<i64>().prop_map(|number| number.to_string()),
        1 => any::<f64>().prop_map(|number| format!("{number:e}").replace("inf", "1e400").replace("NaN", "1e-400")),
        1 => prop::sample::select(vec!["1.0", "2147483647", "2147483648", "9223372036854775808", "1e5", "-0", "-0.0", "1E400"])
            .prop_map(str::to_owned),
        1 => "[1-9][0-9]{30,60}",
    ]
}

/// Texts as JSON writes them, also those that are none.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-zA-Z ]{1,12}".prop_map(|text| format!("\"{text}\"")),
        2 => any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap()),
        1 => prop::sample::select(vec![
            r#""\u0000""#, r#""\ud800""#, r#""\udc00\ud800""#, r#""\u200b""#, r#""\n""#, "\"\u{1}\"", r#""open"#, "\"\"",
        ]).prop_map(str::to_owned),
        1 => "[a-z]{256,300}".prop_map(|text| format!("\"{text}\"")),
    ]
}

/// A body: mostly JSON, with the names that the services look for, in any order and any number.
fn body() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        4 => number(),
        3 => text(),
        1 => prop::sample::select(vec!["null", "true", "{}", "[]", "", "nul", "NaN"]).prop_map(str::to_owned),
    ];
    let names = prop::sample::select(vec![
        "name",
        "price",
        "quantity",
        "product_id",
        "customer_id",
        "order_token",
        "items",
        "isbn",
    ]);
    leaf.prop_recursive(4, 40, 6, move |inner| {
        let field = (names.clone(), inner.clone());
        let fields = prop::collection::vec(field, 0..6);
        let book = (text(), number(), number());
        let lines = prop::collection::vec((number(), number()), 0..4);
        prop_oneof![
            fields.prop_map(|fields| {
                let fields = fields
                    .iter()
                    .map(|(name, value)| format!("\"{name}\":{value}"));
                format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
            }),
            book.prop_map(|(name, price, quantity)| {
                format!(r#"{{"name":{name},"price":{price},"quantity":{quantity}}}"#)
            }),
            lines.prop_map(|lines| {
                let lines = lines.iter().map(|(product, quantity)| {
                    format!(r#"{{"product_id":{product},"quantity":{quantity}}}"#)
                });
                format!(
                    r#"{{"order_token":"00000000-0000-7000-8000-000000000001","items":[{}]}}"#,
                    lines.collect::<Vec<_>>().join(",")
                )
            }),
            prop::collection::vec(inner, 0..6)
                .prop_map(|elements| format!("[{}]", elements.join(","))),
        ]
    })
}

/// A part of a path or a query.
fn id() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => (1_i64..4).prop_map(|id| id.to_string()),
        1 => any::<i64>().prop_map(|id| id.to_string()),
        1 => prop::sample::select(vec!["%00", "%2F", "%ff", "+5", "5.0", "%F0%9F%93%9A", "..", "1e3", "%20"])
            .prop_map(str::to_owned),
    ]
}

on_both_databases! {
    async fn whatever_is_sent_is_done_or_refused(shop: Shop) {
        for book in 1..=3 {
            shop.add_book(100).await;
            shop.put_in_cart(book, book, 1).await;
        }
        let calls = [
            (&shop.catalog, Method::GET, "/products?limit=ID&after=ID&x=ID"),
            (&shop.catalog, Method::POST, "/products"),
            (&shop.catalog, Method::PUT, "/products/ID"),
            (&shop.catalog, Method::PUT, "/reservations/TOKEN"),
            (&shop.catalog, Method::PUT, "/returns/TOKEN"),
            (&shop.cart, Method::GET, "/cart_items?customer_id=ID&limit=ID"),
            (&shop.cart, Method::POST, "/carts/ID"),
            (&shop.cart, Method::PUT, "/carts/ID/ID"),
            (&shop.cart, Method::PUT, "/checkouts/TOKEN"),
            (&shop.orders, Method::GET, "/orders/ID?after=ID"),
            (&shop.orders, Method::POST, "/orders/ID"),
            (&shop.orders, Method::POST, "/orders/ID/ID/returns"),
        ];
        let config = Config { failure_persistence: None, ..Config::default() };
        let rng = TestRunner::deterministic().new_rng();
        let mut runner = TestRunner::new_with_rng(config, rng);
        let case = (0..calls.len(), prop::collection::vec(id(), 3), body());
        let mut done = 0;
        for _ in 0..REQUESTS {
            let (call, ids, body) = case.new_tree(&mut runner).unwrap().current();
            let (service, method, pattern) = &calls[call];
            let mut ids = ids.iter();
            let token = ids.clone().next().unwrap().parse().map_or("none".to_owned(), token);
            let pattern = pattern.replace("TOKEN", &token);
            let mut parts = pattern.split("ID");
            let mut path = parts.next().unwrap().to_owned();
            for part in parts {
                path.push_str(ids.next().unwrap());
                path.push_str(part);
            }
            let request = service.request(method.clone(), &path).body(body.clone());
            let answer = request.header("content-type", "application/json").send().await.unwrap();
            let status = answer.status().as_u16();
            let text = answer.text().await.unwrap();
            let expected = [200, 201, 202, 204, 400, 404, 405, 409, 422].contains(&status);
            assert!(expected, "{method} {path} {body}\n{status} {text}");
            if status >= 400 {
                let answer: Value = serde_json::from_str(&text).unwrap();
                assert!(!answer["detail"].is_null(), "{method} {path} {body}\n{text}");
            } else {
                done += 1;
            }
        }
        // Not everything was nonsense.
        assert!(done > REQUESTS / 20, "{done} requests were done");
    }
}
