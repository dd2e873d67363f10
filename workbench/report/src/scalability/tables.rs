//! The points of a sweep and the coefficients of the law, in tables.

use workbench_analysis::{Coefficient, Estimate, ScalabilityFit, SweepAnalysis};

use super::{capital, range, reasons};
use crate::format;
use crate::table::{Cell, Column, Row, Table};

/// What the numbers of the table of points are.
pub(crate) const COLUMNS: &str = "Means between the valid runs of each load with their 95% intervals (Student’s t; \
     geometric means, of error rates arithmetic ones); a single run has no interval, nor have runs that do not vary. Each run counts with its steady \
     part, where it has one; where the steady part of one is too short for a quantile, there is no mean of it. Thresholds \
     alone are of whole runs, ramps included, and a load with an invalid run does not meet them: load that was not achieved \
     is what overload looks like.";

/// One row a point.
pub(crate) fn points(sweep: &SweepAnalysis) -> Table {
    let columns = vec![
        Column::number(&capital(&sweep.parameter), "", 0),
        Column::number("Throughput", "/s", 1),
        Column::number("Mean", "ms", 5),
        Column::number("p50", "ms", 2),
        Column::number("p95", "ms", 0),
        Column::number("p99", "ms", 4),
        Column::number("Errors", "", 0),
        Column::number("Valid runs", "", 6),
        Column::text("Thresholds", 0),
    ];
    let rows = sweep.points.iter().map(|point| {
        let number = |estimate: &Estimate, shown: fn(f64) -> String| {
            let interval = estimate.interval.as_ref();
            estimate.value.map_or_else(Cell::nothing, |value| {
                Cell::number(value, shown(value)).within(interval.map(|it| range(it, shown)))
            })
        };
        let valid = point.runs.iter().filter(|run| run.valid).count();
        let thresholds = if point.meets_thresholds {
            if sweep.thresholds.is_empty() {
                format::NOTHING.to_owned()
            } else {
                "met".to_owned()
            }
        } else {
            reasons(point).join(", ")
        };
        Row::of(vec![
            Cell::count(point.value.into()),
            number(&point.throughput_per_s, format::significant),
            number(&point.mean_ns, format::milliseconds),
            number(&point.p50_ns, format::milliseconds),
            number(&point.p95_ns, format::milliseconds),
            number(&point.p99_ns, format::milliseconds),
            number(&point.error_rate, format::percentage),
            Cell::number(valid as f64, format!("{valid} of {}", point.runs.len())),
            Cell::text(&thresholds),
        ])
    });
    Table::new(columns, rows.collect())
}

/// The coefficients of the law.
pub(crate) fn coefficients(fit: &ScalabilityFit) -> Table {
    let columns = vec![
        Column::text("Coefficient", 0),
        Column::number("Estimate", "", 0),
        Column::number("Standard error", "", 2),
        Column::number("95% interval", "", 1),
    ];
    let row = |name: &str, coefficient: &Coefficient| {
        let on_bound = || Cell::text("on its bound");
        let digits = coefficient_digits;
        Row::of(vec![
            Cell::text(name),
            Cell::number(coefficient.estimate, digits(coefficient.estimate)),
            coefficient
                .standard_error
                .map_or_else(on_bound, |error| Cell::number(error, digits(error))),
            coefficient
                .interval
                .map_or_else(on_bound, |found| Cell::text(&range(&found, digits))),
        ])
    };
    Table::new(
        columns,
        vec![
            row("γ, requests per second at 1", &fit.gamma),
            row("α, contention", &fit.alpha),
            row("β, coherency", &fit.beta),
        ],
    )
}

/// Four significant digits, with an exponent where the number is small: β may be 0.0000001.
fn coefficient_digits(value: f64) -> String {
    let text = if value != 0.0 && value.abs() < 1e-3 {
        format!("{value:.3e}")
    } else {
        return format::significant(value);
    };
    text.replace('-', "−")
}
