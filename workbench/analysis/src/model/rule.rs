//! The rule for comparisons of groups of runs.

use serde::{Deserialize, Serialize};
use workbench_statistics::{Better, Layout, PairTest as PairMethod, Rule, StatisticsError};

use super::between_runs::{Metric, Pairing};

/// Margins and the probability of a false alarm.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct ComparisonRule {
    margin: f64,
    error_rate_margin: f64,
    alpha: f64,
    pairs: PairMethod,
}

impl ComparisonRule {
    /// A rule; all three are fractions.
    ///
    /// # Errors
    /// A margin that is negative or not finite, or an `alpha` that is not above 0 and below one half.
    pub fn new(margin: f64, error_rate_margin: f64, alpha: f64) -> Result<Self, StatisticsError> {
        if let Some(value) = [margin, error_rate_margin]
            .into_iter()
            .find(|value| !(value.is_finite() && *value >= 0.0))
        {
            return Err(StatisticsError::ImpossibleMargin { value });
        }
        if !(alpha > 0.0 && alpha < 0.5) {
            return Err(StatisticsError::ImpossibleProbability {
                value: alpha,
                range: "above 0 and below one half",
            });
        }
        Ok(Self {
            margin,
            error_rate_margin,
            alpha,
            pairs: PairMethod::default(),
        })
    }

    /// The same rule with another test of pairs.
    #[must_use]
    pub fn with_pairs(self, pairs: PairMethod) -> Self {
        Self { pairs, ..self }
    }

    /// How pairs of runs are compared.
    #[must_use]
    pub fn pairs(&self) -> PairMethod {
        self.pairs
    }

    /// The equivalence margin, a relative change.
    #[must_use]
    pub fn margin(&self) -> f64 {
        self.margin
    }

    /// The equivalence margin of error rates, a difference.
    #[must_use]
    pub fn error_rate_margin(&self) -> f64 {
        self.error_rate_margin
    }

    /// Probability of a false alarm; intervals have the confidence 1 − 2 alpha.
    #[must_use]
    pub fn alpha(&self) -> f64 {
        self.alpha
    }

    pub(crate) fn confidence(&self) -> f64 {
        1.0 - 2.0 * self.alpha
    }

    /// The rule for one metric, as the statistics take it.
    pub(crate) fn of(&self, metric: Metric, pairing: Pairing) -> Rule {
        Rule {
            margin: match metric {
                Metric::ErrorRate => self.error_rate_margin,
                _ => self.margin,
            },
            alpha: self.alpha,
            better: better(metric),
            layout: match pairing {
                Pairing::Independent => Layout::Independent,
                Pairing::Pairs => Layout::Pairs(self.pairs),
            },
        }
    }
}

impl Default for ComparisonRule {
    /// Margins of 5 % and, for error rates, 0.1 percentage points; alpha of 5 %.
    fn default() -> Self {
        Self {
            margin: 0.05,
            error_rate_margin: 0.001,
            alpha: 0.05,
            pairs: PairMethod::default(),
        }
    }
}

/// A rule as deserialized, before validation.
#[derive(Deserialize)]
struct Unchecked {
    margin: f64,
    error_rate_margin: f64,
    alpha: f64,
    #[serde(default)]
    pairs: PairMethod,
}

impl TryFrom<Unchecked> for ComparisonRule {
    type Error = StatisticsError;

    fn try_from(it: Unchecked) -> Result<Self, StatisticsError> {
        Ok(Self::new(it.margin, it.error_rate_margin, it.alpha)?.with_pairs(it.pairs))
    }
}

/// The direction in which a metric improves.
pub(crate) fn better(metric: Metric) -> Better {
    match metric {
        Metric::Throughput => Better::Higher,
        _ => Better::Lower,
    }
}

/// Which requests' elapsed times are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LatencyOf {
    /// All requests, failed ones too.
    All,
    /// Successful requests only.
    Success,
}
