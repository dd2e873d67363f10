//! Wilcoxon's signed rank test for pairs.

use super::mann_whitney::normal_tails;
use super::null::{NullDistribution, sums_of_signs};
use super::ranks::ranks;
use crate::error::{StatisticsError, differences};

/// Up to this many differences all signs are counted, in some hundredths of a second.
const EXACT_UP_TO: usize = 300;

/// Whether the values of one list tend to be greater than their partners in the other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SignedRank {
    /// Sum of the ranks of the positive differences.
    pub w: f64,
    /// Two-sided p value: twice the smaller one-sided one, at most 1.
    pub p: f64,
    /// One-sided p value: small where the first list's values are greater.
    pub p_greater: f64,
    /// One-sided p value: small where the first list's values are less.
    pub p_less: f64,
    /// Number of pairs that differ.
    pub differences: usize,
    /// Number of equal pairs, which are left out.
    pub equal: usize,
    /// How the p values were found.
    pub null_distribution: NullDistribution,
}

/// Wilcoxon's signed rank test, exact up to 300 differences, ties included.
///
/// W is the sum of the ranks of |a − b| over the pairs with a > b, pairs with a = b left out (Wilcoxon's own rule).
/// Its p values come from all 2ⁿ ways to set the signs. For more than 300 differences: the normal distribution
/// with mean n(n + 1)/4, variance n(n + 1)(2n + 1)/24 − Σ(t³ − t)/48, t being the sizes of groups of ties, and
/// a correction of ½ for continuity.
///
/// Assumes that the differences are independent and, under the hypothesis, symmetric about 0. Five pairs can
/// reach a one-sided p of 1/32 and no less.
///
/// # Errors
/// Lists of different length, no pairs, values that are not finite, or no pair that differs.
///
/// # References
/// - F. Wilcoxon (1945), “Individual Comparisons by Ranking Methods”, Biometrics Bulletin 1(6).
/// - E. L. Lehmann (1975), “Nonparametrics: Statistical Methods Based on Ranks”, equation 3.15 (ties).
///
/// # Examples
/// ```
/// use workbench_statistics::signed_rank;
///
/// let test = signed_rank(&[2.0, 4.0, 6.0, 8.0, 10.0], &[1.0, 2.0, 3.0, 4.0, 5.0])?;
/// assert_eq!(test.w, 15.0);
/// assert_eq!(test.p_greater, 1.0 / 32.0);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn signed_rank(a: &[f64], b: &[f64]) -> Result<SignedRank, StatisticsError> {
    let mut differences = differences(a, b, 1)?;
    differences.retain(|difference| *difference != 0.0);
    if differences.is_empty() {
        return Err(StatisticsError::NoVariation);
    }
    let sizes: Vec<f64> = differences.iter().map(|value| value.abs()).collect();
    let ranks = ranks(&sizes);
    let doubled: u64 = differences
        .iter()
        .zip(&ranks.doubled)
        .filter(|(difference, _)| **difference > 0.0)
        .map(|(_, rank)| rank)
        .sum();
    let w = doubled as f64 / 2.0;
    let n = differences.len() as f64;
    let (p_less, p_greater, null_distribution) = if differences.len() <= EXACT_UP_TO {
        let sums = sums_of_signs(&ranks.doubled);
        let (less, greater) = (sums.at_most(doubled), sums.at_least(doubled));
        (less, greater, NullDistribution::Exact)
    } else {
        let variance = n * (n + 1.0) * (2.0 * n + 1.0) / 24.0 - ranks.ties / 48.0;
        let (less, greater) = normal_tails(w - n * (n + 1.0) / 4.0, variance.sqrt());
        (less, greater, NullDistribution::Normal)
    };
    Ok(SignedRank {
        w,
        p: (2.0 * p_less.min(p_greater)).min(1.0),
        p_greater,
        p_less,
        differences: differences.len(),
        equal: a.len() - differences.len(),
        null_distribution,
    })
}
