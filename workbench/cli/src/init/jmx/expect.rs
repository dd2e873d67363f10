//! Assertions as expectations.

use regex::Regex;

use super::scope::{Applied, Scope};
use super::variables::{Draws, Kind};
use super::{Conversion, milliseconds};
use crate::init::draft::{Capture, Request, Source};
use crate::init::template::{Template, is_marked};

/// Bits of the type of a Response Assertion.
const MATCHES: u64 = 1;
const CONTAINS: u64 = 2;
const NOT: u64 = 4;
const EQUALS: u64 = 8;
const SUBSTRING: u64 = 16;
const OR: u64 = 32;

impl<'a> Conversion<'a> {
    /// Adds the expectations of the assertions that apply.
    pub(super) fn expect(&mut self, request: &mut Request, scope: &Scope<'a>) {
        for applied in &scope.assertions {
            match applied.element.kind() {
                "DurationAssertion" => {
                    let limit = self.number(
                        applied
                            .element
                            .property("DurationAssertion.duration")
                            .trim(),
                    );
                    match limit.filter(|limit| *limit > 0.0) {
                        // In JMeter a response that takes exactly this long passes.
                        Some(limit) => request.expect.time = Some(milliseconds(limit)),
                        None => self
                            .draft
                            .leave(&applied.place, "a duration that is known at run time only"),
                    }
                }
                "JSONPathAssertion" => self.expect_json(request, applied, scope),
                _ => self.expect_response(request, applied, scope),
            }
        }
    }

    fn expect_json(&mut self, request: &mut Request, applied: &Applied<'_>, scope: &Scope<'a>) {
        let (element, place) = (applied.element, applied.place.as_str());
        let Some(path) = self.json_path(element.property("JSON_PATH").trim(), place) else {
            return;
        };
        let expected = element.property("EXPECTED_VALUE").to_owned();
        let is_regex = element.is("ISREGEX");
        let mut draws = Draws::new();
        let value = self.text(&expected, scope, &mut draws, place);
        let is_literal = !is_regex || regex::escape(&expected) == expected;
        if element.is("INVERT") || element.is("EXPECT_NULL") || !draws.is_empty() {
            let what =
                format!("what is expected of {path}: the opposite, or null, or something random");
            return self.draft.leave(place, what);
        }
        if element.is("JSONVALIDATION") && is_literal {
            // Otherwise it would be read as a comparison.
            let is_plain =
                !value.trim().is_empty() && !value.trim_start().starts_with(['=', '!', '<', '>']);
            let sign = if is_plain { "" } else { "== " };
            let expected = Template::literal(sign).and_literal(&value);
            request.expect.json.push((path, expected));
            return;
        }
        if element.is("JSONVALIDATION") {
            self.draft.leave(
                place,
                format!("that {path} matches {expected}: here that it is there"),
            );
        }
        // A capture without a value fails the request.
        let variable = self.name(&format!("there_{}", path.trim_start_matches(['$', '.'])));
        self.define(&variable, Kind::Json);
        request.captures.push(Capture {
            variable,
            from: Source::Json(path),
            pick: None,
            default: None,
        });
    }

    fn expect_response(&mut self, request: &mut Request, applied: &Applied<'_>, scope: &Scope<'a>) {
        let (element, place) = (applied.element, applied.place.as_str());
        let kind = element
            .property("Assertion.test_type")
            .trim()
            .parse::<u64>()
            .unwrap_or(CONTAINS);
        let field = element.property("Assertion.test_field").trim().to_owned();
        let collection = match element.collection("Asserion.test_strings") {
            // The misspelt name is JMeter's own.
            [] => element.collection("Assertion.test_strings"),
            texts => texts,
        };
        let raw: Vec<String> = collection.iter().map(|text| text.text.clone()).collect();
        let mut draws = Draws::new();
        let texts: Vec<String> = raw
            .iter()
            .map(|raw| self.text(raw, scope, &mut draws, place))
            .collect();
        let is_code = field == "Assertion.response_code";
        if element.is("Assertion.assume_success") && !is_code {
            self.draft.leave(
                place,
                "it ignores the status: list those under expect: status",
            );
        }
        if !draws.is_empty() || texts.is_empty() {
            return self
                .draft
                .leave(place, "an assertion without texts, or with random ones");
        }
        let shown = raw.join(", ");
        if kind & NOT != 0 {
            if is_code && texts.iter().all(|code| code.starts_with(['4', '5'])) {
                // Such a request fails anyway.
                return;
            }
            return self
                .draft
                .leave(place, format!("that the response does not have {shown}"));
        }
        if is_code {
            return match statuses(&texts, kind) {
                Some(statuses) => {
                    let own = &mut request.expect.status;
                    *own = match own.is_empty() {
                        true => statuses,
                        false => own
                            .iter()
                            .copied()
                            .filter(|status| statuses.contains(status))
                            .collect(),
                    };
                }
                None => self.draft.leave(place, format!("the status {shown}")),
            };
        }
        match field.as_str() {
            "" | "Assertion.response_data" | "Assertion.response_data_as_document" => {
                self.expect_body(request, &texts, kind, place);
            }
            "Assertion.response_headers" => {
                for text in &texts {
                    match text.split_once(':') {
                        Some((name, value))
                            if kind & SUBSTRING != 0
                                && !name.trim().contains(' ')
                                && kind & OR == 0 =>
                        {
                            let header = (
                                name.trim().to_ascii_lowercase(),
                                Template::literal(value.trim()),
                            );
                            request.expect.headers.push(header);
                        }
                        _ => self
                            .draft
                            .leave(place, format!("that the headers have {text}")),
                    }
                }
            }
            field => {
                let field = field.trim_start_matches("Assertion.").replace('_', " ");
                self.draft
                    .leave(place, format!("what is expected of the {field}: {shown}"));
            }
        }
    }

    fn expect_body(&mut self, request: &mut Request, texts: &[String], kind: u64, place: &str) {
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
            return self
                .draft
                .leave(place, "a regular expression with variables");
        }
        let pattern = |text: &String| {
            let text = match kind & (SUBSTRING | EQUALS) {
                0 => text.clone(),
                _ => regex::escape(text),
            };
            match kind & (MATCHES | EQUALS) {
                0 => text,
                _ => format!("^(?:{text})$"),
            }
        };
        let patterns: Vec<String> = texts.iter().map(pattern).collect();
        let patterns = match kind & OR {
            0 => patterns,
            _ => vec![patterns.join("|")],
        };
        for pattern in patterns {
            match Regex::new(&pattern) {
                Ok(_) => expect.matches.push(Template::literal(&pattern)),
                Err(_) => self
                    .draft
                    .leave(place, format!("the regular expression {pattern}")),
            }
        }
    }
}

/// The statuses of an assertion. `None` if they are unknown or too many.
fn statuses(texts: &[String], kind: u64) -> Option<Vec<u16>> {
    if texts.iter().any(|text| is_marked(text)) {
        return None;
    }
    let is_pattern = kind & (EQUALS | SUBSTRING) == 0;
    let patterns: Option<Vec<Regex>> = texts
        .iter()
        .map(|text| {
            let text = text.trim();
            let text = if is_pattern {
                text.to_owned()
            } else {
                regex::escape(text)
            };
            let whole = kind & (EQUALS | MATCHES) != 0;
            Regex::new(&if whole { format!("^(?:{text})$") } else { text }).ok()
        })
        .collect();
    let patterns = patterns?;
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
