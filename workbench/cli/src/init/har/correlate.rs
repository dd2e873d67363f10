//! Correlation: values of a response that a later request sends, such as ids, tokens and form fields.
//!
//! A value is correlated if it comes from a response, no request had sent it before, and it either is distinctive
//! (long, with digits) or has the same name in both places.

use std::collections::{HashMap, HashSet};

use serde_yaml::Value;
use url::{Url, form_urlencoded};

use super::file::Entry;
use super::matching::{is_meant, is_telling, singular, subject};
use super::page;
use crate::init::draft::{self, Capture, Source};
use crate::init::http::is_secret;
use crate::init::template::mark;

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
    captures: Vec<Vec<Capture>>,
    names: HashSet<String>,
}

/// A value of a response.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) request: usize,
    pub(super) source: GivenSource,
    /// Its name in the response.
    pub(super) key: String,
    /// The subject of the request: `products` of `/api/products/7`.
    pub(super) subject: String,
    pub(super) is_number: bool,
    /// Its variable, once a request uses it.
    pub(super) variable: Option<String>,
}

#[derive(Debug)]
pub(super) enum GivenSource {
    Json(String),
    Css {
        selector: String,
        attribute: &'static str,
    },
    Header,
    Cookie,
}

impl Correlation {
    /// A request begins.
    pub(super) fn begin(&mut self) {
        self.captures.push(Vec::new());
    }

    /// The URL with variables in it.
    pub(super) fn url(&mut self, url: &Url) -> Url {
        let mut out = url.clone();
        let segments: Vec<String> = url.path().split('/').map(str::to_owned).collect();
        let mut before = String::new();
        let replaced: Vec<String> = segments
            .iter()
            .map(|segment| {
                let decoded = decoded(segment);
                let value = self.text(&before, &decoded, Place::Path);
                before = decoded.clone();
                if value == decoded {
                    segment.clone()
                } else {
                    value
                }
            })
            .collect();
        if replaced != segments {
            out.set_path(&replaced.join("/"));
        }
        if let Some(query) = url.query() {
            let pairs: Vec<String> = query
                .split('&')
                .map(|pair| {
                    let Some((key, value)) = form_urlencoded::parse(pair.as_bytes()).next() else {
                        return pair.to_owned();
                    };
                    let own = self.text(&key, &value, Place::Query);
                    match own == value {
                        true => pair.to_owned(),
                        false => format!("{}={own}", pair.split('=').next().unwrap_or_default()),
                    }
                })
                .collect();
            if pairs.join("&") != query {
                out.set_query(Some(&pairs.join("&")));
            }
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
        self.json_named("", value)
    }

    fn json_named(&mut self, key: &str, value: &Value) -> Value {
        match value {
            Value::Sequence(values) => Value::Sequence(
                values
                    .iter()
                    .map(|value| self.json_named(key, value))
                    .collect(),
            ),
            Value::Mapping(entries) => Value::Mapping(
                entries
                    .iter()
                    .map(|(key, value)| {
                        (
                            key.clone(),
                            self.json_named(key.as_str().unwrap_or_default(), value),
                        )
                    })
                    .collect(),
            ),
            Value::String(text) => Value::String(self.text(key, text, Place::JsonText)),
            Value::Number(number) => {
                let text = number.to_string();
                match self.text(key, &text, Place::JsonNumber) {
                    own if own == text => value.clone(),
                    own => Value::String(own),
                }
            }
            other => other.clone(),
        }
    }

    /// A value that a request sends under a name, or the [marked](mark) variable that stands for it.
    pub(super) fn text(&mut self, name: &str, value: &str, place: Place) -> String {
        if value.is_empty() {
            return String::new();
        }
        self.sending.push(value.to_owned());
        let Some(given) = self.given.get(value) else {
            return value.to_owned();
        };
        let fits = match place {
            Place::JsonText => !given.is_number,
            Place::JsonNumber => given.is_number,
            _ => true,
        };
        if !fits || !is_meant(given, name, value, place) {
            return value.to_owned();
        }
        mark(&self.variable(value))
    }

    /// The variable of a value. It adds a capture.
    fn variable(&mut self, value: &str) -> String {
        let Some(given) = self.given.get_mut(value) else {
            return String::new();
        };
        if let Some(variable) = &given.variable {
            return variable.clone();
        }
        let key = given
            .key
            .rsplit(['[', ']', '.'])
            .find(|part| !part.is_empty())
            .unwrap_or("value");
        let base = match key.to_ascii_lowercase().trim_start_matches('_') {
            "id" | "uuid" | "guid" | "key" | "value" | "code" | "slug"
                if !given.subject.is_empty() =>
            {
                format!(
                    "{}_{}",
                    singular(&given.subject),
                    key.trim_start_matches('_')
                )
            }
            _ => key.to_owned(),
        };
        let base = draft::variable_name(&base.replace('-', "_"));
        let mut names =
            std::iter::once(base.clone()).chain((2_u32..).map(|number| format!("{base}_{number}")));
        let name = names
            .find(|name| !self.names.contains(name))
            .unwrap_or_default();
        self.names.insert(name.clone());
        given.variable = Some(name.clone());
        let from = match &given.source {
            GivenSource::Json(path) => Source::Json(path.clone()),
            GivenSource::Css {
                selector,
                attribute,
            } => Source::Css {
                selector: selector.clone(),
                attribute: Some((*attribute).to_owned()),
            },
            GivenSource::Header => Source::Header(given.key.clone()),
            GivenSource::Cookie => Source::Cookie(given.key.clone()),
        };
        self.captures[given.request].push(Capture {
            variable: name.clone(),
            from,
            pick: None,
            default: None,
        });
        name
    }

    /// Adds the values of the current request's response.
    pub(super) fn answered(&mut self, entry: &Entry) {
        self.sent.extend(self.sending.drain(..));
        let subject = subject(&entry.url);
        for (name, value) in entry.set_cookies() {
            self.give(&value, GivenSource::Cookie, &name, &subject, false);
            let plain = decoded(&value);
            self.give(&plain, GivenSource::Cookie, &name, &subject, false);
        }
        for (name, value) in &entry.response_headers {
            let name = name.to_ascii_lowercase();
            if is_secret(&name) || name.starts_with("x-") && is_telling(value) {
                self.give(value, GivenSource::Header, &name, &subject, false);
            }
        }
        if entry.kind.contains("json") || entry.text.trim_start().starts_with(['{', '[']) {
            if let Ok(json) = serde_json::from_str::<serde_json::Value>(&entry.text) {
                let mut count = 0;
                self.give_json(&json, "$", "", &subject, &mut count, 0);
            }
        } else if entry.kind.contains("html") {
            for hidden in page::hidden(&entry.text) {
                let source = GivenSource::Css {
                    selector: hidden.selector,
                    attribute: hidden.attribute,
                };
                self.give(&hidden.value, source, &hidden.name, &subject, false);
            }
        }
    }

    /// Drops the current request, which is left out.
    pub(super) fn unanswered(&mut self) {
        self.sending.clear();
    }

    fn give_json(
        &mut self,
        json: &serde_json::Value,
        path: &str,
        key: &str,
        subject: &str,
        count: &mut usize,
        depth: usize,
    ) {
        *count += 1;
        if *count > MOST_VALUES || depth > DEEPEST {
            return;
        }
        match json {
            serde_json::Value::Object(entries) => {
                // `{ user: { id } }` is about a user.
                let subject = if key.is_empty() { subject } else { key };
                for (name, value) in entries {
                    let is_word = name
                        .starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
                        && name
                            .chars()
                            .all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
                    let path = match is_word {
                        true => format!("{path}.{name}"),
                        false => format!(
                            "{path}['{}']",
                            name.replace('\\', "\\\\").replace('\'', "\\'")
                        ),
                    };
                    self.give_json(value, &path, name, subject, count, depth + 1);
                }
            }
            serde_json::Value::Array(values) => {
                for (at, value) in values.iter().enumerate() {
                    self.give_json(
                        value,
                        &format!("{path}[{at}]"),
                        key,
                        subject,
                        count,
                        depth + 1,
                    );
                }
            }
            serde_json::Value::String(text) => {
                self.give(
                    text,
                    GivenSource::Json(path.to_owned()),
                    key,
                    subject,
                    false,
                );
            }
            serde_json::Value::Number(number) => {
                let source = GivenSource::Json(path.to_owned());
                self.give(&number.to_string(), source, key, subject, true);
            }
            _ => {}
        }
    }

    fn give(
        &mut self,
        value: &str,
        source: GivenSource,
        key: &str,
        subject: &str,
        is_number: bool,
    ) {
        let is_short =
            value.len() > 4096 || value.is_empty() || value.contains(char::is_whitespace);
        if is_short || self.sent.contains(value) || self.given.contains_key(value) {
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

    /// The captures, by request.
    pub(super) fn captures(&mut self) -> Vec<Vec<Capture>> {
        std::mem::take(&mut self.captures)
    }
}

fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text)
        .decode_utf8_lossy()
        .into_owned()
}
