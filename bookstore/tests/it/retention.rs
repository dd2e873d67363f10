//! What was refused, and tombstones, are not kept for ever; what was sold is.

use serde_json::json;

use crate::support::{Patience, Process, ends_in_a_clean_audit, on_both};

async fn refused_orders_and_tombstones_are_removed(database: &str) {
    let shop = Process::start(&[
        "all",
        "--free-ports",
        "--ephemeral",
        "--retention=100ms",
        "--database",
        database,
    ]);
    let [catalog, cart, orders] = ["catalog", "cart", "orders"].map(|name| shop.service(name));
    let book = catalog.add_book(10).await;
    let items = |copies: i64| json!({"items": [{"product_id": book, "quantity": copies}]});
    assert_eq!(orders.order(5, "key", Some(items(2))).await.0, 201);
    assert_eq!(orders.order(5, "refused", Some(items(99))).await.0, 400);
    assert_eq!(orders.post_nothing("/orders/6").await.0, 404);
    let patience = Patience::new();
    for (service, kept) in [
        (&orders, json!({"orders": 1, "returns": 0})),
        (
            &catalog,
            json!({"products": 1, "reservations": 1, "returns": 0}),
        ),
        (&cart, json!({"carts": 0, "checkouts": 0})),
    ] {
        loop {
            let (_, audit) = service.get("/audit").await;
            if audit["checked"] == kept {
                break;
            }
            patience.wait(audit).await;
        }
    }
    ends_in_a_clean_audit(&catalog, &cart, &orders).await;
    assert_eq!(orders.order(5, "key", Some(items(2))).await.0, 201);
    assert_eq!(catalog.stock(book).await, 8);
}

on_both! {
    refused_orders_and_tombstones_are_removed
}
