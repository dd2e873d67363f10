//! The metrics of a history over its sessions, with levels, change points and breaks.

use plotters::style::{Color, RGBColor};
use workbench_analysis::Verdict;
use workbench_analysis::history::{History, HistoryMetric};

use super::axis::{Axis, Scale, Tick};
use super::lettering::{self, Mark};
use super::panel::{self, Frame, Panel, XLabels};
use super::{Figure, WIDTH, palette};
use crate::canvas::{Area, px};
use crate::error::DrawError;
use crate::history::words;
use crate::table::one_line;

const TOP: i32 = 104;
/// Height of a panel's plot, and of all that belongs to it.
const PLOT: i32 = 112;
const STEP: i32 = 176;
/// More would not fit onto a page.
const PANELS: usize = 7;
/// Dates below a panel.
const DATES: usize = 8;
/// From so many sessions on, dots are small.
const MANY: usize = 80;
/// Nanoseconds in a millisecond.
const MS: f64 = 1e6;

#[derive(Debug)]
struct Data {
    sessions: Axis,
    panels: Vec<Course>,
    breaks: Vec<f64>,
}

/// One metric, in the unit of its axis.
#[derive(Debug)]
struct Course {
    heading: String,
    axis: Axis,
    dots: Vec<(f64, f64)>,
    levels: Vec<[(f64, f64); 2]>,
    changes: Vec<(f64, RGBColor)>,
}

/// The figures; several where there are many metrics.
pub(crate) fn figures(history: &History) -> Vec<Figure> {
    (1..)
        .zip(history.metrics.chunks(PANELS))
        .map(|(number, metrics)| {
            let data = Data::of(history, metrics);
            let height = TOP + STEP * data.panels.len() as i32 - 12;
            let name = format!("history-{number}");
            let title = format!("History of {}", one_line(&history.source));
            Figure::new(&name, title, data.caption(), height, move |area| {
                data.draw(area)
            })
        })
        .collect()
}

impl Data {
    fn of(history: &History, metrics: &[HistoryMetric]) -> Self {
        let count = history.sessions.len();
        let stride = count.div_ceil(DATES).max(1);
        let ticks = (0..count).step_by(stride).map(|session| Tick {
            value: session as f64,
            label: words::day(history, session).to_owned(),
        });
        Self {
            sessions: Axis {
                scale: Scale::Linear,
                from: -0.5,
                to: count as f64 - 0.5,
                ticks: ticks.collect(),
                minor: Vec::new(),
            },
            panels: metrics.iter().filter_map(Course::of).collect(),
            breaks: history.breaks.iter().map(|it| before(it.session)).collect(),
        }
    }

    fn caption(&self) -> String {
        let changes: usize = self.panels.iter().map(|panel| panel.changes.len()).sum();
        let breaks = if self.breaks.is_empty() {
            ""
        } else {
            " Solid vertical lines are breaks: sessions on either side cannot be compared."
        };
        format!(
            "{} over sessions. Each dot is a session; horizontal lines are the means of levels, dashed vertical lines the {} \
             between them.{breaks}",
            crate::format::counted(self.panels.len() as u64, "metric"),
            crate::format::counted(changes as u64, "change point"),
        )
    }

    fn draw(&self, area: &Area<'_>) -> Result<(), DrawError> {
        let mut legend = vec![
            (Mark::Dot(palette::MEDIAN), "session"),
            (Mark::Line(palette::INK), "level"),
            (Mark::Dashes(palette::REGRESSED), "change for the worse"),
            (Mark::Dashes(palette::IMPROVED), "for the better"),
            (Mark::Dashes(palette::MUTED), "other change"),
        ];
        if !self.breaks.is_empty() {
            legend.push((Mark::Line(palette::EXTREMES), "break"));
        }
        lettering::legend(area, (px(20), px(54)), &legend)?;
        let rooms = self.panels.iter().map(|it| panel::label_room(&it.axis));
        let left = 20 + rooms.max().unwrap_or(0);
        for (row, course) in (0..).zip(&self.panels) {
            let top = TOP + STEP * row;
            let frame = Frame {
                left,
                top,
                right: WIDTH - 28,
                bottom: top + PLOT,
            };
            course.draw(area, frame, self)?;
        }
        Ok(())
    }
}

/// The place between a session and the one before it.
fn before(session: usize) -> f64 {
    session as f64 - 0.5
}

impl Course {
    fn of(metric: &HistoryMetric) -> Option<Self> {
        let factor = if metric.unit == "ms" { MS } else { 1.0 };
        let dots: Vec<(f64, f64)> = (0..)
            .zip(&metric.values)
            .filter_map(|(session, value)| Some((f64::from(session), (*value)? * factor)))
            .collect();
        let values = || dots.iter().map(|(_, value)| *value);
        let (low, high) = (values().reduce(f64::min)?, values().reduce(f64::max)?);
        // Values that are all alike have room as well.
        let room = 0.05 * (high - low).max(0.01 * high.abs());
        let (low, high) = (low - room, high + room);
        Some(Self {
            heading: format!("{}{}", one_line(&metric.name), words::direction(metric)),
            axis: match (metric.unit.as_str(), metric.metric()) {
                ("ms", _) => Axis::times_between(low.max(0.0), high),
                (_, Some(workbench_analysis::Metric::ErrorRate)) => Axis::shares(high),
                _ => Axis::rates_between(low, high),
            },
            levels: metric
                .levels
                .iter()
                .map(|level| {
                    let mean = level.mean * factor;
                    [(before(level.from), mean), (before(level.to + 1), mean)]
                })
                .collect(),
            changes: metric
                .changes
                .iter()
                .map(|change| {
                    let color = match change.verdict {
                        Some(Verdict::Regressed) => palette::REGRESSED,
                        Some(Verdict::Improved) => palette::IMPROVED,
                        _ => palette::MUTED,
                    };
                    (before(change.session), color)
                })
                .collect(),
            dots,
        })
    }

    fn draw(&self, area: &Area<'_>, frame: Frame, data: &Data) -> Result<(), DrawError> {
        let panel = Panel::new(area, frame, &data.sessions, &self.axis, XLabels::Shown)?;
        panel.heading(&self.heading)?;
        let (from, to) = (self.axis.from, self.axis.to);
        let solid = palette::EXTREMES.stroke_width(px(2).unsigned_abs());
        for place in &data.breaks {
            panel.straight((*place, from), (*place, to), solid)?;
        }
        for (place, color) in &self.changes {
            panel.dashes(&[(*place, from), (*place, to)], *color)?;
        }
        let radius = if self.dots.len() > MANY { px(2) } else { px(3) };
        for (session, value) in &self.dots {
            let at = panel.pixel(*session, *value);
            lettering::dot_of(area, at, palette::MEDIAN, radius)?;
        }
        let level = palette::INK.stroke_width((px(3) / 2).unsigned_abs());
        for [from, to] in &self.levels {
            panel.straight(*from, *to, level)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::history as fixture;

    #[test]
    fn levels_meet_at_the_change_point_and_the_break() {
        let history = fixture::history();
        let data = Data::of(&history, &history.metrics);
        assert_eq!(data.breaks, [29.5]);
        let p95 = &data.panels[0];
        assert_eq!(p95.dots.len(), 40);
        assert_eq!(p95.changes, [(14.5, palette::REGRESSED)]);
        let ends: Vec<_> = p95.levels.iter().map(|[from, to]| (from.0, to.0)).collect();
        assert_eq!(ends, [(-0.5, 14.5), (14.5, 29.5), (29.5, 39.5)]);
        // Milliseconds are drawn as nanoseconds.
        assert!(p95.levels[0][0].1 > 1e8, "{:?}", p95.levels);
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
