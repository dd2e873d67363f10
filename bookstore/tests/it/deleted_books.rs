//! Books that are taken out of the catalog while orders have copies of them, and stocks that change
//! while copies are sold.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Service, Visitor, on_both_databases, token};

fn items(book: i64, copies: i64) -> Value {
    json!({"items": [{"product_id": book, "quantity": copies}]})
}

async fn change_stock(catalog: &Service, book: i64, change: i64) -> (u16, Value) {
    let path = format!("/products/{book}/stock");
    let request = catalog.request(Method::PATCH, &path);
    let answer = request
        .json(&json!({"change": change}))
        .send()
        .await
        .unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

on_both_databases! {
    async fn copies_of_a_deleted_book_stay_counted(shop: Shop) {
        let book = shop.add_book(10).await;
        let order = shop.orders.order(5, "key", Some(items(book, 3))).await;
        let order = order.1["order"]["id"].as_i64().unwrap();
        let held = format!("/reservations/{}", token(1));
        assert_eq!(shop.catalog.put(&held, items(book, 2)).await.0, 201);
        let path = format!("/products/{book}");
        assert_eq!(shop.catalog.delete(&path).await.0, 204);

        // Nobody finds it any more.
        assert_eq!(shop.catalog.get(&path).await.0, 404);
        assert_eq!(shop.catalog.delete(&path).await.0, 404);
        assert_eq!(shop.catalog.put(&path, json!({"name": "Emma", "price": 1, "quantity": 1})).await.0, 404);
        for list in ["/products", "/products?limit=10", "/products?q=design"] {
            assert_eq!(shop.catalog.get(list).await.1["data"], json!([]), "{list}");
        }
        let again = shop.orders.order(6, "key", Some(items(book, 1))).await;
        let detail = format!("product with id: {book} was not found");
        assert_eq!(again, (404, json!({"detail": detail})));

        // What is held and what comes back is counted all the same.
        assert_eq!(shop.catalog.delete(&held).await.0, 204);
        assert_eq!(shop.orders.take_back(5, order, "back", None).await.0, 201);
        shop.ends_in_a_clean_audit().await;
        let (_, audit) = shop.catalog.get("/audit").await;
        assert_eq!(audit["checked"]["products"], json!(1));
    }

    async fn a_stock_changes_by_a_number_whatever_is_sold(shop: Shop) {
        let book = shop.add_book(10).await;
        let sold = shop.orders.order(5, "key", Some(items(book, 3))).await;
        assert_eq!(sold.0, 201);
        let (status, answer) = change_stock(&shop.catalog, book, 5).await;
        assert_eq!((status, &answer["updated_product"]["quantity"]), (200, &json!(12)));
        let (status, answer) = change_stock(&shop.catalog, book, -12).await;
        assert_eq!((status, &answer["updated_product"]["quantity"]), (200, &json!(0)));
        let detail = format!("Not enough product in stock for product id {book}");
        assert_eq!(change_stock(&shop.catalog, book, -1).await, (400, json!({"detail": detail})));
        assert_eq!(change_stock(&shop.catalog, book + 1, 1).await.0, 404);
        assert_eq!(change_stock(&shop.catalog, book, i64::MAX).await.0, 422);
        shop.ends_in_a_clean_audit().await;
    }

    async fn the_bookseller_changes_a_stock_by_a_number_once(shop: Shop) {
        let book = shop.add_book(10).await;
        let bookseller = Visitor::of(&shop.storefront);
        bookseller.sign_in().await;
        let path = format!("/admin/books/{book}");
        let page = bookseller.get(&path).await;
        let sold = shop.orders.order(5, "key", Some(items(book, 3))).await;
        assert_eq!(sold.0, 201);
        let (to, key) = (format!("{path}/stock"), page.value("key"));
        for _ in 0..2 {
            bookseller.submit(&page, &to, &[("key", &key), ("change", "20")]).await;
        }
        assert_eq!(shop.stock(book).await, 27);
        let next = bookseller.get(&path).await;
        let key = next.value("key");
        let refused = bookseller.submit(&next, &to, &[("key", &key), ("change", "-28")]).await;
        assert!(refused.message().contains("Nothing was changed"), "{refused:?}");
        assert_eq!(shop.stock(book).await, 27);
        shop.ends_in_a_clean_audit().await;
    }
}
