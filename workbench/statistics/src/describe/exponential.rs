//! Tests whether values are draws from an exponential distribution, such as the gaps of a Poisson process.

use crate::doubles::ascending;
use crate::error::{StatisticsError, check};

/// An Anderson–Darling test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AndersonDarling {
    /// A²: 0.6 to 1.2 for most draws from the distribution itself, larger the further the values are from it.
    pub statistic: f64,
    /// Probability of a statistic at least as large if the values are independent draws from the distribution.
    pub p_value: f64,
}

/// The Anderson–Darling test of some values, in any order, against the exponential distribution of a known mean.
///
/// With the values in ascending order x₁ ≤ … ≤ xₙ and F(x) = 1 − e^(−x/mean),
/// A² = −n − 1/n · Σ (2i − 1)(ln F(xᵢ) + ln(1 − F(xₙ₊₁₋ᵢ))). The p value is from Marsaglia and Marsaglia's approximation for n
/// values, whose limit is within 2·10⁻⁵ of the exact one: p values below 10⁻⁴ are no more than small.
///
/// Assumes that the mean is known, not estimated from the values ("case 0"); with an estimated one the p values would be
/// too large. A value of 0, which the distribution does not give, counts as the smallest positive double.
///
/// # Errors
/// Fewer than 2 values, values that are not finite or negative, or a mean that is not positive.
///
/// # References
/// - T. W. Anderson, D. A. Darling (1954), “A Test of Goodness of Fit”, Journal of the American Statistical Association
///   49(268).
/// - M. A. Stephens (1974), “EDF Statistics for Goodness of Fit and Some Comparisons”, Journal of the American Statistical
///   Association 69(347), case 0.
/// - G. Marsaglia, J. Marsaglia (2004), “Evaluating the Anderson-Darling Distribution”, Journal of Statistical Software
///   9(2), functions `adinf` and `errfix`.
///
/// # Examples
/// ```
/// use workbench_statistics::anderson_darling_exponential;
///
/// let evenly_spaced = [2.0; 100];
/// assert!(anderson_darling_exponential(&evenly_spaced, 2.0)?.p_value < 1e-3);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn anderson_darling_exponential(
    values: &[f64],
    mean: f64,
) -> Result<AndersonDarling, StatisticsError> {
    check(values, 2)?;
    let impossible = |quantity, value| StatisticsError::ImpossibleMeasurement { quantity, value };
    if !mean.is_finite() || mean <= 0.0 {
        return Err(impossible("mean of an exponential distribution", mean));
    }
    if let Some(negative) = values.iter().find(|value| **value < 0.0) {
        return Err(impossible("gap between arrivals", *negative));
    }
    let sorted = ascending(values.iter().map(|value| value / mean).collect());
    let n = sorted.len() as f64;
    let terms = sorted.iter().zip(sorted.iter().rev()).zip(0_u32..);
    let terms = terms.map(|((low, high), index)| {
        let below = -(-low.max(f64::MIN_POSITIVE)).exp_m1();
        // ln(1 − F(x)) of the exponential distribution is −x.
        f64::from(2 * index + 1) * (below.ln() - high)
    });
    let statistic = -n - super::compensated_sum(terms) / n;
    Ok(AndersonDarling {
        statistic,
        p_value: upper_tail(statistic, n),
    })
}

/// P(A² ≥ z) for n values.
fn upper_tail(z: f64, n: f64) -> f64 {
    if z <= 0.0 {
        return 1.0;
    }
    let below = limit(z);
    (1.0 - below - correction(n, below)).clamp(0.0, 1.0)
}

/// P(A² < z) for infinitely many values: `adinf` of Marsaglia and Marsaglia (2004).
fn limit(z: f64) -> f64 {
    if z < 2.0 {
        let series = polynomial(
            z,
            &[
                2.000_12,
                0.247_105,
                -0.064_982_1,
                0.034_796_2,
                -0.011_672_0,
                0.001_686_91,
            ],
        );
        (-1.233_714_1 / z).exp() / z.sqrt() * series
    } else {
        let series = polynomial(
            z,
            &[
                1.077_6,
                -2.306_95,
                0.434_24,
                -0.082_433,
                0.008_056,
                -0.000_314_6,
            ],
        );
        (-series.exp()).exp()
    }
}

/// The correction of the limit x for n values: `errfix` of Marsaglia and Marsaglia (2004).
fn correction(n: f64, x: f64) -> f64 {
    if x > 0.8 {
        let series = [
            -130.213_7, 745.233_7, -1_705.091, 1_950.646, -1_116.360, 255.784_4,
        ];
        return polynomial(x, &series) / n;
    }
    let bend = 0.012_65 + 0.175_7 / n;
    if x < bend {
        let t = x / bend;
        let t = t.sqrt() * (1.0 - t) * (49.0 * t - 102.0);
        return t * (0.003_7 / (n * n) + 0.000_78 / n + 0.000_06) / n;
    }
    let series = [-0.000_226_33, 6.540_34, -14.653_8, 14.458, -8.259, 1.918_64];
    let t = polynomial((x - bend) / (0.8 - bend), &series);
    t * (0.042_13 + 0.013_65 / n) / n
}

/// c₀ + c₁x + c₂x² + …
fn polynomial(x: f64, coefficients: &[f64]) -> f64 {
    coefficients.iter().rfold(0.0, |sum, c| sum * x + c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_that_of_anderson_and_darlings_series() {
        for (z, probability) in [
            // mpmath, 30 digits: Anderson and Darling (1952), the series of its equation for the limiting distribution.
            (0.2, 0.009_587_452_750_2),
            (0.5, 0.253_185_626_47),
            (1.0, 0.642_733_326_786),
            (1.933, 0.900_005_376_792),
            (2.492, 0.949_977_813_64),
            (3.07, 0.974_781_728_863),
            (3.857, 0.989_758_846_77),
            (6.0, 0.999_032_548_058),
            (10.0, 0.999_986_184_965),
        ] {
            let found = limit(z);
            assert!(
                (found - probability).abs() < 2.1e-5,
                "{z}: {found} instead of {probability}"
            );
        }
    }

    #[test]
    fn critical_values_are_those_of_stephens() {
        // Stephens (1974), table 1A: A² for case 0, which holds for n ≥ 5.
        for (n, tolerance) in [(5.0, 0.003), (20.0, 0.001), (1e6, 0.0003)] {
            for (z, tail) in [(1.933, 0.1), (2.492, 0.05), (3.070, 0.025), (3.857, 0.01)] {
                let found = upper_tail(z, n);
                assert!(
                    (found - tail).abs() < tolerance,
                    "n {n}, {z}: {found} for {tail}"
                );
            }
        }
    }

    #[test]
    fn the_statistic_is_that_of_its_definition_in_any_order() {
        // mpmath, 40 digits, from the definition.
        let values = [0.1, 0.4, 0.7, 1.3, 2.9, 0.05, 0.9, 1.8];
        for (mean, expected) in [(1.0, 0.209_252_900_083_286), (0.5, 2.377_670_815_421_776)] {
            let found = anderson_darling_exponential(&values, mean)
                .unwrap()
                .statistic;
            assert!((found - expected).abs() < 1e-12, "{found}");
        }
    }

    #[test]
    fn p_values_are_uniform_for_exponential_values_and_small_for_others() {
        // By inversion from a Weyl sequence scrambled by a multiplicative hash: 200 sets of 100 values.
        let uniform = |index: u64| {
            let mut bits = index.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
        };
        let set = |set: u64| -> Vec<f64> {
            let values = (0..100).map(|index| -(1.0 - uniform(100 * set + index)).ln());
            values.collect()
        };
        let below = |mean: f64| {
            let rejected = (0..200).filter(|number| {
                let test = anderson_darling_exponential(&set(*number), mean).unwrap();
                test.p_value < 0.1
            });
            rejected.count()
        };
        // Binomial with n = 200 and p = 0.1: standard deviation 4.2.
        assert!(below(1.0).abs_diff(20) < 5 * 4, "{}", below(1.0));
        assert!(below(1.6) > 190, "{}", below(1.6));
    }

    #[test]
    fn impossible_gaps_are_refused() {
        for (values, mean) in [
            (&[1.0][..], 1.0),
            (&[1.0, -1.0], 1.0),
            (&[1.0, f64::NAN], 1.0),
            (&[1.0, 2.0], 0.0),
            (&[1.0, 2.0], f64::INFINITY),
        ] {
            assert!(anderson_darling_exponential(values, mean).is_err());
        }
        assert!(anderson_darling_exponential(&[0.0, 1.0], 1.0).is_ok());
    }
}
