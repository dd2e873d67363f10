//! Two shares, such as the error rates of two versions, compared.

use super::interval::check_counts;
use super::newcombe::newcombe;
use crate::distribution::normal_reach;
use crate::error::{StatisticsError, check_open_probability};
use crate::interval::Interval;

/// Two shares compared by their difference, their ratio and an exact test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TwoProportions {
    /// First share.
    pub first: f64,
    /// Second share.
    pub second: f64,
    /// First share minus second share.
    pub difference: f64,
    /// Newcombe's hybrid score interval of the difference.
    pub difference_interval: Interval,
    /// First share divided by second share; `None` where the second is 0.
    pub ratio: Option<f64>,
    /// Koopman's score interval of the ratio; unbounded above where the second share is 0.
    pub ratio_interval: Interval,
    /// Two-sided p value of Fisher's exact test that the probabilities are equal.
    pub fisher_p: f64,
}

/// Successes and trials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// How many had the property.
    pub successes: u64,
    /// Of how many.
    pub trials: u64,
}

/// Compares two shares.
///
/// Difference: with Wilson's bounds l and u of each share, d − √((p − l)² + (u′ − p′)²) to
/// d + √((u − p)² + (p′ − l′)²), the primes marking the second share. Ratio: all θ for which
/// (p − θp′)² ≤ z²(π(1 − π)/n + θ²π′(1 − π′)/n′), π = θπ′ being the likeliest probabilities with that ratio.
/// Fisher's p is the probability, given the margins, of all tables that are no likelier than the one found;
/// likelier by less than 10⁻⁷ counts as no likelier.
///
/// Assumes independent trials with one probability in each group. Failed requests come in bursts; then the
/// intervals are too narrow and p is too small, and shares of whole runs are to be compared instead. Fisher's
/// test is conservative for small counts.
///
/// # Errors
/// No trials in a group, more successes than trials, or a confidence that is not strictly between 0 and 1.
///
/// # References
/// - R. G. Newcombe (1998), “Interval Estimation for the Difference between Independent Proportions”,
///   Statistics in Medicine 17, method 10.
/// - P. A. R. Koopman (1984), “Confidence Intervals for the Ratio of Two Binomial Proportions”, Biometrics
///   40(2).
/// - R. A. Fisher (1935), “The Logic of Inductive Inference”, Journal of the Royal Statistical Society 98(1).
///
/// # Examples
/// ```
/// use workbench_statistics::{Counts, two_proportions};
///
/// let first = Counts { successes: 56, trials: 70 };
/// let second = Counts { successes: 48, trials: 80 };
/// let compared = two_proportions(first, second, 0.95)?;
/// assert!((compared.difference_interval.lower - 0.0524).abs() < 1e-4);
/// assert!((compared.difference_interval.upper - 0.3339).abs() < 1e-4);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn two_proportions(
    first: Counts,
    second: Counts,
    confidence: f64,
) -> Result<TwoProportions, StatisticsError> {
    check_counts(first.successes, first.trials)?;
    check_counts(second.successes, second.trials)?;
    check_open_probability(confidence)?;
    let (one, other) = (first.share(), second.share());
    Ok(TwoProportions {
        first: one,
        second: other,
        difference: one - other,
        difference_interval: newcombe(first, second, confidence),
        ratio: (second.successes > 0).then(|| one / other),
        ratio_interval: koopman(first, second, confidence),
        fisher_p: fisher(first, second),
    })
}

impl Counts {
    pub(crate) fn share(self) -> f64 {
        self.successes as f64 / self.trials as f64
    }
}

fn koopman(first: Counts, second: Counts, confidence: f64) -> Interval {
    let z = normal_reach(confidence);
    // The score falls as the ratio grows.
    let ratio_with_score = |wanted: f64| {
        let (mut below, mut above) = (-300.0_f64, 300.0_f64);
        for _ in 0..100 {
            let middle = f64::midpoint(below, above);
            if score(first, second, middle.exp()) > wanted {
                below = middle;
            } else {
                above = middle;
            }
        }
        below.exp()
    };
    Interval {
        lower: if first.successes == 0 {
            0.0
        } else {
            ratio_with_score(z)
        },
        upper: if second.successes == 0 {
            f64::INFINITY
        } else {
            ratio_with_score(-z)
        },
        confidence,
    }
}

/// How many standard errors the shares are from having this ratio.
fn score(first: Counts, second: Counts, ratio: f64) -> f64 {
    let difference = first.share() - ratio * second.share();
    if difference == 0.0 {
        return 0.0;
    }
    let [of, n, of_other, m] = [
        first.successes,
        first.trials,
        second.successes,
        second.trials,
    ]
    .map(|count| count as f64);
    // The likeliest probability of the second group is the smaller root of ax² − bx + c.
    let (a, c) = ((n + m) * ratio, of + of_other);
    let b = (n + of_other) * ratio + of + m;
    let likeliest = 2.0 * c / (b + (b * b - 4.0 * a * c).max(0.0).sqrt());
    let paired = (ratio * likeliest).min(1.0);
    let variance =
        paired * (1.0 - paired) / n + ratio * ratio * likeliest * (1.0 - likeliest).max(0.0) / m;
    difference / variance.sqrt()
}

fn fisher(first: Counts, second: Counts) -> f64 {
    let successes = first.successes + second.successes;
    let least = successes.saturating_sub(second.trials);
    let greatest = successes.min(first.trials);
    // P(k + 1)/P(k) in the first group.
    let ratio = |k: u64| {
        let up = (first.trials - k) as f64 * (successes - k) as f64;
        up / ((k + 1) as f64 * (second.trials + k + 1 - successes) as f64)
    };
    let all = u128::from(first.trials) + u128::from(second.trials);
    let mode = (u128::from(first.trials) + 1) * (u128::from(successes) + 1) / (all + 2);
    let mode = (mode as u64).clamp(least, greatest);
    // Probabilities in units of that of the mode, until they vanish.
    let upwards = (mode..greatest).scan(1.0, |probability, k| {
        *probability *= ratio(k);
        (*probability > 0.0).then_some((k + 1, *probability))
    });
    let downwards = (least..mode).rev().scan(1.0, |probability, k| {
        *probability /= ratio(k);
        (*probability > 0.0).then_some((k, *probability))
    });
    let tables: Vec<(u64, f64)> = upwards.chain(downwards).chain([(mode, 1.0)]).collect();
    let found = tables
        .iter()
        .find(|(k, _)| *k == first.successes)
        .map_or(0.0, |(_, probability)| *probability);
    let limit = found * (1.0 + 1e-7);
    let sum = |limit: f64| -> f64 {
        tables
            .iter()
            .map(|(_, probability)| *probability)
            .filter(|probability| *probability <= limit)
            .sum()
    };
    (sum(limit) / sum(f64::INFINITY)).min(1.0)
}
