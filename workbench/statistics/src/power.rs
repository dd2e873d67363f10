//! Power, minimum detectable effect, and runs needed.

use crate::compare::{pairs_left_out, trimmed_freedom};
use crate::distribution::{
    noncentral_t_lower_tail, noncentral_t_upper_tail, noncentrality_with_tail, normal_quantile,
    root_of_decreasing, student_t_quantile,
};
use crate::error::{StatisticsError, check, check_count, check_open_probability, check_range};

/// Most runs that are considered.
const MOST_RUNS: usize = 100_000;

/// The design of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Design {
    /// Two groups of independent runs. The effect is in standard deviations between runs.
    Unpaired {
        /// Runs of the baseline.
        baseline: usize,
        /// Runs of the candidate.
        candidate: usize,
    },
    /// Runs in pairs. The effect is in standard deviations of the differences within pairs, which are √2 times
    /// those between runs where pairs share nothing.
    Paired {
        /// Number of pairs.
        pairs: usize,
    },
    /// Runs in pairs of which the most extreme are left out, as by [`trimmed_paired_t`](crate::trimmed_paired_t). The
    /// effect is in standard deviations of the differences, disturbed ones aside.
    Trimmed {
        /// Number of pairs.
        pairs: usize,
    },
    /// One run against a history. The effect is in standard deviations between runs.
    History {
        /// Runs in the history.
        runs: usize,
    },
}

/// Whether a test looks for a change in one direction or in both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sides {
    /// In one given direction, with the whole of α.
    One,
    /// In either direction, with α/2 each.
    Two,
}

impl Design {
    /// Degrees of freedom, and the non-centrality that an effect of 1 gives: the standard deviation in standard
    /// errors of the difference.
    pub(crate) fn freedom_and_scale(self) -> Result<(f64, f64), StatisticsError> {
        let (least, freedom, scale) = match self {
            Self::Unpaired {
                baseline,
                candidate,
            } => {
                let (n, m) = (baseline as f64, candidate as f64);
                let scale = (n * m / (n + m)).sqrt();
                (baseline.min(candidate), n + m - 2.0, scale)
            }
            Self::Paired { pairs } => (pairs, pairs as f64 - 1.0, (pairs as f64).sqrt()),
            Self::Trimmed { pairs } => {
                let scale = (pairs as f64 / trimmed_variance(pairs)).sqrt();
                (pairs, trimmed_freedom(pairs), scale)
            }
            Self::History { runs } => {
                let history = runs as f64;
                (runs, history - 1.0, (history / (history + 1.0)).sqrt())
            }
        };
        check_count(least, 2)?;
        Ok((freedom, scale))
    }
}

/// The variance of a trimmed mean of `values` normal values, in units of that of their mean.
///
/// With the share γ that is left out at either end, and z such that P(Z > z) = γ:
/// ((1 − 2γ) − 2zφ(z) + 2γz²)/(1 − 2γ)², which is right for many values and off by a percent for 8.
///
/// # References
/// R. R. Wilcox (2012), “Introduction to Robust Estimation and Hypothesis Testing”, third edition, section 3.3.1.
fn trimmed_variance(values: usize) -> f64 {
    let left_out = pairs_left_out(values) as f64 / values as f64;
    if left_out == 0.0 {
        return 1.0;
    }
    let z = normal_quantile(left_out);
    let density = (-z * z / 2.0).exp() / std::f64::consts::TAU.sqrt();
    let remaining = 1.0 - 2.0 * left_out;
    (remaining - 2.0 * z * density + 2.0 * left_out * z * z) / remaining.powi(2)
}

impl Sides {
    fn tail(self, alpha: f64) -> f64 {
        match self {
            Self::One => alpha,
            Self::Two => alpha / 2.0,
        }
    }
}

/// The probability that a t test at level `alpha` finds a true effect.
///
/// P(T > t*) for the non-central t with the non-centrality of `effect`, and P(T < −t*) on top for two sides;
/// `effect` is in standard deviations, see [`Design`].
///
/// Assumes normal values with one variance. For Welch's test it is a slight overestimate: with equal numbers of
/// runs it loses some of the n + m − 2 degrees of freedom (a power of 50% is 43% at 3 against 3, one of 76% is
/// 73% at 5; see workbench/METHODOLOGY.md).
///
/// # Errors
/// Fewer than 2 runs where there have to be 2, an effect that is not finite, or an `alpha` that is not strictly
/// between 0 and 1.
///
/// # References
/// J. Cohen (1988), “Statistical Power Analysis for the Behavioral Sciences”, second edition, chapter 2.
///
/// # Examples
/// ```
/// use workbench_statistics::{Design, Sides, power};
///
/// let design = Design::Unpaired { baseline: 20, candidate: 20 };
/// assert!((power(design, 1.0, 0.05, Sides::Two)? - 0.868_953_0).abs() < 1e-7);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn power(
    design: Design,
    effect: f64,
    alpha: f64,
    sides: Sides,
) -> Result<f64, StatisticsError> {
    let (freedom, scale) = design.freedom_and_scale()?;
    check(&[effect], 1)?;
    check_open_probability(alpha)?;
    let critical = student_t_quantile(sides.tail(alpha), freedom)?;
    let noncentrality = effect * scale;
    let upper = noncentral_t_upper_tail(critical, freedom, noncentrality)?;
    let lower = match sides {
        Sides::One => 0.0,
        Sides::Two => noncentral_t_lower_tail(-critical, freedom, noncentrality),
    };
    Ok((upper + lower).min(1.0))
}

/// The smallest effect that is found with probability `wanted_power`, in standard deviations (see [`Design`]).
///
/// # Errors
/// As [`power`], and a `wanted_power` that is not above `alpha` and below 1.
///
/// # References
/// H. S. Bloom (1995), “Minimum Detectable Effects: A Simple Way to Report the Statistical Power of Experimental
/// Designs”, Evaluation Review 19(5).
///
/// # Examples
/// ```
/// use workbench_statistics::{Design, Sides, minimum_detectable_effect};
///
/// let design = Design::Unpaired { baseline: 5, candidate: 5 };
/// let effect = minimum_detectable_effect(design, 0.05, Sides::One, 0.8)?;
/// assert!((effect - 1.72).abs() < 0.005);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn minimum_detectable_effect(
    design: Design,
    alpha: f64,
    sides: Sides,
    wanted_power: f64,
) -> Result<f64, StatisticsError> {
    let (freedom, scale) = design.freedom_and_scale()?;
    check_open_probability(alpha)?;
    check_power(wanted_power, alpha)?;
    let critical = student_t_quantile(sides.tail(alpha), freedom)?;
    let one_sided = noncentrality_with_tail(critical, freedom, wanted_power);
    let noncentrality = match sides {
        Sides::One => one_sided,
        // The other side adds its share: a little less effect suffices.
        Sides::Two => root_of_decreasing(0.0, one_sided.max(f64::MIN_POSITIVE), |noncentrality| {
            let missed = noncentral_t_lower_tail(critical, freedom, noncentrality)
                - noncentral_t_lower_tail(-critical, freedom, noncentrality);
            missed - (1.0 - wanted_power)
        }),
    };
    Ok(noncentrality / scale)
}

/// How many runs find a true effect with probability `wanted_power`.
///
/// The least number per group ([`Design::Unpaired`]), of pairs, or in the history, whatever numbers `design`
/// itself holds; `None` where even 100,000 do not suffice. One run against a history never finds an effect that
/// is small beside the variation of that one run.
///
/// # Errors
/// As [`minimum_detectable_effect`].
///
/// # References
/// J. Cohen (1988), “Statistical Power Analysis for the Behavioral Sciences”, second edition, chapter 2.
///
/// # Examples
/// ```
/// use workbench_statistics::{Design, Sides, runs_needed};
///
/// // To find a regression of 5% with runs that vary by 3%.
/// let effect = 1.05_f64.ln() / 0.03;
/// let design = Design::Unpaired { baseline: 3, candidate: 3 };
/// assert_eq!(runs_needed(design, effect, 0.05, Sides::One, 0.8)?, Some(6));
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn runs_needed(
    design: Design,
    effect: f64,
    alpha: f64,
    sides: Sides,
    wanted_power: f64,
) -> Result<Option<usize>, StatisticsError> {
    check_power(wanted_power, alpha)?;
    let with = |runs: usize| match design {
        Design::Unpaired { .. } => Design::Unpaired {
            baseline: runs,
            candidate: runs,
        },
        Design::Paired { .. } => Design::Paired { pairs: runs },
        Design::Trimmed { .. } => Design::Trimmed { pairs: runs },
        Design::History { .. } => Design::History { runs },
    };
    let suffices = |runs| Ok(power(with(runs), effect, alpha, sides)? >= wanted_power);
    // Doubling first: most answers are small, and large numbers take longer to try.
    let (mut too_few, mut enough) = (1, 2);
    while !suffices(enough)? {
        if enough == MOST_RUNS {
            return Ok(None);
        }
        too_few = enough;
        enough = (2 * enough).min(MOST_RUNS);
    }
    while enough - too_few > 1 {
        let middle = usize::midpoint(too_few, enough);
        if suffices(middle)? {
            enough = middle;
        } else {
            too_few = middle;
        }
    }
    Ok(Some(enough))
}

fn check_power(wanted_power: f64, alpha: f64) -> Result<(), StatisticsError> {
    let is_possible = wanted_power > alpha && wanted_power < 1.0;
    check_range(wanted_power, is_possible, "above alpha and below 1")
}
