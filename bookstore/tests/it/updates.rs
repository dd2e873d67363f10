//! Databases that an earlier version has left, which knew orders by their numbers.

use std::{fs, path::Path};

use serde_json::json;
use sqlx::{
    Connection, Executor, PgConnection, SqliteConnection, migrate::Migrator,
    sqlite::SqliteConnectOptions,
};

use crate::support::{Data, Process, administrate, ends_in_a_clean_audit, on_both, postgres};

/// The version's last migration.
const LAST: &str = "0003";

/// What it has left: ten copies of a book. An order of a cart has bought two of them and given back
/// one, of which the catalog does not know yet. Another order holds one and was left by a crash.
const LEFT: [(&str, &str); 3] = [
    (
        "catalog",
        "INSERT INTO products (name, price, quantity, added) VALUES ('Grand Design', 12, 7, 10);
         INSERT INTO reservations (order_id, status, reserved_at)
         VALUES (1, 'Confirmed', 1), (2, 'Held', 1);
         INSERT INTO reservation_items (order_id, product_id, quantity) VALUES (1, 1, 2), (2, 1, 1);",
    ),
    (
        "cart",
        "INSERT INTO carts (customer_id, status, order_id) VALUES (5, 'Ordered', 1);
         INSERT INTO cart_items (product_id, quantity, cart_id) VALUES (1, 2, 1);
         INSERT INTO checkouts (order_id, status) VALUES (1, 'Completed');",
    ),
    (
        "orders",
        r#"INSERT INTO orders (customer_id, status, idempotency_key, request, answer_status,
         answer_body, created_at, settled_at)
         VALUES (5, 'Ordered', 'buy', 'cart', 201, '{"was":"answered"}', 1, 1);
         INSERT INTO orders (customer_id, status, request, created_at)
         VALUES (6, 'Pending', '{"items":[{"product_id":1,"quantity":1}]}', 1);
         INSERT INTO order_items (product_id, quantity, order_id, returned) VALUES (1, 2, 1, 1);
         INSERT INTO returns (order_id, idempotency_key, request, answer_status, answer_body,
         created_at, lease_until) VALUES (1, 'back', 'some', 201, '{}', 1, 0);
         INSERT INTO return_items (return_id, product_id, quantity) VALUES (1, 1, 1);"#,
    ),
];

/// The version's migrations of a service.
async fn migrations(service: &str, kind: &str) -> Migrator {
    let folder = tempfile::tempdir().unwrap();
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("migrations/{service}/{kind}"));
    for file in fs::read_dir(all).unwrap() {
        let file = file.unwrap();
        let number = file.file_name().to_str().unwrap()[..LAST.len()].to_owned();
        if number.as_str() <= LAST {
            fs::copy(file.path(), folder.path().join(file.file_name())).unwrap();
        }
    }
    Migrator::new(folder.path()).await.unwrap()
}

/// The databases that the version has left on this server, or in this folder.
async fn leave(database: &str) {
    for (service, contents) in LEFT {
        if let Some(folder) = database.strip_prefix("sqlite:") {
            let file = SqliteConnectOptions::new().filename(format!("{folder}/{service}.db"));
            let file = file.create_if_missing(true);
            let mut connection = SqliteConnection::connect_with(&file).await.unwrap();
            let migrations = migrations(service, "sqlite").await;
            migrations.run(&mut connection).await.unwrap();
            connection.execute(contents).await.unwrap();
            connection.close().await.unwrap();
        } else {
            let name = format!("{}_{service}", name(database));
            administrate(database, &[format!("CREATE DATABASE {name}")]).await;
            let url = postgres::with_database(database, &name);
            let mut connection = PgConnection::connect(&url).await.unwrap();
            let migrations = migrations(service, "postgres").await;
            migrations.run(&mut connection).await.unwrap();
            connection.execute(contents).await.unwrap();
            // The version's second migrations were others.
            let earlier = EARLIER.iter().find(|(it, _)| *it == service);
            if let Some((_, checksum)) = earlier {
                let earlier = "UPDATE _sqlx_migrations SET checksum = decode($1, 'hex')
                    WHERE version = 2";
                let earlier = sqlx::query(earlier).bind(checksum);
                earlier.execute(&mut connection).await.unwrap();
            }
            connection.close().await.unwrap();
        }
    }
}

/// Checksums of second migrations for PostgreSQL that were split since.
const EARLIER: [(&str, &str); 2] = [
    (
        "catalog",
        "cb037b1073ef8830461ddc80ab70e618cef52714c694ef94b06a20b81fa0a4fd033fc78e5c25627931ce19a3d17c4d7a",
    ),
    (
        "orders",
        "a1d3635f2eef2f4f540267434476325cd2fe6347d5db797a8bb962d59d22acb0a5121e880e89a75b24be7e0e10c31e5a",
    ),
];

fn name(url: &str) -> String {
    let url = reqwest::Url::parse(url).unwrap();
    url.path().trim_start_matches('/').to_owned()
}

async fn what_an_earlier_version_has_left_is_finished(kind: &str) {
    let data = Data::new(kind);
    leave(&data.url()).await;
    let shop = Process::start(&["all", "--free-ports", "--database", &data.url()]);
    let [catalog, cart, orders] = ["catalog", "cart", "orders"].map(|name| shop.service(name));
    ends_in_a_clean_audit(&catalog, &cart, &orders).await;
    assert_eq!(catalog.stock(1).await, 9);
    let replayed = orders.order(5, "buy", None).await;
    assert_eq!(replayed, (201, json!({"was": "answered"})));
    assert_eq!(orders.take_back(5, 1, "rest", None).await.0, 201);
    assert_eq!(catalog.stock(1).await, 10);
    cart.put_in_cart(5, 1, 4).await;
    assert_eq!(orders.order(5, "more", None).await.0, 201);
    ends_in_a_clean_audit(&catalog, &cart, &orders).await;
    assert_eq!(catalog.stock(1).await, 6);
}

/// The table that a statement changes.
fn changed(words: &[&str]) -> Option<String> {
    let after = |word: &str| {
        let found = words.iter().position(|it| *it == word)?;
        words.get(found + 1).map(|table| (*table).to_owned())
    };
    match *words.first()? {
        "UPDATE" => after("UPDATE"),
        "ALTER" => after("TABLE"),
        "INSERT" => after("INTO"),
        "CREATE" => after("ON"),
        _ => None,
    }
}

/// Engines other than PostgreSQL that speak its protocol refuse it.
#[test]
fn no_migration_for_postgresql_uses_a_column_that_it_adds() {
    let mut added_columns = 0;
    for service in ["catalog", "cart", "orders", "storefront"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
        for file in fs::read_dir(folder.join(service).join("postgres")).unwrap() {
            let path = file.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            let lines = text
                .lines()
                .filter(|line| !line.trim_start().starts_with("--"));
            let text = lines.collect::<Vec<_>>().join("\n");
            let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
            let statements: Vec<Vec<&str>> = text
                .split(';')
                .map(|it| {
                    it.split(|letter| !is_word(letter))
                        .filter(|it| !it.is_empty())
                        .collect()
                })
                .collect();
            for (index, statement) in statements.iter().enumerate() {
                let Some(place) = statement.windows(2).position(|it| it == ["ADD", "COLUMN"])
                else {
                    continue;
                };
                let (table, column) = (changed(statement), statement[place + 2]);
                added_columns += 1;
                for other in statements.iter().skip(index + 1) {
                    let uses = changed(other) == table && other.contains(&column);
                    assert!(!uses, "{}: {other:?}", path.display());
                }
            }
        }
    }
    assert!(added_columns > 5);
}

on_both! {
    what_an_earlier_version_has_left_is_finished
}
