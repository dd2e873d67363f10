//! The tables of a calibration.

use workbench_analysis::calibration::{Calibration, Freeze, LoadPoint, Quantiles};

use crate::document::Level;
use crate::format;
use crate::table::{Cell, Column, Row, Table};

/// Takes one of several quantiles.
type Take = fn(&Quantiles) -> f64;

/// What is said of each quantile of a table.
const QUANTILES: [(&str, Take); 6] = [
    ("Mean", |it| it.mean_ns),
    ("p50", |it| it.p50_ns),
    ("p95", |it| it.p95_ns),
    ("p99", |it| it.p99_ns),
    ("p99.9", |it| it.p999_ns),
    ("Max", |it| it.max_ns),
];

/// Of every load, what is reported less what is true.
pub(super) fn errors(calibration: &Calibration) -> Table {
    let mut columns = vec![Column::text("Load", 0), Column::number("Requests/s", "", 1)];
    columns.extend(QUANTILES.map(|(name, _)| Column::number(name, "", 0)));
    columns.extend([Column::text("Aim", 0), Column::text("Run", 2)]);
    let row = |point: &LoadPoint| {
        let mut cells = vec![
            load(calibration, point),
            Cell::shown(point.rate_per_s, format::significant),
        ];
        cells.extend(
            QUANTILES
                .map(|(_, of)| Cell::shown(of(&point.measured) - of(&point.truth), signed_time)),
        );
        let run = if point.valid { "valid" } else { "invalid" };
        cells.extend([aim(calibration.aims.errors_met(point)), Cell::text(run)]);
        Row::of(cells)
    };
    Table::new(columns, points(calibration).map(row).collect())
}

/// Of every load, what the run's tables report less what is true of it.
pub(super) fn table_errors(calibration: &Calibration) -> Table {
    let mut columns = vec![Column::text("Load", 0)];
    columns.extend(QUANTILES.map(|(name, _)| Column::number(name, "", 0)));
    let row = |point: &LoadPoint| {
        let mut cells = vec![load(calibration, point)];
        cells.extend(QUANTILES.map(|(_, of)| {
            Cell::shown(
                of(&point.reported_response) - of(&point.true_response),
                signed_time,
            )
        }));
        Row::of(cells)
    };
    Table::new(columns, points(calibration).map(row).collect())
}

/// Of every load, the quantiles of the requests' own errors.
pub(super) fn request_errors(calibration: &Calibration) -> Table {
    let mut columns = vec![
        Column::text("Load", 0),
        Column::number("Requests", "", 0),
        Column::number("Failed", "", 0),
    ];
    columns.extend(QUANTILES.map(|(name, _)| Column::number(name, "", 0)));
    let row = |point: &LoadPoint| {
        let mut cells = vec![
            load(calibration, point),
            Cell::count(point.requests),
            Cell::count(point.failed),
        ];
        cells.extend(QUANTILES.map(|(_, of)| time(of(&point.request_error))));
        Row::of(cells)
    };
    Table::new(columns, points(calibration).map(row).collect())
}

/// Of every load, how late arrivals were, and how their gaps are distributed.
pub(super) fn arrivals(calibration: &Calibration) -> Table {
    let columns = vec![
        Column::text("Load", 0),
        Column::number("Late p50", "", 0),
        Column::number("p99", "", 0),
        Column::number("Max", "", 0),
        Column::number("At the server p50", "", 1),
        Column::number("p99", "", 1),
        Column::number("A² intended", "", 0),
        Column::number("p", "", 0),
        Column::number("A² sent", "", 0),
        Column::number("p", "", 0),
        Column::text("Aim", 0),
    ];
    let row = |point: &LoadPoint| {
        let arrivals = point.arrivals?;
        Some(Row::of(vec![
            load(calibration, point),
            time(arrivals.lateness.p50_ns),
            time(arrivals.lateness.p99_ns),
            time(arrivals.lateness.max_ns),
            time(arrivals.lateness_at_server.p50_ns),
            time(arrivals.lateness_at_server.p99_ns),
            Cell::shown(arrivals.intended.a_squared, format::two_decimals),
            Cell::shown(arrivals.intended.p_value, format::p_value),
            Cell::shown(arrivals.started.a_squared, format::two_decimals),
            Cell::shown(arrivals.started.p_value, format::p_value),
            aim(calibration.aims.lateness_met(point)),
        ]))
    };
    Table::new(columns, points(calibration).filter_map(row).collect())
}

/// Response times across the standstill.
pub(super) fn freeze(calibration: &Calibration) -> Table {
    let columns = vec![
        Column::text("", 0),
        Column::number("Exact", "", 0),
        Column::number("Reported", "", 0),
        Column::number("Off by", "", 0),
        Column::number("From the actual start", "", 1),
        Column::text("Aim", 0),
    ];
    let Freeze {
        exact,
        measured,
        uncorrected,
        ..
    } = &calibration.freeze;
    let quantiles: [(&str, Take, Option<bool>); 5] = [
        ("Mean", |it| it.mean_ns, None),
        ("p50", |it| it.p50_ns, None),
        (
            "p90",
            |it| it.p90_ns,
            Some(calibration.aims.freeze_met(&calibration.freeze)),
        ),
        ("p99", |it| it.p99_ns, None),
        ("Max", |it| it.max_ns, None),
    ];
    let rows = quantiles.map(|(name, of, met)| {
        let off = of(measured) / of(exact) - 1.0;
        Row::of(vec![
            Cell::text(name),
            time(of(exact)),
            time(of(measured)),
            Cell::shown(off, format::change),
            time(of(uncorrected)),
            aim(met),
        ])
    });
    Table::new(columns, rows.into())
}

/// The loads and after them the capacity.
fn points(calibration: &Calibration) -> impl Iterator<Item = &LoadPoint> {
    calibration.loads.iter().chain([&calibration.capacity])
}

fn load(calibration: &Calibration, point: &LoadPoint) -> Cell {
    if std::ptr::eq(point, &raw const calibration.capacity) {
        Cell::text("capacity")
    } else {
        Cell::text(&format::whole_percent(point.share))
    }
}

fn time(ns: f64) -> Cell {
    Cell::shown(ns, format::time)
}

/// A difference of times.
pub(super) fn signed_time(ns: f64) -> String {
    let sign = if ns < 0.0 { '−' } else { '+' };
    format!("{sign}{}", format::time(ns.abs()))
}

fn aim(met: Option<bool>) -> Cell {
    match met {
        Some(true) => Cell::badge("met", Level::Good),
        Some(false) => Cell::badge("missed", Level::Bad),
        None => Cell::nothing(),
    }
}
