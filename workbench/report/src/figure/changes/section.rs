//! Changes on one axis: lines of labels and of metrics, with the margin and no change drawn through them.

use plotters::style::Color;
use plotters::style::text_anchor::HPos;
use workbench_analysis::{BetweenRuns, MetricComparison, Verdict};

use super::super::axis::{Axis, Scale};
use super::super::lettering::{self, Mark, Style};
use super::super::palette;
use super::super::panel::{Frame, Panel, XLabels};
use crate::between::{TOTAL, words};
use crate::canvas::{Area, px};
use crate::error::DrawError;
use crate::table::one_line;

/// Changes on one axis.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) heading: &'static str,
    pub(super) axis: Axis,
    pub(super) margin: (f64, f64),
    pub(super) lines: Vec<Line>,
}

/// One line of a section.
#[derive(Debug)]
pub(super) enum Line {
    /// The label of the lines that follow.
    Label(String),
    Change(Change),
}

#[derive(Debug)]
pub(super) struct Change {
    pub(super) name: String,
    pub(super) bold: bool,
    pub(super) estimate: f64,
    /// Where the interval ends; `None` where it is open, and without an interval.
    pub(super) low: Option<f64>,
    pub(super) high: Option<f64>,
    pub(super) verdict: Verdict,
    pub(super) text: String,
}

impl Section {
    pub(super) fn of_ratios(rows: &[&MetricComparison], between: &BetweenRuns) -> Option<Self> {
        // As far down as up on a logarithmic scale, as the verdicts have it.
        let margin = (1.0 / (1.0 + between.margin) - 1.0, between.margin);
        let (low, high) = range(rows, margin)?;
        let mut lines = Vec::new();
        let mut label = None;
        for row in rows {
            if label != Some(&row.request) {
                lines.push(Line::Label(one_line(&row.request)));
                label = Some(&row.request);
            }
            lines.push(Line::Change(Change::of(
                row,
                words::metric(row.metric).to_owned(),
                false,
            )));
        }
        Some(Self {
            heading: "Change of times and throughput",
            axis: Axis::changes(low, high),
            margin,
            lines,
        })
    }

    pub(super) fn of_differences(
        rows: &[&MetricComparison],
        between: &BetweenRuns,
    ) -> Option<Self> {
        let margin = (-between.error_rate_margin, between.error_rate_margin);
        let (low, high) = range(rows, margin)?;
        let lines = rows
            .iter()
            .map(|row| {
                Line::Change(Change::of(
                    row,
                    one_line(&row.request),
                    row.request == TOTAL,
                ))
            })
            .collect();
        Some(Self {
            heading: "Difference of error rates, in percentage points (pp)",
            axis: Axis::points(low, high),
            margin,
            lines,
        })
    }

    pub(super) fn draw(&self, area: &Area<'_>, frame: Frame) -> Result<(), DrawError> {
        let rows = Axis {
            scale: Scale::Linear,
            from: 0.0,
            to: self.lines.len() as f64,
            ticks: Vec::new(),
            minor: Vec::new(),
        };
        let panel = Panel::new(area, frame, &self.axis, &rows, XLabels::Shown)?;
        panel.band(self.margin, palette::MARGIN)?;
        let zero = palette::INK.stroke_width(px(1).unsigned_abs());
        panel.straight((0.0, rows.from), (0.0, rows.to), zero)?;
        panel.heading(&format!("{}{}", self.heading, self.axis.note()))?;
        let style = Style::small(palette::INK);
        for (index, line) in self.lines.iter().enumerate() {
            let y = (self.lines.len() - index) as f64 - 0.5;
            let (_, at) = panel.pixel(self.axis.from, y);
            match line {
                Line::Label(label) => {
                    let room = px(frame.right - 24);
                    let label = lettering::fitted(label, style.bold(), room);
                    lettering::write(area, &label, (px(20), at), style.bold())?;
                }
                Line::Change(change) => {
                    change.draw(area, &panel, y)?;
                    let named = if change.bold { style.bold() } else { style };
                    let named = named.across(HPos::Right);
                    let name = lettering::fitted(&change.name, named, px(frame.left - 30));
                    lettering::write(area, &name, (px(frame.left - 10), at), named)?;
                    let place = (px(frame.right + 14), at);
                    lettering::write(area, &change.text, place, style)?;
                }
            }
        }
        Ok(())
    }
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

impl Change {
    fn of(row: &MetricComparison, name: String, bold: bool) -> Self {
        Self {
            name,
            bold,
            estimate: row.change.unwrap_or(0.0),
            low: row.interval.map(|interval| interval.lower),
            high: row.interval.and_then(|interval| interval.upper),
            verdict: row.verdict,
            text: words::change_with_interval(row).unwrap_or_default(),
        }
    }

    fn draw(&self, area: &Area<'_>, panel: &Panel<'_, '_>, y: f64) -> Result<(), DrawError> {
        let thin = palette::MUTED.stroke_width((px(3) / 2).unsigned_abs());
        let (left, right) = panel.x_range();
        if let Some(low) = self.low {
            let high = self.high.unwrap_or(right);
            panel.straight((low, y), (high, y), thin)?;
            // An end without a tick goes on outside of the figure.
            for end in [Some(low), self.high].into_iter().flatten() {
                if (left..=right).contains(&end) {
                    panel.straight((end, y - 0.2), (end, y + 0.2), thin)?;
                }
            }
        }
        lettering::draw_at(area, mark(self.verdict), panel.pixel(self.estimate, y))
    }
}

/// Verdicts differ by shape, and by colour besides.
pub(super) fn mark(verdict: Verdict) -> Mark {
    match verdict {
        Verdict::Invalid => Mark::Cross(palette::INK),
        Verdict::Regressed => Mark::Triangle(palette::REGRESSED),
        Verdict::Improved => Mark::Diamond(palette::IMPROVED),
        Verdict::Inconclusive => Mark::Ring(palette::MUTED),
        Verdict::Equivalent => Mark::Dot(palette::EQUIVALENT),
    }
}
