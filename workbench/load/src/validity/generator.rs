//! Whether the load generator could do what was planned: its files and ports, and when it ran.

use std::ops::Range;
use std::time::{Duration, Instant};

use workbench_samples::{Check, CheckStatus};

use super::{Evidence, check, counted};
use crate::presence::Presence;
use crate::recorder::{Recorded, Standstill};

/// A user that starts later than this was kept waiting by the generator, not by the target.
const LATENESS_TOLERANCE: Duration = Duration::from_millis(100);

/// The check of the time in which the generator itself did not run, for want of a processor or as it was stopped.
pub const GENERATOR_STANDSTILL: &str = "generator standstill";

/// From this length and share of the steady part on, standstills of the generator are in the 99th percentile. Ours.
const STANDSTILL_LIMIT: Duration = Duration::from_millis(250);
const STANDSTILL_SHARE: f64 = 0.01;

/// No files, ports or memory left: that nothing was sent must never count against the target.
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
    let presences = evidence.presences.iter();
    let lateness = |user: &Presence| user.from.saturating_duration_since(user.planned);
    let latest = presences.map(lateness).max()?;
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

/// Of a generator that stands still for a while, stopped, suspended or without a processor, the target seems to.
///
/// `steady` is the steady part, as far as it has come.
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

/// From this time on a look at a response is noted, and from this one on it makes a run invalid. Ours: the same as for a
/// generator that stands still.
const LOOK_TOLERANCE: Duration = Duration::from_millis(10);

/// While a response is looked at, other users of the same thread wait, and their response times have that in them.
pub(super) fn looks(recorded: &Recorded) -> Option<Check> {
    let longest = Duration::from_nanos(recorded.longest_look_ns);
    let status = if longest >= STANDSTILL_LIMIT {
        CheckStatus::Failed
    } else {
        CheckStatus::Warning
    };
    let finding = format!(
        "captures and expectations took up to {:.0} ms for one response (from {} ms on the run is invalid): meanwhile other users \
         waited, and their response times have that in them; look at smaller responses, or have fewer steps look at them",
        longest.as_secs_f64() * 1_000.0,
        STANDSTILL_LIMIT.as_millis(),
    );
    (longest >= LOOK_TOLERANCE).then(|| check("captures", status, finding))
}
