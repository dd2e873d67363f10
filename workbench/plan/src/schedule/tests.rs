use proptest::prelude::*;

use super::*;

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn of_threads(rows: &[ThreadRow]) -> Schedule {
    Load::Threads(rows.to_vec()).schedule()
}

fn of_concurrency(concurrency: &Concurrency) -> Schedule {
    Load::Concurrency(*concurrency).schedule()
}

fn row(users: u32, initial_delay: u64, startup: u64, hold: u64, shutdown: u64) -> ThreadRow {
    ThreadRow {
        users,
        initial_delay: seconds(initial_delay),
        startup: seconds(startup),
        hold: seconds(hold),
        shutdown: seconds(shutdown),
    }
}

fn concurrency(target: u32, ramp_up: u64, steps: Option<u32>, hold: u64) -> Concurrency {
    Concurrency {
        target,
        ramp_up: seconds(ramp_up),
        steps,
        hold: seconds(hold),
    }
}

/// users(t) of a row by definition: users started by t, less users stopped by t.
fn row_formula(row: &ThreadRow, time: Duration) -> usize {
    let t = time.as_nanos();
    let reached = |from: u128, over: u128| match (t.checked_sub(from), over) {
        (None, _) => 0,
        (Some(_), 0) => row.users as usize,
        (Some(since), over) => {
            (since * u128::from(row.users) / over).min(u128::from(row.users)) as usize
        }
    };
    let startup = row.startup.as_nanos();
    let delay = row.initial_delay.as_nanos();
    reached(delay, startup)
        - reached(
            delay + startup + row.hold.as_nanos(),
            row.shutdown.as_nanos(),
        )
}

/// users(t) of the Concurrency Thread Group by definition, in exact fractions.
fn concurrency_formula(concurrency: &Concurrency, time: Duration) -> usize {
    let (t, ramp_up) = (time.as_nanos(), concurrency.ramp_up.as_nanos());
    let target = u128::from(concurrency.target);
    let round =
        |numerator: u128, denominator: u128| (2 * numerator + denominator) / (2 * denominator);
    let users = if t >= ramp_up + concurrency.hold.as_nanos() {
        0
    } else if t >= ramp_up {
        target
    } else if let Some(steps) = concurrency.steps {
        let steps = u128::from(steps);
        round(target * (t * steps / ramp_up + 1), steps)
    } else {
        round(target * t, ramp_up)
    };
    users as usize
}

/// Every whole second, and one nanosecond before and after every change.
fn telling_instants(schedule: &Schedule) -> Vec<Duration> {
    let nanosecond = Duration::from_nanos(1);
    let edges = schedule
        .users()
        .iter()
        .flat_map(|span| [span.start, span.stop]);
    edges
        .flat_map(|edge| [edge.saturating_sub(nanosecond), edge, edge + nanosecond])
        .chain((0..=schedule.end().as_secs() + 2).map(seconds))
        .collect()
}

#[test]
fn scenario_3_starts_a_user_every_tenth_of_a_second_and_stops_them_in_the_same_order() {
    let schedule = of_threads(&[row(100, 0, 10, 60, 10)]);
    let spans = schedule.users();
    assert_eq!(spans.len(), 100);
    for (k, span) in (1..).zip(spans) {
        assert_eq!(span.start, Duration::from_millis(100 * k));
        assert_eq!(span.stop, seconds(70) + Duration::from_millis(100 * k));
    }
    assert_eq!(schedule.end(), seconds(80));
    assert_eq!(schedule.peak_users(), 100);
}

#[test]
fn a_row_follows_its_formula_at_every_instant() {
    for row in [
        row(100, 0, 10, 60, 10),
        row(7, 3, 10, 5, 11),
        row(3, 0, 0, 5, 0),
        row(1, 0, 10, 60, 10),
        row(13, 2, 7, 0, 3),
    ] {
        let schedule = of_threads(&[row]);
        for time in telling_instants(&schedule) {
            assert_eq!(
                schedule.users_at(time),
                row_formula(&row, time),
                "{row:?} at {time:?}"
            );
        }
    }
}

#[test]
fn rows_overlap_and_add_up() {
    let rows = [
        row(10, 0, 5, 20, 5),
        row(4, 10, 0, 3, 0),
        row(6, 29, 2, 10, 4),
    ];
    let schedule = of_threads(&rows);
    assert_eq!(schedule.users().len(), 20);
    assert_eq!(schedule.peak_users(), 14);
    for time in telling_instants(&schedule) {
        let sum: usize = rows.iter().map(|row| row_formula(row, time)).sum();
        assert_eq!(schedule.users_at(time), sum, "at {time:?}");
    }
}

#[test]
fn fifty_steps_add_two_users_every_two_seconds_and_reach_the_target_at_98_seconds() {
    let study = concurrency(100, 100, Some(50), 0);
    let schedule = of_concurrency(&study);
    assert_eq!(schedule.users_at(Duration::ZERO), 2);
    for second in 0..100 {
        let expected = 2 * (second / 2 + 1);
        assert_eq!(
            schedule.users_at(seconds(second)) as u64,
            expected,
            "at {second} s"
        );
    }
    assert_eq!(schedule.users_at(seconds(98) - Duration::from_nanos(1)), 98);
    assert_eq!(schedule.users_at(seconds(98)), 100);
    assert_eq!(schedule.users_at(seconds(100)), 0);
    assert_eq!(schedule.end(), seconds(100));
}

#[test]
fn five_steps_add_twenty_users_every_twenty_seconds_and_reach_the_target_at_80_seconds() {
    let schedule = of_concurrency(&concurrency(100, 100, Some(5), 0));
    for second in 0..100 {
        let expected = 20 * (second / 20 + 1);
        assert_eq!(
            schedule.users_at(seconds(second)) as u64,
            expected,
            "at {second} s"
        );
    }
    assert_eq!(schedule.users_at(seconds(80) - Duration::from_nanos(1)), 80);
    assert_eq!(schedule.users_at(seconds(80)), 100);
    assert_eq!(schedule.users_at(seconds(100)), 0);
}

#[test]
fn an_even_ramp_rounds_halves_up() {
    // 10 users in 10 s: 0.5 is reached after half a second and counts as one user.
    let schedule = of_concurrency(&concurrency(10, 10, None, 5));
    assert_eq!(schedule.users_at(Duration::from_nanos(499_999_999)), 0);
    assert_eq!(schedule.users_at(Duration::from_millis(500)), 1);
    assert_eq!(schedule.users_at(seconds(1)), 1);
    assert_eq!(schedule.users_at(Duration::from_millis(9_500)), 10);
    assert_eq!(schedule.users_at(seconds(14)), 10);
    assert_eq!(schedule.users_at(seconds(15)), 0);
}

#[test]
fn steps_that_do_not_divide_the_target_round_halves_up() {
    // 5 users in 2 steps: 2.5 counts as three.
    let schedule = of_concurrency(&concurrency(5, 10, Some(2), 0));
    assert_eq!(schedule.users_at(Duration::ZERO), 3);
    assert_eq!(schedule.users_at(seconds(5)), 5);
}

#[test]
fn without_a_ramp_everybody_starts_at_once() {
    for steps in [None, Some(1)] {
        let schedule = of_concurrency(&concurrency(8, 0, steps, 3));
        assert_eq!(schedule.users_at(Duration::ZERO), 8);
        assert_eq!(schedule.phase_at(Duration::ZERO), Phase::Hold);
        assert_eq!(schedule.users_at(seconds(3)), 0);
    }
}

#[test]
fn concurrency_follows_its_formula_at_every_instant() {
    for study in [
        concurrency(100, 100, Some(50), 0),
        concurrency(100, 100, Some(5), 0),
        concurrency(100, 100, None, 20),
        concurrency(7, 10, Some(3), 1),
        concurrency(10, 7, Some(10), 0),
        concurrency(11, 13, None, 0),
    ] {
        let schedule = of_concurrency(&study);
        for time in telling_instants(&schedule) {
            let expected = concurrency_formula(&study, time);
            assert_eq!(schedule.users_at(time), expected, "{study:?} at {time:?}");
        }
    }
}

#[test]
fn the_hold_lies_between_the_last_start_and_the_first_stop_after_it() {
    let schedule = of_threads(&[row(100, 0, 10, 60, 10)]);
    let nanosecond = Duration::from_nanos(1);
    assert_eq!(schedule.phase_at(seconds(10) - nanosecond), Phase::RampUp);
    assert_eq!(schedule.phase_at(seconds(10)), Phase::Hold);
    let first_stop = Duration::from_millis(70_100);
    assert_eq!(schedule.phase_at(first_stop - nanosecond), Phase::Hold);
    assert_eq!(schedule.phase_at(first_stop), Phase::RampDown);
    assert_eq!(schedule.phase_at(seconds(90)), Phase::RampDown);
}

#[test]
fn a_stop_before_the_last_start_does_not_end_the_hold() {
    // The first row ends before the second one starts.
    let schedule = of_threads(&[row(1, 0, 0, 2, 0), row(1, 5, 0, 2, 0)]);
    assert_eq!(schedule.phase_at(seconds(3)), Phase::RampUp);
    assert_eq!(schedule.phase_at(seconds(6)), Phase::Hold);
    assert_eq!(schedule.phase_at(seconds(7)), Phase::RampDown);
}

#[test]
fn a_mean_over_a_straight_ramp_is_half_its_height() {
    // 100 users start at 0.1, 0.2, … 10 s: the mean over the startup is 100 · (1 − 50.5/100).
    let schedule = of_threads(&[row(100, 0, 10, 60, 10)]);
    assert_eq!(schedule.mean_users(Duration::ZERO, seconds(10)), 49.5);
    assert_eq!(schedule.mean_users(seconds(20), seconds(21)), 100.0);
    assert_eq!(schedule.mean_users(seconds(80), seconds(81)), 0.0);
}

#[test]
fn a_hundred_thousand_users_are_counted_at_every_second() {
    let schedule = of_threads(&[row(100_000, 0, 100, 3_400, 100)]);
    for second in 0..3_600 {
        let time = seconds(second);
        let mean = schedule.mean_users(time, time + seconds(1));
        assert!((0.0..=100_000.0).contains(&mean));
    }
    assert_eq!(schedule.users_at(seconds(50)), 50_000);
}

prop_compose! {
    fn any_row()(users in 1..40_u32, times in prop::array::uniform4(0..5_000_000_000_u64)) -> ThreadRow {
        let [initial_delay, startup, hold, shutdown] = times.map(Duration::from_nanos);
        ThreadRow { users, initial_delay, startup, hold, shutdown }
    }
}

prop_compose! {
    fn any_concurrency()(
        target in 1..60_u32,
        ramp_up in 1..9_000_000_000_u64,
        steps in prop::option::of(1..60_u32),
        hold in 0..5_000_000_000_u64,
    ) -> Concurrency {
        Concurrency {
            target,
            ramp_up: Duration::from_nanos(ramp_up),
            steps: steps.map(|steps| steps.min(target)),
            hold: Duration::from_nanos(hold),
        }
    }
}

proptest! {
    #[test]
    fn any_rows_follow_their_formulas(rows in prop::collection::vec(any_row(), 1..4)) {
        let schedule = of_threads(&rows);
        for time in telling_instants(&schedule) {
            let sum: usize = rows.iter().map(|row| row_formula(row, time)).sum();
            prop_assert_eq!(schedule.users_at(time), sum);
        }
    }

    #[test]
    fn any_concurrency_follows_its_formula_and_never_falls_before_the_end(study in any_concurrency()) {
        let schedule = of_concurrency(&study);
        let mut instants = telling_instants(&schedule);
        instants.sort();
        let mut before = 0;
        for time in instants {
            let users = schedule.users_at(time);
            prop_assert_eq!(users, concurrency_formula(&study, time));
            prop_assert!(users >= before || time >= schedule.end());
            before = users;
        }
    }

    #[test]
    fn the_mean_is_the_integral_and_adds_up(
        rows in prop::collection::vec(any_row(), 1..4),
        cut in 0.01..0.99_f64,
    ) {
        let schedule = of_threads(&rows);
        let whole = schedule.end() + Duration::from_secs(1);
        let active: f64 = schedule
            .users()
            .iter()
            .map(|span| (span.stop - span.start).as_secs_f64())
            .sum();
        let area = |from, to: Duration| schedule.mean_users(from, to) * (to - from).as_secs_f64();
        let close = |a: f64, b: f64| (a - b).abs() <= 1e-9 * (1.0 + a.abs());
        prop_assert!(close(area(Duration::ZERO, whole), active));
        let cut = whole.mul_f64(cut);
        prop_assert!(close(area(Duration::ZERO, cut) + area(cut, whole), active));
    }

    #[test]
    fn counts_agree_with_the_half_open_spans(rows in prop::collection::vec(any_row(), 1..4)) {
        let schedule = of_threads(&rows);
        let mut peak = 0;
        for time in telling_instants(&schedule) {
            let spans = schedule.users().iter();
            let active = spans.filter(|span| span.start <= time && time < span.stop).count();
            prop_assert_eq!(schedule.users_at(time), active);
            peak = peak.max(active);
        }
        prop_assert_eq!(schedule.peak_users(), peak);
        prop_assert!(schedule.users().is_sorted_by_key(|span| (span.start, span.stop)));
    }
}

#[test]
fn a_number_of_iterations_is_shared_out_evenly_and_ends_by_itself() {
    let schedule = Load::Iterations(Iterations {
        total: 10,
        users: 4,
        max_duration: seconds(60),
    })
    .schedule();
    let shares: Vec<Work> = schedule.users().iter().map(|user| user.work).collect();
    assert_eq!(shares, [2, 3, 2, 3].map(Work::Iterations));
    assert_eq!(schedule.users_at(Duration::ZERO), 4);
    assert_eq!(
        (schedule.end(), schedule.least_end()),
        (seconds(60), Duration::ZERO)
    );
    assert_eq!(schedule.phase_at(seconds(30)), Phase::Hold);
}
