//! Validity checks of a run: the achieved load against the planned one. Long, because it is a list with one function
//! for each check.

mod connections;
mod generator;
mod live;
mod open_model;
mod processors;

use std::ops::Range;
use std::time::{Duration, Instant};

use workbench_plan::Schedule;
use workbench_samples::{Check, CheckStatus, UsersInSecond, Validity};

use crate::active_users::UserActivity;
use crate::clock::Clock;
use crate::monitor::Processors;
use crate::pool::Record;
use crate::recorder::{Recorded, Standstill};

pub use generator::GENERATOR_STANDSTILL;
pub(crate) use live::{LiveChecks, Moment};

/// Largest deviation from the planned users, as a fraction of their peak, that passes.
const USERS_TOLERANCE: f64 = 0.01;
/// Above this deviation the run is invalid.
const USERS_LIMIT: f64 = 0.05;
/// Largest part of the users' time that may be spent on anything but waiting for responses.
const UNACCOUNTED_TIME_TOLERANCE: f64 = 0.05;

/// How long the last response may arrive after the end of the schedule before that is reported. Our choice.
const OVERTIME_TOLERANCE: Duration = Duration::from_secs(1);

/// The data that the checks use.
pub(crate) struct Evidence<'a> {
    pub(crate) schedule: &'a Schedule,
    pub(crate) clock: &'a Clock,
    pub(crate) users: &'a [UsersInSecond],
    pub(crate) active_users: &'a [UserActivity],
    /// Statistics of the arrivals, if the plan has any.
    pub(crate) arrivals: Option<&'a Record>,
    /// Users who ended by a panic.
    pub(crate) panicked: usize,
    /// When the load ended.
    pub(crate) ended: Duration,
    /// The part of the schedule in which the use of the processors is judged.
    pub(crate) steady: Range<Duration>,
    /// Use of the processors over the run.
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
    /// Requests counted by the target itself, if known.
    pub(crate) served: Option<u64>,
    /// Whether users think between requests.
    pub(crate) thinking: bool,
    /// Users open new connections for each iteration, as the experiment wants.
    pub(crate) renews_connections: bool,
    /// When and why the run was stopped before its end.
    pub(crate) stopped: Option<(Duration, String)>,
}

/// Makes all checks.
pub(crate) fn judge(evidence: &Evidence<'_>) -> Validity {
    let mut checks = vec![schedule_followed(evidence)];
    checks.extend(users_achieved(evidence));
    checks.extend(users_lost(evidence));
    checks.extend(open_model::iterations_done(evidence));
    checks.extend(open_model::arrivals_started(evidence));
    checks.extend(open_model::arrivals_punctual(evidence));
    checks.extend(requests_accounted(evidence));
    checks.push(requests_failed(evidence));
    checks.extend(generator::limits(&evidence.recorded));
    checks.push(connections::kept(evidence));
    checks.extend(connections::crossed(evidence));
    checks.push(requests_censored(evidence));
    checks.extend(overtime(evidence));
    checks.extend(generator::users_punctual(evidence));
    let at = |offset: Duration| evidence.clock.at(offset);
    let steady = at(evidence.steady.start)..at(evidence.steady.end);
    checks.extend(generator::ran(evidence.standstills, steady));
    checks.extend(generator::looks(&evidence.recorded));
    checks.extend(processors::processors_free(evidence));
    checks.extend(processors::other_load(evidence));
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
            // Users may have left earlier, after their iterations.
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
    // Up to the end of the schedule or, for a stopped run, up to the stop.
    let end = evidence.schedule.end();
    let until = match &evidence.stopped {
        Some((after, _)) => end.min(Duration::from_secs(after.as_secs())),
        None => end,
    };
    // Users who wait for a response that was in flight at their stop are not surplus.
    let waiting = users_in_seconds(evidence, |user| (user.stop, user.free().min(user.to)));
    let in_time = |user: &UsersInSecond| user.achieved - waiting[user.second as usize];
    let judge = |user: &UsersInSecond| {
        let surplus = (in_time(user) - user.planned.unwrap_or_default()) / peak;
        let second_ends = Duration::from_secs(u64::from(user.second) + 1);
        let leaving = second_ends > evidence.schedule.hold_end();
        let status = match up_to(surplus.abs(), USERS_TOLERANCE, USERS_LIMIT) {
            // A user who leaves late has sent nothing since its stop, so the load was as planned.
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
        // Iterations may take less than a second.
        let all_done = evidence.active_users.iter().all(|user| user.is_done);
        return (!all_done || evidence.active_users.is_empty()).then(|| {
            let finding = "no whole second was run".into();
            check("users", CheckStatus::Failed, finding)
        });
    };
    let finding = format!(
        "the worst second is {}: {:.2} users of {:.2} planned, off by {:.2} % of the peak (up to {:.0} % passes)",
        worst.second,
        in_time(worst),
        worst.planned.unwrap_or_default(),
        deviation * 100.0,
        USERS_TOLERANCE * 100.0,
    );
    Some(check("users", status, finding))
}

/// Users who ended by a bug of the workbench.
fn users_lost(evidence: &Evidence<'_>) -> Option<Check> {
    let finding = format!(
        "{} ended by a fault of the workbench: please report it",
        counted(evidence.panicked as u64, "user")
    );
    (evidence.panicked > 0).then(|| check("users lost", CheckStatus::Failed, finding))
}

/// The target may or may not have counted a request without a response, and may have counted a repeated request once or
/// twice. Of a chain of redirects every request but the last got a response.
fn requests_accounted(evidence: &Evidence<'_>) -> Option<Check> {
    let served = evidence.served?;
    let Recorded {
        samples,
        answered,
        sent_again,
        redirects,
        ..
    } = evidence.recorded;
    let status = if (answered + redirects..=samples + redirects + sent_again).contains(&served) {
        CheckStatus::Passed
    } else {
        CheckStatus::Failed
    };
    let followed = if redirects > 0 {
        format!(", and {} followed", counted(redirects, "redirect"))
    } else {
        String::new()
    };
    let finding = format!(
        "the target counted {}, {} kept ({answered} with a response){followed}",
        counted(served, "request"),
        counted(samples, "sample"),
    );
    Some(check("requests accounted for", status, finding))
}

fn requests_failed(evidence: &Evidence<'_>) -> Check {
    let recorded = evidence.recorded;
    // Requests that were not sent, or sent on a closed connection, do not count.
    let not_sent = recorded.generator_errors + recorded.stale;
    let samples = recorded.samples - not_sent;
    let errors = recorded.errors - not_sent;
    // The error rate of the tables includes these, and the finding must agree with it.
    let never_started = evidence.arrivals.map_or(0, |it| it.never_started);
    let mut unsent = match not_sent {
        0 => String::new(),
        not_sent => format!(" that reached the target; {not_sent} more did not"),
    };
    if never_started > 0 {
        let never = counted(never_started, "arrival");
        unsent.push_str(&format!(
            "; {never} never began, which the error rate counts"
        ));
    }
    let (status, finding) = if recorded.samples == 0 {
        (CheckStatus::Failed, "no request was made".to_owned())
    } else if samples == 0 {
        let finding = "no request reached the target: nothing is known of it".to_owned();
        (CheckStatus::Failed, finding)
    } else if errors == samples {
        let finding = format!(
            "all of {}{unsent}: none was answered as the experiment expects",
            counted(samples, "request")
        );
        (CheckStatus::Failed, finding)
    } else if errors == 0 {
        (
            CheckStatus::Passed,
            format!("none of {}{unsent}", counted(samples, "request")),
        )
    } else {
        let share = errors as f64 / samples as f64 * 100.0;
        let finding = format!(
            "{errors} of {} ({share:.3} %){unsent}",
            counted(samples, "request")
        );
        (CheckStatus::Warning, finding)
    };
    check("errors", status, finding)
}

/// Responses after the end of the schedule. They count, but the run took longer than planned.
fn overtime(evidence: &Evidence<'_>) -> Option<Check> {
    let scheduled = evidence.schedule.likely_end();
    let end = evidence.clock.at(scheduled);
    let active_users = evidence.active_users.iter();
    let after = active_users.map(|user| user.to.saturating_duration_since(end));
    let waited = after.filter(|after| *after > OVERTIME_TOLERANCE).count();
    let users = match waited {
        // Activity of users who serve arrivals is not recorded.
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

/// Little's law, summed over the run: users without think time are always waiting for a response.
fn time_accounted(evidence: &Evidence<'_>) -> Option<Check> {
    // Users who serve arrivals also wait for arrivals.
    if evidence.thinking || evidence.active_users.is_empty() || evidence.arrivals.is_some() {
        return None;
    }
    let active_users = evidence.active_users.iter();
    let present: f64 = active_users
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

/// Mean planned and achieved users in every second of the schedule and after it.
pub(crate) fn users_by_second(
    schedule: &Schedule,
    clock: &Clock,
    active_users: &[UserActivity],
) -> Vec<UsersInSecond> {
    let offset = |instant| (clock.utc_ns(instant) - clock.start_utc_ns()) as f64 / 1e9;
    let last = active_users.iter().map(|user| offset(user.to));
    // Users leave slightly after their stop, which does not make another second.
    let overtime = last.fold(0.0, f64::max).floor();
    let seconds = schedule.least_end().as_secs_f64().ceil().max(overtime) as u32;
    if schedule.peak_users() == 0 {
        return Vec::new();
    }
    // Users who have done their iterations are no longer planned.
    let done = active_users.iter().filter(|presence| presence.is_done);
    let done = done.map(|presence| (offset(presence.to), offset(presence.stop)));
    let gone = time_in_seconds(seconds as usize, done);
    let mut users: Vec<UsersInSecond> = (0..seconds)
        .map(|second| {
            let from = Duration::from_secs(second.into());
            let planned = schedule.mean_users(from, from + Duration::from_secs(1));
            UsersInSecond {
                second,
                planned: Some((planned - gone[second as usize]).max(0.0)),
                achieved: 0.0,
            }
        })
        .collect();
    let achieved = time_in_seconds(
        users.len(),
        active_users
            .iter()
            .map(|presence| (offset(presence.from), offset(presence.to))),
    );
    for (user, achieved) in users.iter_mut().zip(achieved) {
        user.achieved = achieved;
    }
    users
}

/// Mean number of users in every second, given each user's span.
fn users_in_seconds(
    evidence: &Evidence<'_>,
    span: impl Fn(&UserActivity) -> (Instant, Instant),
) -> Vec<f64> {
    let start = evidence.clock.start();
    let offset = |instant: Instant| instant.saturating_duration_since(start).as_secs_f64();
    let spans = evidence.active_users.iter().map(|presence| {
        let (from, to) = span(presence);
        (offset(from), offset(to))
    });
    time_in_seconds(evidence.users.len(), spans)
}

/// How much of every second lies within the spans. Time before the first second does not count.
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
