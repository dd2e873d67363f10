//! Converts an OpenAPI description to an experiment: reading operations become steps, all others are written as
//! comments.
//!
//! Descriptions are read as plain YAML values, with our own resolution of `$ref`: typed crates know one version each
//! (openapiv3 3.0, oas3 3.1) and refuse a whole description for one unexpected field. Only a small part of a
//! description is needed here.

mod body;
mod document;
mod example;
mod lenient;
mod listing;
mod operation;
mod parameter;
mod security;

use anyhow::Context;
use url::Url;

use super::{LONGEST_DOCUMENT, read};
use crate::init::draft::{Draft, Load, Request, Scenario, Step, name};
use crate::init::template::Template;
use document::{Document, entries, parse};
use operation::Operation;

/// The methods of operations, in the order in which they are written.
const METHODS: [&str; 8] = [
    "get", "head", "options", "post", "put", "patch", "delete", "trace",
];

pub(crate) fn draft(source: &str) -> anyhow::Result<Draft> {
    let url = source.contains("://").then(|| Url::parse(source));
    let url = url.transpose();
    let url = url.context("this is not a URL")?;
    let text = match &url {
        Some(url) => download(url)?,
        None => read(source)?,
    };
    let root =
        parse(&text).with_context(|| format!("{} is not an OpenAPI description", shown(source)))?;
    let stem = super::stem(source).unwrap_or("api");
    Ok(of(&Document { root, url }, stem))
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

fn of(document: &Document, file: &str) -> Draft {
    let title = document.root["info"]["title"].as_str();
    let mut draft = Draft::new(title.filter(|title| has_letters(title)).unwrap_or(file));
    draft.title = title.map(str::to_owned);
    for key in ["webhooks", "x-webhooks"] {
        if document.root.get(key).is_some() {
            draft.leave_at(key, "requests that the service sends itself");
        }
    }
    let mut readers: Vec<Scenario> = Vec::new();
    let mut writer = Vec::new();
    for operation in operations(document, &mut draft) {
        let step = operation.step(&mut draft);
        let tag = match operation.value["tags"][0].as_str().unwrap_or("reader") {
            tag if has_letters(tag) => name(tag),
            tag => tag.to_owned(),
        };
        match readers.iter_mut().find(|scenario| scenario.name == tag) {
            _ if !operation.reads() => writer.push(step),
            Some(scenario) => scenario.steps.push(step),
            None => readers.push(Scenario::starter(&tag, vec![step])),
        }
    }
    if readers.is_empty() && writer.is_empty() {
        return draft;
    }
    if readers.is_empty() {
        readers.push(placeholder(&draft));
    }
    let users = u64::try_from(readers.len()).unwrap_or(u64::MAX);
    let users = users.max(Load::USERS);
    draft.scenarios = readers;
    if !writer.is_empty() {
        let what = "Operations that may change data are not sent. Take the comment signs off of this scenario, and keep the \
                    steps that every user may send, again and again.";
        let mut scenario = Scenario::starter("writer", writer);
        (scenario.disabled, scenario.comment) = (true, vec![what.to_owned()]);
        draft.scenarios.push(scenario);
    }
    draft.start(users, Load::HOLD);
    draft
        .comment
        .push("The operations of an OpenAPI description.".to_owned());
    // Variables that need the reader's attention come last, under one comment.
    draft
        .variables
        .sort_by_key(|(_, value)| !value.comment.is_empty());
    let invented = draft.variables.iter_mut();
    let invented = invented.filter(|(_, value)| !value.comment.is_empty());
    invented
        .skip(1)
        .for_each(|(_, value)| value.comment.clear());
    draft
}

/// Whether a name can be made of the text.
fn has_letters(text: &str) -> bool {
    text.contains(|letter: char| letter.is_ascii_alphanumeric())
}

/// A placeholder scenario for a description without reading operations.
fn placeholder(draft: &Draft) -> Scenario {
    let service = draft.services.first().map(|service| service.name.clone());
    let request = Request::new("GET", (service.unwrap_or_default(), Template::literal("/")));
    let what = "No operation of the description only reads: this stands here until one of those below may be sent.";
    let step = Step::request(request, vec![what.to_owned()], false);
    Scenario::starter("reader", vec![step])
}

/// All operations in the order of the description.
fn operations<'a>(document: &'a Document, draft: &mut Draft) -> Vec<Operation<'a>> {
    let mut operations = Vec::new();
    if !document.root["paths"].is_mapping() {
        draft.leave_at("paths", "the description has none");
    }
    for (path, item) in entries(&document.root["paths"]).filter(|(path, _)| path.starts_with('/')) {
        let Some(item) = document.resolve(item) else {
            let what = "it is in another file; bundle the description into one";
            draft.leave_at(&format!("paths.{path}"), what);
            continue;
        };
        for method in METHODS {
            let Some(value) = item.get(method) else {
                continue;
            };
            match method {
                "trace" => {
                    let what = "a request with the method TRACE";
                    draft.leave_at(&format!("paths.{path}.trace"), what);
                }
                _ => operations.push(Operation::new(document, method, (path, item), value)),
            }
        }
    }
    operations
}
