//! What is read is never older than what was acknowledged before, by whichever process.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use serde_json::json;
use tokio::task::JoinSet;

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
