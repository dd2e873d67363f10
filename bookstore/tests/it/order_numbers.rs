//! Numbers of orders and returns that are given twice, because the orders' database was reset or
//! restored from a copy: each order takes its own copies all the same.

use serde_json::{Value, json};

use crate::support::{Data, Process, Service, nothing_is_unfinished, on_both};

fn items(book: i64, copies: i64) -> Value {
    json!({"items": [{"product_id": book, "quantity": copies}]})
}

fn number(placed: &(u16, Value)) -> i64 {
    assert_eq!(placed.0, 201, "{}", placed.1);
    placed.1["order"]["id"].as_i64().unwrap()
}

/// The audit of the whole shop finds what was sold to orders that are no more, and nothing else.
async fn finds_lost_orders(orders: &Service, lost: usize) {
    let (_, audit) = orders.get("/audit/shop").await;
    assert_eq!(audit["clean"], json!(false), "{audit}");
    let rule = "copies are sold to orders that were placed only";
    let violations = audit["violations"].as_array().unwrap();
    let sold = violations.iter().filter(|found| found["rule"] == rule);
    assert_eq!(sold.count(), lost, "{audit}");
}

async fn after_a_reset_the_same_orders_take_copies_again(database: &str) {
    let shop = Process::start(&[
        "all",
        "--free-ports",
        "--ephemeral",
        "--admin-calls",
        "--database",
        database,
    ]);
    let [catalog, cart, orders] = ["catalog", "cart", "orders"].map(|name| shop.service(name));
    let book = catalog.add_book(20).await;
    let mut numbers = Vec::new();
    for round in 0..2 {
        let before = 20 - 6 * round;
        assert_eq!(catalog.stock(book).await, before);
        let order = number(&orders.order(5, "items", Some(items(book, 3))).await);
        cart.put_in_cart(6, book, 4).await;
        let of_cart = number(&orders.order(6, "cart", None).await);
        assert_eq!(catalog.stock(book).await, before - 7, "round {round}");
        let returned = orders
            .take_back(5, order, "back", Some(items(book, 1)))
            .await;
        assert_eq!(returned.0, 201, "{}", returned.1);
        assert_eq!(catalog.stock(book).await, before - 6, "round {round}");
        numbers.push((order, of_cart));
        nothing_is_unfinished(&orders).await;
        assert_eq!(catalog.audit("/audit").await["unfinished"], 0);
        if round == 0 {
            orders.audit("/audit/shop").await;
            assert_eq!(orders.post_nothing("/admin/reset").await.0, 204);
        }
    }
    assert_eq!(numbers[0], numbers[1], "the numbers were given twice");
    finds_lost_orders(&orders, 2).await;
}

fn open(data: &Data) -> Process {
    Process::start(&["all", "--free-ports", "--database", &data.url()])
}

async fn after_a_restore_the_same_orders_take_copies_again(database: &str) {
    let data = Data::new(database);
    let shop = open(&data);
    let book = shop.service("catalog").add_book(20).await;
    let kept = number(
        &shop
            .service("orders")
            .order(5, "kept", Some(items(book, 4)))
            .await,
    );
    drop(shop);
    data.copy("orders").await;

    let mut numbers = Vec::new();
    for round in 0..2 {
        let shop = open(&data);
        let (catalog, orders) = (shop.service("catalog"), shop.service("orders"));
        let before = 16 - 2 * round;
        assert_eq!(catalog.stock(book).await, before);
        let lost = orders.order(5, "lost", Some(items(book, 3))).await;
        numbers.push(number(&lost));
        assert_eq!(catalog.stock(book).await, before - 3, "round {round}");
        let returned = orders
            .take_back(5, kept, "back", Some(items(book, 1)))
            .await;
        assert_eq!(returned.0, 201, "{}", returned.1);
        assert_eq!(catalog.stock(book).await, before - 2, "round {round}");
        nothing_is_unfinished(&orders).await;
        match round {
            0 => drop(orders.audit("/audit/shop").await),
            _ => finds_lost_orders(&orders, 1).await,
        }
        drop(shop);
        if round == 0 {
            data.restore("orders").await;
        }
    }
    assert_eq!(numbers[0], numbers[1], "the number was given twice");
}

on_both! {
    after_a_reset_the_same_orders_take_copies_again
    after_a_restore_the_same_orders_take_copies_again
}
