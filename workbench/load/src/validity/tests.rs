//! The result of each validity check for runs with known properties. Longer than other files, because all tests share
//! one run.

use super::*;
use workbench_plan::{Iterations, Load, ThreadRow, Work};

/// A user's start, last response and end, in milliseconds since the start of the run.
type There = (u64, u64, u64);

/// Users who start together after a delay and hold; both in milliseconds.
fn row(users: u32, delay: u64, hold: u64) -> ThreadRow {
    ThreadRow {
        users,
        initial_delay: Duration::from_millis(delay),
        startup: Duration::ZERO,
        hold: Duration::from_millis(hold),
        shutdown: Duration::ZERO,
    }
}

/// The times of the users of the rows, in order of their start.
fn judged_as(
    rows: Vec<ThreadRow>,
    there: &[There],
    recorded: Recorded,
    change: impl Fn(&mut Evidence<'_>),
) -> Validity {
    judged_on(&Load::Threads(rows), there, (recorded, None), change)
}

/// The same for any load. A user who left early had finished its iterations.
fn judged_on(
    load: &Load,
    there: &[There],
    (recorded, arrivals): (Recorded, Option<&Record>),
    change: impl Fn(&mut Evidence<'_>),
) -> Validity {
    let schedule = load.schedule();
    let clock = Clock::starting_in(Duration::ZERO);
    let at = |ms: &u64| clock.at(Duration::from_millis(*ms));
    let active_users: Vec<_> = schedule
        .users()
        .iter()
        .zip(there)
        .map(|(span, (from, response, to))| UserActivity {
            planned: clock.at(span.start),
            stop: clock.at(span.stop),
            is_done: matches!(span.work, Work::Iterations(_)) && at(to) < clock.at(span.stop),
            from: at(from),
            last_response: Some(at(response)),
            to: at(to),
        })
        .collect();
    let users = users_by_second(&schedule, &clock, &active_users);
    let mut evidence = Evidence {
        schedule: &schedule,
        clock: &clock,
        users: &users,
        active_users: &active_users,
        arrivals,
        panicked: 0,
        ended: Duration::from_millis(there.iter().map(|(_, _, to)| *to).max().unwrap_or(0)),
        steady: Duration::ZERO..schedule.end(),
        processors: &[],
        standstills: &[],
        cpus: 2.0,
        target_among_others: false,
        recorded,
        connections: 2,
        served: None,
        thinking: false,
        renews_connections: false,
        stopped: None,
    };
    change(&mut evidence);
    judge(&evidence)
}

/// Two users for 2 s, each waiting for a response until the end.
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
        stale: 0,
        sent_again: 0,
        opened: 2,
        found_closed: 0,
        closing: 0,
        redirects: 0,
        longest_look_ns: 0,
        answered,
        censored: 0,
        // Two users for 2 s, waiting for a response all the time.
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
fn closed_connections_are_a_warning_and_not_errors_of_the_target() {
    let there = [(0, 2_000), (0, 2_000)];
    let mut crossed = recorded(10, 8);
    (crossed.stale, crossed.sent_again) = (2, 3);
    // Requests that were sent again were counted twice.
    let validity = judged(&there, crossed, Some(13));
    assert!(validity.valid, "{validity:?}");
    assert_eq!(status(&validity, "stale connections"), CheckStatus::Warning);
    assert_eq!(status(&validity, "errors"), CheckStatus::Passed);
    assert_eq!(
        status(&validity, "requests accounted for"),
        CheckStatus::Passed
    );
    assert!(find(&judged(&there, recorded(10, 10), None), "stale connections").is_none());
}

#[test]
fn connections_that_were_not_kept_are_counted_and_the_reason_is_given() {
    let judged = |opened, found_closed, closing| {
        let mut recorded = recorded(984, 984);
        (recorded.opened, recorded.found_closed, recorded.closing) =
            (opened, found_closed, closing);
        let validity = judged(&[(0, 2_000), (0, 2_000)], recorded, None);
        assert!(validity.valid);
        let check = find(&validity, "connections").unwrap();
        (check.status, check.finding.clone())
    };
    // As many connections as users. The server closes some after a thousand requests.
    for (opened, found_closed, closing) in [(2, 0, 0), (4, 2, 0), (11, 0, 9)] {
        let (status, finding) = judged(opened, found_closed, closing);
        assert_eq!(status, CheckStatus::Passed);
        let expected = format!("{opened} connections for 984 requests (up to 2 expected)");
        assert_eq!(finding, expected);
    }
    for (opened, found_closed, closing, why) in [
        (
            982,
            980,
            0,
            "for 980 requests the target had closed the connection since",
        ),
        (
            984,
            0,
            984,
            "the target closes the connection after every answer",
        ),
        (
            494,
            0,
            492,
            "the target closed the connection after 492 of 984 answers",
        ),
    ] {
        let (status, finding) = judged(opened, found_closed, closing);
        assert_eq!(status, CheckStatus::Warning);
        assert!(finding.contains(why), "{finding}");
        assert!(finding.contains(&format!("{opened} connections for 984 requests")));
    }
}

#[test]
fn advice_on_idle_connections_is_not_given_after_the_target_ended() {
    let finding = |found_closed| {
        let mut recorded = recorded(100, 90);
        (recorded.sent_again, recorded.found_closed) = (2, found_closed);
        let validity = judged(&[(0, 2_000), (0, 2_000)], recorded, None);
        find(&validity, "stale connections")
            .unwrap()
            .finding
            .clone()
    };
    let advice = "keeps idle connections for less time";
    // No user could connect any more, or all reconnected after a restart.
    assert!(!finding(0).contains(advice) && !finding(2).contains(advice));
    assert!(finding(50).contains(advice));
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
fn a_late_user_makes_the_run_invalid() {
    let validity = judged(&[(0, 2_000), (500, 2_000)], recorded(10, 10), Some(10));
    assert_eq!(status(&validity, "users"), CheckStatus::Failed);
    assert_eq!(status(&validity, "punctuality"), CheckStatus::Warning);
    assert!(!validity.valid);
}

#[test]
fn users_who_wait_for_their_last_response_do_not_count_as_surplus() {
    // A gap between two rows, and responses of 2 s: users of the first row are active when the second row starts.
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
fn a_user_who_stays_after_its_last_response_makes_the_run_invalid() {
    let rows = vec![row(1, 0, 1_000), row(1, 1_500, 2_500)];
    let there = [(0, 1_100, 2_900), (1_500, 4_000, 4_000)];
    let validity = judged_as(rows, &there, recorded(10, 10), |_| {});
    assert_eq!(status(&validity, "users"), CheckStatus::Failed);
}

/// Ten users for 2 s, who leave one by one over another 2 s. `left` has the times of each user.
fn ramped_down(left: impl Fn(u64) -> There) -> Validity {
    let rows = vec![ThreadRow {
        shutdown: Duration::from_secs(2),
        ..row(10, 0, 2_000)
    }];
    let there: Vec<There> = (1..=10).map(left).collect();
    judged_as(rows, &there, recorded(10, 10), |_| {})
}

#[test]
fn missing_users_at_the_start_outweigh_users_who_leave_late() {
    // In the first second, one of ten users is missing. In the last second, there are two too many.
    let validity = ramped_down(|user| {
        let from = if user == 1 { 1_000 } else { 0 };
        let stop = 2_000 + 200 * user;
        let to = if user > 4 { stop.max(3_800) } else { stop };
        (from, stop - 1, to)
    });
    assert_eq!(
        status(&validity, "users"),
        CheckStatus::Failed,
        "{validity:?}"
    );
    assert!(!validity.valid);
}

#[test]
fn users_who_leave_late_are_a_warning_and_users_who_leave_early_are_missing() {
    let stop = |user| 2_000 + 200 * user;
    let late = ramped_down(|user| (0, stop(user) - 1, stop(user).max(3_800)));
    assert_eq!(status(&late, "users"), CheckStatus::Warning, "{late:?}");
    let early = ramped_down(|user| (0, 2_100, stop(user).min(3_000)));
    assert_eq!(status(&early, "users"), CheckStatus::Failed, "{early:?}");
}

#[test]
fn waiting_after_the_schedule_is_reported() {
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
    // Eight of ten requests were answered: the target may have counted eight to ten.
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
fn requests_to_which_redirects_led_are_counted_by_the_target_too() {
    let there = [(0, 2_000), (0, 2_000)];
    // Ten redirect chains, eight of them answered, with four more requests.
    for (served, wanted) in [
        (11, CheckStatus::Failed),
        (12, CheckStatus::Passed),
        (14, CheckStatus::Passed),
        (15, CheckStatus::Failed),
    ] {
        let mut redirected = recorded(10, 8);
        redirected.redirects = 4;
        let validity = judged(&there, redirected, Some(served));
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
fn unsent_requests_make_the_run_invalid_and_are_not_errors_of_the_target() {
    let mut starved = recorded(10, 6);
    starved.generator_errors = 4;
    let validity = judged(&[(0, 2_000), (0, 2_000)], starved, None);
    assert_eq!(status(&validity, "generator limits"), CheckStatus::Failed);
    let errors = find(&validity, "errors").expect("there is such a check");
    assert_eq!(errors.status, CheckStatus::Passed);
    let expected = "none of 6 requests that reached the target; 4 more did not";
    assert_eq!(errors.finding, expected);
    assert!(!validity.valid);
}

#[test]
fn a_run_that_could_not_send_any_request_reports_the_attempts() {
    let there = [(0, 2_000), (0, 2_000)];
    let mut starved = recorded(10, 0);
    starved.generator_errors = 10;
    let finding = |recorded, name: &str| {
        let validity = judged(&there, recorded, None);
        let check = find(&validity, name).expect("there is such a check");
        assert_eq!(check.status, CheckStatus::Failed);
        check.finding.clone()
    };
    let errors = finding(starved, "errors");
    assert!(errors.contains("no request reached the target"), "{errors}");
    let limits = finding(starved, "generator limits");
    assert!(
        limits.contains("10 of 10 requests could not be sent"),
        "{limits}"
    );
    assert_eq!(finding(recorded(0, 0), "errors"), "no request was made");
}

/// Processors in use, by reading. The machine has two.
fn used(generator: f64, target: f64, others: f64, steal: f64) -> Processors {
    Processors {
        from: Instant::now(),
        length: Duration::from_secs(1),
        generator,
        target,
        generators_beside: 0.0,
        targets_beside: 0.0,
        others,
        steal,
        online: 2.0,
    }
}

/// The check of a run whose steady part, from 2 s to 4 s of a schedule of 6 s, has these readings. Before and after it,
/// the generator used `besides` processors; `after` is the number of seconds after it.
fn processors_check(
    steady: &[Processors],
    besides: f64,
    after: u32,
    change: impl Fn(&mut Evidence<'_>),
) -> Check {
    let validity = judged_by_readings(steady, besides, after, change);
    find(&validity, "processors")
        .expect("there are readings")
        .clone()
}

fn judged_by_readings(
    steady: &[Processors],
    besides: f64,
    after: u32,
    change: impl Fn(&mut Evidence<'_>),
) -> Validity {
    let other = used(besides, 0.0, 0.0, 0.0);
    let length = 2_000 / u32::try_from(steady.len()).expect("a few readings");
    judged_as(
        vec![row(2, 0, 6_000)],
        &[(0, 6_000, 6_000); 2],
        recorded(10, 10),
        |it| {
            let mut from = it.clock.start() - Duration::from_secs(1);
            let before = std::iter::repeat_n((other, 1_000), 3);
            let steady = steady.iter().map(|reading| (*reading, length));
            let after = std::iter::repeat_n((other, 1_000), after as usize);
            let readings = before.chain(steady).chain(after).map(|(reading, length)| {
                let length = Duration::from_millis(length.into());
                let reading = Processors {
                    from,
                    length,
                    ..reading
                };
                from += length;
                reading
            });
            // The closure must accept any lifetime, so the readings are leaked.
            it.processors = Vec::leak(readings.collect());
            it.steady = Duration::from_secs(2)..Duration::from_secs(4);
            change(it);
        },
    )
}

#[test]
fn use_of_the_processors_is_judged_over_the_steady_part() {
    let beside = |generators_beside| Processors {
        generators_beside,
        ..used(0.4, 0.0, 0.0, 0.0)
    };
    for (readings, wanted) in [
        (vec![used(0.4, 0.0, 0.1, 0.0)], CheckStatus::Passed),
        // Of two processors. One busy second is not a busy run.
        (
            vec![used(2.0, 0.0, 0.0, 0.0), used(0.4, 0.0, 0.0, 0.0)],
            CheckStatus::Passed,
        ),
        (vec![used(1.6, 0.0, 0.0, 0.0)], CheckStatus::Warning),
        (vec![used(1.9, 0.0, 0.0, 0.0)], CheckStatus::Failed),
        // The generators of simultaneous runs count together.
        (vec![beside(0.8)], CheckStatus::Passed),
        (vec![beside(1.2)], CheckStatus::Warning),
        (vec![beside(1.5)], CheckStatus::Failed),
    ] {
        for besides in [0.0, 2.0] {
            let check = processors_check(&readings, besides, 2, |_| {});
            assert_eq!(
                check.status, wanted,
                "{readings:?}, besides {besides}: {check:?}"
            );
        }
    }
}

#[test]
fn other_load_on_the_machine_is_reported_with_numbers() {
    let quiet = used(0.4, 0.3, 0.05, 0.0);
    let burst = used(0.4, 0.3, 0.6, 0.0);
    let beside = Processors {
        generators_beside: 0.5,
        targets_beside: 0.7,
        ..quiet
    };
    for (readings, among_others, wanted) in [
        (vec![quiet, quiet], false, CheckStatus::Passed),
        (vec![beside, beside], false, CheckStatus::Passed),
        (vec![used(0.4, 0.0, 0.3, 0.0)], false, CheckStatus::Warning),
        (vec![used(0.4, 0.0, 0.3, 0.0)], true, CheckStatus::Passed),
        (vec![used(0.4, 0.0, 0.0, 0.1)], true, CheckStatus::Warning),
        // 9 % of the machine on average, and 30 % in one of four readings.
        (
            vec![burst, quiet, quiet, quiet],
            false,
            CheckStatus::Warning,
        ),
    ] {
        let validity = judged_by_readings(&readings, 0.0, 2, |it| {
            it.target_among_others = among_others;
        });
        let check = find(&validity, "other load").unwrap();
        assert_eq!(check.status, wanted, "{readings:?}: {check:?}");
    }
    let disturbed = used(0.4, 0.0, 0.35, 0.1);
    let validity = judged_by_readings(&[disturbed, quiet], 0.0, 2, |_| {});
    let finding = &find(&validity, "other load").unwrap().finding;
    assert!(
        finding.starts_with(
            "the machine was busy with something else: other processes used 35 % of a processor at the worst and 20 % on average"
        ) && finding.contains("steal took 2.5 %"),
        "{finding}"
    );
}

#[test]
fn idling_in_ramps_and_after_the_schedule_does_not_dilute_a_saturated_generator() {
    let check = processors_check(&[used(1.9, 0.0, 0.0, 0.0)], 0.0, 60, |_| {});
    assert_eq!(check.status, CheckStatus::Failed, "{check:?}");
    assert!(
        check.finding.contains("used 95.0 % of 2 processors"),
        "{check:?}"
    );
}

#[test]
fn a_short_steady_part_is_judged_by_overlapping_readings() {
    let check = processors_check(&[used(1.9, 0.0, 0.0, 0.0)], 0.0, 60, |it| {
        it.steady = Duration::from_millis(2_500)..Duration::from_millis(3_500);
    });
    assert_eq!(check.status, CheckStatus::Failed, "{check:?}");
}

#[test]
fn a_machine_that_target_and_generator_saturate_together_is_a_warning() {
    // Of one processor each. Neither is busy on its own.
    let beside = |target, others, among_others| {
        processors_check(&[used(0.9, target, others, 0.0)], 0.0, 2, |it| {
            it.target_among_others = among_others;
        })
    };
    for check in [beside(1.0, 0.0, false), beside(0.0, 1.0, true)] {
        assert_eq!(check.status, CheckStatus::Warning, "{check:?}");
        let finding = &check.finding;
        assert!(finding.contains("together used 95.0 %"), "{finding}");
    }
    let known = beside(1.0, 0.0, false).finding;
    assert!(
        known.contains("the target and the generator compete"),
        "{known}"
    );
    // Which of the others is the target is not known.
    let unknown = beside(0.0, 1.0, true).finding;
    assert!(
        unknown.contains(
            "processes other than the generator used 50.0 %; name the target under `monitor`"
        ),
        "{unknown}"
    );
    let three = beside(0.5, 0.5, false).finding;
    assert!(
        three.contains("the target, the generator and other processes compete"),
        "{three}"
    );
    assert_eq!(beside(0.8, 0.0, false).status, CheckStatus::Passed);
    assert_eq!(beside(0.0, 0.8, true).status, CheckStatus::Passed);
}

#[test]
fn in_a_container_others_are_judged_by_the_machine_and_the_run_by_the_containers_quota() {
    let in_container = |check, generator, target, others, steal| {
        let reading = Processors {
            online: 64.0,
            ..used(generator, target, others, steal)
        };
        let validity = judged_by_readings(&[reading], 0.0, 2, |_| {});
        find(&validity, check).unwrap().clone()
    };
    // Other processes use 6, then 30, of 64 processors.
    let few = in_container("other load", 0.5, 0.0, 6.0, 1.0);
    assert_eq!(few.status, CheckStatus::Passed, "{few:?}");
    let many = in_container("other load", 0.5, 0.0, 30.0, 0.0);
    assert_eq!(many.status, CheckStatus::Warning);
    assert!(
        many.finding
            .contains("used 3000 % of a processor at the worst and 3000 % on average (up to 10 % of all 64 passes"),
        "{many:?}"
    );
    let stolen = in_container("other load", 0.5, 0.0, 0.0, 2.0);
    assert_eq!(stolen.status, CheckStatus::Warning, "{stolen:?}");
    // All of the container's two processors, a small share of the machine.
    let full = in_container("processors", 0.9, 1.0, 0.0, 0.0);
    assert_eq!(full.status, CheckStatus::Warning);
    assert!(full.finding.contains("together used 95.0 %"), "{full:?}");
    let saturated = in_container("processors", 1.9, 0.0, 0.0, 0.0);
    assert_eq!(saturated.status, CheckStatus::Failed, "{saturated:?}");
}

#[test]
fn time_without_waiting_for_responses_is_detected() {
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
    let presence = UserActivity {
        planned: clock.start(),
        stop: at(1_500),
        is_done: false,
        from: at(250),
        last_response: None,
        to: at(1_500),
    };
    let users = users_by_second(&schedule, &clock, &[presence]);
    let achieved: Vec<f64> = users.iter().map(|user| user.achieved).collect();
    let planned: Vec<_> = users.iter().map(|user| user.planned).collect();
    assert_eq!(planned, [Some(1.0), Some(0.5)]);
    assert!((achieved[0] - 0.75).abs() < 1e-9 && (achieved[1] - 0.5).abs() < 1e-9);
}

/// Four users with ten iterations and a limit of one minute.
fn iterations() -> Load {
    Load::Iterations(Iterations {
        total: 10,
        users: 4,
        max_duration: Duration::from_secs(60),
    })
}

#[test]
fn users_who_have_done_all_their_iterations_may_leave() {
    let there = [
        (0, 3_500, 3_500),
        (0, 5_000, 5_000),
        (0, 700, 700),
        (0, 5_200, 5_200),
    ];
    let validity = judged_on(&iterations(), &there, (recorded(10, 10), None), |_| {});
    assert!(validity.valid, "{validity:?}");
    for name in ["schedule", "users", "iterations"] {
        assert_eq!(status(&validity, name), CheckStatus::Passed, "{name}");
    }
    let finding = &find(&validity, "schedule").unwrap().finding;
    assert_eq!(finding, "followed to its end at 5.2 s");
}

#[test]
fn iterations_that_take_less_than_a_second_are_a_run() {
    let there = [(0, 30, 30), (0, 50, 50), (0, 20, 20), (0, 60, 60)];
    let validity = judged_on(&iterations(), &there, (recorded(10, 10), None), |_| {});
    assert!(validity.valid, "{validity:?}");
    assert_eq!(status(&validity, "iterations"), CheckStatus::Passed);
}

#[test]
fn iterations_that_are_left_when_the_time_is_up_make_the_run_invalid() {
    let there = [
        (0, 3_500, 3_500),
        (0, 60_001, 60_001),
        (0, 700, 700),
        (0, 5_200, 5_200),
    ];
    let validity = judged_on(&iterations(), &there, (recorded(9, 9), None), |_| {});
    assert!(!validity.valid);
    let finding = &find(&validity, "iterations").unwrap().finding;
    assert!(finding.starts_with("1 of 4 users"), "{finding}");
}

/// Arrivals: lateness in microseconds of those with a free user; number that waited; number never started.
fn arrivals(late_us: &[u64], waited: u64, never_started: u64) -> Record {
    let mut record = Record {
        waited,
        never_started,
        longest_wait: Duration::from_millis(1_500),
        ..Record::default()
    };
    for late in late_us {
        record.lateness.record(late * 1_000).unwrap();
    }
    record
}

/// Together with one unrelated user.
fn judged_with(record: &Record) -> Validity {
    let load = Load::Threads(vec![row(1, 0, 2_000)]);
    judged_on(
        &load,
        &[(0, 2_000, 2_000)],
        (recorded(200, 200), Some(record)),
        |_| {},
    )
}

#[test]
fn punctual_arrivals_pass() {
    let validity = judged_with(&arrivals(&[80; 200], 0, 0));
    assert!(validity.valid, "{validity:?}");
    for name in ["arrivals", "arrival lateness"] {
        assert_eq!(status(&validity, name), CheckStatus::Passed, "{name}");
    }
}

#[test]
fn waiting_arrivals_are_a_warning_and_too_many_missing_ones_make_the_run_invalid() {
    let waited = judged_with(&arrivals(&[80; 195], 4, 1));
    assert!(waited.valid, "{waited:?}");
    assert_eq!(status(&waited, "arrivals"), CheckStatus::Warning);
    let finding = &find(&waited, "arrivals").unwrap().finding;
    assert!(
        finding.starts_with(
            "5 of 200 arrivals found no free user and waited, up to 1.5 s; 1 of them (0.50 % of all) never began"
        ),
        "{finding}"
    );
    let never = judged_with(&arrivals(&[80; 195], 0, 5));
    assert_eq!(status(&never, "arrivals"), CheckStatus::Failed);
    assert!(!never.valid);
    let none = judged_with(&arrivals(&[], 0, 0));
    assert_eq!(status(&none, "arrivals"), CheckStatus::Failed);
}

#[test]
fn late_sending_is_a_warning_and_constantly_late_sending_makes_the_run_invalid() {
    let seldom = arrivals(&[[80; 97].as_slice(), &[9_000; 3]].concat(), 0, 0);
    assert_eq!(
        status(&judged_with(&seldom), "arrival lateness"),
        CheckStatus::Warning
    );
    let often = judged_with(&arrivals(&[500; 100], 0, 0));
    assert_eq!(status(&often, "arrival lateness"), CheckStatus::Warning);
    assert!(often.valid);
    let always = judged_with(&arrivals(&[3_000; 100], 0, 0));
    assert_eq!(status(&always, "arrival lateness"), CheckStatus::Failed);
    assert!(!always.valid);
}

#[test]
fn a_standstill_of_the_generator_makes_the_run_invalid() {
    let judged = |standstills: &[(u64, u64)]| {
        let clock = Clock::starting_in(Duration::ZERO);
        let ms = Duration::from_millis;
        let standstills: Vec<_> = (standstills.iter())
            .map(|(from, length)| (clock.at(ms(*from)), ms(*length)))
            .collect();
        let steady = clock.at(ms(1_000))..clock.at(ms(9_000));
        generator::ran(&standstills, steady).map(|check| check.status)
    };
    assert_eq!(judged(&[]), None);
    // In the ramp, it affects no measured samples.
    assert_eq!(judged(&[(0, 900)]), None);
    assert_eq!(judged(&[(3_000, 150)]), Some(CheckStatus::Warning));
    assert_eq!(judged(&[(3_000, 800)]), Some(CheckStatus::Failed));
    // Each one is short.
    assert_eq!(
        judged(&[(3_000, 120), (5_000, 120)]),
        Some(CheckStatus::Warning)
    );
}
