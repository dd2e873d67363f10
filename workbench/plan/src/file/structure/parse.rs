//! Parses a text as YAML, with the positions of its parts.

use std::rc::Rc;

use serde_yaml::Value;

use crate::error::Mistake;
use crate::file::source::{Broken, Node, Parts, Place, Source, parts};

/// A text that is YAML.
pub(super) struct Parsed {
    /// Its keys are texts.
    pub(super) value: Value,
    /// Of the same shape.
    pub(super) root: Rc<Node>,
    /// Keys that are given twice; only the first is in `value` and `root`.
    pub(super) repeated: Vec<Mistake>,
}

pub(super) fn parsed(source: &Source<'_>) -> Result<Parsed, Mistake> {
    let parts = parts(source);
    let parsed = match &parts {
        Ok(parts) if !parts.repeated.is_empty() => {
            serde_yaml::from_str(&with_marked_keys(source.text(), parts))
        }
        _ => serde_yaml::from_str::<Value>(source.text()),
    };
    let parts = parts.map_err(|broken| match (broken, &parsed) {
        // Of two parsers that give up, serde_yaml's says more about what it was doing.
        (Broken::Syntax(mistake), Err(error)) => syntax(error, source).unwrap_or(mistake),
        (Broken::Syntax(mistake) | Broken::Content(mistake), _) => mistake,
    })?;
    let mut value = parsed.map_err(|error| {
        syntax(&error, source)
            .unwrap_or_else(|| source.mistake(parts.root.place(), error.to_string()))
    })?;
    name_keys_as_written(&mut value, &parts.root);
    let repeated = parts.repeated.into_iter();
    Ok(Parsed {
        value,
        root: parts.root,
        repeated: repeated.map(|repeated| repeated.mistake).collect(),
    })
}

/// Prefix of renamed keys. It is a control character, so that no key in a file begins with it.
const MARK: char = '\0';

/// The text with repeated keys renamed, which `serde_yaml` would refuse.
fn with_marked_keys(text: &str, parts: &Parts) -> String {
    let mut marked = String::new();
    let mut letters = text.chars();
    let mut at = 0;
    for (number, repeated) in parts.repeated.iter().enumerate() {
        let key = repeated.characters();
        marked.extend(letters.by_ref().take(key.start - at));
        marked.push_str(&format!("\"\\0{number}\""));
        letters.by_ref().take(key.len()).for_each(drop);
        at = key.end;
    }
    marked.extend(letters);
    marked
}

/// Takes out the marked keys, and makes the others the texts that they are in the file, whatever YAML takes them for.
fn name_keys_as_written(value: &mut Value, node: &Node) {
    match value {
        Value::Sequence(values) => {
            for (index, value) in values.iter_mut().enumerate() {
                name_keys_as_written(value, node.index(index));
            }
        }
        Value::Mapping(mapping) => {
            let is_marked = |key: &Value| key.as_str().is_some_and(|key| key.starts_with(MARK));
            let entries = std::mem::take(mapping).into_iter();
            let entries = entries.filter(|(key, _)| !is_marked(key));
            for ((_, mut value), key) in entries.zip(node.keys()) {
                name_keys_as_written(&mut value, node.get(key));
                mapping.insert(key.into(), value);
            }
        }
        Value::Tagged(tagged) => name_keys_as_written(&mut tagged.value, node),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn syntax(error: &serde_yaml::Error, source: &Source<'_>) -> Option<Mistake> {
    let at = error.location()?;
    let here = format!(" at line {} column {}", at.line(), at.column());
    let message = error.to_string().replacen(&here, "", 1);
    Some(source.not_yaml(Place::at(at.line(), at.column()), &message))
}
