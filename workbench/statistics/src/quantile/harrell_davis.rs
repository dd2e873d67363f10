//! Quantiles that use all order statistics near them.

use crate::describe::compensated_sum;
use crate::distribution::incomplete_beta;
use crate::error::{StatisticsError, check, check_open_probability, check_sorted};

/// The Harrell–Davis estimate of a quantile.
///
/// Σ wᵢx₍ᵢ₎ with wᵢ = I(i/n) − I((i − 1)/n), I being the regularised incomplete beta function with
/// parameters (n + 1)p and (n + 1)(1 − p): the mean of the order statistic at p over all samples that could
/// be drawn from these values.
///
/// Assumes independent values from a continuous distribution; it then varies less than a single order statistic does.
/// Fails where the distribution has a gap at the quantile: it gives a value inside of the gap, which never occurs. It
/// is not robust either: for p near 1 the largest value weighs much.
///
/// Takes linear time: only the values whose weight can be seen, some 24·√(np(1 − p)) of them, are sorted.
///
/// # Errors
/// No values, a value that is not finite, or a probability that is not strictly between 0 and 1.
///
/// # References
/// F. E. Harrell, C. E. Davis (1982), “A New Distribution-Free Quantile Estimator”, Biometrika 69(3).
///
/// # Examples
/// ```
/// use workbench_statistics::harrell_davis;
///
/// let values: Vec<f64> = (1..=10).map(f64::from).collect();
/// assert!((harrell_davis(&values, 0.9)? - 9.435_115_18).abs() < 1e-8);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn harrell_davis(values: &[f64], probability: f64) -> Result<f64, StatisticsError> {
    check(values, 1)?;
    check_open_probability(probability)?;
    let weights = Weights::new(values.len(), probability);
    let mut copy = values.to_vec();
    let rest = if weights.first == 0 {
        &mut copy[..]
    } else {
        // Selecting the value before the first one leaves behind it all that comes after.
        copy.select_nth_unstable_by(weights.first - 1, f64::total_cmp)
            .2
    };
    let wanted = weights.values.len();
    if wanted < rest.len() {
        rest.select_nth_unstable_by(wanted - 1, f64::total_cmp);
    }
    let near = &mut rest[..wanted];
    near.sort_unstable_by(f64::total_cmp);
    Ok(weights.mean(near))
}

/// The Harrell–Davis estimate, as [`harrell_davis`] defines it, of values that are already in ascending order.
///
/// # Errors
/// No values, a first or last value that is not finite, or a probability that is not strictly between 0 and
/// 1.
///
/// # Panics
/// In debug builds, if the values are not in ascending order.
///
/// # Examples
/// ```
/// use workbench_statistics::harrell_davis_of_sorted;
///
/// assert_eq!(harrell_davis_of_sorted(&[1.0, 2.0, 3.0], 0.5)?, 2.0);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn harrell_davis_of_sorted(sorted: &[f64], probability: f64) -> Result<f64, StatisticsError> {
    debug_assert!(sorted.is_sorted(), "the values have to be in order");
    check_sorted(sorted)?;
    check_open_probability(probability)?;
    let weights = Weights::new(sorted.len(), probability);
    Ok(weights.mean(&sorted[weights.first..][..weights.values.len()]))
}

/// The weights that matter: all but a share below 10⁻¹⁶ of the whole.
struct Weights {
    /// Position of the first value with a weight.
    first: usize,
    /// The weights from there on, in any unit.
    values: Vec<f64>,
}

impl Weights {
    fn new(count: usize, probability: f64) -> Self {
        let n = count as f64;
        let spread = (n * probability * (1.0 - probability)).sqrt();
        // From a spread of 10 positions on, the beta density is smooth over a position and has thin tails.
        let smooth = spread >= 10.0;
        let reach = if smooth {
            12.0 * spread
        } else {
            40.0 * spread + 40.0
        };
        let first = (n * probability - reach).floor().max(0.0) as usize;
        let end = (n * probability + reach).ceil().min(n) as usize;
        let values = if smooth {
            integrated(first..end, n, probability)
        } else {
            differences(first..end, n, probability)
        };
        Self { first, values }
    }

    fn mean(&self, values: &[f64]) -> f64 {
        // Differences from one of the values keep a small spread around a large mean exact.
        let origin = values[values.len() / 2];
        let weighted = self.values.iter().zip(values);
        let sum = compensated_sum(weighted.map(|(weight, value)| weight * (value - origin)));
        origin + sum / compensated_sum(self.values.iter().copied())
    }
}

fn differences(positions: std::ops::Range<usize>, n: f64, probability: f64) -> Vec<f64> {
    let (a, b) = ((n + 1.0) * probability, (n + 1.0) * (1.0 - probability));
    let tails = |edge: usize| incomplete_beta(a, b, edge as f64 / n, 1.0 - edge as f64 / n);
    let mut left = tails(positions.start);
    positions
        .map(|position| {
            let right = tails(position + 1);
            // Of two differences that are equal, that of the smaller tails has more digits.
            let weight = if left.lower < left.upper {
                right.lower - left.lower
            } else {
                left.upper - right.upper
            };
            left = right;
            weight
        })
        .collect()
}

/// The beta density integrated over each position by Gauss–Legendre quadrature with four nodes.
///
/// Its error is 10⁻¹⁰ of a weight that is itself 10⁻³⁰ of the whole, and less of those that are greater.
fn integrated(positions: std::ops::Range<usize>, n: f64, probability: f64) -> Vec<f64> {
    // M. Abramowitz, I. Stegun (1964), table 25.4, moved from [−1, 1] to [0, 1].
    const NODES: [(f64, f64); 4] = [
        (0.069_431_844_202_973_71, 0.173_927_422_568_726_93),
        (0.330_009_478_207_571_87, 0.326_072_577_431_273_07),
        (0.669_990_521_792_428_1, 0.326_072_577_431_273_07),
        (0.930_568_155_797_026_3, 0.173_927_422_568_726_93),
    ];
    let (a, b) = (
        (n + 1.0) * probability - 1.0,
        (n + 1.0) * (1.0 - probability) - 1.0,
    );
    let mode = a / (a + b);
    let density = |x: f64| {
        let from_mode = x - mode;
        (a * (from_mode / mode).ln_1p() + b * (-from_mode / (1.0 - mode)).ln_1p()).exp()
    };
    positions
        .map(|position| {
            NODES
                .iter()
                .map(|(node, weight)| weight * density((position as f64 + node) / n))
                .sum()
        })
        .collect()
}
