//! The command line: what is kept, what is removed, and when it stops.

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    process::Stdio,
    time::{Duration, Instant},
};

use reqwest::Method;
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use crate::support::{
    Data, Process, Visitor, command, every_book,
    postgres::{self, administrator, with_database},
};

/// A name on the server that no other run of the tests uses.
fn unique(name: &str) -> String {
    format!("{name}_{}", std::process::id())
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
    let books = every_book(&catalog).await;
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
    assert_eq!(every_book(&shop.service("catalog")).await.len(), 1201);
}

/// An id that an order knows stays with its book.
async fn a_book_that_was_sold_is_not_replaced_by_another_one(database: &str) {
    let seeded = [
        "all",
        "--free-ports",
        "--products=2",
        "--database",
        database,
    ];
    let shop = Process::start(&seeded);
    let catalog = shop.service("catalog");
    let items = json!({"items": [{"product_id": 2, "quantity": 1}]});
    assert_eq!(shop.service("orders").post("/orders/5", items).await.0, 201);
    for book in 1..=2 {
        let deleted = catalog.delete(&format!("/products/{book}")).await;
        assert_eq!(deleted.0, 204);
    }
    drop(shop);
    let shop = Process::start(&seeded);
    assert_eq!(every_book(&shop.service("catalog")).await, [json!(null); 0]);
}

#[tokio::test]
async fn a_book_that_was_sold_is_not_replaced_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", folder.path().display());
    a_book_that_was_sold_is_not_replaced_by_another_one(&database).await;
}

#[tokio::test]
async fn a_book_that_was_sold_is_not_replaced_on_postgres() {
    let Some(url) = postgres::url() else { return };
    let data = Data::new(url);
    a_book_that_was_sold_is_not_replaced_by_another_one(&data.url()).await;
}

#[tokio::test]
async fn a_folder_of_databases_is_its_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("shops/one");
    let database = format!("sqlite:{}", data.display());
    drop(Process::start(&[
        "catalog",
        "--port=0",
        "--database",
        &database,
    ]));
    let mode = std::fs::metadata(&data).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "{mode:o}");
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
    assert_eq!(
        files,
        ["cart.db", "catalog.db", "orders.db", "storefront.db"]
    );
}

#[tokio::test]
async fn books_are_kept_and_not_added_twice_on_postgres() {
    let Some(url) = postgres::url() else { return };
    let name = unique("kept");
    books_are_kept_and_not_added_twice(&with_database(url, &name)).await;
    let mut administrator = administrator(url).await;
    for service in ["catalog", "cart", "orders", "storefront"] {
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

/// A role of its own for a story, so that the databases that are left behind can be told.
struct Role {
    name: String,
    /// The server, as this role.
    url: String,
    administrator: PgConnection,
}

impl Role {
    async fn create(url: &str, name: &str) -> Self {
        let (mut administrator, name) = (administrator(url).await, unique(name));
        let create = format!("CREATE ROLE {name} LOGIN CREATEDB PASSWORD 'secret'");
        administrator.execute(AssertSqlSafe(create)).await.unwrap();
        let mut url = reqwest::Url::parse(url).unwrap();
        url.set_username(&name).unwrap();
        url.set_password(Some("secret")).unwrap();
        Self {
            name,
            url: url.to_string(),
            administrator,
        }
    }

    /// The names of its databases, sorted.
    async fn databases(&mut self) -> Vec<String> {
        sqlx::query_scalar(
            "SELECT datname::text FROM pg_database JOIN pg_roles ON datdba = pg_roles.oid
             WHERE rolname = $1 ORDER BY datname",
        )
        .bind(&self.name)
        .fetch_all(&mut self.administrator)
        .await
        .unwrap()
    }

    async fn drop(mut self) {
        let drop = format!("DROP ROLE {}", self.name);
        self.administrator
            .execute(AssertSqlSafe(drop))
            .await
            .unwrap();
    }
}

/// The options of a shop with databases of its own on a server.
fn ephemeral(url: &str) -> [&str; 5] {
    ["all", "--free-ports", "--ephemeral", "--database", url]
}

#[tokio::test]
async fn an_ephemeral_shop_leaves_no_databases_behind() {
    let Some(url) = postgres::url() else { return };
    let mut role = Role::create(url, "ephemeral").await;
    let mut shop = Process::start(&ephemeral(&role.url));
    assert_eq!(role.databases().await.len(), 4);
    assert!(shop.close().success());
    assert_eq!(role.databases().await, [""; 0]);
    role.drop().await;
}

#[tokio::test]
async fn a_database_that_cannot_be_dropped_is_named_and_the_others_are_dropped() {
    let Some(url) = postgres::url() else { return };
    let mut role = Role::create(url, "robbed").await;
    let mut child = command(&ephemeral(&role.url))
        .arg("--exit-with-stdin")
        .env("RUST_LOG", "error")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut stdout = BufReader::new(child.stdout.as_mut().unwrap());
    stdout.read_line(&mut line).unwrap();
    let databases = role.databases().await;
    let [cart, _, _, _] = databases.as_slice() else {
        panic!("{databases:?}")
    };
    // In alphabetical order and in the order of their making it is neither last nor alone.
    assert!(cart.ends_with("_cart"));
    let rob = format!("ALTER DATABASE {cart} OWNER TO CURRENT_USER");
    role.administrator
        .execute(AssertSqlSafe(rob))
        .await
        .unwrap();

    drop(child.stdin.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8(output.stderr).unwrap();
    let logged = format!("cannot drop the database {cart}: ");
    assert!(stderr.contains(&logged), "{stderr}");
    let message = stderr.lines().last().unwrap();
    assert!(message.starts_with("error: "), "{stderr}");
    assert!(message.ends_with(&format!(": {cart}")), "{stderr}");
    assert_eq!(role.databases().await, [""; 0]);
    let drop = format!("DROP DATABASE {cart}");
    role.administrator
        .execute(AssertSqlSafe(drop))
        .await
        .unwrap();
    role.drop().await;
}

#[tokio::test]
async fn a_shop_with_requests_that_hang_stops_in_time_and_leaves_no_databases_behind() {
    let Some(url) = postgres::url() else { return };
    let mut role = Role::create(url, "hanging").await;
    // However long they hang.
    let url = format!("{}&options[lock_timeout]=0", role.url);
    let mut shop = Process::start(&ephemeral(&url));
    let mut locks = Vec::new();
    for (service, table) in [
        ("cart", "carts"),
        ("catalog", "products"),
        ("orders", "orders"),
    ] {
        let databases = role.databases().await;
        let database = databases.iter().find(|name| name.ends_with(service));
        let mut lock = PgConnection::connect(&with_database(&role.url, database.unwrap()))
            .await
            .unwrap();
        let statement = format!("BEGIN; LOCK TABLE {table}");
        lock.execute(AssertSqlSafe(statement)).await.unwrap();
        locks.push(lock);
        let service = shop.service(service);
        tokio::spawn(service.request(Method::GET, &format!("/{table}")).send());
    }
    // And an order that will be at work although its client has gone away.
    let order = shop.service("orders").request(Method::POST, "/orders/5");
    let order = tokio::spawn(order.send());
    let waiting =
        "SELECT COUNT(*) FROM pg_stat_activity WHERE usename = $1 AND wait_event_type = 'Lock'";
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let waiting: i64 = sqlx::query_scalar(waiting)
            .bind(&role.name)
            .fetch_all(&mut role.administrator)
            .await
            .unwrap()[0];
        if waiting == 4 {
            break;
        }
        assert!(Instant::now() < deadline, "{waiting} requests hang");
    }
    order.abort();
    order.await.unwrap_err();

    let told = Instant::now();
    assert!(shop.close().success());
    let took = told.elapsed();
    assert!(took < Duration::from_secs(25), "{took:?}");
    assert_eq!(role.databases().await, [""; 0]);
    role.drop().await;
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

#[tokio::test]
async fn switches_are_set_by_variables_in_the_usual_words() {
    let mut command = command(&["all"]);
    for (switch, word) in [
        ("FREE_PORTS", "1"),
        ("EPHEMERAL", "yes"),
        ("ADMIN_CALLS", "ON"),
        ("SECURE_COOKIES", "true"),
        ("BEHIND_PROXY", "0"),
    ] {
        command.env(format!("BOOKSTORE_{switch}"), word);
    }
    let process = Process::launch(&mut command);
    assert_eq!(process.service("cart").get("/admin/faults").await.0, 200);
    let storefront = process.service("storefront");
    let login = Visitor::of(&storefront).get("/admin/login").await;
    let cookie = login.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.contains("; Secure"), "{cookie}");
}
