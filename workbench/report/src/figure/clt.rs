//! Distributions of the drawn means: each run in a panel of its own, and all runs on one axis.

use workbench_analysis::{ReportComparison, RunAnalysis};

use super::axis::{Axis, Tick, Weight};
use super::means::Means;
use super::plot::{Cell, Figure, Mark, Panel};
use super::{left_out, on_a_page, palette};
use crate::format;
use crate::names::{self, RunName};

/// Runs that a page has room for, two in a row.
const RUNS: usize = 2 * on_a_page(84, 270);
/// Pixels of a run's strip on the common axis.
const STRIP: i32 = 84;

struct Run {
    label: String,
    means: Means,
}

/// None without means.
pub(super) fn figures(
    comparison: &ReportComparison,
    runs: &[RunAnalysis],
    names: &[RunName],
) -> Vec<Figure> {
    let runs: Vec<Run> = comparison
        .distributions
        .iter()
        .take(RUNS)
        .filter_map(|distribution| {
            let means = Means::of(distribution)?;
            let name = names::of_distribution(distribution, runs, names)?;
            let label = name.label.clone();
            Some(Run { label, means })
        })
        .collect();
    if runs.is_empty() {
        return Vec::new();
    }
    let drawn = format!(
        "{} means of {} response times each, drawn with replacement",
        format::count(comparison.resamples.into()),
        comparison.sample_size
    );
    let left_out = left_out(runs.len(), comparison.distributions.len(), "runs");
    vec![
        together(&runs, &drawn, &left_out),
        by_run(&runs, &drawn, &left_out),
    ]
}

/// All runs on one axis, a strip each.
fn together(runs: &[Run], drawn: &str, left_out: &str) -> Figure {
    let each = runs.iter().map(|run| {
        format!(
            "{} {} (SD of the means {})",
            run.label,
            format::time(run.means.mean_ns),
            format::time(run.means.standard_deviation_ns)
        )
    });
    let each: Vec<String> = each.collect();
    let low = runs.iter().map(|run| run.means.low_ns);
    let low = low.fold(f64::INFINITY, f64::min);
    let high = runs.iter().map(|run| run.means.high_ns).fold(0.0, f64::max);
    // Far apart, evenly spaced means would be slivers.
    let times = if low > 0.0 && high / low > 4.0 {
        Axis::times_by_ratio(low, high)
    } else {
        Axis::times_between(low, high)
    };
    let strips = runs.iter().map(|run| Tick {
        beneath: format::time(run.means.mean_ns),
        ..Tick::name(&run.label, Weight::Bold)
    });
    let title = format!("Mean response time{}", times.note());
    let strips = Axis::names_down(strips.collect());
    let mut panel = Panel::new("", times, strips, STRIP * runs.len() as i32).below(title);
    for (index, run) in runs.iter().enumerate() {
        let base = (runs.len() - 1 - index) as f64;
        let unit = run.means.highest() / 0.86;
        let colour = palette::of_run(index);
        panel
            .series
            .extend(run.means.series(&panel.x, colour, (base, unit)));
    }
    Figure::new(
        "clt-together",
        format!("Distributions of means on one axis: {drawn}"),
        format!(
            "Mean of the means: {}.{left_out} Each strip is scaled to its own highest bar.",
            each.join("; ")
        ),
        &[
            (
                Mark::Bar(palette::of_run(0)),
                "drawn means, a colour for each run",
            ),
            (Mark::Line(palette::INK), "normal curve"),
        ],
    )
    .with(vec![panel])
}

fn by_run(runs: &[Run], drawn: &str, left_out: &str) -> Figure {
    let cells = runs.iter().enumerate().map(|(index, run)| -> Cell {
        let means = &run.means;
        let heading = format!(
            "{}: {} ± {}",
            run.label,
            format::time(means.mean_ns),
            format::time(means.standard_deviation_ns)
        );
        let times = Axis::times_between(means.low_ns, means.high_ns);
        let series = means.series(&times, palette::of_run(index), (0.0, 1.0));
        let panel = Panel::new(heading, times, Axis::counts(means.highest()), 160);
        vec![panel.below("Mean response time").with(series)]
    });
    Figure::new(
        "clt",
        format!("Distributions of means by run: {drawn}"),
        format!(
            "Bars count the drawn means; the curve is the normal distribution of the same mean and \
             standard deviation. Each panel has axes of its own.{left_out}"
        ),
        &[
            (Mark::Bar(palette::of_run(0)), "drawn means"),
            (Mark::Line(palette::INK), "normal curve"),
        ],
    )
    .in_pairs(cells)
}
