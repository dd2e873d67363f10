//! `/orders`.

use serde_json::json;

use crate::support::{on_both_databases, token};

on_both_databases! {
    async fn a_cart_becomes_an_order(shop: Shop) {
        let (orders, book) = (&shop.orders, shop.add_book(40).await);
        assert_eq!(orders.get("/orders").await, (200, json!({"orders": []})));
        assert_eq!(orders.get("/orders/300").await, (200, json!({"orders": []})));
        shop.put_in_cart(300, book, 2).await;

        let order = json!({"id": 1, "customer_id": 300, "status": "Ordered"});
        let placed = json!({
            "message": "Order created successfully",
            "order": order,
            "items": [{"product_id": book, "quantity": 2}],
        });
        assert_eq!(orders.post_nothing("/orders/300").await, (201, placed));

        assert_eq!(orders.get("/orders").await, (200, json!({"orders": [order]})));
        assert_eq!(orders.get("/orders/300").await, (200, json!({"orders": [order]})));
        assert_eq!(orders.get("/orders/301").await, (200, json!({"orders": []})));
        assert_eq!(shop.stock(book).await, 38);
        let (_, carts) = shop.cart.get("/carts").await;
        assert_eq!(carts["carts"][0]["status"], "Ordered");
        // The copies are sold for good: nothing is held that could be released.
        let (_, listed) = shop.catalog.get("/reservations").await;
        let token = listed["reservations"][0]["order_token"].as_str().unwrap();
        shop.catalog.delete(&format!("/reservations/{token}")).await;
        assert_eq!(shop.stock(book).await, 38);
    }

    async fn items_can_be_ordered_without_a_cart(shop: Shop) {
        let (first, second) = (shop.add_book(5).await, shop.add_book(5).await);
        shop.put_in_cart(300, first, 1).await;
        let body = json!({"items": [
            {"product_id": second, "quantity": 1},
            {"product_id": first, "quantity": 2},
            {"product_id": second, "quantity": 3},
        ]});
        let (status, answer) = shop.orders.post("/orders/300", body).await;
        assert_eq!(status, 201);
        let items = json!([
            {"product_id": first, "quantity": 2},
            {"product_id": second, "quantity": 4},
        ]);
        assert_eq!(answer["items"], items);
        assert_eq!((shop.stock(first).await, shop.stock(second).await), (3, 1));
        // The cart can still be changed and ordered.
        assert_eq!(shop.cart.put(&format!("/carts/300/{first}"), json!({"quantity": 3})).await.0, 200);
        assert_eq!(shop.orders.post_nothing("/orders/300").await.0, 201);
        assert_eq!(shop.stock(first).await, 0);
    }

    async fn lines_of_one_product_are_added_up_and_sorted(shop: Shop) {
        let (one, other) = (shop.add_book(9).await, shop.add_book(9).await);
        let line = |book: i64, copies: i64| json!({"product_id": book, "quantity": copies});
        let lines = json!({"items": [line(other, 1), line(one, 2), line(other, 4)]});
        let (status, placed) = shop.orders.post("/orders/5", lines).await;
        assert_eq!(status, 201, "{placed}");
        assert_eq!(placed["items"], json!([line(one, 2), line(other, 5)]));
        assert_eq!([shop.stock(one).await, shop.stock(other).await], [7, 4]);
    }

    async fn lines_that_add_up_to_more_than_can_be_are_refused(shop: Shop) {
        let book = shop.add_book(i64::from(i32::MAX)).await;
        let line = json!({"product_id": book, "quantity": i32::MAX});
        let body = json!({"items": [line, line]});
        let detail = format!("Not enough product in stock for product id {book}");
        let refused = (400, json!({"detail": detail}));
        assert_eq!(shop.orders.order(300, "mine", Some(body.clone())).await, refused);
        assert_eq!(shop.orders.order(300, "mine", Some(body)).await, refused);
        assert_eq!(shop.stock(book).await, i64::from(i32::MAX));
    }

    async fn there_must_be_something_to_order(shop: Shop) {
        let book = shop.add_book(40).await;
        let detail = "Active cart for customer with id: 300 was not found";
        let nothing = (404, json!({"detail": detail}));
        assert_eq!(shop.orders.post_nothing("/orders/300").await, nothing);

        shop.put_in_cart(300, book, 2).await;
        shop.cart.delete(&format!("/carts/300/{book}")).await;
        let empty = (400, json!({"detail": "Cart of customer with id: 300 is empty"}));
        assert_eq!(shop.orders.post_nothing("/orders/300").await, empty);

        let unknown = json!({"items": [{"product_id": 99, "quantity": 1}]});
        let not_found = (404, json!({"detail": "product with id: 99 was not found"}));
        assert_eq!(shop.orders.post("/orders/300", unknown).await, not_found);
        assert_eq!(shop.orders.get("/orders").await, (200, json!({"orders": []})));
    }

    async fn an_order_beyond_stock_is_refused_and_changes_nothing(shop: Shop) {
        let (plenty, scarce) = (shop.add_book(10).await, shop.add_book(3).await);
        shop.put_in_cart(300, plenty, 5).await;
        shop.put_in_cart(300, scarce, 3).await;
        let someone_else = json!({"items": [{"product_id": scarce, "quantity": 1}]});
        assert_eq!(shop.orders.post("/orders/7", someone_else).await.0, 201);

        let detail = format!("Not enough product in stock for product id {scarce}");
        let refused = (400, json!({"detail": detail}));
        assert_eq!(shop.orders.post_nothing("/orders/300").await, refused);
        assert_eq!((shop.stock(plenty).await, shop.stock(scarce).await), (10, 2));
        assert_eq!(shop.orders.get("/orders/300").await, (200, json!({"orders": []})));

        // The cart is the customer's again.
        let path = format!("/carts/300/{scarce}");
        assert_eq!(shop.cart.put(&path, json!({"quantity": 2})).await.0, 200);
        assert_eq!(shop.orders.post_nothing("/orders/300").await.0, 201);
        assert_eq!((shop.stock(plenty).await, shop.stock(scarce).await), (5, 0));
    }

    async fn a_repeated_key_gets_the_same_answer_and_no_second_order(shop: Shop) {
        let book = shop.add_book(10).await;
        shop.put_in_cart(300, book, 2).await;
        let first = shop.orders.order(300, "abc", None).await;
        assert_eq!(first.0, 201);
        assert_eq!(shop.orders.order(300, "abc", None).await, first);
        assert_eq!(shop.stock(book).await, 8);

        // Another customer's key of the same name is another key.
        shop.put_in_cart(301, book, 1).await;
        assert_eq!(shop.orders.order(301, "abc", None).await.0, 201);
        assert_eq!(shop.stock(book).await, 7);
    }

    async fn a_refusal_is_replayed_too(shop: Shop) {
        let book = shop.add_book(1).await;
        let items = json!({"items": [{"product_id": book, "quantity": 2}]});
        let refused = shop.orders.order(300, "abc", Some(items.clone())).await;
        assert_eq!(refused.0, 400);
        let restocked = json!({"name": "Grand Design", "price": 12, "quantity": 5});
        shop.catalog.put(&format!("/products/{book}"), restocked).await;
        assert_eq!(shop.orders.order(300, "abc", Some(items.clone())).await, refused);
        assert_eq!(shop.orders.order(300, "new", Some(items)).await.0, 201);
    }

    async fn a_conflict_is_not_replayed(shop: Shop) {
        let book = shop.add_book(10).await;
        shop.put_in_cart(300, book, 2).await;
        // Another order is buying the cart.
        let checkout = format!("/checkouts/{}", token(99));
        let held = shop.cart.put(&checkout, json!({"customer_id": 300})).await;
        assert_eq!(held.0, 200);
        let conflict = (409, json!({"detail": "Cart is being ordered"}));
        assert_eq!(shop.orders.order(300, "abc", None).await, conflict);
        assert_eq!(shop.orders.order(300, "abc", None).await, conflict);

        assert_eq!(shop.cart.delete(&checkout).await.0, 204);
        let placed = shop.orders.order(300, "abc", None).await;
        assert_eq!(placed.0, 201, "{}", placed.1);
        assert_eq!(shop.orders.order(300, "abc", None).await, placed);
        assert_eq!(shop.stock(book).await, 8);
    }

    async fn a_key_belongs_to_one_request(shop: Shop) {
        let book = shop.add_book(10).await;
        let items = |quantity: i64| Some(json!({"items": [{"product_id": book, "quantity": quantity}]}));
        assert_eq!(shop.orders.order(300, "abc", items(2)).await.0, 201);
        // Written in another way, but the same.
        let same = json!({"items": [{"product_id": book, "quantity": 1}, {"quantity": 1, "product_id": book}]});
        assert_eq!(shop.orders.order(300, "abc", Some(same)).await.0, 201);

        let other = (422, json!({"detail": [{
            "loc": ["header", "idempotency-key"],
            "msg": "Value error, this key was used for a different request",
            "type": "value_error",
        }]}));
        assert_eq!(shop.orders.order(300, "abc", items(3)).await, other);
        assert_eq!(shop.orders.order(300, "abc", None).await, other);
        assert_eq!(shop.stock(book).await, 8);
    }
}
