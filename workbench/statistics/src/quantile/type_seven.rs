//! Quantiles by one definition: Hyndman and Fan's type 7.

use crate::error::{StatisticsError, check, check_sorted};

/// The quantile of some values, in any order.
///
/// Hyndman and Fan's type 7: with the values in ascending order x₁ ≤ … ≤ xₙ and h = (n − 1)p + 1, it is
/// x₍⌊h⌋₎ + (h − ⌊h⌋)(x₍⌊h⌋₊₁₎ − x₍⌊h⌋₎), the definition of R, `NumPy` and spreadsheets by default.
///
/// Found by selection in a copy of the values, in linear time. For several quantiles of the same values,
/// sort them once and use [`quantile_of_sorted`]; both give the same number.
///
/// It is a description of these values. As an estimate for what they were drawn from it is worth little
/// where few values lie beyond it.
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
    check(values, 1)?;
    let (below, weight) = position(values.len(), probability)?;
    let mut copy = values.to_vec();
    let (_, &mut lower, rest) = copy.select_nth_unstable_by(below, f64::total_cmp);
    // Selection leaves everything greater behind the selected value: its successor is the least of these.
    let upper = rest.iter().copied().fold(f64::INFINITY, f64::min);
    Ok(between(lower, upper, weight))
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
    let (below, weight) = position(sorted.len(), probability)?;
    let upper = sorted.get(below + 1).copied().unwrap_or(f64::INFINITY);
    Ok(between(sorted[below], upper, weight))
}

/// Index of the value at or below the quantile, and how far it is from there to the next value.
fn position(count: usize, probability: f64) -> Result<(usize, f64), StatisticsError> {
    if !(0.0..=1.0).contains(&probability) {
        return Err(StatisticsError::ImpossibleProbability {
            value: probability,
            range: "from 0 to 1",
        });
    }
    let place = (count - 1) as f64 * probability;
    let below = place.floor();
    Ok((below as usize, place - below))
}

/// Never touches `upper` where it has no weight: behind the last value there is none.
fn between(lower: f64, upper: f64, weight: f64) -> f64 {
    if weight == 0.0 {
        lower
    } else {
        lower + weight * (upper - lower)
    }
}
