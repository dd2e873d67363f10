//! A schedule of looks, and the level at each look that keeps the level of the whole series.

use super::t_process::crossing_probability;
use crate::compare::PairTest;
use crate::distribution::root_of_decreasing;
use crate::error::{StatisticsError, check_level, check_probability};

/// Most pairs of a schedule; the exact levels of more take seconds.
const MOST_PAIRS: usize = 100;

/// The p values from which to which adjusted ones are interpolated between exact ones, in logarithms of both.
const EXACT: [f64; 2] = [1e-4, 0.6];

/// Number of exact ones: what lies between them is right to a thousandth of its value.
const EXACT_VALUES: u32 = 20;

/// Looks closer than this many pairs need a lower level for trimmed pairs.
const APART: usize = 5;

/// The factor of that level.
const CLOSE_LOOKS: f64 = 0.9;

/// The numbers of pairs after which a series is judged, fixed before the first of them is made.
///
/// Testing at 5% after 5, 10, 15 and 20 pairs and stopping at the first finding gives a false alarm in 12% of unchanged
/// cases. With one lower level at each look, the same for all (Pocock's rule, on the scale of p values), the
/// probability of a false alarm at *any* look is α: with these looks 1.81% for 5%. The same holds for every other
/// one-sided statement made by the same levels, such as that a change is less than a margin.
///
/// The level is exact for paired t tests of normal differences, whose degrees of freedom grow from look to look: the
/// process of normal sums that group-sequential tables are made for would give 1.94%, and 5.2% false alarms.
/// Trimmed pairs (see [`trimmed_paired_t`](crate::trimmed_paired_t)) are not quite such a process. By simulation they
/// keep α at the same level where looks are 5 pairs or more apart, and at nine tenths of it where any are closer
/// (workbench/METHODOLOGY.md).
///
/// Assumes that the looks were not chosen by results. A series that is judged at any other time, or goes on after its
/// last look, has no level.
///
/// # References
/// - S. J. Pocock (1977), “Group Sequential Methods in the Design and Analysis of Clinical Trials”, Biometrika 64(2).
/// - C. Jennison, B. W. Turnbull (2000), “Group Sequential Methods with Applications to Clinical Trials”, sections 2.4
///   and 4.4 (unknown variance on the scale of significance levels).
///
/// # Examples
/// ```
/// use workbench_statistics::{Looks, PairTest};
///
/// let looks = Looks::new(&[5, 10, 15, 20], PairTest::T, 0.05)?;
/// assert!((looks.level() - 0.0181).abs() < 5e-5);
/// assert!((looks.adjusted(0.05)? - 0.12).abs() < 5e-3);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Looks {
    pairs: Vec<usize>,
    alpha: f64,
    level: f64,
    /// Factor of the exact level.
    allowance: f64,
    /// Logarithms of p values and of adjusted ones, ascending.
    adjusted: Vec<(f64, f64)>,
}

impl Looks {
    /// A schedule by its numbers of pairs, the test that is made at each look, and the one-sided level of the whole.
    ///
    /// # Errors
    /// No look, numbers that do not increase, fewer than 2 pairs, more than 100, or an `alpha` that is not above 0
    /// and below one half.
    pub fn new(pairs: &[usize], test: PairTest, alpha: f64) -> Result<Self, StatisticsError> {
        let increasing = pairs.windows(2).all(|two| two[0] < two[1]);
        let (Some(first), Some(last), true) = (pairs.first(), pairs.last(), increasing) else {
            return Err(StatisticsError::ImpossibleLooks);
        };
        if *first < 2 || *last > MOST_PAIRS {
            return Err(StatisticsError::ImpossibleLooks);
        }
        check_level(alpha)?;
        let close = pairs.windows(2).any(|two| two[1] - two[0] < APART);
        let allowance = match test {
            PairTest::Trimmed if close => CLOSE_LOOKS,
            PairTest::Trimmed | PairTest::T => 1.0,
        };
        let exact = |ln_p: f64| crossing_probability(pairs, ln_p.exp()).ln();
        // At least α over the number of looks, at most α; in logarithms the curve is nearly straight.
        let least = alpha / pairs.len() as f64;
        let ln_level = root_of_decreasing(least.ln(), alpha.ln(), |ln_p| alpha.ln() - exact(ln_p));
        let [from, to] = EXACT.map(f64::ln);
        let step = (to - from) / f64::from(EXACT_VALUES - 1);
        let mut adjusted: Vec<(f64, f64)> = (0..EXACT_VALUES)
            .map(|index| from + step * f64::from(index))
            .map(|ln_p| (ln_p, exact(ln_p)))
            .collect();
        adjusted.push((ln_level, alpha.ln()));
        adjusted.push((0.0, 0.0));
        adjusted.sort_unstable_by(|one, other| one.0.total_cmp(&other.0));
        Ok(Self {
            pairs: pairs.to_vec(),
            alpha,
            level: allowance * ln_level.exp(),
            allowance,
            adjusted,
        })
    }

    /// The numbers of pairs, in ascending order.
    #[must_use]
    pub fn pairs(&self) -> &[usize] {
        &self.pairs
    }

    /// The one-sided level of the whole series.
    #[must_use]
    pub fn alpha(&self) -> f64 {
        self.alpha
    }

    /// The one-sided level at each look. The intervals of a look have the confidence 1 − 2 · level.
    #[must_use]
    pub fn level(&self) -> f64 {
        self.level
    }

    /// The probability, where nothing changed, that at least one look has a one-sided p value of at most `p`.
    ///
    /// It is at most [`alpha`](Self::alpha) where `p` is at most [`level`](Self::level). Adjustments for several
    /// metrics, such as [`holm`](crate::holm), take it as it is.
    ///
    /// # Errors
    /// A `p` that is not between 0 and 1.
    pub fn adjusted(&self, p: f64) -> Result<f64, StatisticsError> {
        check_probability(p)?;
        let nominal = (p / self.allowance).min(1.0);
        let sum = (self.pairs.len() as f64 * nominal).min(1.0);
        let ln_p = nominal.ln();
        let above = self.adjusted.partition_point(|(known, _)| *known < ln_p);
        let exact = match above.checked_sub(1).map(|below| self.adjusted[below]) {
            // Of tiny p values the adjusted one is hardly less than their sum over the looks.
            None => self.adjusted[0].1,
            Some((known, adjusted)) => {
                let (next, adjusted_next) = self.adjusted[above];
                adjusted + (adjusted_next - adjusted) * (ln_p - known) / (next - known)
            }
        };
        Ok(exact.exp().max(nominal).min(sum))
    }
}
