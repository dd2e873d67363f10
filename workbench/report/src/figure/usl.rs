//! The Universal Scalability Law over the points of a sweep: throughput by load, and what the curve leaves over.

use workbench_analysis::{Peak, SweepAnalysis};

use super::axis::Axis;
use super::over_time;
use super::palette;
use super::plot::{EVERYWHERE, Figure, Mark, Panel, Points, Series, Stroke};
use crate::scalability;

/// How far beyond the largest load the curve goes on, dashed.
const BEYOND: f64 = 1.15;
const STEPS: i32 = 160;

/// `None` without a fit.
pub(super) fn figure(sweep: &SweepAnalysis) -> Option<Figure> {
    let fit = sweep.fit.as_ref()?;
    let largest = fit.runs.iter().map(|run| run.load).reduce(f64::max)?;
    let to = largest * BEYOND;
    let curve = |from: f64, to: f64| -> Points {
        let loads = (0..=STEPS).map(|step| from + (to - from) * f64::from(step) / f64::from(STEPS));
        loads
            .map(|load| (load, Some(fit.throughput_per_s(load))))
            .collect()
    };
    let (measured, beyond) = (curve(1.0_f64.min(largest), largest), curve(largest, to));
    let on_curve = measured
        .iter()
        .chain(&beyond)
        .filter_map(|(_, value)| *value);
    let highest = fit
        .runs
        .iter()
        .map(|run| run.measured_per_s)
        .chain(on_curve);
    let highest = highest.fold(0.0, f64::max);
    let runs = fit.runs.iter().map(|run| (run.load, run.measured_per_s));
    let residuals = fit.runs.iter();
    let residuals: Vec<_> = residuals
        .map(|run| (run.load, run.measured_per_s - run.fitted_per_s))
        .collect();
    let residual = residuals.iter().map(|(_, it)| it.abs()).fold(0.0, f64::max);
    let peak = match fit.peak {
        Peak::At {
            load,
            throughput_per_s,
            ..
        } if load <= to => Some((load, throughput_per_s)),
        Peak::At { .. } | Peak::NoneFitted { .. } | Peak::NotShown | Peak::FallsFromTheStart => {
            None
        }
    };
    let run = Mark::Dot(palette::MEDIAN);
    let mut legend = vec![
        (run, "one run"),
        (Mark::Line(palette::INK), "scalability law"),
        (Mark::Dashes(palette::INK), "beyond what was measured"),
    ];
    let mut above = Panel::new(
        "Requests per second",
        Axis::counts(to),
        Axis::counts(highest),
        242,
    )
    .with([
        over_time::line(measured, palette::INK),
        Series::Line(beyond, Stroke::dashed(palette::INK)),
        Series::Marks(runs.collect(), run),
    ]);
    if let Some(peak) = peak {
        let mark = Mark::Diamond(palette::P99);
        legend.push((mark, "peak"));
        above = above.with([Series::Marks(vec![peak], mark)]);
    }
    let (left, right) = EVERYWHERE;
    let zero = vec![[(left, 0.0), (right, 0.0)]];
    let below = Panel::new(
        "Measured less curve, requests per second",
        Axis::counts(to),
        Axis::differences(residual),
        94,
    )
    .below(scalability::capital(&sweep.parameter))
    .with([
        Series::Strokes(zero, Stroke::solid(palette::INK, 1.0)),
        Series::Marks(residuals, run),
    ]);
    let title = format!(
        "{}: throughput by {} and the scalability law",
        sweep.experiment, sweep.parameter
    );
    let caption = format!(
        "{} The lower panel shows what each run lies above or below the curve: a bow there says that the law does \
         not describe this system.",
        scalability::peak(sweep, fit)
    );
    Some(Figure::new("law", title, caption, &legend).with(vec![above, below]))
}
