//! How often an order waits for PostgreSQL. Between machines each wait costs more than the statement.

use serde_json::json;

use crate::support::{Process, RoundTrips, Wire, nothing_is_unfinished, postgres};

const ORDERS: usize = 20;

/// An order's round trips one by one: to the orders' database, the cart's and the catalog's.
const MOST: usize = 6;

/// Statements that are sent for every order, by how often. Others are sent now and then.
fn of_each_order(counted: RoundTrips) -> RoundTrips {
    let each = counted.into_iter().map(|(statement, count)| {
        let times = (count + ORDERS / 2) / ORDERS;
        (statement, times)
    });
    // Marks are written beside the orders, one for all that were settled meanwhile.
    let is_mark = |statement: &str| statement.contains("settled_at = $2");
    each.filter(|(statement, times)| *times > 0 && !is_mark(statement))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_of_one_line_waits_for_postgresql_six_times_at_most() {
    let Some(url) = postgres::tcp_url() else {
        return;
    };
    let wire = Wire::to(url).await;
    let shop = Process::start(&[
        "all",
        "--free-ports",
        "--ephemeral",
        "--database",
        &wire.url,
    ]);
    let [catalog, cart, orders] = ["catalog", "cart", "orders"].map(|name| shop.service(name));
    let book = catalog.add_book(1000).await;
    let items = || Some(json!({"items": [{"product_id": book, "quantity": 1}]}));
    let customers = 1..=ORDERS as i64;
    // Statements are prepared once for each connection.
    for round in ["first", "measured"] {
        for customer in customers.clone() {
            cart.put_in_cart(customer, book, 1).await;
        }
        nothing_is_unfinished(&orders).await;
        wire.take();
        for customer in customers.clone() {
            assert_eq!(orders.order(customer, round, items()).await.0, 201);
        }
        let of_items = of_each_order(wire.take());
        nothing_is_unfinished(&orders).await;
        wire.take();
        for customer in customers.clone() {
            assert_eq!(
                orders.post_nothing(&format!("/orders/{customer}")).await.0,
                201
            );
        }
        let of_cart = of_each_order(wire.take());
        if round == "measured" {
            assert!(of_items.values().sum::<usize>() <= MOST, "{of_items:#?}");
            assert!(of_cart.values().sum::<usize>() <= MOST, "{of_cart:#?}");
            assert!(of_items.values().sum::<usize>() >= 3, "{of_items:#?}");
        }
    }
}
