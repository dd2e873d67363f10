//! Parses the line that the bookstore prints when it is ready.

use std::collections::BTreeMap;

use serde::Deserialize;
use workbench_plan::BaseUrl;

/// The line that the bookstore prints when all its services are ready.
#[derive(Deserialize)]
struct Ready {
    services: BTreeMap<String, String>,
    /// Internal addresses of the services.
    internal: BTreeMap<String, String>,
    /// Name of the databases, where other processes may share them.
    databases: Option<String>,
}

/// The addresses of a bookstore.
#[derive(Debug, PartialEq)]
pub(super) struct Announced {
    /// Its services.
    pub(super) urls: BTreeMap<String, BaseUrl>,
    /// Their metrics.
    pub(super) metrics: BTreeMap<String, BaseUrl>,
    /// The name under which others may share its databases.
    pub(super) databases: Option<String>,
}

pub(super) fn announced_in(line: &str) -> Result<Announced, String> {
    let ready: Ready =
        serde_json::from_str(line).map_err(|error| format!("it said \"{line}\" ({error})"))?;
    Ok(Announced {
        urls: parsed(ready.services)?,
        metrics: parsed(ready.internal)?,
        databases: ready.databases,
    })
}

fn parsed(urls: BTreeMap<String, String>) -> Result<BTreeMap<String, BaseUrl>, String> {
    let urls = urls.into_iter().map(|(service, url)| match url.parse() {
        Ok(parsed) => Ok((service, parsed)),
        Err(error) => Err(format!("{service} at \"{url}\": {error}")),
    });
    urls.collect()
}
