//! By which rule groups of runs are compared.

use serde::Serialize;
use workbench_statistics::{Better, Layout, Rule, StatisticsError};

use super::values::LatencyOf;
use crate::model::Metric;

/// What counts as a change, and how sure a verdict has to be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ComparisonRule {
    margin: f64,
    error_rate_margin: f64,
    alpha: f64,
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
        })
    }

    /// The relative change that does not matter.
    #[must_use]
    pub fn margin(&self) -> f64 {
        self.margin
    }

    /// The difference of error rates that does not matter.
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
    pub(crate) fn of(&self, metric: Metric, layout: Layout) -> Rule {
        Rule {
            margin: match metric {
                Metric::ErrorRate => self.error_rate_margin,
                _ => self.margin,
            },
            alpha: self.alpha,
            better: better(metric),
            layout,
        }
    }
}

impl Default for ComparisonRule {
    /// 5 % for a change, one request in a thousand for error rates, 5 % for a false alarm.
    fn default() -> Self {
        Self {
            margin: 0.05,
            error_rate_margin: 0.001,
            alpha: 0.05,
        }
    }
}

/// Which way a metric improves.
pub(crate) fn better(metric: Metric) -> Better {
    match metric {
        Metric::Throughput => Better::Higher,
        Metric::Mean | Metric::P50 | Metric::P95 | Metric::P99 | Metric::ErrorRate => Better::Lower,
    }
}

/// What becomes of runs that cannot be believed or compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Belief {
    /// They make every verdict invalid, and runs judged by different parts are not compared.
    AsJudged,
    /// They are compared all the same.
    Forced,
    /// Something is known to speak against the comparison: every verdict is invalid.
    Refused,
}

/// What is asked of two groups of runs.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) rule: ComparisonRule,
    /// Rows are in the order of [`Metric::ALL`] whatever the order here.
    pub(crate) metrics: Vec<Metric>,
    /// Labels that have rows; `None` means all of them.
    pub(crate) labels: Option<Vec<String>>,
    pub(crate) latency: LatencyOf,
    pub(crate) belief: Belief,
    /// Fewer runs than this of the baseline and of the candidate are not judged.
    pub(crate) minimum_runs: [usize; 2],
    /// Whether the baseline is a history of sessions: only that carries a single run of the candidate.
    pub(crate) history: bool,
    /// Whether a series is known to have ended early, so that runs at its end have no partner.
    pub(crate) ended_early: bool,
}

impl Question {
    /// Everything that can be asked.
    pub(super) fn of_analysis(rule: ComparisonRule) -> Self {
        Self {
            rule,
            metrics: Metric::ALL.to_vec(),
            labels: None,
            latency: LatencyOf::All,
            belief: Belief::AsJudged,
            minimum_runs: [1, 1],
            history: false,
            // The runs are all that is known of their series.
            ended_early: true,
        }
    }

    pub(super) fn asks_for(&self, label: &str) -> bool {
        self.labels
            .as_ref()
            .is_none_or(|labels| labels.iter().any(|it| it == label))
    }

    pub(super) fn metrics(&self) -> impl Iterator<Item = Metric> {
        Metric::ALL
            .into_iter()
            .filter(|metric| self.metrics.contains(metric))
    }
}
