//! An experiment at several loads.

use workbench_analysis::{Analysis, LargestLoad, Peak, SweepAnalysis};

use super::{findings_of, verbose};
use crate::fixture;

fn analysis(sweep: SweepAnalysis) -> Analysis {
    Analysis {
        sweeps: vec![sweep],
        ..fixture::five_runs()
    }
}

fn text(sweep: &SweepAnalysis) -> String {
    verbose(&analysis(sweep.clone()))
}

#[track_caller]
fn assert_says(sweep: &SweepAnalysis, expected: &str) {
    let text = text(sweep);
    assert!(text.contains(expected), "{expected}: {text}");
}

#[test]
fn the_largest_load_that_meets_the_thresholds_is_the_conclusion_and_other_findings_follow() {
    let text = text(&fixture::sweep());
    let conclusion = text.lines().find_map(|line| line.strip_prefix("  -  "));
    let findings = findings_of(&text, "Scalability of ").join("\n");
    insta::assert_snapshot!(format!("{}\n{findings}", conclusion.unwrap()));
}

#[test]
fn a_load_with_an_invalid_run_says_so() {
    let mut sweep = fixture::sweep();
    sweep.points.last_mut().unwrap().runs[0].valid = false;
    assert_says(&sweep, "1 of 2 runs valid, missed p95 < 50ms");
}

#[test]
fn of_replicas_it_is_said_which_numbers_meet_the_thresholds() {
    let mut sweep = fixture::sweep();
    sweep.parameter = "replicas".to_owned();
    let some = "Numbers of replicas that meet the thresholds: 1, 2, 4, 8, 16, 32.";
    assert_says(&sweep, some);
    for point in &mut sweep.points {
        point.meets_thresholds = false;
    }
    assert_says(
        &sweep,
        "No number of replicas that was swept meets the thresholds.",
    );
}

#[test]
fn a_load_may_meet_the_thresholds_after_a_smaller_one_has_not() {
    let mut sweep = fixture::sweep();
    sweep.largest_load = LargestLoad::At {
        value: 8,
        next: 32,
        met_again: vec![64],
    };
    assert_says(&sweep, "Larger loads met them again (64)");
    sweep.largest_load = LargestLoad::AllSwept { value: 64 };
    assert_says(&sweep, "up to 64 users: the limit lies beyond.");
    sweep.points.remove(0);
    sweep.points[0].value = 1;
    sweep.points[0].runs.clear();
    sweep.largest_load = LargestLoad::None;
    assert_says(
        &sweep,
        "No load that was swept meets the thresholds: 1 user does not (no valid run).",
    );
}

#[test]
fn where_there_is_no_peak_it_is_said_why() {
    let with = |peak: Peak| {
        let mut sweep = fixture::sweep();
        sweep.fit.as_mut().unwrap().peak = peak;
        sweep
    };
    let none_fitted = |ceiling_per_s| with(Peak::NoneFitted { ceiling_per_s });
    assert_says(&none_fitted(Some(1800.0)), "levels off towards 1,800");
    assert_says(&none_fitted(None), "in proportion to the load");
    assert_says(&with(Peak::NotShown), "the interval of β contains 0");
    let falls = "Throughput falls from the first on";
    assert_says(&with(Peak::FallsFromTheStart), falls);
}

#[test]
fn a_coefficient_on_its_bound_has_no_interval_and_a_small_one_has_an_exponent() {
    let mut sweep = fixture::sweep();
    let fit = sweep.fit.as_mut().unwrap();
    (
        fit.alpha.estimate,
        fit.alpha.standard_error,
        fit.alpha.interval,
    ) = (0.0, None, None);
    fit.beta.estimate = 1.0436e-4;
    fit.gamma.estimate = 0.0277;
    let text = text(&sweep);
    let row = |name: &str| text.lines().find(|line| line.starts_with(name)).unwrap();
    assert_eq!(row("α, contention").matches("on its bound").count(), 2);
    assert!(row("β, coherency").contains("1.044e−4"), "{text}");
    assert!(
        row("γ, requests per second at 1").contains("0.0277"),
        "{text}"
    );
}
