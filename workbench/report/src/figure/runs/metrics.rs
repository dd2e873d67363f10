//! One metric of one label in the run-to-run plot: each run of each group.

use plotters::style::Color;
use plotters::style::text_anchor::{HPos, VPos};
use workbench_analysis::{Group, Metric};

use crate::between::words;
use crate::canvas::{Area, px};
use crate::error::DrawError;
use crate::figure::axis::{Axis, Scale};
use crate::figure::lettering::{self, Mark, Style};
use crate::figure::palette;
use crate::figure::panel::{Frame, Panel, XLabels};

/// Dots become smaller where there are more of them in a panel.
const LARGE_DOTS: usize = 24;
/// Room for the intervals of runs that are all alike, as a share of their value.
const ROOM_OF_LIKE: f64 = 0.02;
/// Share of a group's width that stays free at either side.
const FREE: f64 = 0.12;

/// One metric of one label.
#[derive(Debug)]
pub(super) struct Metrics {
    pub(super) metric: Metric,
    pub(super) axis: Axis,
    pub(super) groups: Vec<Runs>,
    /// Runs of one block in neighbouring groups: both ends, as places across and values.
    pub(super) pairs: Vec<[(f64, f64); 2]>,
}

/// Runs of one group.
#[derive(Debug)]
pub(super) struct Runs {
    pub(super) dots: Vec<Dot>,
    pub(super) mean: Option<f64>,
    interval: Option<(f64, f64)>,
}

/// One run that has a value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dot {
    /// Position of the run in its group.
    run: usize,
    /// Place across.
    x: f64,
    pub(super) value: f64,
    valid: bool,
}

impl Metrics {
    pub(super) fn of(groups: &[Group], request: &str, metric: Metric) -> Option<Self> {
        let of_groups: Vec<_> = groups
            .iter()
            .enumerate()
            .map(|(index, group)| Runs::of(group, index, request, metric))
            .collect();
        let (low, high) = range(&of_groups)?;
        let axis = match metric {
            Metric::Throughput => Axis::rates_between(low, high),
            Metric::ErrorRate => Axis::shares(high),
            _ => Axis::times_between(low, high),
        };
        let pairs = groups
            .windows(2)
            .zip(of_groups.windows(2))
            .flat_map(|(groups, runs)| pairs(&groups[0], &groups[1], &runs[0], &runs[1]))
            .collect();
        Some(Self {
            metric,
            axis,
            groups: of_groups,
            pairs,
        })
    }

    pub(super) fn is_cut(&self) -> bool {
        self.groups
            .iter()
            .any(|runs| runs.cut(&self.axis).into_iter().any(|cut| cut))
    }

    pub(super) fn draw(
        &self,
        area: &Area<'_>,
        frame: Frame,
        names: &[String],
    ) -> Result<(), DrawError> {
        let places = Axis {
            scale: Scale::Linear,
            from: 0.0,
            to: self.groups.len() as f64,
            ticks: Vec::new(),
            minor: (1..self.groups.len()).map(|edge| edge as f64).collect(),
        };
        let panel = Panel::new(area, frame, &places, &self.axis, XLabels::Hidden)?;
        let unit = match self.metric {
            Metric::Throughput => ", requests per second",
            Metric::ErrorRate => "",
            _ => ", response time",
        };
        panel.heading(&format!("{}{unit}", words::metric(self.metric)))?;
        let dots: usize = self.groups.iter().map(|runs| runs.dots.len()).sum();
        let radius = if dots > LARGE_DOTS { px(5) / 2 } else { px(4) };
        for (index, runs) in self.groups.iter().enumerate() {
            runs.draw_mean(&panel, index as f64)?;
            let middle = index as f64 + 0.5;
            let [below, above] = runs.cut(&self.axis);
            if above {
                let (x, y) = panel.pixel(middle, self.axis.to);
                lettering::pointer(area, (x, y), px(6), palette::MUTED)?;
            }
            if below {
                let (x, y) = panel.pixel(middle, self.axis.from);
                lettering::pointer(area, (x, y), -px(6), palette::MUTED)?;
            }
        }
        let thin = palette::EXTREMES.stroke_width((px(1) * 3 / 4).unsigned_abs());
        for [from, to] in &self.pairs {
            panel.straight(*from, *to, thin)?;
        }
        let style = Style::small(palette::INK)
            .across(HPos::Center)
            .down(VPos::Top);
        let room = px(frame.right - frame.left) / self.groups.len() as i32 - px(6);
        for (index, (runs, name)) in self.groups.iter().zip(names).enumerate() {
            for dot in &runs.dots {
                let at = panel.pixel(dot.x, dot.value);
                if dot.valid {
                    lettering::dot_of(area, at, palette::of_run(index), radius)?;
                } else {
                    lettering::draw_at(area, Mark::Cross(palette::INK), at)?;
                }
            }
            let (column, base) = panel.pixel(index as f64 + 0.5, self.axis.from);
            let name = lettering::fitted(name, style, room);
            lettering::write(area, &name, (column, base + px(8)), style)?;
        }
        Ok(())
    }
}

impl Runs {
    fn of(group: &Group, index: usize, request: &str, metric: Metric) -> Self {
        let statistic = group
            .statistics
            .iter()
            .find(|statistic| statistic.request == request && statistic.metric == metric);
        let runs = group.runs.len().max(1) as f64;
        let place =
            |run: usize| index as f64 + FREE + (1.0 - 2.0 * FREE) * (run as f64 + 0.5) / runs;
        let values = statistic.map_or(&[][..], |statistic| &statistic.values);
        Self {
            dots: values
                .iter()
                .enumerate()
                .filter_map(|(run, value)| {
                    let value = value.filter(|value| value.is_finite())?;
                    let valid = group.runs.get(run).is_none_or(|run| run.valid);
                    Some(Dot {
                        run,
                        x: place(run),
                        value,
                        valid,
                    })
                })
                .collect(),
            mean: statistic.and_then(|statistic| statistic.mean),
            interval: statistic
                .and_then(|statistic| statistic.interval)
                .and_then(|interval| Some((interval.lower, interval.upper?))),
        }
    }

    /// Whether the interval goes on below the axis, and above it.
    pub(super) fn cut(&self, axis: &Axis) -> [bool; 2] {
        self.interval.map_or([false; 2], |(low, high)| {
            // Nothing lies below none.
            [low.max(0.0) < axis.from, high > axis.to]
        })
    }

    fn draw_mean(&self, panel: &Panel<'_, '_>, index: f64) -> Result<(), DrawError> {
        let (from, to) = (index + FREE / 2.0, index + 1.0 - FREE / 2.0);
        if let Some(interval) = self.interval {
            panel.shade((from, to), interval, palette::MARGIN)?;
        }
        if let Some(mean) = self.mean {
            let style = palette::INK.stroke_width((px(3) / 2).unsigned_abs());
            panel.straight((from, mean), (to, mean), style)?;
        }
        Ok(())
    }
}

/// What an axis has to show: every run, and intervals as far as they leave the runs room.
///
/// Of two runs the interval is ten times as wide as they lie apart and more.
fn range(groups: &[Runs]) -> Option<(f64, f64)> {
    let values = || {
        groups
            .iter()
            .flat_map(|runs| &runs.dots)
            .map(|dot| dot.value)
    };
    let (low, high) = (values().reduce(f64::min)?, values().reduce(f64::max)?);
    let intervals = || groups.iter().filter_map(|runs| runs.interval);
    let lowest = intervals().map(|(low, _)| low).fold(low, f64::min);
    let highest = intervals().map(|(_, high)| high).fold(high, f64::max);
    // Runs that are all alike have room as well.
    let room = (high - low).max(high * ROOM_OF_LIKE);
    Some((lowest.max(low - room), highest.min(high + room)))
}

/// Runs of the same block in two groups, where both have a value.
fn pairs(a: &Group, b: &Group, of_a: &Runs, of_b: &Runs) -> Vec<[(f64, f64); 2]> {
    let block = |group: &Group, dot: &Dot| group.runs.get(dot.run)?.block.clone();
    of_a.dots
        .iter()
        .filter_map(|dot| {
            let of_it = block(a, dot)?;
            let mut others = of_b.dots.iter();
            let partner = others.find(|other| block(b, other).as_ref() == Some(&of_it))?;
            Some([(dot.x, dot.value), (partner.x, partner.value)])
        })
        .collect()
}
