//! What is ordered is what was shown: its lines, and their prices.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Visitor, on_both_databases};

fn book(price: i64) -> Value {
    json!({"name": "Grand Design", "price": price, "quantity": 10})
}

fn shown(book: i64, copies: i64, price: i64) -> Option<Value> {
    let line = json!({"product_id": book, "quantity": copies, "price": price});
    Some(json!({"cart": [line]}))
}

on_both_databases! {
    async fn a_cart_or_a_price_that_has_changed_is_not_ordered(shop: Shop) {
        let id = shop.add_book(10).await;
        shop.put_in_cart(5, id, 2).await;
        let changed = (412, json!({"detail": "The cart has changed"}));
        assert_eq!(shop.orders.order(5, "key", shown(id, 9, 12)).await, changed);
        let changed = (412, json!({"detail": "A price has changed"}));
        assert_eq!(shop.orders.order(5, "key", shown(id, 2, 11)).await, changed);
        shop.ends_in_a_clean_audit().await;
        assert_eq!(shop.stock(id).await, 10);

        // The key is free, and belongs to the cart that was bought under it.
        let (status, placed) = shop.orders.order(5, "key", shown(id, 2, 12)).await;
        assert_eq!(status, 201, "{placed}");
        assert_eq!(shop.orders.order(5, "key", shown(id, 2, 12)).await, (201, placed));
        assert_eq!(shop.orders.order(5, "key", shown(id, 1, 12)).await.0, 422);
        shop.ends_in_a_clean_audit().await;
    }

    async fn an_order_keeps_the_prices_of_its_moment(shop: Shop) {
        let id = shop.add_book(10).await;
        let items = json!({"items": [{"product_id": id, "quantity": 3}]});
        let (_, placed) = shop.orders.order(5, "key", Some(items)).await;
        let order = placed["order"]["id"].as_i64().unwrap();
        shop.catalog.put(&format!("/products/{id}"), book(99)).await;
        let (status, found) = shop.orders.get(&format!("/orders/5/{order}")).await;
        assert_eq!((status, &found["total"]), (200, &json!(36)));
        assert_eq!(found["items"][0]["price"], json!(12));
        assert_eq!(shop.orders.get(&format!("/orders/6/{order}")).await.0, 404);
        let (_, lines) = shop.orders.get("/order_items?customer_id=5").await;
        assert_eq!(lines["items"][0]["price"], json!(12));
    }

    async fn a_cart_that_was_refused_can_be_ordered_under_its_key(shop: Shop) {
        let id = shop.add_book(10).await;
        assert_eq!(shop.orders.order(5, "key", None).await.0, 404);
        shop.put_in_cart(5, id, 2).await;
        assert_eq!(shop.cart.delete(&format!("/carts/5/{id}")).await.0, 204);
        assert_eq!(shop.orders.order(5, "key", None).await.0, 400);
        shop.put_in_cart(5, id, 2).await;
        assert_eq!(shop.orders.order(5, "key", None).await.0, 201);
        shop.ends_in_a_clean_audit().await;
    }

    async fn what_is_added_under_a_key_is_added_once(shop: Shop) {
        let id = shop.add_book(10).await;
        let add = async |key: &str, copies: i64| {
            let item = json!({"product_id": id, "quantity": copies});
            let request = shop.cart.request(Method::POST, "/carts/5");
            let request = request.header("Idempotency-Key", key).json(&item);
            request.send().await.unwrap().status().as_u16()
        };
        // A refusal leaves the key free.
        assert_eq!(add("one", 11).await, 400);
        assert_eq!([add("one", 2).await, add("one", 2).await, add("two", 1).await], [201; 3]);
        let (_, items) = shop.cart.get("/cart_items?customer_id=5").await;
        assert_eq!(items["items"][0]["quantity"], json!(3));
    }

    async fn a_key_that_has_added_something_adds_nothing_else(shop: Shop) {
        let (one, other) = (shop.add_book(9).await, shop.add_book(9).await);
        let add = async |book: i64, copies: i64| {
            let item = json!({"product_id": book, "quantity": copies});
            shop.cart.post_as("/carts/5", Some("key"), Some(item)).await
        };
        assert_eq!(add(one, 2).await.0, 201);
        for (book, copies) in [(other, 2), (one, 3), (one, 99), (99, 2)] {
            let (status, refused) = add(book, copies).await;
            assert_eq!(status, 422, "{refused}");
            assert_eq!(refused["detail"][0]["loc"], json!(["header", "idempotency-key"]));
        }
        assert_eq!(add(one, 2).await.0, 201);
        let (_, items) = shop.cart.get("/cart_items?customer_id=5").await;
        assert_eq!(items["items"].as_array().unwrap().len(), 1);
        assert_eq!(items["items"][0]["quantity"], json!(2));
        // Keys belong to customers.
        let item = json!({"product_id": other, "quantity": 1});
        assert_eq!(shop.cart.post_as("/carts/6", Some("key"), Some(item)).await.0, 201);
    }

    async fn a_form_whose_number_was_changed_is_another_wish(shop: Shop) {
        let id = shop.add_book(9).await.to_string();
        let visitor = Visitor::of(&shop.storefront);
        let shelf = visitor.get("/").await;
        for (copies, in_cart) in [("1", "$12"), ("1", "$12"), ("2", "$36"), ("2", "$36")] {
            let add = [("product_id", &*id), ("quantity", copies), ("key", "of the form")];
            visitor.submit(&shelf, "/cart", &add).await;
            let cart = visitor.get("/cart").await;
            assert!(cart.says(in_cart), "{copies}: {}", cart.html);
        }
    }

    async fn a_form_that_no_page_has_buys_nothing(shop: Shop) {
        let id = shop.add_book(9).await;
        let visitor = Visitor::of(&shop.storefront);
        let shelf = visitor.get("/").await;
        for nonsense in ["", "x", "0", "-1", "1.0", "99999999999999999999"] {
            let add = [("product_id", nonsense), ("quantity", "1")];
            assert_eq!(visitor.submit(&shelf, "/cart", &add).await.status, 400, "{nonsense}");
        }
        assert!(visitor.get("/cart").await.says("There is nothing in it yet."));
        let id = id.to_string();
        visitor.submit(&shelf, "/cart", &[("product_id", &*id), ("quantity", "1")]).await;
        let cart = visitor.get("/cart").await;
        let line = format!(r#"{{"product_id":{id},"quantity":1,"price":12}}"#);
        let many = format!("[{}]", vec![line.as_str(); 101].join(","));
        for nonsense in [
            "x",
            "[]",
            "{}",
            "null",
            &many,
            &format!("[{}", line),
            &format!("[{}]", line.replace(":1,", ":-1,")),
            &format!("[{}]", line.replace(":12", ":-12")),
            &format!("[{}]", line.replace(":12", ":9999999999")),
        ] {
            let fields = [("key", "k"), ("shown", nonsense)];
            let refused = visitor.submit(&cart, "/orders", &fields).await;
            assert_eq!(refused.status, 400, "{nonsense}: {}", refused.html);
        }
        assert_eq!(shop.orders.get("/orders").await.1, json!({"orders": []}));
        assert_eq!(shop.stock(1).await, 9);
    }

    async fn what_was_added_under_a_key_stays_added_when_the_book_is_sold_out(shop: Shop) {
        let id = shop.add_book(2).await;
        let item = json!({"product_id": id, "quantity": 2});
        let add = async || shop.cart.post_as("/carts/5", Some("key"), Some(item.clone())).await;
        let added = add().await;
        assert_eq!(added.0, 201, "{}", added.1);
        let bought = shop.orders.order(6, "key", Some(json!({"items": [item]}))).await;
        assert_eq!(bought.0, 201, "{}", bought.1);
        assert_eq!(add().await, added);
        let (_, cart) = shop.cart.get("/cart_items?customer_id=5").await;
        assert_eq!(cart["items"][0]["quantity"], json!(2));
        assert_eq!(shop.cart.post_as("/carts/5", Some("other"), Some(item)).await.0, 400);
    }

    async fn a_visitor_orders_what_the_page_has_shown(shop: Shop) {
        let id = shop.add_book(10).await;
        let visitor = Visitor::of(&shop.storefront);
        let shelf = visitor.get("/").await;
        let (id_text, key) = (id.to_string(), shelf.value("key"));
        let add = [("product_id", id_text.as_str()), ("quantity", "1"), ("key", &key)];
        for _ in 0..2 {
            visitor.submit(&shelf, "/cart", &add).await;
        }
        let cart = visitor.get("/cart").await;
        assert!(cart.says("$12"), "the form was sent twice: {}", cart.html);
        // As browsers, without the escapes of HTML.
        let shown = |page: &crate::support::Page| page.value("shown").replace("&#34;", "\"");

        shop.catalog.put(&format!("/products/{id}"), book(99)).await;
        let fields = [("key", "a"), ("shown", &*shown(&cart))];
        let cart = visitor.submit(&cart, "/orders", &fields).await;
        assert_eq!(cart.path, "/cart");
        assert!(cart.message().contains("a price has changed"), "{}", cart.message());
        assert!(cart.says("$99"));

        let copies = format!("copies-{id}");
        let fields = [("key", "b"), ("shown", &*shown(&cart)), (&copies, "3")];
        let cart = visitor.submit(&cart, "/orders", &fields).await;
        assert_eq!(cart.path, "/cart");
        assert!(cart.message().contains("Nothing was ordered yet"), "{}", cart.message());
        assert!(cart.says("$297"));

        let fields = [("key", "c"), ("shown", &*shown(&cart)), (&copies, "3")];
        let orders = visitor.submit(&cart, "/orders", &fields).await;
        assert_eq!(orders.path, "/orders");
        assert!(orders.says("$297"), "{}", orders.html);
        assert_eq!(shop.stock(id).await, 7);
        shop.ends_in_a_clean_audit().await;
    }
}
