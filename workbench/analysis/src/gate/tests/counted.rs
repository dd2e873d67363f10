//! Which comparisons an audit counts.

use crate::gate::fixture::{comparison, sides, with_change};
use crate::gate::*;

const OPTIONS: AuditOptions = AuditOptions {
    runs_per_side: None,
    reshuffles: 20,
    seed: 1,
};

fn series(count: usize, factor: f64) -> Vec<AuditSource> {
    (0..count).map(|_| comparison(sides(5, factor))).collect()
}

#[test]
fn twenty_comparisons_without_an_alarm_show_the_nominal_rate_and_nineteen_do_not() {
    let policy = Policy::default();
    let within = |count| audit(&series(count, 1.0), &policy, OPTIONS).within_nominal;
    assert_eq!(within(20), Some(true));
    assert_eq!(within(19), None);
    // Too many alarms fail the audit even with few comparisons.
    let alarms = audit(&series(3, 1.2), &policy, OPTIONS);
    assert_eq!(alarms.within_nominal, Some(false));
}

#[test]
fn comparisons_without_a_test_do_not_count_as_ones_without_an_alarm() {
    let policy = PolicyChoices {
        minimum_runs: Some(99),
        ..PolicyChoices::default()
    }
    .policy();
    let report = audit(&series(30, 1.0), &policy, OPTIONS);
    assert_eq!(
        (report.disjoint.comparisons, report.disjoint.untested),
        (0, 30)
    );
    assert_eq!((report.within_nominal, report.interval), (None, None));
    assert!(
        report.notes[0].contains("30 as not tested"),
        "{:?}",
        report.notes
    );
}

#[test]
fn runs_with_another_target_count_as_different() {
    let mut sources = series(1, 1.0);
    if let AuditSource::Comparison { candidate, .. } = &mut sources[0] {
        let other = candidate[1].analysis.clone();
        candidate[1] = with_change(other, "127.0.0.1:8080", "127.0.0.1:9090");
    }
    let report = audit(&sources, &Policy::default(), OPTIONS);
    assert_eq!(
        (report.disjoint.comparisons, report.disjoint.invalid),
        (0, 1)
    );
    assert!(report.notes[0].contains("different targets or faults"));
    assert_eq!(report.reshuffled.comparisons, 0);
}

/// One series, of which the candidate was built from this commit and the baseline from `aaaa`.
fn of_revisions(candidate_commit: &str) -> AuditReport {
    let mut sources = series(1, 1.2);
    if let AuditSource::Comparison {
        baseline,
        candidate,
        ..
    } = &mut sources[0]
    {
        for (runs, commit) in [(baseline, "aaaa"), (candidate, candidate_commit)] {
            for run in runs {
                let details = &mut run.manifest.target.details;
                details.insert("commit".to_owned(), commit.to_owned());
            }
        }
    }
    audit(&sources, &Policy::default(), OPTIONS)
}

#[test]
fn comparisons_of_two_revisions_are_left_out() {
    let report = of_revisions("bbbb");
    assert_eq!(
        (report.disjoint.comparisons, report.disjoint.regressed),
        (0, 0)
    );
    assert_eq!(report.reshuffled.comparisons, 0);
    assert!(
        report.notes[0].starts_with("left out: 1 of the disjoint comparisons")
            && report.notes[0].contains("aaaa")
            && report.notes[0].contains("bbbb"),
        "{:?}",
        report.notes
    );
    assert_eq!(of_revisions("aaaa").disjoint.regressed, 1);
}
