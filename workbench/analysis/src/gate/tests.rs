use super::fixture::{gate_run, sides, with_change};
use super::*;
use crate::between::fixture::{SCATTER, alone, invalid, run};
use crate::model::{Metric, Verdict};

fn gate(baseline: &[GateRun], candidate: &[GateRun], policy: &Policy) -> GateReport {
    let sides = Sides {
        baseline,
        candidate,
        history: false,
    };
    judge(sides, policy, false)
}

fn of_pairs(blocks: u32, factor: f64) -> GateReport {
    let (baseline, candidate) = sides(blocks, factor);
    gate(&baseline, &candidate, &Policy::default())
}

fn failing_on(fail_on: &[FailOn]) -> Policy {
    PolicyChoices {
        fail_on: Some(fail_on.to_vec()),
        ..PolicyChoices::default()
    }
    .policy()
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
    assert!(report.reasons[0].starts_with("mean of TOTAL: worse by more than the margin"));
    assert_eq!(of_pairs(10, 1.02).conclusion, Conclusion::Passed);
}

#[test]
fn what_is_faster_passes_unless_the_policy_fails_on_it() {
    let (baseline, candidate) = sides(10, 0.9);
    let report = gate(&baseline, &candidate, &Policy::default());
    assert_eq!(report.conclusion, Conclusion::Passed);
    let report = gate(&baseline, &candidate, &failing_on(&[FailOn::Improved]));
    assert_eq!(report.conclusion, Conclusion::Failed);
}

#[test]
fn a_change_that_is_no_worse_than_the_margin_passes_although_its_verdict_is_inconclusive() {
    let baseline: Vec<_> = alone("old", 10, 10.0).into_iter().map(gate_run).collect();
    // Between 6 % and 2 % faster for all that is known: neither equivalent nor surely an improvement.
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
    // Three and four find large changes, and cannot pass.
    let report = of_pairs(4, 1.0);
    assert_eq!(report.conclusion, Conclusion::Inconclusive);
    assert!(report.advice[0].contains("make 5 or more"));
    assert_eq!(of_pairs(4, 1.3).conclusion, Conclusion::Failed);
}

#[test]
fn a_policy_may_ask_for_more_runs_or_fail_on_doubt() {
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
    // 4 % worse for sure, but not surely by more than 5 %.
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
fn the_default_gates_mean_p95_and_error_rate_of_all_requests() {
    let rows: Vec<_> = of_pairs(5, 1.0)
        .rows
        .into_iter()
        .map(|row| (row.comparison.request, row.comparison.metric))
        .collect();
    let total = |metric| ("TOTAL".to_owned(), metric);
    assert_eq!(
        rows,
        [Metric::Mean, Metric::P95, Metric::ErrorRate].map(total)
    );
}

#[test]
fn a_gated_label_that_no_run_has_is_not_passed_over() {
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

#[test]
fn few_requests_leave_the_error_rate_open_and_are_told_how_many_it_takes() {
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
fn detectable_changes_and_needed_runs_are_always_there() {
    for factor in [1.0, 1.1, 0.9] {
        for row in &of_pairs(10, factor).rows[..2] {
            assert!(row.comparison.minimum_detectable_change.is_some());
            assert!(row.runs_for_margin.is_some());
        }
    }
}

#[test]
fn an_invalid_run_makes_the_gate_invalid_unless_forced() {
    let (baseline, mut candidate) = sides(10, 1.0);
    candidate[2] = gate_run(invalid(candidate[2].analysis.clone()));
    let report = gate(&baseline, &candidate, &Policy::default());
    assert_eq!(report.conclusion, Conclusion::Invalid);
    assert_eq!(kinds(&report), [ObjectionKind::InvalidRun]);
    assert_eq!(outcomes(&report), [RowOutcome::Invalid; 3]);

    let sides = Sides {
        baseline: &baseline,
        candidate: &candidate,
        history: false,
    };
    let forced = judge(sides, &Policy::default(), true);
    assert_eq!(forced.conclusion, Conclusion::Passed);
    assert!(forced.forced);
    assert_eq!(forced.reasons[1], "forced in spite of invalid run");
}

#[test]
fn another_machine_program_or_kernel_is_refused() {
    let (baseline, mut candidate) = sides(10, 1.0);
    candidate[0].manifest.host.kernel = "Linux 6.9".to_owned();
    candidate[1].manifest.tool.commit = None;
    let report = gate(&baseline, &candidate, &Policy::default());
    assert_eq!(kinds(&report), [ObjectionKind::Environment; 2]);
    assert_eq!(
        report.objections[0].finding,
        "kernel: “Linux 6.8” in 19 runs such as shop/20261118T110600Z-0000, “Linux 6.9” in shop/20261118T110601Z-0001"
    );
    assert_eq!(report.conclusion, Conclusion::Invalid);
}

#[test]
fn another_experiment_is_refused_and_the_difference_shown() {
    let (baseline, mut candidate) = sides(10, 1.0);
    candidate[0] = with_change(candidate[0].analysis.clone(), "hold: 60s", "hold: 30s");
    let report = gate(&baseline, &candidate, &Policy::default());
    assert_eq!(kinds(&report), [ObjectionKind::Experiment]);
    let finding = &report.objections[0].finding;
    assert!(
        finding.contains("hold: 60s") && finding.contains("hold: 30s"),
        "{finding}"
    );
}

#[test]
fn names_questions_thresholds_and_urls_may_differ() {
    let (baseline, mut candidate) = sides(10, 1.0);
    for (index, (from, to)) in [
        ("name: shop\n", "name: store\n"),
        ("as fast as before", "slow"),
        ("127.0.0.1:8080", "127.0.0.1:9090/v2"),
        ("seed: 3\n", "seed: 3\nthresholds: [ p95 < 1s ]\n"),
    ]
    .into_iter()
    .enumerate()
    {
        candidate[index] = with_change(candidate[index].analysis.clone(), from, to);
    }
    let report = gate(&baseline, &candidate, &Policy::default());
    assert_eq!(kinds(&report), []);
    assert_eq!(report.conclusion, Conclusion::Passed);
}

#[test]
fn each_run_may_have_a_seed_of_its_own() {
    let (mut baseline, mut candidate) = sides(10, 1.0);
    for (number, run) in baseline.iter_mut().chain(&mut candidate).enumerate() {
        run.plan.seed = number as u64;
    }
    let report = gate(&baseline, &candidate, &Policy::default());
    assert_eq!(report.conclusion, Conclusion::Passed);
}

#[test]
fn sides_that_replay_a_seed_each_are_refused() {
    let baseline: Vec<_> = alone("old", 5, 10.0).into_iter().map(gate_run).collect();
    let mut candidate: Vec<_> = alone("new", 5, 10.0).into_iter().map(gate_run).collect();
    for run in &mut candidate {
        run.plan.seed = 4;
    }
    let report = gate(&baseline, &candidate, &Policy::default());
    assert_eq!(
        report.objections[0].finding,
        "seeds: the baseline has 3 throughout, the candidate 4 throughout"
    );
}

#[test]
fn other_definitions_of_elapsed_time_and_other_parts_are_refused() {
    let (mut baseline, mut candidate) = sides(10, 1.0);
    candidate[0].manifest.elapsed = "without connecting".to_owned();
    for run in &mut baseline {
        run.analysis.steady.as_mut().unwrap().scope = crate::model::Scope::WholeRun;
    }
    let report = gate(&baseline, &candidate, &Policy::default());
    assert_eq!(
        kinds(&report),
        [ObjectionKind::Elapsed, ObjectionKind::Scope]
    );
}

#[test]
fn a_history_of_ten_sessions_carries_a_single_run() {
    let history: Vec<_> = alone("shop", 10, 10.0).into_iter().map(gate_run).collect();
    let judged = |mean_ms: f64, history: &[GateRun]| {
        let candidate = [gate_run(run("shop", 30, mean_ms))];
        let sides = Sides {
            baseline: history,
            candidate: &candidate,
            history: true,
        };
        judge(sides, &Policy::default(), false)
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
fn runs_that_are_no_history_do_not_carry_a_single_one() {
    let baseline: Vec<_> = alone("shop", 10, 10.0).into_iter().map(gate_run).collect();
    let report = gate(
        &baseline,
        &[gate_run(run("shop", 30, 13.0))],
        &Policy::default(),
    );
    assert_eq!(report.conclusion, Conclusion::Inconclusive);
}

#[test]
fn a_history_is_of_sessions_and_not_of_one_series() {
    let (history, candidate) = sides(10, 1.0);
    let sides = Sides {
        baseline: &history,
        candidate: &candidate[..1],
        history: true,
    };
    let report = judge(sides, &Policy::default(), false);
    assert_eq!(kinds(&report), [ObjectionKind::Session; 9]);
}

#[test]
fn an_audit_of_equal_runs_counts_its_alarms_twice_over() {
    let sources: Vec<_> = (0..3)
        .map(|_| {
            let (baseline, candidate) = sides(5, 1.0);
            AuditSource::Comparison {
                baseline,
                candidate,
            }
        })
        .collect();
    let options = AuditOptions {
        runs_per_side: None,
        reshuffles: 1000,
        seed: 1,
    };
    let report = audit(&sources, &Policy::default(), options);
    assert_eq!(report.runs, 30);
    assert_eq!(report.disjoint.comparisons, 3);
    assert_eq!(report.disjoint.regressed, 0);
    assert_eq!(report.within_nominal, Some(true));
    assert_eq!(report.reshuffled.comparisons, 3 * 31);
    assert!(report.reshuffled_exhaustively);
    // Of all swaps of the same blocks, as many alarm one way as the other.
    let rate = report.reshuffled.rate().unwrap();
    assert!(rate < 0.1, "{rate}");
    assert!(report.notes[0].starts_with("so few comparisons that share no run (3) say little"));
}

#[test]
fn an_audit_of_different_systems_finds_too_many_alarms() {
    let sources: Vec<_> = (0..3)
        .map(|_| {
            let (baseline, candidate) = sides(5, 1.2);
            AuditSource::Comparison {
                baseline,
                candidate,
            }
        })
        .collect();
    let options = AuditOptions {
        runs_per_side: None,
        reshuffles: 1,
        seed: 1,
    };
    let report = audit(&sources, &Policy::default(), options);
    assert_eq!(report.disjoint.regressed, 3);
    assert_eq!(report.within_nominal, Some(false));
}

#[test]
fn runs_of_one_experiment_are_split_in_order_of_time_and_in_every_other_way() {
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
    // A split and its mirror image are both there: as many alarms one way as the other.
    assert_eq!(report.reshuffled.regressed, report.reshuffled.improved);
}
