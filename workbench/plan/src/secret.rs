//! Secrets: values that are read when a run begins and never written.

use std::fmt;
use std::path::PathBuf;

/// Where a secret is read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// A variable of the environment.
    Environment(String),
    /// A file; its name as written, and where it is.
    File(String, PathBuf),
}

/// A text that cannot be printed, formatted or serialized.
#[derive(Clone)]
pub struct Secret(String);

/// Why a secret cannot be read. Names its source, never its value.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SecretError(String);

impl SecretSource {
    /// Reads the secret; the last line break of a file is no part of it.
    ///
    /// # Errors
    /// The variable is not set, or the file cannot be read, or it is not UTF-8.
    pub fn read(&self) -> Result<Secret, SecretError> {
        match self {
            Self::Environment(name) => match std::env::var(name) {
                Ok(value) => Ok(Secret(value)),
                Err(std::env::VarError::NotPresent) => Err(SecretError(format!(
                    "the environment variable {name} is not set; the experiment uses ${{env.{name}}}: export {name}=…"
                ))),
                Err(std::env::VarError::NotUnicode(_)) => Err(SecretError(format!(
                    "the environment variable {name} is not in UTF-8"
                ))),
            },
            Self::File(name, path) => {
                let text = std::fs::read_to_string(path);
                let mut text =
                    text.map_err(|error| SecretError(format!("cannot read {name}: {error}")))?;
                if text.ends_with('\n') {
                    text.pop();
                    if text.ends_with('\r') {
                        text.pop();
                    }
                }
                Ok(Secret(text))
            }
        }
    }
}

impl fmt::Display for SecretSource {
    /// Where it is read from.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(name) => write!(f, "the environment variable {name}"),
            Self::File(name, _) => write!(f, "the file {name}"),
        }
    }
}

impl Secret {
    /// The text. It may only be sent to the target, or searched for in what is stored.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}
