//! Yuen's trimmed t test for pairs, which is robust against disturbed runs.

use serde::{Deserialize, Serialize};

use super::ratio::{RatioTest, logarithms};
use super::test::TTest;
use super::welch::estimate;
use crate::doubles::ascending;
use crate::error::{StatisticsError, differences};

/// The test for pairs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PairTest {
    /// The paired t test ([`paired_t`](crate::paired_t)): every pair counts.
    T,
    /// The trimmed t test ([`trimmed_paired_t`]): the most extreme pairs do not count, from 8 pairs on.
    #[default]
    Trimmed,
}

/// Fewest pairs of which any are left out.
const TRIMMED_FROM: usize = 8;

/// One of this many pairs is left out at either end.
const ONE_OF: usize = 5;

/// Relative loss of degrees of freedom for each of `n` pairs that is left out at an end.
///
/// For normal differences and 8 to 60 pairs the upper tail of the statistic is then that of Student's t or less, from
/// 10% to 0.05%; with h − 1 degrees of freedom it is up to 13% more at the level of 5% (`just calibration`).
const FREEDOM_LOST: f64 = 0.8;

/// The number of pairs that [`trimmed_paired_t`] leaves out at either end.
///
/// A fifth, rounded down: 1 of 8 or 9, 2 of 10 to 14, and so on; none of fewer than 8.
///
/// # Examples
/// ```
/// use workbench_statistics::pairs_left_out;
///
/// assert_eq!([5, 7, 8, 10, 15, 20].map(pairs_left_out), [0, 0, 1, 2, 3, 4]);
/// ```
#[must_use]
pub fn pairs_left_out(pairs: usize) -> usize {
    if pairs < TRIMMED_FROM {
        0
    } else {
        pairs / ONE_OF
    }
}

/// Degrees of freedom of the test of `pairs` pairs.
pub(crate) fn trimmed_freedom(pairs: usize) -> f64 {
    let (n, left_out) = (pairs as f64, pairs_left_out(pairs) as f64);
    (n - 2.0 * left_out - 1.0) * (1.0 - FREEDOM_LOST * left_out / n)
}

/// Yuen's t test of the differences a₁ − b₁, a₂ − b₂, …, of which the least and the greatest fifth do not count.
///
/// t = d/SE. d is the mean of the h = n − 2g differences that remain without the g least and the g greatest
/// ([`pairs_left_out`]). SE² = (n − 1) s²/(h(h − 1)), s² being the variance of all n differences of which the g least
/// have been set to the least one that remains and the g greatest to the greatest (Winsorised). Student's t has (h −
/// 1)(1 − 0.8 g/n) degrees of freedom: Yuen's own h − 1 give 5.6% false alarms instead of 5% with ten pairs; that and
/// the correcting factor were found by simulation. With fewer than 8 pairs g is 0, and this is
/// [`paired_t`](crate::paired_t): of 5 pairs only 3 would remain, which costs more precision than a disturbed run.
///
/// Assumes that the differences are independent of each other, and symmetric about the change: a disturbance is then as
/// likely to hit the baseline's run as the candidate's. The test is for the change of the middle pairs. By design it
/// does not detect changes in fewer than a fifth of the pairs in one direction, even if the candidate is occasionally
/// slow. On normal differences it finds less than the paired t test (workbench/METHODOLOGY.md).
///
/// # Errors
/// Lists of different length, fewer than 2 pairs, values that are not finite, differences that do not vary once the
/// most extreme ones are set aside, or a confidence that is not strictly between 0 and 1.
///
/// # References
/// - K. K. Yuen (1974), “The Two-Sample Trimmed t for Unequal Population Variances”, Biometrika 61(1).
/// - J. W. Tukey, D. H. McLaughlin (1963), “Less Vulnerable Confidence and Significance Procedures for Location Based
///   on a Single Sample: Trimming/Winsorization 1”, Sankhyā A 25(3).
/// - R. R. Wilcox (2012), “Introduction to Robust Estimation and Hypothesis Testing”, third edition, section 4.3, for one
///   sample, which the differences are here. (R's `yuend` compares the trimmed means of either list instead.)
///
/// # Examples
/// ```
/// use workbench_statistics::trimmed_paired_t;
///
/// // Ten pairs that differ by about 2, but for one.
/// let a = [12.1, 14.9, 12.0, 17.2, 13.0, 15.8, 14.1, 12.2, 16.9, 55.0];
/// let b = [10.0, 13.0, 10.2, 15.0, 11.1, 13.9, 12.0, 10.1, 15.0, 12.0];
/// let test = trimmed_paired_t(&a, &b, 0.9)?;
/// assert!(test.interval.lower > 1.8 && test.interval.upper < 2.2);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn trimmed_paired_t(a: &[f64], b: &[f64], confidence: f64) -> Result<TTest, StatisticsError> {
    let ascending = ascending(differences(a, b, 2)?);
    let pairs = ascending.len();
    let left_out = pairs_left_out(pairs);
    let remaining = &ascending[left_out..pairs - left_out];
    let (least, greatest) = (remaining[0], remaining[remaining.len() - 1]);
    let winsorised: Vec<f64> = ascending
        .iter()
        .map(|difference| difference.clamp(least, greatest))
        .collect();
    let (n, h) = (pairs as f64, remaining.len() as f64);
    // s²/n is what the estimate holds.
    let inflation = (n * (n - 1.0) / (h * (h - 1.0))).sqrt();
    TTest::new(
        estimate(remaining)?.mean,
        estimate(&winsorised)?.standard_error * inflation,
        trimmed_freedom(pairs),
        confidence,
        [pairs, pairs],
    )
}

/// How many times the baseline is the candidate in the pairs in the middle, from interleaved runs.
///
/// As [`paired_ratio_of_geometric_means`](crate::paired_ratio_of_geometric_means), with [`trimmed_paired_t`] on the
/// logarithms: the ratio is the geometric mean of the ratios of the pairs that are not left out.
///
/// # Errors
/// As [`trimmed_paired_t`], and a value that is not positive.
///
/// # References
/// K. K. Yuen (1974), Biometrika 61(1).
///
/// # Examples
/// ```
/// use workbench_statistics::paired_ratio_of_trimmed_means;
///
/// // The candidate is about 8% slower; another program disturbed one of the baseline's runs.
/// let baseline = [100.0, 101.0, 99.0, 100.0, 140.0, 102.0, 98.0, 100.0, 101.0, 99.0];
/// let candidate = [108.0, 108.5, 107.5, 108.0, 107.0, 110.5, 105.5, 108.5, 108.5, 107.0];
/// let test = paired_ratio_of_trimmed_means(&baseline, &candidate, 0.9)?;
/// assert!(test.interval.lower > 1.07 && test.interval.upper < 1.09);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn paired_ratio_of_trimmed_means(
    baseline: &[f64],
    candidate: &[f64],
    confidence: f64,
) -> Result<RatioTest, StatisticsError> {
    let (baseline, candidate) = (logarithms(baseline)?, logarithms(candidate)?);
    let test = trimmed_paired_t(&candidate, &baseline, confidence)?;
    Ok(RatioTest::new(test))
}
