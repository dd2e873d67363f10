//! Tokens: random identifiers (UUIDs) of orders and returns, unique across all databases. Numbers
//! from a database are not: one that is restored from a copy or reset gives the same numbers again.

use serde::{Deserialize, Serialize};

use crate::{database::now_ms, hex::hex};

/// A UUID in lower case. All have the same form, so that they are sorted alike as texts, by whatever
/// database.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type,
)]
#[sqlx(transparent)]
pub(crate) struct Token(String);

/// Characters of a token.
const LENGTH: usize = 36;

/// Where its hyphens are.
const HYPHENS: [usize; 4] = [8, 13, 18, 23];

impl Token {
    /// A token that nobody has: a UUID of version 7, which begins with the time, so that new ones
    /// come last in an index. See RFC 9562, 5.7.
    pub(crate) fn new() -> Self {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).expect("the system gives random bytes");
        bytes[..6].copy_from_slice(&now_ms().to_be_bytes()[2..]);
        bytes[6] = bytes[6] & 0x0f | 0x70;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let mut text = hex(&bytes);
        for place in HYPHENS {
            text.insert(place, '-');
        }
        Self(text)
    }

    /// Reads any UUID.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let fits = |(place, byte): (usize, u8)| match HYPHENS.contains(&place) {
            true => byte == b'-',
            false => byte.is_ascii_hexdigit(),
        };
        let is_token = text.len() == LENGTH && text.bytes().enumerate().all(fits);
        is_token.then(|| Self(text.to_ascii_lowercase()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Token {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_token_is_a_uuid_of_version_7_that_begins_with_the_time() {
        let before = now_ms();
        let (first, second) = (Token::new(), Token::new());
        assert_ne!(first, second);
        assert_eq!(Token::parse(first.as_str()), Some(first.clone()));
        let digits = first.as_str().replace('-', "");
        let time = i64::from_str_radix(&digits[..12], 16).unwrap();
        assert!((before..=now_ms()).contains(&time), "{first}");
        assert_eq!(&digits[12..13], "7");
        assert!(matches!(&digits[16..17], "8" | "9" | "a" | "b"), "{first}");
    }

    #[test]
    fn a_uuid_is_read_in_either_case_and_nothing_else_is() {
        let text = "00000000-0000-7000-8000-00000000ABCD";
        let token = Token::parse(text).unwrap();
        assert_eq!(token.as_str(), text.to_ascii_lowercase());
        for other in [
            "",
            "7",
            "00000000-0000-7000-8000-00000000abc",
            "00000000-0000-7000-8000-00000000abcg",
            "0000000000-00-7000-8000-00000000abcd",
            "00000000000070008000000000000000abcd",
            "{0000000-0000-7000-8000-00000000abcd",
            "00000000-0000-7000-8000-0000000ä000",
        ] {
            assert_eq!(Token::parse(other), None, "{other}");
        }
    }
}
