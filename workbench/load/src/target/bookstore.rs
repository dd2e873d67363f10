//! Starts one process of the bookstore, and reads its addresses.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;
use tokio::sync::oneshot;
use workbench_plan::{BookstoreTarget, Database};

use super::BookstoreCommand;
use super::ready::announced_in;
use super::replicas::Replica;
use super::watcher::{Bookstore, Watcher, log_tail, shut_down};
use crate::error::LoadError;
use crate::stop::StopSignal;

/// How long the bookstore may take to create and fill its databases.
const START_LIMIT: Duration = Duration::from_secs(60);

/// The databases of a process.
pub(super) enum Databases {
    /// Its own, which it removes at its end.
    Own,
    /// Those of the first replica, under this name.
    Shared(String),
}

/// What distinguishes a process from the other replicas.
pub(super) struct Process {
    /// Name of the replica.
    pub(super) name: String,
    /// Its log file.
    pub(super) log: PathBuf,
    /// Seed of its injected faults.
    pub(super) seed: u64,
}

/// Starts one process. Also returns the name under which others can share its databases.
pub(super) async fn start_bookstore(
    wanted: &BookstoreTarget,
    command: &BookstoreCommand,
    process: Process,
    databases: &Databases,
    stop: &StopSignal,
) -> Result<(Replica, Option<String>), LoadError> {
    let Process { name, log, seed } = process;
    let results = |source| LoadError::Results {
        path: log.clone(),
        source,
    };
    let stderr = std::fs::File::create(&log).map_err(results)?;
    let mut process = Command::new(&command.program);
    process
        .args(&command.arguments)
        .args(["all", "--free-ports", "--exit-with-stdin"])
        .args(["--products", &wanted.products.to_string()])
        .args(["--stock", &wanted.stock.to_string()]);
    for fault in &wanted.faults {
        process.args(["--fault", &fault.seeded(seed)]);
    }
    // Bookstore variables of the environment are meant for a bookstore that is started by hand.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("BOOKSTORE_") {
            process.env_remove(name);
        }
    }
    let database = match (&wanted.database, databases) {
        (Database::Sqlite, _) => "sqlite".to_owned(),
        (Database::Postgres(url), Databases::Own) => url.clone(),
        (Database::Postgres(url), Databases::Shared(name)) => with_database(url, name)?,
    };
    if matches!(databases, Databases::Own) {
        process.arg("--ephemeral");
    }
    process
        // Not an argument: all users of the machine can read arguments, and a URL may contain a password.
        .env("BOOKSTORE_DATABASE", database)
        // Held open until the end: the bookstore exits when it closes, even if we are killed.
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(stderr)
        // Ctrl-C must not reach the bookstore, which is still needed for requests in flight.
        .process_group(0)
        .kill_on_drop(true);
    let mut child = process.spawn().map_err(|error| LoadError::Bookstore {
        reason: format!("cannot run {}: {error}", command.program.display()),
    })?;
    let stdin = child.stdin.take();
    let stdout = child.stdout.take().expect("stdout was asked to be piped");
    let mut lines = BufReader::new(stdout).lines();
    let first_line = tokio::select! {
        first_line = tokio::time::timeout(START_LIMIT, lines.next_line()) => first_line,
        () = stop.stopped() => {
            shut_down(&mut child, stdin).await;
            return Err(LoadError::Interrupted);
        }
    };
    let ready = match first_line {
        Ok(Ok(Some(line))) => announced_in(&line),
        Ok(_) => Err(log_tail(&log)),
        Err(_) => Err(format!(
            "it was not ready after {} s; {}",
            START_LIMIT.as_secs(),
            log_tail(&log)
        )),
    };
    let announced = match ready {
        Ok(ready) => ready,
        Err(reason) => {
            shut_down(&mut child, stdin).await;
            return Err(LoadError::Bookstore { reason });
        }
    };
    let (finish, finished) = oneshot::channel();
    let process = child.id();
    let watcher = Watcher {
        name,
        child,
        stdin,
        stdout: lines.into_inner(),
        log,
        stop: stop.clone(),
    };
    let bookstore = Bookstore {
        process,
        finish,
        watcher: tokio::spawn(watcher.watch(finished)),
    };
    let replica = Replica {
        urls: announced.urls,
        metrics: announced.metrics,
        bookstore: Some(bookstore),
    };
    Ok((replica, announced.databases))
}

/// The same server, and databases of this name.
fn with_database(url: &str, name: &str) -> Result<String, LoadError> {
    let mut url = reqwest::Url::parse(url).map_err(|error| LoadError::Bookstore {
        reason: format!("its replicas cannot share a database under such a URL: {error}"),
    })?;
    url.set_path(name);
    Ok(url.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replicas_share_a_database_by_its_name_whatever_else_the_url_says() {
        for (url, shared) in [
            ("postgres://localhost", "postgres://localhost/b_1"),
            (
                "postgres://ann:secret@db:5433/shop?host=/run/pg",
                "postgres://ann:secret@db:5433/b_1?host=/run/pg",
            ),
            (
                "postgresql:///shop?host=/run/pg",
                "postgresql:///b_1?host=/run/pg",
            ),
        ] {
            assert_eq!(with_database(url, "b_1").unwrap(), shared);
        }
    }
}
