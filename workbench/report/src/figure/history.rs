//! The metrics of a history over its sessions, with levels, change points and breaks.

use plotters::style::RGBColor;
use workbench_analysis::history::{History, HistoryMetric};
use workbench_analysis::{Metric, Verdict};

use super::axis::{Axis, Scale, Tick};
use super::palette;
use super::plot::{EVERYWHERE, Figure, Mark, Panel, Series, Stroke};
use crate::format;
use crate::history::terms;
use crate::table::one_line;

/// More would not fit onto a page.
const PANELS: usize = 7;
/// Dates below a panel.
const DATES: usize = 8;
/// From so many sessions on, dots are small.
const MANY: usize = 40;
/// Nanoseconds in a millisecond.
const MS: f64 = 1e6;

/// The figures; several where there are many metrics.
pub(crate) fn figures(history: &History) -> Vec<Figure> {
    let metrics = (1..).zip(history.metrics.chunks(PANELS));
    metrics
        .map(|(number, metrics)| figure(history, number, metrics))
        .collect()
}

fn figure(history: &History, number: usize, metrics: &[HistoryMetric]) -> Figure {
    let sessions = sessions(history);
    let breaks: Vec<f64> = history.breaks.iter().map(|it| before(it.session)).collect();
    let metrics = metrics.iter().filter_map(|metric| {
        let panel = panel(metric, &sessions, &breaks)?;
        Some((panel, metric.changes.len()))
    });
    let (panels, changes): (Vec<Panel>, Vec<usize>) = metrics.unzip();
    let mut legend = vec![
        (Mark::Dot(palette::MEDIAN), "session"),
        (Mark::Line(palette::INK), "level"),
        (Mark::Dashes(palette::REGRESSED), "change for the worse"),
        (Mark::Dashes(palette::IMPROVED), "for the better"),
        (Mark::Dashes(palette::MUTED), "other change"),
    ];
    let mut of_breaks = "";
    if !breaks.is_empty() {
        legend.push((Mark::Line(palette::EXTREMES), "break"));
        of_breaks = " Solid vertical lines are breaks: sessions on either side cannot be compared.";
    }
    let caption = format!(
        "{} over sessions. Each dot is a session; horizontal lines are the means of levels, dashed vertical lines the {} \
         between them.{of_breaks}",
        format::counted(panels.len() as u64, "metric"),
        format::counted(changes.iter().sum::<usize>() as u64, "change point"),
    );
    let title = format!("History of {}", one_line(&history.source));
    let figure = Figure::new(&format!("history-{number}"), title, caption, &legend);
    // Each has its own dates: they are far apart.
    panels
        .into_iter()
        .map(|panel| vec![panel])
        .fold(figure, Figure::with)
}

/// The place between a session and the one before it.
fn before(session: usize) -> f64 {
    session as f64 - 0.5
}

/// An axis with the days of some of the sessions.
fn sessions(history: &History) -> Axis {
    let count = history.sessions.len();
    let stride = count.div_ceil(DATES).max(1);
    let ticks = (0..count).step_by(stride);
    let ticks = ticks.map(|session| Tick::new(session as f64, terms::day(history, session)));
    Axis {
        scale: Scale::Linear,
        from: -0.5,
        to: count as f64 - 0.5,
        ticks: ticks.collect(),
        minor: Vec::new(),
    }
}

/// One metric, in the unit of its axis; `None` without values.
fn panel(metric: &HistoryMetric, sessions: &Axis, breaks: &[f64]) -> Option<Panel> {
    let factor = if metric.unit == "ms" { MS } else { 1.0 };
    let values = (0..).zip(&metric.values);
    let dots: Vec<(f64, f64)> = values
        .filter_map(|(session, value)| Some((f64::from(session), (*value)? * factor)))
        .collect();
    let values = || dots.iter().map(|(_, value)| *value);
    let (low, high) = (values().reduce(f64::min)?, values().reduce(f64::max)?);
    // Values that are all alike have room as well.
    let room = 0.05 * (high - low).max(0.01 * high.abs());
    let (low, high) = (low - room, high + room);
    let axis = match (metric.unit.as_str(), metric.metric()) {
        ("ms", _) => Axis::times_between(low.max(0.0), high),
        (_, Some(Metric::ErrorRate)) => Axis::shares(high),
        _ => Axis::rates_between(low, high),
    };
    let upright = |x: f64| [(x, EVERYWHERE.0), (x, EVERYWHERE.1)];
    let dashes = metric.changes.iter().map(|change| {
        let ends = [
            (before(change.session), axis.from),
            (before(change.session), axis.to),
        ];
        let points = ends.map(|(x, y)| (x, Some(y))).into();
        Series::Line(points, Stroke::dashed(colour(change.verdict)))
    });
    let levels = metric.levels.iter().map(|level| {
        let mean = level.mean * factor;
        [(before(level.from), mean), (before(level.to + 1), mean)]
    });
    let breaks = breaks.iter().map(|place| upright(*place)).collect();
    let dot = if dots.len() > MANY {
        Mark::Speck
    } else {
        Mark::Dot
    };
    let mut series = vec![Series::Strokes(
        breaks,
        Stroke::solid(palette::EXTREMES, 2.0),
    )];
    series.extend(dashes);
    series.push(Series::Marks(dots, dot(palette::MEDIAN)));
    series.push(Series::Strokes(
        levels.collect(),
        Stroke::solid(palette::INK, 1.5),
    ));
    let heading = format!("{}{}", one_line(&metric.name), terms::direction(metric));
    Some(Panel::new(heading, sessions.clone(), axis, 112).with(series))
}

fn colour(verdict: Option<Verdict>) -> RGBColor {
    match verdict {
        Some(Verdict::Regressed) => palette::REGRESSED,
        Some(Verdict::Improved) => palette::IMPROVED,
        _ => palette::MUTED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::history as fixture;

    #[test]
    fn levels_meet_at_the_change_point_and_the_break() {
        let history = fixture::history();
        let sessions = sessions(&history);
        let panel = panel(&history.metrics[0], &sessions, &[29.5]).unwrap();
        let [
            Series::Strokes(breaks, _),
            Series::Line(change, stroke),
            Series::Marks(dots, _),
            Series::Strokes(levels, _),
        ] = &panel.series[..]
        else {
            panic!("{:?}", panel.series)
        };
        assert_eq!((breaks[0][0].0, dots.len()), (29.5, 40));
        assert_eq!((change[0].0, stroke.colour), (14.5, palette::REGRESSED));
        let ends: Vec<_> = levels.iter().map(|[from, to]| (from.0, to.0)).collect();
        assert_eq!(ends, [(-0.5, 14.5), (14.5, 29.5), (29.5, 39.5)]);
        // Milliseconds are drawn as nanoseconds.
        assert!(levels[0][0].1 > 1e8, "{levels:?}");
    }

    #[test]
    fn many_metrics_have_several_figures() {
        let mut history = fixture::history();
        let metric = history.metrics[0].clone();
        history.metrics = vec![metric; 15];
        assert_eq!(figures(&history).len(), 3);
        assert!(figures(&history)[0].svg().unwrap().starts_with("<svg"));
    }
}
