//! The Hodges–Lehmann estimate of a shift, and its interval from the rank tests.

use super::null::{NullDistribution, Sums, sums_of_choices, sums_of_signs};
use super::select::{kth_sum, kth_sum_within};
use crate::distribution::normal_quantile;
use crate::error::{StatisticsError, check, check_open_probability, check_paired};
use crate::interval::Interval;

/// Up to this many values the interval's ranks come from the exact distribution.
const EXACT_UP_TO: usize = 100;

/// By how much one group's values lie above the other's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shift {
    /// The estimate, first minus second.
    pub estimate: f64,
    /// The interval, from one order statistic to another, with the confidence achieved: at least what was asked for,
    /// as close as the counts allow. `None` where so few values cannot give one.
    pub interval: Option<Interval>,
    /// Where the ranks of the bounds are from.
    pub null_distribution: NullDistribution,
    /// Number of values in the first and in the second group.
    pub counts: [usize; 2],
}

/// The median of all differences a − b, with the interval that inverts the Mann–Whitney test.
///
/// The interval reaches from the r-th to the (nm + 1 − r)-th of the ordered differences, with the largest r that
/// has P(U ≤ r − 1) ≤ (1 − confidence)/2; U is exact up to 100 values, normal with continuity correction beyond.
/// The differences are never formed: (n + m) · 64 steps.
///
/// Assumes independent values and distributions that differ by a shift alone. Ties make the interval
/// conservative. On logarithms it is a ratio.
///
/// # Errors
/// An empty group, values that are not finite, or a confidence that is not strictly between 0 and 1.
///
/// # References
/// - J. L. Hodges, E. L. Lehmann (1963), “Estimates of Location Based on Rank Tests”, Annals of Mathematical
///   Statistics 34(2).
/// - M. Hollander, D. A. Wolfe (1999), “Nonparametric Statistical Methods”, second edition, section 4.3.
///
/// # Examples
/// ```
/// use workbench_statistics::hodges_lehmann;
///
/// let shift = hodges_lehmann(&[11.0, 12.0, 13.0, 14.0], &[1.0, 2.0, 3.0, 4.0], 0.9)?;
/// assert_eq!(shift.estimate, 10.0);
/// let interval = shift.interval.expect("4 against 4 reach 90%");
/// assert_eq!((interval.lower, interval.upper), (8.0, 12.0));
/// assert!((interval.confidence - 0.942_857).abs() < 1e-6);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn hodges_lehmann(a: &[f64], b: &[f64], confidence: f64) -> Result<Shift, StatisticsError> {
    check(a, 1)?;
    check(b, 1)?;
    check_open_probability(confidence)?;
    let first = ascending(a.iter().copied());
    let second = ascending(b.iter().map(|value| -value));
    let (n, m) = (a.len(), b.len());
    let pairs = n as u64 * m as u64;
    let at = |rank| kth_sum(&first, &second, rank);
    let tail = (1.0 - confidence) / 2.0;
    let (bound, null_distribution) = if n + m <= EXACT_UP_TO {
        let bound = exact_rank(&rank_sums(n, m), tail);
        (bound, NullDistribution::Exact)
    } else {
        let variance = pairs as f64 * (n + m + 1) as f64 / 12.0;
        (normal_rank(pairs, variance, tail), NullDistribution::Normal)
    };
    Ok(Shift {
        estimate: f64::midpoint(at(pairs.div_ceil(2)), at(pairs / 2 + 1)),
        interval: bound.map(|found| found.interval(pairs, at)),
        null_distribution,
        counts: [n, m],
    })
}

/// The median of all averages (dᵢ + dⱼ)/2, i ≤ j, of the differences d = a − b, with the interval that inverts
/// the signed rank test.
///
/// As [`hodges_lehmann`], the averages (Walsh's) taking the place of the differences, and W that of U.
///
/// Assumes that the differences are independent and symmetric about their median.
///
/// # Errors
/// Lists of different length, no pairs, values that are not finite, or a confidence that is not strictly
/// between 0 and 1.
///
/// # References
/// M. Hollander, D. A. Wolfe (1999), “Nonparametric Statistical Methods”, second edition, sections 3.2 and 3.3.
///
/// # Examples
/// ```
/// use workbench_statistics::paired_hodges_lehmann;
///
/// let shift = paired_hodges_lehmann(&[2.0, 4.0, 6.0, 8.0, 10.0], &[1.0, 2.0, 3.0, 4.0, 5.0], 0.9)?;
/// assert_eq!(shift.estimate, 3.0);
/// let interval = shift.interval.expect("5 pairs reach 90%");
/// assert_eq!((interval.lower, interval.upper, interval.confidence), (1.0, 5.0, 0.9375));
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn paired_hodges_lehmann(
    a: &[f64],
    b: &[f64],
    confidence: f64,
) -> Result<Shift, StatisticsError> {
    check_paired(a, b)?;
    check(a, 1)?;
    check(b, 1)?;
    check_open_probability(confidence)?;
    let differences = ascending(a.iter().zip(b).map(|(a, b)| a - b));
    let n = differences.len();
    let averages = n as u64 * (n as u64 + 1) / 2;
    let at = |rank| kth_sum_within(&differences, rank) / 2.0;
    let tail = (1.0 - confidence) / 2.0;
    let (bound, null_distribution) = if n <= EXACT_UP_TO {
        let scores: Vec<u64> = (1..=n as u64).collect();
        let bound = exact_rank(&sums_of_signs(&scores), tail);
        (bound, NullDistribution::Exact)
    } else {
        let variance = averages as f64 * (2 * n + 1) as f64 / 12.0;
        let bound = normal_rank(averages, variance, tail);
        (bound, NullDistribution::Normal)
    };
    Ok(Shift {
        estimate: f64::midpoint(at(averages.div_ceil(2)), at(averages / 2 + 1)),
        interval: bound.map(|found| found.interval(averages, at)),
        null_distribution,
        counts: [n, n],
    })
}

/// Which order statistic is the lower bound.
struct Bound {
    rank: u64,
    confidence: f64,
}

impl Bound {
    fn interval(self, count: u64, at: impl Fn(u64) -> f64) -> Interval {
        Interval {
            lower: at(self.rank),
            upper: at(count + 1 - self.rank),
            confidence: self.confidence,
        }
    }
}

/// The distribution of U without ties.
fn rank_sums(n: usize, m: usize) -> Sums {
    let size = n.min(m);
    // U is the sum of ranks less the least sum of so many.
    let scores: Vec<u64> = (0..(n + m) as u64).collect();
    let least = size * (size - 1) / 2;
    sums_of_choices(&scores, size).less(least)
}

fn exact_rank(sums: &Sums, tail: f64) -> Option<Bound> {
    let (rank, below) = sums.critical_rank(tail)?;
    Some(Bound {
        rank,
        confidence: 1.0 - 2.0 * below,
    })
}

fn normal_rank(count: u64, variance: f64, tail: f64) -> Option<Bound> {
    let reach = normal_quantile(tail) * variance.sqrt();
    // P(U ≤ r − 1) is about Φ((r − ½ − mean)/σ).
    let rank = (count as f64 / 2.0 + 0.5 - reach).floor();
    (rank >= 1.0).then_some(Bound {
        rank: rank as u64,
        confidence: 1.0 - 2.0 * tail,
    })
}

fn ascending(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
}
