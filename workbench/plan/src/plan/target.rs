//! The system under test, and how it is prepared for a run.

use std::collections::BTreeMap;

use crate::tls::Tls;

/// The system under test.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// The bundled bookstore, started for the run and stopped after it.
    Bookstore(BookstoreTarget),
    /// Services that are already running.
    Urls(UrlsTarget),
}

/// Services that are already running, and how they are prepared for a run.
#[derive(Clone, Debug, PartialEq)]
pub struct UrlsTarget {
    /// Where each service listens, by the name that steps use for it; never empty.
    pub services: BTreeMap<String, BaseUrl>,
    /// Files for those at `https://` URLs; `None` takes what the operating system trusts.
    pub tls: Option<Tls>,
    /// Sent one after another before each run; may be empty.
    pub reset: Vec<ResetRequest>,
}

/// A request that resets the target before a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResetRequest {
    /// HTTP method, upper case.
    pub method: String,
    /// Which service of the target answers.
    pub service: String,
    /// Path and query, starting with `/`, without the service's prefix.
    pub path: String,
}

impl std::fmt::Display for ResetRequest {
    /// As written in an experiment file.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            method,
            service,
            path,
        } = self;
        write!(f, "{method} {service}{path}")
    }
}

/// How the bundled bookstore is started.
#[derive(Clone, Debug, PartialEq)]
pub struct BookstoreTarget {
    /// Where it keeps its data.
    pub database: Database,
    /// Number of products seeded, with ids from 1.
    pub products: u32,
    /// Copies of each product in stock at the start.
    pub stock: u32,
    /// Injected faults; may be empty.
    pub faults: Vec<InjectedFault>,
    /// Number of processes, each with all services, that share the databases; at least 1, and 1 on SQLite.
    pub replicas: u32,
}

/// An injected fault, in the bookstore's own notation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InjectedFault(pub(crate) String);

impl InjectedFault {
    /// As written in the experiment.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As passed to the bookstore: with the run's seed, unless it has one of its own.
    #[must_use]
    pub fn seeded(&self, seed: u64) -> String {
        if self.0.contains(" seed=") {
            self.0.clone()
        } else {
            format!("{} seed={seed}", self.0)
        }
    }
}

/// The bookstore's database.
#[derive(Clone, Debug, PartialEq)]
pub enum Database {
    /// An embedded database in a folder of its own, deleted after the run.
    Sqlite,
    /// A PostgreSQL server (`postgres://…`) in which databases are created for the run and dropped after it.
    Postgres(String),
}

/// Where a service listens: `http://host:port/prefix`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl {
    /// Whether the connection is encrypted (`https`).
    pub tls: bool,
    /// Host name or address, IPv6 without brackets.
    pub host: String,
    /// The given port, or the scheme's default.
    pub port: u16,
    /// Put before each path; empty or starting with `/`, never ending with it.
    pub prefix: String,
}
