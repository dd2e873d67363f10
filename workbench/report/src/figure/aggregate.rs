//! The aggregate graph: average, median, 90, 95 and 99 % line, shortest and longest time of each label.
//!
//! Each label has a line of its own on a logarithmic axis, so that the longest times do not dwarf the
//! rest as they do in bars.

use plotters::style::text_anchor::HPos;
use plotters::style::{Color, RGBColor};
use workbench_analysis::{RequestStatistics, RunAnalysis};

use super::axis::{Axis, Scale};
use super::lettering::{self, Mark, Style};
use super::panel::{Frame, Panel, XLabels};
use super::{Figure, WIDTH, palette};
use crate::canvas::{Area, px};
use crate::error::DrawError;
use crate::format;
use crate::tables::slowest;

/// Pixels from one label's line to the next one's.
const ROW: i32 = 38;
const TOP: i32 = 84;
const BELOW: i32 = 62;
/// Of more labels only the slowest are drawn.
const LABELS: usize = 20;

#[derive(Debug)]
struct Data {
    rows: Vec<Row>,
    axis: Axis,
    /// What is said of the labels that are not drawn.
    rest: String,
}

#[derive(Debug)]
struct Row {
    label: String,
    min_ns: f64,
    max_ns: f64,
    mean_ns: f64,
    p50_ns: f64,
    p90_ns: f64,
    p95_ns: f64,
    p99_ns: f64,
}

/// The figure; `None` without samples.
pub(super) fn figure(run: &RunAnalysis) -> Option<Figure> {
    let data = Data::of(run)?;
    let height = TOP + ROW * data.rows.len() as i32 + BELOW;
    let title = "Response time by request: average, median, 90, 95 and 99% line, min and max";
    Some(Figure::new(
        "aggregate",
        title.to_owned(),
        data.caption(),
        height,
        move |area| data.draw(area),
    ))
}

impl Data {
    fn of(run: &RunAnalysis) -> Option<Self> {
        let mut measured: Vec<_> = run.requests.iter().filter(|row| row.samples > 0).collect();
        let mut rest = String::new();
        if measured.len() > LABELS {
            measured = slowest(run);
            rest = in_words(&measured.split_off(LABELS));
        }
        // A total of one label would repeat it.
        if measured.len() > 1 {
            measured.push(&run.total);
        }
        let low = measured.iter().map(|row| row.min_ns).reduce(f64::min)?;
        let high = measured.iter().map(|row| row.max_ns).reduce(f64::max)?;
        Some(Self {
            rows: measured.into_iter().map(Row::of).collect(),
            axis: Axis::times_by_ratio(low, high),
            rest,
        })
    }

    fn caption(&self) -> String {
        let slowest = self
            .rows
            .iter()
            .filter(|row| row.label != "TOTAL")
            .max_by(|a, b| a.p95_ns.total_cmp(&b.p95_ns));
        let Some(slowest) = slowest else {
            return String::new();
        };
        format!(
            "Slowest by 95% line: {}, with median {}, 95% line {}, 99% line {} and longest {}. \
             The axis is logarithmic: equal distances are equal ratios.{}",
            slowest.label,
            format::time(slowest.p50_ns),
            format::time(slowest.p95_ns),
            format::time(slowest.p99_ns),
            format::time(slowest.max_ns),
            self.rest,
        )
    }

    fn draw(&self, area: &Area<'_>) -> Result<(), DrawError> {
        lettering::legend(
            area,
            (px(20), px(54)),
            &[
                (Mark::Span(palette::EXTREMES), "min to max"),
                (Mark::Dot(palette::MEDIAN), "median"),
                (Mark::Diamond(palette::MEAN), "average"),
                (Mark::Dot(palette::P90), "90% line"),
                (Mark::Dot(palette::P95), "95% line"),
                (Mark::Dot(palette::P99), "99% line"),
            ],
        )?;
        let style = Style::small(palette::INK).across(HPos::Right);
        let labels: Vec<_> = self
            .rows
            .iter()
            .map(|row| lettering::fitted(&row.label, style, px(300)))
            .collect();
        let widest = labels
            .iter()
            .map(|label| lettering::width(label, style))
            .max();
        let left = 20 + widest.unwrap_or(0) / px(1) + 12;
        let frame = Frame {
            left,
            top: TOP,
            right: WIDTH - 36,
            bottom: TOP + ROW * self.rows.len() as i32,
        };
        let rows = Axis {
            scale: Scale::Linear,
            from: 0.0,
            to: self.rows.len() as f64,
            ticks: Vec::new(),
            minor: Vec::new(),
        };
        let panel = Panel::new(area, frame, &self.axis, &rows, XLabels::Shown)?;
        panel.x_title("Response time, logarithmic scale")?;
        for (index, (row, label)) in self.rows.iter().zip(&labels).enumerate() {
            let y = (self.rows.len() - index) as f64 - 0.5;
            let (_, line) = panel.pixel(self.axis.from, y);
            let style = if row.label == "TOTAL" {
                style.bold()
            } else {
                style
            };
            lettering::write(area, label, (px(left - 10), line), style)?;
            row.draw(area, &panel, y)?;
        }
        Ok(())
    }
}

/// What is said of the labels that are not drawn, the slowest of them first.
fn in_words(rest: &[&RequestStatistics]) -> String {
    let (Some(slowest), Some(fastest)) = (rest.first(), rest.last()) else {
        return String::new();
    };
    format!(
        " Drawn are the {LABELS} slowest of {} labels by their 95% line; {} have 95% lines from {} to {}.",
        format::count((LABELS + rest.len()) as u64),
        format::counted(rest.len() as u64, "other"),
        format::time(fastest.p95_ns),
        format::time(slowest.p95_ns),
    )
}

impl Row {
    fn of(statistics: &RequestStatistics) -> Self {
        Self {
            label: statistics.request.clone(),
            min_ns: statistics.min_ns,
            max_ns: statistics.max_ns,
            mean_ns: statistics.mean_ns,
            p50_ns: statistics.p50_ns,
            p90_ns: statistics.p90_ns,
            p95_ns: statistics.p95_ns,
            p99_ns: statistics.p99_ns,
        }
    }

    fn draw(&self, area: &Area<'_>, panel: &Panel<'_, '_>, y: f64) -> Result<(), DrawError> {
        let thin = palette::EXTREMES.stroke_width(px(1).unsigned_abs());
        panel.straight((self.min_ns, y), (self.max_ns, y), thin)?;
        for end in [self.min_ns, self.max_ns] {
            panel.straight((end, y - 0.16), (end, y + 0.16), thin)?;
        }
        let thick = palette::EXTREMES
            .mix(0.45)
            .stroke_width(px(6).unsigned_abs());
        panel.straight((self.p50_ns, y), (self.p99_ns, y), thick)?;
        let dots: [(f64, RGBColor); 4] = [
            (self.p99_ns, palette::P99),
            (self.p95_ns, palette::P95),
            (self.p90_ns, palette::P90),
            (self.p50_ns, palette::MEDIAN),
        ];
        for (value, color) in dots {
            lettering::dot(area, panel.pixel(value, y), color)?;
        }
        lettering::diamond(area, panel.pixel(self.mean_ns, y), palette::MEAN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn each_label_has_a_line_and_their_total_comes_last() {
        insta::assert_debug_snapshot!(Data::of(&fixture::single().runs[0]));
    }

    #[test]
    fn of_many_labels_the_slowest_are_drawn_and_the_rest_is_a_sentence() {
        let mut run = fixture::single().runs.remove(0);
        run.requests = (1..=3_000_u32)
            .map(|number| fixture::statistics(&format!("GET /{number}"), 10, 0, f64::from(number)))
            .collect();
        let data = Data::of(&run).unwrap();
        assert_eq!(data.rows.len(), LABELS + 1);
        assert_eq!(data.rows[0].label, "GET /3000");
        assert_eq!(data.rows[LABELS - 1].label, "GET /2981");
        assert_eq!(data.rows[LABELS].label, "TOTAL");
        assert!(
            data.caption().ends_with(
                "Drawn are the 20 slowest of 3,000 labels by their 95% line; 2,980 others have 95% lines from 2.71 ms to 8.08 s."
            ),
            "{}",
            data.caption()
        );
        assert!(figure(&run).unwrap().height <= super::super::PAGE);
    }

    #[test]
    fn a_single_label_is_not_repeated_as_a_total() {
        let mut run = fixture::single().runs.remove(0);
        run.requests.truncate(1);
        let labels: Vec<_> = Data::of(&run)
            .unwrap()
            .rows
            .into_iter()
            .map(|row| row.label)
            .collect();
        assert_eq!(labels, ["GET catalog/products"]);
    }
}
