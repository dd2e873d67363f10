//! The Universal Scalability Law over the points of a sweep: throughput by load, and what the curve leaves over.

use plotters::style::Color;
use workbench_analysis::{FittedRun, Peak, ScalabilityFit, SweepAnalysis};

use super::axis::Axis;
use super::lettering::{self, Mark};
use super::panel::{self, Frame, Panel, XLabels};
use super::{Figure, WIDTH, palette};
use crate::canvas::{Area, px};
use crate::error::DrawError;
use crate::scalability;

/// How far beyond the largest load the curve goes on, dashed.
const BEYOND: f64 = 1.15;
const STEPS: i32 = 160;

#[derive(Debug)]
struct Data {
    parameter: String,
    runs: Vec<FittedRun>,
    /// Load and throughput, up to the largest load that was measured and beyond.
    measured: Vec<(f64, Option<f64>)>,
    beyond: Vec<(f64, f64)>,
    /// Load and throughput of the peak, where it is within the axis.
    peak: Option<(f64, f64)>,
    loads: Axis,
    throughputs: Axis,
    residuals: Axis,
}

/// The figure; `None` without a fit.
pub(super) fn figure(sweep: &SweepAnalysis) -> Option<Figure> {
    let fit = sweep.fit.as_ref()?;
    let data = Data::of(sweep, fit)?;
    Some(Figure::new(
        "law",
        format!(
            "{}: throughput by {} and the scalability law",
            sweep.experiment, sweep.parameter
        ),
        format!(
            "{} The lower panel shows what each run lies above or below the curve: a bow there says that the law does \
             not describe this system.",
            scalability::peak(sweep, fit)
        ),
        560,
        move |area| data.draw(area),
    ))
}

impl Data {
    fn of(sweep: &SweepAnalysis, fit: &ScalabilityFit) -> Option<Self> {
        let largest = fit.runs.iter().map(|run| run.load).reduce(f64::max)?;
        let to = largest * BEYOND;
        let between = |from: f64, to: f64| {
            (0..=STEPS).map(move |step| from + (to - from) * f64::from(step) / f64::from(STEPS))
        };
        let curve = |load: f64| fit.throughput_per_s(load);
        let measured: Vec<_> = between(1.0_f64.min(largest), largest)
            .map(|load| (load, Some(curve(load))))
            .collect();
        let beyond: Vec<_> = between(largest, to)
            .map(|load| (load, curve(load)))
            .collect();
        let highest = fit
            .runs
            .iter()
            .map(|run| run.measured_per_s)
            .chain(measured.iter().filter_map(|(_, value)| *value))
            .chain(beyond.iter().map(|(_, value)| *value))
            .fold(0.0, f64::max);
        let residual = fit
            .runs
            .iter()
            .map(|run| (run.measured_per_s - run.fitted_per_s).abs())
            .fold(0.0, f64::max);
        let peak = match fit.peak {
            Peak::At {
                load,
                throughput_per_s,
                ..
            } => (load <= to).then_some((load, throughput_per_s)),
            Peak::NoneFitted { .. } | Peak::NotShown | Peak::FallsFromTheStart => None,
        };
        Some(Self {
            parameter: scalability::capital(&sweep.parameter),
            runs: fit.runs.clone(),
            measured,
            beyond,
            peak,
            loads: Axis::counts(to),
            throughputs: Axis::counts(highest),
            residuals: Axis::differences(residual),
        })
    }

    fn draw(&self, area: &Area<'_>) -> Result<(), DrawError> {
        let mut legend = vec![
            (Mark::Dot(palette::MEDIAN), "one run"),
            (Mark::Line(palette::INK), "scalability law"),
            (Mark::Dashes(palette::INK), "beyond what was measured"),
        ];
        if self.peak.is_some() {
            legend.push((Mark::Diamond(palette::P99), "peak"));
        }
        lettering::legend(area, (px(20), px(54)), &legend)?;
        let labels = panel::label_room(&self.throughputs).max(panel::label_room(&self.residuals));
        let above = Frame {
            left: 20 + labels,
            top: 108,
            right: WIDTH - 36,
            bottom: 350,
        };
        let panel = Panel::new(area, above, &self.loads, &self.throughputs, XLabels::Hidden)?;
        panel.heading("Requests per second")?;
        panel.line(&self.measured, palette::INK)?;
        panel.dashes(&self.beyond, palette::INK)?;
        for run in &self.runs {
            let at = panel.pixel(run.load, run.measured_per_s);
            lettering::dot(area, at, palette::MEDIAN)?;
        }
        if let Some((load, throughput)) = self.peak {
            lettering::diamond(area, panel.pixel(load, throughput), palette::P99)?;
        }
        let below = Frame {
            top: 396,
            bottom: 490,
            ..above
        };
        let panel = Panel::new(area, below, &self.loads, &self.residuals, XLabels::Shown)?;
        panel.heading("Measured less curve, requests per second")?;
        panel.x_title(&self.parameter)?;
        let zero = palette::INK.stroke_width(px(1).unsigned_abs());
        panel.straight((self.loads.from, 0.0), (self.loads.to, 0.0), zero)?;
        for run in &self.runs {
            let residual = run.measured_per_s - run.fitted_per_s;
            lettering::dot(area, panel.pixel(run.load, residual), palette::MEDIAN)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn the_curve_ends_solid_where_measurements_end_and_goes_on_dashed() {
        let sweep = fixture::sweep();
        let data = Data::of(&sweep, sweep.fit.as_ref().unwrap()).unwrap();
        let (end, value) = data.measured[data.measured.len() - 1];
        assert_eq!((end, value.unwrap()), data.beyond[0]);
        assert_eq!(data.beyond[data.beyond.len() - 1].0, 64.0 * BEYOND);
        assert!(data.peak.is_some());
        assert_eq!(data.runs.len(), 14);
    }

    #[test]
    fn without_a_fit_there_is_no_curve_to_draw() {
        let mut sweep = fixture::sweep();
        sweep.fit = None;
        assert!(figure(&sweep).is_none());
    }
}
