//! Checks of the load generator: its files and ports, lateness and standstills.

use std::ops::Range;
use std::time::{Duration, Instant};

use workbench_samples::{Check, CheckStatus};

use super::{Evidence, check, counted};
use crate::active_users::UserActivity;
use crate::recorder::{Recorded, Standstill};

/// A user that starts later than this was kept waiting by the generator, not by the target.
const LATENESS_TOLERANCE: Duration = Duration::from_millis(100);

/// Name of the check for time in which the generator itself did not run: it had no processor, or was suspended.
pub const GENERATOR_STANDSTILL: &str = "generator standstill";

/// From this length and share of the steady part on, standstills of the generator affect the 99th percentile. Our
/// choice.
const STANDSTILL_LIMIT: Duration = Duration::from_millis(250);
const STANDSTILL_SHARE: f64 = 0.01;

/// No files, ports or memory left. Such requests must not count against the target.
pub(super) fn limits(recorded: &Recorded) -> Option<Check> {
    let failed = recorded.generator_errors;
    let finding = format!(
        "{failed} of {} could not be sent: this machine ran out of open files, ports or memory; raise its \
         limits (`ulimit -n`, net.ipv4.ip_local_port_range) or use fewer users",
        counted(recorded.samples, "request")
    );
    (failed > 0).then(|| check("generator limits", CheckStatus::Failed, finding))
}

/// A generator that has too little processor time wakes its users late.
pub(super) fn users_punctual(evidence: &Evidence<'_>) -> Option<Check> {
    let active_users = evidence.active_users.iter();
    let lateness = |user: &UserActivity| user.from.saturating_duration_since(user.planned);
    let latest = active_users.map(lateness).max()?;
    let status = if latest <= LATENESS_TOLERANCE {
        CheckStatus::Passed
    } else {
        CheckStatus::Warning
    };
    let finding = format!(
        "users started at most {:.1} ms after their time (up to {} ms passes)",
        latest.as_secs_f64() * 1_000.0,
        LATENESS_TOLERANCE.as_millis(),
    );
    Some(check("punctuality", status, finding))
}

/// A standstill of the generator (stopped, suspended, or without a processor) looks like one of the target.
///
/// `steady` is the steady part so far.
pub(super) fn ran(standstills: &[Standstill], steady: Range<Instant>) -> Option<Check> {
    let (from, to) = (steady.start, steady.end);
    let inside = |(begun, length): &Standstill| {
        (*begun + *length)
            .min(to)
            .saturating_duration_since((*begun).max(from))
    };
    let lengths = standstills.iter().map(inside);
    let lengths: Vec<Duration> = lengths.filter(|length| !length.is_zero()).collect();
    let longest = *lengths.iter().max()?;
    let total: Duration = lengths.iter().sum();
    let share = total.as_secs_f64() / (to - from).as_secs_f64();
    let status = if longest >= STANDSTILL_LIMIT && share >= STANDSTILL_SHARE {
        CheckStatus::Failed
    } else {
        CheckStatus::Warning
    };
    let finding = format!(
        "the generator itself did not run for {:.2} s of the steady part ({:.1} %), at most {:.2} s at a time (from {:.2} s \
         and {:.0} % on the run is invalid): it was stopped or suspended, or had no processor",
        total.as_secs_f64(),
        share * 100.0,
        longest.as_secs_f64(),
        STANDSTILL_LIMIT.as_secs_f64(),
        STANDSTILL_SHARE * 100.0,
    );
    Some(check(GENERATOR_STANDSTILL, status, finding))
}

/// An evaluation of a response that takes this long is a warning, and one that takes the second limit makes the run
/// invalid. Our choice: the limit for standstills.
const LOOK_TOLERANCE: Duration = Duration::from_millis(10);

/// While a response is evaluated, other users of the same thread wait, which adds to their response times.
pub(super) fn looks(recorded: &Recorded) -> Option<Check> {
    let longest = Duration::from_nanos(recorded.longest_look_ns);
    let status = if longest >= STANDSTILL_LIMIT {
        CheckStatus::Failed
    } else {
        CheckStatus::Warning
    };
    let finding = format!(
        "captures and expectations took up to {:.0} ms for one response (from {} ms on the run is invalid): \
        other users waited meanwhile, and their response times include that; use smaller responses, or fewer \
        steps with captures and expectations",
        longest.as_secs_f64() * 1_000.0,
        STANDSTILL_LIMIT.as_millis(),
    );
    (longest >= LOOK_TOLERANCE).then(|| check("captures", status, finding))
}
