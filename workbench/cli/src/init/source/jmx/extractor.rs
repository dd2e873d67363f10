//! Extractors as captures.

use regex::Regex;

use super::Conversion;
use super::tree::Element;
use super::variables::Kind;
use crate::init::draft::Request;
use crate::init::template::Template;
use crate::init::values::{Source, capture};

/// The settings of an extractor.
struct Wanted<'e> {
    variable: &'e str,
    source: Source,
    /// As JMeter has it: 0 is any, −1 all.
    number: &'e str,
    default: Option<&'e str>,
}

impl<'e> Wanted<'e> {
    fn new(variable: &'e str, source: Source, number: &'e str, default: Option<&'e str>) -> Self {
        Self {
            variable,
            source,
            number,
            default,
        }
    }
}

impl<'a> Conversion<'a> {
    /// Adds the captures of the extractors that apply.
    pub(super) fn capture(&mut self, request: &mut Request, is_disabled: bool) {
        for applied in self.scope.extractors.clone() {
            let element = applied.element;
            let is_new = applied.is_own || is_disabled || self.taken.insert(element.line);
            self.at(applied.place, |conversion| {
                if !is_new {
                    let what = "it applies to every request around: taken over at the first";
                    return conversion.leave(what);
                }
                for wanted in conversion.wanted(element) {
                    conversion.add_capture(request, &wanted, is_disabled);
                }
            });
        }
    }

    fn add_capture(&mut self, request: &mut Request, wanted: &Wanted<'_>, is_disabled: bool) {
        let variable = wanted.variable.trim();
        if variable.is_empty() {
            return self.leave("an extractor without a variable");
        }
        let pick = match wanted.number {
            "" | "1" => None,
            "0" => Some("random"),
            "-1" => {
                let what =
                    format!("{variable}_1, {variable}_2, …: here {variable} is a list of all");
                self.leave(what);
                Some("all")
            }
            number => {
                self.leave(format!("match number {number}: here the first match"));
                None
            }
        };
        let variable = self.name(variable);
        if !is_disabled {
            let is_json = wanted.source[0].0 == "json";
            self.define(&variable, if is_json { Kind::Json } else { Kind::Text });
        }
        let default = wanted.default.map(Template::literal);
        let value = capture(&wanted.source, pick, default.as_ref());
        request.captures.retain(|(name, _)| *name != variable);
        request.captures.push((variable, value));
    }

    fn wanted<'e>(&mut self, element: &'e Element) -> Vec<Wanted<'e>> {
        if element.property("Sample.scope") == "variable" {
            self.leave("it looks into a variable, not into the response");
            return Vec::new();
        }
        match element.kind() {
            "JSONPostProcessor" => self.json_wanted(element),
            "JSONPathExtractor" => self.json_path_wanted(element).into_iter().collect(),
            _ => self.text_wanted(element).into_iter().collect(),
        }
    }

    fn json_wanted<'e>(&mut self, element: &'e Element) -> Vec<Wanted<'e>> {
        let list = |name: &str| {
            let text = element.raw(&format!("JSONPostProcessor.{name}"));
            text.split(';').map(str::trim).collect::<Vec<_>>()
        };
        let (names, paths) = (list("referenceNames"), list("jsonPathExprs"));
        let (numbers, defaults) = (list("match_numbers"), list("defaultValues"));
        let mut wanted = Vec::new();
        for (at, (variable, path)) in names.into_iter().zip(paths).enumerate() {
            let Some(path) = self.json_path(path) else {
                continue;
            };
            let number = match numbers.get(at).copied().unwrap_or_default() {
                // A path to a single value has only one match.
                "" | "0" if is_single(&path) => "1",
                // JMeter's own default is any.
                "" => "0",
                number => number,
            };
            let default = defaults.get(at).copied().filter(|text| !text.is_empty());
            let source = vec![("json", path)];
            wanted.push(Wanted::new(variable, source, number, default));
        }
        wanted
    }

    /// Of the plugin.
    fn json_path_wanted<'e>(&mut self, element: &'e Element) -> Option<Wanted<'e>> {
        let source = vec![("json", self.json_path(element.property("JSONPATH"))?)];
        let variable = element.raw("VAR");
        let default = Some(element.raw("DEFAULT")).filter(|text| !text.is_empty());
        Some(Wanted::new(variable, source, "1", default))
    }

    /// Converts a JSONPath to RFC 9535.
    pub(super) fn json_path(&mut self, path: &str) -> Option<String> {
        let Some(known) = self.constant(path).map(|path| path.trim().to_owned()) else {
            self.leave(format!("the path {path}, which is known at run time only"));
            return None;
        };
        let own = match known.starts_with('$') {
            true => known.clone(),
            false => format!("$.{known}"),
        };
        let is_path = workbench_plan::is_json_path(&own);
        if !is_path {
            self.leave(format!("the path {known} is none of RFC 9535"));
        }
        is_path.then_some(own)
    }

    fn text_wanted<'e>(&mut self, element: &'e Element) -> Option<Wanted<'e>> {
        let prefix = element.kind();
        let get = |name: &str| element.raw(&format!("{prefix}.{name}"));
        let source = match prefix {
            "RegexExtractor" => self.regex_source(get),
            "BoundaryExtractor" => self.boundary_source(get),
            _ => self.css_source(get),
        };
        let source = source.map_err(|what| self.leave(what)).ok()?;
        let default = match get("default") {
            "" => element
                .is(&format!("{prefix}.default_empty_value"))
                .then_some(""),
            text => Some(text),
        };
        let (variable, number) = (get("refname"), get("match_number").trim());
        Some(Wanted::new(variable, source, number, default))
    }

    fn regex_source<'e>(&mut self, get: impl Fn(&str) -> &'e str) -> Result<Source, String> {
        let template = get("template").trim();
        let group = match template {
            "" => Some(1),
            template => {
                let group = template.strip_prefix('$');
                let group = group.and_then(|rest| rest.strip_suffix('$'));
                group.and_then(|group| group.parse().ok())
            }
        };
        let group = group.ok_or_else(|| format!("the template {template} of several groups"))?;
        let raw = get("regex");
        let pattern = self.constant(raw);
        let pattern = pattern.and_then(|pattern| only_group(&pattern, group));
        let pattern = pattern.ok_or_else(|| format!("the regular expression {raw}"))?;
        match get("useHeaders").trim() {
            "" | "false" | "body" | "unescaped" => Ok(vec![("regex", pattern)]),
            "true" => header_of(&pattern)
                .ok_or_else(|| format!("the regular expression {pattern} in the headers")),
            field => Err(format!("it looks into the {field} of the response")),
        }
    }

    fn boundary_source<'e>(&mut self, get: impl Fn(&str) -> &'e str) -> Result<Source, String> {
        if !["", "false", "unescaped"].contains(&get("useHeaders").trim()) {
            return Err("it does not look into the body of the response".to_owned());
        }
        let left = self.constant(get("lboundary"));
        let right = self.constant(get("rboundary"));
        let (Some(left), Some(right)) = (left, right) else {
            return Err("its boundaries are known at run time only".to_owned());
        };
        let lazy = if right.is_empty() { "" } else { "?" };
        let (left, right) = (regex::escape(&left), regex::escape(&right));
        Ok(vec![("regex", format!("(?s){left}(.*{lazy}){right}"))])
    }

    fn css_source<'e>(&mut self, get: impl Fn(&str) -> &'e str) -> Result<Source, String> {
        let selector = self.constant(get("expr"));
        let selector = selector.filter(|text| !text.trim().is_empty());
        let selector = selector.ok_or("its selector is known at run time only")?;
        if !workbench_plan::is_css_selector(selector.trim()) {
            return Err(format!("the selector {selector}, which is none of CSS"));
        }
        let mut source = vec![("css", selector.trim().to_owned())];
        let attribute = Some(get("attribute").trim()).filter(|text| !text.is_empty());
        source.extend(attribute.map(|attribute| ("attribute", attribute.to_owned())));
        Ok(source)
    }
}

/// Whether a JSONPath leads to at most one value.
fn is_single(path: &str) -> bool {
    !path.contains(['*', '?', ',', ':']) && !path.contains("..")
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
    const COOKIE: &str =
        r"^(?:Set-Cookie: ?)?([A-Za-z0-9_.-]+)=\((?:\.[*+]\??|\[\^;?[^\]]*\][*+])\);?$";
    const HEADER: &str =
        r"^\^?([A-Za-z0-9-]+):(?: |\\s\*|\\s)?\((?:\.[*+]\??|[^()]*)\)(?:\$|\\n|\\r\\n)?$";
    if let Some(found) = Regex::new(COOKIE).ok()?.captures(pattern) {
        return Some(vec![("cookie", found[1].to_owned())]);
    }
    let found = Regex::new(HEADER).ok()?.captures(pattern)?[1].to_ascii_lowercase();
    Some(vec![("header", found)])
}
