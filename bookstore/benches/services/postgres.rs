//! A PostgreSQL server for the benchmark, that keeps what it commits: unlike that of the tests it
//! waits for the disk.

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    process::{Child, Command, Stdio},
};

use anyhow::Context;

pub(crate) struct Postgres {
    port: u16,
    folder: String,
    /// Its standard input ends with this process, and the server with it.
    _supervisor: Child,
}

/// Starts one from installed binaries; nothing where there are none.
pub(crate) fn start() -> anyhow::Result<Option<Postgres>> {
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let mut supervisor = Command::new("sh")
        .args(["-c", include_str!("../../tests/it/support/postgres.sh")])
        .args(["sh", &port.to_string(), "durable"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut line = String::new();
    let output = supervisor.stdout.take().context("no standard output")?;
    BufReader::new(output).read_line(&mut line)?;
    if line.trim() == "missing" {
        return Ok(None);
    }
    let folder = line.trim().strip_prefix("ready ");
    Ok(Some(Postgres {
        port,
        folder: folder
            .context("PostgreSQL could not be started")?
            .to_owned(),
        _supervisor: supervisor,
    }))
}

impl Postgres {
    /// A database, or the beginning of several databases' names, through the Unix socket.
    pub(crate) fn url(&self, name: &str) -> String {
        let Self { port, folder, .. } = self;
        format!("postgres://postgres@localhost:{port}/{name}?host={folder}")
    }

    /// Makes a database.
    pub(crate) fn create(&self, name: &str) -> anyhow::Result<()> {
        let statement = format!("CREATE DATABASE {name}");
        let status = Command::new("psql")
            .args(["--quiet", "-c", &statement, &self.url("postgres")])
            .status()?;
        anyhow::ensure!(status.success(), "psql ended with {status}");
        Ok(())
    }
}
