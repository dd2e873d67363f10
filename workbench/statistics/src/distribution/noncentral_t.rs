//! The non-central t distribution, for the power of t tests.

use super::chi::average_over_deviation;
use super::normal::{normal_lower_tail, normal_upper_tail};
use super::root::root_of_decreasing;
use crate::error::{StatisticsError, check_degrees_of_freedom};

/// P(T > t) for T = (Z + δ)/s, with a standard normal Z, s = χ/√ν independent of it, and δ `noncentrality`.
///
/// The integral of P(Z > ts − δ) over the density of s. The relative error is below 10⁻¹⁰ also where the
/// probability is tiny.
///
/// # Errors
/// Degrees of freedom that are not positive, or a t or non-centrality that is not finite.
///
/// # References
/// N. L. Johnson, S. Kotz, N. Balakrishnan (1995), “Continuous Univariate Distributions” 2, section 31.
///
/// # Examples
/// ```
/// use workbench_statistics::noncentral_t_upper_tail;
///
/// // SciPy 1.17: nct.sf(2.0, 8, 3.0)
/// assert!((noncentral_t_upper_tail(2.0, 8.0, 3.0)? - 0.829_658_442_734_858_7).abs() < 1e-12);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn noncentral_t_upper_tail(
    t: f64,
    degrees_of_freedom: f64,
    noncentrality: f64,
) -> Result<f64, StatisticsError> {
    check_degrees_of_freedom(degrees_of_freedom)?;
    crate::error::check(&[t, noncentrality], 2)?;
    Ok(average_over_deviation(degrees_of_freedom, |s| {
        normal_upper_tail(t * s - noncentrality)
    }))
}

/// P(T ≤ t), accurate where that is tiny.
pub(crate) fn noncentral_t_lower_tail(t: f64, freedom: f64, noncentrality: f64) -> f64 {
    average_over_deviation(freedom, |s| normal_lower_tail(t * s - noncentrality))
}

/// The non-centrality with which t is exceeded with probability `tail`.
pub(crate) fn noncentrality_with_tail(t: f64, freedom: f64, tail: f64) -> f64 {
    let missed = |noncentrality: f64| {
        // The smaller of the two tails has the digits.
        if tail < 0.5 {
            tail - average_over_deviation(freedom, |s| normal_upper_tail(t * s - noncentrality))
        } else {
            noncentral_t_lower_tail(t, freedom, noncentrality) - (1.0 - tail)
        }
    };
    // The non-centrality is near t, the farther the fewer the degrees of freedom.
    let (mut low, mut high, mut reach) = (t, t, 1.0);
    while missed(low) < 0.0 {
        low -= reach;
        reach *= 2.0;
    }
    while missed(high) > 0.0 {
        high += reach;
        reach *= 2.0;
    }
    root_of_decreasing(low, high, missed)
}
