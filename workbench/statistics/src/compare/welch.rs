//! Welch's t test: two groups whose variances may differ.

use super::test::TTest;
use crate::describe::summary;
use crate::error::{StatisticsError, check, check_count};

/// A mean, how uncertain it is, and from how many values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeanEstimate {
    /// The mean.
    pub mean: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// Number of values behind it, at least 2.
    pub count: usize,
}

/// Welch's two-sample t test.
///
/// t = (a − b)/√(u² + v²), with the means a and b, and their standard errors u and v; referred to Student's
/// t with Satterthwaite's degrees of freedom (u² + v²)² / (u⁴/(n − 1) + v⁴/(m − 1)), n and m being the numbers
/// of values. The interval is a − b ± t* · √(u² + v²), t* being the quantile of Student's t.
///
/// Assumes values that are independent within and between the groups, and means that are about normal.
/// Variances may differ. Fails on requests of one run, which depend on each other: give it one value per
/// run.
///
/// # Errors
/// Fewer than 2 values in a group, values that are not finite, no variation in both groups, or a confidence
/// that is not strictly between 0 and 1.
///
/// # References
/// - B. L. Welch (1947), “The Generalization of ‘Student's’ Problem when Several Different Population
///   Variances are Involved”, Biometrika 34.
/// - F. E. Satterthwaite (1946), “An Approximate Distribution of Estimates of Variance Components”,
///   Biometrics Bulletin 2(6), equation 17.
///
/// # Examples
/// ```
/// use workbench_statistics::welch;
///
/// let test = welch(&[1.0, 2.0, 3.0], &[2.0, 3.0, 4.0], 0.95)?;
/// assert!((test.t + 1.224_745).abs() < 1e-6);
/// assert!((test.p - 0.287_864).abs() < 1e-6);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn welch(a: &[f64], b: &[f64], confidence: f64) -> Result<TTest, StatisticsError> {
    welch_from_estimates(estimate(a)?, estimate(b)?, confidence)
}

/// Welch's test, as [`welch`] defines it, from published means and standard errors.
///
/// # Errors
/// As [`welch`], and a standard error that is negative or not finite.
///
/// # Examples
/// ```
/// use workbench_statistics::{MeanEstimate, welch_from_estimates};
///
/// let a = MeanEstimate { mean: 168.2088, standard_error: 2.4462, count: 1000 };
/// let b = MeanEstimate { mean: 563.1481, standard_error: 4.7189, count: 1000 };
/// let test = welch_from_estimates(a, b, 0.95)?;
/// assert!((test.t + 74.30).abs() < 0.005);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn welch_from_estimates(
    a: MeanEstimate,
    b: MeanEstimate,
    confidence: f64,
) -> Result<TTest, StatisticsError> {
    a.check()?;
    b.check()?;
    let standard_error = a.standard_error.hypot(b.standard_error);
    if standard_error == 0.0 {
        return Err(StatisticsError::NoVariation);
    }
    TTest::new(
        a.mean - b.mean,
        standard_error,
        satterthwaite(a, b, standard_error),
        confidence,
        [a.count, b.count],
    )
}

/// In shares of the whole, so that no square of a tiny or huge standard error has to be represented.
fn satterthwaite(a: MeanEstimate, b: MeanEstimate, standard_error: f64) -> f64 {
    let share = |group: MeanEstimate| {
        let share = (group.standard_error / standard_error).powi(2);
        share * share / (group.count - 1) as f64
    };
    1.0 / (share(a) + share(b))
}

pub(crate) fn estimate(values: &[f64]) -> Result<MeanEstimate, StatisticsError> {
    let summary = summary(values)?;
    check_count(summary.count, 2)?;
    Ok(MeanEstimate {
        mean: summary.mean,
        standard_error: summary.standard_error().unwrap_or_default(),
        count: summary.count,
    })
}

impl MeanEstimate {
    fn check(self) -> Result<(), StatisticsError> {
        check_count(self.count, 2)?;
        check(&[self.mean], 1)?;
        if !(self.standard_error.is_finite() && self.standard_error >= 0.0) {
            return Err(StatisticsError::ImpossibleStandardError {
                value: self.standard_error,
            });
        }
        Ok(())
    }
}
