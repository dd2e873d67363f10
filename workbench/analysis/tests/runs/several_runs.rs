//! Comparisons of runs as in the student report.

use std::path::PathBuf;

use crate::support::{browse, manifest, write_run};
use tempfile::TempDir;
use workbench_analysis::{Analysis, AnalysisError, analyze};
use workbench_samples::Sample;
use workbench_statistics::resampled_means;

/// 500 requests, one every 10 ms, that take between `fastest` and `fastest` + 99 ms.
fn samples(fastest: u64) -> Vec<Sample> {
    (0..500)
        .map(|i| browse(10 * i, fastest + u64::try_from(i).unwrap() * 37 % 100))
        .collect()
}

fn runs(times: &[(&str, &str, Vec<Sample>)]) -> (TempDir, Vec<PathBuf>) {
    let results = tempfile::tempdir().unwrap();
    let runs = times
        .iter()
        .map(|(experiment, run_id, samples)| {
            write_run(results.path(), &manifest(experiment, run_id), samples)
        })
        .collect();
    (results, runs)
}

fn three_scenarios() -> Analysis {
    let (_results, runs) = runs(&[
        ("scenario1", "20261118T110640Z-0001", samples(10)),
        ("scenario2", "20261118T110640Z-0002", samples(10)),
        ("scenario3", "20261118T110640Z-0003", samples(200)),
    ]);
    analyze(&runs).unwrap()
}

#[test]
fn a_single_run_is_compared_with_nothing() {
    let (_results, runs) = runs(&[("smoke", "20261118T110640Z-0001", samples(10))]);

    assert_eq!(analyze(&runs).unwrap().comparison, None);
}

#[test]
fn each_run_has_a_distribution_of_drawn_means_with_its_four_spreads() {
    let comparison = three_scenarios().comparison.unwrap();

    assert_eq!((comparison.resamples, comparison.sample_size), (1000, 50));
    for (distribution, mean) in comparison.distributions.iter().zip([59.5, 59.5, 249.5]) {
        assert_eq!(distribution.raw_samples, 500);
        assert_eq!(distribution.means_ns.len(), 1000);
        assert!((distribution.raw_mean_ns - mean * 1e6).abs() < 1.0);
        // Every whole number of milliseconds from 0 to 99, five times.
        let deviation = (9999.0_f64 / 12.0 * 500.0 / 499.0).sqrt() * 1e6;
        let raw = distribution.raw_standard_deviation_ns;
        assert!((raw - deviation).abs() < 1.0, "{raw}");
        let raw_error = distribution.raw_standard_error_ns;
        assert!((raw_error - deviation / 500.0_f64.sqrt()).abs() < 1.0);
        let drawn = distribution.standard_deviation_of_means_ns;
        assert!((drawn / (deviation / 50.0_f64.sqrt()) - 1.0).abs() < 0.1);
        let grand = distribution.standard_error_of_grand_mean_ns;
        assert!((grand - drawn / 1000.0_f64.sqrt()).abs() < 1e-6 * drawn);
        let off = distribution.mean_of_means_ns - distribution.raw_mean_ns;
        assert!(off.abs() < 4.0 * grand);
    }
}

#[test]
fn equal_runs_are_drawn_independently_of_each_other() {
    let comparison = three_scenarios().comparison.unwrap();

    let [one, two, _] = &comparison.distributions[..] else {
        panic!("three runs have three distributions");
    };
    assert_ne!(one.means_ns, two.means_ns);
}

#[test]
fn means_are_drawn_from_all_times_in_the_order_in_which_the_requests_started() {
    let in_order: Vec<f64> = samples(10).iter().map(|it| it.elapsed_ns as f64).collect();
    let mut backwards = samples(10);
    backwards.reverse();
    let (_results, runs) = runs(&[
        ("scenario1", "20261118T110640Z-0001", backwards),
        ("scenario2", "20261118T110640Z-0002", samples(10)),
    ]);

    let comparison = analyze(&runs).unwrap().comparison.unwrap();

    for (stream, distribution) in (0..).zip(&comparison.distributions) {
        let drawn = resampled_means(&in_order, 50, 1000, comparison.seed, stream).unwrap();
        assert_eq!(distribution.means_ns, drawn);
    }
}

#[test]
fn every_pair_is_tested_once() {
    let comparison = three_scenarios().comparison.unwrap();

    let pairs: Vec<_> = comparison
        .tests
        .iter()
        .map(|test| (test.a.as_str(), test.b.as_str()))
        .collect();
    assert_eq!(
        pairs,
        [
            ("scenario1", "scenario2"),
            ("scenario1", "scenario3"),
            ("scenario2", "scenario3")
        ]
    );
    let slower = &comparison.tests[1];
    assert!(slower.t < -100.0);
    assert!(slower.rejected);
    assert_eq!(slower.rejected, slower.p < comparison.alpha);
}

#[test]
fn the_same_runs_give_the_same_analysis() {
    assert_eq!(three_scenarios(), three_scenarios());
}

#[test]
fn the_comparison_says_that_it_is_not_valid_for_inference_and_how_often_it_is_wrong() {
    let caveat = three_scenarios().comparison.unwrap().caveat;

    assert!(caveat.contains("descriptive, not valid for inference"));
    assert!(caveat.contains("workbench/METHODOLOGY.md"));
    let methodology = include_str!("../../../METHODOLOGY.md");
    let measured = |what: &str| {
        let row = methodology
            .lines()
            .find(|line| line.starts_with(&format!("| {what} | ")))
            .unwrap();
        row.split(['|', '±']).nth(2).unwrap().trim().to_owned()
    };
    for what in [
        "independent",
        "AR(1) φ = 0.9",
        "AR(1) φ = 0.9, runs differ by 3%",
    ] {
        let rate = measured(what);
        assert!(rate.ends_with('%') && caveat.contains(&rate), "{rate}");
    }
}

#[test]
fn several_runs_of_one_experiment_have_distinct_names() {
    let (_results, runs) = runs(&[
        ("smoke", "20261118T110640Z-0001", samples(10)),
        ("smoke", "20261119T110640Z-0002", samples(20)),
    ]);

    let test = analyze(&runs).unwrap().comparison.unwrap().tests.remove(0);

    assert_eq!(test.a, "smoke/20261118T110640Z-0001");
    assert_eq!(test.b, "smoke/20261119T110640Z-0002");
}

#[test]
fn a_pair_that_does_not_vary_is_left_untested_with_the_reason() {
    let constant = vec![browse(0, 10), browse(20, 10)];
    let (_results, runs) = runs(&[
        ("smoke", "20261118T110640Z-0001", constant.clone()),
        ("tiny", "20261118T110640Z-0002", constant),
    ]);

    let analysis = analyze(&runs).unwrap();

    assert!(analysis.comparison.unwrap().tests.is_empty());
    assert!(analysis.warnings.iter().any(|warning| warning
        == "smoke and tiny cannot be tested against each other: the values do not vary, so that a \
            difference cannot be tested"));
}

#[test]
fn a_run_of_one_request_is_left_out_of_the_comparison_with_the_reason() {
    let (_results, runs) = runs(&[
        ("smoke", "20261118T110640Z-0001", samples(10)),
        ("tiny", "20261118T110640Z-0002", vec![browse(0, 10)]),
    ]);

    let analysis = analyze(&runs).unwrap();

    assert_eq!(analysis.runs.len(), 2);
    assert_eq!(analysis.comparison.unwrap().distributions.len(), 1);
    assert!(analysis.warnings.iter().any(|warning| warning
        == "tiny/20261118T110640Z-0002 is left out of the comparison: needs at least 2 values, got 1"));
}

#[test]
fn a_run_is_not_compared_with_itself() {
    let (_results, runs) = runs(&[("smoke", "20261118T110640Z-0001", samples(10))]);
    let again = runs[0].join("../20261118T110640Z-0001");

    let error = analyze(&[runs[0].clone(), again.clone()]).unwrap_err();

    assert!(matches!(error, AnalysisError::RunGivenTwice { path } if path == again));
}

#[test]
fn no_runs_are_an_error() {
    assert!(matches!(analyze(&[]), Err(AnalysisError::NoRuns)));
}

#[test]
fn a_warning_of_several_runs_is_given_once_as_a_sentence_with_their_number() {
    let results = tempfile::tempdir().unwrap();
    for (runs, others) in [(2, "1 more run"), (4, "3 more runs")] {
        let runs: Vec<_> = (0..runs)
            .map(|number| {
                let id = format!("20261118T110{runs}4{number}Z-4f2a");
                write_run(results.path(), &manifest("tiny", &id), &samples(10))
            })
            .collect();
        let warnings = analyze(&runs).unwrap().warnings;
        let first = runs[0].file_name().unwrap().to_str().unwrap();
        let expected = format!(
            "tiny/{first} failed: killed before its end; its last seconds may be missing, and its validity was \
            not checked; so it is with {others}"
        );
        assert!(warnings.contains(&expected), "{warnings:?}");
    }
}
