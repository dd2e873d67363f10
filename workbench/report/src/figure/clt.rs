//! Distributions of the drawn means: each run in a panel of its own, and all runs on one axis.

use plotters::style::text_anchor::{HPos, VPos};
use workbench_analysis::{ReportComparison, RunAnalysis};

use super::axis::{Axis, Scale};
use super::lettering::{self, Mark, Style};
use super::means::Means;
use super::panel::{self, Frame, Panel, XLabels};
use super::{Figure, WIDTH, left_out, on_a_page, palette};
use crate::canvas::{Area, px};
use crate::error::DrawError;
use crate::format;
use crate::names::{self, RunName};

/// Pixels from one row of panels to the next.
const PANEL_ROW: i32 = 270;
/// Pixels of a run's strip on the common axis.
const STRIP: i32 = 84;
const TOP: i32 = 84;
/// Runs that a page has room for.
const RUNS: usize = 2 * on_a_page(TOP, PANEL_ROW);

#[derive(Debug)]
struct Data {
    runs: Vec<Run>,
    /// How many runs there are.
    all: usize,
}

#[derive(Clone, Debug)]
struct Run {
    label: String,
    means: Means,
    times: Axis,
    counts: Axis,
}

/// The figures; none without means.
pub(super) fn figures(
    comparison: &ReportComparison,
    runs: &[RunAnalysis],
    names: &[RunName],
) -> Vec<Figure> {
    let data = Data::of(comparison, runs, names);
    if data.runs.is_empty() {
        return Vec::new();
    }
    let drawn = format!(
        "{} means of {} response times each, drawn with replacement",
        format::count(comparison.resamples.into()),
        comparison.sample_size
    );
    let together = Together::of(&data.runs);
    let left_out = left_out(data.runs.len(), data.all, "runs");
    vec![
        Figure::new(
            "clt-together",
            format!("Distributions of means on one axis: {drawn}"),
            format!(
                "{} Each strip is scaled to its own highest bar.",
                data.in_words()
            ),
            TOP + STRIP * data.runs.len() as i32 + 62,
            move |area| together.draw(area),
        ),
        Figure::new(
            "clt",
            format!("Distributions of means by run: {drawn}"),
            format!(
                "Bars count the drawn means; the curve is the normal distribution of the same mean and \
                 standard deviation. Each panel has axes of its own.{left_out}"
            ),
            TOP + PANEL_ROW * data.runs.len().div_ceil(2) as i32,
            move |area| data.draw(area),
        ),
    ]
}

impl Data {
    fn of(comparison: &ReportComparison, runs: &[RunAnalysis], names: &[RunName]) -> Self {
        let runs: Vec<Run> = comparison
            .distributions
            .iter()
            .take(RUNS)
            .filter_map(|distribution| {
                let means = Means::of(distribution)?;
                let name = names::of_distribution(distribution, runs, names)?;
                Some(Run {
                    label: name.label.clone(),
                    times: Axis::times_between(means.low_ns, means.high_ns),
                    counts: Axis::counts(means.highest()),
                    means,
                })
            })
            .collect();
        Self {
            runs,
            all: comparison.distributions.len(),
        }
    }

    fn in_words(&self) -> String {
        let runs: Vec<_> = self
            .runs
            .iter()
            .map(|run| {
                format!(
                    "{} {} (SD of the means {})",
                    run.label,
                    format::time(run.means.mean_ns),
                    format::time(run.means.standard_deviation_ns)
                )
            })
            .collect();
        let left_out = left_out(runs.len(), self.all, "runs");
        format!("Mean of the means: {}.{left_out}", runs.join("; "))
    }

    fn draw(&self, area: &Area<'_>) -> Result<(), DrawError> {
        lettering::legend(
            area,
            (px(20), px(54)),
            &[
                (Mark::Bar(palette::of_run(0)), "drawn means"),
                (Mark::Line(palette::INK), "normal curve"),
            ],
        )?;
        for (index, run) in self.runs.iter().enumerate() {
            let column = index as i32 % 2;
            let top = TOP + 30 + PANEL_ROW * (index as i32 / 2);
            let left = column * WIDTH / 2 + 20;
            let frame = Frame {
                left: left + panel::label_room(&run.counts),
                top,
                right: left + WIDTH / 2 - 48,
                bottom: top + 160,
            };
            let panel = Panel::new(area, frame, &run.times, &run.counts, XLabels::Shown)?;
            panel.heading(&format!(
                "{}: {} ± {}",
                run.label,
                format::time(run.means.mean_ns),
                format::time(run.means.standard_deviation_ns)
            ))?;
            panel.x_title("Mean response time")?;
            run.means.draw(&panel, palette::of_run(index), (0.0, 1.0))?;
        }
        Ok(())
    }
}

/// All runs on one axis, a strip each.
struct Together {
    runs: Vec<Run>,
    times: Axis,
}

impl Together {
    fn of(runs: &[Run]) -> Self {
        let low = runs
            .iter()
            .map(|run| run.means.low_ns)
            .fold(f64::INFINITY, f64::min);
        let high = runs.iter().map(|run| run.means.high_ns).fold(0.0, f64::max);
        // Far apart, evenly spaced means would be slivers.
        let times = if low > 0.0 && high / low > 4.0 {
            Axis::times_by_ratio(low, high)
        } else {
            Axis::times_between(low, high)
        };
        Self {
            runs: runs.to_vec(),
            times,
        }
    }

    fn draw(&self, area: &Area<'_>) -> Result<(), DrawError> {
        lettering::legend(
            area,
            (px(20), px(54)),
            &[
                (
                    Mark::Bar(palette::of_run(0)),
                    "drawn means, a colour for each run",
                ),
                (Mark::Line(palette::INK), "normal curve"),
            ],
        )?;
        let style = Style::small(palette::INK)
            .bold()
            .across(HPos::Right)
            .down(VPos::Bottom);
        let labels: Vec<_> = self
            .runs
            .iter()
            .map(|run| lettering::fitted(&run.label, style, px(220)))
            .collect();
        let widest = labels
            .iter()
            .map(|label| lettering::width(label, style))
            .max();
        let left = 20 + (widest.unwrap_or(0) / px(1)).max(60) + 14;
        let frame = Frame {
            left,
            top: TOP,
            right: WIDTH - 36,
            bottom: TOP + STRIP * self.runs.len() as i32,
        };
        let strips = Axis {
            scale: Scale::Linear,
            from: 0.0,
            to: self.runs.len() as f64,
            ticks: Vec::new(),
            minor: Vec::new(),
        };
        let panel = Panel::new(area, frame, &self.times, &strips, XLabels::Shown)?;
        panel.x_title(&format!("Mean response time{}", self.times.note()))?;
        for (index, (run, label)) in self.runs.iter().zip(&labels).enumerate() {
            let base = (self.runs.len() - 1 - index) as f64;
            let (_, line) = panel.pixel(self.times.from, base);
            lettering::write(area, label, (px(left - 12), line - px(26)), style)?;
            let mean = format::time(run.means.mean_ns);
            let muted = Style::small(palette::MUTED)
                .across(HPos::Right)
                .down(VPos::Bottom);
            lettering::write(area, &mean, (px(left - 12), line - px(8)), muted)?;
            let unit = run.means.highest() / 0.86;
            run.means
                .draw(&panel, palette::of_run(index), (base, unit))?;
        }
        Ok(())
    }
}
