//! Extractors as captures.

use regex::Regex;

use super::Conversion;
use super::scope::{Applied, Scope};
use super::tree::Element;
use super::variables::Kind;
use crate::init::draft::{Capture, Request, Source};
use crate::init::template::Template;

/// The settings of an extractor.
struct Wanted {
    variable: String,
    source: Source,
    /// As JMeter has it: 0 is any, −1 all.
    number: String,
    default: Option<String>,
    kind: Kind,
}

impl<'a> Conversion<'a> {
    /// Adds the captures of the extractors that apply.
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
                // A path to a single value has only one match.
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

    /// Converts a JSONPath to RFC 9535.
    pub(super) fn json_path(&mut self, path: &str, place: &str) -> Option<String> {
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
}

/// Whether a JSONPath leads to at most one value.
fn is_single(path: &str) -> bool {
    !path.contains(['*', '?', ',']) && !path.contains("..") && !path.contains(':')
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

/// The header or cookie that a regular expression on the head matches as a whole.
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
