//! Credentials by name: fields of JSON and forms, attributes, elements, parts of URLs.

use std::sync::LazyLock;

use regex::bytes::{Captures, Regex};

use super::REDACTED;

/// The end of the name of a credential, with any prefix.
const NAME: &str = r"(?:(?:passw(?:or)?d|passphrase|secret|credential|api[_-]?key|access[_-]?key|private[_-]?key|auth[_-]?key)[\w-]*|token|\bpass|\bpwd|jwt|sess(?:ion)?[_-]?id|session|signature|\bsig|\bsid|\botp|\bauth|authorization|cookie)";

fn regex(pattern: &str) -> Regex {
    let pattern = pattern.replace("NAME", NAME);
    Regex::new(&format!("(?is-u){pattern}")).expect("the pattern is a constant that tests use")
}

/// Whether a header is a credential by its name.
pub(super) fn is_credential(name: &str) -> bool {
    static WHOLE: LazyLock<Regex> = LazyLock::new(|| regex("NAME$"));
    WHOLE.is_match(name.as_bytes())
}

/// A text with the credentials in it replaced.
pub(super) fn without_credentials(text: &[u8]) -> Vec<u8> {
    static IN_URL: LazyLock<Regex> =
        LazyLock::new(|| regex(r#"(:\\*/\\*/[^/\s:@"'<>]*:)[^/\s"'<>]*@"#));
    static ELEMENT: LazyLock<Regex> =
        LazyLock::new(|| regex(r"(<(?:[\w.:-]*)NAME(?:\s[^>]*)?>(?:<!\[CDATA\[)?)[^<]+"));
    static TAG: LazyLock<Regex> = LazyLock::new(|| regex(r"<(?:input|meta)\b[^>]*"));
    // A JSON Web Token (RFC 7519), which begins with an encoded object; or the text after the name of a scheme.
    static TOKEN: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"()(?:\beyJ[\w-]+\.[\w-]+\.[\w-]*)|(\bbearer +)[\w.~+/-]{8,}=*|(\bbasic +)[\w+/-]{6,}={1,2}",
        )
    });
    let text = TOKEN.replace_all(text, |found: &Captures<'_>| {
        let scheme = found.iter().skip(1).flatten().next();
        [
            scheme.map_or(&b""[..], |it| it.as_bytes()),
            REDACTED.as_bytes(),
        ]
        .concat()
    });
    let text = IN_URL.replace_all(&text, with_prefix);
    let text = ELEMENT.replace_all(&text, with_prefix);
    let text = TAG.replace_all(&text, |tag: &Captures<'_>| attributes(&tag[0]));
    fields(&parts(&text))
}

fn with_prefix(found: &Captures<'_>) -> Vec<u8> {
    let ending: &[u8] = if found[0].ends_with(b"@") { b"@" } else { b"" };
    [&found[1], REDACTED.as_bytes(), ending].concat()
}

/// A tag of HTML, in which the value of a field is an attribute beside its name.
fn attributes(tag: &[u8]) -> Vec<u8> {
    static NAMED: LazyLock<Regex> = LazyLock::new(|| regex(r#"=\s*["']?[^"'\s=]*NAME["'\s/]"#));
    static VALUE: LazyLock<Regex> =
        LazyLock::new(|| regex(r#"(\b(?:value|content)\s*=\s*)(?:"[^"]*"?|'[^']*'?|[^\s"']+)"#));
    // The end of a tag ends its last attribute.
    if !NAMED.is_match(&[tag, b" "].concat()) {
        return tag.to_owned();
    }
    let value = |found: &Captures<'_>| [&found[1], b"\"", REDACTED.as_bytes(), b"\""].concat();
    VALUE.replace_all(tag, value).into_owned()
}

/// Parts of a multipart form.
fn parts(text: &[u8]) -> Vec<u8> {
    static HEAD: LazyLock<Regex> = LazyLock::new(|| {
        regex(r#"\bname="?[^"\r\n]*NAME[^"\r\n]*"?[^\r\n]*\r?\n(?:[^\r\n]+\r?\n)*\r?\n"#)
    });
    static END: LazyLock<Regex> = LazyLock::new(|| regex(r"\r?\n--|$"));
    replaced(text, &HEAD, |_, start| {
        let end = END
            .find_at(text, start)
            .map_or(text.len(), |end| end.start());
        (start..end, REDACTED)
    })
}

/// Fields of JSON, forms, queries, and other texts with a name, a colon or an equals sign, and a value; also within
/// JSON strings.
fn fields(text: &[u8]) -> Vec<u8> {
    static KEY: LazyLock<Regex> =
        LazyLock::new(|| regex(r#"NAME(?:\\*["']|\]|%5D|%22)*\s*(?:=>?|:|%3D|%3A)\s*"#));
    replaced(text, &KEY, |key, start| value(text, key, start))
}

/// Replaces the range that `value` returns for each key that is found and the position after it.
fn replaced<'a>(
    text: &[u8],
    key: &Regex,
    value: impl Fn(&[u8], usize) -> (std::ops::Range<usize>, &'a str),
) -> Vec<u8> {
    let mut result = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(found) = key.find_at(text, at) {
        let (place, replacement) = value(found.as_bytes(), found.end());
        result.extend_from_slice(&text[at..place.start]);
        if !place.is_empty() {
            result.extend_from_slice(replacement.as_bytes());
        }
        at = place.end;
    }
    result.extend_from_slice(&text[at..]);
    result
}

/// The range of the value after a key, and its replacement.
fn value(text: &[u8], key: &[u8], start: usize) -> (std::ops::Range<usize>, &'static str) {
    static BARE: LazyLock<Regex> = LazyLock::new(|| regex(r"[\r\n,}\]]|$"));
    static BARE_IN_FORM: LazyLock<Regex> = LazyLock::new(|| regex(r#"[&\s"'<>]|$"#));
    let rest = &text[start..];
    let escapes = rest.iter().take_while(|byte| **byte == b'\\').count();
    let is_json = key.ends_with(b":") || key.trim_ascii_end().ends_with(b":");
    match rest.get(escapes) {
        Some(quote @ (b'"' | b'\'')) => {
            let from = start + escapes + 1;
            (from..end_of_quoted(text, from, *quote, escapes), REDACTED)
        }
        Some(b'{' | b'[') if escapes == 0 && !rest.starts_with(REDACTED.as_bytes()) => {
            (start..end_of_structure(text, start), quoted(key))
        }
        _ => {
            let end = if is_json { &BARE } else { &BARE_IN_FORM };
            let end = if rest.starts_with(REDACTED.as_bytes()) {
                start + REDACTED.len()
            } else {
                end.find_at(text, start)
                    .map_or(text.len(), |end| end.start())
            };
            match text[start..end].trim_ascii() {
                b"null" | b"true" | b"false" => (start..start, REDACTED),
                _ if is_json => (start..end, quoted(key)),
                _ => (start..end, REDACTED),
            }
        }
    }
}

/// In JSON, the replacement is a string.
fn quoted(key: &[u8]) -> &'static str {
    if key.contains(&b'"') && !key.contains(&b'\\') {
        "\"[redacted]\""
    } else {
        REDACTED
    }
}

/// The end of a string whose quotes have `escapes` backslashes; quotes within it have more.
fn end_of_quoted(text: &[u8], from: usize, quote: u8, escapes: usize) -> usize {
    let mut backslashes = 0;
    for (place, byte) in text.iter().enumerate().skip(from) {
        if *byte == quote {
            let is_end = match escapes {
                0 => backslashes % 2 == 0,
                _ => backslashes <= escapes,
            };
            if is_end {
                return place - backslashes.min(escapes);
            }
        }
        backslashes = if *byte == b'\\' { backslashes + 1 } else { 0 };
    }
    text.len()
}

/// Where an object or a list of JSON ends.
fn end_of_structure(text: &[u8], from: usize) -> usize {
    let (mut depth, mut place) = (0_usize, from);
    while let Some(byte) = text.get(place) {
        place += 1;
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            b'"' => place = (end_of_quoted(text, place, b'"', 0) + 1).min(text.len()),
            _ => {}
        }
        if depth == 0 {
            return place;
        }
    }
    text.len()
}

/// Removes quoted values, and values after “is”, from a sentence on a credential.
pub(super) fn without_named_quotes(reason: &str) -> String {
    static NAMED: LazyLock<Regex> = LazyLock::new(|| regex(r#"^[^"]*NAME\b"#));
    static VALUE: LazyLock<Regex> =
        LazyLock::new(|| regex(r#""(?:[^"\\]|\\.)*"?|\bis (?:[+-]?[0-9][^\s,]*)"#));
    if !NAMED.is_match(reason.as_bytes()) {
        return reason.to_owned();
    }
    let value = |found: &Captures<'_>| -> &'static [u8] {
        if found[0].starts_with(b"\"") {
            b"\"[redacted]\""
        } else {
            b"is [redacted]"
        }
    };
    let redacted = VALUE.replace_all(reason.as_bytes(), value);
    String::from_utf8_lossy(&redacted).into_owned()
}
