//! Reasons of failures, from the recorded exchanges of a run.

use std::cmp::Reverse;
use std::path::Path;

use workbench_samples::{ErrorKind, Failures, SamplesError};

use crate::model::{Failure, FailureReason};

/// Reasons that are listed of each kind. Our choice.
const MOST_REASONS: usize = 10;

/// By kind of error, the most frequent first; empty without recorded exchanges.
pub(crate) fn failures(run_directory: &Path) -> Result<Vec<Failure>, SamplesError> {
    let Some(recorded) = Failures::read(run_directory)? else {
        return Ok(Vec::new());
    };
    let of_kind = |kind| Failure {
        kind,
        reasons: reasons(&recorded.reasons_of(kind)),
        example: recorded.example_of(kind).cloned(),
    };
    let failures = ErrorKind::ALL.into_iter().map(of_kind);
    let mut failures: Vec<Failure> = failures.filter(|it| !it.reasons.is_empty()).collect();
    failures.sort_by_key(|failure| Reverse(failure.reasons.iter().map(|it| it.count).sum::<u64>()));
    Ok(failures)
}

fn reasons(all: &[(Option<&str>, u64)]) -> Vec<FailureReason> {
    let is_listed = |place: usize, reason: Option<&str>| place < MOST_REASONS && reason.is_some();
    let mut reasons = Vec::new();
    let mut others = 0;
    for (place, (reason, count)) in all.iter().enumerate() {
        if is_listed(place, *reason) {
            reasons.push(FailureReason {
                reason: reason.map(str::to_owned),
                count: *count,
            });
        } else {
            others += count;
        }
    }
    reasons.extend((others > 0).then_some(FailureReason {
        reason: None,
        count: others,
    }));
    reasons
}
