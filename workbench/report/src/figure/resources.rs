//! Processors in use and bytes out over time, a line for each source.

use plotters::style::RGBColor;
use workbench_analysis::{ResourceSeries, ResourceSource, Resources, RunAnalysis};

use super::axis::Axis;
use super::over_time::{self, Parts};
use super::palette;
use super::plot::{Figure, Mark, Panel};
use crate::format;

/// CPU; `None` where nobody looked.
pub(super) fn processors(run: &RunAnalysis) -> Option<Figure> {
    let resources = run.resources.as_ref()?;
    // Most machines have none, and a line at zero says little.
    let shown = |it: &&ResourceSeries| {
        it.source != ResourceSource::Steal || most(it).is_some_and(|(_, most)| most > 0.0)
    };
    let series: Vec<_> = resources.processors.iter().filter(shown).collect();
    let share = |value| format!("{}%", format::significant(value * 100.0));
    figure(
        run,
        &series,
        ("cpu", "CPU over time", caption(resources, &series, share)),
        "CPU, 100% is one processor all of the time",
        Axis::shares,
    )
}

/// Bytes out; `None` where nobody looked.
pub(super) fn bytes_out(run: &RunAnalysis) -> Option<Figure> {
    let resources = run.resources.as_ref()?;
    let series: Vec<_> = resources.bytes_out_per_s.iter().collect();
    let caption = caption(resources, &series, format::bytes_per_second)
        + " Calls of services to each other count; what a connection sends after the last reading before its end does not, so \
           that the curve falls early where users leave.";
    figure(
        run,
        &series,
        ("bytes-out", "Bytes out over time", caption),
        "Bytes sent through TCP per second",
        Axis::bytes_per_second,
    )
}

/// `None` without a reading.
fn figure(
    run: &RunAnalysis,
    series: &[&ResourceSeries],
    (name, title, caption): (&str, &str, String),
    heading: &str,
    axis: fn(f64) -> Axis,
) -> Option<Figure> {
    let high = series.iter().filter_map(|it| most(it));
    let high = high.map(|(_, value)| value).reduce(f64::max)?;
    let parts = Parts::of(run);
    let entries = series.iter();
    let entries = entries.map(|it| {
        let (name, colour) = entry(it.source);
        (Mark::Line(colour), name)
    });
    let legend: Vec<_> = entries.chain(parts.legend).collect();
    // The first is drawn last: it is what is looked for.
    let lines = series.iter().rev().map(|it| {
        let seconds = (0..).map(over_time::middle);
        let points = seconds.zip(it.values.iter().copied()).collect();
        over_time::line(points, entry(it.source).1)
    });
    let panel = Panel::over_time(heading, over_time::seconds_axis(run), axis(high), 240);
    let figure = Figure::new(name, title.to_owned(), caption, &legend);
    Some(figure.with(vec![panel.with(parts.shades).with(lines)]))
}

/// Mean and largest value of each source.
fn caption(
    resources: &Resources,
    series: &[&ResourceSeries],
    shown: impl Fn(f64) -> String,
) -> String {
    let sentences = series.iter().filter_map(|it| {
        let (second, most) = most(it)?;
        let readings: Vec<f64> = it.values.iter().flatten().copied().collect();
        let mean = readings.iter().sum::<f64>() / readings.len() as f64;
        let (source, _) = entry(it.source);
        let source = source[..1].to_uppercase() + &source[1..];
        Some(format!(
            "{source}: {} on average, at most {} (second {second}).",
            shown(mean),
            shown(most),
        ))
    });
    let mut sentences: Vec<String> = sentences.collect();
    let has = |source| series.iter().any(|it| it.source == source);
    if resources.embedded_database && has(ResourceSource::Application) {
        sentences.push("The database (SQLite) works within the application.".to_owned());
    }
    sentences.join(" ")
}

/// The largest value and the first second that has it.
fn most(series: &ResourceSeries) -> Option<(usize, f64)> {
    let readings = series.values.iter().enumerate();
    let readings = readings.filter_map(|(second, value)| Some((second, (*value)?)));
    readings.reduce(|most, it| if it.1 > most.1 { it } else { most })
}

/// Name and colour of a source.
fn entry(source: ResourceSource) -> (&'static str, RGBColor) {
    match source {
        ResourceSource::Application => ("application", palette::APPLICATION),
        ResourceSource::Balancer => ("balancer", palette::BALANCER),
        ResourceSource::Database => ("database", palette::DATABASE),
        ResourceSource::Generator => ("load generator", palette::GENERATOR),
        ResourceSource::Others => ("other processes", palette::OTHERS),
        ResourceSource::Steal => ("steal", palette::STEAL),
    }
}
