//! Reasons of failures.

use serde::{Deserialize, Serialize};
use workbench_samples::{ErrorKind, Exchange};

/// Failed requests of one kind of error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The kind of error.
    pub kind: ErrorKind,
    /// The reasons over all labels, the most frequent first; the sum of unlisted ones comes last.
    pub reasons: Vec<FailureReason>,
    /// An example, of the label with the most such failures; `None` in an analysis of several runs.
    pub example: Option<Exchange>,
}

/// A reason and its number of requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureReason {
    /// The reason, with `#` for words with digits that differ; `None` for all that are not listed by themselves.
    pub reason: Option<String>,
    /// How many.
    pub count: u64,
}
