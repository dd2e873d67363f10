//! `JMeter`'s two tables and the table of errors, as data.

use std::cmp::Reverse;

use workbench_analysis::{RequestStatistics, RunAnalysis};
use workbench_samples::column;

use crate::format;
use crate::table::{Cell, Column, Row, Table, one_line};

const REQUEST: &str = "Request";
const SAMPLES: &str = "Samples";

/// Which requests a table keeps that is too long for all of them.
pub(crate) const SLOWEST: &str = "slowest";
/// See [`SLOWEST`].
pub(crate) const REQUESTS: &str = "named requests";

/// Characters of a reason in a sentence.
const FEW_WORDS: usize = 80;

/// The labels with samples, the slowest by its 95% line first.
pub(crate) fn slowest(run: &RunAnalysis) -> Vec<&RequestStatistics> {
    let mut rows: Vec<_> = run.requests.iter().filter(|row| row.samples > 0).collect();
    rows.sort_by(|a, b| b.p95_ns.total_cmp(&a.p95_ns));
    rows
}

/// The columns of the table of requests. Of 80 there is seldom room for p90 beside the others.
pub(crate) fn columns() -> Vec<Column> {
    vec![
        Column::text(REQUEST, 0),
        Column::number(SAMPLES, "", 4),
        Column::number("p50", "ms", 2),
        Column::number("p90", "ms", 5),
        Column::number("p95", "ms", 0),
        Column::number("p99", "ms", 1),
        Column::number("Throughput", "/s", 3),
        Column::number("Errors", "", 0),
    ]
}

/// The whole run in few columns, for a run without a steady part.
pub(crate) fn brief(run: &RunAnalysis) -> Table {
    table(columns(), run, |row| {
        vec![
            Cell::text(&row.request),
            samples(row),
            time(row, row.p50_ns),
            time(row, row.p90_ns),
            time(row, row.p95_ns),
            time(row, row.p99_ns),
            rate(row.throughput_per_s),
            error_rate(row),
        ]
    })
}

/// The whole run, with the columns of `JMeter`'s Summary and Aggregate reports.
pub(crate) fn whole_run(run: &RunAnalysis) -> Table {
    let columns = vec![
        Column::text("Label", 0),
        Column::number("# Samples", "", 3),
        Column::number("Average", "ms", 4),
        Column::number("Median", "ms", 1),
        Column::number("90% Line", "ms", 2),
        Column::number("95% Line", "ms", 0),
        Column::number("99% Line", "ms", 2),
        Column::number("Min", "ms", 7),
        Column::number("Max", "ms", 6),
        Column::number("Std. Dev.", "ms", 8),
        Column::number("Error %", "", 0),
        Column::number("Throughput", "/s", 3),
        Column::number("Received KB/sec", "", 10),
        Column::number("Sent KB/sec", "", 11),
        Column::number("Avg. Bytes", "", 9),
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
            time(row, row.standard_deviation_ns),
            error_rate(row),
            rate(row.throughput_per_s),
            known(run, column::BYTES_RECEIVED, rate(row.received_kib_per_s)),
            known(run, column::BYTES_SENT, rate(row.sent_kib_per_s)),
            known(
                run,
                column::BYTES_RECEIVED,
                measured(row, row.mean_bytes, format::significant(row.mean_bytes)),
            ),
        ]
    })
}

/// A cell that is empty where the run was imported from a file without this column.
fn known(run: &RunAnalysis, column: &str, cell: Cell) -> Cell {
    match &run.origin {
        Some(origin) if origin.lacks(column) => Cell::nothing(),
        _ => cell,
    }
}

/// Said of a run in the open model, under its tables.
pub(crate) const RESPONSE_TIMES: &str = "All other times of this run are response times: they count from when a request was \
    intended, so that waiting for a free user is part of them. Service times count from when it was sent.";

/// The service times of a run in the open model.
pub(crate) fn service(run: &RunAnalysis) -> Option<Table> {
    let open = run.open_model.as_ref()?;
    let time = |ns: f64| Cell::shown(ns, format::milliseconds);
    let last = open.service.len().checked_sub(1)?;
    let rows = open.service.iter().enumerate().map(|(place, row)| {
        let cells = vec![
            Cell::text(&row.request),
            Cell::count(row.samples),
            time(row.mean_ns),
            time(row.p50_ns),
            time(row.p95_ns),
            time(row.p99_ns),
            time(row.max_ns),
        ];
        let row = Row::of(cells).of_priority(row.p95_ns);
        Row {
            total: place == last,
            ..row
        }
    });
    let columns = vec![
        Column::text(REQUEST, 0),
        Column::number(SAMPLES, "", 3),
        Column::number("Mean", "ms", 2),
        Column::number("p50", "ms", 0),
        Column::number("p95", "ms", 0),
        Column::number("p99", "ms", 1),
        Column::number("Max", "ms", 4),
    ];
    Some(Table::new(columns, rows.collect()).kept_by_priority(SLOWEST, REQUESTS))
}

/// Every failed request, by label, kind and status; `None` where none failed.
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
                Cell::count(error.count),
            ])
        })
        .collect();
    Some(Table::new(
        vec![
            Column::text(REQUEST, 0),
            Column::text("Kind", 0),
            Column::number("Status", "", 0),
            Column::number("Count", "", 0),
        ],
        rows,
    ))
}

/// Why requests failed, as far as exchanges were recorded; `None` where none was.
pub(crate) fn reasons(run: &RunAnalysis) -> Option<Table> {
    let rows = run.failures.iter().flat_map(|failure| {
        failure.reasons.iter().map(|reason| {
            Row::of(vec![
                Cell::text(failure.kind.as_str()),
                Cell::text(reason.reason.as_deref().unwrap_or("other reasons")),
                Cell::count(reason.count),
            ])
        })
    });
    let columns = vec![
        Column::text("Kind", 0),
        Column::text("Reason", 0),
        Column::number("Count", "", 0),
    ];
    Table::new(columns, rows.collect()).unless_empty()
}

/// The most frequent reason in few words; `None` where none was recorded.
pub(crate) fn most_frequent(run: &RunAnalysis) -> Option<String> {
    let reasons = run.failures.iter().flat_map(|it| &it.reasons);
    let all: u64 = reasons.clone().map(|it| it.count).sum();
    let mut named: Vec<_> = reasons
        .filter_map(|it| Some((it.reason.as_deref()?, it.count)))
        .collect();
    named.sort_by_key(|(_, count)| Reverse(*count));
    let (reason, count) = named.first()?;
    let short: String = reason.chars().take(FEW_WORDS).collect();
    let more = if short.len() < reason.len() {
        "…"
    } else {
        ""
    };
    Some(format!(
        "Most frequent reason: {}{more} ({} of {}).",
        one_line(&short),
        format::count(*count),
        format::count(all)
    ))
}

fn table(
    columns: Vec<Column>,
    run: &RunAnalysis,
    cells: impl Fn(&RequestStatistics) -> Vec<Cell>,
) -> Table {
    let rows = run.requests.iter();
    let mut rows: Vec<_> = rows
        .map(|row| Row::of(cells(row)).of_priority(row.p95_ns))
        .collect();
    rows.push(Row::total(cells(&run.total)));
    Table::new(columns, rows).kept_by_priority(SLOWEST, REQUESTS)
}

fn samples(row: &RequestStatistics) -> Cell {
    Cell::count(row.samples)
}

fn time(row: &RequestStatistics, ns: f64) -> Cell {
    measured(row, ns, format::milliseconds(ns))
}

fn error_rate(row: &RequestStatistics) -> Cell {
    measured(row, row.error_rate, format::percentage(row.error_rate))
}

fn rate(per_second: f64) -> Cell {
    Cell::shown(per_second, format::significant)
}

/// A value that does not exist without samples.
fn measured(row: &RequestStatistics, value: f64, text: String) -> Cell {
    if row.samples == 0 {
        Cell::nothing()
    } else {
        Cell::number(value, text)
    }
}
