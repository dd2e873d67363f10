//! Whether a run can be believed: what was achieved against what was planned.

use std::time::Duration;

use workbench_plan::Schedule;
use workbench_samples::{Check, CheckStatus, UsersInSecond, Validity};

use crate::attack::Presence;
use crate::clock::Clock;
use crate::recorder::Recorded;

/// Largest deviation from the planned users, as a fraction of their peak, that passes.
const USERS_TOLERANCE: f64 = 0.01;
/// Past this one, while users are added or held, the run is invalid.
const USERS_LIMIT: f64 = 0.05;
/// Largest part of the users' time that may be spent on anything but waiting for responses.
const UNACCOUNTED_TIME_TOLERANCE: f64 = 0.05;

/// A user that starts later than this was kept waiting by the generator, not by the target.
const LATENESS_TOLERANCE: Duration = Duration::from_millis(100);

/// What a run is judged by.
pub(crate) struct Evidence<'a> {
    pub(crate) schedule: &'a Schedule,
    pub(crate) users: &'a [UsersInSecond],
    pub(crate) presences: &'a [Presence],
    pub(crate) recorded: Recorded,
    /// Requests counted by the target itself, where it says.
    pub(crate) served: Option<u64>,
    /// Whether users think between requests.
    pub(crate) thinking: bool,
    /// When and why the run was stopped before its end.
    pub(crate) stopped: Option<(Duration, String)>,
}

/// Judges a run.
pub(crate) fn judge(evidence: &Evidence<'_>) -> Validity {
    let mut checks = vec![schedule_followed(evidence), users_achieved(evidence)];
    checks.extend(requests_accounted(evidence));
    checks.push(requests_failed(evidence));
    checks.push(requests_censored(evidence));
    checks.extend(users_punctual(evidence));
    checks.extend(time_accounted(evidence));
    Validity {
        valid: checks
            .iter()
            .all(|check| check.status != CheckStatus::Failed),
        checks,
    }
}

fn check(name: &str, status: CheckStatus, finding: String) -> Check {
    Check {
        name: name.to_owned(),
        status,
        finding,
    }
}

fn schedule_followed(evidence: &Evidence<'_>) -> Check {
    let planned = evidence.schedule.end().as_secs_f64();
    let (status, finding) = match &evidence.stopped {
        None => (
            CheckStatus::Passed,
            format!("followed to its end at {planned:.1} s"),
        ),
        Some((after, why)) => (
            CheckStatus::Failed,
            format!("{why} after {:.1} s of {planned:.1} s", after.as_secs_f64()),
        ),
    };
    check("schedule", status, finding)
}

fn users_achieved(evidence: &Evidence<'_>) -> Check {
    let peak = evidence.schedule.peak_users() as f64;
    // Up to where there was a plan, and, for a run that was stopped, up to there.
    let end = evidence.schedule.end();
    let until = match &evidence.stopped {
        Some((after, _)) => end.min(Duration::from_secs(after.as_secs())),
        None => end,
    };
    let deviation = |user: &&UsersInSecond| (user.achieved - user.planned).abs() / peak;
    let judged = evidence
        .users
        .iter()
        .filter(|user| Duration::from_secs(user.second.into()) < until);
    let Some(worst) = judged.max_by(|a, b| deviation(a).total_cmp(&deviation(b))) else {
        return check(
            "users",
            CheckStatus::Failed,
            "no whole second was run".into(),
        );
    };
    let deviation = deviation(&worst);
    let second = Duration::from_secs(worst.second.into());
    let leaving = evidence.schedule.phase_at(second) == workbench_plan::Phase::RampDown;
    let status = if deviation <= USERS_TOLERANCE {
        CheckStatus::Passed
    } else if deviation <= USERS_LIMIT || leaving {
        // A user that is told to leave first waits for its response: a slow target delays it.
        CheckStatus::Warning
    } else {
        CheckStatus::Failed
    };
    let finding = format!(
        "at most {:.2} % of {peak} users from the plan, in second {} ({:.2} of {:.2} planned; up to {:.0} % passes)",
        deviation * 100.0,
        worst.second,
        worst.achieved,
        worst.planned,
        USERS_TOLERANCE * 100.0,
    );
    check("users", status, finding)
}

/// A request that got no response may or may not have been counted by the target.
fn requests_accounted(evidence: &Evidence<'_>) -> Option<Check> {
    let served = evidence.served?;
    let Recorded {
        samples, answered, ..
    } = evidence.recorded;
    let status = if (answered..=samples).contains(&served) {
        CheckStatus::Passed
    } else {
        CheckStatus::Failed
    };
    let finding = format!(
        "the target counted {served} requests, {samples} samples were kept ({answered} with a response)"
    );
    Some(check("requests accounted for", status, finding))
}

fn requests_failed(evidence: &Evidence<'_>) -> Check {
    let Recorded {
        samples, errors, ..
    } = evidence.recorded;
    let (status, finding) = if samples == 0 {
        (CheckStatus::Failed, "no request was made".to_owned())
    } else if errors == samples {
        let finding = format!("all of {samples} requests: the target never did what was asked");
        (CheckStatus::Failed, finding)
    } else if errors == 0 {
        (CheckStatus::Passed, format!("none of {samples} requests"))
    } else {
        let share = errors as f64 / samples as f64 * 100.0;
        let finding = format!("{errors} of {samples} requests ({share:.3} %)");
        (CheckStatus::Warning, finding)
    };
    check("errors", status, finding)
}

fn requests_censored(evidence: &Evidence<'_>) -> Check {
    let censored = evidence.recorded.censored;
    let status = if censored == 0 {
        CheckStatus::Passed
    } else {
        CheckStatus::Warning
    };
    let finding = format!("{censored} requests were still in flight when the run ended");
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
    Some(check("generator", status, finding))
}

/// Little's law, summed over the run: users without think time are always waiting for a response.
fn time_accounted(evidence: &Evidence<'_>) -> Option<Check> {
    if evidence.thinking || evidence.presences.is_empty() {
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
    let seconds = schedule.end().as_secs_f64().ceil().max(overtime) as u32;
    let mut users: Vec<UsersInSecond> = (0..seconds)
        .map(|second| {
            let from = Duration::from_secs(second.into());
            UsersInSecond {
                second,
                planned: schedule.mean_users(from, from + Duration::from_secs(1)),
                achieved: 0.0,
            }
        })
        .collect();
    for presence in presences {
        let (from, to) = (offset(presence.from).max(0.0), offset(presence.to));
        for user in users.iter_mut().skip(from as usize) {
            let second = f64::from(user.second);
            if second >= to {
                break;
            }
            user.achieved += to.min(second + 1.0) - from.max(second);
        }
    }
    users
}

#[cfg(test)]
mod tests {
    use super::*;
    use workbench_plan::{Load, ThreadRow};

    /// Two users for 2 s, and how they were there, in milliseconds since the start.
    fn judged(presences: &[(u64, u64)], recorded: Recorded, served: Option<u64>) -> Validity {
        let schedule = Load::Threads(vec![ThreadRow {
            users: 2,
            initial_delay: Duration::ZERO,
            startup: Duration::ZERO,
            hold: Duration::from_secs(2),
            shutdown: Duration::ZERO,
        }])
        .schedule();
        let clock = Clock::starting_in(Duration::ZERO);
        let presence = |(from, to): &(u64, u64)| Presence {
            planned: clock.start(),
            from: clock.at(Duration::from_millis(*from)),
            to: clock.at(Duration::from_millis(*to)),
        };
        let presences: Vec<_> = presences.iter().map(presence).collect();
        let users = users_by_second(&schedule, &clock, &presences);
        judge(&Evidence {
            schedule: &schedule,
            users: &users,
            presences: &presences,
            recorded,
            served,
            thinking: false,
            stopped: None,
        })
    }

    fn recorded(samples: u64, answered: u64) -> Recorded {
        Recorded {
            samples,
            errors: samples - answered,
            answered,
            censored: 0,
            // Two users for 2 s, waiting all the time.
            elapsed_ns: 4_000_000_000,
        }
    }

    fn status(validity: &Validity, name: &str) -> CheckStatus {
        let found = validity.checks.iter().find(|check| check.name == name);
        found.expect("there is such a check").status
    }

    #[test]
    fn a_run_that_followed_its_plan_is_valid() {
        let validity = judged(&[(0, 2_000), (0, 2_004)], recorded(10, 10), Some(10));
        assert!(validity.valid);
        assert!(
            validity
                .checks
                .iter()
                .all(|check| check.status == CheckStatus::Passed)
        );
    }

    #[test]
    fn a_user_that_came_late_makes_the_run_invalid() {
        let validity = judged(&[(0, 2_000), (500, 2_000)], recorded(10, 10), Some(10));
        assert_eq!(status(&validity, "users"), CheckStatus::Failed);
        assert_eq!(status(&validity, "generator"), CheckStatus::Warning);
        assert!(!validity.valid);
    }

    #[test]
    fn a_user_that_waited_for_its_last_response_stayed_within_the_plan() {
        let validity = judged(&[(0, 2_000), (0, 9_500)], recorded(10, 10), Some(10));
        assert_eq!(status(&validity, "users"), CheckStatus::Passed);
        assert!(validity.valid);
    }

    #[test]
    fn requests_that_the_target_counted_and_nobody_recorded_make_the_run_invalid() {
        let there = [(0, 2_000), (0, 2_000)];
        // Of ten requests eight were answered: the target may have counted eight to ten.
        for (served, wanted) in [
            (7, CheckStatus::Failed),
            (8, CheckStatus::Passed),
            (10, CheckStatus::Passed),
            (11, CheckStatus::Failed),
        ] {
            let validity = judged(&there, recorded(10, 8), Some(served));
            assert_eq!(
                status(&validity, "requests accounted for"),
                wanted,
                "{served}"
            );
        }
    }

    #[test]
    fn a_run_in_which_nothing_succeeded_is_invalid() {
        let there = [(0, 2_000), (0, 2_000)];
        let validity = judged(&there, recorded(10, 0), None);
        assert_eq!(status(&validity, "errors"), CheckStatus::Failed);
        let validity = judged(&there, recorded(10, 1), None);
        assert_eq!(status(&validity, "errors"), CheckStatus::Warning);
    }

    #[test]
    fn time_that_users_did_not_wait_is_noticed() {
        let mut idle = recorded(10, 10);
        idle.elapsed_ns = 3_000_000_000;
        let validity = judged(&[(0, 2_000), (0, 2_000)], idle, None);
        assert_eq!(status(&validity, "Little's law"), CheckStatus::Warning);
    }

    #[test]
    fn users_are_averaged_over_each_second() {
        let schedule = Load::Threads(vec![ThreadRow {
            users: 1,
            initial_delay: Duration::ZERO,
            startup: Duration::ZERO,
            hold: Duration::from_millis(1_500),
            shutdown: Duration::ZERO,
        }])
        .schedule();
        let clock = Clock::starting_in(Duration::ZERO);
        let presence = Presence {
            planned: clock.start(),
            from: clock.at(Duration::from_millis(250)),
            to: clock.at(Duration::from_millis(1_500)),
        };
        let users = users_by_second(&schedule, &clock, &[presence]);
        let achieved: Vec<f64> = users.iter().map(|user| user.achieved).collect();
        let planned: Vec<f64> = users.iter().map(|user| user.planned).collect();
        assert_eq!(planned, [1.0, 0.5]);
        assert!((achieved[0] - 0.75).abs() < 1e-9 && (achieved[1] - 0.5).abs() < 1e-9);
    }
}
