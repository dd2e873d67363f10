//! Correlation: values of a response that a later request sends, such as ids, tokens and form fields.
//!
//! A value is correlated if it comes from a response, no request had sent it before, and it either is distinctive
//! (long, with digits) or has the same name in both places.

use std::collections::{HashMap, HashSet};

use serde_json::Value as Json;
use serde_yaml::Value;
use url::{Url, form_urlencoded};

use super::file::Entry;
use super::matching::{is_meant, is_telling, singular, subject};
use super::page;
use crate::init::draft::{self, decoded, free, is_secret, is_word, map_leaves};
use crate::init::template::mark;
use crate::init::values::{Source, capture};
use crate::init::yaml::Node;

/// Values of one response that are kept.
const MOST_VALUES: usize = 20_000;
/// Deepest nesting of lists and objects that is searched.
const DEEPEST: usize = 40;

/// The place of a value in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Path,
    Query,
    Header,
    Form,
    /// A text in JSON.
    JsonText,
    /// A number in JSON.
    JsonNumber,
}

/// The state of the correlation.
#[derive(Debug, Default)]
pub(super) struct Correlation {
    /// Values of responses, each with its first occurrence.
    given: HashMap<String, Given>,
    /// Values that requests have sent.
    sent: HashSet<String>,
    /// Values of the current request.
    sending: Vec<String>,
    /// The captures, by request.
    pub(super) captures: Vec<Vec<(String, Node)>>,
    names: HashSet<String>,
    /// Values of the current response in JSON.
    count: usize,
}

/// A value of a response.
#[derive(Debug)]
pub(super) struct Given {
    request: usize,
    pub(super) source: Source,
    /// Its name in the response.
    pub(super) key: String,
    /// The subject of the request: `products` of `/api/products/7`.
    pub(super) subject: String,
    is_number: bool,
    /// Its variable, once a request uses it.
    pub(super) variable: Option<String>,
}

impl Correlation {
    /// A request begins.
    pub(super) fn begin(&mut self) {
        self.captures.push(Vec::new());
    }

    /// The URL with variables in it.
    pub(super) fn url(&mut self, url: &Url) -> Url {
        let mut out = url.clone();
        let mut before = String::new();
        let segments = url.path().split('/').map(|segment| {
            let decoded = decoded(segment);
            let value = self.text(&before, &decoded, Place::Path);
            let own = if value == decoded {
                segment.to_owned()
            } else {
                value
            };
            before = decoded;
            own
        });
        let path = segments.collect::<Vec<_>>().join("/");
        if path != url.path() {
            out.set_path(&path);
        }
        let Some(query) = url.query() else { return out };
        let pairs = query.split('&').map(|pair| {
            let Some((key, value)) = form_urlencoded::parse(pair.as_bytes()).next() else {
                return pair.to_owned();
            };
            let own = self.text(&key, &value, Place::Query);
            match own == value {
                true => pair.to_owned(),
                false => format!("{}={own}", pair.split('=').next().unwrap_or_default()),
            }
        });
        let pairs = pairs.collect::<Vec<_>>().join("&");
        if pairs != query {
            out.set_query(Some(&pairs));
        }
        out
    }

    pub(super) fn header(&mut self, name: &str, value: &str) -> String {
        match value.split_once(' ') {
            Some((scheme, rest)) if name == "authorization" => {
                format!("{scheme} {}", self.text(name, rest.trim(), Place::Header))
            }
            _ => self.text(name, value, Place::Header),
        }
    }

    /// JSON with variables in it.
    pub(super) fn json(&mut self, value: &Value) -> Value {
        map_leaves("", value, &mut |key, value| {
            let (text, place) = match value {
                Value::String(text) => (text.clone(), Place::JsonText),
                Value::Number(number) => (number.to_string(), Place::JsonNumber),
                _ => return None,
            };
            let own = self.text(key, &text, place);
            (own != text).then_some(Value::String(own))
        })
    }

    /// A value that a request sends under a name, or the [marked](mark) variable that stands for it.
    pub(super) fn text(&mut self, name: &str, value: &str, place: Place) -> String {
        if value.is_empty() {
            return String::new();
        }
        self.sending.push(value.to_owned());
        let is_meant = |given: &Given| {
            let fits = match place {
                Place::JsonText => !given.is_number,
                Place::JsonNumber => given.is_number,
                _ => true,
            };
            fits && is_meant(given, name, value, place)
        };
        match self.given.get(value).is_some_and(is_meant) {
            true => mark(&self.variable(value)),
            false => value.to_owned(),
        }
    }

    /// The variable of a value. It adds a capture.
    fn variable(&mut self, value: &str) -> String {
        let Some(given) = self.given.get_mut(value) else {
            return String::new();
        };
        if let Some(variable) = &given.variable {
            return variable.clone();
        }
        let mut parts = given.key.rsplit(['[', ']', '.']);
        let key = parts.find(|part| !part.is_empty()).unwrap_or("value");
        let plain = key.trim_start_matches('_');
        let base = match key.to_ascii_lowercase().trim_start_matches('_') {
            "id" | "uuid" | "guid" | "key" | "value" | "code" | "slug"
                if !given.subject.is_empty() =>
            {
                format!("{}_{plain}", singular(&given.subject))
            }
            _ => key.to_owned(),
        };
        let base = draft::variable_name(&base.replace('-', "_"));
        let variable = free(&base, "_", |name| self.names.contains(name));
        self.names.insert(variable.clone());
        given.variable = Some(variable.clone());
        let value = capture(&given.source, None, None);
        self.captures[given.request].push((variable.clone(), value));
        variable
    }

    /// Adds the values of the current request's response.
    pub(super) fn answered(&mut self, entry: &Entry) {
        self.sent.extend(self.sending.drain(..));
        let subject = subject(&entry.url);
        for (name, value) in entry.set_cookies() {
            let source = vec![("cookie", name.clone())];
            for value in [value.clone(), decoded(&value)] {
                self.give(&value, source.clone(), &name, &subject, false);
            }
        }
        for (name, value) in &entry.response_headers {
            let name = name.to_ascii_lowercase();
            if is_secret(&name) || name.starts_with("x-") && is_telling(value) {
                let source = vec![("header", name.clone())];
                self.give(value, source, &name, &subject, false);
            }
        }
        if entry.kind.contains("json") || entry.text.trim_start().starts_with(['{', '[']) {
            if let Ok(json) = serde_json::from_str::<Json>(&entry.text) {
                self.count = 0;
                self.give_json(&json, "$", "", &subject, 0);
            }
        } else if entry.kind.contains("html") {
            for (name, value, source) in page::hidden(&entry.text) {
                self.give(&value, source, &name, &subject, false);
            }
        }
    }

    /// Drops the current request, which is left out.
    pub(super) fn unanswered(&mut self) {
        self.sending.clear();
    }

    fn give_json(&mut self, json: &Json, path: &str, key: &str, subject: &str, depth: usize) {
        self.count += 1;
        if self.count > MOST_VALUES || depth > DEEPEST {
            return;
        }
        let source = || vec![("json", path.to_owned())];
        match json {
            Json::Object(entries) => {
                // `{ user: { id } }` is about a user.
                let subject = if key.is_empty() { subject } else { key };
                for (name, value) in entries {
                    let escaped = || name.replace('\\', "\\\\").replace('\'', "\\'");
                    let path = match is_word(name) {
                        true => format!("{path}.{name}"),
                        false => format!("{path}['{}']", escaped()),
                    };
                    self.give_json(value, &path, name, subject, depth + 1);
                }
            }
            Json::Array(values) => {
                for (at, value) in values.iter().enumerate() {
                    self.give_json(value, &format!("{path}[{at}]"), key, subject, depth + 1);
                }
            }
            Json::String(text) => self.give(text, source(), key, subject, false),
            Json::Number(number) => self.give(&number.to_string(), source(), key, subject, true),
            Json::Null | Json::Bool(_) => {}
        }
    }

    fn give(&mut self, value: &str, source: Source, key: &str, subject: &str, is_number: bool) {
        let is_unfit =
            value.len() > 4096 || value.is_empty() || value.contains(char::is_whitespace);
        if is_unfit || self.sent.contains(value) || self.given.contains_key(value) {
            return;
        }
        let given = Given {
            request: self.captures.len().saturating_sub(1),
            source,
            key: key.to_owned(),
            subject: subject.to_owned(),
            is_number,
            variable: None,
        };
        self.given.insert(value.to_owned(), given);
    }
}
