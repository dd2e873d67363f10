//! `/orders/{customer_id}/{order_id}/returns`.

use serde_json::{Value, json};

use crate::support::{Shop, on_both_databases};

/// Orders copies of a book; the order's id.
async fn buy(shop: &Shop, customer: i64, lines: &[(i64, i64)]) -> i64 {
    let (status, answer) = shop
        .orders
        .post(&format!("/orders/{customer}"), items(lines))
        .await;
    assert_eq!(status, 201, "{answer}");
    answer["order"]["id"].as_i64().unwrap()
}

fn items(lines: &[(i64, i64)]) -> Value {
    let items: Vec<Value> = lines
        .iter()
        .map(|(product, quantity)| json!({"product_id": product, "quantity": quantity}))
        .collect();
    json!({"items": items})
}

on_both_databases! {
    async fn a_whole_order_comes_back_once(shop: Shop) {
        let (first, second) = (shop.add_book(5).await, shop.add_book(5).await);
        let order = buy(&shop, 7, &[(first, 2), (second, 1)]).await;
        let path = format!("/orders/7/{order}/returns");
        let returned = json!({
            "message": "Books returned successfully",
            "order": {"id": order, "customer_id": 7, "status": "Returned"},
            "items": items(&[(first, 2), (second, 1)])["items"],
        });
        assert_eq!(shop.orders.post_nothing(&path).await, (201, returned.clone()));
        assert_eq!((shop.stock(first).await, shop.stock(second).await), (5, 5));
        let (_, listed) = shop.orders.get("/orders/7").await;
        assert_eq!(listed, json!({"orders": [returned["order"]]}));

        let already = json!({"detail": format!("Order with id: {order} was returned already")});
        assert_eq!(shop.orders.post_nothing(&path).await, (409, already.clone()));
        let one = items(&[(first, 1)]);
        assert_eq!(shop.orders.post(&path, one).await, (409, already));
        assert_eq!((shop.stock(first).await, shop.stock(second).await), (5, 5));
        shop.ends_in_a_clean_audit().await;
    }

    async fn copies_come_back_one_after_the_other(shop: Shop) {
        let (first, second) = (shop.add_book(5).await, shop.add_book(5).await);
        let order = buy(&shop, 7, &[(first, 3), (second, 1)]).await;
        let path = format!("/orders/7/{order}/returns");
        let (status, answer) = shop.orders.post(&path, items(&[(first, 2)])).await;
        assert_eq!((status, &answer["order"]["status"]), (201, &json!("Ordered")));
        assert_eq!((shop.stock(first).await, shop.stock(second).await), (4, 4));

        let detail = format!("Order with id: {order} has not so many copies to return of product id {first}");
        let too_many = shop.orders.post(&path, items(&[(first, 2), (second, 1)])).await;
        assert_eq!(too_many, (400, json!({"detail": detail})));
        assert_eq!(shop.stock(second).await, 4);
        let (_, lines) = shop.orders.get("/order_items?customer_id=7").await;
        let returned: Vec<&Value> = lines["items"].as_array().unwrap().iter()
            .map(|line| &line["returned"])
            .collect();
        assert_eq!(returned, [2, 0]);

        // What is left comes back when nothing is named.
        let (status, answer) = shop.orders.post_nothing(&path).await;
        assert_eq!((status, &answer["order"]["status"]), (201, &json!("Returned")));
        assert_eq!(answer["items"], items(&[(first, 1), (second, 1)])["items"]);
        assert_eq!((shop.stock(first).await, shop.stock(second).await), (5, 5));
        shop.ends_in_a_clean_audit().await;
    }

    async fn only_what_a_customer_has_ordered_can_be_returned(shop: Shop) {
        let (first, second) = (shop.add_book(5).await, shop.add_book(5).await);
        let order = buy(&shop, 7, &[(first, 2)]).await;
        let not_found = |customer, order| {
            let detail = format!("Order with id: {order} of customer with id: {customer} was not found");
            (404, json!({"detail": detail}))
        };
        let path = format!("/orders/8/{order}/returns");
        assert_eq!(shop.orders.post_nothing(&path).await, not_found(8, order));
        assert_eq!(shop.orders.post_nothing("/orders/7/99/returns").await, not_found(7, 99));
        let other = shop.orders.post(&format!("/orders/7/{order}/returns"), items(&[(second, 1)])).await;
        assert_eq!(other.0, 400, "{}", other.1);
        // An order that was refused has nothing to return.
        let refused = shop.orders.order(7, "too-much", Some(items(&[(second, 9)]))).await;
        assert_eq!(refused.0, 400);
        let path = format!("/orders/7/{}/returns", order + 1);
        assert_eq!(shop.orders.post_nothing(&path).await, not_found(7, order + 1));
        assert_eq!((shop.stock(first).await, shop.stock(second).await), (3, 5));
    }

    async fn a_repeated_key_is_one_return(shop: Shop) {
        let book = shop.add_book(5).await;
        let order = buy(&shop, 7, &[(book, 4)]).await;
        let one = || Some(items(&[(book, 1)]));
        let first = shop.orders.take_back(7, order, "abc", one()).await;
        assert_eq!(first.0, 201);
        assert_eq!(shop.orders.take_back(7, order, "abc", one()).await, first);
        assert_eq!(shop.stock(book).await, 2);
        let other = shop.orders.take_back(7, order, "abc", None).await;
        assert_eq!((other.0, &other.1["detail"][0]["loc"]), (422, &json!(["header", "idempotency-key"])));
        assert_eq!(shop.orders.take_back(7, order, "new", one()).await.0, 201);
        assert_eq!(shop.stock(book).await, 3);
    }

    async fn books_that_are_no_longer_sold_can_be_returned(shop: Shop) {
        let book = shop.add_book(5).await;
        let order = buy(&shop, 7, &[(book, 4)]).await;
        assert_eq!(shop.catalog.delete(&format!("/products/{book}")).await.0, 204);
        assert_eq!(shop.orders.post_nothing(&format!("/orders/7/{order}/returns")).await.0, 201);
        shop.ends_in_a_clean_audit().await;
    }

    async fn a_change_of_stock_by_hand_keeps_the_audit_clean(shop: Shop) {
        let book = shop.add_book(5).await;
        let order = buy(&shop, 7, &[(book, 4)]).await;
        let path = format!("/products/{book}");
        let counted = json!({"name": "Grand Design", "price": 12, "quantity": 20});
        shop.catalog.put(&path, counted).await;
        shop.orders.post_nothing(&format!("/orders/7/{order}/returns")).await;
        assert_eq!(shop.stock(book).await, 24);
        shop.ends_in_a_clean_audit().await;
    }
}
