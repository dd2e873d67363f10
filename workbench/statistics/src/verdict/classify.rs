//! Classifies an interval as a verdict.

use serde::{Deserialize, Serialize};

/// The verdict on a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// A run does not count (load not achieved, no steady state, …). Never returned by this crate, which only has
    /// values: the caller sets it.
    Invalid,
    /// The change lies within the margin, in both directions.
    Equivalent,
    /// The candidate is worse.
    Regressed,
    /// The candidate is better.
    Improved,
    /// These runs do not decide.
    Inconclusive,
}

/// The direction in which a metric improves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// Latencies, error rates: a rise is a regression.
    Lower,
    /// Throughput: a fall is a regression.
    Higher,
}

/// The verdict on a change with the interval from `lower` to `upper`.
///
/// With a margin δ ≥ 0 and an interval [L, U] of the change (for a metric of which [`Better::Higher`] is true, of
/// the change with its sign turned), in this order: equivalent if −δ < L and U < δ; regressed if L > 0; improved
/// if U < 0; otherwise inconclusive, as where a bound is not a number.
///
/// With an interval of confidence 1 − 2α, an unchanged candidate is called regressed with probability α at most,
/// and one that changed by δ or more is called equivalent with probability α at most (two one-sided tests).
/// Equivalent comes first: a change that is certain but within the margin is equivalent.
///
/// # References
/// D. J. Schuirmann (1987), “A Comparison of the Two One-Sided Tests Procedure and the Power Approach for Assessing
/// the Equivalence of Average Bioavailability”, Journal of Pharmacokinetics and Biopharmaceutics 15(6).
///
/// # Examples
/// ```
/// use workbench_statistics::{Better, Verdict, verdict_of_interval};
///
/// let margin = 1.05_f64.ln();
/// assert_eq!(verdict_of_interval(0.01, 0.03, margin, Better::Lower), Verdict::Equivalent);
/// assert_eq!(verdict_of_interval(0.01, 0.09, margin, Better::Lower), Verdict::Regressed);
/// assert_eq!(verdict_of_interval(0.01, 0.09, margin, Better::Higher), Verdict::Improved);
/// assert_eq!(verdict_of_interval(-0.01, 0.09, margin, Better::Lower), Verdict::Inconclusive);
/// ```
#[must_use]
pub fn verdict_of_interval(lower: f64, upper: f64, margin: f64, better: Better) -> Verdict {
    let (lower, upper) = better.worsening(lower, upper);
    if lower.is_nan() || upper.is_nan() {
        return Verdict::Inconclusive;
    }
    if -margin < lower && upper < margin {
        Verdict::Equivalent
    } else if lower > 0.0 {
        Verdict::Regressed
    } else if upper < 0.0 {
        Verdict::Improved
    } else {
        Verdict::Inconclusive
    }
}

impl Better {
    /// The interval of the change in the worse direction.
    pub(super) fn worsening(self, lower: f64, upper: f64) -> (f64, f64) {
        match self {
            Self::Lower => (lower, upper),
            Self::Higher => (-upper, -lower),
        }
    }
}
