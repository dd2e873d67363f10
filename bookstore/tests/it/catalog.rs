//! `/products`.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use serde_json::json;

use crate::support::on_both_databases;

on_both_databases! {
    async fn books_are_added_listed_changed_and_removed(shop: Shop) {
        let catalog = &shop.catalog;
        assert_eq!(catalog.get("/products").await, (200, json!({"data": []})));

        let book = json!({"name": "Grand Design", "price": 12, "quantity": 40});
        let added = json!({"id": 1, "name": "Grand Design", "price": 12, "quantity": 40});
        assert_eq!(catalog.post("/products", book).await, (201, json!({"data": added})));
        let second = json!({"name": "Brief History", "price": 10, "quantity": 0});
        assert_eq!(catalog.post("/products", second).await.0, 201);

        let second = json!({"id": 2, "name": "Brief History", "price": 10, "quantity": 0});
        assert_eq!(catalog.get("/products").await, (200, json!({"data": [added, second]})));
        assert_eq!(catalog.get("/products/1").await, (200, json!({"product_detail": added})));

        let change = json!({"name": "Grand Design, 2nd edition", "price": 0, "quantity": 7});
        let changed = json!({"id": 1, "name": "Grand Design, 2nd edition", "price": 0, "quantity": 7});
        let answer = json!({"message": "Product updated successfully", "updated_product": changed});
        assert_eq!(catalog.put("/products/1", change).await, (200, answer));
        assert_eq!(catalog.get("/products/1").await, (200, json!({"product_detail": changed})));

        assert_eq!(catalog.delete("/products/1").await, (204, json!(null)));
        assert_eq!(catalog.get("/products/1").await.0, 404);
        assert_eq!(catalog.get("/products").await, (200, json!({"data": [second]})));
    }

    async fn books_are_found_by_words_of_their_names(shop: Shop) {
        let names = ["The Silent River", "Ærø, 50% off", "a_b*c?[d]^e\\f", "silent night", "50 ways"];
        for name in names {
            let book = json!({"name": name, "price": 1, "quantity": 1});
            assert_eq!(shop.catalog.post("/products", book).await.0, 201);
        }
        for (words, expected) in [
            ("silent", &[1, 4][..]),
            ("  RIVER\tsil ", &[1]),
            ("ÆRØ", &[2]),
            ("ærø 50", &[2]),
            ("50", &[2, 5]),
            ("50%", &[2]),
            ("a_B", &[3]),
            ("axb", &[]),
            ("C?[D]^e\\F", &[3]),
            ("*", &[3]),
            (".", &[]),
            ("", &[1, 2, 3, 4, 5]),
            ("   ", &[1, 2, 3, 4, 5]),
            ("silent\0", &[]),
            ("' OR 1=1 --", &[]),
        ] {
            let query = utf8_percent_encode(words, NON_ALPHANUMERIC);
            let (_, answer) = shop.catalog.get(&format!("/products?q={query}")).await;
            let books = answer["data"].as_array().unwrap_or_else(|| panic!("{words}: {answer}"));
            let ids: Vec<_> = books.iter().map(|book| book["id"].as_i64().unwrap()).collect();
            assert_eq!(ids, expected, "{words}");
        }
        let page = shop.catalog.request(Method::GET, "/products?q=SILENT&limit=1");
        let page = page.send().await.unwrap();
        assert_eq!(page.headers()["link"], "</products?q=SILENT&limit=1&after=1>; rel=\"next\"");
        let long = format!("/products?q={}", "x".repeat(256));
        let (status, answer) = shop.catalog.get(&long).await;
        assert_eq!((status, &answer["detail"][0]["type"]), (422, &json!("string_too_long")));
    }

    async fn books_that_do_not_exist_are_not_found(shop: Shop) {
        let catalog = &shop.catalog;
        let not_found = (404, json!({"detail": "product with id: 99 was not found"}));
        let book = json!({"name": "Grand Design", "price": 12, "quantity": 40});
        assert_eq!(catalog.get("/products/99").await, not_found);
        assert_eq!(catalog.put("/products/99", book).await, not_found);
        assert_eq!(catalog.delete("/products/99").await, not_found);
    }

    async fn the_id_of_a_removed_book_is_not_given_again(shop: Shop) {
        let removed = shop.add_book(1).await;
        assert_eq!(shop.catalog.delete(&format!("/products/{removed}")).await.0, 204);
        assert_ne!(shop.add_book(1).await, removed);
    }

    async fn a_change_to_a_version_that_was_read_is_refused_after_a_sale(shop: Shop) {
        let book = shop.add_book(5).await;
        let path = &format!("/products/{book}");
        let read = shop.catalog.request(Method::GET, path).send().await.unwrap();
        let version = read.headers()["etag"].to_str().unwrap().to_owned();
        assert!(version.starts_with('"') && version.ends_with('"'), "{version}");
        let change = |version: String, quantity: i64| {
            let body = json!({"name": "Grand Design", "price": 12, "quantity": quantity});
            let request = shop.catalog.request(Method::PUT, path).json(&body);
            async move {
                let response = request.header("If-Match", version).send().await.unwrap();
                response.status().as_u16()
            }
        };

        shop.put_in_cart(5, book, 2).await;
        assert_eq!(shop.orders.post_nothing("/orders/5").await.0, 201);
        assert_eq!(change(version.clone(), 9).await, 412);
        assert_eq!(change("nonsense".to_owned(), 9).await, 412);
        assert_eq!(shop.stock(book).await, 3);

        let read = shop.catalog.request(Method::GET, path).send().await.unwrap();
        let newer = read.headers()["etag"].to_str().unwrap().to_owned();
        assert_ne!(newer, version);
        assert_eq!(change(format!("{version}, {newer}"), 9).await, 200);
        assert_eq!(change("*".to_owned(), 8).await, 200);
        assert_eq!(shop.stock(book).await, 8);
        shop.ends_in_a_clean_audit().await;
        assert_eq!(shop.catalog.delete(path).await.0, 204);
        assert_eq!(change(newer, 9).await, 404);
    }

    async fn of_many_changes_to_one_version_one_is_made(shop: Shop) {
        let book = shop.add_book(5).await;
        let path = format!("/products/{book}");
        let read = shop.catalog.request(Method::GET, &path).send().await.unwrap();
        let version = read.headers()["etag"].clone();
        let changes = (10..30).map(|quantity| {
            let body = json!({"name": "Grand Design", "price": 12, "quantity": quantity});
            let request = shop.catalog.request(Method::PUT, &path).json(&body);
            tokio::spawn(request.header("If-Match", version.clone()).send())
        });
        let mut statuses = Vec::new();
        for change in changes.collect::<Vec<_>>() {
            statuses.push(change.await.unwrap().unwrap().status().as_u16());
        }
        statuses.sort_unstable();
        assert_eq!(statuses[0], 200);
        assert!(statuses[1..].iter().all(|status| *status == 412), "{statuses:?}");
    }

    async fn names_are_kept_as_they_came(shop: Shop) {
        let name = "Ærø — \"Die Bücher\"; DROP TABLE products; -- 图书 \\ 📚";
        let book = json!({"name": name, "price": 1, "quantity": 1});
        assert_eq!(shop.catalog.post("/products", book).await.0, 201);
        let (_, answer) = shop.catalog.get("/products/1").await;
        assert_eq!(answer["product_detail"]["name"], name);
    }
}
