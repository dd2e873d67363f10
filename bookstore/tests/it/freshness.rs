//! What is read is never older than what was acknowledged before, by whichever process.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use reqwest::Method;
use serde_json::json;
use tokio::{io::AsyncWriteExt, net::TcpStream, task::JoinSet};

use crate::support::{Process, Service, on_both_databases};

/// Copies that the last write leaves of the book; each write leaves one more.
const LAST: i64 = 200;

/// Writes a book again and again while others read it, and the list that it is in.
async fn nobody_reads_the_past(writer: &Service, readers: &[&Service]) {
    let book = writer.add_book(0).await;
    let acknowledged = Arc::new(AtomicI64::new(0));
    let mut reading = JoinSet::new();
    for reader in readers.iter().cycle().take(8) {
        let (reader, acknowledged) = (Service::clone(reader), Arc::clone(&acknowledged));
        reading.spawn(async move {
            let mut reads = 0;
            loop {
                let least = acknowledged.load(Ordering::SeqCst);
                let (_, list) = reader.get("/products").await;
                let listed = list["data"][0]["quantity"].as_i64().unwrap();
                let shown = reader.stock(book).await;
                assert!(
                    least <= listed && listed <= shown,
                    "{least}, {listed}, {shown}"
                );
                reads += 1;
                if least == LAST {
                    assert_eq!((listed, shown), (LAST, LAST));
                    return reads;
                }
            }
        });
    }
    for quantity in 1..=LAST {
        let book_then = json!({"name": "Grand Design", "price": 12, "quantity": quantity});
        let (status, _) = writer.put(&format!("/products/{book}"), book_then).await;
        assert_eq!(status, 200);
        acknowledged.store(quantity, Ordering::SeqCst);
    }
    assert!(reading.join_all().await.into_iter().all(|reads| reads > 1));
}

on_both_databases! {
    async fn a_read_sees_every_write_that_was_acknowledged_before_it_began(shop: Shop) {
        nobody_reads_the_past(&shop.catalog, &[&shop.catalog]).await;
    }

    async fn a_sale_is_seen_at_once(shop: Shop) {
        let book = shop.add_book(50).await;
        for left in (0..50).rev() {
            assert_eq!(shop.stock(book).await, left + 1);
            let items = json!({"items": [{"product_id": book, "quantity": 1}]});
            assert_eq!(shop.orders.post("/orders/7", items).await.0, 201);
            assert_eq!(shop.stock(book).await, left);
        }
    }
}

#[tokio::test]
async fn a_process_sees_what_another_one_has_written_to_its_sqlite_file() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", folder.path().display());
    let start = || Process::start(&["catalog", "--port", "0", "--database", &database]);
    let (one, other) = (start(), start());
    let (writer, reader) = (one.service("catalog"), other.service("catalog"));
    nobody_reads_the_past(&writer, &[&reader]).await;
}

/// Sends a request, and goes away whatever has become of it.
async fn abandon(service: &Service, request: &str, after: Duration) {
    let address = service.url.strip_prefix("http://").unwrap();
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.write_all(request.as_bytes()).await.unwrap();
    tokio::time::sleep(after).await;
}

/// SQLite removes the index of its log, in which the catalog looks for changes, with the last connection;
/// and a request that is abandoned takes its connection with it.
#[tokio::test]
async fn requests_that_are_abandoned_all_at_once_do_not_keep_others_in_the_past() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", folder.path().display());
    let alone = ["catalog", "--port=0", "--products=2000", "--database"];
    let process = Process::start(&[&alone[..], &[&database]].concat());
    let catalog = process.service("catalog");
    let index = folder.path().join("catalog.db-shm");
    // Every title and author has these letters.
    let slow = format!(
        "GET /books?q={} HTTP/1.1\r\nhost: localhost\r\n\r\n",
        "e+".repeat(127)
    );
    let body = r#"{"change": 1}"#;
    let write = format!(
        "PATCH /products/1/stock HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    for round in 0..60 {
        catalog.stock(1).await;
        let moment = Duration::from_micros(100 * (round % 15));
        abandon(&catalog, &write, moment).await;
        let reads = (0..8).map(|_| abandon(&catalog, &slow, Duration::from_millis(30)));
        futures::future::join_all(reads).await;
        let mut looks = 0..10;
        while index.exists() && looks.next().is_some() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        if !index.exists() {
            break;
        }
    }
    for _ in 0..3 {
        let before = catalog.stock(1).await;
        let change = json!({"change": 1});
        let request = catalog.request(Method::PATCH, "/products/1/stock");
        assert_eq!(request.json(&change).send().await.unwrap().status(), 200);
        assert_eq!(catalog.stock(1).await, before + 1);
    }
}
