//! `/reservations`: what an order holds.

use serde_json::{Value, json};

use crate::support::{on_both_databases, token};

fn reservation(order: u64) -> String {
    format!("/reservations/{}", token(order))
}

fn items(lines: &[(i64, i64)]) -> Value {
    let items: Vec<Value> = lines
        .iter()
        .map(|(product, quantity)| json!({"product_id": product, "quantity": quantity}))
        .collect();
    json!({"items": items})
}

on_both_databases! {
    async fn a_repeated_reservation_takes_its_copies_once(shop: Shop) {
        let book = shop.add_book(10).await;
        let wanted = items(&[(book, 3)]);
        assert_eq!(shop.catalog.put(&reservation(1), wanted.clone()).await.0, 201);
        assert_eq!(shop.catalog.put(&reservation(1), wanted).await.0, 200);
        assert_eq!(shop.stock(book).await, 7);

        let other = shop.catalog.put(&reservation(1), items(&[(book, 4)])).await;
        let detail = format!("order {} has reserved other items", token(1));
        assert_eq!(other, (409, json!({"detail": detail})));
        assert_eq!(shop.stock(book).await, 7);
    }

    async fn a_reservation_takes_all_or_nothing(shop: Shop) {
        let (plenty, scarce) = (shop.add_book(10).await, shop.add_book(2).await);
        let answer = shop.catalog.put(&reservation(1), items(&[(plenty, 5), (scarce, 3)])).await;
        let detail = format!("Not enough product in stock for product id {scarce}");
        assert_eq!(answer, (400, json!({"detail": detail})));
        let answer = shop.catalog.put(&reservation(1), items(&[(plenty, 5), (99, 1)])).await;
        assert_eq!(answer, (404, json!({"detail": "product with id: 99 was not found"})));
        assert_eq!(shop.stock(plenty).await, 10);

        // What was refused holds nothing, and does not stand in the way.
        assert_eq!(shop.catalog.put(&reservation(1), items(&[(scarce, 2)])).await.0, 201);
        assert_eq!(shop.stock(scarce).await, 0);
    }

    async fn lines_of_one_product_are_one_reservation(shop: Shop) {
        let book = shop.add_book(5).await;
        let (status, _) = shop.catalog.put(&reservation(1), items(&[(book, 3), (book, 3)])).await;
        assert_eq!(status, 400);
        let (status, _) = shop.catalog.put(&reservation(1), items(&[(book, 3), (book, 2)])).await;
        assert_eq!(status, 201);
        assert_eq!(shop.stock(book).await, 0);
    }

    async fn released_copies_go_back_to_stock_once(shop: Shop) {
        let book = shop.add_book(10).await;
        shop.catalog.put(&reservation(1), items(&[(book, 3)])).await;
        assert_eq!(shop.catalog.delete(&reservation(1)).await, (204, json!(null)));
        assert_eq!(shop.catalog.delete(&reservation(1)).await, (204, json!(null)));
        assert_eq!(shop.stock(book).await, 10);

        let late = shop.catalog.put(&reservation(1), items(&[(book, 3)])).await;
        let detail = format!("reservation of order {} was released", token(1));
        assert_eq!(late, (409, json!({"detail": detail})));
        assert_eq!(shop.stock(book).await, 10);
    }

    async fn sold_copies_stay_sold(shop: Shop) {
        let book = shop.add_book(10).await;
        shop.catalog.put(&reservation(1), items(&[(book, 3)])).await;
        let confirmation = &format!("{}/confirmation", reservation(1));
        assert_eq!(shop.catalog.post_nothing(confirmation).await, (204, json!(null)));
        assert_eq!(shop.catalog.post_nothing(confirmation).await, (204, json!(null)));
        shop.catalog.delete(&reservation(1)).await;
        assert_eq!(shop.stock(book).await, 7);
    }

    async fn only_what_is_held_can_be_sold(shop: Shop) {
        let detail = format!("order {} holds no reservation", token(8));
        let unknown = (404, json!({"detail": detail}));
        assert_eq!(shop.catalog.post_nothing(&format!("{}/confirmation", reservation(8))).await, unknown);
        let book = shop.add_book(1).await;
        shop.catalog.put(&reservation(8), items(&[(book, 1)])).await;
        shop.catalog.delete(&reservation(8)).await;
        assert_eq!(shop.catalog.post_nothing(&format!("{}/confirmation", reservation(8))).await, unknown);
    }
}
