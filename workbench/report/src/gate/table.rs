//! The gate's rows as a table.

use workbench_analysis::gate::{FailOn, GateReport, GateRow, MissingRow, Policy, RowOutcome};

use super::terms;
use crate::document::Level;
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
        Column::text("Request", 0),
        Column::text("Metric", 0),
        Column::text("Outcome: verdict", 0),
        Column::number("Baseline", "", 2),
        Column::number("Candidate", "", 2),
        Column::number(&format!("Change and {confidence} interval"), "", 0),
        Column::number("Detectable", "", 3),
        Column::number("Runs needed", "", 4),
    ];
    let policy = &report.policy;
    let missing = report.missing.iter().map(|it| without_value(it, policy));
    let rows = rows.into_iter().map(|it| row(it, policy));
    Table::new(columns, missing.chain(rows).collect()).first(most)
}

/// A gated metric that some run has no value of.
fn without_value(missing: &MissingRow, policy: &Policy) -> Row {
    let not_required = policy.not_required.contains(&missing.metric);
    let of = if policy.fail_on.contains(&FailOn::Inconclusive) {
        RowOutcome::Failed
    } else if not_required {
        RowOutcome::NotRequired
    } else {
        RowOutcome::Open
    };
    let nothing = Cell::nothing;
    Row::of(vec![
        Cell::text(&missing.request),
        Cell::text(missing.metric.as_str()),
        Cell::badge(&format!("{}: no value", outcome(of)), level(of)),
        nothing(),
        nothing(),
        nothing(),
        nothing(),
        nothing(),
    ])
}

fn row(row: &GateRow, policy: &Policy) -> Row {
    let it = &row.comparison;
    let metric = it.metric;
    let number = |value| Cell::optional(value, |value| terms::change(metric, value));
    let value = |value| Cell::shown(value, |value| terms::value(metric, value));
    Row::of(vec![
        Cell::text(&it.request),
        Cell::text(metric.as_str()),
        Cell::badge(&terms::result(row, policy), level(row.outcome)),
        value(it.baseline),
        value(it.candidate),
        match crate::groups::terms::unproven(it) {
            Some(unproven) => Cell::text(&unproven),
            None => {
                let interval = it.interval.as_ref();
                number(it.change).within(interval.map(|it| terms::changes(metric, it)))
            }
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

/// How an outcome is meant.
pub(super) fn level(outcome: RowOutcome) -> Level {
    match outcome {
        RowOutcome::Passed => Level::Good,
        RowOutcome::Failed | RowOutcome::Invalid => Level::Bad,
        RowOutcome::Open => Level::Open,
        RowOutcome::NotRequired => Level::Plain,
    }
}
