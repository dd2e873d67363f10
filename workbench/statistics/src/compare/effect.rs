//! Effect sizes.

use super::pooled::pooled_t;
use crate::distribution::{ln_gamma_step_of_half, noncentrality_with_tail};
use crate::error::StatisticsError;
use crate::interval::Interval;
use crate::rank::rank_sum;

/// A difference of means in standard deviations.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HedgesG {
    /// The estimate: Cohen's d, corrected for its bias.
    pub g: f64,
    /// Interval of the difference in standard deviations.
    pub interval: Interval,
    /// Number of values in the first and in the second group.
    pub counts: [usize; 2],
}

/// Hedges' g: first mean minus second mean, in standard deviations.
///
/// g = J d with d = (a − b)/s, s being the pooled standard deviation, and J = Γ(ν/2)/(√(ν/2) Γ((ν − 1)/2)),
/// ν = n + m − 2. The bounds are those δ for which the observed t has a tail of (1 − confidence)/2 under the
/// non-central t distribution with non-centrality δ √(nm/(n + m)).
///
/// Assumes independent normal values with one variance. For performance a ratio is usually more informative, because
/// the standard deviation between runs also depends on the machine.
///
/// # Errors
/// Fewer than 2 values in a group, fewer than 4 values in all, values that are not finite, no variation in both
/// groups, or a confidence that is not strictly between 0 and 1.
///
/// # References
/// - L. V. Hedges (1981), “Distribution Theory for Glass's Estimator of Effect Size and Related Estimators”,
///   Journal of Educational Statistics 6(2), equation 6e (J exactly).
/// - J. H. Steiger, R. T. Fouladi (1997), “Noncentrality Interval Estimation and the Evaluation of Statistical
///   Models”, in “What If There Were No Significance Tests?”.
///
/// # Examples
/// ```
/// use workbench_statistics::hedges_g;
///
/// let effect = hedges_g(&[3.0, 4.0, 5.0, 6.0], &[1.0, 2.0, 3.0, 4.0], 0.95)?;
/// assert!((effect.g - 1.345_671).abs() < 1e-6);
/// assert!(effect.interval.lower < 0.0 && effect.interval.upper > 3.0);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn hedges_g(a: &[f64], b: &[f64], confidence: f64) -> Result<HedgesG, StatisticsError> {
    let test = pooled_t(a, b, confidence)?;
    let (n, m) = (a.len() as f64, b.len() as f64);
    let per_deviation = (n * m / (n + m)).sqrt();
    let half = test.degrees_of_freedom / 2.0;
    let correction = (ln_gamma_step_of_half(half - 0.5) - 0.5 * half.ln()).exp();
    let tail = (1.0 - confidence) / 2.0;
    let bound =
        |tail| noncentrality_with_tail(test.t, test.degrees_of_freedom, tail) / per_deviation;
    Ok(HedgesG {
        g: correction * test.t / per_deviation,
        interval: Interval {
            lower: bound(tail),
            upper: bound(1.0 - tail),
            confidence,
        },
        counts: test.counts,
    })
}

/// Cliff's delta: how much more often a value of the first group exceeds one of the second than the reverse.
///
/// (number of pairs with a > b − number with a < b)/(nm), from −1 to 1; by ranks, in N log N steps.
///
/// Assumes nothing about the shape. It saturates: groups that do not overlap have ±1 however far apart.
///
/// # Errors
/// An empty group, or values that are not finite.
///
/// # References
/// N. Cliff (1993), “Dominance Statistics: Ordinal Analyses to Answer Ordinal Questions”, Psychological
/// Bulletin 114(3).
///
/// # Examples
/// ```
/// use workbench_statistics::cliffs_delta;
///
/// assert_eq!(cliffs_delta(&[2.0, 3.0], &[1.0, 2.0])?, 0.75);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn cliffs_delta(a: &[f64], b: &[f64]) -> Result<f64, StatisticsError> {
    let (doubled_sum, _) = rank_sum(a, b)?;
    let (n, m) = (a.len() as f64, b.len() as f64);
    let doubled_u = doubled_sum as f64 - n * (n + 1.0);
    Ok(doubled_u / (n * m) - 1.0)
}
