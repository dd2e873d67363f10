//! The system under test: the bundled bookstore as a child process, or services that already run.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use serde::Deserialize;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use workbench_plan::{BaseUrl, BookstoreTarget, Database, Target};
use workbench_samples::TargetRecord;

use crate::error::LoadError;
use crate::stop::{StopReason, StopSignal};

/// How long the bookstore may take to create and fill its databases.
const START_LIMIT: Duration = Duration::from_secs(60);
/// How long it may take to finish its requests, remove its databases and go.
const STOP_LIMIT: Duration = Duration::from_secs(30);
/// How long it may take to say what it has counted.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);
/// How many of its last lines are shown when it fails.
const LAST_LINES: usize = 5;
/// What it says goes to this file in the run's folder.
const LOG: &str = "target.log";

/// The program that is the bookstore: `program arguments… all …`.
#[derive(Clone, Debug)]
pub struct BookstoreCommand {
    /// Executable file.
    pub program: PathBuf,
    /// Arguments before the bookstore's own.
    pub arguments: Vec<OsString>,
}

/// A target that is ready for load.
#[derive(Debug)]
pub(crate) struct RunningTarget {
    pub(crate) urls: BTreeMap<String, BaseUrl>,
    kind: &'static str,
    details: BTreeMap<String, String>,
    bookstore: Option<Bookstore>,
}

/// The bookstore's process, watched by a task.
#[derive(Debug)]
struct Bookstore {
    finish: oneshot::Sender<()>,
    watcher: JoinHandle<()>,
}

impl RunningTarget {
    /// Makes the target ready; `directory` is the run's folder.
    ///
    /// If the bookstore ends while it is needed, `stop` ends the run.
    pub(crate) async fn start(
        target: &Target,
        seed: u64,
        command: &BookstoreCommand,
        directory: &Path,
        stop: &StopSignal,
    ) -> Result<Self, LoadError> {
        match target {
            Target::Urls(urls) => Ok(Self {
                urls: urls.services.clone(),
                kind: "urls",
                details: BTreeMap::new(),
                bookstore: None,
            }),
            Target::Bookstore(wanted) => {
                start_bookstore(wanted, seed, command, directory, stop).await
            }
        }
    }

    /// What the manifest says of the target.
    pub(crate) fn record(&self, requests_served: BTreeMap<String, u64>) -> TargetRecord {
        let urls = self.urls.iter();
        TargetRecord {
            kind: self.kind.to_owned(),
            urls: urls
                .map(|(name, url)| (name.clone(), url.to_string()))
                .collect(),
            details: self.details.clone(),
            requests_served,
        }
    }

    /// Requests that each service of the bookstore counted, calls between services aside.
    ///
    /// Empty for other targets, which are not asked anything, and when the bookstore does not say.
    pub(crate) async fn requests_served(&self) -> BTreeMap<String, u64> {
        if self.bookstore.is_none() {
            return BTreeMap::new();
        }
        let mut served = BTreeMap::new();
        for (service, url) in &self.urls {
            match requests_served_at(url).await {
                Ok(count) => served.insert(service.clone(), count),
                Err(_) => return BTreeMap::new(),
            };
        }
        served
    }

    /// Lets the bookstore finish and waits until it is gone.
    pub(crate) async fn stop(self) {
        if let Some(bookstore) = self.bookstore {
            // The watcher hangs up only when the bookstore is gone already.
            let _ = bookstore.finish.send(());
            let _ = bookstore.watcher.await;
        }
    }
}

async fn requests_served_at(url: &BaseUrl) -> reqwest::Result<u64> {
    let client = reqwest::Client::builder()
        // The bookstore is on this machine, whatever the environment says of proxies.
        .no_proxy()
        .timeout(ANSWER_LIMIT)
        .build()?;
    let response = client.get(format!("{url}/metrics")).send().await?;
    let metrics = response.error_for_status()?.text().await?;
    Ok(client_requests(&metrics))
}

/// The line that the bookstore prints when all its services are ready.
#[derive(Deserialize)]
struct Ready {
    services: BTreeMap<String, String>,
}

async fn start_bookstore(
    wanted: &BookstoreTarget,
    seed: u64,
    command: &BookstoreCommand,
    directory: &Path,
    stop: &StopSignal,
) -> Result<RunningTarget, LoadError> {
    let log = directory.join(LOG);
    let results = |source| LoadError::Results {
        path: log.clone(),
        source,
    };
    let stderr = std::fs::File::create(&log).map_err(results)?;
    let mut process = Command::new(&command.program);
    process
        .args(&command.arguments)
        .args(["all", "--free-ports", "--ephemeral", "--exit-with-stdin"])
        .args(["--products", &wanted.products.to_string()])
        .args(["--stock", &wanted.stock.to_string()]);
    for fault in &wanted.faults {
        process.args(["--fault", &fault.seeded(seed)]);
    }
    // Its own environment variables are for a bookstore that somebody starts by hand.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("BOOKSTORE_") {
            process.env_remove(name);
        }
    }
    let database = match &wanted.database {
        Database::Sqlite => "sqlite",
        Database::Postgres(url) => url,
    };
    process
        // Not an argument: everybody on the machine may read those, and a URL may hold a password.
        .env("BOOKSTORE_DATABASE", database)
        // Held open until the end: the bookstore goes when it closes, even if we are killed.
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(stderr)
        // A Ctrl-C is meant for us; the bookstore is still needed for requests in flight.
        .process_group(0)
        .kill_on_drop(true);
    let mut child = process.spawn().map_err(|error| LoadError::Bookstore {
        reason: format!("cannot run {}: {error}", command.program.display()),
    })?;
    let stdin = child.stdin.take();
    let stdout = child.stdout.take().expect("stdout was asked to be piped");
    let mut lines = BufReader::new(stdout).lines();
    let said = tokio::select! {
        said = tokio::time::timeout(START_LIMIT, lines.next_line()) => said,
        () = stop.stopped() => {
            shut_down(&mut child, stdin).await;
            return Err(LoadError::Interrupted);
        }
    };
    let ready = match said {
        Ok(Ok(Some(line))) => services_in(&line),
        Ok(_) => Err(last_words(&log)),
        Err(_) => Err(format!(
            "it was not ready after {} s; {}",
            START_LIMIT.as_secs(),
            last_words(&log)
        )),
    };
    let urls = match ready {
        Ok(urls) => urls,
        Err(reason) => {
            shut_down(&mut child, stdin).await;
            return Err(LoadError::Bookstore { reason });
        }
    };
    let (finish, finished) = oneshot::channel();
    let watcher = Watcher {
        child,
        stdin,
        stdout: lines.into_inner(),
        log,
        stop: stop.clone(),
    };
    Ok(RunningTarget {
        urls,
        kind: "bookstore",
        details: details(wanted, seed),
        bookstore: Some(Bookstore {
            finish,
            watcher: tokio::spawn(watcher.watch(finished)),
        }),
    })
}

fn services_in(line: &str) -> Result<BTreeMap<String, BaseUrl>, String> {
    let ready: Ready =
        serde_json::from_str(line).map_err(|error| format!("it said \"{line}\" ({error})"))?;
    let services = ready.services.into_iter();
    services
        .map(|(service, url)| match url.parse() {
            Ok(parsed) => Ok((service, parsed)),
            Err(error) => Err(format!("{service} at \"{url}\": {error}")),
        })
        .collect()
}

/// Closes what the bookstore waits for, and kills it if that does not help.
async fn shut_down(child: &mut Child, stdin: Option<ChildStdin>) {
    drop(stdin);
    if tokio::time::timeout(STOP_LIMIT, child.wait())
        .await
        .is_err()
    {
        // It cannot be told more plainly; an error means that it is gone.
        let _ = child.kill().await;
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
    details
}

struct Watcher {
    child: Child,
    stdin: Option<ChildStdin>,
    /// Kept, so that the bookstore can go on writing to it.
    stdout: BufReader<ChildStdout>,
    log: PathBuf,
    stop: StopSignal,
}

impl Watcher {
    /// Waits for the bookstore to end: by itself, which ends the run, or because it is told to.
    async fn watch(mut self, finished: oneshot::Receiver<()>) {
        tokio::select! {
            status = self.child.wait() => {
                let status = status.as_ref().map_or_else(ToString::to_string, ExitStatus::to_string);
                self.stop.stop(StopReason::TargetEnded(format!(
                    "the bookstore ended during the run ({status}): {}",
                    last_words(&self.log)
                )));
            }
            _ = finished => {
                shut_down(&mut self.child, self.stdin.take()).await;
            }
        }
        drop(self.stdout);
    }
}

/// The end of what the bookstore wrote to its log.
fn last_words(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    let last = &lines[lines.len().saturating_sub(LAST_LINES)..];
    if last.is_empty() {
        "it said nothing".to_owned()
    } else {
        format!("it said\n  {}", last.join("\n  "))
    }
}

/// Sum of the requests that did not come from another service, in Prometheus' text format.
fn client_requests(metrics: &str) -> u64 {
    metrics
        .lines()
        .filter(|line| line.starts_with("bookstore_requests_total{"))
        .filter(|line| line.contains("caller=\"client\""))
        .filter_map(|line| line.rsplit_once(' '))
        .filter_map(|(_, count)| count.parse::<u64>().ok())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_requests_of_clients_are_counted() {
        let metrics = "# TYPE bookstore_requests_total counter\n\
            bookstore_requests_total{service=\"catalog\",route=\"/products\",status=\"200\",caller=\"client\"} 17\n\
            bookstore_requests_total{service=\"catalog\",route=\"/products\",status=\"200\",caller=\"service\"} 400\n\
            bookstore_requests_total{service=\"catalog\",route=\"unmatched\",status=\"404\",caller=\"client\"} 3\n\
            other_total{caller=\"client\"} 9\n";
        assert_eq!(client_requests(metrics), 20);
    }

    #[tokio::test]
    async fn a_bookstore_that_dies_at_once_is_an_error_with_its_last_words() {
        let folder = tempfile::tempdir().unwrap();
        let command = BookstoreCommand {
            program: "/bin/sh".into(),
            arguments: vec!["-c".into(), "echo no room >&2; exit 3".into()],
        };
        let target = Target::Bookstore(BookstoreTarget {
            database: Database::Sqlite,
            products: 1,
            stock: 1,
            faults: Vec::new(),
        });
        let error = RunningTarget::start(&target, 1, &command, folder.path(), &StopSignal::new())
            .await
            .unwrap_err();
        assert!(error.is_target());
        assert!(error.to_string().contains("no room"), "{error}");
    }
}
