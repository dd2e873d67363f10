//! Expectations: which responses count as a success.

use std::time::Duration;

use regex::Regex;

use super::Failure;
use super::content::{Content, JsonPath};
use crate::condition::Relation;
use crate::file::format_duration;
use crate::plan::Part;
use crate::template::{Template, Value};

/// Which responses count as a success. All conditions must hold.
#[derive(Clone, Debug, Default)]
pub struct Expectation {
    /// Which statuses; empty means any from 200 to 299, and 304.
    pub statuses: Vec<u16>,
    pub(crate) body: Vec<TextTest>,
    pub(crate) headers: Vec<HeaderTest>,
    /// Conditions on JSON values. Every match must satisfy its condition, and there must be a match.
    pub(crate) json: Vec<(JsonPath, Relation, Template)>,
    /// How long the request may take.
    pub(crate) time: Option<(Relation, Duration)>,
}

/// A condition on a text.
#[derive(Clone, Debug)]
pub(crate) enum TextTest {
    Contains(Template),
    Equals(Template),
    Matches(Regex),
}

/// A condition on a header. At least one of its fields must satisfy it.
#[derive(Clone, Debug)]
pub(crate) struct HeaderTest {
    /// In lower case.
    pub(crate) name: String,
    pub(crate) test: TextTest,
}

/// The response to a conditional request. It is not a redirect.
const NOT_MODIFIED: u16 = 304;

/// Whether a status is a success: any of `expected` or, if that is empty, 200 to 299 and 304.
///
/// A redirect that is not followed is a failure: the requested resource was not returned.
#[must_use]
pub fn accepts(expected: &[u16], status: u16) -> bool {
    if expected.is_empty() {
        (200..300).contains(&status) || status == NOT_MODIFIED
    } else {
        expected.contains(&status)
    }
}

impl Expectation {
    pub(crate) fn part(&self) -> Part {
        if !self.body.is_empty() || !self.json.is_empty() {
            Part::Body
        } else if !self.headers.is_empty() {
            Part::Head
        } else {
            Part::Status
        }
    }

    pub(super) fn examine(
        &self,
        content: &Content<'_>,
        values: &[Value],
    ) -> Result<(), (Failure, String)> {
        let status = content.response.status;
        if !accepts(&self.statuses, status) {
            return Err((Failure::Status, self.wrong_status(content)));
        }
        self.unmet(content, values)
            .map_or(Ok(()), |reason| Err((Failure::Expectation, reason)))
    }

    fn wrong_status(&self, content: &Content<'_>) -> String {
        let status = content.response.status;
        let mut reason = format!("status {status}");
        if !self.statuses.is_empty() {
            let expected: Vec<String> = self.statuses.iter().map(u16::to_string).collect();
            reason = format!("{reason}, expected {}", expected.join(" or "));
        }
        let location = content.header("location").next();
        match location {
            Some(location) if (300..400).contains(&status) => {
                format!("{reason}, to {}", shown(&location))
            }
            _ => reason,
        }
    }

    /// The first condition that does not hold.
    fn unmet(&self, content: &Content<'_>, values: &[Value]) -> Option<String> {
        let elapsed = content.response.elapsed;
        if let Some((relation, limit)) = self.time
            && !relation.holds(
                &elapsed.as_nanos().to_string(),
                &limit.as_nanos().to_string(),
            )
        {
            let ms = elapsed.as_secs_f64() * 1_000.0;
            return Some(format!(
                "took {ms:.1} ms, expected {} {}",
                relation.sign(),
                format_duration(limit)
            ));
        }
        let header = |it: &HeaderTest| it.unmet(content, values);
        let body = |it: &TextTest| {
            let expected = it.unmet(content.text(), values, false)?;
            Some(if content.response.is_truncated {
                let length = content.response.body.len();
                format!("the body {expected} (its first {length} bytes: no more are kept)")
            } else {
                format!("the body {expected}")
            })
        };
        let json = |(path, relation, expected): &(JsonPath, Relation, Template)| {
            json_unmet(content, path, *relation, &rendered(expected, values))
        };
        self.headers
            .iter()
            .find_map(header)
            .or_else(|| self.body.iter().find_map(body))
            .or_else(|| self.json.iter().find_map(json))
    }
}

impl HeaderTest {
    fn unmet(&self, content: &Content<'_>, values: &[Value]) -> Option<String> {
        let name = &self.name;
        let mut first = None;
        for value in content.header(name) {
            let expected = self.test.unmet(&value, values, true)?;
            first.get_or_insert_with(|| format!("header {name} {expected}: {}", shown(&value)));
        }
        Some(first.unwrap_or_else(|| format!("there is no header {name}")))
    }
}

impl TextTest {
    /// The condition that the text does not satisfy.
    fn unmet(&self, text: &str, values: &[Value], ignores_case: bool) -> Option<String> {
        match self {
            Self::Contains(part) => {
                let part = rendered(part, values);
                let is_there = if ignores_case {
                    text.to_lowercase().contains(&part.to_lowercase())
                } else {
                    text.contains(&part)
                };
                (!is_there).then(|| format!("does not contain {}", shown(&part)))
            }
            Self::Equals(whole) => {
                let whole = rendered(whole, values);
                (text != whole).then(|| format!("is not {}", shown(&whole)))
            }
            Self::Matches(regex) => {
                (!regex.is_match(text)).then(|| format!("does not match /{regex}/"))
            }
        }
    }
}

fn json_unmet(
    content: &Content<'_>,
    path: &JsonPath,
    relation: Relation,
    expected: &str,
) -> Option<String> {
    let Some(json) = content.json() else {
        return Some(content.not_json());
    };
    let found = path.find(json);
    let path = path.as_str();
    if found.is_empty() {
        return Some(format!("there is no {path} in the body"));
    }
    found.into_iter().find_map(|value| {
        let text = match value {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        (!relation.holds(&text, expected)).then(|| {
            format!(
                "{path} is {}, expected {} {}",
                shown(&text),
                relation.sign(),
                shown(expected)
            )
        })
    })
}

fn rendered(template: &Template, values: &[Value]) -> String {
    let mut text = String::new();
    template.render(values, &mut text);
    text
}

/// A text in quotes and in one line, as JSON writes it; a number without quotes. The caller removes secrets from it,
/// then shortens it.
fn shown(text: &str) -> String {
    if text.parse::<f64>().is_ok() {
        text.to_owned()
    } else {
        serde_json::Value::from(text).to_string()
    }
}
