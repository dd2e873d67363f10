//! The system under test: the bundled bookstore as child processes, or services that already run.

mod bookstore;
mod ready;
mod replicas;
mod served;
mod watcher;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use workbench_plan::{BaseUrl, Target, UrlsTarget};
use workbench_samples::TargetRecord;

use crate::error::LoadError;
use crate::stop::StopSignal;
use replicas::Replica;
use served::requests_served_at;

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

impl RunningTarget {
    /// Starts or connects to the target; `directory` is the run's folder.
    ///
    /// If the bookstore ends while it is needed, `stop` ends the run.
    pub(crate) async fn start(
        target: &Target,
        seed: u64,
        command: &BookstoreCommand,
        directory: &Path,
        stop: &StopSignal,
        insecure: bool,
    ) -> Result<Self, LoadError> {
        match target {
            Target::Urls(urls) => Ok(Self {
                kind: "urls",
                details: details_of(urls, insecure),
                replicas: vec![Replica {
                    urls: urls.services.clone(),
                    metrics: BTreeMap::new(),
                    bookstore: None,
                }],
            }),
            Target::Bookstore(wanted) => {
                replicas::start(wanted, seed, command, directory, stop).await
            }
        }
    }

    /// The services of each replica, by name.
    pub(crate) fn replicas(&self) -> impl Iterator<Item = &BTreeMap<String, BaseUrl>> {
        self.replicas.iter().map(|replica| &replica.urls)
    }

    /// The processes that the workbench started, with their names: each has all services.
    pub(crate) fn processes(&self) -> Vec<(u32, String)> {
        let several = self.replicas.len() > 1;
        let bookstores = (1..).zip(&self.replicas);
        let process = |(number, replica): (u32, &Replica)| {
            let name = if several {
                format!("replica-{number}")
            } else {
                "bookstore".to_owned()
            };
            Some((replica.bookstore.as_ref()?.process?, name))
        };
        bookstores.filter_map(process).collect()
    }

    /// The target's entry in the manifest.
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
        let mut details = self.details.clone();
        if let Some(commit) = commit_under_test(|name| std::env::var(name).ok()) {
            details.insert(TargetRecord::COMMIT.to_owned(), commit);
        }
        TargetRecord {
            kind: self.kind.to_owned(),
            urls: urls.collect(),
            details,
            requests_served,
        }
    }

    /// Requests that each service of the bookstore counted, all replicas together, calls between services aside.
    ///
    /// Empty for other targets, and if a replica does not respond.
    pub(crate) async fn requests_served(&self) -> BTreeMap<String, u64> {
        let mut served = BTreeMap::new();
        for replica in &self.replicas {
            if replica.bookstore.is_none() {
                return BTreeMap::new();
            }
            for (service, url) in &replica.metrics {
                match requests_served_at(url).await {
                    Ok(count) => *served.entry(service.clone()).or_default() += count,
                    Err(_) => return BTreeMap::new(),
                }
            }
        }
        served
    }

    /// Stops the bookstore and waits for its end.
    pub(crate) async fn stop(self) {
        replicas::stop(self.replicas).await;
    }
}

/// Names of the commit that a CI job is about: GitHub Actions, GitLab CI.
const COMMITS: [&str; 2] = ["GITHUB_SHA", "CI_COMMIT_SHA"];

/// The commit under test, from a look-up of environment variables.
fn commit_under_test(variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    let mut commits = COMMITS.into_iter().filter_map(variable);
    commits.find(|commit| !commit.is_empty())
}

/// The manifest's details of running services besides their URLs.
fn details_of(urls: &UrlsTarget, insecure: bool) -> BTreeMap<String, String> {
    let unverified = insecure && urls.services.values().any(|url| url.tls);
    unverified
        .then(TargetRecord::unverified)
        .into_iter()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use workbench_plan::{BookstoreTarget, Database};

    #[test]
    fn the_commit_under_test_is_what_the_ci_job_says() {
        let of = |set: &[(&str, &str)]| {
            commit_under_test(|name| {
                let found = set.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[("CI_COMMIT_SHA", "abc")]).as_deref(), Some("abc"));
        let both = of(&[("GITHUB_SHA", ""), ("CI_COMMIT_SHA", "abc")]);
        assert_eq!(both.as_deref(), Some("abc"));
    }

    #[tokio::test]
    async fn a_bookstore_that_ends_at_once_is_an_error_with_the_end_of_its_log() {
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
        let stop = StopSignal::new();
        let error = RunningTarget::start(&target, 1, &command, folder.path(), &stop, false)
            .await
            .unwrap_err();
        assert!(error.is_target());
        assert!(error.to_string().contains("no room"), "{error}");
    }
}
