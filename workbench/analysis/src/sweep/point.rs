//! One point of a sweep: its runs, and what they come to.

use workbench_statistics::{student_t_quantile, summary};

use crate::model::{ConfidenceInterval, Estimate, RunAnalysis, SweepPointAnalysis, SweepRun};

/// Of the intervals between runs.
pub(super) const CONFIDENCE: f64 = 0.95;

/// The runs at a point, in order of time.
pub(super) fn point(value: u32, runs: &[&RunAnalysis]) -> SweepPointAnalysis {
    let runs: Vec<SweepRun> = runs.iter().map(|run| sweep_run(run)).collect();
    let valid: Vec<&SweepRun> = runs.iter().filter(|run| run.valid).collect();
    let of = |metric: fn(&SweepRun) -> f64, scale: Scale| {
        let values: Vec<f64> = valid.iter().map(|run| metric(run)).collect();
        estimate(&values, scale)
    };
    let mut missed: Vec<(String, u32)> = Vec::new();
    for text in valid.iter().flat_map(|run| &run.missed_thresholds) {
        match missed.iter_mut().find(|(known, _)| known == text) {
            Some((_, count)) => *count += 1,
            None => missed.push((text.clone(), 1)),
        }
    }
    SweepPointAnalysis {
        value,
        throughput_per_s: of(|run| run.throughput_per_s, Scale::Ratio),
        mean_ns: of(|run| run.mean_ns, Scale::Ratio),
        p50_ns: of(|run| run.p50_ns, Scale::Ratio),
        p95_ns: of(|run| run.p95_ns, Scale::Ratio),
        p99_ns: of(|run| run.p99_ns, Scale::Ratio),
        error_rate: of(|run| run.error_rate, Scale::Share),
        meets_thresholds: !valid.is_empty() && missed.is_empty(),
        missed,
        runs,
    }
}

fn sweep_run(run: &RunAnalysis) -> SweepRun {
    let total = &run.total;
    let steady = run.steady.as_ref().map(|steady| &steady.total);
    let of = |steady: Option<f64>, whole: f64| steady.unwrap_or(whole);
    SweepRun {
        run: format!("{}/{}", run.experiment, run.run_id),
        // A run that was killed is not judged, and can be believed no more than one that was found wrong.
        valid: run.validity.as_ref().is_some_and(|validity| validity.valid),
        throughput_per_s: of(
            steady.map(|steady| steady.throughput_per_s),
            total.throughput_per_s,
        ),
        mean_ns: of(steady.and_then(|it| it.mean_ns.value), total.mean_ns),
        p50_ns: of(steady.and_then(|it| it.p50_ns.value), total.p50_ns),
        p95_ns: of(steady.and_then(|it| it.p95_ns.value), total.p95_ns),
        p99_ns: of(steady.and_then(|it| it.p99_ns.value), total.p99_ns),
        error_rate: of(steady.and_then(|it| it.error_rate.value), total.error_rate),
        missed_thresholds: run
            .thresholds
            .iter()
            .filter(|threshold| !threshold.passed)
            .map(|threshold| threshold.text.clone())
            .collect(),
    }
}

/// How values of a metric differ from each other.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scale {
    /// By factors: their logarithms are averaged.
    Ratio,
    /// By amounts, and never beyond 0 and 1.
    Share,
}

/// The mean of one value per run with its interval.
fn estimate(values: &[f64], scale: Scale) -> Estimate {
    let transformed: Vec<f64> = match scale {
        Scale::Ratio => values.iter().map(|value| value.ln()).collect(),
        Scale::Share => values.to_vec(),
    };
    let back = |value: f64| match scale {
        Scale::Ratio => value.exp(),
        Scale::Share => value.clamp(0.0, 1.0),
    };
    let Ok(found) = summary(&transformed) else {
        let note = if values.is_empty() {
            "no valid run"
        } else {
            "a run without a positive value"
        };
        return Estimate {
            value: None,
            interval: None,
            note: Some(note.to_owned()),
        };
    };
    let degrees = values.len() as f64 - 1.0;
    let reach = found.standard_error().and_then(|standard_error| {
        let quantile = student_t_quantile((1.0 - CONFIDENCE) / 2.0, degrees).ok()?;
        // Runs without a single error are no proof that there are never any: such an interval would have no width.
        (standard_error > 0.0).then_some(quantile * standard_error)
    });
    let no_interval = if values.len() == 1 {
        "a single run has no interval"
    } else {
        "the runs do not vary, which is no interval"
    };
    Estimate {
        value: Some(back(found.mean)),
        interval: reach.map(|reach| ConfidenceInterval {
            lower: back(found.mean - reach),
            upper: Some(back(found.mean + reach)),
            confidence: CONFIDENCE,
        }),
        note: reach.is_none().then(|| no_interval.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_averaged_as_logarithms_and_their_interval_is_students() {
        let found = estimate(&[1.0, 10.0, 100.0], Scale::Ratio);
        assert!((found.value.unwrap() - 10.0).abs() < 1e-9);
        // t(0.975, 2) = 4.302653, from R's qt; the standard error of the logarithms is ln 10/√3.
        let reach = 4.302_653 * 10.0_f64.ln() / 3.0_f64.sqrt();
        let interval = found.interval.unwrap();
        assert!((interval.lower / (10.0 / reach.exp()) - 1.0).abs() < 1e-6);
        assert!((interval.upper.unwrap() / (10.0 * reach.exp()) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn the_interval_of_a_share_stays_one() {
        let found = estimate(&[0.0, 0.02], Scale::Share);
        assert!((found.value.unwrap() - 0.01).abs() < 1e-12);
        assert_eq!(found.interval.unwrap().lower, 0.0);
        assert!(found.interval.unwrap().upper.unwrap() < 0.2);
    }

    #[test]
    fn runs_without_a_single_error_have_no_interval() {
        let found = estimate(&[0.0, 0.0, 0.0], Scale::Share);
        assert_eq!((found.value, found.interval), (Some(0.0), None));
        assert!(found.note.unwrap().contains("do not vary"));
    }

    #[test]
    fn a_single_run_has_a_value_without_an_interval_and_no_run_has_neither() {
        let single = estimate(&[5.0], Scale::Ratio);
        assert!((single.value.unwrap() - 5.0).abs() < 1e-12);
        assert_eq!(single.interval, None);
        assert!(single.note.unwrap().contains("single run"));
        assert_eq!(estimate(&[], Scale::Ratio).value, None);
    }
}
