//! What readers are told about books: details, orders, filters, and deletions that are taken back.

use serde_json::{Value, json};

use crate::support::{Process, Service, on_both_databases};

async fn describe(catalog: &Service, name: &str, price: i64, category: &str) -> i64 {
    let book = json!({"name": name, "price": price, "quantity": price});
    let (_, added) = catalog.post("/products", book).await;
    let id = added["data"]["id"].as_i64().unwrap();
    let details = json!({"author": "Ada Fontane", "category": category, "description": ""});
    let described = catalog.put(&format!("/books/{id}"), details.clone()).await;
    assert_eq!(described, (200, details));
    id
}

async fn ids(catalog: &Service, query: &str) -> Vec<i64> {
    let (status, found) = catalog.get(&format!("/books?{query}")).await;
    assert_eq!(status, 200, "{query}: {found}");
    let books = found["books"].as_array().unwrap().iter();
    books.map(|book| book["id"].as_i64().unwrap()).collect()
}

on_both_databases! {
    async fn books_are_listed_in_every_order_page_by_page(shop: Shop) {
        for (name, price) in [("C", 5), ("A", 5), ("B", 9), ("A", 2), ("D", 5)] {
            describe(&shop.catalog, name, price, "Fiction").await;
        }
        for (sort, expected) in [
            ("id", [1, 2, 3, 4, 5]),
            ("-id", [5, 4, 3, 2, 1]),
            ("name", [2, 4, 3, 1, 5]),
            ("price", [4, 1, 2, 5, 3]),
            ("-price", [3, 5, 2, 1, 4]),
        ] {
            assert_eq!(ids(&shop.catalog, &format!("sort={sort}")).await, expected, "{sort}");
            let (mut seen, mut after) = (Vec::new(), 0);
            for size in [2, 2, 1, 0] {
                let page = ids(&shop.catalog, &format!("sort={sort}&limit=2&after={after}")).await;
                assert_eq!(page.len(), size, "{sort}");
                after = page.last().copied().unwrap_or(after);
                seen.extend(page);
            }
            assert_eq!(seen, expected, "{sort}");
        }
        assert_eq!(shop.catalog.get("/books?sort=size").await.0, 422);
    }

    async fn books_are_found_by_what_is_known_about_them(shop: Shop) {
        let catalog = &shop.catalog;
        let one = describe(catalog, "Emma", 3, "Fiction").await;
        let other = describe(catalog, "Walden [new]", 9, "Art & design").await;
        assert_eq!(ids(catalog, "q=FONTANE+emma").await, [one]);
        assert_eq!(ids(catalog, "q=ada+%5BNEW%5D").await, [other]);
        assert_eq!(ids(catalog, "category=Art+%26+design").await, [other]);
        assert_eq!(ids(catalog, "most_in_stock=3").await, [one]);
        assert_eq!(ids(catalog, "category=%00").await, [0; 0]);
        let categories = json!({"categories": ["Art & design", "Fiction"]});
        assert_eq!(catalog.get("/categories").await, (200, categories));
        for nonsense in ["ids=", "ids=0", "ids=x", "ids=1,,2", "ids=%2B1", "x=1"] {
            assert_eq!(catalog.get(&format!("/books_by_id?{nonsense}")).await.0, 422, "{nonsense}");
        }
        let unknown = json!({"author": "", "category": "", "description": ""});
        assert_eq!(catalog.put("/books/99", unknown).await.0, 404);
        let long = json!({"author": "x".repeat(101), "category": "\u{7}", "description": 5});
        let (status, refused) = catalog.put(&format!("/books/{one}"), long).await;
        assert_eq!((status, refused["detail"].as_array().unwrap().len()), (422, 3));
    }

    async fn a_deletion_is_taken_back_with_everything_that_was_known(shop: Shop) {
        let book = describe(&shop.catalog, "Emma", 9, "Fiction").await;
        let items = json!({"items": [{"product_id": book, "quantity": 2}]});
        assert_eq!(shop.orders.order(5, "key", Some(items)).await.0, 201);
        let restoration = format!("/products/{book}/restoration");
        assert_eq!(shop.catalog.delete(&format!("/products/{book}")).await.0, 204);
        assert_eq!(ids(&shop.catalog, "").await, [0; 0]);
        assert_eq!(ids(&shop.catalog, "deleted=true").await, [book]);
        let (_, found) = shop.catalog.get(&format!("/books_by_id?ids={book},99")).await;
        assert_eq!((&found["books"][0]["deleted"], &found["books"][1]), (&json!(true), &Value::Null));
        for _ in 0..2 {
            let (status, restored) = shop.catalog.post_nothing(&restoration).await;
            assert_eq!((status, &restored["updated_product"]["quantity"]), (200, &json!(7)));
        }
        assert_eq!(ids(&shop.catalog, "q=fontane&category=Fiction").await, [book]);
        assert_eq!(shop.catalog.post_nothing("/products/99/restoration").await.0, 404);
        shop.ends_in_a_clean_audit().await;
    }

    async fn orders_are_looked_back_at_with_prices_returns_and_codes(shop: Shop) {
        let book = shop.add_book(9).await;
        let items = json!({"items": [{"product_id": book, "quantity": 3}]});
        for customer in [5, 6] {
            let key = customer.to_string();
            assert_eq!(shop.orders.order(customer, &key, Some(items.clone())).await.0, 201);
        }
        let some = json!({"items": [{"product_id": book, "quantity": 2}]});
        assert_eq!(shop.orders.take_back(5, 1, "back", Some(some)).await.0, 201);
        let (_, all) = shop.orders.get("/order_history").await;
        assert_eq!([&all["orders"][0]["id"], &all["orders"][1]["id"]], [&json!(2), &json!(1)]);
        let (_, own) = shop.orders.get("/order_history?customer_id=5").await;
        let order = &own["orders"][0];
        assert_eq!(own["orders"].as_array().unwrap().len(), 1);
        let line = json!({"product_id": book, "quantity": 3, "returned": 2, "price": 12});
        assert_eq!(order["items"], json!([line]));
        assert_eq!(order["returns"][0]["quantity"], json!(2));
        assert!(order["created_at"].as_i64() <= order["returns"][0]["created_at"].as_i64());
        let code = order["code"].as_str().unwrap();
        let (_, found) = shop.orders.get(&format!("/order_history?code={code}")).await;
        assert_eq!(found, own);
        let nobodys = format!("/order_history?customer_id=6&code={code}");
        assert_eq!(shop.orders.get(&nobodys).await.1, json!({"orders": []}));
        assert_eq!(shop.orders.get("/order_history?code=12").await.0, 422);
    }
}

#[tokio::test]
async fn a_seed_always_makes_up_the_same_books() {
    let mut shops = Vec::new();
    for _ in 0..2 {
        let process = Process::start(&["catalog", "--port=0", "--ephemeral", "--products=30"]);
        let (status, books) = process.service("catalog").get("/books").await;
        assert_eq!(status, 200);
        shops.push(books);
    }
    assert_eq!(shops[0], shops[1]);
    let books = shops[0]["books"].as_array().unwrap();
    for field in ["author", "category", "description"] {
        assert!(books.iter().all(|book| book[field] != json!("")), "{field}");
    }
}
