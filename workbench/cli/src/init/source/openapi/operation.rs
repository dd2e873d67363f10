//! Converts an operation to a request.

use serde_yaml::Value;
use url::Url;

use super::document::{Document, entries, list};
use super::parameter::query_part;
use crate::init::draft::{Draft, Request, Step, essence, is_json};
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

/// The placeholder for a missing address.
const NO_ADDRESS: &str = "http://localhost:8080";

/// An operation and its context.
pub(super) struct Operation<'a> {
    pub(super) document: &'a Document,
    /// In lower case.
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    /// Of the path.
    pub(super) item: &'a Value,
    pub(super) value: &'a Value,
}

impl<'a> Operation<'a> {
    pub(super) fn new(
        document: &'a Document,
        method: &'a str,
        (path, item): (&'a str, &'a Value),
        value: &'a Value,
    ) -> Self {
        Self {
            document,
            method,
            path,
            item,
            value,
        }
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.value[key].as_str()
    }

    /// Whether it only reads, by its method and its name.
    pub(super) fn reads(&self) -> bool {
        let called = [self.text("operationId").unwrap_or_default(), self.path];
        let changes = |text| {
            words(text)
                .iter()
                .any(|word| CHANGES.contains(&word.as_str()))
        };
        ["get", "head", "options"].contains(&self.method) && !called.into_iter().any(changes)
    }

    pub(super) fn step(&self, draft: &mut Draft) -> Step {
        draft.at = format!("paths.{}.{}", self.path, self.method);
        let address = (self.service(draft), Template::default());
        let mut request = Request::new(&self.method.to_ascii_uppercase(), address);
        let parameters = self.parameters(draft);
        let mut query = self.authenticate(draft, &mut request);
        let mut optional = Vec::new();
        for parameter in &parameters {
            match (parameter.within, parameter.required) {
                ("query" | "header", false) => optional.push(parameter.name),
                ("query", true) => query.extend(self.query(draft, &request.service, parameter)),
                ("header", true) => self.header(draft, &mut request, parameter),
                ("cookie", true) => draft.leave(format!("the cookie {}", parameter.name)),
                _ => {}
            }
        }
        let mut path = self.request_path(draft, &parameters);
        for (at, (name, value)) in query.iter().enumerate() {
            let separator = if at == 0 { "?" } else { "&" };
            let name = query_part(name);
            path = path.and_literal(separator).and_address(&name);
            path = path.and_literal("=").and(value);
        }
        request.path = path;
        self.body(draft, &mut request, &parameters);
        self.accept(draft);
        if self.method == "get" {
            request.captures.extend(self.capture(draft));
        }
        let mut step = Step::from(request);
        let summary = self.text("summary").or_else(|| self.text("operationId"));
        let first_line = |text: &str| text.trim().lines().next().unwrap_or_default().to_owned();
        step.comment.extend(summary.map(first_line));
        if !optional.is_empty() {
            step.comment
                .push(format!("Optional: {}", optional.join(", ")));
        }
        if self.value["deprecated"] == true {
            step.comment.push("Deprecated.".to_owned());
        }
        step
    }

    fn service(&self, draft: &mut Draft) -> String {
        let document = self.document;
        let (url, others) = document.servers(&[self.value, self.item, &document.root]);
        let comment = match &url {
            None => Some(
                "The description names no host: put the address of the service here.".to_owned(),
            ),
            Some(_) => (!others.is_empty()).then(|| format!("Also: {}", others.join(", "))),
        };
        let placeholder =
            || Url::parse(&format!("{NO_ADDRESS}{}", document.relative_prefix())).ok();
        let url = url.or_else(placeholder);
        let url = url.or_else(|| Url::parse(NO_ADDRESS).ok());
        let Some(url) = url else { return String::new() };
        let name = draft.service(&url);
        let mut services = draft.services.iter_mut();
        let new = services.find(|service| service.name == name && service.comment.is_empty());
        if let Some(service) = new {
            service.comment.extend(comment);
        }
        name
    }

    /// Adds `accept: application/json` if the service offers JSON.
    fn accept(&self, draft: &mut Draft) {
        if draft.http.headers.iter().any(|(name, _)| name == "accept") {
            return;
        }
        let produces = self.value.get("produces");
        let produces = produces.unwrap_or(&self.document.root["produces"]);
        let produced = list(produces).iter().filter_map(Value::as_str);
        let responses = self.value["responses"].as_mapping().into_iter();
        let responses = responses.flat_map(|it| it.values());
        let responses = responses.filter_map(|response| self.document.resolve(response));
        let contents = responses.flat_map(|response| entries(&response["content"]));
        let mut kinds = produced.chain(contents.map(|(kind, _)| kind));
        if kinds.any(|kind| preference(kind) == 0) {
            let accept = Template::literal("application/json, */*");
            draft.http.headers.push(("accept".to_owned(), accept));
        }
    }
}

/// Types of bodies, the best first.
pub(super) fn preference(kind: &str) -> usize {
    match essence(kind).as_str() {
        "application/json" | "*/*" | "application/*" => 0,
        kind if is_json(kind) => 1,
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
