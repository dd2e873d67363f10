use workbench_statistics::{Looks, PairTest};

use super::*;
use crate::gate::Agreed;

fn agreed(policy: &Policy) -> MissingRuns {
    let looks = Looks::new(&[5, 10, 15, 20], PairTest::Trimmed, policy.rule.alpha()).unwrap();
    MissingRuns::with_agreement(Agreed {
        looks,
        policy: policy.clone(),
    })
}

fn at_look(blocks: u32, factor: f64, policy: &Policy) -> GateReport {
    let (baseline, candidate) = sides(blocks, factor);
    let sides = Sides {
        baseline: &baseline,
        candidate: &candidate,
        history: false,
        absent: &agreed(policy),
    };
    judge(sides, &failing_on(&[]), false)
}

#[test]
fn a_look_is_judged_by_the_recorded_policy_at_the_level_of_a_look() {
    let report = at_look(5, 1.1, &Policy::default());
    assert_eq!(report.conclusion, Conclusion::Failed);
    assert_eq!(report.policy, Policy::default());
    // 1.81 % at each of the looks at 5, 10, 15 and 20 pairs.
    assert!((report.confidence() - 0.9638).abs() < 1e-4);
    let confidence = report.rows[0].comparison.interval.unwrap().confidence;
    assert!((confidence - report.confidence()).abs() < 1e-12);
}

#[test]
fn p_values_of_a_look_allow_for_all_looks() {
    let at = at_look(5, 1.02, &Policy::default());
    let fixed = of_pairs(5, 1.02);
    for (at, fixed) in at.rows.iter().zip(&fixed.rows) {
        let adjusted = at.comparison.p_regressed_adjusted.unwrap();
        let alone = fixed.comparison.p_regressed_adjusted.unwrap();
        assert!(adjusted >= alone, "{adjusted} {alone}");
    }
}

#[test]
fn between_two_looks_there_is_no_verdict() {
    let report = at_look(7, 1.3, &Policy::default());
    assert_eq!(report.conclusion, Conclusion::Inconclusive);
    assert!(report.reasons[0].contains("the series is between two interim analyses"));
}

#[test]
fn metrics_that_are_not_required_may_stay_open_but_fail_if_worse() {
    let policy = PolicyChoices {
        not_required: Some(vec![Metric::ErrorRate]),
        ..PolicyChoices::default()
    }
    .policy();
    let with_errors = |errors: u64| {
        let (mut baseline, mut candidate) = sides(5, 1.0);
        for run in baseline.iter_mut().chain(&mut candidate) {
            let total = &mut run.analysis.steady.as_mut().unwrap().total;
            (total.samples, total.errors) = (400, 0);
        }
        for (run, more) in candidate.iter_mut().zip(0..) {
            let total = &mut run.analysis.steady.as_mut().unwrap().total;
            total.errors = errors + more % 2 * u64::from(errors > 0);
        }
        gate(&baseline, &candidate, &policy)
    };
    let none = with_errors(0);
    assert_eq!(none.conclusion, Conclusion::Passed);
    assert_eq!(outcomes(&none)[2], RowOutcome::NotRequired);
    assert!(
        none.reasons[0].starts_with("2 of 3 rows are shown"),
        "{:?}",
        none.reasons
    );
    assert_eq!(with_errors(100).conclusion, Conclusion::Failed);
}
