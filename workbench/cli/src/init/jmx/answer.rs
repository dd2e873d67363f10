//! Extractors as captures, assertions as expectations.

use regex::Regex;

use super::scope::{Applied, Scope};
use super::tree::Element;
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

/// What an extractor looks for.
struct Wanted {
    variable: String,
    source: Source,
    /// As JMeter has it: 0 is any, −1 all.
    number: String,
    default: Option<String>,
    kind: Kind,
}

impl<'a> Conversion<'a> {
    /// Adds what the extractors that apply take from the response.
    pub(super) fn capture(&mut self, request: &mut Request, scope: &Scope<'a>, is_disabled: bool) {
        for applied in &scope.extractors {
            if !applied.is_own && !is_disabled && !self.taken.insert(applied.element.line) {
                let what = "it applies to every request around: taken over at the first";
                self.draft.leave(&applied.place, what);
                continue;
            }
            for wanted in self.wanted(applied) {
                self.add_capture(request, wanted, &applied.place, is_disabled);
            }
        }
    }

    fn add_capture(
        &mut self,
        request: &mut Request,
        wanted: Wanted,
        place: &str,
        is_disabled: bool,
    ) {
        let Wanted {
            variable,
            source,
            number,
            default,
            kind,
        } = wanted;
        if variable.trim().is_empty() {
            return self.draft.leave(place, "an extractor without a variable");
        }
        let pick = match number.trim() {
            "" | "1" => None,
            "0" => Some("random"),
            "-1" => {
                self.draft.leave(
                    place,
                    format!("{variable}_1, {variable}_2, …: here {variable} is a list of all"),
                );
                Some("all")
            }
            number => {
                self.draft.leave(
                    place,
                    format!("match number {number}: here the first match"),
                );
                None
            }
        };
        let variable = self.name(variable.trim());
        if !is_disabled {
            self.define(&variable, kind);
        }
        request
            .captures
            .retain(|capture| capture.variable != variable);
        request.captures.push(Capture {
            variable,
            from: source,
            pick,
            default: default.map(|text| Template::literal(&text)),
        });
    }

    fn wanted(&mut self, applied: &Applied<'_>) -> Vec<Wanted> {
        let (element, place) = (applied.element, applied.place.as_str());
        let scope = element.property("Sample.scope").trim();
        if scope == "variable" {
            self.draft
                .leave(place, "it looks into a variable, not into the response");
            return Vec::new();
        }
        match element.kind() {
            "JSONPostProcessor" => self.json_wanted(element, place),
            "JSONPathExtractor" => self.json_path_wanted(element, place),
            "RegexExtractor" => self.regex_wanted(element, place).into_iter().collect(),
            "BoundaryExtractor" => self.boundary_wanted(element, place).into_iter().collect(),
            _ => self.css_wanted(element, place).into_iter().collect(),
        }
    }

    fn json_wanted(&mut self, element: &Element, place: &str) -> Vec<Wanted> {
        let list = |name: &str| -> Vec<String> {
            let text = element.property(&format!("JSONPostProcessor.{name}"));
            text.split(';').map(|part| part.trim().to_owned()).collect()
        };
        let (names, paths) = (list("referenceNames"), list("jsonPathExprs"));
        let (numbers, defaults) = (list("match_numbers"), list("defaultValues"));
        let mut wanted = Vec::new();
        for (at, (variable, path)) in names.into_iter().zip(paths).enumerate() {
            let number = match numbers.get(at).map(String::as_str) {
                // JMeter's own default is any.
                None | Some("") => "0",
                Some(number) => number,
            };
            let number = number.to_owned();
            let default = defaults.get(at).filter(|text| !text.is_empty()).cloned();
            match self.json_path(&path, place) {
                // Of a path to one value there is but one.
                Some(path) if number == "0" && is_single(&path) => {
                    wanted.push(Wanted {
                        variable,
                        source: Source::Json(path),
                        number: "1".to_owned(),
                        default,
                        kind: Kind::Json,
                    });
                }
                Some(path) => wanted.push(Wanted {
                    variable,
                    source: Source::Json(path),
                    number,
                    default,
                    kind: Kind::Json,
                }),
                None => {}
            }
        }
        wanted
    }

    /// Of the plugin.
    fn json_path_wanted(&mut self, element: &Element, place: &str) -> Vec<Wanted> {
        let default = element.property("DEFAULT");
        let path = self.json_path(element.property("JSONPATH").trim(), place);
        let wanted = path.map(|path| Wanted {
            variable: element.property("VAR").to_owned(),
            source: Source::Json(path),
            number: "1".to_owned(),
            default: (!default.is_empty()).then(|| default.to_owned()),
            kind: Kind::Json,
        });
        wanted.into_iter().collect()
    }

    /// A JSONPath as RFC 9535 has it.
    fn json_path(&mut self, path: &str, place: &str) -> Option<String> {
        let Some(path) = self.constant(path).map(|path| path.trim().to_owned()) else {
            self.draft.leave(
                place,
                format!("the path {path}, which is known at run time only"),
            );
            return None;
        };
        let own = match path.starts_with('$') {
            true => path.clone(),
            false => format!("$.{path}"),
        };
        match workbench_plan::is_json_path(&own) {
            true => Some(own),
            false => {
                self.draft
                    .leave(place, format!("the path {path} is none of RFC 9535"));
                None
            }
        }
    }

    fn regex_wanted(&mut self, element: &Element, place: &str) -> Option<Wanted> {
        let get = |name: &str| element.property(&format!("RegexExtractor.{name}"));
        let variable = get("refname").to_owned();
        let pattern = get("regex").to_owned();
        let number = get("match_number").trim().to_owned();
        let default = match get("default") {
            "" => element
                .is("RegexExtractor.default_empty_value")
                .then(String::new),
            text => Some(text.to_owned()),
        };
        let template = get("template").trim().to_owned();
        let group = match template.as_str() {
            "" => Some(1),
            template => template
                .strip_prefix('$')
                .and_then(|rest| rest.strip_suffix('$'))
                .and_then(|group| group.parse().ok()),
        };
        let Some(group) = group else {
            self.draft
                .leave(place, format!("the template {template} of several groups"));
            return None;
        };
        let pattern = self
            .constant(&pattern)
            .and_then(|pattern| only_group(&pattern, group));
        let Some(pattern) = pattern else {
            let what = format!("the regular expression {}", get("regex"));
            self.draft.leave(place, what);
            return None;
        };
        let source = match get("useHeaders").trim() {
            "" | "false" | "body" | "unescaped" => Source::Regex(pattern),
            "true" => match header_of(&pattern) {
                Some(source) => source,
                None => {
                    self.draft.leave(
                        place,
                        format!("the regular expression {pattern} in the headers"),
                    );
                    return None;
                }
            },
            field => {
                self.draft
                    .leave(place, format!("it looks into the {field} of the response"));
                return None;
            }
        };
        Some(Wanted {
            variable,
            source,
            number,
            default,
            kind: Kind::Text,
        })
    }

    fn boundary_wanted(&mut self, element: &Element, place: &str) -> Option<Wanted> {
        let get = |name: &str| element.property(&format!("BoundaryExtractor.{name}"));
        if !matches!(get("useHeaders").trim(), "" | "false" | "unescaped") {
            self.draft
                .leave(place, "it does not look into the body of the response");
            return None;
        }
        let (left, right) = (
            self.constant(get("lboundary")),
            self.constant(get("rboundary")),
        );
        let (Some(left), Some(right)) = (left, right) else {
            self.draft
                .leave(place, "its boundaries are known at run time only");
            return None;
        };
        let pattern = match right.is_empty() {
            true => format!("(?s){}(.*)", regex::escape(&left)),
            false => format!("(?s){}(.*?){}", regex::escape(&left), regex::escape(&right)),
        };
        let default = match get("default") {
            "" => element
                .is("BoundaryExtractor.default_empty_value")
                .then(String::new),
            text => Some(text.to_owned()),
        };
        Some(Wanted {
            variable: get("refname").to_owned(),
            source: Source::Regex(pattern),
            number: get("match_number").to_owned(),
            default,
            kind: Kind::Text,
        })
    }

    fn css_wanted(&mut self, element: &Element, place: &str) -> Option<Wanted> {
        let get = |name: &str| element.property(&format!("HtmlExtractor.{name}"));
        let Some(selector) = self
            .constant(get("expr"))
            .filter(|text| !text.trim().is_empty())
        else {
            self.draft
                .leave(place, "its selector is known at run time only");
            return None;
        };
        if !workbench_plan::is_css_selector(selector.trim()) {
            self.draft.leave(
                place,
                format!("the selector {selector}, which is none of CSS"),
            );
            return None;
        }
        let attribute = get("attribute").trim();
        let default = match get("default") {
            "" => element
                .is("HtmlExtractor.default_empty_value")
                .then(String::new),
            text => Some(text.to_owned()),
        };
        Some(Wanted {
            variable: get("refname").to_owned(),
            source: Source::Css {
                selector: selector.trim().to_owned(),
                attribute: (!attribute.is_empty()).then(|| attribute.to_owned()),
            },
            number: get("match_number").to_owned(),
            default,
            kind: Kind::Text,
        })
    }

    /// Adds what the assertions that apply expect of the response.
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
                        // JMeter lets a response pass that takes just so long.
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
            // Else it would be a comparison of its own.
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
        // A value that is not there fails the request.
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
                // No success anyway.
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

/// Whether a JSONPath leads to at most one value.
fn is_single(path: &str) -> bool {
    !path.contains(['*', '?', ',']) && !path.contains("..") && !path.contains(':')
}

/// The statuses that are meant; `None` where they are not known or too many.
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

/// A regular expression of Java whose first group is the given one, 0 being the whole match.
fn only_group(pattern: &str, group: usize) -> Option<String> {
    let mut out = String::new();
    let mut letters = pattern.chars().peekable();
    let (mut in_class, mut count) = (false, 0);
    while let Some(letter) = letters.next() {
        out.push(letter);
        match letter {
            '\\' => out.extend(letters.next()),
            '[' => in_class = true,
            ']' => in_class = false,
            '(' if !in_class && letters.peek() != Some(&'?') => {
                count += 1;
                if count != group {
                    out.push_str("?:");
                }
            }
            _ => {}
        }
    }
    (count >= group && Regex::new(&out).is_ok()).then_some(out)
}

/// A header or a cookie, where a regular expression for the head looks for all of one.
fn header_of(pattern: &str) -> Option<Source> {
    let cookie =
        Regex::new(r"^(?:Set-Cookie: ?)?([A-Za-z0-9_.-]+)=\((?:\.[*+]\??|\[\^;?[^\]]*\][*+])\);?$")
            .ok()?;
    if let Some(found) = cookie.captures(pattern) {
        return Some(Source::Cookie(found[1].to_owned()));
    }
    let header = Regex::new(
        r"^\^?([A-Za-z0-9-]+):(?: |\\s\*|\\s)?\((?:\.[*+]\??|[^()]*)\)(?:\$|\\n|\\r\\n)?$",
    )
    .ok()?;
    let found = header.captures(pattern)?;
    Some(Source::Header(found[1].to_ascii_lowercase()))
}
