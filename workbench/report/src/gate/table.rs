//! The gate's rows as a table.

use workbench_analysis::Verdict;
use workbench_analysis::gate::{GateReport, GateRow, RowOutcome};

use super::words;
use crate::format;
use crate::format::NOTHING;
use crate::table::{Cell, Column, Row, Table};

/// Of more rows the first are shown; the report in JSON has all.
const ROWS: usize = 100;

/// One row a gated label and metric, the outcome first.
pub(super) fn rows(report: &GateReport) -> Table {
    let mut rows: Vec<&GateRow> = report.rows.iter().collect();
    if rows.len() > ROWS {
        // Those that keep the gate from passing are not left out for those that do not.
        rows.sort_by_key(|row| row.outcome == RowOutcome::Passed);
    }
    let confidence = format::level(1.0 - 2.0 * report.policy.rule.alpha());
    let columns = vec![
        Column::text("Label", 0),
        Column::text("Metric", 0),
        Column::text("Outcome: verdict", 0),
        Column::number("Baseline", "", 2),
        Column::number("Candidate", "", 2),
        Column::number("Change", "", 0),
        Column::number(&format!("{confidence} interval"), "", 1),
        Column::number("Detectable", "", 3),
        Column::number("Runs needed", "", 4),
    ];
    Table::new(columns, rows.into_iter().map(row).collect()).first(ROWS)
}

fn row(row: &GateRow) -> Row {
    let it = &row.comparison;
    let metric = it.metric;
    let number = |value: Option<f64>| match value {
        Some(value) => Cell::number(value, words::change(metric, value)),
        None => Cell::text(NOTHING),
    };
    Row::of(vec![
        Cell::text(&it.request),
        Cell::text(metric.as_str()),
        Cell::text(&match row.outcome {
            RowOutcome::Invalid => outcome(row.outcome).to_owned(),
            // What is inconclusive as a verdict can be known well enough to pass.
            RowOutcome::Passed if it.verdict == Verdict::Inconclusive => {
                format!("{}: no worse", outcome(row.outcome))
            }
            _ => format!("{}: {}", outcome(row.outcome), verdict(it.verdict, false)),
        }),
        Cell::number(it.baseline, words::value(metric, it.baseline)),
        Cell::number(it.candidate, words::value(metric, it.candidate)),
        number(it.change),
        match &it.interval {
            Some(interval) => Cell::text(&words::interval(metric, interval)),
            None => Cell::text(NOTHING),
        },
        number(it.minimum_detectable_change),
        match it.runs_needed {
            Some(runs) => Cell::number(runs as f64, format::count(runs)),
            None => Cell::text(NOTHING),
        },
    ])
}

/// An outcome in a word; capitals are not to be missed.
pub(super) fn outcome(outcome: RowOutcome) -> &'static str {
    match outcome {
        RowOutcome::Passed => "passed",
        RowOutcome::Failed => "FAILED",
        RowOutcome::Open => "open",
        RowOutcome::Invalid => "INVALID",
    }
}

/// A verdict in a word or two.
pub(super) fn verdict(verdict: Verdict, strict: bool) -> &'static str {
    match verdict {
        Verdict::Invalid => "invalid",
        Verdict::Equivalent => "equivalent",
        Verdict::Regressed if strict => "regressed beyond margin",
        Verdict::Regressed => "regressed",
        Verdict::Improved => "improved",
        Verdict::Inconclusive => "inconclusive",
    }
}
