//! The settings of a comparison.

use workbench_statistics::Looks;

use crate::model::{ComparisonRule, LatencyOf, Metric, TOTAL};

/// The metrics of a label that stand for the chosen ones: the typical time of a single label is its median.
pub(crate) fn asked_of(label: &str, metrics: &[Metric]) -> impl Iterator<Item = Metric> {
    let total = label == TOTAL;
    Metric::of(label).filter(move |metric| {
        let instead = *metric == Metric::P50 && !total;
        metrics.contains(metric) || (instead && metrics.contains(&Metric::TypicalTime))
    })
}

/// How invalid or incomparable runs are treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Belief {
    /// They make every verdict invalid, and runs judged by different parts are not compared.
    AsJudged,
    /// They are compared anyway.
    Forced,
    /// There are objections to the comparison: every verdict is invalid.
    Refused,
}

/// The settings of a comparison of two groups.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) rule: ComparisonRule,
    /// Rows are in the order of [`Metric::ALL`] whatever the order here.
    pub(crate) metrics: Vec<Metric>,
    /// Labels that have rows; `None` means all of them.
    pub(crate) labels: Option<Vec<String>>,
    pub(crate) latency: LatencyOf,
    pub(crate) belief: Belief,
    /// The schedule of a series that ends as soon as it is decided.
    pub(crate) looks: Option<Looks>,
    /// Fewer runs than this of the baseline and of the candidate are not judged.
    pub(crate) minimum_runs: [usize; 2],
    /// Whether the baseline is a history of sessions. Only then is a single candidate run judged.
    pub(crate) history: bool,
    /// Whether a series is known to have ended early, so that runs at its end have no partner.
    pub(crate) ended_early: bool,
}

impl Question {
    /// All metrics and labels.
    pub(super) fn of_analysis(rule: ComparisonRule) -> Self {
        Self {
            rule,
            metrics: Metric::ALL.to_vec(),
            labels: None,
            latency: LatencyOf::All,
            belief: Belief::AsJudged,
            looks: None,
            minimum_runs: [1, 1],
            history: false,
            // Nothing else is known of the series.
            ended_early: true,
        }
    }

    pub(super) fn asks_for(&self, label: &str) -> bool {
        self.labels
            .as_ref()
            .is_none_or(|labels| labels.iter().any(|it| it == label))
    }

    /// Metrics that a label has rows of.
    pub(super) fn metrics(&self, label: &str) -> impl Iterator<Item = Metric> {
        asked_of(label, &self.metrics)
    }
}
