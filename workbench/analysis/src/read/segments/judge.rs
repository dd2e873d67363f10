//! Validity checks of a run in segments: all exist, have completed, and began at the same time.

use workbench_plan::Schedule;
use workbench_samples::{Check, CheckStatus, Outcome, SegmentPlace, UsersInSecond, Validity};

use super::Part;
use crate::occurrence::{grouped, unique};

/// Largest difference between the starts of segments. It is the interval by which users and arrivals are counted. Our
/// choice.
const SPREAD_LIMIT_NS: i64 = 1_000_000_000;
/// Clocks that may differ by more than this are a warning; the limit is that of late starts.
const CLOCKS_TOLERANCE_NS: i64 = 100_000_000;

/// All segments together.
pub(super) struct Whole<'a> {
    pub(super) schedule: &'a Schedule,
    pub(super) users: &'a [UsersInSecond],
    /// Requests that the target, or each segment's own, counted.
    pub(super) served: u64,
    pub(super) samples: usize,
}

/// The checks of all segments, and the checks of the whole run.
pub(super) fn validity(parts: &[Part], whole: &Whole<'_>) -> Validity {
    let mut checks = vec![all_there(parts)];
    checks.extend(clocks(parts));
    checks.extend(of_segments(parts));
    checks
        .iter_mut()
        .for_each(|check| of_the_whole(check, whole));
    Validity {
        valid: checks.iter().all(|it| it.status != CheckStatus::Failed),
        checks,
    }
}

pub(super) fn name(place: &SegmentPlace) -> String {
    format!("segment {}/{}", place.number, place.of)
}

fn all_there(parts: &[Part]) -> Check {
    let of = parts[0].place.of;
    let reference = reference(parts);
    let mut wrong = Vec::new();
    for number in 1..=of {
        let Some(part) = parts.iter().find(|part| part.place.number == number) else {
            wrong.push(format!("segment {number}/{of} is missing"));
            continue;
        };
        let name = name(&part.place);
        match &part.manifest.outcome {
            Outcome::Completed => {}
            Outcome::Running => wrong.push(format!("{name} was killed")),
            Outcome::Interrupted => wrong.push(format!("{name} was interrupted")),
            Outcome::Failed(why) => wrong.push(format!("{name} failed: {why}")),
        }
        let late = part.place.started_at.zip(reference);
        let late = late.map(|(started, reference)| started - reference);
        if let Some(late) = late.filter(|late| *late > SPREAD_LIMIT_NS) {
            wrong.push(format!("{name} began {:.1} s late", seconds(late)));
        }
    }
    let started = || parts.iter().filter_map(|part| part.place.started_at);
    let spread = started().max().zip(started().min());
    let spread = spread.map_or(0, |(last, first)| last - first);
    let finding = format!(
        "{} of {of} are there, and began within {:.1} ms (up to {} s passes)",
        parts.len(),
        seconds(spread) * 1_000.0,
        SPREAD_LIMIT_NS / 1_000_000_000
    );
    if wrong.is_empty() {
        check("segments", CheckStatus::Passed, finding)
    } else {
        let finding = format!("{}; {finding}", wrong.join("; "));
        check("segments", CheckStatus::Failed, finding)
    }
}

/// The common planned start, or the first actual one.
fn reference(parts: &[Part]) -> Option<i64> {
    let planned = parts.iter().filter_map(|part| part.place.start_at).min();
    planned.or_else(|| parts.iter().filter_map(|part| part.place.started_at).min())
}

/// The possible difference between the clocks of several machines, by which segments start and samples are ordered.
fn clocks(parts: &[Part]) -> Option<Check> {
    let machines = grouped(parts.iter().map(|part| (&part.place.host, &part.place)));
    let machines: Vec<&SegmentPlace> = machines.into_iter().map(|(_, of)| of[0]).collect();
    if machines.len() < 2 {
        return None;
    }
    let names = |unknown: &[&SegmentPlace]| {
        let names: Vec<&str> = unknown.iter().map(|it| it.host.as_str()).collect();
        names.join(", ")
    };
    let is_lost = |it: &&&SegmentPlace| it.clock.as_ref().is_none_or(|it| !it.is_synchronised);
    let lost: Vec<&SegmentPlace> = machines.iter().filter(is_lost).copied().collect();
    if !lost.is_empty() {
        let finding = format!(
            "the clocks of {} may not be synchronised; response times are correct, but seconds and users may be \
            displaced",
            names(&lost)
        );
        return Some(check("clocks", CheckStatus::Warning, finding));
    }
    let error = |it: &&SegmentPlace| it.clock.as_ref().and_then(|clock| clock.error_ns);
    let mut errors: Vec<i64> = machines.iter().filter_map(error).collect();
    if errors.len() < machines.len() {
        let finding = format!(
            "those of {} machines are synchronised, with unknown precision",
            machines.len()
        );
        return Some(check("clocks", CheckStatus::Passed, finding));
    }
    errors.sort_unstable();
    let apart: i64 = errors.iter().rev().take(2).sum();
    let status = if apart <= CLOCKS_TOLERANCE_NS {
        CheckStatus::Passed
    } else {
        CheckStatus::Warning
    };
    let finding = format!(
        "those of {} machines differ by {:.1} ms at most (up to {} ms passes)",
        machines.len(),
        seconds(apart) * 1_000.0,
        CLOCKS_TOLERANCE_NS / 1_000_000
    );
    Some(check("clocks", status, finding))
}

/// Each check of the segments once, with the worst finding.
fn of_segments(parts: &[Part]) -> Vec<Check> {
    let checks = || {
        parts.iter().flat_map(|part| {
            let checks = part.manifest.validity.iter().flat_map(|it| &it.checks);
            checks.map(|check| (&part.place, check))
        })
    };
    let names = unique(checks().map(|(_, check)| check.name.as_str()));
    let worst = |name: &str| {
        let of_name = || checks().filter(|(_, check)| check.name == name);
        let status = of_name().map(|(_, check)| check.status).max()?;
        let worst: Vec<_> = of_name().filter(|(_, it)| it.status == status).collect();
        let (place, first) = worst.first()?;
        let segment = self::name(place);
        let whose = match worst.len() {
            1 => segment,
            all if worst.iter().all(|(_, it)| it.finding == first.finding) => {
                format!("{all} segments")
            }
            several => format!("{segment} (and {} more)", several - 1),
        };
        let finding = format!("{whose}: {}", first.finding);
        Some(check(name, status, finding))
    };
    names.into_iter().filter_map(worst).collect()
}

/// Largest deviation from the planned users that passes, as a fraction of their peak, and the one above which a run is
/// invalid: the limits of a run without segments.
const USERS_TOLERANCE: f64 = 0.01;
const USERS_LIMIT: f64 = 0.05;

/// Replaces the segments' findings by those of the whole run for checks of users, since a segment may have a single
/// user.
fn of_the_whole(check: &mut Check, whole: &Whole<'_>) {
    let passed = check.status == CheckStatus::Passed;
    let samples = whole.samples;
    match check.name.as_str() {
        "users" => {
            // Only the segments know which users waited for a response at their stop.
            if let Some((status, finding)) = users(whole)
                && (!passed || status == CheckStatus::Passed)
            {
                check.status = status;
                check.finding = finding;
            }
        }
        "errors" if passed => check.finding = format!("none of {samples} requests"),
        "requests accounted for" if passed => {
            check.finding = format!(
                "the target counted {} requests, {samples} samples kept; each segment found the same",
                whole.served
            );
        }
        _ => {}
    }
}

/// The check of the worst second. As in a run without segments, users may leave late after the hold.
fn users(whole: &Whole<'_>) -> Option<(CheckStatus, String)> {
    let peak = whole.schedule.peak_users() as f64;
    let end = whole.schedule.end().as_secs_f64();
    let hold_end = whole.schedule.hold_end().as_secs_f64();
    let seconds = whole.users.iter();
    let judged = seconds.filter_map(|users| {
        let surplus = (users.achieved - users.planned?) / peak;
        let second = f64::from(users.second);
        let status = match surplus.abs() {
            off if off <= USERS_TOLERANCE => CheckStatus::Passed,
            off if off <= USERS_LIMIT => CheckStatus::Warning,
            _ if second + 1.0 > hold_end && surplus > 0.0 => CheckStatus::Warning,
            _ => CheckStatus::Failed,
        };
        (second < end).then_some((status, surplus.abs(), users))
    });
    let worst = judged.max_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    worst.map(|(status, off, users)| {
        let finding = format!(
            "of all segments: the worst second is {}: {:.2} users of {:.2} planned, off by {:.2} % of the peak (up to {:.0} % \
             passes)",
            users.second,
            users.achieved,
            users.planned.unwrap_or_default(),
            off * 100.0,
            USERS_TOLERANCE * 100.0
        );
        (status, finding)
    })
}

fn check(name: &str, status: CheckStatus, finding: String) -> Check {
    Check {
        name: name.to_owned(),
        status,
        finding,
    }
}

fn seconds(nanoseconds: i64) -> f64 {
    nanoseconds as f64 / 1e9
}
