//! Text to wire structs: syntax, unknown and missing keys, and types.

use std::rc::Rc;

use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment};

use super::source::{Broken, Node, Place, Source, root};
use crate::diagnostic::suggestion;
use crate::error::Mistake;

/// The wire structs of a text, and the positions of its parts.
pub(super) fn read<T: DeserializeOwned>(source: &Source<'_>) -> Result<(T, Rc<Node>), Mistake> {
    let parsed = serde_yaml::from_str::<serde_yaml::Value>(source.text());
    let root = root(source).map_err(|broken| match (broken, &parsed) {
        // Of two parsers that give up, serde_yaml's says more about what it was doing.
        (Broken::Syntax(mistake), Err(error)) => syntax(error, source).unwrap_or(mistake),
        (Broken::Syntax(mistake) | Broken::Content(mistake), _) => mistake,
    })?;
    let value = parsed.map_err(|error| {
        syntax(&error, source).unwrap_or_else(|| source.mistake(root.place(), error.to_string()))
    })?;
    // From a `Value`, errors have no position of their own, which would be that of the mapping around.
    let wire =
        serde_path_to_error::deserialize(value).map_err(|error| explain(&error, &root, source))?;
    Ok((wire, root))
}

fn syntax(error: &serde_yaml::Error, source: &Source<'_>) -> Option<Mistake> {
    let at = error.location()?;
    let here = format!(" at line {} column {}", at.line(), at.column());
    let message = error.to_string().replacen(&here, "", 1);
    Some(source.not_yaml(Place::at(at.line(), at.column()), &message))
}

fn explain(
    error: &serde_path_to_error::Error<serde_yaml::Error>,
    root: &Node,
    source: &Source<'_>,
) -> Mistake {
    let text = error.inner().to_string();
    let quoted: Vec<&str> = text.split('`').skip(1).step_by(2).collect();
    let kind = [" field", " variant"]
        .iter()
        .find_map(|what| Some((text.split_once(what)?.0, *what)))
        .unwrap_or_default();
    match (kind, quoted.as_slice()) {
        (("unknown", " variant"), [word, right @ ..]) => {
            let place = locate(error.path(), usize::MAX, root).place();
            let message = format!(
                "unknown word \"{word}\"{}",
                suggestion(word, right.iter().copied())
            );
            source.mistake(place, message)
        }
        (("unknown", " field"), [key, right @ ..]) => {
            // The path leads to the unknown key's value; the key stands in the mapping before.
            let segments = error.path().iter().count() - 1;
            let place = locate(error.path(), segments, root).key_place(key);
            let message = format!(
                "unknown key \"{key}\"{}",
                suggestion(key, right.iter().copied())
            );
            source.mistake(place, message)
        }
        (kind, quoted) => {
            let message = match (kind, quoted) {
                (("missing", _), [key]) => format!("missing key \"{key}\""),
                _ => in_words(&text),
            };
            source.mistake(locate(error.path(), usize::MAX, root).place(), message)
        }
    }
}

/// Follows at most `segments` of a path.
fn locate<'a>(path: &Path, segments: usize, root: &'a Node) -> &'a Node {
    path.iter()
        .take(segments)
        .fold(root, |node, segment| match segment {
            Segment::Seq { index } => node.index(*index),
            Segment::Map { key } => node.get(key),
            Segment::Enum { .. } | Segment::Unknown => node,
        })
}

/// Serde speaks of Rust's types; people write text, numbers and lists.
fn in_words(error: &str) -> String {
    let Some((found, expected)) = error.rsplit_once(", expected ") else {
        return error.to_owned();
    };
    let out_of_range = found.starts_with("invalid value: ");
    let expected = match expected {
        "u16" if out_of_range => "a whole number from 0 to 65535",
        "u32" if out_of_range => "a whole number from 0 to 4294967295",
        "u64" if out_of_range => "a whole number from 0 to 18446744073709551615",
        "u16" | "u32" | "u64" | "i64" => "a whole number",
        "f64" => "a number",
        "a string" => "text",
        "a sequence" => "a list",
        "a map" => "a mapping",
        "an array of length 2" => "two values, the lowest and the highest",
        other => other,
    };
    let found = found
        .trim_start_matches("invalid type: ")
        .trim_start_matches("invalid value: ");
    let found = match found {
        "unit value" => "nothing",
        "map" => "a mapping",
        "sequence" => "a list",
        _ => [
            "string ",
            "integer ",
            "floating point ",
            "boolean ",
            "invalid length ",
        ]
        .iter()
        .find_map(|kind| found.strip_prefix(kind))
        .unwrap_or(found)
        .trim_matches('`'),
    };
    format!("expected {expected}, found {found}")
}
