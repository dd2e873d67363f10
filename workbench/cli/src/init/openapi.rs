//! Converts an OpenAPI description to an experiment: reading operations become steps, all others are written as
//! comments.
//!
//! Descriptions are read as plain YAML values, with our own resolution of `$ref`: typed crates know one version each
//! (openapiv3 3.0, oas3 3.1) and refuse a whole description for one unexpected field. Only a small part of a
//! description is needed here.

mod body;
mod example;
mod lenient;
mod listing;
mod operation;
mod parameter;
mod security;

use anyhow::{Context, bail};
use serde_yaml::Value;
use std::path::Path;
use url::Url;

use super::draft::{Draft, Request, Scenario, Step, Target, name, time};
use super::template::Template;
use super::{HOLD, LONGEST_DOCUMENT, THINK_TIME, USERS, read, starter_load, thresholds};
use lenient::Lenient;
use operation::Operation;

/// The methods of operations, in the order in which they are written.
const METHODS: [&str; 8] = [
    "get", "head", "options", "post", "put", "patch", "delete", "trace",
];

/// The placeholder for a missing address.
const NO_ADDRESS: &str = "http://localhost:8080";

/// A description and its source.
#[derive(Debug)]
struct Document {
    root: Value,
    /// Base URL of relative addresses; `None` for a file.
    url: Option<Url>,
}

pub(super) fn draft(source: &str) -> anyhow::Result<Draft> {
    let url = source
        .contains("://")
        .then(|| Url::parse(source))
        .transpose();
    let url = url.context("this is not a URL")?;
    let text = match &url {
        Some(url) => download(url)?,
        None => read(source)?,
    };
    let document = Document {
        root: parse(&text)
            .with_context(|| format!("{} is not an OpenAPI description", shown(source)))?,
        url,
    };
    let place = Path::new(source).file_stem().and_then(|stem| stem.to_str());
    of(&document, place.unwrap_or("api"))
}

/// The source for messages: a URL without password and query.
fn shown(source: &str) -> String {
    match Url::parse(source) {
        Ok(url) if url.has_host() => {
            format!("{}{}", url.host_str().unwrap_or_default(), url.path())
        }
        _ => source.to_owned(),
    }
}

fn download(url: &Url) -> anyhow::Result<String> {
    let runtime = tokio::runtime::Runtime::new()?;
    let bytes = runtime
        .block_on(workbench_load::download(url.as_str(), LONGEST_DOCUMENT))
        .map_err(anyhow::Error::msg)
        .with_context(|| format!("cannot get {}", shown(url.as_str())))?;
    String::from_utf8(bytes).context("the description is not UTF-8")
}

fn parse(text: &str) -> anyhow::Result<Value> {
    let Lenient(root) = match text.trim_start().starts_with('{') {
        true => serde_json::from_str(text)?,
        false => serde_yaml::from_str(text)?,
    };
    let version = ["openapi", "swagger"]
        .iter()
        .find_map(|key| root.get(*key))
        .map(super::yaml::scalar_text);
    match version.as_deref() {
        Some(version) if version.starts_with("3.") || version == "2.0" || version == "2" => {
            Ok(root)
        }
        Some(version) => bail!("it is of version {version}; 2.0 and 3.x are read"),
        None => bail!("it has neither openapi nor swagger for its version"),
    }
}

fn of(document: &Document, file: &str) -> anyhow::Result<Draft> {
    let info = document.root.get("info");
    let title = info
        .and_then(|info| info.get("title"))
        .and_then(Value::as_str);
    let mut draft = Draft::new(title.filter(|title| has_letters(title)).unwrap_or(file));
    draft.title = title.map(str::to_owned);
    for key in ["webhooks", "x-webhooks"] {
        if document.root.get(key).is_some() {
            draft.leave(key, "requests that the service sends itself");
        }
    }
    let mut readers: Vec<Scenario> = Vec::new();
    let mut writer = Vec::new();
    for operation in operations(document, &mut draft) {
        let tag = match operation.tag().unwrap_or("reader") {
            tag if has_letters(tag) => name(tag),
            tag => tag.to_owned(),
        };
        let reads = operation.reads();
        let Some(step) = operation.step(&mut draft) else {
            continue;
        };
        if !reads {
            writer.push(step);
            continue;
        }
        match readers.iter_mut().find(|scenario| scenario.name == tag) {
            Some(scenario) => scenario.steps.push(step),
            None => readers.push(reader(tag, vec![step])),
        }
    }
    if readers.is_empty() && writer.is_empty() {
        return Ok(draft);
    }
    if readers.is_empty() {
        readers.push(placeholder(&mut draft));
    }
    let users = u64::try_from(readers.len()).unwrap_or(u64::MAX).max(USERS);
    draft.load = Some(starter_load(users, HOLD));
    draft.scenarios = readers;
    if !writer.is_empty() {
        draft.scenarios.push(writers(writer));
    }
    draft.thresholds = thresholds();
    draft.share();
    comments(&mut draft);
    Ok(draft)
}

/// Whether a name can be made of the text.
fn has_letters(text: &str) -> bool {
    text.contains(|letter: char| letter.is_ascii_alphanumeric())
}

fn reader(name: String, steps: Vec<Step>) -> Scenario {
    Scenario {
        name,
        think_time: Some(time(THINK_TIME)),
        steps,
        ..Scenario::default()
    }
}

/// A placeholder scenario for a description without reading operations.
fn placeholder(draft: &mut Draft) -> Scenario {
    let service = match &draft.target {
        Target::Urls { services, .. } => services.first().map(|service| service.name.clone()),
        Target::Bookstore => None,
    };
    let request = Request::new("GET", (service.unwrap_or_default(), Template::literal("/")));
    let step = Step {
        comment: vec!["No operation of the description only reads: this stands here until one of those below may be sent.".to_owned()],
        ..request.into()
    };
    reader("reader".to_owned(), vec![step])
}

fn writers(steps: Vec<Step>) -> Scenario {
    Scenario {
        disabled: true,
        comment: vec![
            "Operations that may change data are not sent. Take the comment signs off of this scenario, and keep the steps that every \
             user may send, again and again."
                .to_owned(),
        ],
        ..reader("writer".to_owned(), steps)
    }
}

fn comments(draft: &mut Draft) {
    draft
        .comment
        .push("The operations of an OpenAPI description.".to_owned());
    // Operations that need the reader's attention come last, under one comment.
    draft
        .variables
        .sort_by_key(|variable| !variable.comment.is_empty());
    let invented = draft
        .variables
        .iter_mut()
        .filter(|variable| !variable.comment.is_empty());
    for variable in invented.skip(1) {
        variable.comment.clear();
    }
}

/// All operations in the order of the description.
fn operations<'a>(document: &'a Document, draft: &mut Draft) -> Vec<Operation<'a>> {
    let mut operations = Vec::new();
    let Some(Value::Mapping(paths)) = document.root.get("paths") else {
        draft.leave("paths", "the description has none");
        return operations;
    };
    for (path, item) in paths {
        let Some(path) = path.as_str().filter(|path| path.starts_with('/')) else {
            continue;
        };
        let Some(item) = document.resolve(item) else {
            draft.leave(
                format!("paths.{path}"),
                "it is in another file; bundle the description into one",
            );
            continue;
        };
        for method in METHODS {
            let Some(value) = item.get(method) else {
                continue;
            };
            let place = format!("paths.{path}.{method}");
            if method == "trace" {
                draft.leave(place, "a request with the method TRACE");
                continue;
            }
            operations.push(Operation {
                document,
                method,
                path,
                item,
                value,
                place,
            });
        }
    }
    operations
}

impl Document {
    /// Resolves a reference within this document; `None` for references to other documents.
    fn resolve<'a>(&'a self, value: &'a Value) -> Option<&'a Value> {
        let mut value = value;
        // Longer than any acyclic chain of references.
        for _ in 0..32 {
            let Some(reference) = value.get("$ref").and_then(Value::as_str) else {
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
                match value {
                    Value::Sequence(values) => values.get(key.parse::<usize>().ok()?),
                    value => value
                        .get(key.as_str())
                        .or_else(|| value.get(Value::from(key.parse::<u64>().ok()?))),
                }
            })
    }

    fn is_version_2(&self) -> bool {
        self.root.get("swagger").is_some()
    }

    /// The address of the service, by the first of these servers, and the others.
    fn servers(&self, holders: &[&Value]) -> (Option<Url>, Vec<String>) {
        if self.is_version_2() {
            return (self.server_of_version_2(), Vec::new());
        }
        let servers = holders
            .iter()
            .find_map(|holder| match holder.get("servers") {
                Some(Value::Sequence(servers)) if !servers.is_empty() => Some(servers),
                _ => None,
            });
        let mut urls = servers.into_iter().flatten().filter_map(server_url);
        let first = urls.next();
        let others = urls.collect();
        (self.absolute(first.as_deref().unwrap_or("/")), others)
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
        let text = |key: &str| self.root.get(key).and_then(Value::as_str);
        let schemes = self.root.get("schemes").and_then(Value::as_sequence);
        let schemes: Vec<&str> = schemes
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let scheme = match (&self.url, schemes.as_slice()) {
            (_, schemes) if schemes.contains(&"https") => "https",
            (Some(url), []) => url.scheme(),
            (None, []) => "https",
            _ => "http",
        };
        let path = text("basePath").unwrap_or("/");
        match (text("host"), &self.url) {
            (Some(host), _) => self.absolute(&format!("{scheme}://{host}{path}")),
            (None, Some(_)) => self.absolute(path),
            (None, None) => None,
        }
    }
}

/// The URL of a server, its variables at their defaults.
fn server_url(server: &Value) -> Option<String> {
    let mut url = server.get("url").and_then(Value::as_str)?.to_owned();
    if let Some(Value::Mapping(variables)) = server.get("variables") {
        for (name, variable) in variables {
            let default = variable.get("default").map(super::yaml::scalar_text);
            let name = format!("{{{}}}", super::yaml::scalar_text(name));
            url = url.replace(&name, &default.unwrap_or_default());
        }
    }
    Some(url)
}
