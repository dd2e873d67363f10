//! Finds values of secrets in all encodings.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use regex::bytes::{Regex, RegexBuilder};

use super::REDACTED;

/// A shorter secret is searched only as a whole value. Our choice.
const SHORTEST: usize = 4;
/// Each part of this length of a longer secret is searched separately. Our choice.
const LONGEST_PART: usize = 256;
/// Bytes for one byte of a secret in its longest encoding: `\u00e9`.
const LONGEST_ENCODING: usize = 6;
/// Most passes. After a replacement the rest may form a secret again, which for a secret within `[redacted]` would
/// never end.
const MOST_PASSES: usize = 4;
/// Bytes of memory that the search for all secrets may take. Our choice.
const LARGEST: usize = 1 << 28;
/// The end of a value that was cut.
const CUT: char = '…';
const REPLACEMENT: &str = "${before}[redacted]${behind}";

/// Delimiters of whole values.
const BEFORE: &str = r#"^|[\s=:/?&;,"'>(\[{]"#;
const BEHIND: &str = r#"$|[\s/?&;,"'<)\]}#]"#;

/// Finds secrets.
#[derive(Debug)]
pub(super) struct Secrets {
    /// The searches. If they cannot be compiled, every text counts as a secret.
    searches: Result<Vec<Regex>, regex::Error>,
    /// Those that are not short.
    long: Vec<Vec<u8>>,
    longest: usize,
}

impl Secrets {
    pub(super) fn new<'a>(secrets: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut secrets: Vec<&[u8]> = secrets.filter(|secret| !secret.is_empty()).collect();
        // The longer ones first: a part of one may be another one.
        secrets.sort_by_key(|secret| Reverse(secret.len()));
        let longest = secrets.first().map_or(0, |secret| secret.len());
        let short = secrets.partition_point(|secret| secret.len() >= SHORTEST);
        let (long, short) = secrets.split_at(short);
        let beginnings = long.iter().map(|secret| secret.to_vec()).collect();
        let long: Vec<String> = long.iter().flat_map(|secret| patterns(secret)).collect();
        let short: Vec<String> = short.iter().map(|secret| encoded(secret)).collect();
        let search = |patterns: Vec<String>, before: &str, behind: &str| {
            let pattern = format!(
                "(?<before>{before})(?:{})(?<behind>{behind})",
                patterns.join("|")
            );
            RegexBuilder::new(&pattern)
                .unicode(false)
                .size_limit(LARGEST)
                .build()
        };
        let mut searches = Vec::new();
        if !long.is_empty() {
            searches.push(search(long, "", ""));
        }
        if !short.is_empty() {
            searches.push(search(short, BEFORE, BEHIND));
        }
        Self {
            searches: searches.into_iter().collect(),
            long: beginnings,
            longest: longest.saturating_mul(LONGEST_ENCODING),
        }
    }

    /// Removes beginnings of secrets before `…`, at which values were cut.
    pub(super) fn redact_cut(&self, text: &str) -> String {
        let mut parts = text.split(CUT).peekable();
        let mut result = String::new();
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                result.push_str(part);
                break;
            }
            let cut = self.long.iter().filter_map(|it| beginning(part, it)).max();
            match cut.and_then(|length| part.get(..part.len() - length)) {
                Some(before) => {
                    result.push_str(before);
                    result.push_str(REDACTED);
                }
                None => result.push_str(part),
            }
            result.push(CUT);
        }
        result
    }

    pub(super) fn longest(&self) -> usize {
        self.longest
    }

    pub(super) fn redact(&self, mut text: Vec<u8>) -> Vec<u8> {
        let Ok(searches) = &self.searches else {
            return REDACTED.into();
        };
        for search in searches {
            for _ in 0..MOST_PASSES {
                match search.replace_all(&text, REPLACEMENT.as_bytes()) {
                    Cow::Borrowed(_) => break,
                    Cow::Owned(redacted) => text = redacted,
                }
            }
        }
        text
    }
}

/// The most bytes at the end of a text that are the beginning of a secret.
fn beginning(text: &str, secret: &[u8]) -> Option<usize> {
    let most = secret.len().min(text.len());
    (SHORTEST..=most)
        .rev()
        .find(|length| text.as_bytes().ends_with(&secret[..*length]))
}

/// Regular expressions for a secret that is not short, in parts where it is long, and for its base64.
fn patterns(secret: &[u8]) -> Vec<String> {
    let parts = secret.chunks(LONGEST_PART);
    // The last part may be too short to be searched.
    let parts = parts.filter(|part| part.len() >= SHORTEST);
    parts
        .flat_map(|part| std::iter::once(encoded(part)).chain(in_base64(part)))
        .collect()
}

/// A secret with each of its characters in any encoding.
fn encoded(secret: &[u8]) -> String {
    let mut pattern = String::from("(?:");
    for chunk in secret.utf8_chunks() {
        for character in chunk.valid().chars() {
            push_character(&mut pattern, character);
        }
        for byte in chunk.invalid() {
            push_byte(&mut pattern, *byte);
        }
    }
    pattern.push(')');
    pattern
}

fn push_byte(pattern: &mut String, byte: u8) {
    // Writing to a text cannot fail.
    let _ = write!(pattern, r"(?:\x{byte:02x}|(?i:%(?:25)*{byte:02x}))");
}

fn push_character(pattern: &mut String, character: char) {
    let mut bytes = [0; 4];
    let bytes = character.encode_utf8(&mut bytes).as_bytes();
    pattern.push_str("(?:");
    match character {
        // As they are or escaped, however often.
        '"' | '\'' | '/' => {
            let _ = write!(pattern, r"\\*\x{:02x}", bytes[0]);
        }
        '\\' => pattern.push_str(r"\\+"),
        _ => bytes.iter().for_each(|byte| push_byte(pattern, *byte)),
    }
    if character.is_ascii() {
        let _ = write!(pattern, "|(?i:%(?:25)*{:02x})", bytes[0]);
    }
    let mut units = [0; 2];
    pattern.push('|');
    for unit in character.encode_utf16(&mut units) {
        let _ = write!(pattern, r"(?i:\\+u{unit:04x})");
    }
    let number = u32::from(character);
    let _ = write!(pattern, "|(?i:&#(?:0*{number}|x0*{number:x});)");
    pattern.push_str(match character {
        ' ' => r"|\+",
        '\n' => r"|\\+n",
        '\r' => r"|\\+r",
        '\t' => r"|\\+t",
        '\u{8}' => r"|\\+b",
        '\u{c}' => r"|\\+f",
        '&' => "|&amp;",
        '<' => "|&lt;",
        '>' => "|&gt;",
        '"' => "|&quot;",
        '\'' => "|&apos;",
        _ => "",
    });
    pattern.push(')');
}

/// The part of a secret's base64 that does not depend on its surroundings, for each offset within a group of three
/// bytes.
fn in_base64(secret: &[u8]) -> Vec<String> {
    let mut patterns = Vec::new();
    for before in 0..3 {
        let all = [&vec![0; before], secret].concat();
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            let text = engine.encode(&all);
            // Six bits a character; characters with bits of the surroundings are left out.
            let from = (8 * before).div_ceil(6);
            let to = 8 * all.len() / 6;
            let stable = &text[from.min(to)..to];
            if stable.len() >= SHORTEST {
                patterns.push(regex::escape(stable));
            }
        }
    }
    patterns.dedup();
    patterns
}
