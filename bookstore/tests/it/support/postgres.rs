//! The PostgreSQL server of the tests: `TEST_POSTGRES_URL`, or one that is started for them.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    process::{Child, Command, Stdio},
    sync::OnceLock,
};

use sqlx::{Connection, PgConnection};

struct Server {
    /// Through the Unix socket, for a server of our own.
    url: String,
    /// Through TCP.
    tcp_url: String,
    /// Its standard input ends with this process, and the server with it.
    _supervisor: Option<Child>,
}

/// Where a server is, or nothing (said in plain sight) where there is none.
pub(crate) fn url() -> Option<&'static str> {
    server().map(|server| server.url.as_str())
}

/// The same server through TCP.
pub(crate) fn tcp_url() -> Option<&'static str> {
    server().map(|server| server.tcp_url.as_str())
}

fn server() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    let server = SERVER.get_or_init(start).as_ref();
    if server.is_none() {
        let in_ci = std::env::var("CI").is_ok_and(|value| value == "true");
        assert!(!in_ci, "no PostgreSQL: CI must test on it");
        // Not `eprintln!`, which is kept from the reader's eyes when a test passes.
        let test = std::thread::current();
        let name = test.name().unwrap_or_default();
        let skipped = format!("skipped: no PostgreSQL ({name})\n");
        std::io::stderr().write_all(skipped.as_bytes()).unwrap();
    }
    server
}

fn start() -> Option<Server> {
    if let Ok(url) = std::env::var("TEST_POSTGRES_URL") {
        return Some(Server {
            tcp_url: url.clone(),
            url,
            _supervisor: None,
        });
    }
    let port = TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .unwrap()
        .port();
    let mut supervisor = Command::new("sh")
        .args(["-c", include_str!("postgres.sh"), "sh", &port.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(supervisor.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    if line.trim() == "missing" {
        supervisor.wait().unwrap();
        return None;
    }
    let folder = line
        .trim()
        .strip_prefix("ready ")
        .expect("PostgreSQL is installed and could not be started");
    Some(Server {
        url: format!("postgres://postgres@localhost:{port}/bookstore?host={folder}"),
        tcp_url: format!("postgres://postgres@127.0.0.1:{port}/bookstore"),
        _supervisor: Some(supervisor),
    })
}

/// The same server, and a database on it.
pub(crate) fn with_database(url: &str, name: &str) -> String {
    let mut url = reqwest::Url::parse(url).unwrap();
    url.set_path(name);
    url.to_string()
}

/// A connection that may create and drop databases.
pub(crate) async fn administrator(url: &str) -> PgConnection {
    PgConnection::connect(&with_database(url, "postgres"))
        .await
        .unwrap()
}
