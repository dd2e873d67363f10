//! Converts an operation to a request.

use serde_yaml::Value;
use url::Url;

use super::parameter::query_part;
use super::{Document, NO_ADDRESS};
use crate::init::draft::{Draft, Request, Step, Target};
use crate::init::template::Template;

/// Words in names of operations that change data, whatever the method.
const CHANGES: [&str; 16] = [
    "add",
    "cancel",
    "create",
    "delete",
    "destroy",
    "disable",
    "logout",
    "purge",
    "remove",
    "reset",
    "restart",
    "revoke",
    "shutdown",
    "signout",
    "stop",
    "unsubscribe",
];

/// An operation and its context.
pub(super) struct Operation<'a> {
    pub(super) document: &'a Document,
    /// In lower case.
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    /// Of the path.
    pub(super) item: &'a Value,
    pub(super) value: &'a Value,
    /// For messages.
    pub(super) place: String,
}

impl Operation<'_> {
    fn text(&self, key: &str) -> Option<&str> {
        self.value.get(key).and_then(Value::as_str)
    }

    pub(super) fn tag(&self) -> Option<&str> {
        let tags = self.value.get("tags").and_then(Value::as_sequence)?;
        tags.first().and_then(Value::as_str)
    }

    /// Whether it only reads, by its method and its name.
    pub(super) fn reads(&self) -> bool {
        let called = [self.text("operationId").unwrap_or_default(), self.path];
        let words = called.iter().flat_map(|text| words(text));
        ["get", "head", "options"].contains(&self.method)
            && words
                .into_iter()
                .all(|word| !CHANGES.contains(&word.as_str()))
    }

    /// The request; `None` if it cannot be sent.
    pub(super) fn step(&self, draft: &mut Draft) -> Option<Step> {
        let service = self.service(draft);
        let mut request = Request::new(
            &self.method.to_ascii_uppercase(),
            (service, Template::default()),
        );
        let parameters = self.parameters(draft);
        let mut query = self.authenticate(draft, &mut request);
        let mut optional = Vec::new();
        for parameter in &parameters {
            match (parameter.within, parameter.required) {
                ("query" | "header", false) => optional.push(parameter.name),
                ("query", true) => query.extend(self.query(draft, &request.service, parameter)),
                ("header", true) => self.header(draft, &mut request, parameter),
                ("cookie", true) => {
                    draft.leave(&self.place, format!("the cookie {}", parameter.name));
                }
                _ => {}
            }
        }
        request.path = self.request_path(draft, &parameters);
        for (at, (name, value)) in query.iter().enumerate() {
            let separator = if at == 0 { "?" } else { "&" };
            request.path = request
                .path
                .and_literal(separator)
                .and_address(&query_part(name))
                .and_literal("=")
                .and(value);
        }
        self.body(draft, &mut request, &parameters);
        self.accept(draft);
        if self.method == "get" {
            request.captures.extend(self.capture(draft));
        }
        let mut step = Step::from(request);
        let summary = self.text("summary").or_else(|| self.text("operationId"));
        step.comment.extend(summary.map(first_line));
        if !optional.is_empty() {
            step.comment
                .push(format!("Optional: {}", optional.join(", ")));
        }
        if self.value.get("deprecated") == Some(&Value::Bool(true)) {
            step.comment.push("Deprecated.".to_owned());
        }
        Some(step)
    }

    fn service(&self, draft: &mut Draft) -> String {
        let (url, others) = self
            .document
            .servers(&[self.value, self.item, &self.document.root]);
        let known = url.is_some();
        let url = url.or_else(|| {
            let path = self.relative_prefix();
            Url::parse(&format!("{NO_ADDRESS}{path}"))
                .or_else(|_| Url::parse(NO_ADDRESS))
                .ok()
        });
        let Some(url) = url else { return String::new() };
        let name = draft.service(&url);
        if let Target::Urls { services, .. } = &mut draft.target
            && let Some(service) = services
                .iter_mut()
                .find(|service| service.name == name && service.comment.is_empty())
        {
            if !known {
                service.comment.push(
                    "The description names no host: put the address of the service here."
                        .to_owned(),
                );
            } else if !others.is_empty() {
                service.comment.push(format!("Also: {}", others.join(", ")));
            }
        }
        name
    }

    /// The path of a server that has no host.
    fn relative_prefix(&self) -> String {
        let root = &self.document.root;
        let servers = root.get("servers").and_then(Value::as_sequence);
        let server = servers.and_then(|servers| super::server_url(servers.first()?));
        let base = root
            .get("basePath")
            .and_then(Value::as_str)
            .map(str::to_owned);
        server
            .or(base)
            .filter(|path| path.starts_with('/'))
            .unwrap_or_default()
    }

    /// Adds `accept: application/json` if the service offers JSON.
    fn accept(&self, draft: &mut Draft) {
        if draft.http.headers.iter().any(|(name, _)| name == "accept") {
            return;
        }
        let root = &self.document.root;
        let produces = self
            .value
            .get("produces")
            .or_else(|| root.get("produces"))
            .and_then(Value::as_sequence);
        let produced = produces.into_iter().flatten().filter_map(Value::as_str);
        let responses = match self.value.get("responses") {
            Some(Value::Mapping(responses)) => responses.values().collect(),
            _ => Vec::new(),
        };
        let contents = responses.into_iter().filter_map(|response| {
            match self.document.resolve(response)?.get("content")? {
                Value::Mapping(content) => Some(content.keys().filter_map(Value::as_str)),
                _ => None,
            }
        });
        if produced
            .chain(contents.flatten())
            .any(|kind| preference(kind) == 0)
        {
            let accept = Template::literal("application/json, */*");
            draft.http.headers.push(("accept".to_owned(), accept));
        }
    }
}

/// Types of bodies, the best first.
pub(super) fn preference(kind: &str) -> usize {
    let essence = kind
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    match essence.as_str() {
        "application/json" | "*/*" | "application/*" => 0,
        kind if kind.ends_with("+json") => 1,
        "application/x-www-form-urlencoded" => 2,
        "multipart/form-data" => 3,
        _ => 4,
    }
}

/// The words of a path or of an operation's name: `deleteUser`, `/user/log-out`.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut lower = false;
    for letter in text.chars() {
        if !letter.is_ascii_alphabetic() || lower && letter.is_ascii_uppercase() {
            words.push(String::new());
        }
        if letter.is_ascii_alphabetic()
            && let Some(word) = words.last_mut()
        {
            word.push(letter.to_ascii_lowercase());
        }
        lower = letter.is_ascii_lowercase();
    }
    words
}

fn first_line(text: &str) -> String {
    text.trim().lines().next().unwrap_or_default().to_owned()
}
