//! The messages of the gate match its decisions.

use crate::gate::fixture::{self, sides};
use crate::gate::*;

fn judged(blocks: u32, factor: f64, choices: PolicyChoices) -> GateReport {
    let (baseline, candidate) = sides(blocks, factor);
    fixture::judged(&baseline, &candidate, false, &choices.policy(), false)
}

fn failing_on(fail_on: FailOn) -> PolicyChoices {
    PolicyChoices {
        fail_on: Some(vec![fail_on]),
        ..PolicyChoices::default()
    }
}

#[test]
fn a_change_beyond_the_margin_is_not_described_as_possibly_within_it() {
    let reason = |factor, fail_on| {
        judged(10, factor, failing_on(fail_on)).rows[0]
            .reason
            .clone()
    };
    assert_eq!(
        reason(1.2, FailOn::Improved),
        "worse by more than the margin, which this policy does not fail on"
    );
    assert_eq!(
        reason(1.045, FailOn::Improved),
        "worse, which this policy does not fail on"
    );
    assert_eq!(
        reason(1.045, FailOn::StrictRegression),
        "worse, but perhaps within the margin"
    );
}

#[test]
fn the_policy_s_minimum_is_named_where_it_is_the_reason() {
    let choices = PolicyChoices {
        minimum_runs: Some(20),
        ..PolicyChoices::default()
    };
    let report = judged(10, 1.2, choices);
    assert_eq!(
        report.rows[0].reason,
        "fewer runs than the policy's minimum of 20"
    );
    assert!(
        report.advice[0].contains("asks for 20 runs"),
        "{:?}",
        report.advice
    );
}

#[test]
fn warnings_of_failed_rows_are_part_of_their_reasons() {
    let told = |report: &GateReport| {
        let advice = report.advice.iter();
        advice
            .filter(|it| it.starts_with("Read the warnings on "))
            .count()
    };
    let mut report = judged(10, 1.2, PolicyChoices::default());
    assert_eq!(told(&report), 0);
    report = judged(4, 1.3, PolicyChoices::default());
    assert_eq!(told(&report), 1, "{report:?}");
}

#[test]
fn a_row_that_fails_for_being_inconclusive_says_which_key_of_the_policy_fails_it() {
    let failed = |factor, fail_on: &[FailOn]| {
        let choices = PolicyChoices {
            fail_on: Some(fail_on.to_vec()),
            ..PolicyChoices::default()
        };
        let row = judged(10, factor, choices).rows[0].clone();
        assert_eq!(row.outcome, RowOutcome::Failed);
        row.reason
    };
    let key = " (the policy has `fail_on: inconclusive`)";
    assert_eq!(
        failed(1.2, &[FailOn::Inconclusive]),
        format!("worse by more than the margin{key}")
    );
    // What fails for being worse needs no other reason.
    assert_eq!(
        failed(1.2, &[FailOn::Regressed, FailOn::Inconclusive]),
        "worse by more than the margin"
    );
}

#[test]
fn a_gated_metric_without_values_says_what_it_takes() {
    let (mut baseline, candidate) = sides(5, 1.0);
    for run in &mut baseline {
        let total = &mut run.analysis.steady.as_mut().unwrap().total;
        total.p99_ns.value = None;
        total.p99_ns.note = Some("takes 299 requests".to_owned());
    }
    let choices = PolicyChoices {
        metrics: Some(vec![crate::model::Metric::P99]),
        ..PolicyChoices::default()
    };
    let report = fixture::judged(&baseline, &candidate, false, &choices.policy(), false);
    assert!(
        report
            .reasons
            .contains(&"p99 of TOTAL: not every run has a value (takes 299 requests)".to_owned()),
        "{:?}",
        report.reasons
    );
}
