//! The aggregate graph: average, median, p90, p95, p99, shortest and longest time of each label.
//!
//! Each label has a line of its own on a logarithmic axis, so that the longest times do not dwarf the rest as they do in
//! bars.

use workbench_analysis::{RequestStatistics, RunAnalysis};

use super::axis::{Axis, Tick, Weight, place_down};
use super::palette;
use super::plot::{Figure, Mark, Panel, Series, Stroke};
use crate::format;
use crate::requests::slowest;

/// Pixels from one label's line to the next one's.
const ROW: i32 = 38;
/// Of more labels only the slowest are drawn.
const LABELS: usize = 20;

/// `None` without samples.
pub(super) fn figure(run: &RunAnalysis) -> Option<Figure> {
    let mut rows: Vec<_> = run.requests.iter().filter(|row| row.samples > 0).collect();
    let mut rest = String::new();
    if rows.len() > LABELS {
        rows = slowest(run);
        rest = not_drawn(&rows.split_off(LABELS));
    }
    let caption = caption(&rows, &rest);
    // A total of one label would repeat it.
    let has_total = rows.len() > 1;
    if has_total {
        rows.push(&run.total);
    }
    let low = rows.iter().map(|row| row.min_ns).reduce(f64::min)?;
    let high = rows.iter().map(|row| row.max_ns).reduce(f64::max)?;
    let names = rows.iter().enumerate().map(|(index, row)| {
        let is_total = has_total && index == rows.len() - 1;
        let weight = if is_total {
            Weight::Bold
        } else {
            Weight::Plain
        };
        Tick::name(&row.request, weight)
    });
    let title = "Response time by request: average, median, 90, 95 and 99% line, min and max";
    let legend = [
        (Mark::Span(palette::EXTREMES), "min to max"),
        (Mark::Dot(palette::MEDIAN), "median"),
        (Mark::Diamond(palette::MEAN), "average"),
        (Mark::Dot(palette::P90), "90% line"),
        (Mark::Dot(palette::P95), "95% line"),
        (Mark::Dot(palette::P99), "99% line"),
    ];
    let names = Axis::names_down(names.collect());
    let height = ROW * rows.len() as i32;
    let panel = Panel::new("", Axis::times_by_ratio(low, high), names, height)
        .below("Response time, logarithmic scale")
        .with(series(&rows));
    Some(Figure::new("aggregate", title.to_owned(), caption, &legend).with(vec![panel]))
}

fn series(rows: &[&RequestStatistics]) -> Vec<Series> {
    let places = rows.iter().enumerate();
    let places: Vec<(&RequestStatistics, f64)> = places
        .map(|(index, row)| (*row, place_down(index, rows.len())))
        .collect();
    let spans = places.iter().flat_map(|(row, y)| {
        let end = |at: f64| [(at, y - 0.16), (at, y + 0.16)];
        let span = [(row.min_ns, *y), (row.max_ns, *y)];
        [span, end(row.min_ns), end(row.max_ns)]
    });
    let upper_half = places.iter();
    let upper_half = upper_half.map(|(row, y)| [(row.p50_ns, *y), (row.p99_ns, *y)]);
    let thick = Stroke {
        opacity: 0.45,
        ..Stroke::solid(palette::EXTREMES, 6.0)
    };
    let marks = |value: fn(&RequestStatistics) -> f64, mark| {
        let places = places.iter().map(|(row, y)| (value(row), *y));
        Series::Marks(places.collect(), mark)
    };
    vec![
        Series::Strokes(spans.collect(), Stroke::solid(palette::EXTREMES, 1.0)),
        Series::Strokes(upper_half.collect(), thick),
        marks(|row| row.p99_ns, Mark::Dot(palette::P99)),
        marks(|row| row.p95_ns, Mark::Dot(palette::P95)),
        marks(|row| row.p90_ns, Mark::Dot(palette::P90)),
        marks(|row| row.p50_ns, Mark::Dot(palette::MEDIAN)),
        marks(|row| row.mean_ns, Mark::Diamond(palette::MEAN)),
    ]
}

fn caption(labels: &[&RequestStatistics], rest: &str) -> String {
    let slowest = labels.iter().max_by(|a, b| a.p95_ns.total_cmp(&b.p95_ns));
    let Some(slowest) = slowest else {
        return String::new();
    };
    format!(
        "Slowest by 95% line: {}, with median {}, 95% line {}, 99% line {} and longest {}. \
         The axis is logarithmic: equal distances are equal ratios.{rest}",
        slowest.request,
        format::time(slowest.p50_ns),
        format::time(slowest.p95_ns),
        format::time(slowest.p99_ns),
        format::time(slowest.max_ns),
    )
}

/// What is said of the labels that are not drawn, the slowest of them first.
fn not_drawn(rest: &[&RequestStatistics]) -> String {
    let (Some(slowest), Some(fastest)) = (rest.first(), rest.last()) else {
        return String::new();
    };
    format!(
        " Drawn are the {LABELS} slowest of {} named requests by their 95% line; {} have 95% lines from {} to {}.",
        format::count((LABELS + rest.len()) as u64),
        format::counted(rest.len() as u64, "other"),
        format::time(fastest.p95_ns),
        format::time(slowest.p95_ns),
    )
}
