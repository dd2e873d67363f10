//! `/carts`, `/cart_items` and `/checkouts`.

use serde_json::json;

use crate::support::{on_both_databases, token};

fn checkout(order: u64) -> String {
    format!("/checkouts/{}", token(order))
}

on_both_databases! {
    async fn items_are_added_changed_and_removed(shop: Shop) {
        let (cart, book) = (&shop.cart, shop.add_book(40).await);
        assert_eq!(cart.get("/carts").await, (200, json!({"carts": []})));
        assert_eq!(cart.get("/cart_items").await, (200, json!({"items": []})));

        let item = json!({"product_id": book, "quantity": 2});
        let added = (201, json!({"message": "Item added to cart successfully"}));
        assert_eq!(cart.post("/carts/543", item).await, added);
        let active = json!({"id": 1, "customer_id": 543, "status": "Active"});
        assert_eq!(cart.get("/carts/543").await, (200, json!({"cart": active})));
        assert_eq!(cart.get("/carts").await, (200, json!({"carts": [active]})));
        let item = json!({"id": 1, "product_id": book, "quantity": 2, "cart_id": 1});
        assert_eq!(cart.get("/cart_items").await, (200, json!({"items": [item]})));

        let path = format!("/carts/543/{book}");
        let updated = (200, json!({"message": "Item quantity updated successfully"}));
        assert_eq!(cart.put(&path, json!({"quantity": 40})).await, updated);
        let item = json!({"id": 1, "product_id": book, "quantity": 40, "cart_id": 1});
        assert_eq!(cart.get("/cart_items").await, (200, json!({"items": [item]})));

        assert_eq!(cart.delete(&path).await, (204, json!(null)));
        assert_eq!(cart.get("/cart_items").await, (200, json!({"items": []})));
        let detail = format!("Product with id: {book} does not exist in the cart of customer with id: 543");
        assert_eq!(cart.delete(&path).await, (404, json!({"detail": detail})));
    }

    async fn a_product_added_again_is_added_up(shop: Shop) {
        let book = shop.add_book(40).await;
        shop.put_in_cart(5, book, 2).await;
        shop.put_in_cart(5, book, 3).await;
        let (_, answer) = shop.cart.get("/cart_items").await;
        assert_eq!(answer["items"].as_array().unwrap().len(), 1);
        assert_eq!(answer["items"][0]["quantity"], 5);
    }

    async fn a_cart_holds_no_more_than_is_in_stock(shop: Shop) {
        let (cart, book) = (&shop.cart, shop.add_book(4).await);
        let refused = (400, json!({"detail": "Not enough product in stock"}));
        let copies = |quantity: i64| json!({"product_id": book, "quantity": quantity});
        assert_eq!(cart.post("/carts/5", copies(5)).await, refused);
        assert_eq!(cart.get("/carts/5").await.0, 404);
        assert_eq!(cart.post("/carts/5", copies(3)).await.0, 201);
        assert_eq!(cart.post("/carts/5", copies(2)).await, refused);
        let path = format!("/carts/5/{book}");
        assert_eq!(cart.put(&path, json!({"quantity": 5})).await, refused);
        let (_, answer) = cart.get("/cart_items").await;
        assert_eq!(answer["items"][0]["quantity"], 3);
    }

    async fn a_cart_holds_no_more_books_than_an_order_may_have(shop: Shop) {
        let mut books = Vec::new();
        for _ in 0..101 {
            books.push(shop.add_book(4).await);
        }
        for book in &books[..100] {
            shop.put_in_cart(5, *book, 1).await;
        }
        let copies = |book: i64| json!({"product_id": book, "quantity": 1});
        let refused = (400, json!({"detail": "A cart holds up to 100 different products"}));
        assert_eq!(shop.cart.post("/carts/5", copies(books[100])).await, refused);
        assert_eq!(shop.cart.post("/carts/5", copies(books[0])).await.0, 201);
        assert_eq!(shop.orders.post_nothing("/orders/5").await.0, 201);
        shop.ends_in_a_clean_audit().await;
    }

    async fn unknown_products_and_carts_are_not_found(shop: Shop) {
        let (cart, book) = (&shop.cart, shop.add_book(4).await);
        let unknown = (404, json!({"detail": "Product with id 99 not found"}));
        assert_eq!(cart.post("/carts/5", json!({"product_id": 99, "quantity": 1})).await, unknown);
        assert_eq!(cart.put("/carts/5/99", json!({"quantity": 1})).await, unknown);

        let detail = "Active cart for customer with id: 5 was not found";
        assert_eq!(cart.get("/carts/5").await, (404, json!({"detail": detail})));
        let detail = "No active cart found for customer with id: 5";
        assert_eq!(cart.put_nothing("/carts/5").await, (404, json!({"detail": detail})));
        let detail = format!("Product with id: {book} does not exist in the cart of customer with id: 5");
        let path = format!("/carts/5/{book}");
        assert_eq!(cart.put(&path, json!({"quantity": 1})).await, (404, json!({"detail": detail})));
        assert_eq!(cart.delete(&path).await, (404, json!({"detail": detail})));
    }

    async fn an_ordered_cart_is_left_alone_and_a_new_one_begins(shop: Shop) {
        let (cart, book) = (&shop.cart, shop.add_book(40).await);
        shop.put_in_cart(5, book, 2).await;
        let updated = (202, json!({"message": "Cart status updated successfully"}));
        assert_eq!(cart.put_nothing("/carts/5?status=Active").await, updated);
        assert_eq!(cart.get("/carts/5").await.0, 200);
        assert_eq!(cart.put_nothing("/carts/5").await, updated);
        assert_eq!(cart.get("/carts/5").await.0, 404);

        let path = format!("/carts/5/{book}");
        assert_eq!(cart.put(&path, json!({"quantity": 9})).await.0, 404);
        assert_eq!(cart.delete(&path).await.0, 404);

        shop.put_in_cart(5, book, 1).await;
        assert_eq!(cart.put(&path, json!({"quantity": 7})).await.0, 200);
        let (_, answer) = cart.get("/cart_items").await;
        let quantities: Vec<_> = answer["items"].as_array().unwrap().iter()
            .map(|item| item["quantity"].as_i64().unwrap())
            .collect();
        assert_eq!(quantities, [2, 7]);
        assert_eq!(cart.put_nothing("/carts/5?status=Ordered").await, updated);
        let (_, answer) = cart.get("/carts").await;
        assert!(answer["carts"].as_array().unwrap().iter().all(|cart| cart["status"] == "Ordered"));
    }

    async fn a_cart_locked_by_an_order_cannot_be_changed(shop: Shop) {
        let (cart, book) = (&shop.cart, shop.add_book(40).await);
        shop.put_in_cart(5, book, 2).await;
        let customer = json!({"customer_id": 5});
        let locked = (200, json!({"items": [{"product_id": book, "quantity": 2}]}));
        assert_eq!(cart.put(&checkout(77), customer.clone()).await, locked);
        assert_eq!(cart.put(&checkout(77), customer.clone()).await, locked);

        let conflict = (409, json!({"detail": "Cart is being ordered"}));
        let path = format!("/carts/5/{book}");
        let item = json!({"product_id": book, "quantity": 1});
        assert_eq!(cart.put(&checkout(78), customer.clone()).await, conflict);
        assert_eq!(cart.post("/carts/5", item).await, conflict);
        assert_eq!(cart.put(&path, json!({"quantity": 1})).await, conflict);
        assert_eq!(cart.delete(&path).await, conflict);
        assert_eq!(cart.put_nothing("/carts/5").await, conflict);

        assert_eq!(cart.delete(&checkout(77)).await, (204, json!(null)));
        assert_eq!(cart.delete(&checkout(77)).await, (204, json!(null)));
        assert_eq!(cart.put(&path, json!({"quantity": 1})).await.0, 200);
        assert_eq!(cart.put(&checkout(78), customer).await.0, 200);
    }

    async fn an_order_buys_one_customers_cart(shop: Shop) {
        let (cart, book) = (&shop.cart, shop.add_book(40).await);
        shop.put_in_cart(5, book, 2).await;
        shop.put_in_cart(6, book, 2).await;
        assert_eq!(cart.put(&checkout(77), json!({"customer_id": 5})).await.0, 200);
        assert_eq!(cart.put(&checkout(77), json!({"customer_id": 6})).await.0, 409);
        assert_eq!(cart.put(&checkout(78), json!({"customer_id": 6})).await.0, 200);
    }

    async fn a_completed_checkout_is_final(shop: Shop) {
        let (cart, book) = (&shop.cart, shop.add_book(40).await);
        shop.put_in_cart(5, book, 2).await;
        let detail = format!("order {} holds no cart", token(77));
        let unknown = (404, json!({"detail": detail}));
        assert_eq!(cart.post_nothing(&format!("{}/completion", checkout(77))).await, unknown);
        cart.put(&checkout(77), json!({"customer_id": 5})).await;
        assert_eq!(cart.post_nothing(&format!("{}/completion", checkout(77))).await, (204, json!(null)));
        assert_eq!(cart.post_nothing(&format!("{}/completion", checkout(77))).await, (204, json!(null)));
        assert_eq!(cart.delete(&checkout(77)).await.0, 204);
        let ordered = json!({"carts": [{"id": 1, "customer_id": 5, "status": "Ordered"}]});
        assert_eq!(cart.get("/carts").await, (200, ordered));
    }
}
