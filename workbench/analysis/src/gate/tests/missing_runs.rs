//! Comparisons with missing runs.

use std::path::{Path, PathBuf};

use workbench_samples::{
    Outcome, SERIES_VERSION, Series, SeriesOrder, SeriesRun, SeriesRunState, Tool,
};

use crate::between::fixture::alone;
use crate::gate::fixture::{gate_run, host, sides};
use crate::gate::*;

fn series(states: &[SeriesRunState]) -> Series {
    Series {
        schema_version: SERIES_VERSION,
        series_id: "s".to_owned(),
        order: SeriesOrder::Abba,
        repetitions: states.len() as u32,
        pause_ns: 0,
        stop_on_invalid: false,
        until_decided: None,
        tool: Tool {
            name: "workbench".to_owned(),
            version: "0.1.0".to_owned(),
            commit: None,
        },
        host: host(),
        experiments: Vec::new(),
        runs: (1..)
            .zip(states)
            .map(|(position, state)| SeriesRun {
                position,
                block: position,
                experiment: "shop#2".to_owned(),
                state: *state,
                run: Some(PathBuf::from(format!("shop/{position}"))),
                reason: Some("the shop ended".to_owned()),
                missed_thresholds: Vec::new(),
                undecided_thresholds: Vec::new(),
                earlier_attempts: Vec::new(),
            })
            .collect(),
        changes: Vec::new(),
    }
}

fn absent(states: &[SeriesRunState]) -> MissingRuns {
    MissingRuns::of_series(&series(states), "shop#2", Path::new("results")).unwrap()
}

fn judged(factor: f64, absent: &MissingRuns, policy: &Policy, force: bool) -> GateReport {
    let (baseline, candidate) = sides(10, factor);
    let sides = Sides {
        baseline: &baseline,
        candidate: &candidate[..6],
        history: false,
        absent,
    };
    judge(sides, policy, force)
}

#[test]
fn a_candidate_with_crashed_runs_is_not_judged_by_the_others() {
    let absent = absent(&[SeriesRunState::Done, SeriesRunState::Failed]);
    let report = judged(1.0, &absent, &Policy::default(), false);
    assert_eq!(report.conclusion, Conclusion::Invalid);
    assert_eq!(report.objections[0].kind, ObjectionKind::InvalidRun);
    assert_eq!(
        report.objections[0].finding,
        "run 2 of series s, shop#2, failed: the shop ended"
    );
    // With `--force`, partners of the missing runs are not left out either.
    let forced = judged(1.0, &absent, &Policy::default(), true);
    assert_eq!(
        (forced.baseline.compared, forced.candidate.compared),
        (10, 6)
    );
}

#[test]
fn an_unfinished_series_neither_passes_nor_fails() {
    for state in [
        SeriesRunState::Planned,
        SeriesRunState::Running,
        SeriesRunState::Interrupted,
    ] {
        let absent = absent(&[SeriesRunState::Done, state]);
        for factor in [1.0, 1.2] {
            let report = judged(factor, &absent, &Policy::default(), false);
            assert_eq!(report.conclusion, Conclusion::Inconclusive, "{state:?}");
            assert!(report.reasons[0].ends_with("the series has not ended"));
            assert!(report.advice[0].contains("--resume"));
        }
    }
}

#[test]
fn runs_without_a_partner_are_left_out_only_if_the_series_says_that_it_ended_early() {
    let report = judged(1.0, &MissingRuns::default(), &Policy::default(), false);
    assert_eq!(
        (report.baseline.compared, report.candidate.compared),
        (10, 6)
    );
    let report = judged(
        1.0,
        &absent(&[SeriesRunState::Planned]),
        &Policy::default(),
        false,
    );
    assert_eq!(
        (report.baseline.compared, report.candidate.compared),
        (6, 6)
    );
}

#[test]
fn a_failed_earlier_attempt_is_reported_and_an_interrupted_one_is_not() {
    let results = tempfile::tempdir().unwrap();
    let mut record = series(&[SeriesRunState::Done]);
    let mut failing = |outcome: Outcome| {
        let folder = results.path().join("shop/first");
        std::fs::create_dir_all(&folder).unwrap();
        let mut run = gate_run(alone("shop", 1, 10.0).remove(0));
        run.manifest.outcome = outcome;
        run.manifest.write(&folder).unwrap();
        record.runs[0].earlier_attempts = vec![PathBuf::from("shop/first")];
        let absent = MissingRuns::of_series(&record, "shop#2", results.path()).unwrap();
        absent.failed().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(failing(Outcome::Interrupted), [] as [&str; 0]);
    assert_eq!(
        failing(Outcome::Failed("no answer".to_owned())),
        ["run 1 of series s, shop#2, failed in an earlier attempt: no answer"]
    );
}
