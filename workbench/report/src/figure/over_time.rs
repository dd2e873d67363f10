//! What the figures over time share: axes, quantiles, the parts of a run and its load.

use plotters::style::RGBColor;
use workbench_analysis::{RunAnalysis, Scope, Second};
use workbench_samples::{ArrivalsInSecond, UsersInSecond};

use super::axis::Axis;
use super::palette;
use super::plot::{EVERYWHERE, Mark, Panel, Points, Series, Stroke};

/// Of [`quantiles`].
pub(super) const QUANTILES: [(Mark, &str); 3] = [
    (Mark::Line(palette::P99), "99% line"),
    (Mark::Line(palette::P95), "95% line"),
    (Mark::Line(palette::MEDIAN), "median"),
];

/// Lines of the median, p95 and p99 of each second, and the range of their values; `None` without any. The median comes
/// last, so that it is never hidden.
pub(super) fn quantiles(seconds: &[Second]) -> Option<((f64, f64), [Series; 3])> {
    let points = |value: fn(&Second) -> Option<f64>| -> Points {
        let points = seconds.iter();
        points.map(|it| (middle(it.second), value(it))).collect()
    };
    let lines = [
        (points(|it| it.p99_ns), palette::P99),
        (points(|it| it.p95_ns), palette::P95),
        (points(|it| it.p50_ns), palette::MEDIAN),
    ];
    let values = || {
        let points = lines.iter().flat_map(|(points, _)| points);
        points.filter_map(|(_, value)| *value)
    };
    let range = (values().reduce(f64::min)?, values().reduce(f64::max)?);
    Some((range, lines.map(|(points, colour)| line(points, colour))))
}

/// A line of the usual width.
pub(super) fn line(points: Points, colour: RGBColor) -> Series {
    Series::Line(points, Stroke::solid(colour, 2.0))
}

/// An axis for times: by their ratio where evenly spaced ones would be flattened by the longest.
pub(super) fn time_axis((low, high): (f64, f64)) -> Axis {
    const FLATTENED: f64 = 25.0;
    if low > 0.0 && high / low > FLATTENED {
        Axis::times_by_ratio(low, high)
    } else {
        Axis::times_from_zero(high)
    }
}

/// The run's seconds, those after the last request's start included.
pub(super) fn seconds_axis(run: &RunAnalysis) -> Axis {
    let requests = run.per_second.iter().map(|second| second.second);
    let users = run.users.iter().map(|users| users.second);
    let seconds = requests.chain(users).max().map_or(1, |last| last + 1);
    Axis::since_start(f64::from(seconds))
}

/// The part of a run that its estimates are of, and what comes before it.
pub(super) struct Parts {
    pub(super) legend: Vec<(Mark, &'static str)>,
    /// For every panel, below its other series.
    pub(super) shades: Vec<Series>,
}

impl Parts {
    /// Empty for a run without a steady part.
    pub(super) fn of(run: &RunAnalysis) -> Self {
        let (mut legend, mut shades) = (Vec::new(), Vec::new());
        if let Some(steady) = &run.steady {
            let mut shade = |from: f64, to: f64, colour: RGBColor, name: &'static str| {
                let (low, high) = EVERYWHERE;
                shades.push(Series::Shade([(from, low), (to, high)], colour));
                legend.push((Mark::Shade(colour), name));
            };
            let (before, name) = match steady.scope {
                Scope::Hold => ("ramp-up and warm-up", "steady part"),
                Scope::WholeRun => ("warm-up", "all that is analysed"),
            };
            // The first request starts a moment after the part does.
            if steady.from_s >= 0.5 {
                shade(0.0, steady.from_s, palette::BEFORE, before);
            }
            shade(steady.from_s, steady.to_s, palette::STEADY, name);
        }
        Self { legend, shades }
    }
}

/// The middle of a second.
pub(super) fn middle(second: u32) -> f64 {
    f64::from(second) + 0.5
}

/// Planned and achieved load in a panel of so many pixels.
pub(super) fn load_panel(
    heading: &str,
    load: &Load,
    seconds: &Axis,
    y: Axis,
    height: i32,
) -> Panel {
    let points = load.seconds.iter();
    let achieved: Vec<_> = points.map(|it| (middle(it.second), it.achieved)).collect();
    let planned = load.seconds.iter().filter(|it| it.planned.is_some());
    let planned = planned.map(|it| (middle(it.second), it.planned)).collect();
    let joined = achieved.iter().map(|(x, y)| (*x, Some(*y))).collect();
    Panel::over_time(heading, seconds.clone(), y, height).with([
        Series::Area(achieved, palette::USERS),
        line(joined, palette::USERS),
        Series::Line(planned, Stroke::dashed(palette::PLANNED)),
    ])
}

/// The load of a run, second by second.
pub(super) struct Load {
    pub(super) unit: Unit,
    pub(super) seconds: Vec<UsersInSecond>,
}

impl Load {
    /// Users, arrivals, or both, each where it was recorded.
    pub(super) fn of(run: &RunAnalysis) -> Vec<Self> {
        let arrivals = run.open_model.iter().flat_map(|open| &open.arrivals);
        let in_second = |arrivals: &ArrivalsInSecond| UsersInSecond {
            second: arrivals.second,
            planned: Some(arrivals.planned as f64),
            achieved: arrivals.started as f64,
        };
        let loads = [
            (USERS, run.users.clone()),
            (ARRIVALS, arrivals.map(in_second).collect()),
        ];
        let loads = loads.into_iter().filter(|(_, load)| !load.is_empty());
        loads
            .map(|(unit, seconds)| Self { unit, seconds })
            .collect()
    }

    /// The most of a second, planned or achieved.
    pub(super) fn peak(&self) -> f64 {
        let seconds = self.seconds.iter();
        seconds
            .map(|it| it.planned.unwrap_or_default().max(it.achieved))
            .fold(0.0, f64::max)
    }
}

/// What a load is counted in.
#[derive(Debug)]
pub(super) struct Unit {
    /// Name of the figure.
    pub(super) name: &'static str,
    pub(super) heading: &'static str,
    /// After a number.
    pub(super) noun: &'static str,
    /// Entries of a legend: what the load was, and what it should have been.
    pub(super) legend: [(Mark, &'static str); 2],
}

pub(super) const USERS: Unit = Unit {
    name: "users",
    heading: "Users",
    noun: "users",
    legend: [
        (Mark::Line(palette::USERS), "active users"),
        (Mark::Dashes(palette::PLANNED), "planned users"),
    ],
};

const ARRIVALS: Unit = Unit {
    name: "arrivals",
    heading: "Arrivals per second",
    noun: "arrivals a second",
    legend: [
        (Mark::Line(palette::USERS), "arrivals begun"),
        (Mark::Dashes(palette::PLANNED), "arrivals planned"),
    ],
};
