//! What the bookstore says when it is ready.

use std::collections::BTreeMap;

use serde::Deserialize;
use workbench_plan::BaseUrl;

/// The line that the bookstore prints when all its services are ready.
#[derive(Deserialize)]
struct Ready {
    services: BTreeMap<String, String>,
    /// Name of the databases, where other processes may share them.
    databases: Option<String>,
}

/// Where the services are, and the name under which others may share their databases.
pub(super) type Said = (BTreeMap<String, BaseUrl>, Option<String>);

pub(super) fn services_in(line: &str) -> Result<Said, String> {
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
