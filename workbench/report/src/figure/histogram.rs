//! The latency histogram: how many requests took how long, on a logarithmic axis.

use plotters::style::text_anchor::HPos;
use plotters::style::{Color, RGBColor};
use workbench_analysis::{Bin, RunAnalysis};

use super::axis::Axis;
use super::lettering::{self, Mark, Style};
use super::panel::{self, Frame, Panel, XLabels};
use super::{Figure, WIDTH, palette};
use crate::canvas::{Area, px};
use crate::error::DrawError;
use crate::format;

#[derive(Debug)]
struct Data {
    bins: Vec<Bin>,
    lines: [(&'static str, f64, RGBColor); 3],
    times: Axis,
    counts: Axis,
}

/// The figure; `None` without samples.
pub(super) fn figure(run: &RunAnalysis) -> Option<Figure> {
    let data = Data::of(run)?;
    Some(Figure::new(
        "histogram",
        "Distribution of response times, all requests".to_owned(),
        caption(run),
        480,
        move |area| data.draw(area),
    ))
}

impl Data {
    fn of(run: &RunAnalysis) -> Option<Self> {
        let first = run.histogram.iter().position(|bin| bin.count > 0)?;
        let last = run.histogram.iter().rposition(|bin| bin.count > 0)?;
        let bins = run.histogram[first..=last].to_vec();
        let highest = bins.iter().map(|bin| bin.count).max()?;
        Some(Self {
            lines: [
                ("median", run.total.p50_ns, palette::MEDIAN),
                ("95% line", run.total.p95_ns, palette::P95),
                ("99% line", run.total.p99_ns, palette::P99),
            ],
            times: Axis::times_by_ratio(bins[0].from_ns, bins[bins.len() - 1].to_ns),
            counts: Axis::counts(highest as f64),
            bins,
        })
    }

    fn draw(&self, area: &Area<'_>) -> Result<(), DrawError> {
        lettering::legend(
            area,
            (px(20), px(54)),
            &[
                (Mark::Bar(palette::COUNTS), "requests"),
                (Mark::Line(palette::MEDIAN), "median"),
                (Mark::Line(palette::P95), "95% line"),
                (Mark::Line(palette::P99), "99% line"),
            ],
        )?;
        let frame = Frame {
            left: 20 + panel::label_room(&self.counts),
            top: 144,
            right: WIDTH - 36,
            bottom: 420,
        };
        let panel = Panel::new(area, frame, &self.times, &self.counts, XLabels::Shown)?;
        panel.x_title("Response time, logarithmic scale")?;
        for bin in &self.bins {
            if bin.count > 0 {
                panel.bar(bin.from_ns, bin.to_ns, bin.count as f64, palette::COUNTS)?;
            }
        }
        for (row, (_, value, color)) in self.lines.iter().enumerate() {
            self.mark(area, &panel, frame, row, *value, *color)?;
        }
        Ok(())
    }

    /// Draws one of the lines up to a row of its own, so that their values never overlap.
    fn mark(
        &self,
        area: &Area<'_>,
        panel: &Panel<'_, '_>,
        frame: Frame,
        row: usize,
        value: f64,
        color: RGBColor,
    ) -> Result<(), DrawError> {
        if !value.is_finite() {
            return Ok(());
        }
        let (name, ..) = self.lines[row];
        let (x, base) = panel.pixel(value, 0.0);
        let top = px(frame.top - 54 + 17 * row as i32);
        let line = color.stroke_width(px(2).unsigned_abs());
        area.draw(&plotters::element::PathElement::new(
            vec![(x, base), (x, top)],
            line,
        ))?;
        let text = format!("{name} {}", format::time(value));
        let style = Style::small(palette::INK);
        let fits = x + px(6) + lettering::width(&text, style) <= px(frame.right);
        let (place, style) = if fits {
            (x + px(6), style)
        } else {
            (x - px(6), style.across(HPos::Right))
        };
        lettering::write(area, &text, (place, top + px(6)), style)
    }
}

fn caption(run: &RunAnalysis) -> String {
    let total = &run.total;
    format!(
        "{} between {} and {}: half within {}, 95% within {}, 99% within {}. \
         Bars are equally wide in ratio, not in time.",
        format::counted(total.samples, "request"),
        format::time(total.min_ns),
        format::time(total.max_ns),
        format::time(total.p50_ns),
        format::time(total.p95_ns),
        format::time(total.p99_ns),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn empty_bins_at_the_ends_are_left_out_and_those_between_kept() {
        let mut run = fixture::single().runs.remove(0);
        run.histogram = [0, 3, 0, 7, 0]
            .into_iter()
            .zip([1e6, 2e6, 4e6, 8e6, 16e6])
            .map(|(count, from_ns)| Bin {
                from_ns,
                to_ns: from_ns * 2.0,
                count,
            })
            .collect();
        let data = Data::of(&run).unwrap();
        let counts: Vec<_> = data.bins.iter().map(|bin| bin.count).collect();
        assert_eq!(counts, [3, 0, 7]);
        let lines = data.lines.map(|(name, value, _)| (name, value));
        insta::assert_debug_snapshot!((lines, data.times, data.counts));
    }
}
