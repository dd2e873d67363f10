//! The version of a book that a client has seen: `ETag` in an answer, `If-Match` in a change.

use sha2::{Digest, Sha256};

use super::Product;
use crate::platform::{
    extract::{FromParameters, Parameters},
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
        format!("\"{}\"", hex::encode(&digest.finalize()[..LENGTH]))
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
