//! Drawn means against a normal distribution: a normal quantile (QQ) panel for each run.

use workbench_analysis::{CltDistribution, ReportComparison, RunAnalysis};

use super::axis::Axis;
use super::lettering::{self, Mark};
use super::panel::{self, Frame, Panel, XLabels};
use super::{Figure, WIDTH, left_out, on_a_page, palette};
use crate::canvas::{Area, px};
use crate::error::DrawError;
use crate::format;
use crate::names::{self, RunName};

/// Pixels from one row of panels to the next.
const PANEL_ROW: i32 = 300;
const TOP: i32 = 84;
/// Runs that a page has room for.
const RUNS: usize = 2 * on_a_page(TOP, PANEL_ROW);

#[derive(Debug)]
struct Data {
    /// How many runs there are.
    all: usize,
    runs: Vec<Run>,
    quantiles: Axis,
}

#[derive(Debug)]
struct Run {
    label: String,
    /// Standard normal quantile and mean, ascending.
    points: Vec<(f64, f64)>,
    mean_ns: f64,
    standard_deviation_ns: f64,
    shape: Option<String>,
    times: Axis,
}

/// The figure; `None` without means.
pub(super) fn figure(
    comparison: &ReportComparison,
    runs: &[RunAnalysis],
    names: &[RunName],
) -> Option<Figure> {
    let data = Data::of(comparison, runs, names)?;
    Some(Figure::new(
        "clt-qq",
        "Normal QQ: drawn means against a normal distribution".to_owned(),
        data.caption(),
        TOP + PANEL_ROW * data.runs.len().div_ceil(2) as i32,
        move |area| data.draw(area),
    ))
}

impl Data {
    fn of(comparison: &ReportComparison, runs: &[RunAnalysis], names: &[RunName]) -> Option<Self> {
        let furthest = comparison.normal_quantiles.last()?;
        let runs: Vec<_> = comparison
            .distributions
            .iter()
            .take(RUNS)
            .filter_map(|distribution| {
                let name = names::of_distribution(distribution, runs, names)?;
                Run::of(distribution, &comparison.normal_quantiles, &name.label)
            })
            .collect();
        (!runs.is_empty()).then(|| Self {
            all: comparison.distributions.len(),
            runs,
            quantiles: Axis::differences(*furthest),
        })
    }

    fn caption(&self) -> String {
        let shapes: Vec<_> = self
            .runs
            .iter()
            .filter_map(|run| Some(format!("{}: {}", run.label, run.shape.as_ref()?)))
            .collect();
        let shapes = match shapes.as_slice() {
            [] => String::new(),
            shapes => format!(
                " Skewness and excess kurtosis, both 0 for a normal distribution: {}.",
                shapes.join("; ")
            ),
        };
        format!(
            "Each mean stands over the quantile that a normal distribution has at its rank; on the line they would be \
             exactly normal. Means of samples are closer to normal than the response times that they are drawn from. How \
             close says nothing of how another run would differ.{shapes}{}",
            left_out(self.runs.len(), self.all, "runs")
        )
    }

    fn draw(&self, area: &Area<'_>) -> Result<(), DrawError> {
        lettering::legend(
            area,
            (px(20), px(54)),
            &[
                (
                    Mark::Dot(palette::of_run(0)),
                    "drawn means, a colour for each run",
                ),
                (
                    Mark::Line(palette::INK),
                    "normal distribution of their mean and standard deviation",
                ),
            ],
        )?;
        for (index, run) in self.runs.iter().enumerate() {
            let left = index as i32 % 2 * WIDTH / 2 + 20;
            let top = TOP + 30 + PANEL_ROW * (index as i32 / 2);
            let frame = Frame {
                left: left + panel::label_room(&run.times),
                top,
                right: left + WIDTH / 2 - 48,
                bottom: top + 190,
            };
            let panel = Panel::new(area, frame, &self.quantiles, &run.times, XLabels::Shown)?;
            panel.heading(&run.label)?;
            panel.x_title("Standard normal quantile")?;
            for (quantile, mean) in &run.points {
                panel.speck(*quantile, *mean, palette::of_run(index))?;
            }
            panel.line(&run.line(), palette::INK)?;
        }
        Ok(())
    }
}

impl Run {
    /// `None` where there are not as many means as quantiles.
    fn of(distribution: &CltDistribution, quantiles: &[f64], label: &str) -> Option<Self> {
        let mut means = distribution.means_ns.clone();
        means.retain(|mean| mean.is_finite());
        if means.len() != quantiles.len() {
            return None;
        }
        means.sort_unstable_by(f64::total_cmp);
        let (mean_ns, deviation) = (
            distribution.mean_of_means_ns,
            distribution.standard_deviation_of_means_ns,
        );
        let (first, last) = (quantiles.first()?, quantiles.last()?);
        let low = means.first()?.min(mean_ns + first * deviation);
        let high = means.last()?.max(mean_ns + last * deviation);
        Some(Self {
            label: label.to_owned(),
            points: quantiles.iter().copied().zip(means).collect(),
            mean_ns,
            standard_deviation_ns: deviation,
            shape: distribution.shape.map(|shape| {
                format!(
                    "{} ± {} and {} ± {}",
                    format::two_decimals(shape.skewness),
                    format::two_decimals(shape.skewness_standard_error),
                    format::two_decimals(shape.excess_kurtosis),
                    format::two_decimals(shape.excess_kurtosis_standard_error),
                )
            }),
            times: Axis::times_between(low.max(0.0), high),
        })
    }

    /// The normal distribution of the means' moments, as far as it lies within the axis: beyond it would be bent.
    fn line(&self) -> Vec<(f64, Option<f64>)> {
        let ends = self.points.first().zip(self.points.last());
        let Some(((first, _), (last, _))) = ends else {
            return Vec::new();
        };
        let at = |time: f64| {
            let quantile = (time - self.mean_ns) / self.standard_deviation_ns;
            // Equal means make a level line, which has no such place.
            quantile.is_finite().then_some(quantile)
        };
        let lowest = at(self.times.from).map_or(*first, |it| it.max(*first));
        let highest = at(self.times.to).map_or(*last, |it| it.min(*last));
        [lowest, highest]
            .map(|quantile| {
                let on_line = self.mean_ns + quantile * self.standard_deviation_ns;
                (quantile, Some(on_line))
            })
            .into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    fn data() -> Data {
        let analysis = fixture::five_runs();
        let names = names::of_runs(&analysis.runs);
        Data::of(&analysis.comparison.unwrap(), &analysis.runs, &names).unwrap()
    }

    #[test]
    fn means_and_quantiles_both_ascend_and_nearly_follow_the_line() {
        let data = data();
        assert_eq!(data.runs.len(), 5);
        for run in &data.runs {
            assert_eq!(run.points.len(), 1000);
            assert!(run.points.windows(2).all(|pair| pair[0].0 < pair[1].0));
            assert!(run.points.windows(2).all(|pair| pair[0].1 <= pair[1].1));
            for (quantile, mean) in &run.points[100..900] {
                let on_line = run.mean_ns + quantile * run.standard_deviation_ns;
                assert!((mean - on_line).abs() < 0.25 * run.standard_deviation_ns);
            }
        }
    }

    #[test]
    fn the_line_is_straight_where_the_axis_ends_before_it() {
        let mut run = data().runs.remove(0);
        // So skewed that the normal distribution would have negative times.
        run.standard_deviation_ns = run.mean_ns;
        run.times = Axis::times_from_zero(2.0 * run.mean_ns);
        let line = run.line();
        assert!((line[0].0 + 1.0).abs() < 1e-9 && line[0].1.unwrap().abs() < 1e-6);
        assert!(line[1].1.unwrap() <= run.times.to);
    }

    #[test]
    fn the_caption_says_what_the_figure_does_not_show() {
        let caption = data().caption();
        assert!(caption.contains("nothing of how another run would differ"));
        assert!(
            caption.contains("scenario1: −0.03 ± 0.08 and −0.12 ± 0.15"),
            "{caption}"
        );
    }
}
