//! The PostgreSQL server of the tests: `TEST_POSTGRES_URL`, or one that is started for them.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    process::{Child, ChildStdout, Command, Stdio},
    sync::OnceLock,
};

use sqlx::{Connection, Executor, PgConnection};

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
        say_that_there_is_none();
    }
    server
}

fn say_that_there_is_none() {
    let in_ci = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(!in_ci, "no PostgreSQL: CI must test on it");
    // Not `eprintln!`, which is kept from the reader's eyes when a test passes.
    let test = std::thread::current();
    let name = test.name().unwrap_or_default();
    let skipped = format!("skipped: no PostgreSQL ({name})\n");
    std::io::stderr().write_all(skipped.as_bytes()).unwrap();
}

fn start() -> Option<Server> {
    if let Ok(url) = std::env::var("TEST_POSTGRES_URL") {
        return Some(Server {
            tcp_url: url.clone(),
            url,
            _supervisor: None,
        });
    }
    let [port] = free_ports();
    let (supervisor, _, folder) = launch(&[port])?;
    Some(Server {
        url: format!("postgres://postgres@localhost:{port}/bookstore?host={folder}"),
        tcp_url: format!("postgres://postgres@127.0.0.1:{port}/bookstore"),
        _supervisor: Some(supervisor),
    })
}

/// Ports that were free a moment ago, each another one.
fn free_ports<const N: usize>() -> [u16; N] {
    let listeners = [(); N].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}

/// Starts a server, and others that follow it; the process that keeps them, what it says, and their
/// folder. Nothing where there is no PostgreSQL.
fn launch(ports: &[u16]) -> Option<(Child, BufReader<ChildStdout>, String)> {
    let mut supervisor = Command::new("sh")
        .args([
            "-c",
            include_str!("postgres.sh"),
            "sh",
            &ports[0].to_string(),
            "",
        ])
        .args(ports[1..].iter().map(u16::to_string))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(supervisor.stdout.take().unwrap());
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    if line.trim() == "missing" {
        supervisor.wait().unwrap();
        return None;
    }
    let folder = line.trim().strip_prefix("ready ");
    let folder = folder.expect("PostgreSQL is installed and could not be started");
    Some((supervisor, said, folder.to_owned()))
}

/// A server with two that follow it by streaming replication; they end with this value.
pub(crate) struct Cluster {
    pub(crate) primary: u16,
    pub(crate) replicas: [u16; 2],
    supervisor: Child,
    said: BufReader<ChildStdout>,
}

impl Cluster {
    /// Starts it, or says in plain sight that it cannot be.
    pub(crate) fn start() -> Option<Self> {
        let [primary, first, second] = free_ports();
        let Some((supervisor, said, _)) = launch(&[primary, first, second]) else {
            say_that_there_is_none();
            return None;
        };
        Some(Self {
            primary,
            replicas: [first, second],
            supervisor,
            said,
        })
    }

    /// The database of one of its servers.
    pub(crate) fn url(&self, port: u16) -> String {
        format!("postgres://postgres@127.0.0.1:{port}/bookstore")
    }

    /// Executes a statement on one of its servers.
    pub(crate) async fn execute(&self, port: u16, statement: &'static str) {
        let mut administrator = administrator(&self.url(port)).await;
        administrator.execute(statement).await.unwrap();
    }

    /// Has one of its servers killed (`kill`) or started again (`start`).
    pub(crate) fn order(&mut self, verb: &str, port: u16) {
        let stdin = self.supervisor.stdin.as_mut().unwrap();
        writeln!(stdin, "{verb} {port}").unwrap();
        let mut line = String::new();
        self.said.read_line(&mut line).unwrap();
        assert_eq!(line, "done\n");
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.supervisor.stdin.take());
        let ended = self.supervisor.wait();
        assert!(ended.is_ok() || std::thread::panicking());
    }
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
