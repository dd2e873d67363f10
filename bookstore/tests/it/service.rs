//! What every service has besides its own calls.

use std::collections::HashSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Service, Shop, on_both_databases};

fn services(shop: &Shop) -> [&Service; 3] {
    [&shop.catalog, &shop.cart, &shop.orders]
}

async fn text(service: &Service, path: &str) -> (u16, String) {
    let response = service.request(Method::GET, path).send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

on_both_databases! {
    async fn services_are_live_and_ready(shop: Shop) {
        for service in services(&shop) {
            assert_eq!(service.get("/health").await, (200, json!({"status": "ok"})));
            assert_eq!(service.get("/ready").await, (200, json!({"status": "ready"})));
        }
    }

    async fn calls_that_do_not_exist_are_refused(shop: Shop) {
        for service in services(&shop) {
            assert_eq!(service.get("/nowhere").await, (404, json!({"detail": "Not Found"})));
            let not_allowed = (405, json!({"detail": "Method Not Allowed"}));
            assert_eq!(service.post("/health", json!({})).await, not_allowed);
        }
        let response = shop.catalog.request(Method::PATCH, "/products/1").send().await.unwrap();
        assert_eq!(response.status(), 405);
        let allowed = response.headers()["allow"].to_str().unwrap().to_owned();
        assert!(["GET", "PUT", "DELETE"].iter().all(|method| allowed.contains(method)), "{allowed}");
        let answer: Value = response.json().await.unwrap();
        assert_eq!(answer, json!({"detail": "Method Not Allowed"}));
    }

    async fn every_request_is_counted_once(shop: Shop) {
        let book = shop.add_book(5).await;
        shop.catalog.get("/products").await;
        shop.catalog.get("/products").await;
        shop.catalog.get("/products/99").await;
        shop.catalog.get("/products/x").await;
        shop.catalog.get("/nowhere").await;
        // Whatever a client says of itself.
        let patch = shop.catalog.request(Method::PATCH, "/products").header("x-bookstore-caller", "orders");
        patch.send().await.unwrap();
        shop.put_in_cart(5, book, 1).await;
        shop.orders.post_nothing("/orders/5").await;

        let line = |service, method, route, status, caller, count| format!(
            "bookstore_requests_total{{service=\"{service}\",method=\"{method}\",route=\"{route}\",\
             status=\"{status}\",caller=\"{caller}\"}} {count}"
        );
        let catalog = shop.catalog.counts().await;
        let mut expected = vec![
            line("catalog", "POST", "/products", 201, "client", 1),
            line("catalog", "GET", "/products", 200, "client", 2),
            line("catalog", "PATCH", "/products", 405, "client", 1),
            line("catalog", "GET", "/products/{product_id}", 404, "client", 1),
            line("catalog", "GET", "/products/{product_id}", 422, "client", 1),
            line("catalog", "GET", "/products/{product_id}", 200, "service", 1),
            line("catalog", "GET", "unmatched", 404, "client", 1),
            line("catalog", "PUT", "/reservations/{order_token}", 201, "service", 1),
            line("catalog", "POST", "/reservations/{order_token}/confirmation", 204, "service", 1),
        ];
        expected.sort();
        assert_eq!(catalog, expected);
        assert_eq!(shop.cart.counts().await, [
            line("cart", "POST", "/carts/{customer_id}", 201, "client", 1),
            line("cart", "POST", "/checkouts/{order_token}/completion", 204, "service", 1),
            line("cart", "PUT", "/checkouts/{order_token}", 200, "service", 1),
        ]);
        assert_eq!(shop.orders.counts().await, [
            line("orders", "POST", "/orders/{customer_id}", 201, "client", 1),
        ]);
    }

    async fn probes_and_descriptions_are_counted_and_requests_for_the_counts_are_not(shop: Shop) {
        let own = [
            ("GET", "/health", "/health", 200),
            ("POST", "/health", "/health", 405),
            ("HEAD", "/ready", "/ready", 200),
            ("GET", "/docs/", "/docs/", 200),
            ("GET", "/docs/swagger-initializer.js", "/docs/{*rest}", 200),
            ("GET", "/docs/nothing", "/docs/{*rest}", 404),
            ("GET", "/openapi.json", "/openapi.json", 200),
        ];
        let uncounted = [("GET", "/metrics", "", 200), ("POST", "/metrics", "", 405)];
        for (service, name) in services(&shop).into_iter().zip(["catalog", "cart", "orders"]) {
            for (method, path, _, status) in own.into_iter().chain(uncounted) {
                let method = method.parse().unwrap();
                let response = service.request(method, path).send().await.unwrap();
                assert_eq!(response.status(), status, "{path}");
            }
            let line = |method, route, status, count| format!(
                "bookstore_requests_total{{service=\"{name}\",method=\"{method}\",route=\"{route}\",\
                 status=\"{status}\",caller=\"client\"}} {count}"
            );
            let mut expected = own.map(|(method, _, route, status)| line(method, route, status, 1));
            expected.sort();
            assert_eq!(service.counts().await, expected);

            // The way to the page is two requests.
            service.request(Method::GET, "/docs").send().await.unwrap();
            let counts = service.counts().await;
            for line in [line("GET", "/docs", 303, 1), line("GET", "/docs/", 200, 2)] {
                assert!(counts.contains(&line), "{counts:?}");
            }
        }
    }

    async fn the_calls_are_described(shop: Shop) {
        for service in services(&shop) {
            let (status, description) = service.get("/openapi.json").await;
            assert_eq!(status, 200);
            let schemas = &description["components"]["schemas"];
            let list = &schemas["HTTPValidationError"]["properties"]["detail"];
            assert_eq!(list["items"]["$ref"], "#/components/schemas/ValidationError");
            let error = &schemas["ValidationError"]["properties"];
            for field in ["loc", "msg", "type"] {
                assert!(error[field].is_object(), "{field} in {error}");
            }
            let calls = || description["paths"].as_object().unwrap().values()
                .flat_map(|path| path.as_object().unwrap().values());
            let names = calls().map(|call| call["operationId"].as_str().unwrap());
            assert_eq!(names.collect::<HashSet<_>>().len(), calls().count(), "no name twice");
            for call in calls() {
                assert!(call["responses"]["503"].is_object(), "{call}");
                assert_eq!(call["requestBody"].is_object(), call["responses"]["413"].is_object());
            }
            // Nothing refers to what is not there.
            let text = description.to_string();
            for reference in text.split("#/components/schemas/").skip(1) {
                let name = reference.split('"').next().unwrap();
                assert!(schemas[name].is_object(), "{name} is not described");
            }
        }
        let (_, description) = shop.catalog.get("/openapi.json").await;
        for (path, methods) in [
            ("/products", vec!["get", "post"]),
            ("/products/{product_id}", vec!["delete", "get", "put"]),
        ] {
            let described: Vec<_> = description["paths"][path].as_object().unwrap().keys().collect();
            assert_eq!(described, methods);
        }
    }

    async fn swagger_ui_comes_from_the_service_itself(shop: Shop) {
        for service in services(&shop) {
            let (status, page) = text(service, "/docs").await;
            assert_eq!(status, 200);
            assert!(page.contains("Swagger UI"));
            assert!(!page.contains("https://") && !page.contains("\"//"), "{page}");
            for source in page.split("src=\"").skip(1) {
                let path = source.split('"').next().unwrap().trim_start_matches("./");
                assert_eq!(text(service, &format!("/docs/{path}")).await.0, 200, "{path}");
            }
            let (_, script) = text(service, "/docs/swagger-initializer.js").await;
            assert!(script.contains("/openapi.json"), "{script}");
        }
    }
}
