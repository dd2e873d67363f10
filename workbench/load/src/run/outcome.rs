//! The outcome and the validity of a run.

use std::ops::Range;
use std::time::{Duration, Instant};

use workbench_plan::{Operation, Plan, Scenario, Schedule, SteadyPart};
use workbench_samples::{CheckStatus, Manifest, Outcome, Validity};

use crate::active_users::UserActivity;
use crate::attack::Attack;
use crate::limits;
use crate::monitor::{self, Processors};
use crate::pool::Record;
use crate::recorder::{Recorded, Standstill};
use crate::stop::StopReason;
use crate::validity::{self, Evidence};

/// Fills in the validity of the run, and returns its outcome.
pub(super) fn judge(
    manifest: &mut Manifest,
    attack: &Attack,
    recorded: Recorded,
    arrivals: Option<&Record>,
    (ended, stopped, panicked): (Instant, Option<StopReason>, usize),
    (processors, standstills): (&[Processors], &[Standstill]),
    target_among_others: bool,
) -> Outcome {
    let clock = attack.clock();
    let active_users = attack.active_users.left();
    manifest.started_at = Some(clock.start_utc_ns());
    manifest.users = validity::users_by_second(&attack.schedule, clock, &active_users);
    let served: u64 = manifest.target.requests_served.values().sum();
    manifest.validity = Some(validity::judge(&Evidence {
        schedule: &attack.schedule,
        clock,
        users: &manifest.users,
        active_users: &active_users,
        arrivals,
        panicked,
        ended: ended.saturating_duration_since(clock.start()),
        steady: {
            let steady = steady(&attack.plan, &attack.schedule);
            let ended = ended.saturating_duration_since(clock.start());
            steady.start..steady.end.min(ended)
        },
        processors,
        standstills,
        cpus: monitor::available(),
        target_among_others,
        recorded,
        connections: limits::connections(&attack.plan, &attack.schedule),
        renews_connections: attack.plan.http.new_connections,
        served: (!manifest.target.requests_served.is_empty()).then_some(served),
        thinking: attack.plan.scenarios.iter().any(waits),
        stopped: stopped.as_ref().map(|reason| {
            let why = match reason {
                StopReason::Interrupted => "interrupted".to_owned(),
                StopReason::TargetEnded(why)
                | StopReason::SamplesNotWritten(why)
                | StopReason::DataNotRead(why)
                | StopReason::OtherEnded(why) => why.clone(),
            };
            (last_activity(attack, &active_users, ended), why)
        }),
    }));
    match stopped {
        None => Outcome::Completed,
        Some(StopReason::Interrupted | StopReason::OtherEnded(_)) => Outcome::Interrupted,
        Some(
            StopReason::TargetEnded(why)
            | StopReason::SamplesNotWritten(why)
            | StopReason::DataNotRead(why),
        ) => Outcome::Failed(why),
    }
}

/// Removes the checks of users from a segment, which may have a single user. They are made for all segments together.
pub(super) fn leave_users_to_the_whole(validity: &mut Validity) {
    let checks = validity.checks.iter_mut();
    for check in checks.filter(|it| it.name == "users" && it.status == CheckStatus::Failed) {
        check.status = CheckStatus::Warning;
    }
    let mut checks = validity.checks.iter();
    validity.valid = checks.all(|check| check.status != CheckStatus::Failed);
}

/// Whether its users do something besides sending requests and waiting for their responses.
fn waits(scenario: &Scenario) -> bool {
    let mut operations = scenario.actions.iter();
    scenario.think_time.is_some()
        || scenario.pacing.is_some()
        || operations.any(|operation| matches!(operation, Operation::Think(_)))
}

/// The part of the schedule in which the steady state is searched.
pub(super) fn steady(plan: &Plan, schedule: &Schedule) -> Range<Duration> {
    match plan.steady_part() {
        SteadyPart::Hold => schedule.ramped_up().max(plan.warm_up)..schedule.hold_end(),
        SteadyPart::WholeRun => plan.warm_up..schedule.end(),
    }
}

/// When the last user left. Without scheduled users, when the load ended.
fn last_activity(attack: &Attack, active_users: &[UserActivity], ended: Instant) -> Duration {
    let last = active_users.iter().map(|user| user.to).max();
    let last = last.unwrap_or(ended);
    last.saturating_duration_since(attack.clock().start())
}
