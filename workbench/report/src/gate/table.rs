//! The gate's rows as a table.

use workbench_analysis::Verdict;
use workbench_analysis::gate::{GateReport, GateRow, RowOutcome};

use super::terms;
use crate::format;
use crate::table::{Cell, Column, Row, Table};

/// Of more rows the first are shown; the report in JSON has all.
const ROWS: usize = 100;

/// One row a gated label and metric, the outcome first.
pub(super) fn rows(report: &GateReport) -> Table {
    first_rows(report, ROWS)
}

/// The same of at most so many rows.
pub(super) fn first_rows(report: &GateReport, most: usize) -> Table {
    let mut rows: Vec<&GateRow> = report.rows.iter().collect();
    if rows.len() > most {
        // Rows that decide the conclusion are not left out for others.
        rows.sort_by_key(|row| match row.outcome {
            RowOutcome::Failed | RowOutcome::Invalid => 0,
            RowOutcome::Open => 1,
            RowOutcome::Passed | RowOutcome::NotRequired => 2,
        });
    }
    let confidence = format::level(report.confidence());
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
    Table::new(columns, rows.into_iter().map(row).collect()).first(most)
}

fn row(row: &GateRow) -> Row {
    let it = &row.comparison;
    let metric = it.metric;
    let number = |value| Cell::optional(value, |value| terms::change(metric, value));
    let value = |value| Cell::shown(value, |value| terms::value(metric, value));
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
        value(it.baseline),
        value(it.candidate),
        match crate::groups::terms::unproven(it) {
            Some(unproven) => Cell::text(&unproven),
            None => number(it.change),
        },
        match &it.interval {
            Some(interval) => Cell::text(&terms::interval(metric, interval)),
            None => Cell::nothing(),
        },
        number(it.minimum_detectable_change),
        it.runs_needed.map_or_else(Cell::nothing, Cell::count),
    ])
}

/// An outcome in a word; capitals are not to be missed.
pub(super) fn outcome(outcome: RowOutcome) -> &'static str {
    match outcome {
        RowOutcome::Passed => "passed",
        RowOutcome::Failed => "FAILED",
        RowOutcome::Open => "open",
        RowOutcome::NotRequired => "not shown",
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
