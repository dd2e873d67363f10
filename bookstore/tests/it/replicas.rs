//! Several processes of one service: they start together on one database, and one that leaves is
//! not missed.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use crate::support::{Process, Service, every_book, postgres};

const REPLICAS: usize = 4;

/// A database that none has made yet, on the tests' server, or nothing where there is no server.
fn missing_database(service: &str) -> Option<String> {
    let mut url = reqwest::Url::parse(postgres::url()?).unwrap();
    url.set_path(&format!("replicas_{}_{service}", std::process::id()));
    Some(url.to_string())
}

async fn drop_database(url: &str) {
    let mut administrator = reqwest::Url::parse(url).unwrap();
    let name = administrator.path().trim_start_matches('/').to_owned();
    administrator.set_path("postgres");
    let mut administrator = PgConnection::connect(administrator.as_str()).await.unwrap();
    let drop = format!("DROP DATABASE {name}");
    administrator.execute(AssertSqlSafe(drop)).await.unwrap();
}

/// Starts replicas at once, and hands each over as soon as it is ready.
fn start_at_once(arguments: &[&str]) -> tokio::sync::mpsc::Receiver<Process> {
    let (sender, started) = tokio::sync::mpsc::channel(REPLICAS);
    for _ in 0..REPLICAS {
        let sender = sender.clone();
        let arguments: Vec<_> = arguments.iter().map(|&text| text.to_owned()).collect();
        tokio::task::spawn_blocking(move || {
            let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
            // Fails only when the test has failed already.
            let _ = sender.blocking_send(Process::start(&arguments));
        });
    }
    started
}

async fn add_book(catalog: &Service) -> i64 {
    let book = json!({"name": "Grand Design", "price": 12, "quantity": 1});
    let (status, answer) = catalog.post("/products", book).await;
    assert_eq!(status, 201, "{answer}");
    answer["data"]["id"].as_i64().unwrap()
}

#[tokio::test]
async fn catalogs_that_start_at_once_fill_the_database_once_and_disturb_nobody() {
    let Some(database) = missing_database("catalog") else {
        return;
    };
    let mut starting = start_at_once(&[
        "catalog",
        "--port",
        "0",
        "--products",
        "20000",
        "--database",
        &database,
    ]);
    let first = starting.recv().await.expect("a catalog starts");
    let catalog = first.service("catalog");
    let mut replicas = vec![first];
    let mut next_id = 20_001;
    // The first is at work while the others start.
    while replicas.len() < REPLICAS {
        assert_eq!(add_book(&catalog).await, next_id);
        next_id += 1;
        if let Ok(replica) = starting.try_recv() {
            replicas.push(replica);
        }
    }
    for replica in &replicas {
        let catalog = replica.service("catalog");
        assert_eq!(add_book(&catalog).await, next_id);
        let books = every_book(&catalog).await;
        assert!(books.iter().zip(1..).all(|(book, id)| book["id"] == id));
        assert_eq!(books.last().unwrap()["id"], next_id);
        next_id += 1;
    }
    drop(replicas);
    drop_database(&database).await;
}

#[tokio::test]
async fn carts_and_orders_that_start_at_once_share_a_database() {
    for (service, path) in [("cart", "/carts"), ("orders", "/orders")] {
        let Some(database) = missing_database(service) else {
            return;
        };
        let mut starting = start_at_once(&[service, "--port", "0", "--database", &database]);
        let mut replicas = Vec::new();
        while let Some(replica) = starting.recv().await {
            replicas.push(replica);
        }
        assert_eq!(replicas.len(), REPLICAS);
        for replica in &replicas {
            assert_eq!(replica.service(service).get(path).await.0, 200);
        }
        drop(replicas);
        drop_database(&database).await;
    }
}

#[tokio::test]
async fn a_process_that_drains_is_not_ready_and_still_answers() {
    let mut process = Process::start(&["catalog", "--port", "0", "--ephemeral", "--drain", "1h"]);
    let catalog = process.service("catalog");
    assert_eq!(catalog.get("/ready").await.0, 200);
    process.terminate();
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let (status, answer) = catalog.get("/ready").await;
        if status == 503 {
            assert_eq!(answer, json!({"detail": "service is stopping"}));
            break;
        }
        assert!(Instant::now() < deadline, "still ready");
    }
    assert_eq!(catalog.get("/health").await.0, 200);
    let request = catalog.request(Method::GET, "/products");
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["connection"], "close");
    // Whoever cannot wait asks again.
    process.terminate();
    assert!(process.wait().success());
}

#[tokio::test]
async fn health_tells_by_its_exit_code_whether_a_service_is_well() {
    let mut process = Process::start(&["catalog", "--port", "0", "--ephemeral"]);
    let url = process.service("catalog").url;
    let ask = |path: &str| Process::fail(&["health", &format!("{url}{path}")]);
    assert_eq!(ask("/ready"), (0, String::new()));
    let (code, message) = ask("/products/99");
    assert_eq!(code, 1);
    assert!(
        message.contains("404") && message.contains("was not found"),
        "{message}"
    );
    assert!(process.close().success());
    let (code, message) = ask("/ready");
    assert_eq!(code, 1);
    assert!(message.contains("does not answer"), "{message}");
}
