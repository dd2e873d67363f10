//! Runs as they were, and what each check makes of them.

use super::*;
use workbench_plan::{Load, ThreadRow};

/// A user's coming, last response and going, in milliseconds since the start.
type There = (u64, u64, u64);

/// Users who come at once, after a delay, and hold; both in milliseconds.
fn row(users: u32, delay: u64, hold: u64) -> ThreadRow {
    ThreadRow {
        users,
        initial_delay: Duration::from_millis(delay),
        startup: Duration::ZERO,
        hold: Duration::from_millis(hold),
        shutdown: Duration::ZERO,
    }
}

/// How the users of the rows, in the order in which they come, were there.
fn judged_as(
    rows: Vec<ThreadRow>,
    there: &[There],
    recorded: Recorded,
    change: impl Fn(&mut Evidence<'_>),
) -> Validity {
    let schedule = Load::Threads(rows).schedule();
    let clock = Clock::starting_in(Duration::ZERO);
    let at = |ms: &u64| clock.at(Duration::from_millis(*ms));
    let presences: Vec<_> = schedule
        .users()
        .iter()
        .zip(there)
        .map(|(span, (from, response, to))| Presence {
            planned: clock.at(span.start),
            stop: clock.at(span.stop),
            from: at(from),
            last_response: Some(at(response)),
            to: at(to),
        })
        .collect();
    let users = users_by_second(&schedule, &clock, &presences);
    let mut evidence = Evidence {
        schedule: &schedule,
        clock: &clock,
        users: &users,
        presences: &presences,
        processors: &[],
        cpus: 2,
        target_among_others: false,
        recorded,
        served: None,
        thinking: false,
        stopped: None,
    };
    change(&mut evidence);
    judge(&evidence)
}

/// Two users for 2 s, each of whom waits to its end for a response.
fn judged(there: &[(u64, u64)], recorded: Recorded, served: Option<u64>) -> Validity {
    let there: Vec<There> = there.iter().map(|(from, to)| (*from, *to, *to)).collect();
    judged_as(vec![row(2, 0, 2_000)], &there, recorded, |evidence| {
        evidence.served = served;
    })
}

fn recorded(samples: u64, answered: u64) -> Recorded {
    Recorded {
        samples,
        errors: samples - answered,
        generator_errors: 0,
        answered,
        censored: 0,
        // Two users for 2 s, waiting all the time.
        elapsed_ns: 4_000_000_000,
    }
}

fn find<'a>(validity: &'a Validity, name: &str) -> Option<&'a Check> {
    validity.checks.iter().find(|check| check.name == name)
}

fn status(validity: &Validity, name: &str) -> CheckStatus {
    find(validity, name).expect("there is such a check").status
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
fn users_who_wait_for_their_last_response_while_others_come_stay_within_the_plan() {
    // A gap between two rows, and responses of 2 s: the first row is still there when the second comes.
    let rows = vec![row(1, 0, 1_000), row(1, 1_500, 2_500)];
    let validity = judged_as(
        rows,
        &[(0, 2_900, 2_900), (1_500, 5_500, 5_500)],
        recorded(10, 10),
        |_| {},
    );
    assert_eq!(status(&validity, "users"), CheckStatus::Passed);
    assert!(validity.valid, "{validity:?}");
}

#[test]
fn a_user_who_stays_on_after_its_last_response_makes_the_run_invalid() {
    let rows = vec![row(1, 0, 1_000), row(1, 1_500, 2_500)];
    let there = [(0, 1_100, 2_900), (1_500, 4_000, 4_000)];
    let validity = judged_as(rows, &there, recorded(10, 10), |_| {});
    assert_eq!(status(&validity, "users"), CheckStatus::Failed);
}

#[test]
fn a_run_that_had_to_wait_after_its_schedule_says_so() {
    let validity = judged(&[(0, 2_000), (0, 40_000)], recorded(10, 10), Some(10));
    let overtime = find(&validity, "overtime").expect("it waited 38 s");
    assert_eq!(overtime.status, CheckStatus::Warning);
    assert!(overtime.finding.contains("up to 38.0 s"), "{overtime:?}");
    assert!(validity.valid);
    let validity = judged(&[(0, 2_000), (0, 2_900)], recorded(10, 10), Some(10));
    assert_eq!(find(&validity, "overtime"), None);
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
fn what_the_generator_could_not_send_makes_the_run_invalid_and_is_no_error_of_the_target() {
    let mut starved = recorded(10, 6);
    starved.generator_errors = 4;
    let validity = judged(&[(0, 2_000), (0, 2_000)], starved, None);
    assert_eq!(status(&validity, "generator limits"), CheckStatus::Failed);
    assert_eq!(status(&validity, "errors"), CheckStatus::Passed);
    assert!(!validity.valid);
}

#[test]
fn who_had_the_processors_is_judged_over_the_run() {
    let used = |generator, others, steal| Processors {
        from: Instant::now(),
        length: Duration::from_secs(1),
        generator,
        target: 0.0,
        others,
        steal,
    };
    for (readings, among_others, wanted) in [
        (vec![used(0.4, 0.1, 0.0)], false, CheckStatus::Passed),
        // Of two processors: one busy second does not make a busy run.
        (
            vec![used(2.0, 0.0, 0.0), used(0.4, 0.0, 0.0)],
            false,
            CheckStatus::Passed,
        ),
        (vec![used(1.6, 0.0, 0.0)], false, CheckStatus::Warning),
        (vec![used(1.9, 0.0, 0.0)], false, CheckStatus::Failed),
        (vec![used(0.4, 0.3, 0.0)], false, CheckStatus::Warning),
        (vec![used(0.4, 0.3, 0.0)], true, CheckStatus::Passed),
        (vec![used(0.4, 0.0, 0.1)], true, CheckStatus::Warning),
    ] {
        let there = [(0, 2_000, 2_000); 2];
        let validity = judged_as(vec![row(2, 0, 2_000)], &there, recorded(10, 10), |it| {
            // The closure may be called for any lifetime, the readings live to the end of the program.
            it.processors = Vec::leak(readings.clone());
            it.target_among_others = among_others;
        });
        assert_eq!(status(&validity, "processors"), wanted, "{readings:?}");
    }
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
    let schedule = Load::Threads(vec![row(1, 0, 1_500)]).schedule();
    let clock = Clock::starting_in(Duration::ZERO);
    let at = |ms| clock.at(Duration::from_millis(ms));
    let presence = Presence {
        planned: clock.start(),
        stop: at(1_500),
        from: at(250),
        last_response: None,
        to: at(1_500),
    };
    let users = users_by_second(&schedule, &clock, &[presence]);
    let achieved: Vec<f64> = users.iter().map(|user| user.achieved).collect();
    let planned: Vec<f64> = users.iter().map(|user| user.planned).collect();
    assert_eq!(planned, [1.0, 0.5]);
    assert!((achieved[0] - 0.75).abs() < 1e-9 && (achieved[1] - 0.5).abs() < 1e-9);
}
