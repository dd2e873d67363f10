//! The steady part of a run: its limits, its statistics, and whether it is steady. Long, because there is one test for
//! each kind of run.

use crate::support::{EXPERIMENT, START, browse, completed, manifest, order, write_parts};
use workbench_analysis::{RunAnalysis, Scope, SteadyState, SteadyStatistics, analyze, analyze_run};
use workbench_samples::{Check, CheckStatus, ErrorKind, Manifest, Phase, Sample, SeriesPlace};

const MS: f64 = 1e6;

fn analysed(manifest: &Manifest, experiment: &str, samples: &[Sample]) -> RunAnalysis {
    let results = tempfile::tempdir().unwrap();
    let parts = samples.chunks(100);
    analyze_run(&write_parts(results.path(), manifest, experiment, parts)).unwrap()
}

fn steady(samples: &[Sample]) -> SteadyState {
    analysed(&completed(), EXPERIMENT, samples).steady.unwrap()
}

fn check<'a>(run: &'a RunAnalysis, name: &str) -> Option<&'a Check> {
    let checks = &run.validity.as_ref().unwrap().checks;
    checks.iter().find(|check| check.name == name)
}

/// A pseudo-random number.
fn noise(i: i64) -> u64 {
    let mixed = (i as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 32
}

/// This number of requests, one every 10 ms. Each takes the given milliseconds and up to 9 ms more.
fn noisy(count: i64, level: impl Fn(i64) -> u64) -> Vec<Sample> {
    (0..count)
        .map(|i| browse(10 * i, level(i) + noise(i) % 10))
        .collect()
}

#[test]
fn only_what_started_in_the_hold_is_steady() {
    let mut samples = vec![
        browse(0, 1_000),
        browse(1_000, 10),
        browse(1_100, 20),
        order(1_200, 60, Some(503), Some(ErrorKind::Status)),
        browse(4_500, 500),
    ];
    samples[0].phase = Phase::RampUp;
    samples[4].phase = Phase::RampDown;

    let steady = steady(&samples);

    assert_eq!(steady.scope, Scope::Hold);
    // From the start of the first request to the end of the hold.
    assert_eq!((steady.from_s, steady.to_s), (1.0, 4.0));
    assert_eq!((steady.total.samples, steady.total.errors), (3, 1));
    assert_eq!(steady.total.mean_ns.value, Some(30.0 * MS));
    assert_eq!(steady.total.throughput_per_s, Some(3.0 / 3.0));
    let labels: Vec<&str> = steady.requests.iter().map(|row| &*row.request).collect();
    assert_eq!(labels, ["order", "browse"]);
    // The share is of the time of all labels.
    assert_eq!(steady.requests[1].throughput_per_s, Some(2.0 / 3.0));
    let success = steady.total.success.unwrap();
    assert_eq!((success.samples, success.mean_ns), (2, 15.0 * MS));
    let failure = steady.total.failure.unwrap();
    assert_eq!((failure.samples, failure.mean_ns), (1, 60.0 * MS));
}

#[test]
fn requests_of_on_start_and_on_stop_are_never_steady() {
    let during_hold = |experiment: &str| {
        let mut samples = vec![
            order(900, 200, Some(201), None),
            order(1_500, 300, Some(201), None),
            browse(1_000, 10),
            browse(2_000, 30),
            order(2_500, 300, Some(201), None),
        ];
        samples[0].phase = Phase::RampUp;
        samples[1].phase = Phase::OnStart;
        samples[4].phase = Phase::OnStop;
        analysed(&completed(), experiment, &samples).steady.unwrap()
    };

    let steady = during_hold(EXPERIMENT);
    assert_eq!(
        (steady.total.samples, steady.total.mean_ns.value),
        (2, Some(20.0 * MS))
    );
    // Requests that began in the ramp-up and ended in the hold count. Requests of `on_start` and `on_stop` do not.
    assert_eq!(steady.total.throughput_per_s, Some(3.0 / 3.0));
    let held = EXPERIMENT.replace("hold: 2s", "hold: 0s");
    let whole = during_hold(&held);
    assert_eq!(whole.scope, Scope::WholeRun);
    assert_eq!(whole.total.samples, 3);
}

#[test]
fn the_steady_part_of_an_experiment_without_a_hold_is_all_after_its_warm_up() {
    let ramp = EXPERIMENT.replace("hold: 2s, shutdown: 0s", "hold: 0s, shutdown: 9s");
    let mut samples = noisy(300, |_| 20);
    for sample in &mut samples[..50] {
        sample.phase = Phase::WarmUp;
    }
    samples[60].phase = Phase::RampUp;
    samples[290].phase = Phase::RampDown;

    let run = analysed(&completed(), &ramp, &samples);

    let steady = run.steady.as_ref().unwrap();
    assert_eq!(steady.scope, Scope::WholeRun);
    assert_eq!((steady.total.samples, steady.from_s), (250, 0.5));
    assert_eq!(steady.warm_up.status, CheckStatus::Passed);
    assert_eq!(
        steady.warm_up.finding,
        "not checked: the experiment never holds its load"
    );
    assert_eq!(check(&run, "steady state"), None);
    assert!(run.validity.unwrap().valid);
}

#[test]
fn a_trend_over_a_run_without_a_hold_does_not_invalidate_it() {
    let ramp = EXPERIMENT.replace("hold: 2s, shutdown: 0s", "hold: 0s, shutdown: 9s");

    let run = analysed(&completed(), &ramp, &noisy(400, |i| 10 * i as u64));

    assert!(run.validity.as_ref().unwrap().valid);
    assert!(run.validity.unwrap().checks.is_empty());
    let mean = run.steady.unwrap().total.mean_ns;
    assert_eq!(mean.interval, None);
    assert!(mean.note.unwrap().contains("there is a trend"));
}

#[test]
fn a_run_without_a_request_in_its_hold_has_no_steady_part() {
    let mut samples = noisy(300, |_| 20);
    for sample in &mut samples {
        sample.phase = Phase::RampUp;
    }

    let killed = manifest("tiny", "20261118T110640Z-4f2a");

    assert_eq!(analysed(&killed, EXPERIMENT, &samples).steady, None);
}

#[test]
fn a_killed_run_has_a_steady_part_up_to_its_end() {
    let killed = manifest("tiny", "20261118T110640Z-4f2a");

    let run = analysed(&killed, EXPERIMENT, &noisy(1_000, |_| 20));

    assert_eq!(run.validity, None);
    let steady = run.steady.unwrap();
    assert_eq!(steady.total.samples, 1_000);
    assert_eq!(steady.warm_up.status, CheckStatus::Passed);
    assert!(steady.total.mean_ns.interval.is_some());
}

#[test]
fn steady_requests_have_every_interval_and_the_check_passes() {
    let run = analysed(&completed(), EXPERIMENT, &noisy(2_000, |_| 20));

    let steady = run.steady.as_ref().unwrap();
    let total = &steady.total;
    let mean = total.mean_ns.interval.unwrap();
    assert!(mean.lower < 24.5 * MS && 24.5 * MS < mean.upper.unwrap());
    assert_eq!(mean.confidence, 0.95);
    assert!(total.autocorrelation_factor.unwrap() < 2.0);
    assert!(total.effective_samples.unwrap() > 1_000.0);
    for (quantile, value) in [
        (&total.p50_ns, 24.0),
        (&total.p95_ns, 29.0),
        (&total.p99_ns, 29.0),
    ] {
        let interval = quantile.interval.unwrap();
        assert!(interval.confidence >= 0.95);
        assert!((quantile.value.unwrap() - value * MS).abs() <= 1.0 * MS);
        assert!(interval.lower <= quantile.value.unwrap());
        assert!(quantile.value.unwrap() <= interval.upper.unwrap());
    }
    assert_eq!(steady.warm_up.status, CheckStatus::Passed);
    let checked = check(&run, "steady state").unwrap();
    assert_eq!(
        (checked.status, &checked.finding),
        (CheckStatus::Passed, &steady.warm_up.finding)
    );
    assert_eq!(check(&run, "dependence of requests"), None);
}

#[test]
fn a_slow_beginning_is_a_warning_with_the_needed_warm_up() {
    // 3 of 20 s, which begin 1.02 s after the schedule.
    let mut slow_start = noisy(2_000, |i| if i < 300 { 200 } else { 20 });
    for sample in &mut slow_start {
        sample.started_at += 1_020_000_000;
    }

    let run = analysed(&completed(), EXPERIMENT, &slow_start);

    let steady = run.steady.as_ref().unwrap();
    assert_eq!(steady.warm_up.discard_s, Some(3.0));
    assert_eq!(steady.warm_up.status, CheckStatus::Warning);
    assert_eq!(
        steady.warm_up.finding,
        "MSER-5 would leave out the first 3.0 of 20.0 s: declare a warm_up of 4.1s"
    );
    assert_eq!(
        check(&run, "steady state").unwrap().status,
        CheckStatus::Warning
    );
    assert!(run.validity.unwrap().valid);
}

/// The same with an interval without responses, in milliseconds.
fn frozen(mut samples: Vec<Sample>, during_ms: std::ops::Range<i64>) -> Vec<Sample> {
    for sample in &mut samples {
        let started_ms = (sample.started_at - START) / 1_000_000;
        if during_ms.contains(&(started_ms + (sample.elapsed_ns / 1_000_000) as i64)) {
            sample.elapsed_ns = (during_ms.end + 1 - started_ms) as u64 * 1_000_000;
        }
    }
    samples
}

#[test]
fn a_stall_within_a_warm_up_does_not_excuse_it() {
    // 25 of 60 s: with a stall at 3.4 s that is too short to be reported, and with a longer one that is a warning.
    let slow_start = || noisy(6_000, |i| if i < 2_500 { 40 } else { 20 });
    for (during_ms, status, advice) in [
        (
            3_400..3_600,
            CheckStatus::Passed,
            "declare a warm_up of 25.0s",
        ),
        (
            3_400..4_300,
            CheckStatus::Warning,
            "declare a warm_up of 25.0s, which hides the stall at 3.4 s: find its cause first",
        ),
    ] {
        let run = analysed(&completed(), EXPERIMENT, &frozen(slow_start(), during_ms));
        let stalls = &run.steady.as_ref().unwrap().stalls;
        assert_eq!((stalls.status, stalls.longest_s.is_some()), (status, true));
        let checked = check(&run, "steady state").unwrap();
        assert_eq!(checked.status, CheckStatus::Warning);
        assert!(checked.finding.ends_with(advice), "{}", checked.finding);
    }
}

#[test]
fn a_stall_far_from_the_middle_does_not_excuse_a_warm_up_of_half_of_the_requests() {
    // 28 of 60 s, in which slightly more than half of the requests start.
    let samples = || -> Vec<Sample> {
        let slow = (0..2_000).map(|i| browse(14 * i, 40 + noise(i) % 10));
        let rest = (0..1_882).map(|i| browse(28_000 + 17 * i, 20 + noise(i) % 10));
        slow.chain(rest).collect()
    };

    let run = analysed(&completed(), EXPERIMENT, &frozen(samples(), 3_400..4_300));

    assert_eq!(check(&run, "stalls").unwrap().status, CheckStatus::Warning);
    assert!(!run.validity.as_ref().unwrap().valid);
    let checked = check(&run, "steady state").unwrap();
    assert_eq!(checked.status, CheckStatus::Failed);
    assert_eq!(
        checked.finding,
        "no steady state within 60.0 s: MSER-5 would leave out half of the requests or more"
    );
}

#[test]
fn a_permanent_doubling_of_response_times_late_in_the_hold_is_no_steady_state() {
    // In 20 s: the same number of requests in each second, or half as many once they take twice as long.
    let slower = noisy(2_000, |i| if i < 1_200 { 10 } else { 25 });
    let closed_loop: Vec<Sample> = (0..1_600)
        .map(|i| {
            let (start, level) = if i < 1_200 {
                (10 * i, 10)
            } else {
                (12_000 + 20 * (i - 1_200), 20)
            };
            browse(start, level + noise(i) % 5)
        })
        .collect();
    for samples in [slower, closed_loop] {
        let run = analysed(&completed(), EXPERIMENT, &samples);

        assert!(!run.validity.as_ref().unwrap().valid);
        let checked = check(&run, "steady state").unwrap();
        assert_eq!(checked.status, CheckStatus::Failed);
        assert!(
            checked
                .finding
                .starts_with("no steady state within 20.0 s: the mean elapsed time was ")
                && checked.finding.contains(" ms until 12.0 s, and "),
            "{}",
            checked.finding
        );
    }
}

#[test]
fn a_late_change_does_not_invalidate_a_run_of_a_simultaneous_pair() {
    let slower = noisy(2_000, |i| if i < 1_200 { 10 } else { 25 });
    let of_series = |together| {
        let mut manifest = completed();
        manifest.series = Some(SeriesPlace {
            series_id: "20261118T110600Z-4f2a".into(),
            experiment: "tiny".into(),
            point: None,
            block: 1,
            position: 1,
            together,
        });
        let run = analysed(&manifest, EXPERIMENT, &slower);
        let checked = check(&run, "steady state").unwrap().clone();
        (run.validity.unwrap().valid, checked)
    };

    let (valid, checked) = of_series(true);
    assert!(valid);
    assert_eq!(checked.status, CheckStatus::Warning);
    assert!(
        checked.finding.starts_with("no steady state within 20.0 s")
            && checked
                .finding
                .ends_with("the run counts in its pair, whose other run was made at the same time"),
        "{}",
        checked.finding
    );
    let (valid, checked) = of_series(false);
    assert!(!valid);
    assert_eq!(checked.status, CheckStatus::Failed);
}

#[test]
fn a_change_of_one_label_among_several_is_no_steady_state() {
    let mut samples = Vec::new();
    for i in 0..3_000 {
        samples.push(browse(10 * i, 20 + noise(i) % 9));
        let level = if i < 2_100 { 40 } else { 80 };
        samples.push(order(10 * i + 5, level + noise(i + 7) % 9, Some(200), None));
    }

    let run = analysed(&completed(), EXPERIMENT, &samples);

    let checked = check(&run, "steady state").unwrap();
    assert_eq!(checked.status, CheckStatus::Failed);
    // The border of two blocks, of 0.4 s each.
    assert!(
        checked.finding.contains("until 20.8 s"),
        "{}",
        checked.finding
    );
}

#[test]
fn disturbances_that_pass_or_recur_leave_a_run_valid() {
    let disturbances: [fn(i64) -> u64; 5] = [
        // A pause of 80 ms every 2 s, as by a garbage collector.
        |i| if i % 200 < 8 { 100 } else { 20 },
        // A checkpoint of half a second every 4 s.
        |i| if i % 400 < 50 { 60 } else { 20 },
        // One slow second, in the first half or in the second.
        |i| if (700..800).contains(&i) { 60 } else { 20 },
        |i| if (1_300..1_400).contains(&i) { 60 } else { 20 },
        // A few very slow requests.
        |i| if noise(i) % 500 == 1 { 3_000 } else { 20 },
    ];
    for (number, level) in disturbances.into_iter().enumerate() {
        let run = analysed(&completed(), EXPERIMENT, &noisy(2_000, level));
        let checked = check(&run, "steady state").unwrap();
        assert_ne!(
            checked.status,
            CheckStatus::Failed,
            "{number}: {}",
            checked.finding
        );
    }
}

#[test]
fn late_changes_are_not_searched_in_fewer_than_250_requests() {
    // Over the 4 s of the run.
    let slower = |count: i64| {
        let level = |i| if 10 * i < 6 * count { 10 } else { 25 };
        let samples = (0..count).map(|i| browse(4_000 * i / count, level(i) + noise(i) % 10));
        analysed(&completed(), EXPERIMENT, &samples.collect::<Vec<_>>())
    };

    let few = slower(249);
    assert!(few.validity.as_ref().unwrap().valid);
    let checked = check(&few, "steady state").unwrap();
    assert_eq!(
        checked.finding,
        "MSER-5 would leave out 0.0 of 4.0 s; too few requests to search for a late change"
    );
    assert!(!slower(250).validity.unwrap().valid);
}

#[test]
fn the_reason_for_a_missing_late_change_search_is_reported() {
    // Requests in 30 of 50 parts of a minute, some with an elapsed time of 0.
    let bursts: Vec<Sample> = (0..30)
        .flat_map(|burst| (0..20).map(move |i| browse(2_000 * burst + i, 20 + noise(i) % 9)))
        .chain([browse(60_000, 20)])
        .collect();
    let mut no_time = noisy(2_000, |_| 20);
    for sample in &mut no_time[1_000..1_100] {
        sample.elapsed_ns = 0;
    }
    for (samples, reason) in [
        (
            bursts,
            "; requests started in 31 of 60 equal parts of the time only, and a search for a late change needs 50",
        ),
        (
            no_time,
            "; in one of 75 equal parts of the time every request took 0 ns, so that no late change can be looked for",
        ),
    ] {
        let run = analysed(&completed(), EXPERIMENT, &samples);
        let finding = &check(&run, "steady state").unwrap().finding;
        assert!(finding.starts_with("MSER-5 would leave out "), "{finding}");
        assert!(finding.ends_with(reason), "{finding}");
    }
}

#[test]
fn a_run_that_is_slower_from_request_to_request_is_invalid() {
    let results = tempfile::tempdir().unwrap();
    let samples = noisy(1_000, |i| 10 * i as u64);
    let run = write_parts(results.path(), &completed(), EXPERIMENT, [&samples[..]]);

    let analysis = analyze(&[run]).unwrap();

    let run = &analysis.runs[0];
    assert!(!run.validity.as_ref().unwrap().valid);
    let checked = check(run, "steady state").unwrap();
    assert_eq!(checked.status, CheckStatus::Failed);
    assert_eq!(run.steady.as_ref().unwrap().warm_up.discard_s, None);
    let dependence = check(run, "dependence of requests").unwrap();
    assert_eq!(dependence.status, CheckStatus::Warning);
    assert!(
        analysis.warnings.iter().any(|warning| warning.starts_with(
            "tiny/20261118T110640Z-4f2a is invalid (steady state: no steady state within 10.0 s"
        )),
        "{:?}",
        analysis.warnings
    );
}

#[test]
fn statistics_that_few_requests_do_not_support_are_left_out() {
    let run = analysed(&completed(), EXPERIMENT, &noisy(80, |_| 20));

    let steady = run.steady.as_ref().unwrap();
    assert_eq!(steady.warm_up.status, CheckStatus::Passed);
    assert_eq!(
        steady.warm_up.finding,
        "not checked: 80 requests are fewer than the 100 that MSER-5 needs"
    );
    let total = &steady.total;
    assert_eq!(total.effective_samples, None);
    assert!(total.mean_ns.value.is_some() && total.mean_ns.interval.is_none());
    assert!(total.p95_ns.value.is_some() && total.p95_ns.interval.is_none());
    assert_eq!(total.p99_ns.value, None);
    assert_eq!(
        total.p99_ns.note.as_deref(),
        Some("needs 299 independent requests; at most 80 here")
    );
    assert!(total.error_rate.interval.is_some());
}

#[test]
fn ten_successes_among_thousands_of_failures_have_no_p99() {
    let mut samples = noisy(2_000, |_| 20);
    for (i, sample) in samples.iter_mut().enumerate() {
        if i % 200 != 0 {
            sample.error = Some(ErrorKind::Status);
        }
    }

    let total = steady(&samples).total;

    assert!(total.p99_ns.value.is_some());
    let success = total.success.unwrap();
    assert_eq!(success.samples, 10);
    assert!(success.p50_ns.is_some());
    assert_eq!((success.p95_ns, success.p99_ns), (None, None));
    let failure = total.failure.unwrap();
    assert!(failure.p50_ns.is_some() && failure.p95_ns.is_some());
    assert!(failure.p99_ns.is_some());
}

#[test]
fn failures_in_bursts_leave_the_error_rate_a_wider_interval_and_an_outage_none() {
    const ONE_IN_20: u64 = (1 << 32) / 20;
    let failing = |fails: fn(i64) -> bool| {
        let mut samples = noisy(4_000, |_| 20);
        for (i, sample) in (0..).zip(&mut samples) {
            // In a ramp, which cuts the hold in two: it does not count.
            if (2_000..2_100).contains(&i) {
                sample.phase = Phase::RampUp;
            } else if fails(i) {
                sample.error = Some(ErrorKind::Status);
            }
        }
        steady(&samples).total
    };
    let width = |total: &SteadyStatistics| {
        let interval = total.error_rate.interval.unwrap();
        interval.upper.unwrap() - interval.lower
    };
    let scattered = failing(|i| noise(i) < ONE_IN_20);
    let bursts = failing(|i| noise(i / 10) < ONE_IN_20);

    assert!((scattered.error_rate.value.unwrap() - 0.05).abs() < 0.01);
    assert!((bursts.error_rate.value.unwrap() - 0.05).abs() < 0.02);
    assert!(
        width(&bursts) > 2.0 * width(&scattered),
        "{bursts:?} {scattered:?}"
    );

    let outage = failing(|i| i < 1_000);
    assert!(outage.error_rate.value.is_some());
    assert_eq!(outage.error_rate.interval, None);
    assert_eq!(
        outage.error_rate.note.as_deref(),
        Some("no interval: failed requests come together, over much of the steady part")
    );
}

#[test]
fn successes_depend_on_each_other_as_all_requests_do() {
    let mut bursts = noisy(2_000, |i| 10 * (noise(i / 10) % 200));
    for sample in &mut bursts[..200] {
        sample.error = Some(ErrorKind::Status);
    }

    let success = steady(&bursts).total.success.unwrap();

    // 1,800 requests with an effective sample size of a tenth.
    assert_eq!((success.samples, success.p99_ns), (1_800, None));
    assert!(success.p50_ns.is_some());
}

#[test]
fn dependent_requests_support_fewer_quantiles_than_their_number() {
    // 2,000 requests in groups of ten with nearly the same time.
    let bursts = noisy(2_000, |i| 10 * (noise(i / 10) % 200));

    let total = steady(&bursts).total;

    assert!(total.effective_samples.unwrap() < 400.0);
    assert!(total.autocorrelation_factor.unwrap() > 5.0);
    assert!(total.p50_ns.interval.is_some());
    assert_eq!(total.p99_ns.value, None);
    let note = total.p99_ns.note.unwrap();
    assert!(note.starts_with("needs 299 independent requests; "));
    assert!(!note.contains("at most"));
}

#[test]
fn times_that_do_not_vary_have_values_and_no_intervals() {
    let samples: Vec<Sample> = (0..400).map(|i| browse(10 * i, 20)).collect();

    let total = steady(&samples).total;

    for estimate in [&total.mean_ns, &total.p50_ns, &total.p99_ns] {
        assert_eq!(estimate.value, Some(20.0 * MS));
        assert_eq!(
            estimate.note.as_deref(),
            Some("no interval: the times do not vary")
        );
    }
}
