//! The valid verdict beside each test of the student report.

use workbench_analysis::{
    Analysis, BetweenRuns, Group, GroupComparison, GroupRun, Metric, MetricComparison, Pairing,
    RunAnalysis, TestMethod, Verdict,
};
use workbench_report::Detail;

use super::text;
use crate::fixture;

fn group(run: &RunAnalysis) -> Group {
    Group {
        name: run.experiment.clone(),
        experiment: run.experiment.clone(),
        point: None,
        runs: vec![GroupRun {
            run: run.name(),
            block: None,
            valid: true,
        }],
        statistics: Vec::new(),
    }
}

fn row(verdict: Verdict, method: Option<TestMethod>) -> MetricComparison {
    MetricComparison {
        request: "TOTAL".to_owned(),
        metric: Metric::Mean,
        verdict,
        verdict_alone: verdict,
        strict_regression: false,
        method,
        baseline: 1.0,
        candidate: 2.0,
        change: None,
        interval: None,
        p: None,
        p_regressed_adjusted: None,
        p_improved_adjusted: None,
        minimum_detectable_change: None,
        runs_needed: None,
        ranks: None,
        hedges_g: None,
        cliffs_delta: None,
        warnings: Vec::new(),
    }
}

/// Scenario 2 as baseline, scenario 1 as candidate: the other way round than the test has them.
fn analysis(verdict: Verdict, method: Option<TestMethod>) -> Analysis {
    let mut analysis = fixture::five_runs();
    analysis.between_runs = Some(BetweenRuns {
        margin: 0.05,
        error_rate_margin: 0.001,
        alpha: 0.05,
        groups: analysis.runs.iter().map(group).collect(),
        comparisons: vec![GroupComparison {
            baseline: "scenario2".to_owned(),
            candidate: "scenario1".to_owned(),
            gate: None,
            pairing: Pairing::Independent,
            rows: vec![row(verdict, method)],
            warnings: Vec::new(),
            throughput_is_set: false,
        }],
        several: Vec::new(),
    });
    analysis
}

/// The row of the test of scenario 1 against scenario 2.
fn row_of_test(analysis: &Analysis) -> String {
    let text = text(analysis, Detail::Study);
    let mut rows = text.lines();
    let row = rows.find(|line| line.starts_with("scenario1 = scenario2 "));
    row.unwrap().trim_end().to_owned()
}

#[test]
fn the_valid_verdict_has_the_direction_of_the_test() {
    let welch = Some(TestMethod::Welch);
    let row = row_of_test(&analysis(Verdict::Improved, welch));
    assert!(
        row.ends_with("  the second is slower (1 and 1 runs)"),
        "{row}"
    );
    let row = row_of_test(&analysis(Verdict::Equivalent, welch));
    assert!(row.ends_with("  equivalent (1 and 1 runs)"), "{row}");
}

#[test]
fn single_runs_have_no_verdict() {
    for analysis in [analysis(Verdict::Inconclusive, None), fixture::five_runs()] {
        let row = row_of_test(&analysis);
        assert!(row.ends_with("  no verdict: single runs"), "{row}");
    }
}
