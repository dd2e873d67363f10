//! The baselines that a single run may be compared with.

use crate::between::fixture::{alone, run};
use crate::gate::fixture::{self, gate_run};
use crate::gate::*;

const MINUTE: i64 = 60_000_000_000;

fn judged(baseline: &[GateRun], history: bool) -> GateReport {
    let candidate = [gate_run(run("shop", 30, 13.0))];
    let policy = PolicyChoices {
        minimum_runs: Some(1),
        ..PolicyChoices::default()
    };
    fixture::judged(baseline, &candidate, history, &policy.policy(), false)
}

fn ten_runs() -> Vec<GateRun> {
    alone("shop", 10, 10.0).into_iter().map(gate_run).collect()
}

#[test]
fn a_single_run_is_judged_by_a_history_only_whatever_the_policy_s_minimum() {
    assert_eq!(judged(&ten_runs(), true).conclusion, Conclusion::Failed);
    let report = judged(&ten_runs(), false);
    assert_eq!(report.conclusion, Conclusion::Inconclusive);
    assert!(
        report
            .rows
            .iter()
            .all(|row| row.comparison.method.is_none())
    );
}

#[test]
fn a_history_grows_by_every_run_without_a_failing_verdict() {
    let kept = |sessions: usize, fail_on: &[FailOn]| {
        let candidate = [gate_run(run("shop", 30, 13.0))];
        let history = &ten_runs()[..sessions];
        let report = fixture::judged(
            history,
            &candidate,
            true,
            &fixture::failing_on(fail_on),
            false,
        );
        (report.conclusion, report.belongs_in_history())
    };
    let strict = [FailOn::Regressed, FailOn::Inconclusive];
    assert_eq!(kept(9, &strict), (Conclusion::Failed, true));
    assert_eq!(kept(10, &strict), (Conclusion::Failed, false));
    assert_eq!(
        kept(9, &[FailOn::Regressed]),
        (Conclusion::Inconclusive, true)
    );
    assert!(kept(10, &[FailOn::Improved]).1);
}

#[test]
fn runs_of_a_history_within_ten_minutes_are_one_session() {
    let apart = |minutes: i64| {
        let mut runs = ten_runs();
        for (number, run) in runs.iter_mut().enumerate() {
            let start = (minutes + 5) * MINUTE * number as i64;
            run.manifest.started_at = Some(start);
            run.manifest.ended_at = Some(start + 5 * MINUTE);
        }
        judged(&runs, true)
    };
    assert_eq!(apart(10).objections, []);
    let report = apart(9);
    assert_eq!(report.conclusion, Conclusion::Invalid);
    assert_eq!(report.objections.len(), 9);
    assert_eq!(report.objections[0].kind, ObjectionKind::Session);
    assert!(
        report.objections[0]
            .finding
            .ends_with("are less than 10 minutes apart")
    );
}

#[test]
fn a_single_run_has_a_seed_of_its_own() {
    let with_seeds = |seeds: [u64; 2], count: usize, history: bool| {
        let mut candidate = gate_run(run("shop", 30, 10.0));
        candidate.plan.seed = 99;
        let mut baseline = ten_runs();
        baseline.truncate(count);
        for (number, run) in baseline.iter_mut().enumerate() {
            run.plan.seed = seeds[number % 2];
        }
        let policy = Policy::default();
        fixture::judged(&baseline, &[candidate], history, &policy, false).objections
    };
    assert_eq!(with_seeds([3, 3], 10, true), []);
    assert_eq!(with_seeds([3, 4], 10, true), []);
    assert_eq!(with_seeds([3, 3], 1, false), []);
}
