//! More connections than a process has file descriptors for: those that only wait stop nobody.

use std::{process::Command, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::support::{Fake, Process, Service, command, in_shell};

/// A story that waits for longer waits in vain.
const LIMIT: Duration = Duration::from_secs(60);

const SERVICES: [&str; 4] = ["catalog", "cart", "orders", "storefront"];

/// A call of each of them with a body.
const WRITES: [&str; 4] = ["/products", "/carts/5", "/orders/5", "/login"];

/// A command under `ulimit`s, with connections that may wait for longer than any story.
fn limited(limits: &str, arguments: &[&str]) -> Command {
    let patient = [
        "--ephemeral",
        "--database=sqlite",
        "--idle-timeout=1h",
        "--body-timeout=1h",
        "--request-timeout=1h",
    ];
    in_shell(limits, &command(&[arguments, &patient].concat()))
}

fn start(limits: &str, arguments: &[&str]) -> Process {
    Process::launch(&mut limited(limits, arguments))
}

/// Whoever sends it expects an interim answer, and does not wait for it.
const PUT_IN_CART: &str = "POST /carts/5 HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\
    expect: 100-continue\r\ncontent-type: application/json\r\ncontent-length: 29\r\n\r\n\
    {\"product_id\":1,\"quantity\":1}";

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
    for (name, writes) in SERVICES.into_iter().zip(WRITES) {
        let service = shop.service(name);
        let head = format!("POST {writes} HTTP/1.1\r\nhost: shop\r\ncontent-length: 100\r\n");
        for sent in [
            "",
            "GET /health HTTP/1.1\r\nhost: shop\r\n\r\n",
            "GET /hea",
            &format!("{head}content-type: application/json\r\n\r\n{{"),
            &format!("{head}content-type: application/x-www-form-urlencoded\r\n\r\na"),
            &format!("{head}expect: 100-continue\r\n\r\n"),
        ] {
            connections.extend(connect(&service, 60, sent.as_bytes()).await);
            everybody_is_served(&shop).await;
        }
    }
    // One service alone.
    let catalog = shop.service("catalog");
    connections.extend(connect(&catalog, 600, b"").await);
    everybody_is_served(&shop).await;
    drop(connections);
}

#[tokio::test]
async fn clients_that_do_not_take_their_answers_make_room_for_others() {
    let log = tempfile::NamedTempFile::new().unwrap();
    let mut shop = limited("ulimit -n 512", &["all", "--free-ports"]);
    shop.env("RUST_LOG", "warn").stderr(log.reopen().unwrap());
    let shop = Process::launch(&mut shop);
    let catalog = shop.service("catalog");
    // More than the system keeps for a connection.
    let ask = "GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nhost: shop\r\n\r\n".repeat(10);
    let connections = connect(&catalog, 60, ask.as_bytes()).await;
    everybody_is_served(&shop).await;
    drop(connections);
    let logged = std::fs::read_to_string(log.path()).unwrap();
    let closing = "closing connections to make room for others";
    assert!(logged.contains(closing), "{logged}");
}

#[tokio::test]
async fn a_request_at_work_keeps_its_connection() {
    let catalog = Fake::listen();
    let arguments = ["cart", "--port=0", "--catalog-url", &catalog.url()];
    let process = start("ulimit -n 200", &arguments);
    let cart = process.service("cart");
    // Its interim answer (100) is not what the client waits for.
    let mut at_work = connect(&cart, 1, PUT_IN_CART.as_bytes()).await.remove(0);
    let taken = tokio::task::spawn_blocking(move || (catalog.take_request(), catalog));
    let (taken, _catalog) = taken.await.unwrap();
    let connections = connect(&cart, 300, b"").await;
    let health = timeout(LIMIT, cart.get("/health")).await;
    assert_eq!(health.expect("answered in time").0, 200);
    let book = r#"{"product_detail":{"id":1,"name":"Grand Design","price":1,"quantity":1}}"#;
    taken.answer("200 OK", book);
    let mut answers = Vec::new();
    let read = timeout(LIMIT, at_work.read_to_end(&mut answers)).await;
    read.expect("answered in time").unwrap();
    let answers = String::from_utf8(answers).unwrap();
    let (interim, answer) = answers.split_once("\r\n\r\n").unwrap();
    assert!(interim.starts_with("HTTP/1.1 100 "), "{answers}");
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answers}");
    drop(connections);
}
