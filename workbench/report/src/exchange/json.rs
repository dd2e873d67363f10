//! JSON with line breaks and indentation, otherwise as it came: order, numbers and escapes are what may be wrong with it.

use serde::de::IgnoredAny;

/// Deeper JSON would be more indentation than text. Ours.
const DEEPEST: usize = 64;

/// `None` where the text is not JSON; the end may be missing where it was `truncated`.
pub(super) fn with_line_breaks(text: &str, truncated: bool) -> Option<String> {
    let is_structure = text.trim_start().starts_with(['{', '[']);
    if !is_structure || !(truncated || serde_json::from_str::<IgnoredAny>(text).is_ok()) {
        return None;
    }
    let mut result = String::with_capacity(2 * text.len());
    let mut depth = 0_usize;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => {
                result.push('"');
                let mut escaped = false;
                for letter in letters.by_ref() {
                    result.push(letter);
                    if letter == '"' && !escaped {
                        break;
                    }
                    escaped = letter == '\\' && !escaped;
                }
            }
            '{' | '[' => {
                result.push(letter);
                while letters.next_if(|it| it.is_ascii_whitespace()).is_some() {}
                if let Some(end) = letters.next_if(|it| matches!(it, '}' | ']')) {
                    result.push(end);
                } else {
                    depth += 1;
                    if depth > DEEPEST {
                        return None;
                    }
                    line_break(&mut result, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line_break(&mut result, depth);
                result.push(letter);
            }
            ',' => {
                result.push(',');
                line_break(&mut result, depth);
            }
            ':' => result.push_str(": "),
            letter if letter.is_ascii_whitespace() => {}
            letter => result.push(letter),
        }
    }
    Some(result)
}

fn line_break(text: &mut String, depth: usize) {
    text.push('\n');
    text.extend(std::iter::repeat_n("  ", depth));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn json_gets_line_breaks_and_keeps_what_it_says() {
        let text = r#" {"b":1.50e0,"a":[1, {} ,[ ],"x\"y: {,"],"a":null} "#;
        let expected = "{\n  \"b\": 1.50e0,\n  \"a\": [\n    1,\n    {},\n    [],\n    \"x\\\"y: {,\"\n  ],\n  \"a\": null\n}";
        assert_eq!(with_line_breaks(text, false).as_deref(), Some(expected));
    }

    #[test]
    fn what_is_not_json_stays_as_it_is() {
        for text in ["", "1", "\"x\"", "<p>", "{not}", "[1", "{} {}"] {
            assert_eq!(with_line_breaks(text, false), None, "{text}");
        }
        let deep = "[".repeat(100_000);
        assert_eq!(with_line_breaks(&deep, true), None);
    }

    #[test]
    fn the_beginning_of_json_is_laid_out_as_far_as_it_goes() {
        let json = with_line_breaks(r#"{"a":[1,{"b":"x"#, true).unwrap();
        assert_eq!(json, "{\n  \"a\": [\n    1,\n    {\n      \"b\": \"x");
    }

    proptest! {
        #[test]
        fn any_json_is_the_same_value_afterwards(words in proptest::collection::vec(any::<String>(), 0..5)) {
            let value = serde_json::json!([{ "words": words }, words, {}, [], 1.5, null]);
            let text = with_line_breaks(&value.to_string(), false).unwrap();
            prop_assert_eq!(&serde_json::from_str::<serde_json::Value>(&text).unwrap(), &value);
            prop_assert_eq!(text, serde_json::to_string_pretty(&value).unwrap());
        }
    }
}
