//! Parts of a response that become variables.

use rand::Rng;
use regex::Regex;
use scraper::Selector;

use super::content::{Content, JsonPath};
use crate::draw::at_most;
use crate::plan::Part;
use crate::template::Value;

/// A part of a response that becomes a variable.
#[derive(Clone, Debug)]
pub struct Capture {
    /// Of the variable.
    pub position: usize,
    pub(crate) place: Place,
    pub(crate) pick: Pick,
    /// The value where there is none.
    pub(crate) default: Option<Value>,
}

/// A place in a response.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    Json(JsonPath),
    /// By name, in lower case.
    Header(String),
    Cookie(String),
    Regex(Regex),
    Css {
        selector: Selector,
        /// As written.
        text: String,
        /// The element's text without one.
        attribute: Option<String>,
    },
}

/// Which of several values is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pick {
    First,
    Last,
    Random,
    /// As a JSON array.
    All,
}

impl Capture {
    pub(crate) fn part(&self) -> Part {
        match self.place {
            Place::Header(_) | Place::Cookie(_) => Part::Head,
            Place::Json(_) | Place::Regex(_) | Place::Css { .. } => Part::Body,
        }
    }

    /// Sets the variable to its default; `false` where there is none.
    pub(super) fn go_without(&self, values: &mut [Value]) -> bool {
        if let Some(default) = &self.default {
            values[self.position].set(default);
        }
        self.default.is_some()
    }

    /// Sets the variable. Returns what is missing if there is neither a value nor a default.
    pub(super) fn take(
        &self,
        content: &Content<'_>,
        values: &mut [Value],
        random: &mut impl Rng,
    ) -> Result<(), String> {
        let mut found = self.place.find(content, self.pick, random);
        let value = match self.pick {
            _ if found.is_empty() => None,
            Pick::All => Some(all(found)),
            Pick::First | Pick::Last | Pick::Random => found.pop(),
        };
        match value.or_else(|| self.default.clone()) {
            Some(value) => {
                values[self.position] = value;
                Ok(())
            }
            None => Err(self.place.missing(content)),
        }
    }
}

/// A JSON array of values.
fn all(values: Vec<Value>) -> Value {
    let json = |value: Value| match value {
        Value::Integer(integer) => integer.into(),
        Value::Text(text) => serde_json::Value::String(text),
        Value::Json(json) => serde_json::from_str(&json).unwrap_or(serde_json::Value::Null),
    };
    let list: Vec<_> = values.into_iter().map(json).collect();
    Value::Json(serde_json::Value::from(list).to_string())
}

/// Most values in a captured list. Our choice: the list is sent with a request.
const MOST_OF_ALL: usize = 10_000;

/// The picked ones of all matches. The iterator is lazy, since there may be millions.
fn picked<T>(mut found: impl Iterator<Item = T>, pick: Pick, random: &mut impl Rng) -> Vec<T> {
    match pick {
        Pick::First => found.next().into_iter().collect(),
        Pick::Last => found.last().into_iter().collect(),
        Pick::All => found.take(MOST_OF_ALL).collect(),
        Pick::Random => {
            let mut all: Vec<T> = found.collect();
            if all.is_empty() {
                return all;
            }
            let chosen = at_most(all.len() as u64 - 1, random) as usize;
            vec![all.swap_remove(chosen)]
        }
    }
}

impl Place {
    /// The picked values, in order.
    fn find(&self, content: &Content<'_>, pick: Pick, random: &mut impl Rng) -> Vec<Value> {
        let text = |text: &str| Value::Text(text.to_owned());
        match self {
            Self::Json(path) => {
                let found = content.json().map(|json| path.find(json));
                let found = picked(found.unwrap_or_default().into_iter(), pick, random);
                found.into_iter().map(value).collect()
            }
            Self::Header(name) => {
                let found = picked(content.header(name), pick, random);
                found.iter().map(|it| text(it)).collect()
            }
            Self::Cookie(name) => (content.response.cookie)(name)
                .into_iter()
                .map(Value::Text)
                .collect(),
            Self::Regex(regex) => {
                let matches = regex.captures_iter(content.text());
                let group = matches.filter_map(|found| found.get(1).or_else(|| found.get(0)));
                let found = picked(group.map(|found| found.as_str()), pick, random);
                found.into_iter().map(text).collect()
            }
            Self::Css {
                selector,
                attribute: Some(name),
                ..
            } => {
                let elements = content.html().select(selector);
                let found = picked(elements.filter_map(|it| it.attr(name)), pick, random);
                found.into_iter().map(text).collect()
            }
            Self::Css { selector, .. } => {
                let found = picked(content.html().select(selector), pick, random);
                let texts = found.into_iter().map(|it| it.text().collect::<String>());
                texts.map(|it| text(it.trim())).collect()
            }
        }
    }

    /// Why there is no value.
    fn missing(&self, content: &Content<'_>) -> String {
        match self {
            Self::Json(_) if content.response.body.is_empty() => "the body is empty".to_owned(),
            Self::Json(_) if content.json().is_none() => content.not_json(),
            _ if content.response.is_truncated && self.is_in_body() => format!(
                "{} within the first {} bytes, and no more are kept",
                self.nothing(),
                content.response.body.len()
            ),
            _ => self.nothing(),
        }
    }

    fn is_in_body(&self) -> bool {
        !matches!(self, Self::Header(_) | Self::Cookie(_))
    }

    fn nothing(&self) -> String {
        match self {
            Self::Json(path) => format!("there is no {} in the body", path.as_str()),
            Self::Header(name) => format!("there is no header {name}"),
            Self::Cookie(name) => format!("there is no cookie {name}"),
            Self::Regex(regex) => format!("/{regex}/ is not found in the body"),
            Self::Css {
                text, attribute, ..
            } => match attribute {
                Some(attribute) => {
                    format!("there is no {text} with the attribute {attribute} in the body")
                }
                None => format!("there is no {text} in the body"),
            },
        }
    }
}

/// A JSON value as that of a variable.
fn value(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::String(text) => Value::Text(text.clone()),
        serde_json::Value::Number(number) => number
            .as_i64()
            .map_or_else(|| Value::Json(number.to_string()), Value::Integer),
        other => Value::Json(other.to_string()),
    }
}
