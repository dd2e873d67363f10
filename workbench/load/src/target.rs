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
    kind: &'static str,
    details: BTreeMap<String, String>,
    /// Never empty; several only of the bookstore.
    replicas: Vec<Replica>,
}

/// One process with every service of the target, or services that somebody else runs.
#[derive(Debug)]
struct Replica {
    urls: BTreeMap<String, BaseUrl>,
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
                kind: "urls",
                details: BTreeMap::new(),
                replicas: vec![Replica {
                    urls: urls.services.clone(),
                    bookstore: None,
                }],
            }),
            Target::Bookstore(wanted) => {
                start_replicas(wanted, seed, command, directory, stop).await
            }
        }
    }

    /// Where each replica's services are.
    pub(crate) fn replicas(&self) -> impl Iterator<Item = &BTreeMap<String, BaseUrl>> {
        self.replicas.iter().map(|replica| &replica.urls)
    }

    /// What the manifest says of the target.
    pub(crate) fn record(&self, requests_served: BTreeMap<String, u64>) -> TargetRecord {
        let several = self.replicas.len() > 1;
        let urls = (1..).zip(self.replicas()).flat_map(|(number, urls)| {
            urls.iter().map(move |(service, url)| {
                let name = if several {
                    format!("{service}-{number}")
                } else {
                    service.clone()
                };
                (name, url.to_string())
            })
        });
        TargetRecord {
            kind: self.kind.to_owned(),
            urls: urls.collect(),
            details: self.details.clone(),
            requests_served,
        }
    }

    /// Requests that each service of the bookstore counted, all replicas together, calls between services aside.
    ///
    /// Empty for other targets, which are not asked anything, and when a replica does not say.
    pub(crate) async fn requests_served(&self) -> BTreeMap<String, u64> {
        let mut served = BTreeMap::new();
        for replica in &self.replicas {
            if replica.bookstore.is_none() {
                return BTreeMap::new();
            }
            for (service, url) in &replica.urls {
                match requests_served_at(url).await {
                    Ok(count) => *served.entry(service.clone()).or_default() += count,
                    Err(_) => return BTreeMap::new(),
                }
            }
        }
        served
    }

    /// Lets the bookstore finish and waits until it is gone.
    pub(crate) async fn stop(self) {
        stop(self.replicas).await;
    }
}

/// The first replica goes last: the databases that all share go with it.
async fn stop(mut replicas: Vec<Replica>) {
    let others = replicas.split_off(replicas.len().min(1));
    for leaving in [others, replicas] {
        let mut watchers = Vec::new();
        for bookstore in leaving.into_iter().filter_map(|replica| replica.bookstore) {
            // The watcher hangs up only when the bookstore is gone already.
            let _ = bookstore.finish.send(());
            watchers.push(bookstore.watcher);
        }
        for watcher in watchers {
            let _ = watcher.await;
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
    /// Name of the databases, where other processes may share them.
    databases: Option<String>,
}

/// Starts the bookstore as often as is wanted, one process after the other: the first makes the databases and fills
/// them, the others share them.
async fn start_replicas(
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
            // Faults of one replica are not those of another.
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

/// What a process says goes to this file in the run's folder.
fn log_of(number: u32, replicas: u32) -> String {
    if replicas == 1 {
        "target.log".to_owned()
    } else {
        format!("target-{number}.log")
    }
}

/// Whose databases a process works on.
enum Databases {
    /// Its own, which it removes when it goes.
    Own,
    /// Those of the first replica, under this name.
    Shared(String),
}

/// What distinguishes a process from the other replicas.
struct Process {
    /// What it is called.
    name: String,
    /// Where it speaks.
    log: PathBuf,
    /// Of its faults.
    seed: u64,
}

/// Starts one process; besides it, the name under which others may share its databases.
async fn start_bookstore(
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
    // Its own environment variables are for a bookstore that somebody starts by hand.
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
    let (urls, shared_as) = match ready {
        Ok(ready) => ready,
        Err(reason) => {
            shut_down(&mut child, stdin).await;
            return Err(LoadError::Bookstore { reason });
        }
    };
    let (finish, finished) = oneshot::channel();
    let watcher = Watcher {
        name,
        child,
        stdin,
        stdout: lines.into_inner(),
        log,
        stop: stop.clone(),
    };
    let bookstore = Bookstore {
        finish,
        watcher: tokio::spawn(watcher.watch(finished)),
    };
    let replica = Replica {
        urls,
        bookstore: Some(bookstore),
    };
    Ok((replica, shared_as))
}

/// The same server, and databases of this name.
fn with_database(url: &str, name: &str) -> Result<String, LoadError> {
    let mut url = reqwest::Url::parse(url).map_err(|error| LoadError::Bookstore {
        reason: format!("its replicas cannot share a database under such a URL: {error}"),
    })?;
    url.set_path(name);
    Ok(url.into())
}

/// Where the services are, and the name under which others may share their databases.
type Said = (BTreeMap<String, BaseUrl>, Option<String>);

fn services_in(line: &str) -> Result<Said, String> {
    let ready: Ready =
        serde_json::from_str(line).map_err(|error| format!("it said \"{line}\" ({error})"))?;
    let services = ready.services.into_iter();
    let urls = services
        .map(|(service, url)| match url.parse() {
            Ok(parsed) => Ok((service, parsed)),
            Err(error) => Err(format!("{service} at \"{url}\": {error}")),
        })
        .collect::<Result<_, _>>()?;
    Ok((urls, ready.databases))
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
    if wanted.replicas > 1 {
        details.insert("replicas".to_owned(), wanted.replicas.to_string());
    }
    details
}

struct Watcher {
    /// What it is called.
    name: String,
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
                    "{} ended during the run ({status}): {}",
                    self.name,
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
            replicas: 1,
        });
        let error = RunningTarget::start(&target, 1, &command, folder.path(), &StopSignal::new())
            .await
            .unwrap_err();
        assert!(error.is_target());
        assert!(error.to_string().contains("no room"), "{error}");
    }
}
