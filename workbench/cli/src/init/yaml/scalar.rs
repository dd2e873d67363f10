//! Scalars on one line: plain, or in double quotes if they would be parsed differently.

use std::fmt::Write as _;

/// YAML's printable letters that need no escape, line breaks and tabs aside.
pub(super) fn is_printable(letter: char) -> bool {
    !letter.is_control() && !"\u{2028}\u{2029}\u{FEFF}\u{FFFE}\u{FFFF}".contains(letter)
}

/// A text on one line, in quotes if it would be parsed differently without.
pub(super) fn scalar(text: &str, in_flow: bool) -> String {
    match is_plain(text, in_flow) {
        true => text.to_owned(),
        false => quoted(text),
    }
}

fn is_plain(text: &str, in_flow: bool) -> bool {
    let mut letters = text.chars();
    let begins = match letters.next() {
        None => false,
        Some(first @ ('-' | '?' | ':')) => {
            let second = letters.next();
            second.is_some_and(|second| !second.is_whitespace() && !in_flow && first != ':')
        }
        Some(first) => !"#&*!|>'\"%@`{}[],=".contains(first) && !first.is_whitespace(),
    };
    let ends = text.ends_with(|last: char| last.is_whitespace() || last == ':');
    let broken = text.contains(": ") || text.contains(" #");
    let broken_in_flow = in_flow && text.contains(['{', '}', '[', ']', ',', ':']);
    let is_broken = ends || broken || broken_in_flow;
    begins && !is_broken && text.chars().all(is_printable) && !means_something_else(text)
}

/// Whether a reader of YAML 1.1 or 1.2 takes the text for a number, a truth value, null, a date or a mark of the document.
fn means_something_else(text: &str) -> bool {
    const WORDS: &str = "~ null true false yes no on off y n .nan .inf -.inf +.inf";
    let lower = text.to_ascii_lowercase();
    // Numbers in all their shapes (hexadecimal, sexagesimal, with underscores), and dates.
    let fits = |letter: char| letter.is_ascii_hexdigit() || "+-._:xointz".contains(letter);
    let is_number = text.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first))
        && lower.contains(|letter: char| letter.is_ascii_digit())
        && lower.chars().all(fits);
    let is_word = WORDS.split(' ').any(|word| word == lower);
    is_word || is_number || text.starts_with("---") || text.starts_with("...")
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for letter in text.chars() {
        let code = u32::from(letter);
        let _infallible = match letter {
            '"' | '\\' => write!(out, "\\{letter}"),
            '\n' => write!(out, "\\n"),
            '\r' => write!(out, "\\r"),
            '\t' => write!(out, "\\t"),
            letter if is_printable(letter) => write!(out, "{letter}"),
            _ if code <= 0xFFFF => write!(out, "\\u{code:04X}"),
            _ => write!(out, "\\U{code:08X}"),
        };
    }
    out.push('"');
    out
}
