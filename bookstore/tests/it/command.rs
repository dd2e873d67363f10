//! The command line: what is kept, what is removed, and what is said when it cannot be done.

use std::{net::TcpListener, process::Stdio};

use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use crate::support::{Process, command, postgres};

/// A name on the server that no other run of the tests uses.
fn unique(name: &str) -> String {
    format!("{name}_{}", std::process::id())
}

fn with_database(url: &str, name: &str) -> String {
    let mut url = reqwest::Url::parse(url).unwrap();
    url.set_path(name);
    url.to_string()
}

async fn administrator(url: &str) -> PgConnection {
    PgConnection::connect(&with_database(url, "postgres"))
        .await
        .unwrap()
}

async fn books_are_kept_and_not_added_twice(database: &str) {
    let seeded = |products| {
        Process::start(&[
            "all",
            "--free-ports",
            "--database",
            database,
            "--products",
            products,
            "--stock",
            "9",
        ])
    };
    let shop = seeded("1200");
    let catalog = shop.service("catalog");
    let (_, answer) = catalog.get("/products").await;
    let books = answer["data"].as_array().unwrap();
    assert_eq!(books.len(), 1200);
    assert!(
        books
            .iter()
            .zip(1..)
            .all(|(book, id)| book["id"] == id && book["quantity"] == 9)
    );
    assert_eq!(books[0]["name"], "The Silent River");
    // Books that are added later come after them.
    let book = json!({"name": "Grand Design", "price": 12, "quantity": 40});
    let (_, added) = catalog.post("/products", book).await;
    assert_eq!(added["data"]["id"], 1201);
    drop(shop);

    let shop = seeded("5");
    let (_, answer) = shop.service("catalog").get("/products").await;
    assert_eq!(answer["data"].as_array().unwrap().len(), 1201);
}

#[tokio::test]
async fn books_are_kept_and_not_added_twice_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let shop = folder.path().join("shop");
    books_are_kept_and_not_added_twice(&format!("sqlite:{}", shop.display())).await;
    let mut files: Vec<_> = std::fs::read_dir(shop)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    assert_eq!(files, ["cart.db", "catalog.db", "orders.db"]);
}

#[tokio::test]
async fn books_are_kept_and_not_added_twice_on_postgres() {
    let Some(url) = postgres::url() else { return };
    let name = unique("kept");
    books_are_kept_and_not_added_twice(&with_database(url, &name)).await;
    let mut administrator = administrator(url).await;
    for service in ["catalog", "cart", "orders"] {
        // Fails if there is no such database.
        let drop = format!("DROP DATABASE {name}_{service}");
        administrator.execute(AssertSqlSafe(drop)).await.unwrap();
    }
}

#[tokio::test]
async fn an_ephemeral_shop_leaves_no_files_behind() {
    let folder = tempfile::tempdir().unwrap();
    let entries = || std::fs::read_dir(folder.path()).unwrap().count();
    let mut all = command(&["all", "--free-ports", "--ephemeral"]);
    let mut shop = Process::launch(all.env("TMPDIR", folder.path()));
    assert_eq!(entries(), 1);
    assert!(shop.close().success());
    assert_eq!(entries(), 0);
}

#[tokio::test]
async fn an_ephemeral_shop_leaves_no_databases_behind() {
    let Some(url) = postgres::url() else { return };
    let (mut administrator, role) = (administrator(url).await, unique("ephemeral"));
    let create = format!("CREATE ROLE {role} LOGIN CREATEDB PASSWORD 'secret'");
    administrator.execute(AssertSqlSafe(create)).await.unwrap();
    let mut databases = async || -> i64 {
        sqlx::query_scalar(
            "SELECT COUNT(*) FROM pg_database JOIN pg_roles ON datdba = pg_roles.oid WHERE rolname = $1",
        )
        .bind(&role)
        .fetch_one(&mut administrator)
        .await
        .unwrap()
    };

    let mut url_of_role = reqwest::Url::parse(url).unwrap();
    url_of_role.set_username(&role).unwrap();
    url_of_role.set_password(Some("secret")).unwrap();
    let database = url_of_role.to_string();
    let mut shop = Process::start(&[
        "all",
        "--free-ports",
        "--ephemeral",
        "--database",
        &database,
    ]);
    assert_eq!(databases().await, 3);
    assert!(shop.close().success());
    assert_eq!(databases().await, 0);

    let drop = format!("DROP ROLE {role}");
    administrator.execute(AssertSqlSafe(drop)).await.unwrap();
}

#[test]
fn a_port_in_use_is_named_with_the_flag_that_changes_it() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for (flags, culprit) in [
        (
            [
                "--catalog-port",
                &port,
                "--cart-port",
                "0",
                "--orders-port",
                "0",
            ],
            "--catalog-port",
        ),
        (
            [
                "--catalog-port",
                "0",
                "--cart-port",
                "0",
                "--orders-port",
                &port,
            ],
            "--orders-port",
        ),
    ] {
        let mut arguments = vec!["all", "--ephemeral"];
        arguments.extend(flags);
        let (code, message) = Process::fail(&arguments);
        assert_eq!(code, 1);
        assert!(message.contains(&port), "{message}");
        assert!(message.contains(culprit), "{message}");
    }
}

#[test]
fn a_database_that_cannot_be_reached_is_named_without_its_password() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    let url = format!("postgres://ann:secret@{address}/shop");
    let (code, message) = Process::fail(&["catalog", "--port", "0", "--database", &url]);
    assert_eq!(code, 1);
    assert!(
        message.contains(&format!("postgres://ann@{address}/shop")),
        "{message}"
    );
    assert!(message.contains("--database"), "{message}");
    assert!(!message.contains("secret"), "{message}");
}

#[test]
fn a_database_of_an_unknown_kind_is_a_usage_error() {
    let url = "mysql://ann:secret@localhost/shop";
    let (code, message) = Process::fail(&["all", "--database", url]);
    assert_eq!(code, 2);
    assert!(message.contains("sqlite:FOLDER"), "{message}");
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let folder = file.path().join("shop");
    let url = format!("sqlite:{}", folder.display());
    let (code, message) = Process::fail(&["all", "--free-ports", "--database", &url]);
    assert_eq!(code, 1);
    assert!(message.contains(folder.to_str().unwrap()), "{message}");
}

#[test]
fn a_file_that_is_no_database_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cart.db");
    std::fs::write(&file, "This is not a database. ".repeat(200)).unwrap();
    let url = format!("sqlite:{}", folder.path().display());
    let (code, message) = Process::fail(&["all", "--free-ports", "--database", &url]);
    assert_eq!(code, 1);
    assert!(message.contains(file.to_str().unwrap()), "{message}");
}

#[test]
fn a_shop_told_to_stop_while_it_opens_stops() {
    // A server that takes connections and never says a word.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://ann@{}/shop", silent.local_addr().unwrap());
    let mut child = command(&[
        "catalog",
        "--port",
        "0",
        "--exit-with-stdin",
        "--database",
        &url,
    ])
    .stdin(Stdio::piped())
    .stdout(Stdio::piped())
    .spawn()
    .unwrap();
    let _connection = silent.accept().unwrap();
    drop(child.stdin.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(output.stdout, b"");
}
