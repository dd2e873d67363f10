//! All pairs of several groups, with the family-wise error rate controlled.

use std::f64::consts::SQRT_2;

use super::adjust::holm;
use super::estimates;
use crate::compare::{TTest, welch_from_estimates};
use crate::distribution::{studentized_range_quantile, studentized_range_upper_tail};
use crate::error::StatisticsError;
use crate::interval::Interval;

/// Two of several groups compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PairComparison {
    /// Position of the first group.
    pub first: usize,
    /// Position of the second group.
    pub second: usize,
    /// Welch's test of this pair by itself: its p value and interval do not allow for the other pairs.
    pub alone: TTest,
    /// p value that allows for all pairs.
    pub p: f64,
    /// Interval of the difference; all pairs' intervals together hold with its confidence.
    pub interval: Interval,
}

/// Games and Howell's comparison of all pairs.
///
/// Welch's t and Satterthwaite's degrees of freedom ν for each pair; √2 |t| is referred to the studentized range
/// of k values with ν degrees of freedom, and the interval is the difference ± q*/√2 standard errors. Pairs are
/// in the order (0, 1), (0, 2), …, (1, 2), ….
///
/// Assumes independent values, one per run, and means that are about normal; variances and sizes may differ. With small
/// groups its family-wise error rate can exceed the nominal one slightly; [`pairwise_welch`] is conservative.
///
/// # Errors
/// Fewer than 2 groups, fewer than 2 values in a group, values that are not finite, a pair without variation,
/// or a confidence that is not strictly between 0 and 1.
///
/// # References
/// P. A. Games, J. F. Howell (1976), “Pairwise Multiple Comparison Procedures with Unequal N's and/or Variances: A
/// Monte Carlo Study”, Journal of Educational Statistics 1(2).
///
/// # Examples
/// ```
/// use workbench_statistics::games_howell;
///
/// let pairs = games_howell(&[&[1.0, 2.0, 3.0], &[2.0, 3.0, 4.0], &[8.0, 9.0, 10.0]], 0.95)?;
/// assert_eq!((pairs[2].first, pairs[2].second), (1, 2));
/// assert!(pairs[0].p > 0.05 && pairs[2].p < 0.05);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn games_howell(
    groups: &[&[f64]],
    confidence: f64,
) -> Result<Vec<PairComparison>, StatisticsError> {
    let count = groups.len();
    pairs(groups, confidence)?
        .into_iter()
        .map(|(first, second, alone)| {
            let freedom = alone.degrees_of_freedom;
            let p = studentized_range_upper_tail(SQRT_2 * alone.t.abs(), count, freedom)?;
            let quantile = studentized_range_quantile(1.0 - confidence, count, freedom)?;
            let half_width = quantile / SQRT_2 * alone.standard_error;
            Ok(PairComparison {
                first,
                second,
                alone,
                p,
                interval: Interval::around(alone.difference, half_width, confidence),
            })
        })
        .collect()
}

/// Welch's test of all pairs, p values adjusted by Holm, intervals by Bonferroni.
///
/// Keeps the family-wise error rate whatever the groups' sizes and variances are, as far as Welch's test itself
/// does. Its intervals are a little wider than [`games_howell`]'s, and a pair can be rejected by Holm's p
/// although its Bonferroni interval holds 0.
///
/// # Errors
/// As [`games_howell`].
///
/// # References
/// S. Holm (1979), Scandinavian Journal of Statistics 6(2); B. L. Welch (1947), Biometrika 34.
///
/// # Examples
/// ```
/// use workbench_statistics::pairwise_welch;
///
/// let pairs = pairwise_welch(&[&[1.0, 2.0, 3.0], &[2.0, 3.0, 4.0], &[8.0, 9.0, 10.0]], 0.95)?;
/// assert!(pairs[0].p > 0.05 && pairs[1].p < 0.05 && pairs[2].p < 0.05);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn pairwise_welch(
    groups: &[&[f64]],
    confidence: f64,
) -> Result<Vec<PairComparison>, StatisticsError> {
    let tests = pairs(groups, confidence)?;
    let adjusted = holm(&tests.iter().map(|(_, _, test)| test.p).collect::<Vec<_>>())?;
    let each = 1.0 - (1.0 - confidence) / tests.len() as f64;
    let wide = pairs(groups, each)?;
    let joined = tests.into_iter().zip(wide).zip(adjusted);
    Ok(joined
        .map(
            |(((first, second, alone), (_, _, wide)), p)| PairComparison {
                first,
                second,
                alone,
                p,
                interval: Interval {
                    confidence,
                    ..wide.interval
                },
            },
        )
        .collect())
}

fn pairs(
    groups: &[&[f64]],
    confidence: f64,
) -> Result<Vec<(usize, usize, TTest)>, StatisticsError> {
    let estimates = estimates(groups)?;
    let mut pairs = Vec::new();
    for (first, &a) in estimates.iter().enumerate() {
        for (second, &b) in estimates.iter().enumerate().skip(first + 1) {
            pairs.push((first, second, welch_from_estimates(a, b, confidence)?));
        }
    }
    Ok(pairs)
}
