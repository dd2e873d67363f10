//! Quantiles by one definition: Hyndman and Fan's type 7.

use super::select::order_statistics;
use crate::error::{StatisticsError, check, check_count, check_probability, check_sorted};

/// The quantile of some values, in any order.
///
/// Hyndman and Fan's type 7: with the values in ascending order x₁ ≤ … ≤ xₙ and h = (n − 1)p + 1, it is
/// x₍⌊h⌋₎ + (h − ⌊h⌋)(x₍⌊h⌋₊₁₎ − x₍⌊h⌋₎), the definition of R, `NumPy` and spreadsheets by default.
///
/// Found by selection, in linear time. For several quantiles of the same values use [`quantiles`], or sort them once
/// and use [`quantile_of_sorted`]; all give the same number.
///
/// It is a description of these values. As an estimate for their distribution it is imprecise if few values lie beyond
/// it.
///
/// # Errors
/// No values, a value that is not finite, or a probability outside 0 to 1.
///
/// # References
/// R. J. Hyndman, Y. Fan (1996), “Sample Quantiles in Statistical Packages”, The American Statistician
/// 50(4), definition 7.
///
/// # Examples
/// ```
/// use workbench_statistics::quantile;
///
/// assert_eq!(quantile(&[40.0, 10.0, 30.0, 20.0], 0.5)?, 25.0);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn quantile(values: &[f64], probability: f64) -> Result<f64, StatisticsError> {
    Ok(quantiles(values, &[probability])?[0])
}

/// Several quantiles, as [`quantile`] defines them, of values in any order; in the order of the probabilities.
///
/// Takes a few passes over the values and, beside up to 2¹⁶ copied or counted, a small part of the memory that they
/// take themselves: for values that have to stay in their order of time and are too many to be copied.
///
/// # Errors
/// As [`quantile`].
///
/// # References
/// R. J. Hyndman, Y. Fan (1996), “Sample Quantiles in Statistical Packages”, The American Statistician
/// 50(4), definition 7.
///
/// # Examples
/// ```
/// use workbench_statistics::quantiles;
///
/// assert_eq!(quantiles(&[40.0, 10.0, 30.0, 20.0], &[0.5, 0.0])?, [25.0, 10.0]);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn quantiles(values: &[f64], probabilities: &[f64]) -> Result<Vec<f64>, StatisticsError> {
    check(values, 1)?;
    let last = values.len() - 1;
    let places = probabilities
        .iter()
        .map(|probability| position(values.len(), *probability))
        .collect::<Result<Vec<_>, _>>()?;
    let mut ranks: Vec<usize> = places
        .iter()
        .flat_map(|(below, _)| [*below, (below + 1).min(last)])
        .collect();
    ranks.sort_unstable();
    ranks.dedup();
    let found = order_statistics(values, &ranks);
    let at_rank = |rank: usize| found[ranks.partition_point(|other| *other < rank)];
    Ok(places
        .into_iter()
        .map(|(below, weight)| between(at_rank(below), at_rank((below + 1).min(last)), weight))
        .collect())
}

/// The quantile, as [`quantile`] defines it, of values that are already in ascending order.
///
/// # Errors
/// No values, a first or last value that is not finite, or a probability outside 0 to 1.
///
/// # Panics
/// In debug builds, if the values are not in ascending order.
///
/// # Examples
/// ```
/// use workbench_statistics::quantile_of_sorted;
///
/// let sorted: Vec<f64> = (1..=100).map(f64::from).collect();
/// assert_eq!(quantile_of_sorted(&sorted, 0.99)?, 99.01);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn quantile_of_sorted(sorted: &[f64], probability: f64) -> Result<f64, StatisticsError> {
    debug_assert!(sorted.is_sorted(), "the values have to be in order");
    check_sorted(sorted)?;
    quantile_by_rank(sorted.len(), probability, |rank| sorted[rank])
}

/// The quantile, as [`quantile`] defines it, of `count` values that can be asked for by their ranks.
///
/// `at_rank` gives the value with a rank, from 0, in ascending order: for values that are not in memory together.
///
/// # Errors
/// No values, or a probability outside 0 to 1.
///
/// # Examples
/// ```
/// use workbench_statistics::quantile_by_rank;
///
/// // The values 1 to 100.
/// assert_eq!(quantile_by_rank(100, 0.99, |rank| rank as f64 + 1.0)?, 99.01);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn quantile_by_rank(
    count: usize,
    probability: f64,
    at_rank: impl Fn(usize) -> f64,
) -> Result<f64, StatisticsError> {
    check_count(count, 1)?;
    let (below, weight) = position(count, probability)?;
    let lower = at_rank(below);
    if weight == 0.0 {
        return Ok(lower);
    }
    Ok(between(lower, at_rank(below + 1), weight))
}

/// Index of the value at or below the quantile, and how far it is from there to the next value.
fn position(count: usize, probability: f64) -> Result<(usize, f64), StatisticsError> {
    check_probability(probability)?;
    let place = (count - 1) as f64 * probability;
    let below = place.floor();
    Ok((below as usize, place - below))
}

/// The value between two neighbours at a share of their distance.
fn between(lower: f64, upper: f64, weight: f64) -> f64 {
    if weight == 0.0 {
        lower
    } else {
        lower + weight * (upper - lower)
    }
}
