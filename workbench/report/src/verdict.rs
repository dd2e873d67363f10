//! Whether a run can be believed and how it ended, in words.

use workbench_analysis::RunAnalysis;
use workbench_samples::{CheckStatus, Outcome};

/// What was found about a run's validity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Judgement {
    Valid,
    Invalid,
    /// It was killed, is under way, or comes from another tool.
    NotJudged,
}

impl Judgement {
    pub(crate) fn of(run: &RunAnalysis) -> Self {
        match &run.validity {
            Some(validity) if validity.valid => Self::Valid,
            Some(_) => Self::Invalid,
            None => Self::NotJudged,
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Invalid => "INVALID",
            Self::NotJudged => "not judged",
        }
    }

    /// Names the colours in the page.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Valid => "good",
            Self::Invalid => "bad",
            Self::NotJudged => "open",
        }
    }

    /// What follows for the reader.
    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Self::Valid => "No check failed.",
            Self::Invalid => "Do not draw conclusions from these numbers.",
            Self::NotJudged => "Nothing is known about whether the load was what was planned.",
        }
    }
}

/// How a run ended.
pub(crate) fn outcome(run: &RunAnalysis) -> String {
    match &run.outcome {
        Outcome::Running => "under way, or killed before it could say how it ended".to_owned(),
        Outcome::Completed => "completed".to_owned(),
        Outcome::Interrupted => "interrupted on request; what there was is kept".to_owned(),
        Outcome::Failed(reason) => format!("failed: {reason}"),
    }
}

/// A check's outcome in a word.
pub(crate) fn status(status: CheckStatus) -> &'static str {
    match status {
        CheckStatus::Passed => "passed",
        CheckStatus::Warning => "warning",
        CheckStatus::Failed => "FAILED",
    }
}

/// A threshold's outcome in a word.
pub(crate) fn threshold(passed: bool) -> &'static str {
    if passed { "passed" } else { "MISSED" }
}
