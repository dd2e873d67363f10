//! Users and response time of different experiments: average, median and p95 of each run, by its number of users. Runs of
//! a sweep have a figure of their own, in which a point may have several runs.

use workbench_analysis::RunAnalysis;

use super::axis::{Axis, Tick, Weight};
use super::plot::{Figure, Mark, Panel, Series, Stroke};
use super::{Named, over_time, palette};
use crate::format;
use crate::runs::most_users;

struct Column<'a> {
    label: &'a str,
    /// Most users at once, as planned where that is known; `None` where users were not recorded.
    users: Option<f64>,
    run: &'a RunAnalysis,
}

impl Column<'_> {
    fn users_text(&self) -> Option<String> {
        let users = self.users?.round() as u64;
        Some(format::counted(users, "user"))
    }
}

/// `None` unless two runs with different numbers of users have samples.
pub(super) fn figure(runs: &[Named<'_>]) -> Option<Figure> {
    let measured = runs.iter();
    let measured = measured.filter(|(run, _)| run.total.samples > 0 && run.point().is_none());
    let mut columns: Vec<Column<'_>> = measured
        .map(|(run, name)| Column {
            label: &name.label,
            users: most_users(run),
            run,
        })
        .collect();
    let users = |column: &Column<'_>| column.users.unwrap_or(f64::INFINITY);
    columns.sort_by(|a, b| users(a).total_cmp(&users(b)));
    // Of equally many users there is no effect to be seen.
    if users(columns.first()?) == users(columns.last()?) {
        return None;
    }
    type Value = fn(&RunAnalysis) -> f64;
    let metrics: [(&str, Value, Mark); 3] = [
        ("95% line", |it| it.total.p95_ns, Mark::Dot(palette::P95)),
        (
            "average",
            |it| it.total.mean_ns,
            Mark::Diamond(palette::MEAN),
        ),
        ("median", |it| it.total.p50_ns, Mark::Dot(palette::MEDIAN)),
    ];
    let places = |value: Value| {
        let columns = columns.iter().enumerate();
        let places = columns.map(|(index, it)| (index as f64 + 0.5, value(it.run)));
        places.collect::<Vec<_>>()
    };
    let values: Vec<_> = metrics.iter().flat_map(|(_, it, _)| places(*it)).collect();
    let spans = columns.iter().enumerate().map(|(index, column)| {
        let (x, total) = (index as f64 + 0.5, &column.run.total);
        let low = total.p50_ns.min(total.mean_ns);
        [(x, low), (x, total.p95_ns.max(total.mean_ns))]
    });
    let mut series = vec![Series::Strokes(
        spans.collect(),
        Stroke::solid(palette::EXTREMES, 1.0),
    )];
    // The average is the smallest mark and never hidden.
    let marks = [0, 2, 1].map(|it| metrics[it]);
    series.extend(marks.map(|(_, value, mark)| Series::Marks(places(value), mark)));
    let texts = values.iter().map(|place| (*place, format::time(place.1)));
    series.push(Series::Texts(texts.collect()));
    let names = columns.iter().map(|column| Tick {
        beneath: column.users_text().unwrap_or_default(),
        ..Tick::name(column.label, Weight::Plain)
    });
    let times = || values.iter().map(|(_, value)| *value);
    let times = (times().reduce(f64::min)?, times().reduce(f64::max)?);
    let times = over_time::time_axis(times);
    let heading = format!("Response time{}", times.note());
    let panel = Panel::new(heading, Axis::names_across(names.collect()), times, 320);
    let title = "Users and response time: average, median and 95% line of each run";
    let legend = metrics.map(|(name, _, mark)| (mark, name));
    let figure = Figure::new(
        "effect-of-users",
        title.to_owned(),
        caption(&columns),
        &legend,
    );
    Some(figure.with(vec![panel.with(series)]))
}

fn caption(columns: &[Column<'_>]) -> String {
    let runs = columns.iter().map(|column| {
        let users = column.users_text();
        let users = users.map(|users| format!(" ({users})"));
        format!(
            "{}{}: average {}, median {}, 95% line {}",
            column.label,
            users.unwrap_or_default(),
            format::time(column.run.total.mean_ns),
            format::time(column.run.total.p50_ns),
            format::time(column.run.total.p95_ns),
        )
    });
    let runs: Vec<String> = runs.collect();
    format!("{}. Ordered by the most users at once.", runs.join("; "))
}
