//! Scalars on one line: plain, or in double quotes if they would be parsed differently.

/// YAML's printable letters that need no escape, line breaks and tabs aside.
pub(super) fn is_printable(letter: char) -> bool {
    !letter.is_control()
        && !matches!(
            letter,
            '\u{2028}' | '\u{2029}' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}'
        )
}

/// A text on one line, in quotes if it would be parsed differently without.
pub(super) fn scalar(text: &str, in_flow: bool) -> String {
    if is_plain(text, in_flow) {
        text.to_owned()
    } else {
        quoted(text)
    }
}

fn is_plain(text: &str, in_flow: bool) -> bool {
    let mut letters = text.chars();
    let Some(first) = letters.next() else {
        return false;
    };
    let begins = match first {
        '-' | '?' | ':' => letters
            .next()
            .is_some_and(|second| !second.is_whitespace() && !in_flow && first != ':'),
        _ => !"#&*!|>'\"%@`{}[],=".contains(first) && !first.is_whitespace(),
    };
    let ends = text.ends_with(|last: char| last.is_whitespace() || last == ':');
    let broken = text.contains(": ") || text.contains(" #");
    let broken_in_flow = in_flow && text.contains(['{', '}', '[', ']', ',', ':']);
    begins
        && !ends
        && !broken
        && !broken_in_flow
        && text.chars().all(is_printable)
        && !means_something_else(text)
}

/// Whether a reader of YAML 1.1 or 1.2 takes the text for a number, a truth value, null, a date or a mark of the document.
fn means_something_else(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let is_word = matches!(
        lower.as_str(),
        "~" | "null"
            | "true"
            | "false"
            | "yes"
            | "no"
            | "on"
            | "off"
            | "y"
            | "n"
            | ".nan"
            | ".inf"
            | "-.inf"
            | "+.inf"
    );
    // Numbers in all their shapes (hexadecimal, sexagesimal, with underscores), and dates.
    let is_number = text.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first))
        && lower.contains(|letter: char| letter.is_ascii_digit())
        && lower
            .chars()
            .all(|letter| letter.is_ascii_hexdigit() || "+-._:xointz".contains(letter));
    is_word || is_number || text.starts_with("---") || text.starts_with("...")
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            letter if is_printable(letter) => out.push(letter),
            letter if u32::from(letter) <= 0xFFFF => {
                out.push_str(&format!("\\u{:04X}", u32::from(letter)));
            }
            letter => out.push_str(&format!("\\U{:08X}", u32::from(letter))),
        }
    }
    out.push('"');
    out
}
