//! Many at once: nothing is oversold, doubled or lost.

use std::collections::BTreeMap;

use serde_json::json;
use tokio::task::JoinSet;

use crate::support::on_both_databases;

/// How often each status occurred.
fn tally(statuses: impl IntoIterator<Item = u16>) -> BTreeMap<u16, usize> {
    let mut tally = BTreeMap::new();
    for status in statuses {
        *tally.entry(status).or_insert(0) += 1;
    }
    tally
}

on_both_databases! {
    async fn two_hundred_buyers_of_ten_copies_get_exactly_ten_orders(shop: Shop) {
        let book = shop.add_book(10).await;
        for customer in 1..=200 {
            shop.put_in_cart(customer, book, 1).await;
        }
        let mut buyers = JoinSet::new();
        for customer in 1..=200 {
            let orders = shop.orders.clone();
            buyers.spawn(async move { orders.post_nothing(&format!("/orders/{customer}")).await.0 });
        }
        assert_eq!(tally(buyers.join_all().await), BTreeMap::from([(201, 10), (400, 190)]));
        assert_eq!(shop.stock(book).await, 0);

        let (_, answer) = shop.orders.get("/orders").await;
        assert_eq!(answer["orders"].as_array().unwrap().len(), 10);
        let (_, answer) = shop.cart.get("/carts").await;
        let carts = answer["carts"].as_array().unwrap();
        assert_eq!(carts.iter().filter(|cart| cart["status"] == "Ordered").count(), 10);
        assert_eq!(carts.iter().filter(|cart| cart["status"] == "Active").count(), 190);
    }

    async fn orders_of_the_same_books_in_any_sequence_all_succeed(shop: Shop) {
        let mut books = Vec::new();
        for _ in 0..5 {
            books.push(shop.add_book(100).await);
        }
        let mut buyers = JoinSet::new();
        for customer in 1..=50_usize {
            // Each names the books in another sequence, an invitation to a deadlock.
            books.rotate_left(customer % 3 + 1);
            let lines: Vec<_> = books.iter()
                .map(|book| json!({"product_id": book, "quantity": 2}))
                .collect();
            let orders = shop.orders.clone();
            buyers.spawn(async move {
                orders.post(&format!("/orders/{customer}"), json!({"items": lines})).await.0
            });
        }
        assert_eq!(tally(buyers.join_all().await), BTreeMap::from([(201, 50)]));
        for book in books {
            assert_eq!(shop.stock(book).await, 0);
        }
    }

    async fn a_cart_is_bought_once_however_many_orders_want_it(shop: Shop) {
        let book = shop.add_book(100).await;
        for round in 1..=10 {
            shop.put_in_cart(5, book, 1).await;
            let (first, second) = tokio::join!(
                shop.orders.post_nothing("/orders/5"),
                shop.orders.post_nothing("/orders/5"),
            );
            let tally = tally([first.0, second.0]);
            assert_eq!(tally.get(&201), Some(&1), "{first:?} {second:?}");
            // The other came while the first was at work, or after it.
            assert!(tally.contains_key(&409) || tally.contains_key(&404), "{first:?} {second:?}");
            assert_eq!(shop.stock(book).await, 100 - round);
        }
    }

    async fn one_key_sent_many_times_at_once_is_one_order(shop: Shop) {
        let book = shop.add_book(100).await;
        let items = json!({"items": [{"product_id": book, "quantity": 1}]});
        let mut requests = JoinSet::new();
        for _ in 0..20 {
            let (orders, items) = (shop.orders.clone(), items.clone());
            requests.spawn(async move { orders.order(5, "once", Some(items)).await });
        }
        let answers = requests.join_all().await;
        let placed: Vec<_> = answers.iter().filter(|(status, _)| *status == 201).collect();
        assert!(!placed.is_empty());
        assert!(placed.iter().all(|answer| *answer == placed[0]));
        assert!(answers.iter().all(|(status, _)| [201, 409].contains(status)), "{answers:?}");
        assert_eq!(shop.stock(book).await, 99);
    }

    async fn a_customer_has_at_most_one_active_cart(shop: Shop) {
        let book = shop.add_book(100).await;
        let mut requests = JoinSet::new();
        for _ in 0..20 {
            let cart = shop.cart.clone();
            requests.spawn(async move {
                cart.post("/carts/5", json!({"product_id": book, "quantity": 1})).await.0
            });
        }
        assert_eq!(tally(requests.join_all().await), BTreeMap::from([(201, 20)]));
        let (_, answer) = shop.cart.get("/carts").await;
        assert_eq!(answer["carts"].as_array().unwrap().len(), 1);
        let (_, answer) = shop.cart.get("/cart_items").await;
        assert_eq!(answer["items"][0]["quantity"], 20);
    }

    async fn an_order_contains_what_its_cart_contains(shop: Shop) {
        let book = shop.add_book(1000).await;
        let path = format!("/carts/5/{book}");
        for _ in 0..10 {
            shop.put_in_cart(5, book, 1).await;
            // A change either comes before the order or is refused.
            let (order, change) = tokio::join!(
                shop.orders.post_nothing("/orders/5"),
                shop.cart.put(&path, json!({"quantity": 2})),
            );
            assert_eq!(order.0, 201);
            let (_, items) = shop.cart.get("/cart_items").await;
            let in_cart = items["items"].as_array().unwrap().last().unwrap()["quantity"].clone();
            assert_eq!(order.1["items"][0]["quantity"], in_cart);
            assert_eq!(in_cart, if change.0 == 200 { 2 } else { 1 }, "{change:?}");
        }
    }

    async fn hundreds_buy_and_return_at_once_and_every_copy_is_somewhere(shop: Shop) {
        let books = [shop.add_book(50).await, shop.add_book(30).await];
        let mut customers = JoinSet::new();
        for customer in 1..=200_i64 {
            let orders = shop.orders.clone();
            customers.spawn(async move {
                let lines: Vec<_> = books.iter().take(1 + (customer % 2) as usize)
                    .map(|book| json!({"product_id": book, "quantity": 1}))
                    .collect();
                let mut kept = 0;
                for round in 0..4 {
                    let key = format!("round-{round}");
                    let items = || Some(json!({"items": lines}));
                    let (first, second) = tokio::join!(
                        orders.order(customer, &key, items()),
                        orders.order(customer, &key, items()),
                    );
                    let placed = match (first.0, second.0) {
                        (201, _) => first.1,
                        (_, 201) => second.1,
                        _ => continue,
                    };
                    if round == 3 {
                        kept += 1;
                        continue;
                    }
                    // Returned twice at once, and by one of the two.
                    let order = placed["order"]["id"].as_i64().unwrap();
                    let path = format!("/orders/{customer}/{order}/returns");
                    let (first, second) =
                        tokio::join!(orders.post_nothing(&path), orders.post_nothing(&path));
                    // 202 where the catalog is so busy that the stock follows later.
                    let accepted = [first.0, second.0].map(|status| status / 100 == 2);
                    assert_ne!(accepted[0], accepted[1], "{first:?} {second:?}");
                    assert!([first.0, second.0].contains(&409), "{first:?} {second:?}");
                }
                (lines.len(), kept)
            });
        }
        let mut kept = [0; 2];
        for (books, orders) in customers.join_all().await {
            kept[0] += orders;
            kept[1] += if books == 2 { orders } else { 0 };
        }
        shop.ends_in_a_clean_audit().await;
        assert_eq!(shop.stock(books[0]).await, 50 - kept[0]);
        assert_eq!(shop.stock(books[1]).await, 30 - kept[1]);
    }
}
