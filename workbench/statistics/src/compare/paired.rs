//! The paired t test.

use super::test::TTest;
use super::welch::estimate;
use crate::error::{StatisticsError, differences};

/// Student's t test of the differences a₁ − b₁, a₂ − b₂, …
///
/// t = d/(s/√n), with the mean d and the standard deviation s of the n differences, referred to Student's t
/// with n − 1 degrees of freedom.
///
/// Assumes that the differences are independent of each other and their mean is about normal. Suits interleaved runs
/// (one of either kind, close in time): shared influences, such as the state of the machine, cancel. Fails if pairs are
/// formed afterwards: that costs degrees of freedom, and choosing pairs by their values invalidates the test.
///
/// # Errors
/// Lists of different length, fewer than 2 pairs, values that are not finite, differences that do not vary,
/// or a confidence that is not strictly between 0 and 1.
///
/// # References
/// Student (1908), “The Probable Error of a Mean”, Biometrika 6(1), section IX.
///
/// # Examples
/// ```
/// use workbench_statistics::paired_t;
///
/// let test = paired_t(&[10.0, 21.0, 32.0], &[9.0, 19.0, 29.0], 0.95)?;
/// assert_eq!(test.difference, 2.0);
/// assert_eq!(test.degrees_of_freedom, 2.0);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn paired_t(a: &[f64], b: &[f64], confidence: f64) -> Result<TTest, StatisticsError> {
    let mean = estimate(&differences(a, b, 2)?)?;
    TTest::new(
        mean.mean,
        mean.standard_error,
        (mean.count - 1) as f64,
        confidence,
        [mean.count, mean.count],
    )
}
