//! Tokens: random identifiers (UUIDs) of orders and returns, unique across all databases. Numbers
//! from a database are not: one that is restored from a copy or reset gives the same numbers again.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::{Builder, Uuid, fmt::Hyphenated};

use crate::platform::database::now_ms;

/// A UUID in lower case. All have the same form, so that they are sorted alike as texts, by whatever
/// database.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema, sqlx::Type,
)]
#[schema(value_type = String, format = "uuid")]
#[sqlx(transparent)]
pub(crate) struct Token(String);

impl Token {
    /// A token that nobody has: a UUID of version 7, which begins with the time, so that new ones
    /// come last in an index.
    pub(crate) fn new() -> Self {
        let mut random = [0; 10];
        getrandom::fill(&mut random).expect("the system gives random bytes");
        Self::of(now_ms(), random)
    }

    /// The first token of a moment: those that were made before come before it.
    pub(crate) fn at(time_ms: i64) -> Self {
        Self::of(time_ms, [0; 10])
    }

    fn of(time_ms: i64, random: [u8; 10]) -> Self {
        let time_ms = u64::try_from(time_ms).unwrap_or_default();
        let uuid = Builder::from_unix_timestamp_millis(time_ms, &random).into_uuid();
        Self(uuid.to_string())
    }

    /// Reads a UUID with its hyphens.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let uuid = Uuid::try_parse(text).ok()?;
        (text.len() == Hyphenated::LENGTH).then(|| Self(uuid.to_string()))
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
