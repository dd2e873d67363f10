//! The system under test.

use std::collections::BTreeMap;

use super::{Check, tls};
use crate::diagnostic::{Diagnostic, suggestion};
use crate::file::format::{BookstoreFile, TargetFile};
use crate::file::injected::parse_injected;
use crate::file::request::{check_length, check_path, parse_request};
use crate::file::source::{Node, Place};
use crate::file::url::BaseUrlError;
use crate::file::url::parse_database;
use crate::plan::{BaseUrl, BookstoreTarget, Database, ResetRequest, Target, UrlsTarget};
use crate::template::without_variables;

/// The services of the bundled bookstore that experiments can load.
const BOOKSTORE_SERVICES: [&str; 4] = ["catalog", "cart", "orders", "storefront"];

/// Each is a process with some sixty connections to the database server.
const MOST_REPLICAS: u32 = 64;

/// A service that requests can be sent to.
pub(super) struct Service<'a> {
    pub(super) name: &'a str,
    /// Bytes of the path that its URL ends with.
    pub(super) prefix: usize,
}

/// The services of a target, even if it has mistakes. `None` if they cannot be known.
pub(super) fn services<'a>(
    file: &'a TargetFile,
    target: Option<&Target>,
    node: &Node,
) -> Option<Vec<Service<'a>>> {
    match (&file.bookstore, &file.urls) {
        (Some(_), None) => Some(
            BOOKSTORE_SERVICES
                .map(|name| Service { name, prefix: 0 })
                .into(),
        ),
        (None, Some(urls)) if !node.get("urls").is_stand_in() => {
            let resolved = match target {
                Some(Target::Urls(target)) => Some(&target.services),
                _ => None,
            };
            Some(named(urls, resolved))
        }
        _ => None,
    }
}

fn named<'a>(
    urls: &'a BTreeMap<String, String>,
    resolved: Option<&BTreeMap<String, BaseUrl>>,
) -> Vec<Service<'a>> {
    let prefix = |name| Some(resolved?.get(name)?.prefix.len());
    let services = urls.keys().map(|name| Service {
        name,
        prefix: prefix(name).unwrap_or(0),
    });
    services.collect()
}

pub(super) fn target(check: &mut Check<'_>, file: &TargetFile, node: &Node) -> Option<Target> {
    match (&file.bookstore, &file.urls) {
        (Some(bookstore), None) => {
            let reset =
                "the bundled bookstore is started anew for each run; \"reset\" is for \"urls\"";
            let tls = "the bundled bookstore speaks plain HTTP; \"tls\" is for \"urls\"";
            let mut is_right = true;
            for (key, is_given, message) in [
                ("reset", !file.reset.is_empty(), reset),
                ("tls", file.tls.is_some(), tls),
            ] {
                if is_given {
                    check.note::<()>(node.key_place(key), message);
                    is_right = false;
                }
            }
            self::bookstore(check, bookstore, node.get("bookstore")).filter(|_| is_right)
        }
        (None, Some(urls)) => {
            let services = services_at(check, urls, node.get("urls"));
            let tls = file
                .tls
                .as_ref()
                .map(|file| tls::tls(check, file, services.as_ref(), node));
            let reset = match node.get("urls").is_stand_in() {
                true => None,
                false => {
                    let services = named(urls, services.as_ref());
                    reset(check, &file.reset, &services, node.get("reset"))
                }
            };
            Some(Target::Urls(UrlsTarget {
                services: services?,
                tls: tls.flatten(),
                reset: reset?,
            }))
        }
        (Some(_), Some(_)) => check.note(
            node.key_place("urls"),
            "a target is either \"bookstore\" or \"urls\", not both",
        ),
        (None, None) => check.note(
            node.place(),
            "a target is either \"bookstore\" ({} takes its defaults) or \"urls\"",
        ),
    }
}

fn bookstore(check: &mut Check<'_>, file: &BookstoreFile, node: &Node) -> Option<Target> {
    let database = without_variables(&file.database, "the URL of a database")
        .and_then(|()| parse_database(&file.database));
    let database = check.resolved(database, node.get("database"));
    if file.products == 0 {
        let message = "a bookstore needs at least one product";
        check.note::<()>(node.get("products").place(), message);
    }
    let faults = file.faults.iter().enumerate().map(|(index, text)| {
        let fault = parse_injected(text, &BOOKSTORE_SERVICES);
        check.resolved(fault, node.get("faults").index(index))
    });
    // Collected in two steps, so that every fault is checked.
    let faults: Vec<_> = faults.collect();
    let faults = faults.into_iter().collect::<Option<_>>();
    let of_replicas = node.get("replicas");
    let replicas = replicas(check, file.replicas, of_replicas);
    let database = database?;
    for_replicas(check, &database, replicas?, of_replicas.place())?;
    Some(Target::Bookstore(BookstoreTarget {
        faults: faults?,
        database,
        products: file.products,
        stock: file.stock,
        replicas: replicas?,
    }))
}

/// Checks the number of processes.
pub(super) fn replicas(check: &mut Check<'_>, replicas: u32, node: &Node) -> Option<u32> {
    if (1..=MOST_REPLICAS).contains(&replicas) {
        return Some(replicas);
    }
    check.note(
        node.place(),
        format!("a bookstore has from 1 to {MOST_REPLICAS} replicas on one machine"),
    )
}

/// Several processes need a database that all of them can reach.
pub(super) fn for_replicas(
    check: &mut Check<'_>,
    database: &Database,
    replicas: u32,
    place: Place,
) -> Option<()> {
    if replicas > 1 && matches!(database, Database::Sqlite) {
        return check.note(
            place,
            "several replicas share their databases, and SQLite's belong to one process: give \"database\" the URL \
             of a PostgreSQL server",
        );
    }
    Some(())
}

fn services_at(
    check: &mut Check<'_>,
    file: &BTreeMap<String, String>,
    node: &Node,
) -> Option<BTreeMap<String, BaseUrl>> {
    if file.is_empty() {
        return check.note(
            node.place(),
            "at least one service is needed: { catalog: http://localhost:8001 }",
        );
    }
    let count = file.len();
    let mut urls = BTreeMap::new();
    for (name, text) in file {
        if !name
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || "_-".contains(letter))
            || name.is_empty()
        {
            let message = format!("\"{name}\" cannot name a service: letters, digits, _ and - can");
            check.note::<()>(node.key_place(name), message);
        }
        if let Some(url) = check.resolved(base_url(text), node.get(name)) {
            urls.insert(name.clone(), url);
        }
    }
    (urls.len() == count).then_some(urls)
}

fn reset(
    check: &mut Check<'_>,
    file: &[String],
    services: &[Service<'_>],
    node: &Node,
) -> Option<Vec<ResetRequest>> {
    let requests = file.iter().enumerate().map(|(index, text)| {
        let request = reset_request(text, services);
        check.resolved(request, node.index(index))
    });
    // Collected in two steps, so that every request is checked.
    let requests: Vec<_> = requests.collect();
    requests.into_iter().collect()
}

fn reset_request(text: &str, services: &[Service<'_>]) -> Result<ResetRequest, Diagnostic> {
    let line = parse_request(text)?;
    let Some(service) = services.iter().find(|it| it.name == line.service) else {
        let near = suggestion(line.service, services.iter().map(|it| it.name));
        let message = format!("unknown service \"{}\"{near}", line.service);
        return Err(Diagnostic::at(line.service, message));
    };
    without_variables(&line.path, "a reset, which is sent by no user")?;
    check_path(&line.path)?;
    check_length(service.prefix + line.path.len())?;
    Ok(ResetRequest {
        method: line.method.to_owned(),
        service: line.service.to_owned(),
        path: line.path,
    })
}

fn base_url(text: &str) -> Result<BaseUrl, Diagnostic> {
    without_variables(text, "the URL of a service")?;
    text.parse()
        .map_err(|error: BaseUrlError| Diagnostic::new(error.to_string()))
}
