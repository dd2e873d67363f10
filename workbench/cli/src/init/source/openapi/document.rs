//! A description: its version, its references, its servers.

use anyhow::bail;
use serde_yaml::Value;
use url::Url;

use super::lenient::Lenient;
use crate::init::yaml::scalar_text;

/// A description and its source.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) root: Value,
    /// Base URL of relative addresses; `None` for a file.
    pub(super) url: Option<Url>,
}

pub(super) fn parse(text: &str) -> anyhow::Result<Value> {
    let Lenient(root) = match text.trim_start().starts_with('{') {
        true => serde_json::from_str(text)?,
        false => serde_yaml::from_str(text)?,
    };
    let version = root.get("openapi").or_else(|| root.get("swagger"));
    let version = version.map(scalar_text);
    match version.as_deref() {
        Some("2" | "2.0") => Ok(root),
        Some(version) if version.starts_with("3.") => Ok(root),
        Some(version) => bail!("it is of version {version}; 2.0 and 3.x are read"),
        None => bail!("it has neither openapi nor swagger for its version"),
    }
}

/// The elements of a list; none of anything else.
pub(super) fn list(value: &Value) -> &[Value] {
    value.as_sequence().map_or(&[], Vec::as_slice)
}

/// The entries of an object whose keys are texts; none of anything else.
pub(super) fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let entries = value.as_mapping().into_iter().flatten();
    entries.filter_map(|(key, value)| Some((key.as_str()?, value)))
}

impl Document {
    /// Resolves a reference within this document; `None` for references to other documents.
    pub(super) fn resolve<'a>(&'a self, value: &'a Value) -> Option<&'a Value> {
        let mut value = value;
        // Longer than any acyclic chain of references.
        for _ in 0..32 {
            let Some(reference) = value["$ref"].as_str() else {
                return Some(value);
            };
            value = self.pointed(reference.strip_prefix('#')?)?;
        }
        None
    }

    /// Resolves a JSON pointer (RFC 6901).
    fn pointed(&self, pointer: &str) -> Option<&Value> {
        let decoded = percent_encoding::percent_decode_str(pointer).decode_utf8_lossy();
        decoded
            .split('/')
            .skip(1)
            .try_fold(&self.root, |value, key| {
                let key = key.replace("~1", "/").replace("~0", "~");
                // A number is a position in a list, or a key such as the status of a response.
                value
                    .get(key.as_str())
                    .or_else(|| value.get(key.parse::<usize>().ok()?))
            })
    }

    pub(super) fn is_version_2(&self) -> bool {
        self.root.get("swagger").is_some()
    }

    /// The address of the service, by the first of these servers, and the others.
    pub(super) fn servers(&self, holders: &[&Value]) -> (Option<Url>, Vec<String>) {
        if self.is_version_2() {
            return (self.server_of_version_2(), Vec::new());
        }
        let mut servers = holders.iter().map(|holder| list(&holder["servers"]));
        let servers = servers.find(|servers| !servers.is_empty());
        let servers = servers.unwrap_or_default();
        let mut urls = servers.iter().filter_map(server_url);
        let first = urls.next();
        (
            self.absolute(first.as_deref().unwrap_or("/")),
            urls.collect(),
        )
    }

    fn absolute(&self, text: &str) -> Option<Url> {
        let url = match &self.url {
            Some(base) => base.join(text),
            None => Url::parse(text),
        };
        url.ok()
            .filter(|url| url.has_host() && ["http", "https"].contains(&url.scheme()))
    }

    fn server_of_version_2(&self) -> Option<Url> {
        let root = &self.root;
        let schemes = list(&root["schemes"]).iter().filter_map(Value::as_str);
        let schemes: Vec<&str> = schemes.collect();
        let scheme = match (&self.url, schemes.as_slice()) {
            (_, schemes) if schemes.contains(&"https") => "https",
            (Some(url), []) => url.scheme(),
            (None, []) => "https",
            _ => "http",
        };
        let path = root["basePath"].as_str().unwrap_or("/");
        match (root["host"].as_str(), &self.url) {
            (Some(host), _) => self.absolute(&format!("{scheme}://{host}{path}")),
            (None, Some(_)) => self.absolute(path),
            (None, None) => None,
        }
    }

    /// The path of a server that has no host.
    pub(super) fn relative_prefix(&self) -> String {
        let base = || self.root["basePath"].as_str().map(str::to_owned);
        let path = server_url(&self.root["servers"][0]).or_else(base);
        path.filter(|path| path.starts_with('/'))
            .unwrap_or_default()
    }
}

/// The URL of a server, its variables at their defaults.
fn server_url(server: &Value) -> Option<String> {
    let mut url = server["url"].as_str()?.to_owned();
    for (name, variable) in server["variables"].as_mapping().into_iter().flatten() {
        let name = format!("{{{}}}", scalar_text(name));
        url = url.replace(&name, &scalar_text(&variable["default"]));
    }
    Some(url)
}
