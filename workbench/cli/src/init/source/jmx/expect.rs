//! Assertions as expectations.

use regex::Regex;

use super::tree::Element;
use super::variables::Kind;
use super::{Conversion, milliseconds};
use crate::init::draft::Request;
use crate::init::template::{Template, is_marked};
use crate::init::values::capture;

/// Bits of the type of a Response Assertion.
const MATCHES: u64 = 1;
const CONTAINS: u64 = 2;
const NOT: u64 = 4;
const EQUALS: u64 = 8;
const SUBSTRING: u64 = 16;
const OR: u64 = 32;

impl Conversion<'_> {
    /// Adds the expectations of the assertions that apply.
    pub(super) fn expect(&mut self, request: &mut Request) {
        for applied in self.scope.assertions.clone() {
            let element = applied.element;
            self.at(applied.place, |conversion| match element.kind() {
                "DurationAssertion" => conversion.expect_time(request, element),
                "JSONPathAssertion" => conversion.expect_json(request, element),
                _ => conversion.expect_response(request, element),
            });
        }
    }

    fn expect_time(&mut self, request: &mut Request, element: &Element) {
        let limit = self.number(element.property("DurationAssertion.duration"));
        match limit.filter(|limit| *limit > 0.0) {
            // In JMeter a response that takes exactly this long passes.
            Some(limit) => request.expect.time = Some(milliseconds(limit)),
            None => self.leave("a duration that is known at run time only"),
        }
    }

    fn expect_json(&mut self, request: &mut Request, element: &Element) {
        let Some(path) = self.json_path(element.property("JSON_PATH")) else {
            return;
        };
        let expected = element.raw("EXPECTED_VALUE");
        let value = self.fixed(expected);
        let is_literal = !element.is("ISREGEX") || regex::escape(expected) == expected;
        let is_opposite = element.is("INVERT") || element.is("EXPECT_NULL");
        let Some(value) = value.filter(|_| !is_opposite) else {
            let what =
                format!("what is expected of {path}: the opposite, or null, or something random");
            return self.leave(what);
        };
        if element.is("JSONVALIDATION") && is_literal {
            // Otherwise it would be read as a comparison.
            let trimmed = value.trim_start();
            let is_plain = !trimmed.is_empty() && !trimmed.starts_with(['=', '!', '<', '>']);
            let sign = if is_plain { "" } else { "== " };
            let expected = Template::literal(sign).and_literal(&value);
            request.expect.json.push((path, expected));
            return;
        }
        if element.is("JSONVALIDATION") {
            let what = format!("that {path} matches {expected}: here that it is there");
            self.leave(what);
        }
        // A capture without a value fails the request.
        let variable = self.name(&format!("there_{}", path.trim_start_matches(['$', '.'])));
        self.define(&variable, Kind::Json);
        let value = capture(&vec![("json", path)], None, None);
        request.captures.push((variable, value));
    }

    fn expect_response(&mut self, request: &mut Request, element: &Element) {
        let kind = element.property("Assertion.test_type").parse::<u64>();
        let kind = kind.unwrap_or(CONTAINS);
        let field = element.property("Assertion.test_field");
        let collection = match element.collection("Asserion.test_strings") {
            // The misspelt name is JMeter's own.
            [] => element.collection("Assertion.test_strings"),
            texts => texts,
        };
        let raw: Vec<&str> = collection.iter().map(|text| text.text.as_str()).collect();
        let texts: Vec<_> = raw.iter().map(|raw| self.fixed(raw)).collect();
        let is_code = field == "Assertion.response_code";
        if element.is("Assertion.assume_success") && !is_code {
            self.leave("it ignores the status: list those under expect: status");
        }
        let texts = texts.into_iter().collect::<Option<Vec<String>>>();
        let Some(texts) = texts.filter(|texts| !texts.is_empty()) else {
            return self.leave("an assertion without texts, or with random ones");
        };
        let shown = raw.join(", ");
        if kind & NOT != 0 {
            // A request with such a status fails anyway.
            let fails = is_code && texts.iter().all(|code| code.starts_with(['4', '5']));
            if !fails {
                self.leave(format!("that the response does not have {shown}"));
            }
            return;
        }
        match field {
            "Assertion.response_code" => match statuses(&texts, kind) {
                Some(statuses) if request.expect.status.is_empty() => {
                    request.expect.status = statuses;
                }
                Some(statuses) => request.expect.status.retain(|own| statuses.contains(own)),
                None => self.leave(format!("the status {shown}")),
            },
            "" | "Assertion.response_data" | "Assertion.response_data_as_document" => {
                self.expect_body(request, &texts, kind);
            }
            "Assertion.response_headers" => {
                let is_one = kind & SUBSTRING != 0 && kind & OR == 0;
                for text in &texts {
                    let pair = text.split_once(':');
                    let pair = pair.map(|(name, value)| (name.trim(), value.trim()));
                    match pair.filter(|(name, _)| is_one && !name.contains(' ')) {
                        Some((name, value)) => {
                            let header = (name.to_ascii_lowercase(), Template::literal(value));
                            request.expect.headers.push(header);
                        }
                        None => self.leave(format!("that the headers have {text}")),
                    }
                }
            }
            field => {
                let field = field.trim_start_matches("Assertion.").replace('_', " ");
                self.leave(format!("what is expected of the {field}: {shown}"));
            }
        }
    }

    fn expect_body(&mut self, request: &mut Request, texts: &[String], kind: u64) {
        let expect = &mut request.expect;
        if kind & (SUBSTRING | EQUALS) != 0 && (kind & OR == 0 || texts.len() == 1) {
            let list = match kind & EQUALS {
                0 => &mut expect.contains,
                _ => &mut expect.equals,
            };
            list.extend(texts.iter().map(|text| Template::literal(text)));
            return;
        }
        if texts.iter().any(|text| is_marked(text)) {
            return self.leave("a regular expression with variables");
        }
        let patterns: Vec<String> = texts.iter().map(|text| pattern(text, kind)).collect();
        let patterns = match kind & OR {
            0 => patterns,
            _ => vec![patterns.join("|")],
        };
        for pattern in patterns {
            match Regex::new(&pattern) {
                Ok(_) => expect.matches.push(Template::literal(&pattern)),
                Err(_) => self.leave(format!("the regular expression {pattern}")),
            }
        }
    }
}

/// The regular expression of a text in an assertion.
fn pattern(text: &str, kind: u64) -> String {
    let text = match kind & (EQUALS | SUBSTRING) {
        0 => text.to_owned(),
        _ => regex::escape(text),
    };
    match kind & (EQUALS | MATCHES) {
        0 => text,
        _ => format!("^(?:{text})$"),
    }
}

/// The statuses of an assertion. `None` if they are unknown or too many.
fn statuses(texts: &[String], kind: u64) -> Option<Vec<u16>> {
    if texts.iter().any(|text| is_marked(text)) {
        return None;
    }
    let patterns = texts
        .iter()
        .map(|text| Regex::new(&pattern(text.trim(), kind)).ok());
    let patterns = patterns.collect::<Option<Vec<Regex>>>()?;
    let matches = |status: &u16| {
        let status = status.to_string();
        let mut found = patterns.iter().map(|pattern| pattern.is_match(&status));
        match kind & OR {
            0 => found.all(|it| it),
            _ => found.any(|it| it),
        }
    };
    let statuses: Vec<u16> = (200..600).filter(matches).collect();
    (!statuses.is_empty()).then_some(statuses)
}
