//! False alarms of the gate, counted on runs of equal systems and of different ones.

use super::*;
use crate::gate::fixture::with_change;
use crate::model::RunAnalysis;

/// Three series of five pairs. The candidate is slower by this factor.
fn audit_of_three_series(slower: f64, reshuffles: u32) -> AuditReport {
    let sources: Vec<_> = (0..3).map(|_| comparison(sides(5, slower))).collect();
    let options = AuditOptions {
        runs_per_side: None,
        reshuffles,
        seed: 1,
    };
    audit(&sources, &Policy::default(), options)
}

#[test]
fn an_audit_of_equal_runs_counts_disjoint_and_reshuffled_alarms() {
    let report = audit_of_three_series(1.0, 1000);
    assert_eq!(report.runs, 30);
    assert_eq!(report.disjoint.comparisons, 3);
    assert_eq!(report.disjoint.regressed, 0);
    // Three comparisons are too few for a rate.
    assert_eq!(report.within_nominal, None);
    assert_eq!(report.reshuffled.comparisons, 3 * 31);
    assert!(report.reshuffled_exhaustively);
    // All swaps of the same blocks are symmetric: as many regressions as improvements.
    let rate = report.reshuffled.rate().unwrap();
    assert!(rate < 0.1, "{rate}");
    assert!(report.notes[0].starts_with("3 comparisons that share no run are too few"));
}

#[test]
fn an_audit_of_different_systems_finds_too_many_alarms() {
    let report = audit_of_three_series(1.2, 1);
    assert_eq!(report.disjoint.regressed, 3);
    assert_eq!(report.within_nominal, Some(false));
}

#[test]
fn runs_of_one_experiment_are_split_by_time_and_reshuffled() {
    let runs: Vec<_> = alone("shop", 10, 10.0).into_iter().map(gate_run).collect();
    let options = AuditOptions {
        runs_per_side: Some(5),
        reshuffles: 1000,
        seed: 1,
    };
    let report = audit(&[AuditSource::Runs(runs)], &Policy::default(), options);
    assert_eq!(report.disjoint.comparisons, 1);
    // C(10, 5)
    assert_eq!(report.reshuffled.comparisons, 252);
    // Each split and its mirror image are included: as many regressions as improvements.
    assert_eq!(report.reshuffled.regressed, report.reshuffled.improved);
}

/// One series of five pairs in which each side has its own target.
fn audit_of_targets(change: impl Fn(RunAnalysis) -> GateRun) -> AuditReport {
    let (baseline, candidate) = sides(5, 1.0);
    let candidate = candidate.into_iter().map(|run| change(run.analysis));
    let source = comparison((baseline, candidate.collect()));
    let options = AuditOptions {
        runs_per_side: None,
        reshuffles: 1,
        seed: 1,
    };
    audit(&[source], &Policy::default(), options)
}

#[test]
fn two_copies_of_a_service_at_addresses_of_their_own_are_audited() {
    let report = audit_of_targets(|run| with_change(run, "127.0.0.1:8080", "127.0.0.1:8081"));
    assert_eq!(report.disjoint.comparisons, 1, "{:?}", report.notes);
}

#[test]
fn a_target_of_another_kind_counts_as_different() {
    let report = audit_of_targets(|run| {
        let urls = "urls: { shop: \"http://127.0.0.1:8080\" }";
        with_change(run, urls, &urls.replace("http:", "https:"))
    });
    assert_eq!(report.disjoint.comparisons, 0);
    assert!(
        report.notes[0].contains("different targets or faults"),
        "{:?}",
        report.notes
    );
}
