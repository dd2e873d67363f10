//! The throughput of the steady part, in simulated closed loops.

use crate::support::{EXPERIMENT, browse, manifest, write_parts};
use workbench_analysis::{RunAnalysis, SteadyState, ThresholdStatus, analyze_run};
use workbench_samples::{Outcome, Phase, Sample};

const HOLD: std::ops::Range<i64> = 20_000..30_000;

/// Users without think time, for 30 s. They start during the first 20 s.
fn closed_loop(users: i64, elapsed_ms: impl Fn(i64, i64) -> i64) -> Vec<Sample> {
    let mut samples = Vec::new();
    for user in 0..users {
        let mut start = HOLD.start * (user + 1) / users;
        while start < HOLD.end {
            let elapsed = elapsed_ms(user, start);
            let mut sample = browse(start, elapsed as u64);
            if start < HOLD.start {
                sample.phase = Phase::RampUp;
            }
            samples.push(sample);
            start += elapsed;
        }
    }
    samples
}

/// Pseudo-random, between 0.2 and 1.8 times the mean.
fn scattered(mean_ms: i64, user: i64, start: i64) -> i64 {
    let mixed = (user as u64 * 100_003 + start as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 32;
    mean_ms * (20 + (mixed % 161) as i64) / 100
}

fn steady(users: i64, samples: &[Sample]) -> SteadyState {
    let load = format!("start: {users}, startup: 20s, hold: 10s, shutdown: 0s");
    let experiment = EXPERIMENT.replace("start: 2, startup: 2s, hold: 2s, shutdown: 0s", &load);
    let results = tempfile::tempdir().unwrap();
    let manifest = manifest("tiny", "20261118T110640Z-4f2a");
    let run = write_parts(results.path(), &manifest, &experiment, samples.chunks(500));
    analyze_run(&run).unwrap().steady.unwrap()
}

fn assert_near(found: f64, expected: f64, tolerance: f64) {
    let error = found / expected - 1.0;
    assert!(error.abs() < tolerance, "{found}/s instead of {expected}/s");
}

#[test]
fn the_throughput_of_a_closed_loop_is_the_same_share_of_the_truth_at_any_load() {
    // A server of 50 requests per second: more users only add waiting time, up to 2 s of the hold of 10 s.
    for users in [10, 50, 100] {
        let mean_ms = 1_000 * users / 50;
        let steady = steady(
            users,
            &closed_loop(users, |user, start| scattered(mean_ms, user, start)),
        );
        assert_near(steady.total.throughput_per_s.unwrap(), 50.0, 0.03);
    }
}

#[test]
fn a_hanging_request_lowers_throughput_only_by_its_users_requests() {
    let hung = |user, start| {
        if user == 0 && start > 25_000 {
            30_000
        } else {
            100
        }
    };
    let steady = steady(100, &closed_loop(100, hung));

    assert!((steady.from_s, steady.to_s) == (20.0, 30.0));
    // 99 users send ten requests per second each for the whole time, one user for half of it.
    assert_near(steady.total.throughput_per_s.unwrap(), 995.0, 0.003);
    assert_near(steady.requests[0].throughput_per_s.unwrap(), 995.0, 0.003);
}

#[test]
fn a_hold_that_ends_with_waiting_users_has_its_planned_length() {
    let stalled = |_, start| if start > 25_000 { 30_000 } else { 100 };
    let steady = steady(100, &closed_loop(100, stalled));

    assert_eq!(steady.to_s, 30.0);
    assert_near(steady.total.throughput_per_s.unwrap(), 500.0, 0.03);
}

#[test]
fn a_killed_run_is_measured_until_its_last_response() {
    let mut samples = closed_loop(100, |_, _| 100);
    samples
        .retain(|sample| sample.started_at + 100_000_000 <= crate::support::START + 25_000_000_000);
    let steady = steady(100, &samples);

    assert_eq!(steady.to_s, 25.0);
    assert_near(steady.total.throughput_per_s.unwrap(), 1_000.0, 0.003);
}

/// Twenty requests of 10 ms by a user with a think time of 90 ms, in a run of 4 s that ended in this way after this
/// number of seconds. The last response comes after 1.91 s.
fn twenty_requests(outcome: Outcome, ended_s: Option<i64>) -> RunAnalysis {
    let mut manifest = manifest("tiny", "20261118T110640Z-4f2a");
    manifest.outcome = outcome;
    manifest.ended_at = ended_s.map(|seconds| crate::support::START + seconds * 1_000_000_000);
    let experiment = EXPERIMENT.replace("mean of \"browse\" < 26ms", "throughput > 6/s");
    let samples: Vec<Sample> = (0..20).map(|number| browse(number * 100, 10)).collect();
    let results = tempfile::tempdir().unwrap();
    let run = write_parts(results.path(), &manifest, &experiment, samples.chunks(7));
    analyze_run(&run).unwrap()
}

#[test]
fn a_completed_run_is_measured_by_its_schedule() {
    // Waiting for the last response after the end does not change it.
    for ended_s in [Some(4), Some(42), None] {
        let run = twenty_requests(Outcome::Completed, ended_s);
        assert_eq!(run.total.throughput_per_s, 20.0 / 4.0);
        assert_eq!(run.requests[0].throughput_per_s, 20.0 / 4.0);
        assert_eq!(run.requests[0].received_kib_per_s, 20.0 / 4.0);
        assert_eq!(run.thresholds[0].measured, "5.0 /s");
        assert_eq!(run.thresholds[0].status(), ThresholdStatus::Missed);
        assert_eq!(run.steady.unwrap().to_s, 4.0);
    }
}

#[test]
fn a_run_that_ended_early_is_measured_until_it_ended() {
    for outcome in [Outcome::Interrupted, Outcome::Failed("it died".to_owned())] {
        let run = twenty_requests(outcome, Some(3));
        assert_eq!(run.total.throughput_per_s, 20.0 / 3.0);
        assert_eq!(run.thresholds[0].status(), ThresholdStatus::Passed);
        assert_eq!(run.steady.unwrap().to_s, 3.0);
    }
    // For a killed run, only the last response is known.
    let run = twenty_requests(Outcome::Running, None);
    assert_eq!(run.total.throughput_per_s, 20.0 / 1.91);
}

#[test]
fn a_window_in_which_no_request_could_end_has_no_throughput() {
    // The load is held for a millisecond, and every response takes ten.
    let experiment = EXPERIMENT.replace("startup: 2s, hold: 2s", "startup: 0s, hold: 1ms");
    let samples: Vec<Sample> = (0..4).map(|_| browse(0, 10)).collect();
    let results = tempfile::tempdir().unwrap();
    let manifest = crate::support::completed();
    let run = write_parts(results.path(), &manifest, &experiment, samples.chunks(2));
    let steady = analyze_run(&run).unwrap().steady.unwrap();
    assert!(steady.to_s - steady.from_s < 0.0011);
    for row in [&steady.total, &steady.requests[0]] {
        assert_eq!(
            serde_json::to_value(row).unwrap()["throughput_per_s"],
            serde_json::Value::Null
        );
    }
}
