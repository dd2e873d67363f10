//! `JMeter`'s two tables and the table of errors, as data.

use workbench_analysis::{RequestStatistics, RunAnalysis};

use crate::format::{self, NOTHING};
use crate::table::{Cell, Column, Row, Table};

const LABEL: &str = "Label";
const SAMPLES: &str = "# Samples";

/// The Summary table: mean and spread of each label.
pub(crate) fn summary(run: &RunAnalysis) -> Table {
    let columns = vec![
        Column::text(LABEL, 0),
        Column::number(SAMPLES, "", 0),
        Column::number("Average", "ms", 0),
        Column::number("Min", "ms", 4),
        Column::number("Max", "ms", 3),
        Column::number("Std. Dev.", "ms", 5),
        Column::number("Error %", "", 1),
        Column::number("Throughput", "/s", 2),
        Column::number("Received KB/sec", "", 7),
        Column::number("Sent KB/sec", "", 8),
        Column::number("Avg. Bytes", "", 6),
    ];
    table(columns, run, |row| {
        vec![
            Cell::text(&row.request),
            samples(row),
            time(row, row.mean_ns),
            time(row, row.min_ns),
            time(row, row.max_ns),
            time(row, row.standard_deviation_ns),
            error_rate(row),
            rate(row.throughput_per_s),
            rate(row.received_kib_per_s),
            rate(row.sent_kib_per_s),
            measured(row, row.mean_bytes, format::significant(row.mean_bytes)),
        ]
    })
}

/// The Aggregate table: quantiles of each label.
pub(crate) fn aggregate(run: &RunAnalysis) -> Table {
    let columns = vec![
        Column::text(LABEL, 0),
        Column::number(SAMPLES, "", 0),
        Column::number("Average", "ms", 6),
        Column::number("Median", "ms", 0),
        Column::number("90% Line", "ms", 5),
        Column::number("95% Line", "ms", 0),
        Column::number("99% Line", "ms", 1),
        Column::number("Min", "ms", 7),
        Column::number("Max", "ms", 4),
        Column::number("Error %", "", 2),
        Column::number("Throughput", "/s", 3),
        Column::number("Received KB/sec", "", 8),
        Column::number("Sent KB/sec", "", 9),
    ];
    table(columns, run, |row| {
        vec![
            Cell::text(&row.request),
            samples(row),
            time(row, row.mean_ns),
            time(row, row.p50_ns),
            time(row, row.p90_ns),
            time(row, row.p95_ns),
            time(row, row.p99_ns),
            time(row, row.min_ns),
            time(row, row.max_ns),
            error_rate(row),
            rate(row.throughput_per_s),
            rate(row.received_kib_per_s),
            rate(row.sent_kib_per_s),
        ]
    })
}

/// Every failed request, by label, reason and status; `None` where none failed.
pub(crate) fn errors(run: &RunAnalysis) -> Option<Table> {
    if run.errors.is_empty() {
        return None;
    }
    let rows = run
        .errors
        .iter()
        .map(|error| {
            Row::of(vec![
                Cell::text(&error.request),
                Cell::text(&error.error),
                match error.status {
                    Some(status) => Cell::number(status.into(), status.to_string()),
                    None => Cell::text("no response"),
                },
                Cell::number(error.count as f64, format::count(error.count)),
            ])
        })
        .collect();
    Some(Table {
        columns: vec![
            Column::text(LABEL, 0),
            Column::text("Reason", 0),
            Column::number("Status", "", 0),
            Column::number("Count", "", 0),
        ],
        rows,
    })
}

fn table(
    columns: Vec<Column>,
    run: &RunAnalysis,
    cells: impl Fn(&RequestStatistics) -> Vec<Cell>,
) -> Table {
    let mut rows: Vec<_> = run.requests.iter().map(|row| Row::of(cells(row))).collect();
    rows.push(Row {
        cells: cells(&run.total),
        total: true,
    });
    Table { columns, rows }
}

fn samples(row: &RequestStatistics) -> Cell {
    Cell::number(row.samples as f64, format::count(row.samples))
}

fn time(row: &RequestStatistics, ns: f64) -> Cell {
    measured(row, ns, format::milliseconds(ns))
}

fn error_rate(row: &RequestStatistics) -> Cell {
    measured(row, row.error_rate, format::percentage(row.error_rate))
}

fn rate(per_second: f64) -> Cell {
    Cell::number(per_second, format::significant(per_second))
}

/// A value that does not exist without samples.
fn measured(row: &RequestStatistics, value: f64, text: String) -> Cell {
    if row.samples == 0 {
        Cell::text(NOTHING)
    } else {
        Cell::number(value, text)
    }
}
