//! Fits the Universal Scalability Law to the points of a sweep.

use workbench_statistics::{self as statistics, LoadPoint, fit_scalability};

use super::point::CONFIDENCE;
use crate::model::{Coefficient, FittedRun, Peak, ScalabilityFit, SweepPointAnalysis};

/// Fits the throughputs of all valid runs. The error is the reason as text.
pub(super) fn fit(points: &[SweepPointAnalysis]) -> Result<ScalabilityFit, String> {
    let measured: Vec<LoadPoint> = points
        .iter()
        .flat_map(|point| {
            let valid = point.runs.iter().filter(|run| run.valid);
            valid.map(|run| LoadPoint {
                load: point.value.into(),
                throughput: run.throughput_per_s,
            })
        })
        .collect();
    let found = fit_scalability(&measured, CONFIDENCE)
        .map_err(|error| format!("the scalability law cannot be fitted: {error}"))?;
    let peak = peak(&found.peak);
    Ok(ScalabilityFit {
        gamma: coefficient(&found.gamma),
        alpha: coefficient(&found.alpha),
        beta: coefficient(&found.beta),
        peak,
        knee: found.knee,
        degrees_of_freedom: found.degrees_of_freedom as u64,
        residual_standard_error_per_s: found.residual_standard_error,
        r_squared: found.r_squared,
        runs: measured
            .iter()
            .map(|point| FittedRun {
                load: point.load,
                measured_per_s: point.throughput,
                fitted_per_s: found.throughput(point.load),
            })
            .collect(),
        warnings: warnings(points, &peak, found.knee),
    })
}

fn coefficient(found: &statistics::Coefficient) -> Coefficient {
    let uncertainty = found.uncertainty;
    Coefficient {
        estimate: found.estimate,
        standard_error: uncertainty.map(|it| it.standard_error),
        interval: uncertainty.map(|it| it.interval.into()),
    }
}

fn peak(found: &statistics::Peak) -> Peak {
    match *found {
        statistics::Peak::At {
            load,
            load_interval,
            throughput,
            throughput_interval,
            beyond_measurements,
        } => Peak::At {
            load,
            load_interval: load_interval.into(),
            throughput_per_s: throughput,
            throughput_interval: throughput_interval.into(),
            beyond_measurements,
        },
        statistics::Peak::NoneFitted { ceiling } => Peak::NoneFitted {
            ceiling_per_s: ceiling,
        },
        statistics::Peak::NotShown => Peak::NotShown,
        statistics::Peak::FallsFromTheStart => Peak::FallsFromTheStart,
    }
}

fn warnings(points: &[SweepPointAnalysis], peak: &Peak, knee: Option<f64>) -> Vec<String> {
    let mut warnings = Vec::new();
    let largest = points.last().map_or(0, |point| point.value);
    let is_extrapolated =
        |peak: &Peak| matches!(peak, Peak::At { beyond_measurements, .. } if *beyond_measurements);
    if is_extrapolated(peak) {
        warnings.push(format!(
            "The peak is extrapolated: it lies beyond {largest}, the largest load that was measured. Measure there before \
             you rely on it."
        ));
    }
    if knee.is_some_and(|knee| knee > f64::from(largest)) {
        warnings.push(format!(
            "The knee is extrapolated: it lies beyond {largest}, the largest load that was measured."
        ));
    }
    let runs = || points.iter().flat_map(|point| &point.runs);
    if points.iter().all(|point| point.runs.len() == 1) {
        warnings.push(
            "Each load was run once: intervals depend on the distance of the points from the curve only, not on \
            the variation between runs. Repeat with --repetitions."
                .to_owned(),
        );
    }
    let invalid = runs().filter(|run| !run.valid).count();
    if invalid > 0 {
        let are = if invalid == 1 { "is" } else { "are" };
        warnings.push(format!(
            "{invalid} of {} runs {are} invalid, and left out of the fit.",
            runs().count()
        ));
    }
    warnings
}
