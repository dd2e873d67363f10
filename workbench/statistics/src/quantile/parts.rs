//! Quantiles of several sorted lists taken together, without putting them together.

use super::type_seven::{between, position as place};
use crate::doubles::{at, position};
use crate::error::{StatisticsError, check_sorted};

/// The quantile, as [`quantile`](crate::quantile()) defines it, of all values of several lists, each in ascending order.
///
/// The same number as of one sorted list that holds them all, in a time that hardly grows with the number of values:
/// the doubles between the least and the greatest value are bisected, and the values up to the middle counted in each
/// list. Parts may be empty.
///
/// # Errors
/// No values, a first or last value of a part that is not finite, or a probability outside 0 to 1.
///
/// # Panics
/// In debug builds, if the values of a part are not in ascending order.
///
/// # References
/// R. J. Hyndman, Y. Fan (1996), “Sample Quantiles in Statistical Packages”, The American Statistician
/// 50(4), definition 7.
///
/// # Examples
/// ```
/// use workbench_statistics::quantile_of_parts;
///
/// let (successes, failures) = ([10.0, 20.0, 40.0], [30.0, 50.0]);
/// assert_eq!(quantile_of_parts(&[&successes, &failures], 0.5)?, 30.0);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn quantile_of_parts(parts: &[&[f64]], probability: f64) -> Result<f64, StatisticsError> {
    let count = check_parts(parts)?;
    let (below, weight) = place(count, probability)?;
    let lower = order_statistic(parts, below);
    let upper = if weight == 0.0 {
        lower
    } else {
        order_statistic(parts, below + 1)
    };
    Ok(between(lower, upper, weight))
}

/// The number of values of all parts together; refuses none, and ends that are not finite.
pub(super) fn check_parts(parts: &[&[f64]]) -> Result<usize, StatisticsError> {
    let mut count = 0;
    for part in parts {
        debug_assert!(part.is_sorted(), "the values have to be in order");
        if !part.is_empty() {
            check_sorted(part)?;
        }
        count += part.len();
    }
    if count == 0 {
        return Err(StatisticsError::TooFewValues {
            needed: 1,
            found: 0,
        });
    }
    Ok(count)
}

/// The value with a rank, from 0, among all parts.
pub(super) fn order_statistic(parts: &[&[f64]], rank: usize) -> f64 {
    let ends = parts
        .iter()
        .filter_map(|part| part.first().zip(part.last()));
    let (mut low, mut high) = ends.fold((u64::MAX, 0), |(low, high), (first, last)| {
        (low.min(position(*first)), high.max(position(*last)))
    });
    // What of each part can still be it, and how many values stand before that.
    let mut candidates = parts.to_vec();
    let mut before = 0;
    let mut until = vec![0; parts.len()];
    while low < high {
        let middle = low + (high - low) / 2;
        let mut count = before;
        for (until, part) in until.iter_mut().zip(&candidates) {
            *until = part.partition_point(|value| position(*value) <= middle);
            count += *until;
        }
        if count > rank {
            high = middle;
            for (until, part) in until.iter().zip(&mut candidates) {
                *part = &part[..*until];
            }
        } else {
            low = middle + 1;
            before = count;
            for (until, part) in until.iter().zip(&mut candidates) {
                *part = &part[*until..];
            }
        }
    }
    at(low)
}
