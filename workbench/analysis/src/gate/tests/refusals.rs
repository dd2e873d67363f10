//! Runs that the gate refuses to compare, and differences that it accepts.

use super::*;
use crate::gate::fixture::with_change;

#[test]
fn an_invalid_run_makes_the_gate_invalid_unless_forced() {
    let (baseline, mut candidate) = sides(10, 1.0);
    candidate[2] = gate_run(invalid(candidate[2].analysis.clone()));
    let report = gate(&baseline, &candidate, &Policy::default());
    assert_eq!(report.conclusion, Conclusion::Invalid);
    assert_eq!(kinds(&report), [ObjectionKind::InvalidRun]);
    assert_eq!(outcomes(&report), [RowOutcome::Invalid; 3]);

    let forced = judged(&baseline, &candidate, false, &Policy::default(), true);
    assert_eq!(forced.conclusion, Conclusion::Passed);
    assert!(forced.forced);
    assert_eq!(forced.reasons[1], "forced despite invalid run");
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
fn names_questions_and_thresholds_may_differ() {
    let (baseline, mut candidate) = sides(10, 1.0);
    for (index, (from, to)) in [
        ("name: shop\n", "name: store\n"),
        ("as fast as before", "slow"),
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
fn targets_of_sides_may_differ_and_those_of_one_side_of_a_series_may_not() {
    let (baseline, mut candidate) = sides(10, 1.0);
    let elsewhere: Vec<GateRun> = candidate
        .iter()
        .map(|run| with_change(run.analysis.clone(), "127.0.0.1:8080", "127.0.0.1:9090/v2"))
        .collect();
    let report = gate(&baseline, &elsewhere, &Policy::default());
    assert_eq!(kinds(&report), []);
    assert_eq!(report.conclusion, Conclusion::Passed);

    candidate.splice(7.., elsewhere.into_iter().skip(7));
    let report = gate(&baseline, &candidate, &Policy::default());
    assert_eq!(kinds(&report), [ObjectionKind::Experiment]);
    let finding = &report.objections[0].finding;
    assert!(
        finding.starts_with("different targets or faults: ") && finding.contains(":9090/v2"),
        "{finding}"
    );
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
fn sides_that_repeat_different_seeds_are_refused() {
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
