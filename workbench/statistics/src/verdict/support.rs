//! The test and the verdicts that the numbers of runs allow.

use serde::{Deserialize, Serialize};

use super::classify::Verdict;
use super::rule::Layout;
use crate::compare::{PairTest, pairs_left_out};
use crate::power::Design;

/// Fewest runs on either side for any verdict.
const FOR_LARGE_EFFECTS: usize = 3;
/// Fewest runs on either side for all verdicts, equivalence included.
pub const RUNS_FOR_EQUIVALENCE: usize = 5;
/// Fewest runs of a history with which a single run is compared.
pub const RUNS_OF_A_HISTORY: usize = 10;
/// Fewest runs on either side for the cross-check by ranks.
pub(super) const FOR_CROSS_CHECK: usize = 10;

/// The test of a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// One run of the candidate against the prediction interval of the baseline.
    Prediction,
    /// Welch's t test of two groups of runs.
    Welch,
    /// The paired t test.
    Paired,
    /// Yuen's trimmed t test of pairs, of which some are left out.
    Trimmed,
}

/// A warning on a verdict.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum VerdictWarning {
    /// One run on either side: they cannot tell a change from the variation between runs.
    SingleRuns,
    /// One run against a history that is too short.
    HistoryTooShort {
        /// Runs in the history.
        runs: usize,
        /// Runs that it needs.
        needed: usize,
    },
    /// Too few runs on a side for any verdict.
    TooFewRuns {
        /// Runs on the side that has fewer.
        runs: usize,
        /// Runs that it needs.
        needed: usize,
    },
    /// The runs are so few that only large changes are found; equivalence is never concluded.
    LargeEffectsOnly {
        /// Runs on the side that has fewer.
        runs: usize,
    },
    /// The interval lies within the margin, but the runs are too few to call that equivalent.
    EquivalenceNeedsMoreRuns {
        /// Runs that either side needs.
        needed: usize,
    },
    /// The candidate is a single run, taken to vary as the history does.
    SingleCandidate,
    /// All runs have the same value, so that a change cannot be judged.
    NoVariation,
    /// The test on ranks does not confirm the verdict: look for a run that is unlike the others.
    CrossCheckDisagrees {
        /// Its one-sided p value.
        p: f64,
    },
    /// The verdict would stand alone but not among the verdicts of its family.
    LostInFamily {
        /// The adjusted p value.
        p: f64,
    },
}

/// The allowed test and verdicts.
pub(super) struct Support {
    /// The test; `None` where no verdict but inconclusive is allowed.
    pub(super) method: Option<Method>,
    equivalence: bool,
    pub(super) warnings: Vec<VerdictWarning>,
}

impl Support {
    pub(super) fn new(baseline: usize, candidate: usize, layout: Layout) -> Self {
        let fewer = baseline.min(candidate);
        let without = |warning| Self {
            method: None,
            equivalence: false,
            warnings: vec![warning],
        };
        if baseline == 1 && candidate == 1 {
            return without(VerdictWarning::SingleRuns);
        }
        if candidate == 1 {
            if baseline < RUNS_OF_A_HISTORY {
                return without(VerdictWarning::HistoryTooShort {
                    runs: baseline,
                    needed: RUNS_OF_A_HISTORY,
                });
            }
            return Self {
                method: Some(Method::Prediction),
                equivalence: true,
                warnings: vec![VerdictWarning::SingleCandidate],
            };
        }
        if fewer < FOR_LARGE_EFFECTS {
            return without(VerdictWarning::TooFewRuns {
                runs: fewer,
                needed: FOR_LARGE_EFFECTS,
            });
        }
        let equivalence = fewer >= RUNS_FOR_EQUIVALENCE;
        Self {
            method: Some(match layout {
                Layout::Independent => Method::Welch,
                Layout::Pairs(PairTest::Trimmed) if pairs_left_out(fewer) > 0 => Method::Trimmed,
                Layout::Pairs(PairTest::Trimmed | PairTest::T) => Method::Paired,
            }),
            equivalence,
            warnings: if equivalence {
                vec![]
            } else {
                vec![VerdictWarning::LargeEffectsOnly { runs: fewer }]
            },
        }
    }

    /// The verdict, or inconclusive if the runs are too few for it.
    pub(super) fn allowed(&mut self, verdict: Verdict) -> Verdict {
        if verdict == Verdict::Equivalent && !self.equivalence {
            self.warnings
                .push(VerdictWarning::EquivalenceNeedsMoreRuns {
                    needed: RUNS_FOR_EQUIVALENCE,
                });
            return Verdict::Inconclusive;
        }
        verdict
    }
}

impl Method {
    /// The design of its comparison of so many runs.
    #[must_use]
    pub fn design(self, baseline: usize, candidate: usize) -> Design {
        match self {
            Self::Prediction => Design::History { runs: baseline },
            Self::Welch => Design::Unpaired {
                baseline,
                candidate,
            },
            Self::Paired => Design::Paired { pairs: baseline },
            Self::Trimmed => Design::Trimmed { pairs: baseline },
        }
    }
}
