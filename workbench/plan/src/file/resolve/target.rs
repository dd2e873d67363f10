//! The system under test.

use std::collections::BTreeMap;

use super::Check;
use crate::fault::Fault;
use crate::file::injected::parse_injected;
use crate::file::source::Node;
use crate::file::url::BaseUrlError;
use crate::file::url::parse_database;
use crate::file::wire::{WireBookstore, WireTarget};
use crate::plan::{BaseUrl, BookstoreTarget, Target};

/// The services of the bundled bookstore that experiments can load.
const BOOKSTORE_SERVICES: [&str; 4] = ["catalog", "cart", "orders", "storefront"];

/// Names that requests may begin with.
pub(super) fn services(target: &Target) -> Vec<&str> {
    match target {
        Target::Bookstore(_) => BOOKSTORE_SERVICES.to_vec(),
        Target::Urls(urls) => urls.keys().map(String::as_str).collect(),
    }
}

pub(super) fn target(check: &mut Check<'_>, wire: WireTarget, node: &Node) -> Option<Target> {
    match (wire.bookstore, wire.urls) {
        (Some(wire), None) => bookstore(check, &wire, node.get("bookstore")),
        (None, Some(wire)) => urls(check, wire, node.get("urls")),
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

fn bookstore(check: &mut Check<'_>, wire: &WireBookstore, node: &Node) -> Option<Target> {
    let database = check.resolved(parse_database(&wire.database), node.get("database"));
    if wire.products == 0 {
        return check.note(
            node.get("products").place(),
            "a bookstore needs at least one product",
        );
    }
    let faults = wire.faults.iter().enumerate().map(|(index, text)| {
        let fault = parse_injected(text, &BOOKSTORE_SERVICES);
        check.resolved(fault, node.get("faults").index(index))
    });
    // Only then, so that every fault has been looked at.
    let faults: Vec<_> = faults.collect();
    let faults = faults.into_iter().collect::<Option<_>>();
    Some(Target::Bookstore(BookstoreTarget {
        faults: faults?,
        database: database?,
        products: wire.products,
        stock: wire.stock,
    }))
}

fn urls(check: &mut Check<'_>, wire: BTreeMap<String, String>, node: &Node) -> Option<Target> {
    if wire.is_empty() {
        return check.note(
            node.place(),
            "at least one service is needed: { catalog: http://localhost:8001 }",
        );
    }
    let count = wire.len();
    let mut urls = BTreeMap::new();
    for (name, text) in wire {
        if !name
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || "_-".contains(letter))
            || name.is_empty()
        {
            let message = format!("\"{name}\" cannot name a service: letters, digits, _ and - can");
            check.note::<()>(node.key_place(&name), message);
        }
        if let Some(url) = check.resolved(base_url(&text), node.get(&name)) {
            urls.insert(name, url);
        }
    }
    (urls.len() == count).then_some(Target::Urls(urls))
}

fn base_url(text: &str) -> Result<BaseUrl, Fault> {
    text.parse()
        .map_err(|error: BaseUrlError| Fault::new(error.to_string()))
}
