//! The rule by which runs are judged, and the evidence of a verdict.

use super::classify::Better;
use crate::compare::{PairTest, TTest};
use crate::error::{StatisticsError, check_level, check_range};
use crate::sequential::Looks;

/// How runs of baseline and candidate are paired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Not paired: two groups of runs.
    Independent,
    /// Run i of the baseline and run i of the candidate were made together or one after the other. Error rates are
    /// compared by every pair, whichever test is named: a run with failures has to count.
    Pairs(PairTest),
}

/// Margin, level, direction and layout of a comparison.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    /// The equivalence margin: for ratios a share (0.05 is 5%), for error rates a difference (0.001 is one request in a
    /// thousand).
    pub margin: f64,
    /// Probability of a false alarm; the interval has the confidence 1 − 2 `alpha`, or that of a look.
    pub alpha: f64,
    /// The direction in which the metric improves.
    pub better: Better,
    /// How the runs are paired.
    pub layout: Layout,
}

impl Rule {
    pub(super) fn check(&self) -> Result<(), StatisticsError> {
        check_level(self.alpha)?;
        if !(self.margin.is_finite() && self.margin >= 0.0) {
            return Err(StatisticsError::ImpossibleMargin { value: self.margin });
        }
        Ok(())
    }

    /// The level of one judgement: of the only one, or of each look.
    pub(super) fn level(&self, looks: Option<&Looks>) -> Result<f64, StatisticsError> {
        let Some(looks) = looks else {
            return Ok(self.alpha);
        };
        let is_same = looks.alpha() == self.alpha;
        check_range(self.alpha, is_same, "the same as that of the looks")?;
        Ok(looks.level())
    }
}

/// One-sided p values behind a verdict.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evidence {
    /// Of no change or an improvement: small where the candidate is worse.
    pub p_regressed: f64,
    /// Of no change or a regression: small where the candidate is better.
    pub p_improved: f64,
    /// Of a change within the margin or an improvement: small where the candidate is worse by more than the
    /// margin.
    pub p_beyond_margin: f64,
}

impl Evidence {
    /// The same as evidence of a whole series that ended with this look.
    pub(super) fn of_series(self, looks: Option<&Looks>) -> Result<Self, StatisticsError> {
        let Some(looks) = looks else {
            return Ok(self);
        };
        Ok(Self {
            p_regressed: looks.adjusted(self.p_regressed)?,
            p_improved: looks.adjusted(self.p_improved)?,
            p_beyond_margin: looks.adjusted(self.p_beyond_margin)?,
        })
    }

    /// From a test of candidate minus baseline; `margin` on the same scale.
    pub(super) fn new(test: &TTest, margin: f64, better: Better) -> Self {
        match better {
            Better::Lower => Self {
                p_regressed: test.p_greater,
                p_improved: test.p_less,
                p_beyond_margin: test.p_above(margin),
            },
            Better::Higher => Self {
                p_regressed: test.p_less,
                p_improved: test.p_greater,
                p_beyond_margin: test.p_below(-margin),
            },
        }
    }
}
