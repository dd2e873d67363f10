//! The tables of the reference match the schema. They are written by `UPDATE_REFERENCE=1 cargo test --workspace --test
//! reference`.
//!
//! A table stands between `<!-- keys Step: request, name -->` and `<!-- end -->`: of the keys of `Step` in the schema, those two.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use workbench_plan::json_schema;

const BEGIN: &str = "<!-- keys ";
const END: &str = "<!-- end -->";

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments/README.md")
}

/// The schema of a definition, or of the whole experiment.
fn definition<'a>(schema: &'a Value, name: &str) -> &'a Value {
    if schema["title"] == name {
        return schema;
    }
    schema["$defs"]
        .get(name)
        .unwrap_or_else(|| panic!("the schema has no definition {name}"))
}

/// The headings of the keys of definitions, as links.
fn anchors(text: &str) -> BTreeMap<String, String> {
    let mut anchors = BTreeMap::new();
    let mut heading = String::new();
    for line in text.lines() {
        if let Some((_, title)) = line
            .split_once("# ")
            .filter(|(marks, _)| marks.chars().all(|it| it == '#'))
        {
            let kept = |letter: &char| letter.is_alphanumeric() || " -_".contains(*letter);
            heading = title
                .to_lowercase()
                .chars()
                .filter(kept)
                .collect::<String>()
                .replace(' ', "-");
        }
        if let Some((name, _)) = line
            .strip_prefix(BEGIN)
            .and_then(|rest| rest.split_once(':'))
        {
            anchors
                .entry(name.to_owned())
                .or_insert_with(|| heading.clone());
        }
    }
    anchors
}

struct Reference<'a> {
    schema: &'a Value,
    anchors: BTreeMap<String, String>,
}

impl Reference<'_> {
    fn table(&self, name: &str, keys: &[&str]) -> String {
        let schema = self.schema;
        let definition = definition(schema, name);
        let required: Vec<&str> = definition["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let mut table = "| key | value | default | meaning |\n|---|---|---|---|\n".to_owned();
        for key in keys {
            let property = definition["properties"]
                .get(key)
                .unwrap_or_else(|| panic!("{name} has no key {key}"));
            let default = match &property["default"] {
                _ if required.contains(key) => "required".to_owned(),
                Value::Null => String::new(),
                Value::Array(list) if list.is_empty() => String::new(),
                Value::String(text) if text.is_empty() => String::new(),
                Value::String(text) => format!("`{text}`"),
                other => format!("`{other}`"),
            };
            let words: Vec<String> = words(schema, property)
                .into_iter()
                .map(|(word, about)| explained(&word, &about))
                .collect();
            let mut meaning = said(property);
            if !words.is_empty() {
                meaning = format!("{meaning} {}.", words.join("; "))
                    .trim_start()
                    .to_owned();
            }
            let value = self.kind(property).replace('|', "\\|");
            writeln!(
                table,
                "| `{key}` | {value} | {default} | {} |",
                meaning.replace('|', "\\|")
            )
            .unwrap();
        }
        table
    }

    /// The type of the value at a key.
    fn kind(&self, property: &Value) -> String {
        if let Some(name) = property["$ref"].as_str() {
            let name = name.trim_start_matches("#/$defs/");
            let target = definition(self.schema, name);
            return match name {
                "Duration" => "time".to_owned(),
                "Rate" => "rate".to_owned(),
                "Real" => "number".to_owned(),
                "Value" => "text or whole number".to_owned(),
                "Times" | "Values" => "[draw](#draws)".to_owned(),
                "Points" => self.kind(target),
                "Statuses" => "status or list".to_owned(),
                _ if target["oneOf"][0]["const"].is_string() => "word".to_owned(),
                _ => match self.anchors.get(name) {
                    Some(anchor) => format!("[mapping](#{anchor})"),
                    None => "mapping".to_owned(),
                },
            };
        }
        if let Some(forms) = property["anyOf"].as_array() {
            let mut kinds: Vec<String> = forms.iter().map(|form| self.kind(form)).collect();
            kinds.dedup();
            return kinds.join(" or ");
        }
        if property.get("enum").is_some() {
            return "word or number".to_owned();
        }
        match &property["type"] {
            Value::String(name) => match name.as_str() {
                "string" => "text".to_owned(),
                "integer" => "whole number".to_owned(),
                "array" => {
                    let items = self.kind(&property["items"]);
                    match items.strip_prefix("[mapping]") {
                        Some(link) => format!("[list of mappings]{link}"),
                        None if items.contains(" or ") => format!("list: {items}"),
                        None => format!("list of {items}s"),
                    }
                }
                "object" => match self.kind(&property["additionalProperties"]) {
                    link if link.starts_with("[mapping]") => link,
                    _ => "mapping".to_owned(),
                },
                other => other.to_owned(),
            },
            Value::Array(names) if names.contains(&"number".into()) => "text or number".to_owned(),
            Value::Array(_) => "text or whole number".to_owned(),
            // Any JSON.
            _ => "anything".to_owned(),
        }
    }
}

fn explained(word: &str, about: &str) -> String {
    let about = about.trim_end_matches('.');
    if about.eq_ignore_ascii_case(word) {
        return format!("`{word}`");
    }
    let (first, rest) = about.split_at(1);
    format!("`{word}`: {}{rest}", first.to_lowercase())
}

fn said(schema: &Value) -> String {
    let text = schema["description"].as_str().unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The allowed words at a key, with their meanings.
fn words(schema: &Value, property: &Value) -> Vec<(String, String)> {
    let Some(name) = property["$ref"].as_str() else {
        return Vec::new();
    };
    let target = definition(schema, name.trim_start_matches("#/$defs/"));
    let variants = target["oneOf"].as_array().into_iter().flatten();
    let word = |variant: &Value| Some((variant["const"].as_str()?.to_owned(), said(variant)));
    variants.filter_map(word).collect()
}

/// The reference with tables from the schema, and the keys of each definition.
fn written(text: &str, schema: &Value) -> (String, BTreeMap<String, Vec<String>>) {
    let reference = Reference {
        schema,
        anchors: anchors(text),
    };
    let mut out = String::new();
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut rest = text;
    while let Some(at) = rest.find(BEGIN) {
        let head_end = at + rest[at..].find("-->\n").unwrap() + "-->\n".len();
        let (name, keys) = rest[at + BEGIN.len()..head_end]
            .trim_end_matches("-->\n")
            .split_once(':')
            .unwrap();
        let keys: Vec<&str> = keys.split(',').map(str::trim).collect();
        out += &rest[..head_end];
        out += &reference.table(name, &keys);
        found
            .entry(name.to_owned())
            .or_default()
            .extend(keys.into_iter().map(str::to_owned));
        rest = &rest[head_end..];
        rest = &rest[rest.find(END).unwrap()..];
    }
    (out + rest, found)
}

#[test]
fn the_tables_of_the_reference_are_those_of_the_schema() {
    let text = fs::read_to_string(path()).unwrap();
    let (written, _) = written(&text, &json_schema());
    if std::env::var_os("UPDATE_REFERENCE").is_some() {
        fs::write(path(), &written).unwrap();
    }
    assert_eq!(fs::read_to_string(path()).unwrap(), written);
}

#[test]
fn every_key_has_its_place_in_the_reference_once() {
    let text = fs::read_to_string(path()).unwrap();
    let schema = json_schema();
    let (_, mut found) = written(&text, &schema);
    let experiment = schema["title"].as_str().unwrap().to_owned();
    let mut definitions: Vec<(&String, &Value)> =
        schema["$defs"].as_object().unwrap().iter().collect();
    definitions.push((&experiment, &schema));
    for (name, definition) in definitions {
        // One table covers both forms of normal and lognormal.
        let of_times = ["NormalDuration", "LogNormalDuration"];
        let Some(properties) = definition["properties"].as_object() else {
            continue;
        };
        if of_times.contains(&name.as_str()) {
            continue;
        }
        let mut listed = found.remove(name).unwrap_or_default();
        listed.sort_unstable();
        let keys: Vec<&String> = properties.keys().collect();
        assert_eq!(listed.iter().collect::<Vec<_>>(), keys, "keys of {name}");
    }
    assert!(found.is_empty(), "{found:?}");
}
