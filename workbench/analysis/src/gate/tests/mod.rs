//! The conclusions of the gate.

mod audit;
mod counted;
mod looks;
mod messages;
mod missing_runs;
mod planning;
mod refusals;
mod single_run;

use super::fixture::{comparison, failing_on, gate_run, judged, sides};
use super::*;
use crate::between::fixture::{SCATTER, alone, invalid, run};
use crate::model::{Metric, Verdict};

fn gate(baseline: &[GateRun], candidate: &[GateRun], policy: &Policy) -> GateReport {
    judged(baseline, candidate, false, policy, false)
}

fn of_pairs(blocks: u32, factor: f64) -> GateReport {
    let (baseline, candidate) = sides(blocks, factor);
    gate(&baseline, &candidate, &Policy::default())
}

fn outcomes(report: &GateReport) -> Vec<RowOutcome> {
    report.rows.iter().map(|row| row.outcome).collect()
}

fn kinds(report: &GateReport) -> Vec<ObjectionKind> {
    report.objections.iter().map(|it| it.kind).collect()
}

#[test]
fn equal_versions_pass() {
    let report = of_pairs(10, 1.0);
    assert_eq!(report.conclusion, Conclusion::Passed);
    assert_eq!(report.rows.len(), 3);
    assert_eq!(
        report.reasons,
        ["all 3 rows are shown to be no worse than the margin"]
    );
    assert_eq!(report.advice, [] as [&str; 0]);
}

#[test]
fn ten_per_cent_more_fail_and_two_per_cent_do_not() {
    let report = of_pairs(10, 1.1);
    assert_eq!(report.conclusion, Conclusion::Failed);
    assert!(report.reasons[0].starts_with("typical_time of TOTAL: worse by more than the margin"));
    assert_eq!(of_pairs(10, 1.02).conclusion, Conclusion::Passed);
}

#[test]
fn a_faster_candidate_passes_unless_the_policy_fails_on_improvements() {
    let (baseline, candidate) = sides(10, 0.9);
    let report = gate(&baseline, &candidate, &Policy::default());
    assert_eq!(report.conclusion, Conclusion::Passed);
    let report = gate(&baseline, &candidate, &failing_on(&[FailOn::Improved]));
    assert_eq!(report.conclusion, Conclusion::Failed);
}

#[test]
fn a_change_that_is_no_worse_than_the_margin_passes_although_its_verdict_is_inconclusive() {
    let baseline: Vec<_> = alone("old", 10, 10.0).into_iter().map(gate_run).collect();
    // The interval is from 6 % to 2 % faster: neither equivalent nor improved.
    let candidate: Vec<_> = (0..10)
        .map(|number| {
            let noise = 1.0 + 8.0 * SCATTER[(number + 5) % 10];
            gate_run(run("new", number, 9.7 * noise))
        })
        .collect();
    let report = gate(&baseline, &candidate, &Policy::default());
    let mean = &report.rows[0];
    assert_eq!(mean.comparison.verdict, Verdict::Inconclusive);
    let interval = mean.comparison.interval.unwrap();
    assert!(
        interval.lower < -0.05 && interval.upper.unwrap() < 0.05,
        "{interval:?}"
    );
    assert_eq!(mean.outcome, RowOutcome::Passed);
    assert_eq!(mean.reason, "no worse than the margin");
}

#[test]
fn too_few_runs_are_never_a_pass() {
    let report = of_pairs(2, 1.0);
    assert_eq!(report.conclusion, Conclusion::Inconclusive);
    // Three or four pairs can show large changes, but cannot pass.
    let report = of_pairs(4, 1.0);
    assert_eq!(report.conclusion, Conclusion::Inconclusive);
    assert!(report.advice[0].contains("it takes 5 or more of each"));
    assert_eq!(of_pairs(4, 1.3).conclusion, Conclusion::Failed);
}

#[test]
fn a_policy_may_require_more_runs_or_fail_on_inconclusive_rows() {
    let policy = PolicyChoices {
        minimum_runs: Some(11),
        ..PolicyChoices::default()
    }
    .policy();
    let (baseline, candidate) = sides(10, 1.3);
    let report = gate(&baseline, &candidate, &policy);
    assert_eq!(report.conclusion, Conclusion::Inconclusive);
    assert!(
        report
            .warnings
            .iter()
            .any(|it| it.contains("11 runs or more"))
    );

    let (baseline, candidate) = sides(4, 1.0);
    let report = gate(&baseline, &candidate, &failing_on(&[FailOn::Inconclusive]));
    assert_eq!(report.conclusion, Conclusion::Failed);
}

#[test]
fn a_strict_policy_lets_small_regressions_be_inconclusive() {
    // Significantly worse, by some 4 %, but not significantly by more than 5 %.
    let (baseline, candidate) = sides(10, 1.045);
    let policy = failing_on(&[FailOn::StrictRegression]);
    let report = gate(&baseline, &candidate, &policy);
    let mean = &report.rows[0];
    assert_eq!(mean.comparison.verdict, Verdict::Regressed);
    assert_eq!(mean.outcome, RowOutcome::Open);
    assert_eq!(report.conclusion, Conclusion::Inconclusive);
    let (baseline, candidate) = sides(10, 1.1);
    assert_eq!(
        gate(&baseline, &candidate, &policy).conclusion,
        Conclusion::Failed
    );
}

#[test]
fn the_default_gates_typical_time_p95_and_error_rate_of_all_requests() {
    let rows: Vec<_> = of_pairs(5, 1.0)
        .rows
        .into_iter()
        .map(|row| (row.comparison.request, row.comparison.metric))
        .collect();
    let total = |metric| ("TOTAL".to_owned(), metric);
    assert_eq!(
        rows,
        [Metric::TypicalTime, Metric::P95, Metric::ErrorRate].map(total)
    );
}

#[test]
fn a_gated_label_that_no_run_has_is_an_error() {
    let policy = PolicyChoices {
        labels: Some(GatedLabels::Listed(vec!["browse".into(), "search".into()])),
        ..PolicyChoices::default()
    }
    .policy();
    let (baseline, candidate) = sides(10, 1.0);
    let report = gate(&baseline, &candidate, &policy);
    assert_eq!(report.missing.len(), 3);
    assert_eq!(report.conclusion, Conclusion::Inconclusive);
    assert_eq!(outcomes(&report), [RowOutcome::Passed; 3]);
}

/// All requests together look faster without the slow ones.
#[test]
fn a_label_that_only_one_side_has_leaves_all_requests_together_open() {
    let (mut baseline, mut candidate) = sides(10, 0.8);
    let without_first = |run: &mut GateRun| {
        let steady = run.analysis.steady.as_mut().unwrap();
        steady.requests.remove(0).request
    };
    for run in &mut candidate {
        without_first(run);
    }
    let report = gate(&baseline, &candidate, &Policy::default());
    assert_eq!(report.conclusion, Conclusion::Inconclusive);
    let [missing] = report.missing.as_slice() else {
        panic!("{:?}", report.missing)
    };
    let missing = missing.request.clone();
    assert!(
        report.reasons[0].ends_with("(the baseline has such requests, the candidate none)"),
        "{:?}",
        report.reasons
    );

    // A label of some runs is no difference between the versions.
    assert_eq!(without_first(&mut baseline[3]), missing);
    let report = gate(&baseline, &candidate, &Policy::default());
    assert_eq!(report.conclusion, Conclusion::Passed);
}

#[test]
fn few_requests_leave_the_error_rate_open_with_the_needed_number() {
    let (mut baseline, mut candidate) = sides(5, 1.0);
    for run in baseline.iter_mut().chain(&mut candidate) {
        let total = &mut run.analysis.steady.as_mut().unwrap().total;
        (total.samples, total.errors) = (400, 0);
    }
    let report = gate(&baseline, &candidate, &Policy::default());
    assert_eq!(outcomes(&report)[2], RowOutcome::Open);
    let told = |advice: &String| advice.contains("0.1 percentage points takes some 2706 requests");
    assert!(report.advice.iter().any(told), "{:?}", report.advice);
}

#[test]
fn detectable_changes_are_always_there_and_needed_runs_where_the_verdict_is_open() {
    for factor in [1.0, 1.1, 0.9] {
        for row in &of_pairs(10, factor).rows[..2] {
            assert!(row.comparison.minimum_detectable_change.is_some());
            let open = row.comparison.verdict == Verdict::Inconclusive;
            assert_eq!(row.comparison.runs_needed.is_some(), open);
        }
    }
}

#[test]
fn a_single_run_is_judged_by_a_history_of_ten_sessions() {
    let history: Vec<_> = alone("shop", 10, 10.0).into_iter().map(gate_run).collect();
    let judged = |mean_ms: f64, history: &[GateRun]| {
        let candidate = [gate_run(run("shop", 30, mean_ms))];
        judged(history, &candidate, true, &Policy::default(), false)
    };
    assert_eq!(judged(10.0, &history).conclusion, Conclusion::Passed);
    assert_eq!(judged(11.0, &history).conclusion, Conclusion::Failed);
    let short = judged(10.0, &history[..9]);
    assert_eq!(short.conclusion, Conclusion::Inconclusive);
    assert!(
        short
            .warnings
            .iter()
            .any(|it| it.contains("9 of the 10 sessions"))
    );
}

#[test]
fn a_single_run_is_not_judged_by_runs_that_are_no_history() {
    let baseline: Vec<_> = alone("shop", 10, 10.0).into_iter().map(gate_run).collect();
    let report = gate(
        &baseline,
        &[gate_run(run("shop", 30, 13.0))],
        &Policy::default(),
    );
    assert_eq!(report.conclusion, Conclusion::Inconclusive);
}

#[test]
fn a_history_needs_runs_of_different_sessions() {
    let (history, candidate) = sides(10, 1.0);
    let report = judged(&history, &candidate[..1], true, &Policy::default(), false);
    // Nine runs of the history, and the candidate.
    assert_eq!(kinds(&report), [ObjectionKind::Session; 10]);
}
