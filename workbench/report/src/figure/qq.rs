//! Drawn means against a normal distribution: a normal quantile (QQ) panel for each run.

use workbench_analysis::{CltDistribution, ReportComparison, RunAnalysis};

use super::axis::Axis;
use super::plot::{Figure, Mark, Panel, Points, Series};
use super::{left_out, on_a_page, over_time, palette};
use crate::format;
use crate::names::{self, RunName};

/// Runs that a page has room for, two in a row.
const RUNS: usize = 2 * on_a_page(84, 300);

struct Run<'a> {
    label: &'a str,
    distribution: &'a CltDistribution,
    /// Standard normal quantile and mean, ascending.
    points: Vec<(f64, f64)>,
}

/// `None` without means.
pub(super) fn figure(
    comparison: &ReportComparison,
    runs: &[RunAnalysis],
    names: &[RunName],
) -> Option<Figure> {
    let quantiles = &comparison.normal_quantiles;
    let furthest = *quantiles.last()?;
    let distributions = comparison.distributions.iter().take(RUNS);
    let runs: Vec<Run<'_>> = distributions
        .filter_map(|distribution| {
            let name = names::of_distribution(distribution, runs, names)?;
            Some(Run {
                label: &name.label,
                distribution,
                points: points(distribution, quantiles)?,
            })
        })
        .collect();
    if runs.is_empty() {
        return None;
    }
    let caption = caption(&runs, comparison.distributions.len());
    let cells = runs.into_iter().enumerate().map(|(index, run)| {
        let (x, y) = (Axis::differences(furthest), times(&run));
        let line = normal_line(&run, &y);
        let panel = Panel::new(run.label, x, y, 190).below("Standard normal quantile");
        vec![panel.with([
            Series::Marks(run.points, Mark::Speck(palette::of_run(index))),
            over_time::line(line, palette::INK),
        ])]
    });
    let title = "Normal QQ: drawn means against a normal distribution".to_owned();
    let legend = [
        (
            Mark::Dot(palette::of_run(0)),
            "drawn means, a colour for each run",
        ),
        (
            Mark::Line(palette::INK),
            "normal distribution of their mean and standard deviation",
        ),
    ];
    Some(Figure::new("clt-qq", title, caption, &legend).in_pairs(cells))
}

/// `None` where there are not as many means as quantiles.
fn points(distribution: &CltDistribution, quantiles: &[f64]) -> Option<Vec<(f64, f64)>> {
    let mut means = distribution.means_ns.clone();
    means.retain(|mean| mean.is_finite());
    means.sort_unstable_by(f64::total_cmp);
    (means.len() == quantiles.len()).then(|| quantiles.iter().copied().zip(means).collect())
}

/// An axis for the means and for the ends of the normal distribution.
fn times(run: &Run<'_>) -> Axis {
    let (first, last) = (run.points[0], run.points[run.points.len() - 1]);
    let low = first.1.min(on_line(run.distribution, first.0));
    let high = last.1.max(on_line(run.distribution, last.0));
    Axis::times_between(low.max(0.0), high)
}

/// The mean that a normal distribution of the means' moments has at a quantile.
fn on_line(of: &CltDistribution, quantile: f64) -> f64 {
    of.mean_of_means_ns + quantile * of.standard_deviation_of_means_ns
}

/// That distribution, as far as it lies within the axis: beyond it would be bent.
fn normal_line(run: &Run<'_>, times: &Axis) -> Points {
    let of = run.distribution;
    let at = |time: f64| {
        let quantile = (time - of.mean_of_means_ns) / of.standard_deviation_of_means_ns;
        // Equal means make a level line, which has no such place.
        quantile.is_finite().then_some(quantile)
    };
    let (first, last) = (run.points[0].0, run.points[run.points.len() - 1].0);
    let lowest = at(times.from).map_or(first, |it| it.max(first));
    let highest = at(times.to).map_or(last, |it| it.min(last));
    [lowest, highest]
        .map(|quantile| (quantile, Some(on_line(of, quantile))))
        .into()
}

fn caption(runs: &[Run<'_>], all: usize) -> String {
    let shapes = runs.iter().filter_map(|run| {
        let shape = run.distribution.shape?;
        Some(format!(
            "{}: {} ± {} and {} ± {}",
            run.label,
            format::two_decimals(shape.skewness),
            format::two_decimals(shape.skewness_standard_error),
            format::two_decimals(shape.excess_kurtosis),
            format::two_decimals(shape.excess_kurtosis_standard_error),
        ))
    });
    let shapes: Vec<String> = shapes.collect();
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
        left_out(runs.len(), all, "runs")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn means_and_quantiles_both_ascend_and_nearly_follow_the_line() {
        let comparison = fixture::five_runs().comparison.unwrap();
        for distribution in &comparison.distributions {
            let points = points(distribution, &comparison.normal_quantiles).unwrap();
            assert_eq!(points.len(), 1000);
            assert!(points.is_sorted_by(|a, b| a.0 < b.0 && a.1 <= b.1));
            for (quantile, mean) in &points[100..900] {
                let off = (mean - on_line(distribution, *quantile)).abs();
                assert!(off < 0.25 * distribution.standard_deviation_of_means_ns);
            }
        }
    }

    #[test]
    fn the_line_is_straight_where_the_axis_ends_before_it() {
        let comparison = fixture::five_runs().comparison.unwrap();
        let mut distribution = comparison.distributions[0].clone();
        // So skewed that the normal distribution would have negative times.
        distribution.standard_deviation_of_means_ns = distribution.mean_of_means_ns;
        let run = Run {
            label: "",
            points: points(&distribution, &comparison.normal_quantiles).unwrap(),
            distribution: &distribution,
        };
        let axis = Axis::times_from_zero(2.0 * distribution.mean_of_means_ns);
        let line = normal_line(&run, &axis);
        assert!((line[0].0 + 1.0).abs() < 1e-9 && line[0].1.unwrap().abs() < 1e-6);
        assert!(line[1].1.unwrap() <= axis.to);
    }
}
