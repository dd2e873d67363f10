//! Users, or arrivals, planned and achieved over time, and how far the two lie apart.

use workbench_analysis::RunAnalysis;
use workbench_samples::UsersInSecond;

use super::axis::Axis;
use super::over_time::{self, Load, Parts};
use super::palette;
use super::plot::{Figure, Mark, Panel, Points};
use crate::format;

/// A figure for each that was planned and recorded.
pub(super) fn figures(run: &RunAnalysis) -> Vec<Figure> {
    let loads = Load::of(run).into_iter();
    loads
        .filter(|load| load.seconds.iter().all(|it| it.planned.is_some()))
        .map(|load| figure(run, &load))
        .collect()
}

fn figure(run: &RunAnalysis, load: &Load) -> Figure {
    let (seconds, parts) = (over_time::seconds_axis(run), Parts::of(run));
    let differences: Points = load
        .seconds
        .iter()
        .map(|it| {
            let difference = it.planned.map(|planned| it.achieved - planned);
            (over_time::middle(it.second), difference)
        })
        .collect();
    let largest = load.seconds.iter().map(apart).fold(0.0, f64::max);
    let mut legend = vec![
        (Mark::Line(palette::USERS), "achieved"),
        (Mark::Dashes(palette::PLANNED), "planned"),
    ];
    legend.extend(&parts.legend);
    let (heading, counts) = (load.unit.heading, Axis::counts(load.peak()));
    let below = format!("Achieved less planned, {}", load.unit.noun);
    let title = format!("{heading} planned and achieved over time");
    Figure::new(load.unit.name, title, caption(load), &legend).with(vec![
        over_time::load_panel(heading, load, &seconds, counts, 194).above(parts.shades.clone()),
        Panel::over_time(below, seconds, Axis::differences(largest), 96)
            .with(parts.shades)
            .with([over_time::line(differences, palette::USERS)]),
    ])
}

fn caption(load: &Load) -> String {
    let peak = format::significant(load.peak());
    let noun = load.unit.noun;
    let seconds = load.seconds.iter();
    match seconds.max_by(|a, b| apart(a).total_cmp(&apart(b))) {
        Some(users) if apart(users) > 0.0 => format!(
            "At most {peak} {noun}. Planned and achieved lie farthest apart in second {}: {} planned, {} achieved.",
            users.second,
            format::significant(users.planned.unwrap_or_default()),
            format::significant(users.achieved),
        ),
        _ => format!("At most {peak} {noun}, in every second as many as planned."),
    }
}

fn apart(users: &UsersInSecond) -> f64 {
    users
        .planned
        .map_or(0.0, |planned| (users.achieved - planned).abs())
}
