//! The version of a book that a client has seen: `ETag` in an answer, `If-Match` in a change.

use sha2::{Digest, Sha256};

use super::Product;
use crate::{
    extract::{FromParameters, Parameters},
    hex::hex,
    validation::Problems,
};

/// Bytes of the digest that make up a version: books that differ share one by a chance of 2⁻⁶⁴.
const LENGTH: usize = 8;

impl Product {
    /// Names what the book says at the moment. Made of its contents, so that whatever changes
    /// them (a sale, too) changes it.
    pub(super) fn version(&self) -> String {
        let mut digest = Sha256::new();
        digest.update(self.price.to_be_bytes());
        digest.update(self.quantity.to_be_bytes());
        digest.update(self.name.as_bytes());
        format!("\"{}\"", hex(&digest.finalize()[..LENGTH]))
    }
}

/// Under which condition a client wants its change to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum IfMatch {
    /// Whatever the book says by now.
    Always,
    /// If it still has one of these versions.
    Versions(Vec<String>),
}

impl IfMatch {
    /// Whether a book is as the client has seen it.
    pub(super) fn allows(&self, product: &Product) -> bool {
        match self {
            Self::Always => true,
            Self::Versions(versions) => versions.contains(&product.version()),
        }
    }
}

impl FromParameters for IfMatch {
    fn read(parameters: &Parameters<'_>, _: &mut Problems) -> Option<Self> {
        let Some(header) = parameters.header("if-match") else {
            return Some(Self::Always);
        };
        // What is no version of ours matches nothing; our versions hold no commas.
        let versions = String::from_utf8_lossy(header);
        let versions: Vec<String> = versions
            .split(',')
            .map(|version| version.trim().to_owned())
            .collect();
        Some(if versions.iter().any(|version| version == "*") {
            Self::Always
        } else {
            Self::Versions(versions)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn book(name: &str, price: i64, quantity: i64) -> Product {
        let name = name.to_owned();
        Product {
            id: 1,
            name,
            price,
            quantity,
        }
    }

    #[test]
    fn a_version_changes_with_everything_that_a_book_says() {
        let version = book("Emma", 12, 3).version();
        assert_eq!(version, book("Emma", 12, 3).version());
        for other in [
            book("Emma.", 12, 3),
            book("Emma", 13, 3),
            book("Emma", 12, 2),
            book("Emma", 3, 12),
        ] {
            assert_ne!(version, other.version(), "{other:?}");
        }
    }

    #[test]
    fn a_change_is_made_to_a_version_that_was_named() {
        let seen = book("Emma", 12, 3);
        let named = IfMatch::Versions(vec!["\"other\"".to_owned(), seen.version()]);
        assert!(named.allows(&seen));
        assert!(!named.allows(&book("Emma", 12, 2)));
        assert!(IfMatch::Always.allows(&seen));
    }
}
