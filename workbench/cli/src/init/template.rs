//! Text of an experiment file, in which `${name}` stands for a variable and `$$` for a dollar sign.

use std::fmt::Write as _;

/// Noncharacters of Unicode, which do not occur in text. They enclose the name of a variable in literal text; see
/// [`mark`].
const BEGIN: char = '\u{FDD0}';
const END: char = '\u{FDD1}';

/// The placeholder of a variable in literal text, until it becomes a [`Template`]. JSON, URLs and forms can be parsed
/// with it.
pub(crate) fn mark(variable: &str) -> String {
    format!("{BEGIN}{variable}{END}")
}

/// Whether the text has such a variable.
pub(crate) fn is_marked(text: &str) -> bool {
    text.contains(BEGIN)
}

/// Whether the letter is part of such a mark.
pub(crate) fn is_mark(letter: char) -> bool {
    matches!(letter, BEGIN | END)
}

/// A text with variables, as an experiment file writes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Template(String);

impl Template {
    /// Text that is sent as it is.
    pub(crate) fn literal(text: &str) -> Self {
        Self::default().and_literal(text)
    }

    /// Nothing but one variable: `product`, `env.SHOP_TOKEN`, `customers.name`.
    pub(crate) fn variable(name: &str) -> Self {
        Self::default().and_variable(name)
    }

    /// Part of a path or query that is sent unchanged, except that invalid characters are percent-encoded.
    pub(crate) fn address(text: &str) -> Self {
        Self::default().and_address(text)
    }

    /// Variables may be marked in the text, see [`mark`].
    #[must_use]
    pub(crate) fn and_literal(mut self, text: &str) -> Self {
        let mut letters = text.chars().peekable();
        while let Some(letter) = letters.next() {
            match letter {
                BEGIN => self.0.push_str("${"),
                END => self.0.push('}'),
                // Also at the end, since a variable may follow.
                '$' if matches!(letters.peek(), None | Some('$' | '{' | &BEGIN)) => {
                    self.0.push_str("$$");
                }
                letter => self.0.push(letter),
            }
        }
        self
    }

    #[must_use]
    pub(crate) fn and_variable(mut self, name: &str) -> Self {
        let _infallible = write!(self.0, "${{{name}}}");
        self
    }

    #[must_use]
    pub(crate) fn and_address(self, text: &str) -> Self {
        self.and_literal(&encoded(text))
    }

    #[must_use]
    pub(crate) fn and(mut self, other: &Self) -> Self {
        self.0.push_str(&other.0);
        self
    }

    /// Text as a file has it.
    #[must_use]
    pub(crate) fn and_source(mut self, source: &str) -> Self {
        self.0.push_str(source);
        self
    }

    /// As the file has it.
    pub(crate) fn source(&self) -> &str {
        &self.0
    }
}

/// Percent-encodes what RFC 3986 does not allow in a path and query; `%` stays where it begins an encoded byte.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let bytes = text.as_bytes();
    for (at, &byte) in bytes.iter().enumerate() {
        let is_hex = |after: usize| bytes.get(at + after).is_some_and(u8::is_ascii_hexdigit);
        let allowed = byte.is_ascii_alphanumeric()
            || b"-._~!$&'()*+,;=:@/?".contains(&byte)
            || byte == b'%' && is_hex(1) && is_hex(2);
        if allowed {
            out.push(char::from(byte));
        } else {
            let _infallible = write!(out, "%{byte:02X}");
        }
    }
    // URL parsing encodes the marks.
    for (encoded, mark) in [("%EF%B7%90", BEGIN), ("%EF%B7%91", END)] {
        if out.contains(encoded) {
            out = out.replace(encoded, &mark.to_string());
        }
    }
    out
}
