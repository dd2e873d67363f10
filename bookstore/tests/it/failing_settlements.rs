//! A settlement that can never succeed: people are told.

use serde_json::json;

use crate::support::{Patience, Process, Visitor, on_both, token};

async fn what_can_never_be_settled_is_told(database: &str) {
    let shop = Process::start(&[
        "all",
        "--free-ports",
        "--ephemeral",
        "--order-lease=1s",
        "--database",
        database,
    ]);
    let (catalog, orders) = (shop.service("catalog"), shop.service("orders"));
    let book = catalog.add_book(10).await;
    let items = json!({"items": [{"product_id": book, "quantity": 2}]});
    let (_, placed) = orders.order(5, "key", Some(items.clone())).await;
    let order = placed["order"]["id"].as_i64().unwrap();
    // Somebody else has brought the copies back, behind the orders' back.
    let (_, listed) = catalog.get("/reservations").await;
    let mut stolen = items.clone();
    stolen["order_token"] = listed["reservations"][0]["order_token"].clone();
    let back = format!("/returns/{}", token(1));
    assert_eq!(catalog.put(&back, stolen).await.0, 201);
    let (status, _) = orders.take_back(5, order, "back", None).await;
    assert_eq!(status, 202);

    let patience = Patience::new();
    let gauge = "bookstore_settlements_failing";
    while orders.metric(gauge, "").await != Some(1.0) {
        patience.wait("not failed often enough yet").await;
    }
    let (_, listed) = orders.get("/failing_settlements").await;
    let failing = &listed["settlements"][0];
    assert_eq!(failing["kind"], "return");
    assert_eq!(failing["order_id"], json!(order));
    let failure = failing["failure"].as_str().unwrap();
    assert!(failure.contains("has not so many copies"), "{failure}");
    for path in ["/audit", "/audit/shop"] {
        let (_, audit) = orders.get(path).await;
        let rule = json!("an order and a return are settled after a few tries");
        let violations = audit["violations"].as_array().unwrap();
        assert!(
            violations.iter().any(|found| found["rule"] == rule),
            "{audit}"
        );
    }
    let bookseller = Visitor::of(&shop.service("storefront"));
    let page = bookseller.sign_in().await;
    assert!(page.says("Orders that need attention"), "{page:?}");
    assert!(
        page.says(&format!("Return of order {order} of customer 5")),
        "{page:?}"
    );
}

on_both! {
    what_can_never_be_settled_is_told
}
