//! Reports of the gate, made by hand.

use std::collections::BTreeMap;

use workbench_analysis::gate::{
    Conclusion, GATE_SCHEMA_VERSION, GateReport, GateRow, GateSide, MissingRow, Objection,
    ObjectionKind, Policy, RowOutcome,
};
use workbench_analysis::{
    ConfidenceInterval, GroupRun, Metric, MetricComparison, Pairing, TestMethod, Verdict,
};

/// A report with a row of each outcome but invalid.
pub(crate) fn failed() -> GateReport {
    GateReport {
        schema_version: GATE_SCHEMA_VERSION,
        conclusion: Conclusion::Failed,
        reasons: vec![
            "p95 of TOTAL: worse by more than the margin".to_owned(),
            "typical_time of TOTAL: not shown to be within the margin, nor to be worse".to_owned(),
        ],
        objections: Vec::new(),
        forced: false,
        policy: Policy::default(),
        look: None,
        baseline: side("shop#1"),
        candidate: side("shop#2"),
        pairing: Pairing::Pairs,
        rows: vec![
            row(
                Metric::TypicalTime,
                Verdict::Inconclusive,
                RowOutcome::Open,
                0.031,
            ),
            row(Metric::P95, Verdict::Regressed, RowOutcome::Failed, 0.104),
            row(
                Metric::ErrorRate,
                Verdict::Equivalent,
                RowOutcome::Passed,
                0.000_02,
            ),
        ],
        missing: vec![MissingRow {
            request: "GET /a|b".to_owned(),
            metric: Metric::P99,
            why: "5 requests, takes 299".to_owned(),
        }],
        warnings: vec![
            "block 6 at the end of the series has a run of only one side, which is left out"
                .to_owned(),
        ],
        advice: vec!["Look at the rows that failed.".to_owned()],
    }
}

/// The same runs, which cannot be compared.
pub(super) fn refused() -> GateReport {
    let mut report = failed();
    report.conclusion = Conclusion::Invalid;
    report.objections = vec![Objection {
        kind: ObjectionKind::Environment,
        finding: "kernel: “Linux 6.8” in 9 runs, “Linux <6.9> & \"more\"” in one".to_owned(),
    }];
    report.reasons = vec![format!(
        "different environments: {}",
        report.objections[0].finding
    )];
    for row in &mut report.rows {
        row.outcome = RowOutcome::Invalid;
        row.reason = "not to be judged".to_owned();
        row.comparison.verdict = Verdict::Invalid;
        row.comparison.strict_regression = false;
    }
    report.missing.clear();
    report
}

/// A run of them cannot be believed.
pub(crate) fn with_an_invalid_run() -> GateReport {
    let mut report = refused();
    report.objections = vec![Objection {
        kind: ObjectionKind::InvalidRun,
        finding: "candidate: shop/20261123T101503Z-4f2a: users achieved: 20.0% below the plan"
            .to_owned(),
    }];
    report.reasons = vec![format!("invalid run: {}", report.objections[0].finding)];
    report
}

/// They were compared all the same.
pub(super) fn forced() -> GateReport {
    let mut report = failed();
    report.objections = refused().objections;
    report.forced = true;
    report
}

fn side(name: &str) -> GateSide {
    let run = |number: u32| GroupRun {
        run: format!("shop/20261123T10150{number}Z-4f2a"),
        block: Some(("20261123T101400Z-4f2a".to_owned(), number)),
        valid: true,
    };
    GateSide {
        name: name.to_owned(),
        urls: BTreeMap::from([(
            "shop".to_owned(),
            format!("http://{}.test", name.replace('#', "-")),
        )]),
        runs: (1..=6).map(run).collect(),
        compared: 5,
        history: false,
    }
}

fn row(metric: Metric, verdict: Verdict, outcome: RowOutcome, change: f64) -> GateRow {
    let (baseline, reason) = match metric {
        Metric::TypicalTime => (12.5e6, "not shown to be within the margin, nor to be worse"),
        Metric::P95 => (31.0e6, "worse by more than the margin"),
        _ => (0.000_1, "within the margin"),
    };
    let rate = metric == Metric::ErrorRate;
    GateRow {
        outcome,
        reason: reason.to_owned(),
        comparison: MetricComparison {
            request: "TOTAL".to_owned(),
            metric,
            verdict,
            verdict_alone: verdict,
            strict_regression: verdict == Verdict::Regressed,
            method: Some(TestMethod::Paired),
            baseline,
            candidate: if rate {
                baseline + change
            } else {
                baseline * (1.0 + change)
            },
            change: Some(change),
            interval: Some(ConfidenceInterval {
                lower: change - change.abs() * 1.2,
                upper: Some(change + change.abs() * 1.2),
                confidence: 0.9,
            }),
            p: Some(0.04),
            p_regressed_adjusted: Some(0.06),
            p_improved_adjusted: Some(0.9),
            minimum_detectable_change: (!rate).then_some(0.062),
            runs_needed: (verdict == Verdict::Inconclusive).then_some(8),
            ranks: None,
            hedges_g: Some(1.1),
            cliffs_delta: Some(0.6),
            warnings: match metric {
                Metric::TypicalTime => {
                    vec!["it would count alone, but not among so many rows".to_owned()]
                }
                _ => Vec::new(),
            },
        },
    }
}
