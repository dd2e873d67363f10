//! One share of many, such as an error rate, with an interval.

use super::comparison::Counts;
use crate::distribution::{beta_quantile, normal_reach};
use crate::error::{StatisticsError, check_count, check_open_probability};
use crate::interval::Interval;

/// A share, and the interval of the probability behind it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Proportion {
    /// How many had the property.
    pub successes: u64,
    /// Of how many, at least 1.
    pub trials: u64,
    /// `successes`/`trials`.
    pub estimate: f64,
    /// Interval of the probability, within 0 to 1.
    pub interval: Interval,
}

impl Proportion {
    pub(crate) fn new(
        successes: u64,
        trials: u64,
        lower: f64,
        upper: f64,
        confidence: f64,
    ) -> Self {
        Self {
            successes,
            trials,
            estimate: successes as f64 / trials as f64,
            interval: Interval {
                lower,
                upper,
                confidence,
            },
        }
    }
}

/// A share with Wilson's score interval.
///
/// All π for which (p − π)² ≤ z²π(1 − π)/n, p being the share and z the normal quantile: its coverage is near
/// the confidence on average over π, for any n, and never collapses to a point at 0 or n successes.
///
/// Assumes independent trials of one probability. Failed requests come in bursts; then the interval is too
/// narrow, and shares of whole runs are to be compared instead.
///
/// # Errors
/// No trials, more successes than trials, or a confidence that is not strictly between 0 and 1.
///
/// # References
/// - E. B. Wilson (1927), “Probable Inference, the Law of Succession, and Statistical Inference”, Journal of
///   the American Statistical Association 22.
/// - L. D. Brown, T. T. Cai, A. `DasGupta` (2001), “Interval Estimation for a Binomial Proportion”, Statistical
///   Science 16(2), equation 4.
///
/// # Examples
/// ```
/// use workbench_statistics::wilson;
///
/// let errors = wilson(0, 1000, 0.95)?;
/// assert_eq!(errors.interval.lower, 0.0);
/// assert!((errors.interval.upper - 0.003_827).abs() < 1e-6);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn wilson(successes: u64, trials: u64, confidence: f64) -> Result<Proportion, StatisticsError> {
    wilson_of_dependent(successes, trials, trials as f64, confidence)
}

/// A share of dependent trials, with Wilson's interval for their effective number.
///
/// Wilson's interval of the share for `effective_trials` instead of n: with the variance τp(1 − p)/n of the share that
/// is n/τ, which [`effective_count_of_share`](crate::effective_count_of_share) estimates. Failed requests come in
/// bursts, and [`wilson`] then covers far less often than it says.
///
/// Assumes that the effective number is known. With one estimated from 30 batches, simulated intervals of 95% cover
/// 90% to 96% (`workbench/METHODOLOGY.md`).
///
/// # Errors
/// As [`wilson`], and an effective number of trials that is not above 0 or is more than the trials.
///
/// # References
/// E. L. Korn, B. I. Graubard (1998), “Confidence Intervals for Proportions with Small Expected Number of Positive
/// Counts Estimated from Survey Data”, Survey Methodology 24(2), for the effective number of trials.
///
/// # Examples
/// ```
/// use workbench_statistics::{wilson, wilson_of_dependent};
///
/// let of_bursts = wilson_of_dependent(40, 4_000, 1_000.0, 0.95)?;
/// assert_eq!(of_bursts.estimate, 0.01);
/// assert_eq!(of_bursts.interval, wilson(10, 1_000, 0.95)?.interval);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn wilson_of_dependent(
    successes: u64,
    trials: u64,
    effective_trials: f64,
    confidence: f64,
) -> Result<Proportion, StatisticsError> {
    check_counts(successes, trials)?;
    check_open_probability(confidence)?;
    if !(effective_trials > 0.0 && effective_trials <= trials as f64) {
        return Err(StatisticsError::ImpossibleMeasurement {
            quantity: "number of effective trials",
            value: effective_trials,
        });
    }
    let share = Counts { successes, trials }.share();
    let (lower, upper) = score_bounds(share, effective_trials, normal_reach(confidence));
    Ok(Proportion::new(successes, trials, lower, upper, confidence))
}

/// Wilson's bounds, `z` standard errors away from the share.
pub(super) fn wilson_bounds(counts: Counts, z: f64) -> (f64, f64) {
    score_bounds(counts.share(), counts.trials as f64, z)
}

/// Wilson's bounds of a share of `n` trials.
fn score_bounds(share: f64, n: f64, z: f64) -> (f64, f64) {
    let centre = share + z * z / (2.0 * n);
    let half_width = z * (share * (1.0 - share) / n + (z / (2.0 * n)).powi(2)).sqrt();
    let scale = 1.0 + z * z / n;
    // At the ends the bounds are exact; the formula leaves a rounding error there.
    let lower = if share == 0.0 {
        0.0
    } else {
        // (c − h)/s written as p²/(c + h), which takes no difference of equals.
        share * share / (centre + half_width)
    };
    let upper = if share == 1.0 {
        1.0
    } else {
        (centre + half_width) / scale
    };
    (lower, upper)
}

/// A share with Clopper and Pearson's exact interval.
///
/// The bounds are the probabilities at which as many successes or more, and as many or fewer, have
/// probability α/2, α = 1 − `confidence`: quantiles of beta distributions. At 0 or n successes one bound is
/// 0 or 1 and the other still uses α/2.
///
/// Assumes independent trials of one probability. Covers at least as often as stated, whatever the
/// probability, and therefore mostly more often.
///
/// # Errors
/// No trials, more successes than trials, or a confidence that is not strictly between 0 and 1.
///
/// # References
/// C. J. Clopper, E. S. Pearson (1934), “The Use of Confidence or Fiducial Limits Illustrated in the Case of
/// the Binomial”, Biometrika 26(4).
///
/// # Examples
/// ```
/// use workbench_statistics::clopper_pearson;
///
/// let alarms = clopper_pearson(2, 40, 0.95)?;
/// assert!((alarms.interval.lower - 0.006_114).abs() < 1e-6);
/// assert!((alarms.interval.upper - 0.169_197).abs() < 1e-6);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn clopper_pearson(
    successes: u64,
    trials: u64,
    confidence: f64,
) -> Result<Proportion, StatisticsError> {
    check_counts(successes, trials)?;
    check_open_probability(confidence)?;
    let (of, others) = (successes as f64, (trials - successes) as f64);
    let tail = (1.0 - confidence) / 2.0;
    let lower = if successes == 0 {
        0.0
    } else {
        beta_quantile(tail, of, others + 1.0)
    };
    let upper = if successes == trials {
        1.0
    } else {
        beta_quantile(1.0 - tail, of + 1.0, others)
    };
    Ok(Proportion::new(successes, trials, lower, upper, confidence))
}

/// Refuses zero trials, and more successes than trials.
pub(crate) fn check_counts(successes: u64, trials: u64) -> Result<(), StatisticsError> {
    check_count(trials as usize, 1)?;
    if successes > trials {
        return Err(StatisticsError::ImpossibleCount { successes, trials });
    }
    Ok(())
}
