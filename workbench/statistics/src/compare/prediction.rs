//! One new value against a history.

use super::test::TTest;
use super::welch::estimate;
use crate::error::{StatisticsError, check};

/// Tests whether one new value could be the next of a history.
///
/// t = (y − ȳ)/(s √(1 + 1/K)), with the mean ȳ and the standard deviation s of the K values of the history,
/// referred to Student's t with K − 1 degrees of freedom. The difference is the new value minus the mean of the
/// history.
///
/// Assumes that history and new value are independent and normal, and that the new value varies as much as the history:
/// neither can be checked with one value, and unlike for means, the error rate depends on the shape of the
/// distribution. Fails where the history drifts or has steps.
///
/// # Errors
/// Fewer than 2 values in the history, values that are not finite, a history that does not vary, or a
/// confidence that is not strictly between 0 and 1.
///
/// # References
/// G. J. Hahn, W. Q. Meeker (1991), “Statistical Intervals”, section 4.8 (prediction of one observation).
///
/// # Examples
/// ```
/// use workbench_statistics::prediction_t;
///
/// let test = prediction_t(9.0, &[1.0, 2.0, 3.0, 4.0, 5.0], 0.95)?;
/// assert_eq!(test.difference, 6.0);
/// assert!((test.t - 6.0 / 3.0_f64.sqrt()).abs() < 1e-12);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn prediction_t(
    value: f64,
    history: &[f64],
    confidence: f64,
) -> Result<TTest, StatisticsError> {
    check(&[value], 1)?;
    let past = estimate(history)?;
    // s/√K · √(K + 1) is s √(1 + 1/K).
    let standard_error = past.standard_error * (past.count as f64 + 1.0).sqrt();
    TTest::new(
        value - past.mean,
        standard_error,
        (past.count - 1) as f64,
        confidence,
        [1, past.count],
    )
}
