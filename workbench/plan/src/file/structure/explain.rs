//! Serde's errors in the terms of experiment files.

/// Most characters of a value in a message.
const LONGEST_FOUND: usize = 60;

/// Kinds of serde's errors.
pub(super) enum Kind<'a> {
    UnknownKey {
        right: Vec<&'a str>,
    },
    MissingKey(&'a str),
    UnknownWord {
        word: &'a str,
        right: Vec<&'a str>,
    },
    /// Any other, usually a wrong type.
    Other,
}

impl<'a> Kind<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        if let Some(rest) = text.strip_prefix("unknown field `") {
            let right = rest.rsplit_once("`, expected ");
            let right = quoted(right.map_or("", |(_, right)| right));
            return Self::UnknownKey { right };
        }
        if let Some(rest) = text.strip_prefix("unknown variant `") {
            let (word, right) = rest.rsplit_once("`, expected ").unwrap_or((rest, ""));
            let right = quoted(right);
            return Self::UnknownWord { word, right };
        }
        let missing = text.strip_prefix("missing field `");
        match missing.and_then(|rest| rest.strip_suffix('`')) {
            Some(key) => Self::MissingKey(key),
            None => Self::Other,
        }
    }
}

/// The words between backticks. Names of keys and variants have none.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// Replaces Rust's type names by text, number and list.
pub(super) fn describe(error: &str) -> String {
    let Some((found, expected)) = error.rsplit_once(", expected ") else {
        return error.to_owned();
    };
    let out_of_range = found.starts_with("invalid value: ");
    let expected = match expected {
        "u8" if out_of_range => "a whole number from 0 to 255",
        "u16" if out_of_range => "a whole number from 0 to 65535",
        "u32" if out_of_range => "a whole number from 0 to 4294967295",
        "u64" if out_of_range => "a whole number from 0 to 18446744073709551615",
        "u8" | "u16" | "u32" | "u64" | "usize" | "i32" | "i64" => "a whole number",
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
    format!("expected {expected}, found {}", beginning(found))
}

/// A whole file may have been taken for one text.
fn beginning(found: &str) -> String {
    match found.char_indices().nth(LONGEST_FOUND) {
        Some((end, _)) => format!("{}…", &found[..end]),
        None => found.to_owned(),
    }
}
