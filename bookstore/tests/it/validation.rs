//! Nonsense is refused, with the shape that FastAPI's clients expect.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Service, on_both_databases};

/// Sends a body and collects where and what the problems are.
async fn problems(service: &Service, method: Method, path: &str, body: Value) -> Value {
    let response = service
        .request(method, path)
        .json(&body)
        .send()
        .await
        .unwrap();
    problems_in(response).await
}

async fn problems_in(response: reqwest::Response) -> Value {
    assert_eq!(response.status(), 422);
    assert_eq!(response.headers()["content-type"], "application/json");
    let answer: Value = response.json().await.unwrap();
    let problems = answer["detail"].as_array().unwrap().iter().map(|problem| {
        assert!(
            problem["msg"]
                .as_str()
                .is_some_and(|message| !message.is_empty())
        );
        json!([problem["loc"], problem["type"]])
    });
    Value::Array(problems.collect())
}

async fn problems_of_text(service: &Service, content_type: &str, text: &str) -> Value {
    let request = service
        .request(Method::POST, "/products")
        .header("content-type", content_type)
        .body(text.to_owned());
    problems_in(request.send().await.unwrap()).await
}

on_both_databases! {
    async fn products_must_make_sense(shop: Shop) {
        let catalog = &shop.catalog;
        let add = |body| problems(catalog, Method::POST, "/products", body);

        assert_eq!(
            add(json!({"name": "", "price": -1, "quantity": 2147483648_i64})).await,
            json!([
                [["body", "name"], "string_too_short"],
                [["body", "price"], "greater_than_equal"],
                [["body", "quantity"], "less_than_equal"],
            ])
        );
        assert_eq!(
            add(json!({"name": "n".repeat(256), "price": 1.5, "quantity": "3"})).await,
            json!([
                [["body", "name"], "string_too_long"],
                [["body", "price"], "int_from_float"],
                [["body", "quantity"], "int_type"],
            ])
        );
        assert_eq!(
            add(json!({"name": 7, "price": null})).await,
            json!([
                [["body", "name"], "string_type"],
                [["body", "price"], "int_type"],
                [["body", "quantity"], "missing"],
            ])
        );
        assert_eq!(
            add(json!({"name": "nul\0", "price": 1, "quantity": 1})).await,
            json!([[["body", "name"], "value_error"]])
        );
        assert_eq!(add(json!([1])).await, json!([[["body"], "model_attributes_type"]]));
        assert_eq!(add(json!(null)).await, json!([[["body"], "missing"]]));

        for unseen in [" ", "\u{200b}", "\u{feff}\u{2060}", "\u{ad}", "\u{3164}", "\u{202e} \u{200f}"] {
            assert_eq!(
                add(json!({"name": unseen, "price": 1, "quantity": 1})).await,
                json!([[["body", "name"], "string_too_short"]])
            );
        }

        let limits = json!({"name": "n".repeat(255), "price": 2147483647, "quantity": 0});
        assert_eq!(catalog.post("/products", limits).await.0, 201);
        let unknown_fields = json!({"name": "n", "price": 0, "quantity": 0, "isbn": "1"});
        assert_eq!(catalog.post("/products", unknown_fields).await.0, 201);
    }

    async fn the_message_is_one_that_people_know(shop: Shop) {
        let expected = json!({"detail": [{
            "loc": ["path", "product_id"],
            "msg": "Input should be a valid integer, unable to parse string as an integer",
            "type": "int_parsing",
        }]});
        assert_eq!(shop.catalog.get("/products/first").await, (422, expected));
    }

    async fn ids_in_paths_must_be_positive_integers(shop: Shop) {
        for (id, kind) in [
            ("first", "int_parsing"),
            ("1.5", "int_parsing"),
            ("%20", "int_parsing"),
            ("0", "greater_than_equal"),
            ("-1", "greater_than_equal"),
            ("9223372036854775808", "less_than_equal"),
            ("99999999999999999999999999999999999999999999", "less_than_equal"),
            ("-99999999999999999999999999999999999999999999", "greater_than_equal"),
        ] {
            let none = json!(null);
            let product = problems(&shop.catalog, Method::GET, &format!("/products/{id}"), none.clone()).await;
            assert_eq!(product, json!([[["path", "product_id"], kind]]));
            let orders = problems(&shop.orders, Method::GET, &format!("/orders/{id}"), none.clone()).await;
            assert_eq!(orders, json!([[["path", "customer_id"], kind]]));
            let order = problems(&shop.catalog, Method::DELETE, &format!("/reservations/{id}"), none).await;
            assert_eq!(order, json!([[["path", "order_token"], "uuid_parsing"]]));
        }
        assert_eq!(shop.catalog.get("/products/9223372036854775807").await.0, 404);
        let response = shop.catalog.request(Method::GET, "/products/%ff").send().await.unwrap();
        assert_eq!(problems_in(response).await, json!([[["path"], "string_unicode"]]));
    }

    async fn everything_wrong_is_told_at_once(shop: Shop) {
        let body = json!({"product_id": "x", "quantity": 0});
        let wrong = problems(&shop.cart, Method::POST, "/carts/me", body).await;
        assert_eq!(wrong, json!([
            [["path", "customer_id"], "int_parsing"],
            [["body", "product_id"], "int_type"],
            [["body", "quantity"], "greater_than_equal"],
        ]));
        let wrong = problems(&shop.cart, Method::PUT, "/carts/me/that", json!({"quantity": 0})).await;
        assert_eq!(wrong, json!([
            [["path", "customer_id"], "int_parsing"],
            [["path", "product_id"], "int_parsing"],
            [["body", "quantity"], "greater_than_equal"],
        ]));
        let wrong = problems(&shop.cart, Method::PUT, "/carts/me?status=Lost", json!(null)).await;
        assert_eq!(wrong, json!([
            [["path", "customer_id"], "int_parsing"],
            [["query", "status"], "enum"],
        ]));
    }

    async fn ordered_items_must_make_sense(shop: Shop) {
        let order = |body| problems(&shop.orders, Method::POST, "/orders/5", body);
        assert_eq!(
            order(json!({"items": [
                {"product_id": 1, "quantity": 1},
                {"product_id": 0, "quantity": 0},
                "book",
                {"quantity": 2147483648_i64},
            ]})).await,
            json!([
                [["body", "items", 1, "product_id"], "greater_than_equal"],
                [["body", "items", 1, "quantity"], "greater_than_equal"],
                [["body", "items", 2], "model_attributes_type"],
                [["body", "items", 3, "product_id"], "missing"],
                [["body", "items", 3, "quantity"], "less_than_equal"],
            ])
        );
        assert_eq!(order(json!({"items": []})).await, json!([[["body", "items"], "too_short"]]));
        let many = vec![json!({"product_id": 1, "quantity": 1}); 101];
        assert_eq!(order(json!({"items": many})).await, json!([[["body", "items"], "too_long"]]));
        assert_eq!(order(json!({"items": {}})).await, json!([[["body", "items"], "list_type"]]));
        assert_eq!(order(json!({})).await, json!([[["body", "items"], "missing"]]));
    }

    async fn idempotency_keys_must_be_visible_and_short(shop: Shop) {
        for key in ["", "with space", &"k".repeat(256)] {
            let request = shop.orders.request(Method::POST, "/orders/5").header("Idempotency-Key", key);
            let problems = problems_in(request.send().await.unwrap()).await;
            assert_eq!(problems, json!([[["header", "idempotency-key"], "value_error"]]));
        }
    }

    async fn bodies_must_be_json(shop: Shop) {
        let catalog = &shop.catalog;
        let malformed = r#"{"name": oops}"#;
        assert_eq!(
            problems_of_text(catalog, "application/json", malformed).await,
            json!([[["body", malformed.find("oops").unwrap()], "json_invalid"]])
        );
        assert_eq!(
            problems_of_text(catalog, "application/json", "").await,
            json!([[["body"], "missing"]])
        );
        let form = problems_of_text(catalog, "application/x-www-form-urlencoded", "name=a").await;
        assert_eq!(form, json!([[["body"], "model_attributes_type"]]));
        let deep = "[".repeat(10_000);
        assert_eq!(problems_of_text(catalog, "application/json", &deep).await[0][1], "json_invalid");
        // A body that does not say that it is JSON is none.
        let book = r#"{"name": "Grand Design", "price": 1, "quantity": 1}"#;
        let request = catalog.request(Method::POST, "/products").body(book);
        let unnamed = problems_in(request.send().await.unwrap()).await;
        assert_eq!(unnamed, json!([[["body"], "model_attributes_type"]]));
        for safelisted in ["text/plain", "text/plain; application/json", "multipart/form-data"] {
            let other = problems_of_text(catalog, safelisted, book).await;
            assert_eq!(other, json!([[["body"], "model_attributes_type"]]));
        }
        assert_eq!(catalog.get("/products").await.1, json!({"data": []}));
    }

    async fn giant_bodies_are_refused(shop: Shop) {
        let giant = json!({"name": "n".repeat(64 * 1024), "price": 1, "quantity": 1});
        let detail = "request body is larger than 65536 bytes";
        assert_eq!(shop.catalog.post("/products", giant).await, (413, json!({"detail": detail})));
    }
}
