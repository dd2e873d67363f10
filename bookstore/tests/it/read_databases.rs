//! Books are read from PostgreSQL servers that follow the catalog's by streaming replication, as long as
//! these are fresh enough.

use serde_json::json;

use crate::support::{Patience, Process, Service, postgres::Cluster};

/// Read often enough that each of two replicas has its turn.
const READS: usize = 40;

/// A catalog that reads from two replicas, with a book that has ten copies.
async fn open(cluster: &Cluster, max_staleness: &str) -> (Process, i64) {
    let replicas = cluster.replicas.map(|port| cluster.url(port));
    let shop = Process::start(&[
        "catalog",
        "--port",
        "0",
        "--ephemeral",
        "--database",
        &cluster.url(cluster.primary),
        "--read-database",
        &replicas.join(","),
        "--max-staleness",
        max_staleness,
    ]);
    let catalog = shop.service("catalog");
    let book = catalog.add_book(10).await;
    are_fresh(&catalog, 2.0).await;
    shows(&catalog, book, 10).await;
    (shop, book)
}

/// Waits until so many replicas are fresh enough.
async fn are_fresh(catalog: &Service, number: f64) {
    let patience = Patience::new();
    loop {
        match catalog.metric("bookstore_read_databases_fresh", "").await {
            Some(found) if found == number => break,
            found => patience.wait(found).await,
        }
    }
}

/// The stock of a book, where there is one.
async fn stock(catalog: &Service, book: i64) -> Option<i64> {
    let (status, answer) = catalog.get(&format!("/products/{book}")).await;
    assert!(matches!(status, 200 | 404), "{status} {answer}");
    answer["product_detail"]["quantity"].as_i64()
}

/// Waits until every read shows this stock.
async fn shows(catalog: &Service, book: i64, copies: i64) {
    let patience = Patience::new();
    let mut reads = 0;
    while reads < READS {
        match stock(catalog, book).await {
            Some(found) if found == copies => reads += 1,
            other => {
                reads = 0;
                patience.wait(other).await;
            }
        }
    }
}

async fn change_stock(catalog: &Service, book: i64, change: i64) {
    let path = format!("/products/{book}/stock");
    let request = catalog.request(reqwest::Method::PATCH, &path);
    let changed = request
        .json(&json!({"change": change}))
        .send()
        .await
        .unwrap();
    assert_eq!(changed.status(), 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn books_are_read_from_replicas_that_are_as_fresh_as_is_asked() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let (shop, book) = open(&cluster, "1h").await;
    let catalog = shop.service("catalog");
    for replica in cluster.replicas {
        cluster
            .execute(replica, "SELECT pg_wal_replay_pause()")
            .await;
    }
    change_stock(&catalog, book, 5).await;
    // Only replicas still say so. One that does not answer at once is not asked.
    let patience = Patience::new();
    let lists = ["/products?q=design", "/books?q=design"].map(str::to_owned);
    for path in [format!("/products/{book}")].into_iter().chain(lists) {
        loop {
            let (_, answer) = catalog.get(&path).await;
            let found = answer["product_detail"].as_object();
            let found = found.or_else(|| answer["data"][0].as_object());
            let found = found.or_else(|| answer["books"][0].as_object());
            match found.unwrap()["quantity"].as_i64() {
                Some(10) => break,
                other => patience.wait(other).await,
            }
        }
    }
    for replica in cluster.replicas {
        cluster
            .execute(replica, "SELECT pg_wal_replay_resume()")
            .await;
    }
    shows(&catalog, book, 15).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_is_stale_or_gone_is_not_read_until_it_has_caught_up() {
    let Some(mut cluster) = Cluster::start() else {
        return;
    };
    let (shop, book) = open(&cluster, "500ms").await;
    let catalog = shop.service("catalog");
    let [stale, gone] = cluster.replicas;
    cluster.execute(stale, "SELECT pg_wal_replay_pause()").await;
    change_stock(&catalog, book, 5).await;
    // The other one has replayed the change before all reads show it.
    are_fresh(&catalog, 1.0).await;
    shows(&catalog, book, 15).await;
    for _ in 0..READS {
        assert_eq!(stock(&catalog, book).await, Some(15));
    }

    cluster.order("kill", gone);
    for _ in 0..READS {
        assert_eq!(stock(&catalog, book).await, Some(15));
    }
    change_stock(&catalog, book, 1).await;
    are_fresh(&catalog, 0.0).await;
    assert_eq!(stock(&catalog, book).await, Some(16), "the primary is read");

    cluster.order("start", gone);
    cluster
        .execute(stale, "SELECT pg_wal_replay_resume()")
        .await;
    are_fresh(&catalog, 2.0).await;
    shows(&catalog, book, 16).await;
}

#[tokio::test]
async fn read_databases_are_for_catalogs_on_postgresql() {
    let (code, message) = Process::fail(&[
        "catalog",
        "--port",
        "0",
        "--ephemeral",
        "--read-database",
        "postgres://ann@127.0.0.1:1/shop",
    ]);
    assert_eq!(code, 1);
    assert!(
        message.contains("--read-database needs a --database on PostgreSQL"),
        "{message}"
    );
}
