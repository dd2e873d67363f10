//! Intervals of quantiles within one run, free of assumptions on the distribution.

use super::select::order_statistics;
use crate::distribution::binomial_tails;
use crate::error::{StatisticsError, check, check_count, check_open_probability, check_sorted};
use crate::interval::Interval;

/// An interval of a quantile, from one order statistic to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QuantileInterval {
    /// From the value at the lower rank to that at the upper rank, with the confidence achieved: at least what was
    /// asked for.
    pub interval: Interval,
    /// Rank of the lower bound among the values, from 1.
    pub lower_rank: usize,
    /// Rank of the upper bound among the values, from 1.
    pub upper_rank: usize,
    /// Probability that the true quantile is below the lower bound.
    pub below: f64,
    /// Probability that the true quantile is above the upper bound. Near the existence floor it is more than
    /// half of what the confidence leaves.
    pub above: f64,
    /// Number of independent values that the ranks were chosen for.
    pub effective_count: usize,
}

/// An interval of a quantile by order statistics.
///
/// Of e independent values, the number at or below the true quantile is binomial with e and p. The bounds
/// are the order statistics l and u with P(X < l) ≤ α/2 and P(X ≥ u) ≤ α/2, α = 1 − `confidence`, as close to
/// each other as that allows. Where one bound cannot be had with α/2, it is the smallest or the largest value
/// and the other takes what is left of α; where that is not enough either, there is no interval.
///
/// n dependent values carry the information of `effective_count` independent ones (see
/// [`effective_count_of_quantile`](crate::effective_count_of_quantile)). The ranks are chosen for e =
/// ⌊`effective_count`⌋ and carried over to the n values at the same expected level, l(n + 1)/(e + 1), rounded
/// outwards. An effective count above n counts as n.
///
/// Assumes identically distributed values; their distribution may be any. With the effective sample size of the mean
/// instead of the quantile's own, the interval is mostly wider than it had to be. It does not cover the variation
/// between runs.
///
/// # Errors
/// No values, a value that is not finite, a probability or confidence that is not strictly between 0 and 1, an
/// effective count that is not a number, or fewer effective values than [`needed_for_quantile_interval`].
///
/// # References
/// - J.-Y. Le Boudec (2010), “Performance Evaluation of Computer and Communication Systems”, theorem 2.1.
/// - G. J. Hahn, W. Q. Meeker (1991), “Statistical Intervals”, section 5.2.
///
/// # Examples
/// ```
/// use workbench_statistics::quantile_interval;
///
/// let values: Vec<f64> = (1..=20).map(f64::from).collect();
/// let median = quantile_interval(&values, 0.5, 0.95, 20.0)?;
/// assert_eq!((median.interval.lower, median.interval.upper), (6.0, 15.0));
/// assert!((median.interval.confidence - 0.9586).abs() < 1e-4);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn quantile_interval(
    values: &[f64],
    probability: f64,
    confidence: f64,
    effective_count: f64,
) -> Result<QuantileInterval, StatisticsError> {
    check(values, 1)?;
    let ranks = Ranks::new(values.len(), probability, confidence, effective_count)?;
    let found = order_statistics(values, &[ranks.lower - 1, ranks.upper - 1]);
    Ok(ranks.interval(found[0], found[1]))
}

/// The interval, as [`quantile_interval`] defines it, of values that are already in ascending order.
///
/// # Errors
/// As [`quantile_interval`]; of the values, only the first and the last are looked at.
///
/// # Panics
/// In debug builds, if the values are not in ascending order.
///
/// # Examples
/// ```
/// use workbench_statistics::quantile_interval_of_sorted;
///
/// let sorted: Vec<f64> = (1..=1000).map(f64::from).collect();
/// let p99 = quantile_interval_of_sorted(&sorted, 0.99, 0.95, 1000.0)?;
/// assert_eq!((p99.interval.lower, p99.interval.upper), (983.0, 997.0));
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn quantile_interval_of_sorted(
    sorted: &[f64],
    probability: f64,
    confidence: f64,
    effective_count: f64,
) -> Result<QuantileInterval, StatisticsError> {
    debug_assert!(sorted.is_sorted(), "the values have to be in order");
    check_sorted(sorted)?;
    let ranks = Ranks::new(sorted.len(), probability, confidence, effective_count)?;
    Ok(ranks.interval(sorted[ranks.lower - 1], sorted[ranks.upper - 1]))
}

/// The interval, as [`quantile_interval`] defines it, of `count` values that can be asked for by their ranks.
///
/// `at_rank` gives the value with a rank, from 0, in ascending order.
///
/// # Errors
/// As [`quantile_interval`], but for the values, which are not looked at.
///
/// # Examples
/// ```
/// use workbench_statistics::quantile_interval_by_rank;
///
/// // The values 1 to 1000.
/// let p99 = quantile_interval_by_rank(1000, 0.99, 0.95, 1000.0, |rank| rank as f64 + 1.0)?;
/// assert_eq!((p99.interval.lower, p99.interval.upper), (983.0, 997.0));
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn quantile_interval_by_rank(
    count: usize,
    probability: f64,
    confidence: f64,
    effective_count: f64,
    at_rank: impl Fn(usize) -> f64,
) -> Result<QuantileInterval, StatisticsError> {
    let ranks = Ranks::new(count, probability, confidence, effective_count)?;
    Ok(ranks.interval(at_rank(ranks.lower - 1), at_rank(ranks.upper - 1)))
}

/// The existence floor: how many independent values an interval of a quantile needs.
///
/// The smallest n with 1 − pⁿ − (1 − p)ⁿ ≥ `confidence`, for which the range from the smallest to the largest
/// value is such an interval.
///
/// # Errors
/// A probability or confidence that is not strictly between 0 and 1.
///
/// # References
/// J.-Y. Le Boudec (2010), “Performance Evaluation of Computer and Communication Systems”, section 2.2.2.
///
/// # Examples
/// ```
/// use workbench_statistics::needed_for_quantile_interval;
///
/// assert_eq!(needed_for_quantile_interval(0.5, 0.95)?, 6);
/// assert_eq!(needed_for_quantile_interval(0.95, 0.95)?, 59);
/// assert_eq!(needed_for_quantile_interval(0.99, 0.95)?, 299);
/// assert_eq!(needed_for_quantile_interval(0.999, 0.95)?, 2995);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn needed_for_quantile_interval(
    probability: f64,
    confidence: f64,
) -> Result<usize, StatisticsError> {
    check_open_probability(probability)?;
    check_open_probability(confidence)?;
    let missed = |count: f64| probability.powf(count) + (1.0 - probability).powf(count);
    // The greater of the two terms alone sets a bound that the other one can only move a little.
    let alone = (1.0 - confidence).ln() / probability.max(1.0 - probability).ln();
    let mut count = alone.floor().max(1.0);
    while missed(count) > 1.0 - confidence {
        count += 1.0;
    }
    Ok(count as usize)
}

/// Whether a quantile lies below a limit, where `below` of `count` values do; `None` where so many do not show it.
///
/// The one-sided quantile test in either direction: were the quantile at the limit or above, the number of values below
/// the limit would be binomial with a probability of p at most. The quantile lies below where P(X ≥ `below`) ≤ 1 −
/// `confidence`, and does not where P(X ≤ `below`) ≤ 1 − `confidence`. Below the existence floor of an interval this can
/// still tell a quantile that is far on one side.
///
/// Assumes independent, identically distributed values. For dependent values use the effective sample size.
///
/// # Errors
/// A probability or confidence that is not strictly between 0 and 1, and more values below the limit than there are.
///
/// # References
/// W. J. Conover (1999), “Practical Nonparametric Statistics”, 3rd edition, section 3.2.
///
/// # Examples
/// ```
/// use workbench_statistics::is_quantile_below;
///
/// // Twenty values below a limit do not show that the 95th percentile is; 59 do.
/// assert_eq!(is_quantile_below(20, 20, 0.95, 0.95)?, None);
/// assert_eq!(is_quantile_below(59, 59, 0.95, 0.95)?, Some(true));
/// // Four of twenty above it show that it is not.
/// assert_eq!(is_quantile_below(16, 20, 0.95, 0.95)?, Some(false));
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn is_quantile_below(
    below: usize,
    count: usize,
    probability: f64,
    confidence: f64,
) -> Result<Option<bool>, StatisticsError> {
    check_open_probability(probability)?;
    check_open_probability(confidence)?;
    check_count(count, below)?;
    let allowed = 1.0 - confidence;
    let at_least = match below {
        0 => 1.0,
        some => binomial_tails(some - 1, count, probability).upper,
    };
    let at_most = binomial_tails(below, count, probability).lower;
    Ok(if at_least <= allowed {
        Some(true)
    } else if at_most <= allowed {
        Some(false)
    } else {
        None
    })
}

struct Ranks {
    lower: usize,
    upper: usize,
    below: f64,
    above: f64,
    effective: usize,
}

impl Ranks {
    fn new(
        count: usize,
        probability: f64,
        confidence: f64,
        effective_count: f64,
    ) -> Result<Self, StatisticsError> {
        let needed = needed_for_quantile_interval(probability, confidence)?;
        if effective_count.is_nan() {
            return Err(StatisticsError::ImpossibleMeasurement {
                quantity: "effective sample size",
                value: effective_count,
            });
        }
        let effective = effective_count.min(count as f64).max(0.0) as usize;
        if effective < needed {
            return Err(StatisticsError::TooFewEffectiveValues {
                needed,
                found: effective,
            });
        }
        let below = |rank: usize| binomial_tails(rank - 1, effective, probability).lower;
        let above = |rank: usize| binomial_tails(rank - 1, effective, probability).upper;
        let allowed = 1.0 - confidence;
        let allowed_below = (allowed - above(effective)).min(allowed / 2.0);
        let allowed_above = (allowed - below(1)).min(allowed / 2.0);
        let lower = last_true(effective, |rank| below(rank) <= allowed_below.max(below(1)));
        let upper = effective + 1
            - last_true(effective, |from_end| {
                above(effective + 1 - from_end) <= allowed_above.max(above(effective))
            });
        Ok(Self {
            lower: carried_over(lower, count, effective, 0),
            upper: carried_over(upper, count, effective, effective),
            below: below(lower),
            above: above(upper),
            effective,
        })
    }

    fn interval(&self, lower: f64, upper: f64) -> QuantileInterval {
        QuantileInterval {
            interval: Interval {
                lower,
                upper,
                confidence: 1.0 - self.below - self.above,
            },
            lower_rank: self.lower,
            upper_rank: self.upper,
            below: self.below,
            above: self.above,
            effective_count: self.effective,
        }
    }
}

/// The last of 1 to `count` for which a condition holds that holds for 1 and, once it fails, fails for good.
fn last_true(count: usize, holds: impl Fn(usize) -> bool) -> usize {
    let (mut last, mut fails) = (1, count + 1);
    while fails - last > 1 {
        let middle = usize::midpoint(last, fails);
        if holds(middle) {
            last = middle;
        } else {
            fails = middle;
        }
    }
    last
}

/// The rank among `count` values that is at the level of `rank` among `effective` ones; `up` is added before
/// the division and rounds.
fn carried_over(rank: usize, count: usize, effective: usize, up: usize) -> usize {
    let scaled = rank as u128 * (count as u128 + 1) + up as u128;
    (scaled / (effective as u128 + 1)) as usize
}
