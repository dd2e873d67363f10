//! What is asked of two groups of runs.

use workbench_statistics::Looks;

use crate::model::{ComparisonRule, LatencyOf, Metric};
use crate::tables::TOTAL;

/// What metrics that are asked for are of one label: the typical time of a single label is its median.
pub(crate) fn asked_of(label: &str, metrics: &[Metric]) -> impl Iterator<Item = Metric> {
    let total = label == TOTAL;
    Metric::of(label).filter(move |metric| {
        let instead = *metric == Metric::P50 && !total;
        metrics.contains(metric) || (instead && metrics.contains(&Metric::TypicalTime))
    })
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
    /// The schedule of a series that ends as soon as it is decided.
    pub(crate) looks: Option<Looks>,
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
            looks: None,
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

    /// Metrics that a label has rows of.
    pub(super) fn metrics(&self, label: &str) -> impl Iterator<Item = Metric> {
        asked_of(label, &self.metrics)
    }
}
