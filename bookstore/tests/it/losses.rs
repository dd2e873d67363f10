//! Databases that have lost something: restored from an older copy, wiped, or cut off by a failure of
//! power. The shop repairs what another service still knows, and sells no copy twice meanwhile.

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::{
    Data, DistributedShop, Mishap, Pace, Patience, Process, Service, ends_in_a_clean_audit,
    nothing_is_unfinished, on_both,
};

fn items(book: i64, copies: i64) -> Value {
    json!({"items": [{"product_id": book, "quantity": copies}]})
}

fn open(data: &Data, more: &[&str]) -> Process {
    let url = data.url();
    let fixed = ["all", "--free-ports", "--database", &url];
    Process::start(&[&fixed[..], more].concat())
}

fn number((status, placed): (u16, Value)) -> i64 {
    assert_eq!(status, 201, "{placed}");
    placed["order"]["id"].as_i64().unwrap()
}

/// Many customers want a copy each at once; how many get one. They ask again while the shop is busy.
async fn buyers(orders: &Service, book: i64, from: i64) -> usize {
    let mut buyers = JoinSet::new();
    for customer in from..from + 20 {
        let orders = orders.clone();
        buyers.spawn(async move {
            let patience = Patience::new();
            loop {
                match orders.order(customer, "one", Some(items(book, 1))).await {
                    (201, _) => break true,
                    (400, _) => break false,
                    later => patience.wait(later).await,
                }
            }
        });
    }
    buyers
        .join_all()
        .await
        .iter()
        .filter(|bought| **bought)
        .count()
}

/// Sells seven copies and takes one back.
async fn sell_and_take_back(shop: &Process, book: i64) {
    let (cart, orders) = (shop.service("cart"), shop.service("orders"));
    let order = number(orders.order(2, "items", Some(items(book, 5))).await);
    cart.put_in_cart(3, book, 2).await;
    number(orders.order(3, "cart", None).await);
    let back = orders.take_back(2, order, "back", Some(items(book, 1)));
    assert_eq!(back.await.0, 201);
    nothing_is_unfinished(&orders).await;
}

async fn a_catalog_from_an_older_copy_sells_no_copy_twice(database: &str) {
    let data = Data::new(database);
    let shop = open(&data, &[]);
    let book = shop.service("catalog").add_book(10).await;
    let orders = shop.service("orders");
    let early = number(orders.order(1, "early", Some(items(book, 2))).await);
    nothing_is_unfinished(&orders).await;
    drop(shop);
    data.copy("catalog").await;
    let shop = open(&data, &[]);
    let orders = shop.service("orders");
    let back = orders
        .take_back(1, early, "back", Some(items(book, 1)))
        .await;
    assert_eq!(back.0, 201);
    sell_and_take_back(&shop, book).await;
    drop(shop);
    data.restore("catalog").await;

    let shop = open(&data, &[]);
    let [catalog, cart, orders] = ["catalog", "cart", "orders"].map(|name| shop.service(name));
    assert_eq!(buyers(&orders, book, 10).await, 3);
    ends_in_a_clean_audit(&catalog, &cart, &orders).await;
    assert_eq!(catalog.stock(book).await, 0);
}

async fn a_catalog_that_was_wiped_and_filled_again_sells_no_copy_twice(database: &str) {
    let data = Data::new(database);
    let seed = ["--products", "3", "--stock", "10"];
    let shop = open(&data, &seed);
    sell_and_take_back(&shop, 1).await;
    drop(shop);
    data.wipe("catalog").await;

    let shop = open(&data, &seed);
    let [catalog, cart, orders] = ["catalog", "cart", "orders"].map(|name| shop.service(name));
    assert_eq!(buyers(&orders, 1, 10).await, 4);
    ends_in_a_clean_audit(&catalog, &cart, &orders).await;
    assert_eq!(catalog.stock(1).await, 0);
    assert_eq!(catalog.stock(2).await, 10);
}

async fn what_cannot_be_repaired_is_told_and_everything_else_is_sold(database: &str) {
    let data = Data::new(database);
    let shop = open(&data, &[]);
    let book = shop.service("catalog").add_book(10).await;
    sell_and_take_back(&shop, book).await;
    drop(shop);
    data.wipe("catalog").await;

    let shop = open(&data, &[]);
    let (catalog, orders) = (shop.service("catalog"), shop.service("orders"));
    let scarce = catalog.add_book(3).await;
    let plenty = catalog.add_book(30).await;
    assert_eq!(scarce, book, "the number is given again");
    assert_eq!(buyers(&orders, plenty, 10).await, 20);
    let (_, audit) = orders.get("/audit/shop").await;
    let rules = audit["violations"].as_array().unwrap().iter();
    let rules: Vec<&str> = rules.map(|found| found["rule"].as_str().unwrap()).collect();
    let lost = "an order that was placed has one reservation, of its lines";
    assert!(rules.contains(&lost), "{audit}");
}

async fn a_cart_from_an_older_copy_is_not_bought_again(database: &str) {
    let data = Data::new(database);
    let shop = open(&data, &[]);
    let book = shop.service("catalog").add_book(10).await;
    shop.service("cart").put_in_cart(5, book, 2).await;
    drop(shop);
    data.copy("cart").await;
    let shop = open(&data, &[]);
    number(shop.service("orders").order(5, "key", None).await);
    nothing_is_unfinished(&shop.service("orders")).await;
    drop(shop);
    data.restore("cart").await;

    let shop = open(&data, &[]);
    let [catalog, cart, orders] = ["catalog", "cart", "orders"].map(|name| shop.service(name));
    let patience = Patience::new();
    loop {
        match cart.get("/carts/5").await {
            (404, _) => break,
            other => patience.wait(other).await,
        }
    }
    ends_in_a_clean_audit(&catalog, &cart, &orders).await;
    assert_eq!(catalog.stock(book).await, 8);
}

async fn orders_that_were_wiped_hold_neither_copies_nor_carts(database: &str) {
    let pace = Pace {
        call_timeout: "1s",
        lease: "1s",
    };
    let mut shop = DistributedShop::open(database, pace).await;
    let book = shop.catalog.add_book(10).await;
    shop.cart.put_in_cart(5, book, 2).await;
    let dies = Mishap::KilledAfter;
    let victim = shop.orders_process.pid();
    shop.to_catalog.plan("PUT /reservations/", dies, 1, victim);
    let orders = shop.orders();
    assert_eq!(orders.try_under_key("/orders/5", "key", None).await, None);
    assert_eq!(shop.catalog.stock(book).await, 8);
    assert!(!shop.orders_process.wait().success());
    shop.wipe_orders().await;
    let next = shop.start_replica();
    std::mem::replace(&mut shop.orders_process, next).kill();

    let patience = Patience::new();
    let placed = loop {
        match shop.orders().order(5, "again", None).await {
            (409, other) => patience.wait(other).await,
            placed => break placed,
        }
    };
    number(placed);
    while shop.catalog.stock(book).await != 8 {
        patience.wait("copies are held for nobody").await;
    }
    shop.ends_in_a_clean_audit().await;
    shop.close().await;
}

/// What becomes of orders that the orders' database has lost is for people to decide: the copies stay
/// sold, and are listed, until somebody puts them back.
async fn copies_of_lost_orders_stay_sold_until_they_are_put_back(database: &str) {
    let data = Data::new(database);
    let shop = open(&data, &[]);
    let book = shop.service("catalog").add_book(10).await;
    sell_and_take_back(&shop, book).await;
    drop(shop);
    data.wipe("orders").await;

    let shop = open(&data, &["--order-lease", "1s"]);
    let [catalog, cart, orders] = ["catalog", "cart", "orders"].map(|name| shop.service(name));
    // Longer than what is only held would be.
    for customer in 10..14 {
        number(orders.order(customer, "one", Some(items(book, 1))).await);
    }
    assert_eq!(buyers(&orders, book, 20).await, 0);
    let (_, audit) = orders.get("/audit/shop").await;
    assert_eq!(audit["clean"], false, "{audit}");
    let (_, listed) = catalog.get("/reservations").await;
    for reservation in listed["reservations"].as_array().unwrap() {
        let token = &reservation["order_token"];
        let detail = format!("there is no order {}", token.as_str().unwrap());
        let violations = audit["violations"].as_array().unwrap();
        if violations
            .iter()
            .all(|found| found["detail"] != detail.as_str())
        {
            continue;
        }
        let line = &reservation["items"][0];
        let left = line["quantity"].as_i64().unwrap() - line["returned"].as_i64().unwrap();
        let lines = json!([{"product_id": book, "quantity": left}]);
        let back = json!({"order_token": token, "items": lines});
        let path = format!("/returns/{}", token.as_str().unwrap());
        assert_eq!(catalog.put(&path, back).await.0, 201);
    }
    assert_eq!(catalog.stock(book).await, 6);
    ends_in_a_clean_audit(&catalog, &cart, &orders).await;
}

async fn a_catalog_that_is_reset_alone_leaves_a_sound_shop(database: &str) {
    let data = Data::new(database);
    let shop = open(
        &data,
        &["--products", "2", "--stock", "10", "--admin-calls"],
    );
    let [catalog, cart, orders] = ["catalog", "cart", "orders"].map(|name| shop.service(name));
    let other = catalog.add_book(3).await;
    number(orders.order(1, "other", Some(items(other, 2))).await);
    sell_and_take_back(&shop, 1).await;
    assert_eq!(catalog.stock(1).await, 4);
    assert_eq!(catalog.post_nothing("/admin/reset").await.0, 204);
    assert_eq!(catalog.get(&format!("/products/{other}")).await.0, 404);

    assert_eq!(buyers(&orders, 1, 10).await, 10);
    ends_in_a_clean_audit(&catalog, &cart, &orders).await;
    // Books that were bought before the reset still come back.
    let order = orders.get("/orders/2").await.1["orders"][0]["id"].as_i64();
    let back = orders.take_back(2, order.unwrap(), "again", Some(items(1, 3)));
    assert_eq!(back.await.0, 201);
    assert_eq!(catalog.stock(1).await, 3);
    assert_eq!(buyers(&orders, 1, 40).await, 3);
    ends_in_a_clean_audit(&catalog, &cart, &orders).await;
}

/// What SQLite has not written into the file yet is gone with the log, and the orders go on meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_catalog_that_lost_its_log_sells_no_copy_twice() {
    let data = Data::new("sqlite");
    let Data::Folder(folder) = &data else {
        unreachable!("it is on SQLite");
    };
    let start = |port: &str| {
        let internal = ["catalog", "--internal-port", port];
        Process::start(&[&internal[..], &["--port", "0", "--database", &data.url()]].concat())
    };
    let catalog_process = start("0");
    let catalog = catalog_process.service("catalog");
    let book = catalog.add_book(10).await;
    let urls = ["--catalog-url", &catalog.internal_url];
    let fresh = ["--port", "0", "--ephemeral"];
    let cart = Process::start(&[&["cart"], &fresh[..], &urls].concat());
    let cart_url = cart.service("cart").internal_url;
    let urls = [
        "--catalog-url",
        &catalog.internal_url,
        "--cart-url",
        &cart_url,
    ];
    let orders_process = Process::start(&[&["orders"], &fresh[..], &urls].concat());
    let orders = orders_process.service("orders");
    // The book is in the file, and the log is new.
    drop(catalog_process);
    let port = catalog.internal_url.rsplit(':').next().unwrap().to_owned();
    let catalog_process = start(&port);
    for customer in 1..=6 {
        number(orders.order(customer, "key", Some(items(book, 1))).await);
    }
    catalog_process.kill();
    std::fs::remove_file(folder.path().join("catalog.db-wal")).unwrap();

    let catalog_process = start(&port);
    let catalog = catalog_process.service("catalog");
    assert_eq!(catalog.stock(book).await, 10, "the log is lost");
    assert_eq!(buyers(&orders, book, 10).await, 4);
    ends_in_a_clean_audit(&catalog, &cart.service("cart"), &orders).await;
    assert_eq!(catalog.stock(book).await, 0);
}

on_both! {
    a_catalog_from_an_older_copy_sells_no_copy_twice
    a_catalog_that_was_wiped_and_filled_again_sells_no_copy_twice
    what_cannot_be_repaired_is_told_and_everything_else_is_sold
    a_cart_from_an_older_copy_is_not_bought_again
    orders_that_were_wiped_hold_neither_copies_nor_carts
    copies_of_lost_orders_stay_sold_until_they_are_put_back
    a_catalog_that_is_reset_alone_leaves_a_sound_shop
}
