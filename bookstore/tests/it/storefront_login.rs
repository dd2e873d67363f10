//! Signing in to the storefront: sessions, their end, and passwords.

use std::{
    io::{BufRead, BufReader, Read, Write},
    process::Stdio,
};

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};

use crate::support::{ADMIN_PASSWORD, Process, Visitor, command, on_both_databases, postgres};

on_both_databases! {
    async fn a_login_renews_the_session_and_a_logout_ends_its_rights(shop: Shop) {
        let visitor = Visitor::of(&shop.storefront);
        let login = visitor.get("/admin/login").await;
        let before = visitor.cookie.lock().unwrap().clone();
        let token_before = login.value("form_token");
        for (name, password) in [("admin", "wrong"), ("Admin", ADMIN_PASSWORD), ("", ""),
            ("nobody\0", ADMIN_PASSWORD)] {
            let page = visitor.try_to_sign_in(name, password).await;
            assert_eq!(page.status, 403, "{name}");
            assert!(page.says("The name or the password is wrong."));
            assert!(!page.says(ADMIN_PASSWORD));
        }
        let stock = visitor.sign_in().await;
        let signed_in = visitor.cookie.lock().unwrap().clone();
        assert_ne!(signed_in, before);
        assert_ne!(stock.value("form_token"), token_before);

        // Whoever planted the session has nothing of it.
        *visitor.cookie.lock().unwrap() = before;
        assert_eq!(visitor.get("/admin").await.path, "/admin/login");
        *visitor.cookie.lock().unwrap() = signed_in.clone();
        let stock = visitor.get("/admin").await;
        assert_eq!(stock.path, "/admin");

        let page = visitor.submit(&stock, "/admin/logout", &[]).await;
        assert_eq!(page.message(), "You are signed out.");
        assert_eq!(visitor.get("/admin").await.path, "/admin/login");
        *visitor.cookie.lock().unwrap() = signed_in;
        assert_eq!(visitor.get("/admin").await.path, "/admin/login");
    }

    async fn an_administrator_stays_the_customer_that_they_were(shop: Shop) {
        let book = shop.add_book(9).await.to_string();
        let visitor = Visitor::of(&shop.storefront);
        let page = visitor.get("/").await;
        let fields = [("product_id", book.as_str()), ("quantity", "1")];
        visitor.submit(&page, "/cart", &fields).await;
        visitor.sign_in().await;
        assert!(visitor.get("/cart").await.says("Grand Design"));
    }
}

/// Changes what is stored in a storefront's own database.
async fn execute(database: &str, statement: &str) {
    let statement = AssertSqlSafe(statement.to_owned());
    match database.strip_prefix("sqlite:") {
        Some(folder) => {
            let file = format!("sqlite:{folder}/storefront.db");
            let mut connection = SqliteConnection::connect(&file).await.unwrap();
            connection.execute(statement).await.unwrap();
        }
        None => {
            let mut connection = PgConnection::connect(database).await.unwrap();
            connection.execute(statement).await.unwrap();
        }
    }
}

const HOUR: i64 = 3_600_000;

/// Where somebody is led who asks for the form of a new book without being signed in.
const ASKED_TO_SIGN_IN: &str = "/admin/login?next=%2Fadmin%2Fbooks%2Fnew";

async fn sessions_end(database: &str) {
    let storefront = Process::start(&["storefront", "--port=0", "--database", database]);
    let storefront = storefront.service("storefront");
    let age = async |column: &str, time: i64| {
        let statement = format!("UPDATE sessions SET {column} = {column} - {time}");
        execute(database, &statement).await;
    };
    let form = "/admin/books/new";
    for (column, time) in [("admin_seen_at", HOUR / 2), ("admin_since", 10 * HOUR)] {
        let admin = Visitor::of(&storefront);
        admin.try_to_sign_in("admin", ADMIN_PASSWORD).await;
        let page = admin.get(form).await;
        assert_eq!(page.path, form);
        age(column, time).await;
        assert_eq!(admin.get(form).await.path, ASKED_TO_SIGN_IN, "{column}");
        let fields = [("name", "x"), ("price", "1"), ("quantity", "1")];
        let refused = admin.submit(&page, "/admin/books", &fields).await;
        assert_eq!(refused.path, "/admin/login", "{column}");
    }
    for (column, time) in [("seen_at", 30 * 24 * HOUR), ("created_at", 90 * 24 * HOUR)] {
        let visitor = Visitor::of(&storefront);
        let page = visitor.get("/admin/login").await;
        let page = visitor.submit(&page, "/admin/logout", &[]).await;
        let before = visitor.cookie.lock().unwrap().clone();
        age(column, time).await;
        let refused = visitor.submit(&page, "/orders", &[("key", "k")]).await;
        assert_eq!(refused.status, 403);
        assert!(refused.says("Your visit has ended"));
        // It is another visitor from now on.
        assert_ne!(*visitor.cookie.lock().unwrap(), before);
    }
}

async fn typed_text_is_kept_through_the_login(database: &str) {
    let process = Process::start(&["storefront", "--port=0", "--database", database]);
    let storefront = process.service("storefront");
    let admin = Visitor::of(&storefront);
    admin.try_to_sign_in("admin", ADMIN_PASSWORD).await;
    let form = "/admin/books/new";
    let page = admin.get(form).await;
    execute(database, "UPDATE sessions SET admin_seen_at = 0").await;
    let fields = [
        ("name", "Emma & \"friends\""),
        ("price", "12"),
        ("quantity", "-1"),
        ("description", "Typed for an hour."),
    ];
    let refused = admin.submit(&page, "/admin/books", &fields).await;
    assert_eq!(refused.path, "/admin/login");
    admin.try_to_sign_in("admin", ADMIN_PASSWORD).await;
    let page = admin.get(form).await;
    assert_eq!(page.value("name"), "Emma &#38; &#34;friends&#34;");
    assert_eq!(page.value("quantity"), "-1");
    assert!(page.says("Typed for an hour."));
    // Nobody else has it, and it comes once.
    let other = Visitor::of(&storefront);
    other.try_to_sign_in("admin", ADMIN_PASSWORD).await;
    for visitor in [&other, &admin] {
        assert_eq!(visitor.get(form).await.value("name"), "");
    }
}

async fn looking_leaves_nothing_behind(database: &str) {
    let process = Process::start(&["storefront", "--port=0", "--database", database]);
    let storefront = process.service("storefront");
    let (visitor, robot) = (Visitor::of(&storefront), Visitor::of(&storefront));
    for _ in 0..3 {
        for path in ["/admin/login", "/admin", "/nowhere"] {
            visitor.get(path).await;
            *robot.cookie.lock().unwrap() = None;
            robot.get(path).await;
        }
    }
    let page = visitor.get("/admin/login").await;
    // Nor does a form without a cookie.
    *robot.cookie.lock().unwrap() = None;
    assert_eq!(robot.submit(&page, "/admin/logout", &[]).await.status, 403);
    assert_eq!(sessions(database).await, 0);

    let cookie = visitor.cookie.lock().unwrap().clone();
    let fields = [("name", "nobody"), ("password", "wrong")];
    // Two windows that were opened before the first form.
    let other = visitor.get("/admin/login").await;
    let (first, second) = tokio::join!(
        visitor.submit(&page, "/admin/login", &fields),
        visitor.submit(&other, "/admin/login", &fields),
    );
    for page in [first, second] {
        assert!(
            page.says("The name or the password is wrong."),
            "{}",
            page.html
        );
    }
    assert_eq!(*visitor.cookie.lock().unwrap(), cookie);
    assert_eq!(sessions(database).await, 1);
}

/// Sessions that are written down.
async fn sessions(database: &str) -> i64 {
    let count = "SELECT COUNT(*) FROM sessions";
    match database.strip_prefix("sqlite:") {
        Some(folder) => {
            let file = format!("sqlite:{folder}/storefront.db");
            let mut connection = SqliteConnection::connect(&file).await.unwrap();
            let count = sqlx::query_scalar(count).fetch_all(&mut connection);
            count.await.unwrap()[0]
        }
        None => {
            let mut connection = PgConnection::connect(database).await.unwrap();
            let count = sqlx::query_scalar(count).fetch_all(&mut connection);
            count.await.unwrap()[0]
        }
    }
}

/// Tells a story on a SQLite database that the story may look into.
async fn on_sqlite(story: impl AsyncFnOnce(&str)) {
    let folder = tempfile::tempdir().unwrap();
    story(&format!("sqlite:{}", folder.path().display())).await;
}

/// The same on PostgreSQL.
async fn on_postgres(name: &str, story: impl AsyncFnOnce(&str)) {
    let Some(url) = postgres::url() else { return };
    let name = format!("{name}_{}", std::process::id());
    let mut database = reqwest::Url::parse(url).unwrap();
    database.set_path(&name);
    story(database.as_str()).await;
    let mut server = reqwest::Url::parse(url).unwrap();
    server.set_path("postgres");
    execute(
        server.as_str(),
        &format!("DROP DATABASE {name} WITH (FORCE)"),
    )
    .await;
}

#[tokio::test]
async fn sessions_end_on_sqlite() {
    on_sqlite(sessions_end).await;
}

#[tokio::test]
async fn sessions_end_on_postgres() {
    on_postgres("sessions", sessions_end).await;
}

#[tokio::test]
async fn typed_text_is_kept_through_the_login_on_sqlite() {
    on_sqlite(typed_text_is_kept_through_the_login).await;
}

#[tokio::test]
async fn typed_text_is_kept_through_the_login_on_postgres() {
    on_postgres("typed", typed_text_is_kept_through_the_login).await;
}

#[tokio::test]
async fn looking_leaves_nothing_behind_on_sqlite() {
    on_sqlite(looking_leaves_nothing_behind).await;
}

#[tokio::test]
async fn looking_leaves_nothing_behind_on_postgres() {
    on_postgres("looking", looking_leaves_nothing_behind).await;
}

/// Starts a storefront without a password in its environment and stops it; what it said.
fn first_words(database: &str) -> String {
    let mut child = command(&["storefront", "--port=0", "--exit-with-stdin"])
        .args(["--database", database])
        .env_remove("BOOKSTORE_ADMIN_PASSWORD")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdout.read_line(&mut line).unwrap();
    drop(child.stdin.take());
    let mut words = String::new();
    let mut stderr = child.stderr.take().unwrap();
    stderr.read_to_string(&mut words).unwrap();
    assert!(child.wait().unwrap().success(), "{words}");
    words
}

/// Sets the password by the command; its exit code and standard error.
fn set_password(database: &str, password: &str) -> (Option<i32>, String) {
    let mut child = command(&["set-admin-password", "--database", database])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // A command that refuses at once need not read it.
    let _ = stdin.write_all(password.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    (output.status.code(), stderr)
}

#[tokio::test]
async fn a_password_is_made_up_once_and_can_be_changed_while_the_shop_is_open() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", folder.path().display());
    let words = first_words(&database);
    let (_, rest) = words.split_once("with the password ").unwrap();
    let generated = rest.lines().next().unwrap();
    assert_eq!(generated.len(), 23, "{generated}");
    assert_eq!(first_words(&database), "");
    // What is stored does not give it away.
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains(generated));
    }

    let mut command = command(&["storefront", "--port=0", "--database", &database]);
    let process = Process::launch(command.env_remove("BOOKSTORE_ADMIN_PASSWORD"));
    let storefront = process.service("storefront");
    let form = "/admin/books/new";
    let admin = Visitor::of(&storefront);
    admin.try_to_sign_in("admin", generated).await;
    assert_eq!(admin.get(form).await.path, form);

    let (code, words) = set_password(&database, "too short\n");
    assert_eq!(code, Some(1));
    assert!(words.contains("12 to 256 characters"), "{words}");
    assert_eq!(admin.get(form).await.path, form);
    assert_eq!(set_password(&database, "a better password\n").0, Some(0));
    // Whoever came in with the old one is out.
    assert_eq!(admin.get(form).await.path, ASKED_TO_SIGN_IN);
    assert_eq!(admin.try_to_sign_in("admin", generated).await.status, 403);
    admin.try_to_sign_in("admin", "a better password").await;
    assert_eq!(admin.get(form).await.path, form);

    // An owner who has forgotten it, and tried too often, is let in with a new one.
    let owner = Visitor::of(&storefront);
    while owner.try_to_sign_in("admin", "forgotten").await.status != 429 {}
    assert_eq!(set_password(&database, "an easier password\n").0, Some(0));
    owner.try_to_sign_in("admin", "an easier password").await;
    assert_eq!(owner.get(form).await.path, form);
}

#[tokio::test]
async fn a_password_is_not_set_where_there_is_no_storefront() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().display();
    let (code, words) = set_password(&format!("sqlite:{path}"), "a better password\n");
    assert_eq!(code, Some(1), "{words}");
    assert!(words.contains(&format!("{path}/storefront.db")), "{words}");
    assert!(words.contains("--database"), "{words}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);

    let Some(url) = postgres::url() else { return };
    let mut database = reqwest::Url::parse(url).unwrap();
    let name = format!("nobodys_{}", std::process::id());
    database.set_path(&name);
    for _ in 0..2 {
        let (code, words) = set_password(database.as_str(), "a better password\n");
        assert_eq!(code, Some(1), "{words}");
        assert!(
            words.contains(&format!("\"{name}\" does not exist")),
            "{words}"
        );
    }
    // Nor in a database that is another's.
    database.set_path("postgres");
    let (code, words) = set_password(database.as_str(), "a better password\n");
    assert_eq!(code, Some(1), "{words}");
    assert!(words.contains("names the storefront's own"), "{words}");
}

#[tokio::test]
async fn a_password_comes_from_a_file_and_cookies_are_for_tls_when_asked() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "from a small file\nand a remark\n").unwrap();
    let path = file.path().to_str().unwrap();
    let process = Process::start(&[
        "storefront",
        "--port=0",
        "--ephemeral",
        "--secure-cookies",
        "--admin-password-file",
        path,
    ]);
    let visitor = Visitor::of(&process.service("storefront"));
    let login = visitor.get("/admin/login").await;
    let cookie = login.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("__Host-bookstore="), "{cookie}");
    assert!(cookie.contains("; Secure"), "{cookie}");
    visitor.try_to_sign_in("admin", "from a small file").await;
    assert_eq!(
        visitor.get("/admin/books/new").await.path,
        "/admin/books/new"
    );

    std::fs::write(file.path(), "short").unwrap();
    let arguments = [
        "storefront",
        "--port=0",
        "--ephemeral",
        "--admin-password-file",
        path,
    ];
    let (code, words) = Process::fail(&arguments);
    assert_eq!(code, 1);
    assert!(
        words.contains(path) && words.contains("12 to 256"),
        "{words}"
    );
}
