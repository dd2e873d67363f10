//! The tables of a history.

use workbench_analysis::Metric;
use workbench_analysis::history::{History, HistoryMetric};

use super::terms;
use crate::document::Level;
use crate::format::NOTHING;
use crate::table::{Cell, Column, Row, Table};

/// One row for each change point, the newest first.
pub(crate) fn changes(history: &History) -> Table {
    let columns = vec![
        Column::text("Metric", 0),
        Column::text("Since", 0),
        Column::text("Commit", 1),
        Column::number("Session", "", 2),
        Column::number("Before", "", 3),
        Column::number("After", "", 3),
        Column::number("Change", "", 0),
        Column::number("95% interval", "", 0),
        Column::text("Verdict", 0),
    ];
    let mut changes: Vec<_> = history
        .metrics
        .iter()
        .flat_map(|metric| metric.changes.iter().map(move |change| (metric, change)))
        .collect();
    changes.sort_by_key(|(_, change)| std::cmp::Reverse(change.session));
    let row = |(metric, change): (&HistoryMetric, &workbench_analysis::history::Change)| {
        let session = &history.sessions[change.session];
        let interval = terms::interval(metric, change);
        Row::of(vec![
            Cell::text(&metric.name),
            Cell::text(terms::day(history, change.session)),
            Cell::text(terms::commit(session.commit.as_ref())),
            Cell::number(
                change.session as f64 + 1.0,
                (change.session + 1).to_string(),
            ),
            Cell::number(change.before, terms::value(metric, change.before)),
            Cell::number(change.after, terms::value(metric, change.after)),
            Cell::number(change.change, terms::change(metric, change.change)),
            Cell::text(interval.as_deref().unwrap_or(NOTHING)),
            Cell::badge(
                terms::verdict(change),
                change.verdict.map_or(Level::Open, Level::from),
            ),
        ])
    };
    Table::new(columns, changes.into_iter().map(row).collect())
}

/// One row for each metric: its levels and its course.
pub(crate) fn trends(history: &History) -> Table {
    let columns = vec![
        Column::text("Metric", 0),
        Column::number("First level", "", 1),
        Column::number("Newest level", "", 0),
        Column::number("Changes", "", 2),
        Column::text("Course", 0),
    ];
    let rows = history.metrics.iter().map(|metric| {
        let level = |level: Option<&workbench_analysis::history::Level>| {
            let mean = level.map(|level| level.mean);
            Cell::optional(mean, |mean| terms::value(metric, mean))
        };
        let changes = metric.changes.len();
        Row::of(vec![
            Cell::text(&metric.name),
            level(metric.levels.first()),
            level(metric.levels.last()),
            Cell::number(changes as f64, changes.to_string()),
            Cell::text(&course(history, metric)),
        ])
    });
    Table::new(columns, rows.collect())
}

/// Sessions that a course shows at most, the newest.
const COURSE: usize = 30;

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A bar for each of the newest sessions, from the lowest to the highest value, or over the margin if that is more; `│` where a level ends, `┊` at a break.
fn course(history: &History, metric: &HistoryMetric) -> String {
    let first = metric.values.len().saturating_sub(COURSE);
    let shown = metric.values[first..].iter().flatten();
    let low = shown.clone().copied().fold(f64::INFINITY, f64::min);
    let high = shown.copied().fold(f64::NEG_INFINITY, f64::max);
    let middle = f64::midpoint(low, high);
    // What varies by less than matters looks flat.
    let least = match metric.metric() {
        _ if metric.relative => middle.abs() * history.margin,
        Some(Metric::ErrorRate) => history.error_rate_margin,
        _ => 0.0,
    };
    let span = (high - low).max(least);
    let bar = |value: f64| {
        let height = if span > 0.0 {
            0.5 + (value - middle) / span
        } else {
            0.5
        };
        // The highest value is in the last of eight classes, not beyond it.
        BARS[((height * 8.0) as usize).min(7)]
    };
    let mut course = String::new();
    for (session, value) in metric.values.iter().enumerate().skip(first) {
        let is_break = history.breaks.iter().any(|it| it.session == session);
        if is_break && session > first {
            course.push('┊');
        } else if metric.changes.iter().any(|it| it.session == session) {
            course.push('│');
        }
        course.push(value.map_or(' ', bar));
    }
    course
}

/// On narrow terminals the columns of the least asked for metrics go first.
fn rank(metric: &HistoryMetric) -> u8 {
    match metric.metric() {
        Some(Metric::P95 | Metric::ErrorRate) => 0,
        Some(Metric::TypicalTime) => 1,
        Some(Metric::Mean | Metric::Throughput) => 2,
        Some(Metric::P99) => 3,
        Some(Metric::P50) => 4,
        None => 1,
    }
}

/// One row for each of the newest sessions, in order of time: when, of which commit, and its values; an arrow where a level
/// begins.
pub(crate) fn sessions(history: &History, newest: usize) -> Table {
    let mut columns = vec![
        Column::number("Session", "", 1),
        Column::text("Started (UTC)", 0),
        Column::text("Commit", 1),
    ];
    let names = terms::short_names(history);
    for (metric, name) in history.metrics.iter().zip(names) {
        columns.push(Column::number(name, "", rank(metric)));
    }
    let first = history.sessions.len().saturating_sub(newest);
    let sessions = history.sessions.iter().enumerate().skip(first);
    let rows = sessions.map(|(place, session)| {
        let mut cells = vec![
            Cell::number(place as f64 + 1.0, (place + 1).to_string()),
            Cell::text(&terms::minute(&session.started_at)),
            Cell::text(terms::commit(session.commit.as_ref())),
        ];
        for metric in &history.metrics {
            let arrow = terms::arrow(metric, place);
            cells.push(Cell::optional(metric.values[place], |value| {
                format!("{arrow}{}", terms::value(metric, value))
            }));
        }
        Row::of(cells)
    });
    Table::new(columns, rows.collect())
}
