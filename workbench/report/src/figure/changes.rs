//! The interval plot: each change with its interval, beside the margin within which it does not matter.
//!
//! Error rates are compared by differences and not by ratios, so that they have an axis of their own.

use workbench_analysis::{BetweenRuns, GroupComparison, Metric, MetricComparison, Verdict};

use super::axis::{Axis, Tick, Weight, place_down};
use super::palette;
use super::plot::{EVERYWHERE, Figure, Mark, Panel, Series, Stroke};
use crate::groups::{self, TOTAL, terms};
use crate::table::one_line;

/// Pixels from one line to the next.
const ROW: i32 = 22;
/// Of more labels than this only those that changed are drawn, so that they can be read and fit on a page.
const LABELS: usize = 5;

/// Rows that are drawn, and what they are compared by.
pub(crate) struct Changes<'a> {
    pub(crate) rows: Vec<&'a MetricComparison>,
    pub(crate) baseline: &'a str,
    pub(crate) candidate: &'a str,
    pub(crate) margin: f64,
    pub(crate) error_rate_margin: f64,
    /// Of the intervals.
    pub(crate) confidence: f64,
}

impl<'a> Changes<'a> {
    pub(super) fn of(comparison: &'a GroupComparison, between: &BetweenRuns) -> Self {
        Self {
            rows: comparison.rows.iter().collect(),
            baseline: &comparison.baseline,
            candidate: &comparison.candidate,
            margin: between.margin,
            error_rate_margin: between.error_rate_margin,
            confidence: 1.0 - 2.0 * between.alpha,
        }
    }
}

/// `None` where nothing could be tested.
pub(crate) fn figure(changes: &Changes<'_>, name: &str, with_labels: bool) -> Option<Figure> {
    // All requests together come first, and the labels in their own order.
    let (total, labels): (Vec<&MetricComparison>, Vec<_>) = changes
        .rows
        .iter()
        .copied()
        .filter(|row| row.change.is_some_and(f64::is_finite))
        .partition(|row| row.request == TOTAL);
    let (labels, left_out) = if with_labels {
        readable(labels)
    } else {
        (Vec::new(), false)
    };
    let rows: Vec<_> = total.into_iter().chain(labels).collect();
    let (differences, ratios): (Vec<_>, Vec<_>) = rows
        .iter()
        .copied()
        .partition(|row| row.metric == Metric::ErrorRate);
    let panels = [
        of_ratios(&ratios, changes.margin),
        of_differences(&differences, changes.error_rate_margin),
    ];
    let panels: Vec<Panel> = panels.into_iter().flatten().collect();
    if panels.is_empty() {
        return None;
    }
    let seen = terms::BY_URGENCY.into_iter();
    let seen = seen.filter(|verdict| rows.iter().any(|row| row.verdict == *verdict));
    let mut legend: Vec<_> = seen.map(|it| (mark(it), terms::verdict(it))).collect();
    legend.push((Mark::Span(palette::MUTED), "interval"));
    legend.push((Mark::Shade(palette::MARGIN), "margin: does not matter"));
    let title = format!(
        "Change from {} to {}, with intervals",
        one_line(changes.baseline),
        one_line(changes.candidate)
    );
    Some(Figure::new(name, title, caption(&rows, left_out, changes), &legend).with(panels))
}

/// Rows below a heading for each label.
fn of_ratios(rows: &[&MetricComparison], margin: f64) -> Option<Panel> {
    // As far down as up on a logarithmic scale, as the verdicts have it.
    let margin = (1.0 / (1.0 + margin) - 1.0, margin);
    let (low, high) = range(rows, margin)?;
    let lines = rows
        .chunk_by(|a, b| a.request == b.request)
        .flat_map(|rows| {
            let heading = Tick::name(one_line(&rows[0].request), Weight::Heading);
            let rows = rows.iter().map(|row| {
                let name = Tick::name(terms::metric(row.metric), Weight::Plain);
                (Some(*row), name)
            });
            std::iter::once((None, heading)).chain(rows)
        });
    let heading = "Change of times and throughput";
    Some(panel(
        heading,
        lines.collect(),
        Axis::changes(low, high),
        margin,
    ))
}

/// A row for each label.
fn of_differences(rows: &[&MetricComparison], margin: f64) -> Option<Panel> {
    let margin = (-margin, margin);
    let (low, high) = range(rows, margin)?;
    let lines = rows.iter().map(|row| {
        let is_total = row.request == TOTAL;
        let weight = if is_total {
            Weight::Bold
        } else {
            Weight::Plain
        };
        (Some(*row), Tick::name(one_line(&row.request), weight))
    });
    let heading = "Difference of error rates, in percentage points (pp)";
    Some(panel(
        heading,
        lines.collect(),
        Axis::points(low, high),
        margin,
    ))
}

/// Lines with their changes, over the margin and no change.
fn panel(
    heading: &str,
    lines: Vec<(Option<&MetricComparison>, Tick)>,
    axis: Axis,
    margin: (f64, f64),
) -> Panel {
    let (low, high) = EVERYWHERE;
    let mut series = vec![
        Series::Shade([(margin.0, low), (margin.1, high)], palette::MARGIN),
        Series::Strokes(
            vec![[(0.0, low), (0.0, high)]],
            Stroke::solid(palette::INK, 1.0),
        ),
    ];
    let count = lines.len();
    for (index, (row, _)) in lines.iter().enumerate() {
        if let Some(row) = row {
            series.extend(change(row, place_down(index, count), &axis));
        }
    }
    let names = lines.into_iter().map(|(row, name)| Tick {
        beside: row
            .and_then(terms::change_with_interval)
            .unwrap_or_default(),
        ..name
    });
    let names = Axis::names_down(names.collect());
    let heading = format!("{heading}{}", axis.note());
    Panel::new(heading, axis, names, ROW * count as i32).with(series)
}

fn change(row: &MetricComparison, y: f64, axis: &Axis) -> Vec<Series> {
    let mut lines = Vec::new();
    if let Some(interval) = &row.interval {
        lines.push([
            (interval.lower, y),
            (interval.upper.unwrap_or(f64::INFINITY), y),
        ]);
        // An end without a tick goes on outside of the figure.
        let ends = [Some(interval.lower), interval.upper].into_iter().flatten();
        let seen = ends.filter(|end| (axis.from..=axis.to).contains(end));
        lines.extend(seen.map(|end| [(end, y - 0.2), (end, y + 0.2)]));
    }
    let estimate = vec![(row.change.unwrap_or(0.0), y)];
    vec![
        Series::Strokes(lines, Stroke::solid(palette::MUTED, 1.5)),
        Series::Marks(estimate, mark(row.verdict)),
    ]
}

/// What has to be seen: the margin, no change, estimates and their intervals.
fn range(rows: &[&MetricComparison], margin: (f64, f64)) -> Option<(f64, f64)> {
    let values = || {
        rows.iter().flat_map(|row| {
            let interval = row.interval.as_ref();
            [
                row.change,
                interval.map(|interval| interval.lower),
                interval.and_then(|interval| interval.upper),
            ]
            .into_iter()
            .flatten()
            .filter(|value| value.is_finite())
        })
    };
    let low = values().reduce(f64::min)?.min(margin.0 * 1.4);
    let high = values().reduce(f64::max)?.max(margin.1 * 1.4);
    Some((low, high))
}

/// Verdicts differ by shape, and by colour besides.
fn mark(verdict: Verdict) -> Mark {
    match verdict {
        Verdict::Invalid => Mark::Cross(palette::INK),
        Verdict::Regressed => Mark::Triangle(palette::REGRESSED),
        Verdict::Improved => Mark::Diamond(palette::IMPROVED),
        Verdict::Inconclusive => Mark::Ring(palette::MUTED),
        Verdict::Equivalent => Mark::Dot(palette::EQUIVALENT),
    }
}

/// Rows of so many labels as can be read, and whether others were left out.
fn readable(rows: Vec<&MetricComparison>) -> (Vec<&MetricComparison>, bool) {
    let mut labels: Vec<&str> = Vec::new();
    for row in &rows {
        if !labels.contains(&&*row.request) {
            labels.push(&row.request);
        }
    }
    if labels.len() <= LABELS {
        return (rows, false);
    }
    labels.clear();
    for row in &rows {
        let changed = matches!(row.verdict, Verdict::Regressed | Verdict::Improved);
        if changed && labels.len() < LABELS && !labels.contains(&&*row.request) {
            labels.push(&row.request);
        }
    }
    let kept = rows
        .into_iter()
        .filter(|row| labels.contains(&&*row.request));
    (kept.collect(), true)
}

fn caption(rows: &[&MetricComparison], left_out: bool, changes: &Changes<'_>) -> String {
    let furthest = rows
        .iter()
        .filter(|row| row.metric != Metric::ErrorRate)
        .filter(|row| matches!(row.verdict, Verdict::Regressed | Verdict::Improved))
        .max_by(|a, b| {
            let size = |row: &MetricComparison| row.change.unwrap_or(0.0).ln_1p().abs();
            size(a).total_cmp(&size(b))
        });
    let furthest = furthest.and_then(|row| {
        Some(format!(
            "Of what changed, furthest: {}, {} ({}). ",
            terms::subject(&row.request, row.metric),
            terms::change_with_interval(row)?,
            terms::verdict(row.verdict)
        ))
    });
    format!(
        "{}{}The lines are intervals of {} confidence, each by itself; shaded is the margin ({}, error rates {}). Times and \
         error rates to the right of it are worse, throughput to the right of it is better.",
        furthest.unwrap_or_default(),
        if left_out {
            "Of the single requests only such as changed are drawn, five at most; the table has all. "
        } else {
            ""
        },
        terms::confidence(changes.confidence),
        groups::margin(changes.margin),
        groups::error_rate_margin(changes.error_rate_margin),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verdict_has_a_shape_of_its_own() {
        let mut shapes: Vec<_> = terms::BY_URGENCY
            .map(|verdict| std::mem::discriminant(&mark(verdict)))
            .into();
        shapes.dedup();
        assert_eq!(shapes.len(), 5);
    }
}
