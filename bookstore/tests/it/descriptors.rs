//! More connections than a process has file descriptors for: those that only wait stop nobody.

use std::{process::Command, time::Duration};

use serde_json::json;
use tokio::{io::AsyncWriteExt, net::TcpStream, time::timeout};

use crate::support::{Fake, Process, Service, command};

/// A story that waits for longer waits in vain.
const LIMIT: Duration = Duration::from_secs(60);

const SERVICES: [&str; 4] = ["catalog", "cart", "orders", "storefront"];

/// Starts a command under `ulimit`s, with connections that may be idle for ever.
fn start(limits: &str, arguments: &[&str]) -> Process {
    let fresh = ["--ephemeral", "--database=sqlite", "--idle-timeout=1h"];
    let shop = command(&[arguments, &fresh].concat());
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("{limits} && exec \"$0\" \"$@\"")]);
    shell.arg(shop.get_program()).args(shop.get_args());
    for (name, value) in shop.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    Process::launch(&mut shell)
}

/// Opens connections on which this is sent, and nothing more.
async fn connect(service: &Service, number: usize, sent: &[u8]) -> Vec<TcpStream> {
    // This process needs them, too.
    rlimit::increase_nofile_limit(u64::MAX).unwrap();
    let address = service.url.strip_prefix("http://").unwrap();
    let mut connections = Vec::new();
    for _ in 0..number {
        let connecting = timeout(LIMIT, TcpStream::connect(address));
        let mut connection = connecting.await.expect("accepted in time").unwrap();
        // One that was closed at once is as good.
        let _ = connection.write_all(sent).await;
        connections.push(connection);
    }
    connections
}

/// Every service answers new clients, and calls the others.
async fn everybody_is_served(shop: &Process) {
    let served = async {
        let [catalog, cart, orders, storefront] = SERVICES.map(|name| shop.service(name));
        let book = catalog.add_book(5).await;
        cart.put_in_cart(5, book, 1).await;
        let placed = orders.post_nothing("/orders/5").await;
        assert_eq!(placed.0, 201, "{}", placed.1);
        assert_eq!(storefront.get("/ready").await.0, 200);
        assert_eq!(catalog.stock(book).await, 4);
    };
    timeout(LIMIT, served).await.expect("served in time");
}

#[tokio::test]
async fn the_soft_limit_of_descriptors_is_raised_to_the_hard_one() {
    let shop = start("ulimit -S -n 256", &["all", "--free-ports"]);
    let catalog = shop.service("catalog");
    let connections = connect(&catalog, 600, b"").await;
    everybody_is_served(&shop).await;
    let open = catalog.metric("process_open_fds", "").await.unwrap();
    let (_, hard) = rlimit::Resource::NOFILE.get().unwrap();
    // Where the system allows so many, all of them are open.
    assert!(open > 600.0 || hard < 8192, "{open} of {hard}");
    drop(connections);
}

#[tokio::test]
async fn connections_that_only_wait_make_room_for_others() {
    let shop = start("ulimit -n 512", &["all", "--free-ports"]);
    let mut connections = Vec::new();
    for name in SERVICES {
        let service = shop.service(name);
        for sent in ["", "GET /health HTTP/1.1\r\nhost: shop\r\n\r\n", "GET /hea"] {
            connections.extend(connect(&service, 60, sent.as_bytes()).await);
        }
        everybody_is_served(&shop).await;
    }
    // One service alone.
    let catalog = shop.service("catalog");
    connections.extend(connect(&catalog, 600, b"").await);
    everybody_is_served(&shop).await;
    drop(connections);
}

#[tokio::test]
async fn a_request_at_work_keeps_its_connection() {
    let catalog = Fake::listen();
    let arguments = ["cart", "--port=0", "--catalog-url", &catalog.url()];
    let process = start("ulimit -n 200", &arguments);
    let cart = process.service("cart");
    let at_work = tokio::spawn({
        let cart = cart.clone();
        async move {
            cart.post("/carts/5", json!({"product_id": 1, "quantity": 1}))
                .await
        }
    });
    let taken = tokio::task::spawn_blocking(move || (catalog.take_request(), catalog));
    let (taken, _catalog) = taken.await.unwrap();
    let connections = connect(&cart, 300, b"").await;
    let health = timeout(LIMIT, cart.get("/health")).await;
    assert_eq!(health.expect("answered in time").0, 200);
    let book = r#"{"product_detail":{"id":1,"name":"Grand Design","price":1,"quantity":1}}"#;
    taken.answer("200 OK", book);
    assert_eq!(at_work.await.unwrap().0, 201);
    drop(connections);
}
