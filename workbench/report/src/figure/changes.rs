//! The interval plot: each change with its interval, beside the margin within which it does not matter.
//!
//! Error rates are compared by differences and not by ratios, so that they have an axis of their own.

mod section;

use workbench_analysis::{BetweenRuns, GroupComparison, Metric, MetricComparison, Verdict};

use super::lettering::{self, Mark, Style};
use super::panel::Frame;
use super::{Figure, WIDTH, palette};
use crate::between::{self, TOTAL, words};
use crate::canvas::{Area, px};
use crate::error::DrawError;
use crate::table::one_line;
use section::{Change, Line, Section, mark};

/// Pixels from one line to the next.
const ROW: i32 = 22;
const TOP: i32 = 100;
/// What an axis needs below its plot, and the next plot above it.
const BELOW: i32 = 40;
const ABOVE: i32 = 34;
/// Of more labels than this only those that changed are drawn, so that they can be read and fit on a page.
const LABELS: usize = 5;

#[derive(Debug)]
struct Data {
    title: String,
    /// Names of the verdicts that are seen, for the legend.
    verdicts: Vec<Verdict>,
    sections: Vec<Section>,
    caption: String,
}

/// The figure; `None` where nothing could be tested.
pub(super) fn figure(
    comparison: &GroupComparison,
    between: &BetweenRuns,
    name: &str,
    with_labels: bool,
) -> Option<Figure> {
    let data = Data::of(comparison, between, with_labels)?;
    let height = data.height();
    Some(Figure::new(
        name,
        data.title.clone(),
        data.caption.clone(),
        height,
        move |area| data.draw(area),
    ))
}

impl Data {
    fn of(comparison: &GroupComparison, between: &BetweenRuns, with_labels: bool) -> Option<Self> {
        // All requests together come first, and the labels in their own order.
        let (total, labels): (Vec<_>, Vec<_>) = comparison
            .rows
            .iter()
            .filter(|row| row.change.is_some_and(f64::is_finite))
            .partition(|row| row.request == TOTAL);
        let (labels, left_out) = if with_labels {
            readable(labels)
        } else {
            (Vec::new(), false)
        };
        let rows: Vec<_> = total.into_iter().chain(labels).collect();
        let (differences, ratios): (Vec<_>, Vec<_>) = rows
            .iter()
            .copied()
            .partition(|row| row.metric == Metric::ErrorRate);
        let sections: Vec<_> = [
            Section::of_ratios(&ratios, between),
            Section::of_differences(&differences, between),
        ]
        .into_iter()
        .flatten()
        .collect();
        if sections.is_empty() {
            return None;
        }
        let verdicts = words::BY_URGENCY
            .into_iter()
            .filter(|verdict| rows.iter().any(|row| row.verdict == *verdict))
            .collect();
        Some(Self {
            title: format!(
                "Change from {} to {}, with intervals",
                one_line(&comparison.baseline),
                one_line(&comparison.candidate)
            ),
            verdicts,
            sections,
            caption: caption(&rows, left_out, between),
        })
    }

    fn height(&self) -> i32 {
        let sections: i32 = self
            .sections
            .iter()
            .map(|section| ROW * section.lines.len() as i32 + BELOW + ABOVE)
            .sum();
        TOP + sections - ABOVE
    }

    fn draw(&self, area: &Area<'_>) -> Result<(), DrawError> {
        let mut legend: Vec<_> = self
            .verdicts
            .iter()
            .map(|verdict| (mark(*verdict), words::verdict(*verdict)))
            .collect();
        legend.push((Mark::Span(palette::MUTED), "interval"));
        legend.push((Mark::Shade(palette::MARGIN), "margin: does not matter"));
        lettering::legend(area, (px(20), px(54)), &legend)?;
        let style = Style::small(palette::INK);
        let widest = |texts: &dyn Fn(&Change) -> String| {
            self.sections
                .iter()
                .flat_map(|section| &section.lines)
                .filter_map(|line| match line {
                    Line::Change(change) => Some(lettering::width(&texts(change), style) / px(1)),
                    Line::Label(_) => None,
                })
                .max()
                .unwrap_or(0)
        };
        let left = 20 + widest(&|change| change.name.clone()).min(300) + 14;
        let right = WIDTH - 20 - widest(&|change| change.text.clone()) - 14;
        let mut top = TOP;
        for section in &self.sections {
            let bottom = top + ROW * section.lines.len() as i32;
            let frame = Frame {
                left,
                top,
                right,
                bottom,
            };
            section.draw(area, frame)?;
            top = bottom + BELOW + ABOVE;
        }
        Ok(())
    }
}

/// Rows of so many labels as can be read, and whether others were left out.
fn readable(rows: Vec<&MetricComparison>) -> (Vec<&MetricComparison>, bool) {
    let mut labels: Vec<&str> = Vec::new();
    for row in &rows {
        if !labels.contains(&&*row.request) {
            labels.push(&row.request);
        }
    }
    if labels.len() <= LABELS {
        return (rows, false);
    }
    labels.clear();
    for row in &rows {
        let changed = matches!(row.verdict, Verdict::Regressed | Verdict::Improved);
        if changed && labels.len() < LABELS && !labels.contains(&&*row.request) {
            labels.push(&row.request);
        }
    }
    let kept = rows
        .into_iter()
        .filter(|row| labels.contains(&&*row.request));
    (kept.collect(), true)
}

fn caption(rows: &[&MetricComparison], left_out: bool, between: &BetweenRuns) -> String {
    let furthest = rows
        .iter()
        .filter(|row| row.metric != Metric::ErrorRate)
        .filter(|row| matches!(row.verdict, Verdict::Regressed | Verdict::Improved))
        .max_by(|a, b| {
            let size = |row: &MetricComparison| row.change.unwrap_or(0.0).ln_1p().abs();
            size(a).total_cmp(&size(b))
        });
    let furthest = furthest.and_then(|row| {
        Some(format!(
            "Of what changed, furthest: {}, {} ({}). ",
            words::subject(&row.request, row.metric),
            words::change_with_interval(row)?,
            words::verdict(row.verdict)
        ))
    });
    format!(
        "{}{}The lines are intervals of {} confidence, each by itself; shaded is the margin ({}, error rates {}). Times and \
         error rates to the right of it are worse, throughput to the right of it is better.",
        furthest.unwrap_or_default(),
        if left_out {
            "Of the labels only such as changed are drawn, five at most; the table has all. "
        } else {
            ""
        },
        words::confidence(1.0 - 2.0 * between.alpha),
        between::margin(between),
        between::error_rate_margin(between),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    fn data(analysis: &workbench_analysis::Analysis, with_labels: bool) -> Option<Data> {
        let between = analysis.between_runs.as_ref().unwrap();
        Data::of(&between.comparisons[0], between, with_labels)
    }

    #[test]
    fn all_requests_come_first_and_error_rates_have_their_own_axis() {
        insta::assert_debug_snapshot!(data(&fixture::two_groups(), true));
    }

    #[test]
    fn without_labels_only_all_requests_together_are_shown() {
        let data = data(&fixture::two_groups(), false).unwrap();
        let labels = data.sections[0].lines.iter();
        let labels = labels.filter(|line| matches!(line, Line::Label(_)));
        assert_eq!(labels.count(), 1);
    }

    #[test]
    fn of_many_labels_those_that_changed_are_drawn() {
        let mut analysis = fixture::two_groups();
        let rows = &mut analysis.between_runs.as_mut().unwrap().comparisons[0].rows;
        let equivalent = rows[0].clone();
        for number in 0..20 {
            let mut row = equivalent.clone();
            row.request = format!("GET /{number}");
            row.verdict = match number {
                7 => Verdict::Improved,
                _ => Verdict::Equivalent,
            };
            rows.push(row);
        }
        let data = data(&analysis, true).unwrap();
        let labels: Vec<_> = data.sections[0]
            .lines
            .iter()
            .filter_map(|line| match line {
                Line::Label(label) => Some(&**label),
                Line::Change(_) => None,
            })
            .collect();
        assert_eq!(labels, ["TOTAL", "POST orders/orders", "GET /7"]);
        assert!(data.caption.contains("only such as changed"));
    }

    #[test]
    fn the_caption_names_nothing_that_may_not_have_changed() {
        let mut analysis = fixture::two_groups();
        let rows = &mut analysis.between_runs.as_mut().unwrap().comparisons[0].rows;
        for row in rows.iter_mut() {
            let changed = matches!(row.verdict, Verdict::Regressed | Verdict::Improved);
            row.change = row.change.map(|_| if changed { 0.07 } else { 0.9 });
        }
        let caption = data(&analysis, true).unwrap().caption;
        assert!(caption.starts_with("Of what changed, furthest: ") && caption.contains("+7.0%"));
        let rows = &mut analysis.between_runs.as_mut().unwrap().comparisons[0].rows;
        for row in rows.iter_mut() {
            row.verdict = Verdict::Inconclusive;
        }
        let caption = data(&analysis, true).unwrap().caption;
        assert!(caption.starts_with("The lines are intervals"), "{caption}");
    }

    #[test]
    fn single_runs_have_no_intervals_to_draw() {
        assert!(data(&fixture::single_runs(), true).is_none());
    }

    #[test]
    fn every_verdict_has_a_shape_of_its_own() {
        let mut shapes: Vec<_> = words::BY_URGENCY
            .map(|verdict| std::mem::discriminant(&mark(verdict)))
            .into();
        shapes.dedup();
        assert_eq!(shapes.len(), 5);
    }
}
