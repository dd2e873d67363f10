//! Student's t test: two groups with one variance.

use super::test::TTest;
use super::welch::estimate;
use crate::error::StatisticsError;

/// Student's two-sample t test with a pooled variance.
///
/// t = (a − b)/(s √(1/n + 1/m)) with s² = ((n − 1) s₁² + (m − 1) s₂²)/(n + m − 2), referred to Student's t with
/// n + m − 2 degrees of freedom.
///
/// Assumes independent values, means that are about normal, and equal variances. Fails where variances
/// differ and the groups are not equally large: prefer [`welch`](crate::welch), which costs little where they
/// do not.
///
/// # Errors
/// Fewer than 2 values in a group, values that are not finite, no variation in both groups, or a confidence
/// that is not strictly between 0 and 1.
///
/// # References
/// Student (1908), “The Probable Error of a Mean”, Biometrika 6(1); R. A. Fisher (1925), “Applications of
/// ‘Student's’ Distribution”, Metron 5.
///
/// # Examples
/// ```
/// use workbench_statistics::pooled_t;
///
/// let test = pooled_t(&[1.0, 2.0, 3.0], &[2.0, 3.0, 4.0], 0.95)?;
/// assert_eq!(test.degrees_of_freedom, 4.0);
/// assert!((test.p - 0.287_864).abs() < 1e-6);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn pooled_t(a: &[f64], b: &[f64], confidence: f64) -> Result<TTest, StatisticsError> {
    let (first, second) = (estimate(a)?, estimate(b)?);
    let (n, m) = (first.count as f64, second.count as f64);
    // s √n is the root of the sum of squares over n − 1: a weighted mean of variances by their hypotenuse.
    let freedom = n + m - 2.0;
    let deviation = (first.standard_error * (n * (n - 1.0) / freedom).sqrt())
        .hypot(second.standard_error * (m * (m - 1.0) / freedom).sqrt());
    TTest::new(
        first.mean - second.mean,
        deviation * (1.0 / n + 1.0 / m).sqrt(),
        freedom,
        confidence,
        [first.count, second.count],
    )
}
