//! The Hodges–Lehmann estimate of a shift, and its interval from the rank tests.

use super::null::{NullDistribution, Sums, sums_of_choices, sums_of_signs};
use super::select::{kth_sum, kth_sum_within};
use crate::distribution::normal_quantile;
use crate::doubles::ascending;
use crate::error::{StatisticsError, check, check_open_probability, differences};
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
    let first = ascending(a.to_vec());
    let second = ascending(b.iter().map(|value| -value).collect());
    let (n, m) = (a.len(), b.len());
    let pairs = n as u64 * m as u64;
    let at = |rank| kth_sum(&first, &second, rank);
    let exact = (n + m <= EXACT_UP_TO).then(|| rank_sums(n, m));
    let variance = pairs as f64 * (n + m + 1) as f64 / 12.0;
    Ok(shift(pairs, at, (exact, variance), confidence, [n, m]))
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
    let differences = ascending(differences(a, b, 1)?);
    check_open_probability(confidence)?;
    let n = differences.len();
    let averages = n as u64 * (n as u64 + 1) / 2;
    let at = |rank| kth_sum_within(&differences, rank) / 2.0;
    let exact = (n <= EXACT_UP_TO).then(|| sums_of_signs(&(1..=n as u64).collect::<Vec<_>>()));
    let variance = averages as f64 * (2 * n + 1) as f64 / 12.0;
    Ok(shift(averages, at, (exact, variance), confidence, [n, n]))
}

/// The median of `count` numbers given by their ranks, and its interval by the distribution of the rank test: exact, or
/// normal with this variance.
fn shift(
    count: u64,
    at: impl Fn(u64) -> f64,
    (exact, variance): (Option<Sums>, f64),
    confidence: f64,
    counts: [usize; 2],
) -> Shift {
    let tail = (1.0 - confidence) / 2.0;
    let bound = match &exact {
        Some(sums) => sums.critical_rank(tail),
        None => normal_rank(count, variance, tail).map(|rank| (rank, tail)),
    };
    Shift {
        estimate: f64::midpoint(at(count.div_ceil(2)), at(count / 2 + 1)),
        interval: bound.map(|(rank, below)| Interval {
            lower: at(rank),
            upper: at(count + 1 - rank),
            confidence: 1.0 - 2.0 * below,
        }),
        null_distribution: match exact {
            Some(_) => NullDistribution::Exact,
            None => NullDistribution::Normal,
        },
        counts,
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

/// The largest rank r with P(U ≤ r − 1) ≤ `tail`.
fn normal_rank(count: u64, variance: f64, tail: f64) -> Option<u64> {
    let reach = normal_quantile(tail) * variance.sqrt();
    // P(U ≤ r − 1) is about Φ((r − ½ − mean)/σ).
    let rank = (count as f64 / 2.0 + 0.5 - reach).floor();
    (rank >= 1.0).then_some(rank as u64)
}
