//! Replicas of the bookstore, which share their databases.

use std::collections::BTreeMap;
use std::path::Path;

use workbench_plan::{BaseUrl, BookstoreTarget, Database};

use super::bookstore::{Databases, Process, start_bookstore};
use super::watcher::Bookstore;
use super::{BookstoreCommand, RunningTarget};
use crate::error::LoadError;
use crate::stop::StopSignal;

/// One process of the bookstore, or services that are already running.
#[derive(Debug)]
pub(super) struct Replica {
    pub(super) urls: BTreeMap<String, BaseUrl>,
    /// Metrics endpoints of the bookstore's services; empty for other services.
    pub(super) metrics: BTreeMap<String, BaseUrl>,
    pub(super) bookstore: Option<Bookstore>,
}

/// Starts the replicas one after the other. The first creates and fills the databases, which the others share.
pub(super) async fn start(
    wanted: &BookstoreTarget,
    seed: u64,
    command: &BookstoreCommand,
    directory: &Path,
    stop_signal: &StopSignal,
) -> Result<RunningTarget, LoadError> {
    let mut replicas = Vec::new();
    let mut databases = Databases::Own;
    for number in 1..=wanted.replicas {
        let process = Process {
            // Each replica has its own sequence of faults.
            seed: seed.wrapping_add(u64::from(number) - 1),
            log: directory.join(log_of(number, wanted.replicas)),
            name: match wanted.replicas {
                1 => "the bookstore".to_owned(),
                several => format!("replica {number} of {several} of the bookstore"),
            },
        };
        match start_bookstore(wanted, command, process, &databases, stop_signal).await {
            Ok((replica, name)) => {
                replicas.push(replica);
                if let Some(name) = name {
                    databases = Databases::Shared(name);
                }
            }
            Err(error) => {
                stop(replicas).await;
                return Err(error);
            }
        }
    }
    Ok(RunningTarget {
        kind: "bookstore",
        details: details(wanted, seed),
        replicas,
    })
}

/// The log file of a process, in the run's folder.
fn log_of(number: u32, replicas: u32) -> String {
    if replicas == 1 {
        "target.log".to_owned()
    } else {
        format!("target-{number}.log")
    }
}

/// Stops the first replica last, because it removes the shared databases.
pub(super) async fn stop(mut replicas: Vec<Replica>) {
    let others = replicas.split_off(replicas.len().min(1));
    for leaving in [others, replicas] {
        let mut watchers = Vec::new();
        for bookstore in leaving.into_iter().filter_map(|replica| replica.bookstore) {
            // The watcher drops its receiver only after the bookstore has ended.
            let _ = bookstore.finish.send(());
            watchers.push(bookstore.watcher);
        }
        for watcher in watchers {
            let _ = watcher.await;
        }
    }
}

fn details(wanted: &BookstoreTarget, seed: u64) -> BTreeMap<String, String> {
    let database = match wanted.database {
        Database::Sqlite => "sqlite",
        // Without the URL, which may hold a password.
        Database::Postgres(_) => "postgres",
    };
    let mut details = BTreeMap::from([
        ("database".to_owned(), database.to_owned()),
        ("products".to_owned(), wanted.products.to_string()),
        ("stock".to_owned(), wanted.stock.to_string()),
    ]);
    let faults = wanted.faults.iter().map(|fault| fault.seeded(seed));
    let faults: Vec<String> = faults.collect();
    if !faults.is_empty() {
        details.insert("faults".to_owned(), faults.join("; "));
    }
    if wanted.replicas > 1 {
        details.insert("replicas".to_owned(), wanted.replicas.to_string());
    }
    details
}
