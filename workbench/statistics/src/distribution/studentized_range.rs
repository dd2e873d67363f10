//! The studentized range: the spread of k means in estimated standard errors (Tukey's q).

use std::f64::consts::TAU;

use super::chi::average_over_deviation;
use super::normal::normal_lower_tail;
use super::root::root_of_decreasing;
use crate::error::{
    StatisticsError, check_count, check_degrees_of_freedom, check_open_probability,
};

/// P(Q > q) for the range of k normal values in units of an independent estimate of their deviation.
///
/// The range R of k standard normal values has P(R > w) = k ∫ φ(z) (Φ(z)^(k−1) − (Φ(z) − Φ(z − w))^(k−1)) dz;
/// Q = R/s with s = χ/√ν. Both integrals are over positive terms only, so that tiny probabilities keep their
/// relative accuracy, about 10⁻¹⁰.
///
/// # Errors
/// Fewer than 2 values, degrees of freedom that are not positive, or a q that is negative or not finite.
///
/// # References
/// - J. W. Tukey (1953), “The Problem of Multiple Comparisons”.
/// - M. D. Copenhaver, B. Holland (1988), “Computation of the Distribution of the Maximum Studentized Range
///   Statistic”, Journal of Statistical Computation and Simulation 30 (the integrals; R's `ptukey`).
///
/// # Examples
/// ```
/// use workbench_statistics::studentized_range_upper_tail;
///
/// // 3.877 is the 5% point for k = 3 and 10 degrees of freedom.
/// assert!((studentized_range_upper_tail(3.877, 3, 10.0)? - 0.05).abs() < 1e-4);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn studentized_range_upper_tail(
    q: f64,
    groups: usize,
    degrees_of_freedom: f64,
) -> Result<f64, StatisticsError> {
    check_groups(groups, degrees_of_freedom)?;
    if !(q.is_finite() && q >= 0.0) {
        return Err(StatisticsError::NotFinite {
            position: 0,
            value: q,
        });
    }
    Ok(upper_tail(q, groups, degrees_of_freedom))
}

/// The q that is exceeded with probability `tail`.
///
/// # Errors
/// Fewer than 2 values, degrees of freedom that are not positive, or a probability that is not strictly
/// between 0 and 1.
///
/// # Examples
/// ```
/// use workbench_statistics::studentized_range_quantile;
///
/// // SciPy 1.17: studentized_range.isf(0.05, 3, 10)
/// assert!((studentized_range_quantile(0.05, 3, 10.0)? - 3.876_777).abs() < 1e-6);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn studentized_range_quantile(
    tail: f64,
    groups: usize,
    degrees_of_freedom: f64,
) -> Result<f64, StatisticsError> {
    check_groups(groups, degrees_of_freedom)?;
    check_open_probability(tail)?;
    let ln_tail = tail.ln();
    // A tail that is nearly a straight line in logarithms of both needs the fewest steps.
    let at = |ln_q: f64| {
        let found = upper_tail(ln_q.exp(), groups, degrees_of_freedom);
        found.max(f64::MIN_POSITIVE).ln() - ln_tail
    };
    // Steps of a factor of e from 1 find a bracket close by.
    let mut high = 0.0;
    while at(high) > 0.0 && high < 700.0 {
        high += 1.0;
    }
    let mut low = high - 1.0;
    while at(low) < 0.0 && low > -45.0 {
        low -= 1.0;
    }
    Ok(root_of_decreasing(low, high, at).exp())
}

fn check_groups(groups: usize, degrees_of_freedom: f64) -> Result<(), StatisticsError> {
    check_count(groups, 2)?;
    check_degrees_of_freedom(degrees_of_freedom)
}

fn upper_tail(q: f64, groups: usize, freedom: f64) -> f64 {
    let tail = average_over_deviation(freedom, |s| range_upper_tail(q * s, groups));
    tail.min(1.0)
}

/// P(R > w) of `groups` standard normal values.
///
/// The integral over the place z of the greatest value, in the form Φ(z)^(k−1) (1 − (1 − r)^(k−1)) with
/// r = Φ(z − w)/Φ(z), which subtracts nothing that is nearly equal.
fn range_upper_tail(w: f64, groups: usize) -> f64 {
    /// Beyond this many deviations the density is negligible.
    const REACH: f64 = 9.0;
    /// A panel of two deviations with 16 nodes is exact to 10⁻¹⁵ for normal densities.
    const PANEL: f64 = 2.0;
    // Beyond this range P(R > w) is below the least double.
    if w > 60.0 {
        return 0.0;
    }
    let others = (groups - 1) as f64;
    let integrand = |z: f64| {
        let below = normal_lower_tail(z);
        let share = normal_lower_tail(z - w) / below;
        let missed = if share >= 1.0 {
            1.0
        } else {
            -(others * (-share).ln_1p()).exp_m1()
        };
        (-z * z / 2.0 + others * below.ln()).exp() * missed
    };
    // The integrand peaks between 0 and w, no narrower than a normal density.
    let panels = ((2.0 * REACH + w) / PANEL).ceil() as u32;
    let sum: f64 = (0..panels)
        .map(|panel| {
            let middle = -REACH + PANEL * (f64::from(panel) + 0.5);
            GAUSS_LEGENDRE_16
                .iter()
                .map(|&(node, weight)| {
                    weight * (integrand(middle - node) + integrand(middle + node))
                })
                .sum::<f64>()
        })
        .sum();
    (others + 1.0) * sum * (PANEL / 2.0) / TAU.sqrt()
}

/// Nodes and weights on (0, 1] of the 16-point rule over [−1, 1]; Abramowitz and Stegun, table 25.4.
const GAUSS_LEGENDRE_16: [(f64, f64); 8] = [
    (0.095_012_509_837_637_44, 0.189_450_610_455_068_5),
    (0.281_603_550_779_258_9, 0.182_603_415_044_923_58),
    (0.458_016_777_657_227_37, 0.169_156_519_395_002_54),
    (0.617_876_244_402_643_8, 0.149_595_988_816_576_74),
    (0.755_404_408_355_003, 0.124_628_971_255_533_88),
    (0.865_631_202_387_831_8, 0.095_158_511_682_492_79),
    (0.944_575_023_073_232_6, 0.062_253_523_938_647_894),
    (0.989_400_934_991_649_9, 0.027_152_459_411_754_096),
];
