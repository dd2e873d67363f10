//! A disk that is full for a while, on SQLite: nothing is acknowledged that is not stored, and
//! everything goes on when there is room again.
//!
//! Told twice: on a small file system that is really full, which only root can mount; and with a
//! limit on the size of files (`RLIMIT_FSIZE`), which makes writes fail anywhere.

use std::{
    collections::BTreeSet,
    fs::File,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use reqwest::Method;
use rlimit::Resource;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Patience, Process, Service, command, ends_in_a_clean_audit, in_shell};

/// Where the databases are.
trait Disk {
    fn folder(&self) -> PathBuf;
    /// From now on nothing can be written.
    fn fill(&self, shop: &Process);
    /// There is room again.
    fn free(&self, shop: &Process);
}

/// A file system of its own.
struct Small(TempDir);

impl Small {
    /// Mounts it, or says in plain sight that it cannot be.
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=16m", "tmpfs"]);
        let mounted = mount.arg(folder.path()).stderr(Stdio::null()).status();
        if !mounted.is_ok_and(|status| status.success()) {
            let skipped = "skipped: no full disk, only root can mount one\n";
            // Not `eprintln!`, which is kept from the reader's eyes when a test passes.
            std::io::stderr().write_all(skipped.as_bytes()).unwrap();
            return None;
        }
        Some(Self(folder))
    }

    fn filler(&self) -> PathBuf {
        self.0.path().join("filler")
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        // Lazily: whatever the story has left open.
        let unmounted = Command::new("umount").arg("-l").arg(self.0.path()).status();
        assert!(unmounted.is_ok_and(|status| status.success()) || std::thread::panicking());
    }
}

impl Disk for Small {
    fn folder(&self) -> PathBuf {
        self.0.path().join("shop")
    }

    fn fill(&self, _: &Process) {
        let mut filler = File::create(self.filler()).unwrap();
        for size in [4096, 1] {
            while filler.write_all(&vec![b'x'; size]).is_ok() {}
        }
    }

    fn free(&self, _: &Process) {
        std::fs::remove_file(self.filler()).unwrap();
    }
}

/// A folder whose files a process may not write any more.
struct Limited(TempDir);

impl Limited {
    fn limit(shop: &Process, bytes: u64) {
        let pid = i32::try_from(shop.pid()).unwrap();
        let limit = (bytes, rlimit::INFINITY);
        rlimit::prlimit(pid, Resource::FSIZE, Some(limit), None).unwrap();
    }
}

impl Disk for Limited {
    fn folder(&self) -> PathBuf {
        self.0.path().to_owned()
    }

    fn fill(&self, shop: &Process) {
        Self::limit(shop, 1);
    }

    fn free(&self, shop: &Process) {
        Self::limit(shop, rlimit::INFINITY);
    }
}

fn start(folder: &Path) -> Process {
    let database = format!("sqlite:{}", folder.display());
    let shop = command(&[
        "all",
        "--free-ports",
        "--order-lease=1s",
        "--database",
        &database,
    ]);
    // Too large a file is an error, and does not end the process.
    Process::launch(&mut in_shell("trap '' XFSZ", &shop))
}

/// Adds a book; its id where that was acknowledged.
async fn try_to_add_book(catalog: &Service) -> Option<i64> {
    let book = json!({"name": "Grand Design", "price": 12, "quantity": 5});
    let (status, answer) = catalog.post("/products", book).await;
    if status == 201 {
        return answer["data"]["id"].as_i64();
    }
    assert!(matches!(status, 500 | 503), "{status} {answer}");
    None
}

async fn books(catalog: &Service) -> Vec<i64> {
    let (_, listed) = catalog.get("/products").await;
    let books = listed["data"].as_array().unwrap().iter();
    books.map(|book| book["id"].as_i64().unwrap()).collect()
}

async fn what_is_acknowledged_is_stored(disk: impl Disk) {
    let mut shop = start(&disk.folder());
    let [catalog, cart, orders, storefront] =
        ["catalog", "cart", "orders", "storefront"].map(|name| shop.service(name));
    let book = catalog.add_book(50).await;
    cart.put_in_cart(5, book, 1).await;
    cart.put_in_cart(6, book, 1).await;
    assert_eq!(orders.post_nothing("/orders/6").await.0, 201);
    let items = json!({"items": [{"product_id": book, "quantity": 2}]});

    for round in 0..2 {
        let before = books(&catalog).await;
        let stock = catalog.stock(book).await;
        disk.fill(&shop);
        let mut acknowledged = Vec::new();
        let mut refused = 0;
        for _ in 0..60 {
            match try_to_add_book(&catalog).await {
                Some(id) => acknowledged.push(id),
                None => refused += 1,
            }
        }
        assert!(refused > 0, "the disk is full");
        let different: BTreeSet<_> = acknowledged.iter().collect();
        assert_eq!(different.len(), acknowledged.len());
        let now = books(&catalog).await;
        assert_eq!(now, [before, acknowledged].concat(), "round {round}");
        for service in [&catalog, &cart, &orders, &storefront] {
            // The result of an earlier check is kept for a while.
            let patience = Patience::new();
            let refusal = loop {
                match service.get("/ready").await {
                    (503, refusal) => break refusal,
                    not_yet => patience.wait(not_yet).await,
                }
            };
            assert_eq!(refusal["detail"], "database cannot be written to");
            assert_eq!(service.get("/health").await.0, 200);
        }
        // Every writing call of the protocol.
        let item = json!({"product_id": book, "quantity": 1});
        for (service, method, path, body) in [
            (&catalog, Method::PUT, format!("/products/{book}"), None),
            (
                &catalog,
                Method::DELETE,
                format!("/products/{book}"),
                Some(Value::Null),
            ),
            (
                &cart,
                Method::POST,
                "/carts/7".to_owned(),
                Some(item.clone()),
            ),
            (
                &cart,
                Method::PUT,
                format!("/carts/5/{book}"),
                Some(json!({"quantity": 2})),
            ),
            (
                &cart,
                Method::DELETE,
                format!("/carts/5/{book}"),
                Some(Value::Null),
            ),
            (
                &orders,
                Method::POST,
                "/orders/5".to_owned(),
                Some(Value::Null),
            ),
            (
                &orders,
                Method::POST,
                "/orders/8".to_owned(),
                Some(items.clone()),
            ),
            (
                &orders,
                Method::POST,
                "/orders/6/1/returns".to_owned(),
                Some(Value::Null),
            ),
        ] {
            let book = json!({"name": "Grand Design", "price": 1, "quantity": 1});
            let request = service.request(method.clone(), &path);
            let request = match body.unwrap_or(book) {
                Value::Null => request,
                body => request.json(&body),
            };
            let status = request.send().await.unwrap().status().as_u16();
            assert!(matches!(status, 500 | 503), "{method} {path}: {status}");
        }
        disk.free(&shop);

        for service in [&catalog, &cart, &orders, &storefront] {
            let patience = Patience::new();
            loop {
                match service.get("/ready").await {
                    (200, _) => break,
                    not_yet => patience.wait(not_yet).await,
                }
            }
        }
        ends_in_a_clean_audit(&catalog, &cart, &orders).await;
        assert_eq!(catalog.stock(book).await, stock);
        assert!(try_to_add_book(&catalog).await.is_some());
        assert_eq!(orders.order(8, "after", Some(items.clone())).await.0, 201);
        let more = json!({"quantity": 2 + round});
        assert_eq!(cart.put(&format!("/carts/5/{book}"), more).await.0, 200);
    }
    assert_eq!(orders.post_nothing("/orders/5").await.0, 201);
    assert_eq!(orders.post_nothing("/orders/6/1/returns").await.0, 201);
    ends_in_a_clean_audit(&catalog, &cart, &orders).await;
    let (listed, stock) = (books(&catalog).await, catalog.stock(book).await);
    assert!(shop.close().success());

    let shop = start(&disk.folder());
    let catalog = shop.service("catalog");
    assert_eq!(
        (books(&catalog).await, catalog.stock(book).await),
        (listed, stock)
    );
}

#[tokio::test]
async fn on_a_full_disk_what_is_acknowledged_is_stored() {
    if let Some(disk) = Small::mount() {
        what_is_acknowledged_is_stored(disk).await;
    }
}

#[tokio::test]
async fn where_writes_fail_what_is_acknowledged_is_stored() {
    what_is_acknowledged_is_stored(Limited(tempfile::tempdir().unwrap())).await;
}
