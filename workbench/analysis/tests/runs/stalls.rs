//! Stalls: times without responses while users waited, in simulated closed loops.

use crate::support::{EXPERIMENT, browse, completed, write_parts};
use workbench_analysis::{RunAnalysis, analyze_run};
use workbench_samples::{Check, CheckStatus, ErrorKind, Phase, Sample};

/// A run in the closed model. All users start at once.
struct Load {
    users: u64,
    hold_ms: i64,
    think_ms: i64,
    /// The response time of a request, by user and start.
    elapsed_ms: fn(u64, i64) -> i64,
    /// An interval in which the target sends no responses. Responses due in it come at its end.
    frozen_ms: std::ops::Range<i64>,
}

const QUICK: Load = Load {
    users: 5,
    hold_ms: 5_000,
    think_ms: 0,
    elapsed_ms: |user, start| 2 + (user as i64 * 7 + start * start) % 3,
    frozen_ms: 0..0,
};

impl Load {
    fn samples(&self) -> Vec<Sample> {
        let mut samples = Vec::new();
        for user in 0..self.users {
            let mut start = 0;
            while start < self.hold_ms {
                let mut end = start + (self.elapsed_ms)(user, start);
                if self.frozen_ms.contains(&end) {
                    end += self.frozen_ms.end - self.frozen_ms.start.max(start);
                }
                samples.push(browse(start, (end - start) as u64));
                start = end + self.think_ms;
            }
        }
        samples.sort_by_key(|sample| sample.started_at + sample.elapsed_ns as i64);
        samples
    }

    fn analysed(&self) -> RunAnalysis {
        self.analysis_of(&self.samples())
    }

    fn analysis_of(&self, samples: &[Sample]) -> RunAnalysis {
        let (users, hold_ms) = (self.users, self.hold_ms);
        let hold = format!("start: {users}, startup: 0s, hold: {hold_ms}ms, shutdown: 0s");
        analysis_of(&hold, samples)
    }
}

/// Evaluates a completed run with these threads.
fn analysis_of(threads: &str, samples: &[Sample]) -> RunAnalysis {
    let experiment = EXPERIMENT.replace("start: 2, startup: 2s, hold: 2s, shutdown: 0s", threads);
    let results = tempfile::tempdir().unwrap();
    let parts = samples.chunks(500);
    analyze_run(&write_parts(
        results.path(),
        &completed(),
        &experiment,
        parts,
    ))
    .unwrap()
}

fn check<'a>(run: &'a RunAnalysis, name: &str) -> &'a Check {
    let checks = &run.validity.as_ref().unwrap().checks;
    checks.iter().find(|check| check.name == name).unwrap()
}

fn assert_no_stall(load: &Load) {
    let run = load.analysed();
    let stalls = check(&run, "stalls");
    assert_eq!(stalls.status, CheckStatus::Passed, "{}", stalls.finding);
    assert_eq!(run.steady.unwrap().stalls.longest_s, None);
}

#[test]
fn a_target_that_freezes_for_two_of_five_seconds_makes_the_run_invalid() {
    let run = Load {
        frozen_ms: 1_500..3_500,
        ..QUICK
    }
    .analysed();

    // The percentiles do not show the stall.
    assert!(run.total.p99_ns < 10e6);
    let stalls = &run.steady.as_ref().unwrap().stalls;
    assert!((stalls.share - 0.4).abs() < 0.01, "{stalls:?}");
    assert!((stalls.longest_s.unwrap() - 2.0).abs() < 0.01);
    assert!((stalls.longest_at_s.unwrap() - 1.5).abs() < 0.01);
    let found = check(&run, "stalls");
    assert_eq!(found.status, CheckStatus::Failed);
    assert!(
        found.finding.contains("for 40.0 % of the steady part"),
        "{}",
        found.finding
    );
    assert!(
        found
            .finding
            .contains("closed users send nothing while they wait")
    );
    assert!(!run.validity.unwrap().valid);
}

#[test]
fn a_freeze_that_users_with_think_time_meet_is_a_stall() {
    // They begin one after the other, and all at once.
    let answers: [fn(u64, i64) -> i64; 2] = [
        |user, start| if start == 0 { 10 + 5 * user as i64 } else { 10 },
        |_, _| 10,
    ];
    for (elapsed_ms, longest_s) in answers.into_iter().zip([1.2, 0.75]) {
        let run = Load {
            users: 200,
            hold_ms: 60_000,
            think_ms: 1_000,
            elapsed_ms,
            frozen_ms: 20_750..21_950,
        }
        .analysed();
        let stalls = run.steady.unwrap().stalls;
        assert_eq!(stalls.status, CheckStatus::Warning, "{}", stalls.finding);
        let found_s = stalls.longest_s.unwrap();
        assert!((found_s - longest_s).abs() < 0.05, "{}", stalls.finding);
    }
}

#[test]
fn several_long_stalls_do_not_hide_each_other() {
    // In 60 s: two outages of 21 s, and six freezes of 6 s.
    let outages: fn(u64, i64) -> i64 = |user, start| match start {
        5_000..26_000 => 26_002 - start,
        30_000..51_000 => 51_002 - start,
        _ => 2 + (user as i64 * 7 + start * start) % 3,
    };
    let freezes: fn(u64, i64) -> i64 = |user, start| match start % 10_000 {
        3_000..9_000 => 9_002 - start % 10_000,
        _ => 2 + (user as i64 * 7 + start * start) % 3,
    };
    for (elapsed_ms, longest_s, total_s) in [(outages, 21.0, 42.0), (freezes, 6.0, 36.0)] {
        for (users, think_ms) in [(2, 0), (5, 0), (200, 1_000)] {
            let run = Load {
                users,
                hold_ms: 60_000,
                think_ms,
                elapsed_ms,
                frozen_ms: 0..0,
            }
            .analysed();
            let stalls = check(&run, "stalls");
            assert_eq!(stalls.status, CheckStatus::Failed, "{}", stalls.finding);
            let stalls = run.steady.unwrap().stalls;
            // A user who thinks notices a freeze up to one second late.
            let late_s = if think_ms > 0 { 1.0 } else { 0.01 };
            let longest_is = stalls.longest_s.unwrap();
            assert!((longest_s - late_s..longest_s + 0.01).contains(&longest_is));
            let found_s = stalls.share * 60.0;
            let late_s = 6.0 * late_s;
            assert!((total_s - late_s..total_s + 0.1).contains(&found_s));
        }
    }
}

#[test]
fn a_slow_response_to_a_single_user_is_not_a_stall() {
    // A stall of 1.5 s among responses of 12 ms: for the only user, and for one of two users while the other one
    // thinks.
    for (users, think_ms) in [(1, 0), (1, 300), (2, 4_000)] {
        let load = Load {
            users,
            hold_ms: 20_000,
            think_ms,
            elapsed_ms: |user, start| {
                if user == 0 && matches!(start, 8_004 | 8_112 | 8_024) {
                    1_500
                } else {
                    12
                }
            },
            ..QUICK
        };
        let slow = load.samples();
        let slow = slow.iter().filter(|it| it.elapsed_ns == 1_500_000_000);
        assert_eq!(slow.count(), 1);
        assert_no_stall(&load);
        assert!(load.analysed().validity.unwrap().valid);
    }
}

#[test]
fn no_warm_up_is_advised_that_would_leave_out_a_stall() {
    for frozen_ms in [500..2_500, 1_500..2_100, 2_000..2_450] {
        let run = Load {
            frozen_ms,
            hold_ms: 6_000,
            ..QUICK
        }
        .analysed();
        let steady = check(&run, "steady state");
        assert!(
            !steady.finding.contains("declare a warm_up"),
            "{}",
            steady.finding
        );
        assert!(
            steady.finding.contains("a stall, at "),
            "{}",
            steady.finding
        );
    }
}

#[test]
fn a_target_that_hangs_until_the_end_is_a_stall_until_the_end() {
    let mut samples = QUICK.samples();
    // A run records requests in flight at its end this way.
    samples.retain(|sample| sample.started_at < browse(2_000, 0).started_at);
    for _ in 0..5 {
        samples.push(Sample {
            error: Some(ErrorKind::Censored),
            status: None,
            ..browse(2_001, 2_999)
        });
    }
    let run = QUICK.analysis_of(&samples);

    let stalls = &run.steady.as_ref().unwrap().stalls;
    assert_eq!(stalls.status, CheckStatus::Failed);
    assert!((stalls.longest_s.unwrap() - 3.0).abs() < 0.01, "{stalls:?}");
}

#[test]
fn refused_connections_are_no_responses() {
    let mut samples = QUICK.samples();
    for sample in &mut samples {
        if (browse(3_000, 0).started_at..browse(4_500, 0).started_at).contains(&sample.started_at) {
            sample.error = Some(ErrorKind::Refused);
            sample.status = None;
        }
    }
    let run = QUICK.analysis_of(&samples);

    let stalls = run.steady.unwrap().stalls;
    assert_eq!(stalls.status, CheckStatus::Failed);
    assert!((stalls.longest_s.unwrap() - 1.5).abs() < 0.02, "{stalls:?}");
}

#[test]
fn failures_with_a_response_count_as_responses() {
    let mut samples = QUICK.samples();
    for sample in &mut samples {
        if sample.started_at >= browse(3_000, 0).started_at {
            sample.error = Some(ErrorKind::Status);
            sample.status = Some(503);
        }
    }
    let run = QUICK.analysis_of(&samples);

    assert_eq!(check(&run, "stalls").status, CheckStatus::Passed);
}

#[test]
fn a_short_stall_is_a_warning_with_its_share_and_a_shorter_one_passes() {
    let mut load = Load {
        hold_ms: 20_000,
        frozen_ms: 12_000..12_400,
        ..QUICK
    };
    let run = load.analysed();
    let stalls = check(&run, "stalls");
    assert_eq!(stalls.status, CheckStatus::Warning);
    assert!(stalls.finding.contains("2.0 %"), "{}", stalls.finding);
    assert!(run.validity.as_ref().unwrap().valid);

    load.frozen_ms = 12_000..12_150;
    let stalls = load.analysed().steady.unwrap().stalls;
    assert_eq!(stalls.status, CheckStatus::Passed);
    assert!((stalls.longest_s.unwrap() - 0.15).abs() < 0.01);
}

#[test]
fn gaps_between_slow_responses_are_no_stalls() {
    // One user with responses of 2 s; many synchronised users; one user with fast responses and an occasional slow one.
    for load in [
        Load {
            users: 1,
            hold_ms: 20_000,
            elapsed_ms: |_, start| 1_900 + start % 200,
            ..QUICK
        },
        Load {
            users: 50,
            hold_ms: 7_000,
            elapsed_ms: |user, _| 2_000 + user as i64 % 3,
            ..QUICK
        },
        Load {
            users: 1,
            hold_ms: 60_000,
            elapsed_ms: |_, start| {
                if start * 31 % 100 == 7 {
                    3_000
                } else {
                    10 + start % 7
                }
            },
            ..QUICK
        },
        Load {
            users: 2,
            hold_ms: 5_000,
            elapsed_ms: |_, _| 4_900,
            ..QUICK
        },
    ] {
        assert_no_stall(&load);
    }
}

#[test]
fn gaps_during_think_times_are_no_stalls() {
    assert_no_stall(&Load {
        users: 3,
        hold_ms: 30_000,
        think_ms: 4_000,
        ..QUICK
    });
}

#[test]
fn stalls_of_a_run_that_holds_nothing_are_judged_too() {
    let mut samples = Load {
        frozen_ms: 1_500..3_500,
        ..QUICK
    }
    .samples();
    for sample in &mut samples {
        sample.phase = Phase::RampDown;
    }
    let run = analysis_of("start: 5, startup: 0s, hold: 0s, shutdown: 5s", &samples);
    assert_eq!(check(&run, "stalls").status, CheckStatus::Failed);
}
