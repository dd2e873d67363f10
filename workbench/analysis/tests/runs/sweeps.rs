//! Runs at the points of a sweep.

use std::path::{Path, PathBuf};

use crate::support::{EXPERIMENT, browse, manifest, write_run};
use workbench_analysis::{LargestLoad, Peak, SweepAnalysis, analyze};
use workbench_samples::{SeriesPlace, SweepPoint, Validity};

/// A run at one point: `users` requests every `cycle_ms`, which determines the throughput and all response times.
struct Run {
    users: u32,
    block: u32,
    elapsed_ms: u64,
    valid: bool,
}

fn run(users: u32, block: u32, elapsed_ms: u64) -> Run {
    Run {
        users,
        block,
        elapsed_ms,
        valid: true,
    }
}

/// Ten seconds in the closed model without think time.
fn write(results: &Path, series: &str, run: &Run) -> PathBuf {
    let run_id = format!("20261118T110640Z-{:02}{:02}", run.users, run.block);
    let mut manifest = manifest("tiny", &run_id);
    manifest.series = Some(SeriesPlace {
        series_id: series.into(),
        experiment: format!("tiny@users={}", run.users),
        point: Some(SweepPoint {
            parameter: "users".into(),
            value: run.users,
        }),
        block: run.block,
        position: run.block,
        together: false,
    });
    manifest.validity = Some(Validity {
        valid: run.valid,
        checks: Vec::new(),
    });
    let rounds = 10_000 / run.elapsed_ms;
    let samples: Vec<_> = (0..rounds)
        .flat_map(|round| (0..run.users).map(move |_| round))
        .map(|round| {
            let start = i64::try_from(round * run.elapsed_ms).unwrap();
            browse(start, run.elapsed_ms)
        })
        .collect();
    write_run(results, &manifest, &samples)
}

fn sweeps(runs: &[Run]) -> Vec<SweepAnalysis> {
    let thresholds = EXPERIMENT.split("thresholds:\n").nth(1).unwrap();
    sweeps_of(runs, thresholds)
}

/// The same with other thresholds.
fn sweeps_of(runs: &[Run], thresholds: &str) -> Vec<SweepAnalysis> {
    let results = tempfile::tempdir().unwrap();
    let folders: Vec<_> = runs
        .iter()
        .map(|run| {
            let folder = write(results.path(), "20261118T110000Z-aaaa", run);
            let (above, _) = EXPERIMENT.split_once("thresholds:\n").unwrap();
            let text = format!("{above}thresholds:\n{thresholds}");
            std::fs::write(folder.join("experiment.yaml"), text).unwrap();
            folder
        })
        .collect();
    analyze(&folders).unwrap().sweeps
}

/// 1 to 8 users with increasing response times. From 4 users on, "mean of browse < 26 ms" is missed.
fn swept() -> Vec<Run> {
    [(8, 50), (1, 10), (4, 29), (2, 16)]
        .into_iter()
        .flat_map(|(users, elapsed)| [run(users, 1, elapsed), run(users, 2, elapsed + 1)])
        .collect()
}

#[test]
fn points_ascend_and_hold_their_runs() {
    let found = sweeps(&swept());

    let [sweep] = &found[..] else {
        panic!("one sweep")
    };
    assert_eq!((&*sweep.experiment, &*sweep.parameter), ("tiny", "users"));
    let values: Vec<_> = sweep
        .points
        .iter()
        .map(|point| (point.value, point.runs.len()))
        .collect();
    assert_eq!(values, [(1, 2), (2, 2), (4, 2), (8, 2)]);
    let first = &sweep.points[0];
    assert!((first.mean_ns.value.unwrap() / 1e6 - 110_f64.sqrt()).abs() < 1e-6);
    let interval = first.throughput_per_s.interval.unwrap();
    assert!(interval.lower < 95.0 && interval.upper.unwrap() > 95.0);
    assert_eq!(first.error_rate.value, Some(0.0));
}

#[test]
fn the_largest_load_meets_the_thresholds_as_do_all_smaller_ones() {
    let sweep = sweeps(&swept()).remove(0);

    // The tiny experiment has a threshold on a label without samples. No run meets it.
    assert_eq!(sweep.largest_load, LargestLoad::None);
    let missed = |value: u32| {
        let point = sweep.points.iter().find(|point| point.value == value);
        let missed = &point.unwrap().missed;
        missed
            .iter()
            .map(|(text, runs)| (text.as_str(), *runs))
            .collect::<Vec<_>>()
    };
    let nothing = ("p50 of \"pay\" < 1s", 2);
    assert_eq!(missed(2), [nothing]);
    assert_eq!(missed(4), [("mean of \"browse\" < 26ms", 2), nothing]);
}

#[test]
fn the_law_is_fitted_to_one_throughput_per_valid_run() {
    let mut runs = swept();
    runs[0].valid = false;
    let sweep = sweeps(&runs).remove(0);

    let fit = sweep.fit.unwrap();
    assert_eq!(sweep.no_fit, None);
    assert_eq!(fit.runs.len(), 7);
    assert!(fit.gamma.estimate > 80.0 && fit.gamma.estimate < 110.0);
    assert!(
        fit.warnings
            .iter()
            .any(|warning| warning.starts_with("1 of 8 runs is invalid, and left out"))
    );
    for fitted in &fit.runs {
        let curve = fit.throughput_per_s(fitted.load);
        assert!((curve - fitted.fitted_per_s).abs() < 1e-9 * curve);
    }
    assert!(!matches!(fit.peak, Peak::FallsFromTheStart));
}

#[test]
fn a_load_with_an_invalid_run_does_not_meet_the_thresholds() {
    let mut runs = swept();
    let meets = |runs: &[Run]| -> Vec<bool> {
        let sweep = sweeps_of(runs, "  - p95 < 400ms\n").remove(0);
        let points = sweep.points.iter();
        points.map(|point| point.meets_thresholds).collect()
    };
    assert_eq!(meets(&runs), [true; 4]);
    runs[0].valid = false;
    assert_eq!(meets(&runs), [true, true, true, false]);
}

#[test]
fn a_quantile_that_a_steady_part_does_not_support_is_not_that_of_the_whole_run() {
    // 10,000 / 50 = 200 requests of a single user are too few for p99, 1,000 are not.
    let runs = [run(1, 1, 10), run(2, 1, 10), run(1, 2, 50), run(2, 2, 50)];
    let sweep = sweeps(&runs).remove(0);

    let slow = &sweep.points[0].runs[1];
    assert!(slow.p95_ns.is_some());
    assert_eq!(slow.p99_ns, None);
    let p99 = &sweep.points[0].p99_ns;
    assert_eq!(p99.value, None);
    assert_eq!(p99.note.as_deref(), Some("too few requests in 1 of 2 runs"));
}

#[test]
fn two_loads_are_too_few_for_a_curve_and_one_is_no_sweep() {
    let two = sweeps(&[run(1, 1, 10), run(1, 2, 10), run(2, 1, 12), run(2, 2, 12)]).remove(0);
    assert_eq!(two.fit, None);
    assert_eq!(
        two.no_fit.unwrap(),
        "the scalability law cannot be fitted: needs measurements at 3 different loads at least, got 2"
    );
    assert!(sweeps(&[run(1, 1, 10), run(1, 2, 10)]).is_empty());
}

#[test]
fn two_series_of_one_experiment_are_two_sweeps() {
    let results = tempfile::tempdir().unwrap();
    let mut folders = Vec::new();
    for (series, block) in [("20261118T110000Z-aaaa", 1), ("20261119T110000Z-bbbb", 2)] {
        for users in [1, 2] {
            folders.push(write(results.path(), series, &run(users, block, 10)));
        }
    }
    let names: Vec<_> = analyze(&folders)
        .unwrap()
        .sweeps
        .into_iter()
        .map(|sweep| sweep.experiment)
        .collect();
    assert_eq!(
        names,
        [
            "tiny of series 20261118T110000Z-aaaa",
            "tiny of series 20261119T110000Z-bbbb"
        ]
    );
}

#[test]
fn the_reports_procedure_takes_one_run_of_each_point() {
    let results = tempfile::tempdir().unwrap();
    let folders: Vec<_> = swept()
        .iter()
        .map(|run| write(results.path(), "20261118T110000Z-aaaa", run))
        .collect();

    let comparison = analyze(&folders).unwrap().comparison.unwrap();

    assert_eq!(comparison.distributions.len(), 4);
    assert!(
        comparison
            .selection
            .unwrap()
            .contains("4 further runs are repetitions")
    );
}
