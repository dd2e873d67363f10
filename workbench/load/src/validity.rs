//! Whether a run can be believed: what was achieved against what was planned.

mod connections;
mod processors;

use std::ops::Range;
use std::time::{Duration, Instant};

use workbench_plan::{Schedule, Work};
use workbench_samples::{Check, CheckStatus, UsersInSecond, Validity};

use crate::clock::Clock;
use crate::pool::Record;
use crate::presence::Presence;
use crate::recorder::{Recorded, Standstill};
use crate::watch::Processors;

/// Largest deviation from the planned users, as a fraction of their peak, that passes.
const USERS_TOLERANCE: f64 = 0.01;
/// Past this one the run is invalid.
const USERS_LIMIT: f64 = 0.05;
/// Largest part of the users' time that may be spent on anything but waiting for responses.
const UNACCOUNTED_TIME_TOLERANCE: f64 = 0.05;

/// A user that starts later than this was kept waiting by the generator, not by the target.
const LATENESS_TOLERANCE: Duration = Duration::from_millis(100);
/// Share of the arrivals that may never begin. Ours.
const NEVER_STARTED_LIMIT: f64 = 0.01;
/// How late arrivals may begin at the median and at the 99th percentile, as what users wait for grows by it; a median past
/// the second is a generator that cannot keep up. Ours.
const ARRIVAL_MEDIAN_TOLERANCE: Duration = Duration::from_micros(300);
const ARRIVAL_P99_TOLERANCE: Duration = Duration::from_millis(2);

/// From this length and share of the steady part on, standstills of the generator are in the 99th percentile. Ours.
const STANDSTILL_LIMIT: Duration = Duration::from_millis(250);
const STANDSTILL_SHARE: f64 = 0.01;

/// How long the last response may keep a run past the end of its schedule before it is mentioned. Ours.
const OVERTIME_TOLERANCE: Duration = Duration::from_secs(1);

/// What a run is judged by.
pub(crate) struct Evidence<'a> {
    pub(crate) schedule: &'a Schedule,
    pub(crate) clock: &'a Clock,
    pub(crate) users: &'a [UsersInSecond],
    pub(crate) presences: &'a [Presence],
    /// What became of the arrivals, where the plan has any.
    pub(crate) arrivals: Option<&'a Record>,
    /// Users who ended by a panic.
    pub(crate) panicked: usize,
    /// When the load ended.
    pub(crate) ended: Duration,
    /// The part of the schedule in which the use of the processors is judged.
    pub(crate) steady: Range<Duration>,
    /// Who used the processors, over the run.
    pub(crate) processors: &'a [Processors],
    /// When the generator did not run.
    pub(crate) standstills: &'a [Standstill],
    /// Processors that the generator may use.
    pub(crate) cpus: f64,
    /// Whether other processes of this machine may be the target's.
    pub(crate) target_among_others: bool,
    pub(crate) recorded: Recorded,
    /// Connections that the users need: one each to each service.
    pub(crate) connections: u64,
    /// Requests counted by the target itself, where it says.
    pub(crate) served: Option<u64>,
    /// Whether users think between requests.
    pub(crate) thinking: bool,
    /// When and why the run was stopped before its end.
    pub(crate) stopped: Option<(Duration, String)>,
}

/// Judges a run.
pub(crate) fn judge(evidence: &Evidence<'_>) -> Validity {
    let mut checks = vec![schedule_followed(evidence)];
    checks.extend(users_achieved(evidence));
    checks.extend(users_lost(evidence));
    checks.extend(iterations_done(evidence));
    checks.extend(arrivals_started(evidence));
    checks.extend(arrivals_punctual(evidence));
    checks.extend(requests_accounted(evidence));
    checks.push(requests_failed(evidence));
    checks.extend(generator_limits(evidence));
    checks.push(connections::kept(evidence));
    checks.extend(connections::crossed(evidence));
    checks.push(requests_censored(evidence));
    checks.extend(overtime(evidence));
    checks.extend(users_punctual(evidence));
    checks.extend(generator_ran(evidence));
    checks.extend(processors::processors_free(evidence));
    checks.extend(time_accounted(evidence));
    Validity {
        valid: checks
            .iter()
            .all(|check| check.status != CheckStatus::Failed),
        checks,
    }
}

/// A number of things: "1 user", "2 users".
pub(crate) fn counted(number: u64, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

fn check(name: &str, status: CheckStatus, finding: String) -> Check {
    Check {
        name: name.to_owned(),
        status,
        finding,
    }
}

/// Up to `tolerance` a value passes, up to `limit` it is a warning.
fn up_to(value: f64, tolerance: f64, limit: f64) -> CheckStatus {
    if value <= tolerance {
        CheckStatus::Passed
    } else if value <= limit {
        CheckStatus::Warning
    } else {
        CheckStatus::Failed
    }
}

fn schedule_followed(evidence: &Evidence<'_>) -> Check {
    let planned = evidence.schedule.end().as_secs_f64();
    let (status, finding) = match &evidence.stopped {
        None => (
            CheckStatus::Passed,
            // Users may have left earlier, with nothing left to do.
            format!(
                "followed to its end at {:.1} s",
                planned.min(evidence.ended.as_secs_f64())
            ),
        ),
        Some((after, why)) => (
            CheckStatus::Failed,
            format!("{why} after {:.1} s of {planned:.1} s", after.as_secs_f64()),
        ),
    };
    check("schedule", status, finding)
}

fn users_achieved(evidence: &Evidence<'_>) -> Option<Check> {
    let peak = evidence.schedule.peak_users() as f64;
    if peak == 0.0 {
        return None;
    }
    // Up to where there was a plan, and, for a run that was stopped, up to there.
    let end = evidence.schedule.end();
    let until = match &evidence.stopped {
        Some((after, _)) => end.min(Duration::from_secs(after.as_secs())),
        None => end,
    };
    // Users that only wait for a response that was on its way at their stop are no mistake of the generator.
    let waiting = users_in_seconds(evidence, |user| (user.stop, user.free().min(user.to)));
    let in_time = |user: &UsersInSecond| user.achieved - waiting[user.second as usize];
    let judge = |user: &UsersInSecond| {
        let surplus = (in_time(user) - user.planned) / peak;
        let second_ends = Duration::from_secs(u64::from(user.second) + 1);
        let leaving = second_ends > evidence.schedule.hold_end();
        let status = match up_to(surplus.abs(), USERS_TOLERANCE, USERS_LIMIT) {
            // A user that leaves late has sent nothing since its stop: the load was the planned one.
            CheckStatus::Failed if leaving && surplus > 0.0 => CheckStatus::Warning,
            status => status,
        };
        (status, surplus.abs())
    };
    let judged = evidence
        .users
        .iter()
        .filter(|user| Duration::from_secs(user.second.into()) < until)
        .map(|user| (judge(user), user));
    let worst = judged.max_by(|((a_status, a), _), ((b_status, b), _)| {
        a_status.cmp(b_status).then(a.total_cmp(b))
    });
    let Some(((status, deviation), worst)) = worst else {
        // Users who had done all they had to do need no whole second for it.
        let all_done = evidence.presences.iter().all(|user| user.is_done);
        return (!all_done || evidence.presences.is_empty()).then(|| {
            let finding = "no whole second was run".into();
            check("users", CheckStatus::Failed, finding)
        });
    };
    let finding = format!(
        "the worst second is {}: {:.2} users of {:.2} planned, off by {:.2} % of the peak (up to {:.0} % passes)",
        worst.second,
        in_time(worst),
        worst.planned,
        deviation * 100.0,
        USERS_TOLERANCE * 100.0,
    );
    Some(check("users", status, finding))
}

/// Users who ended by a fault of the workbench's own.
fn users_lost(evidence: &Evidence<'_>) -> Option<Check> {
    let finding = format!(
        "{} ended by a fault of the workbench: please report it",
        counted(evidence.panicked as u64, "user")
    );
    (evidence.panicked > 0).then(|| check("users lost", CheckStatus::Failed, finding))
}

/// Users with a number of iterations have as much time for them as the plan says.
fn iterations_done(evidence: &Evidence<'_>) -> Option<Check> {
    let users = evidence.schedule.users().iter();
    let planned = users
        .filter(|user| matches!(user.work, Work::Iterations(_)))
        .count();
    let done = evidence
        .presences
        .iter()
        .filter(|user| user.is_done)
        .count();
    let (status, finding) = if done == planned {
        let finding = format!("all done after {:.1} s", evidence.ended.as_secs_f64());
        (CheckStatus::Passed, finding)
    } else {
        let finding = format!(
            "{} of {} did not do all of theirs in the time there was",
            planned - done,
            counted(planned as u64, "user")
        );
        (CheckStatus::Failed, finding)
    };
    (planned > 0).then(|| check("iterations", status, finding))
}

/// Arrivals that find no free user wait, and load the target later than planned.
fn arrivals_started(evidence: &Evidence<'_>) -> Option<Check> {
    let record = evidence.arrivals?;
    let planned = record.started() + record.never_started;
    let late = record.waited + record.never_started;
    let share = |count: u64| count as f64 / planned.max(1) as f64;
    if late == 0 {
        let finding = match planned {
            0 => "none was due".to_owned(),
            planned => format!("all of {} found a free user", counted(planned, "arrival")),
        };
        let status = if planned == 0 {
            CheckStatus::Failed
        } else {
            CheckStatus::Passed
        };
        return Some(check("arrivals", status, finding));
    }
    let never = if record.never_started == 0 {
        String::new()
    } else {
        format!(
            "; {} of them ({:.2} % of all) never began (up to {:.0} % passes), and count as censored",
            record.never_started,
            share(record.never_started) * 100.0,
            NEVER_STARTED_LIMIT * 100.0
        )
    };
    let status = if share(record.never_started) > NEVER_STARTED_LIMIT {
        CheckStatus::Failed
    } else {
        CheckStatus::Warning
    };
    let finding = format!(
        "{late} of {} found no free user and waited, up to {:.1} s{never}. Response times count from when arrivals were due; \
         raise max_users if the target should take more at once",
        counted(planned, "arrival"),
        record.longest_wait.as_secs_f64(),
    );
    Some(check("arrivals", status, finding))
}

/// How late the generator sends what it could have sent in time.
fn arrivals_punctual(evidence: &Evidence<'_>) -> Option<Check> {
    let lateness = &evidence.arrivals?.lateness;
    if lateness.is_empty() {
        return None;
    }
    let at = |quantile| Duration::from_nanos(lateness.value_at_quantile(quantile));
    let (median, p99) = (at(0.5), at(0.99));
    let status = if median <= ARRIVAL_MEDIAN_TOLERANCE && p99 <= ARRIVAL_P99_TOLERANCE {
        CheckStatus::Passed
    } else if median <= ARRIVAL_P99_TOLERANCE {
        CheckStatus::Warning
    } else {
        CheckStatus::Failed
    };
    let ms = |time: Duration| time.as_secs_f64() * 1_000.0;
    let finding = format!(
        "arrivals with a free user began {:.3} ms after their time at the median, {:.3} ms at the 99th percentile, \
         {:.1} ms at most (up to {} and {} ms pass)",
        ms(median),
        ms(p99),
        ms(Duration::from_nanos(lateness.max())),
        ms(ARRIVAL_MEDIAN_TOLERANCE),
        ms(ARRIVAL_P99_TOLERANCE),
    );
    Some(check("arrival lateness", status, finding))
}

/// A request that got no response may or may not have been counted by the target, one that was sent again once or twice.
fn requests_accounted(evidence: &Evidence<'_>) -> Option<Check> {
    let served = evidence.served?;
    let Recorded {
        samples,
        answered,
        sent_again,
        ..
    } = evidence.recorded;
    let status = if (answered..=samples + sent_again).contains(&served) {
        CheckStatus::Passed
    } else {
        CheckStatus::Failed
    };
    let finding = format!(
        "the target counted {}, {} kept ({answered} with a response)",
        counted(served, "request"),
        counted(samples, "sample"),
    );
    Some(check("requests accounted for", status, finding))
}

fn requests_failed(evidence: &Evidence<'_>) -> Check {
    let recorded = evidence.recorded;
    // What the generator could not send, or sent on a closed connection, says nothing of the target.
    let not_sent = recorded.generator_errors + recorded.stale;
    let samples = recorded.samples - not_sent;
    let errors = recorded.errors - not_sent;
    let (status, finding) = if recorded.samples == 0 {
        (CheckStatus::Failed, "no request was made".to_owned())
    } else if samples == 0 {
        let finding = "no request reached the target: nothing is known of it".to_owned();
        (CheckStatus::Failed, finding)
    } else if errors == samples {
        let finding = format!(
            "all of {}: the target never did what was asked",
            counted(samples, "request")
        );
        (CheckStatus::Failed, finding)
    } else if errors == 0 {
        (
            CheckStatus::Passed,
            format!("none of {}", counted(samples, "request")),
        )
    } else {
        let share = errors as f64 / samples as f64 * 100.0;
        let finding = format!("{errors} of {} ({share:.3} %)", counted(samples, "request"));
        (CheckStatus::Warning, finding)
    };
    check("errors", status, finding)
}

/// No files, ports or memory left: that nothing was sent must never count against the target.
fn generator_limits(evidence: &Evidence<'_>) -> Option<Check> {
    let failed = evidence.recorded.generator_errors;
    let finding = format!(
        "{failed} of {} could not be sent: this machine ran out of open files, ports or memory; raise its \
         limits (`ulimit -n`, net.ipv4.ip_local_port_range) or use fewer users",
        counted(evidence.recorded.samples, "request")
    );
    (failed > 0).then(|| check("generator limits", CheckStatus::Failed, finding))
}

/// Responses that were waited for after the end of the schedule; they count, but the run took longer than planned.
fn overtime(evidence: &Evidence<'_>) -> Option<Check> {
    let scheduled = evidence.schedule.likely_end();
    let end = evidence.clock.at(scheduled);
    let presences = evidence.presences.iter();
    let after = presences.map(|user| user.to.saturating_duration_since(end));
    let waited = after.filter(|after| *after > OVERTIME_TOLERANCE).count();
    let users = match waited {
        // Those who serve arrivals come and go unseen.
        0 => "users who served arrivals".to_owned(),
        waited => counted(waited as u64, "user"),
    };
    let longest = evidence.ended.saturating_sub(scheduled);
    let finding = format!(
        "{users} waited for a response after the end of the schedule, up to {:.1} s (up to {} s passes)",
        longest.as_secs_f64(),
        OVERTIME_TOLERANCE.as_secs()
    );
    (longest > OVERTIME_TOLERANCE).then(|| check("overtime", CheckStatus::Warning, finding))
}

fn requests_censored(evidence: &Evidence<'_>) -> Check {
    let censored = evidence.recorded.censored;
    let status = if censored == 0 {
        CheckStatus::Passed
    } else {
        CheckStatus::Warning
    };
    let finding = format!(
        "{} still in flight when the run ended",
        counted(censored, "request")
    );
    check("censored", status, finding)
}

/// A generator that has too little processor time wakes its users late.
fn users_punctual(evidence: &Evidence<'_>) -> Option<Check> {
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
fn generator_ran(evidence: &Evidence<'_>) -> Option<Check> {
    let at = |offset: Duration| evidence.clock.at(offset);
    let (from, to) = (at(evidence.steady.start), at(evidence.steady.end));
    let inside = |(begun, length): &Standstill| {
        (*begun + *length)
            .min(to)
            .saturating_duration_since((*begun).max(from))
    };
    let lengths = evidence.standstills.iter().map(inside);
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
    Some(check("generator standstill", status, finding))
}

/// Little's law, summed over the run: users without think time are always waiting for a response.
fn time_accounted(evidence: &Evidence<'_>) -> Option<Check> {
    // Whoever serves arrivals waits for these, too.
    if evidence.thinking || evidence.presences.is_empty() || evidence.arrivals.is_some() {
        return None;
    }
    let presences = evidence.presences.iter();
    let present: f64 = presences
        .map(|user| (user.to - user.from).as_secs_f64())
        .sum();
    let waiting = evidence.recorded.elapsed_ns as f64 / 1e9;
    let unaccounted = (1.0 - waiting / present).abs();
    let status = if unaccounted <= UNACCOUNTED_TIME_TOLERANCE {
        CheckStatus::Passed
    } else {
        CheckStatus::Warning
    };
    let finding = format!(
        "{:.2} % of the users' time was not spent waiting for a response (up to {:.0} % passes)",
        unaccounted * 100.0,
        UNACCOUNTED_TIME_TOLERANCE * 100.0,
    );
    Some(check("Little's law", status, finding))
}

/// Mean planned and achieved users in every second of the schedule and of what came after it.
pub(crate) fn users_by_second(
    schedule: &Schedule,
    clock: &Clock,
    presences: &[Presence],
) -> Vec<UsersInSecond> {
    let offset = |instant| (clock.utc_ns(instant) - clock.start_utc_ns()) as f64 / 1e9;
    let last = presences.iter().map(|user| offset(user.to));
    // Users leave a moment after their time; a moment is not one more second of the run.
    let overtime = last.fold(0.0, f64::max).floor();
    let seconds = schedule.least_end().as_secs_f64().ceil().max(overtime) as u32;
    if schedule.peak_users() == 0 {
        return Vec::new();
    }
    // Users who have done all they had to do are not wanted any longer.
    let done = presences.iter().filter(|presence| presence.is_done);
    let done = done.map(|presence| (offset(presence.to), offset(presence.stop)));
    let gone = time_in_seconds(seconds as usize, done);
    let mut users: Vec<UsersInSecond> = (0..seconds)
        .map(|second| {
            let from = Duration::from_secs(second.into());
            let planned = schedule.mean_users(from, from + Duration::from_secs(1));
            UsersInSecond {
                second,
                planned: (planned - gone[second as usize]).max(0.0),
                achieved: 0.0,
            }
        })
        .collect();
    let achieved = time_in_seconds(
        users.len(),
        presences
            .iter()
            .map(|presence| (offset(presence.from), offset(presence.to))),
    );
    for (user, achieved) in users.iter_mut().zip(achieved) {
        user.achieved = achieved;
    }
    users
}

/// Mean number of users that did something in every second, given from when to when each did.
fn users_in_seconds(
    evidence: &Evidence<'_>,
    span: impl Fn(&Presence) -> (Instant, Instant),
) -> Vec<f64> {
    let start = evidence.clock.start();
    let offset = |instant: Instant| instant.saturating_duration_since(start).as_secs_f64();
    let spans = evidence.presences.iter().map(|presence| {
        let (from, to) = span(presence);
        (offset(from), offset(to))
    });
    time_in_seconds(evidence.users.len(), spans)
}

/// How much of every second lies within the spans, one after the other; those before the first second count for nothing.
fn time_in_seconds(seconds: usize, spans: impl Iterator<Item = (f64, f64)>) -> Vec<f64> {
    let mut sums = vec![0.0; seconds];
    for (from, to) in spans {
        let from = from.max(0.0);
        for (second, sum) in sums.iter_mut().enumerate().skip(from as usize) {
            let second = second as f64;
            if second >= to {
                break;
            }
            *sum += (to.min(second + 1.0) - from.max(second)).max(0.0);
        }
    }
    sums
}

#[cfg(test)]
mod tests;
