//! What readers are told about books: details, orders, filters, and deletions that are taken back.

use reqwest::Method;
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

    async fn a_stock_that_returns_have_filled_up_is_sold_like_any_other(shop: Shop) {
        const MOST: i64 = 2_147_483_647;
        let book = shop.add_book(MOST).await;
        let items = json!({"items": [{"product_id": book, "quantity": 5}]});
        let (_, placed) = shop.orders.order(5, "key", Some(items)).await;
        let change = async |copies: i64| {
            let request = shop.catalog.request(Method::PATCH, &format!("/products/{book}/stock"));
            let request = request.json(&json!({"change": copies}));
            request.send().await.unwrap().status().as_u16()
        };
        assert_eq!([change(6).await, change(5).await], [400, 200]);
        let order = placed["order"]["id"].as_i64().unwrap();
        assert_eq!(shop.orders.take_back(5, order, "back", None).await.0, 201);
        assert_eq!(shop.stock(book).await, MOST + 5);
        assert_eq!(ids(&shop.catalog, "").await, [book]);
        assert_eq!([change(1).await, change(-1).await], [400, 200]);
        shop.put_in_cart(5, book, MOST).await;
        let one_more = json!({"product_id": book, "quantity": 1});
        assert_eq!(shop.cart.post("/carts/5", one_more).await.0, 400);
        assert_eq!(shop.orders.order(5, "cart", None).await.0, 201);
        assert_eq!(shop.stock(book).await, 4);
        shop.ends_in_a_clean_audit().await;
    }

    async fn the_next_page_begins_where_the_last_one_ended_whatever_became_of_its_books(shop: Shop) {
        let catalog = &shop.catalog;
        for (sort, change) in [
            ("name", json!({"name": "Z", "price": 5, "quantity": 1})),
            ("name", json!({"name": "!", "price": 5, "quantity": 1})),
            ("price", json!({"name": "B", "price": 99, "quantity": 1})),
            ("-price", json!({"name": "B", "price": 99, "quantity": 1})),
        ] {
            let mut added = Vec::new();
            for (name, price) in [("A", 1), ("B & b", 2), ("C", 3), ("D", 4)] {
                added.push(describe(catalog, name, price, sort).await);
            }
            if sort == "-price" {
                added.reverse();
            }
            let path = format!("/books?sort={sort}&category={sort}&limit=2");
            let response = catalog.request(Method::GET, &path).send().await.unwrap();
            let link = response.headers()["link"].to_str().unwrap().to_owned();
            let page: Value = response.json().await.unwrap();
            assert_eq!(page["books"][1]["id"], json!(added[1]), "{page}");
            assert_eq!(catalog.put(&format!("/products/{}", added[1]), change).await.0, 200);
            let next = link.strip_prefix("</books?").unwrap();
            let next = next.strip_suffix(">; rel=\"next\"").unwrap();
            let rest = ids(catalog, next).await;
            assert_eq!(rest.iter().filter(|id| **id != added[1]).collect::<Vec<_>>(), [&added[2], &added[3]], "{next}");
            for id in added {
                assert_eq!(catalog.delete(&format!("/products/{id}")).await.0, 204);
            }
        }
        for nonsense in ["sort=price&seen=x", "sort=price&seen=-1", "sort=name&seen=", "seen=1", "sort=name&seen=%00"] {
            let all = ids(catalog, &nonsense.replace("seen", "unknown")).await;
            assert_eq!(ids(catalog, nonsense).await, all, "{nonsense}");
        }
        let visitor = crate::support::Visitor::of(&shop.storefront);
        for nonsense in ["/?sort=price&seen=x&after=1", "/?seen=1&after=1", "/?sort=name&seen=%00&after=2"] {
            assert_eq!(visitor.get(nonsense).await.status, 200, "{nonsense}");
        }
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
