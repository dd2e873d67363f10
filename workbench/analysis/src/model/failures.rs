//! Why requests failed.

use serde::{Deserialize, Serialize};
use workbench_samples::{ErrorKind, Exchange};

/// Requests that failed in one way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// In which way.
    pub kind: ErrorKind,
    /// Why, over all labels, the most frequent first; reasons that are not listed by themselves come last.
    pub reasons: Vec<FailureReason>,
    /// One of them, of the label that failed so most often; `None` where several runs are analysed, each of which has a report
    /// of its own.
    pub example: Option<Exchange>,
}

/// How many requests failed for a reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureReason {
    /// The reason, with `#` for words with digits that differ; `None` for all that are not listed by themselves.
    pub reason: Option<String>,
    /// How many.
    pub count: u64,
}
