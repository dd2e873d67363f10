//! The mean of one value per run, and its interval.

use workbench_statistics::{student_t_quantile, summary};

use crate::model::ConfidenceInterval;

/// The scale of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scale {
    /// Ratios: the logarithms are averaged.
    Ratio,
    /// Differences, limited to 0 to 1.
    Share,
}

/// Why there is no interval.
const SINGLE_RUN: &str = "a single run has no interval";
/// All values are equal, so that the interval would have no width.
const NO_VARIATION: &str = "the runs do not vary, which is no interval";

/// The mean on this scale with Student's interval, or why there is no interval. `None` without values, and if a ratio is not
/// positive.
pub(crate) fn mean_of_runs(
    values: &[f64],
    scale: Scale,
    confidence: f64,
) -> Option<(f64, Result<ConfidenceInterval, &'static str>)> {
    let transformed: Vec<f64> = match scale {
        Scale::Ratio => values.iter().map(|value| value.ln()).collect(),
        Scale::Share => values.to_vec(),
    };
    let back = |value: f64| match scale {
        Scale::Ratio => value.exp(),
        Scale::Share => value.clamp(0.0, 1.0),
    };
    let found = summary(&transformed).ok()?;
    let standard_error = found.standard_error().filter(|error| *error > 0.0);
    let reach = standard_error.and_then(|standard_error| {
        let degrees = (values.len() - 1) as f64;
        Some(student_t_quantile((1.0 - confidence) / 2.0, degrees).ok()? * standard_error)
    });
    let none = match values.len() {
        1 => SINGLE_RUN,
        _ => NO_VARIATION,
    };
    let interval = reach.ok_or(none).map(|reach| ConfidenceInterval {
        lower: back(found.mean - reach),
        upper: Some(back(found.mean + reach)),
        confidence,
    });
    Some((back(found.mean), interval))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[f64], scale: Scale) -> (f64, Result<ConfidenceInterval, &'static str>) {
        mean_of_runs(values, scale, 0.95).unwrap()
    }

    #[test]
    fn times_are_averaged_as_logarithms_and_their_interval_is_students() {
        let (mean, interval) = of(&[1.0, 10.0, 100.0], Scale::Ratio);
        assert!((mean - 10.0).abs() < 1e-9);
        // t(0.975, 2) = 4.302653, from R's qt; the standard error of the logarithms is ln 10/√3.
        let reach = 4.302_653 * 10.0_f64.ln() / 3.0_f64.sqrt();
        let interval = interval.unwrap();
        assert!((interval.lower / (10.0 / reach.exp()) - 1.0).abs() < 1e-6);
        assert!((interval.upper.unwrap() / (10.0 * reach.exp()) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn the_interval_of_a_share_stays_one() {
        let (mean, interval) = of(&[0.0, 0.02], Scale::Share);
        let interval = interval.unwrap();
        assert!((mean - 0.01).abs() < 1e-12);
        assert_eq!(interval.lower, 0.0);
        assert!(interval.upper.unwrap() < 0.2);
    }

    #[test]
    fn runs_without_a_single_error_have_no_interval() {
        let found = of(&[0.0, 0.0, 0.0], Scale::Share);
        assert_eq!(found, (0.0, Err(NO_VARIATION)));
    }

    #[test]
    fn a_single_run_has_a_value_without_an_interval_and_no_run_has_neither() {
        let (mean, interval) = of(&[5.0], Scale::Ratio);
        assert!((mean - 5.0).abs() < 1e-12);
        assert_eq!(interval, Err(SINGLE_RUN));
        assert_eq!(mean_of_runs(&[], Scale::Ratio, 0.95), None);
        assert_eq!(mean_of_runs(&[0.0, 1.0], Scale::Ratio, 0.95), None);
    }
}
