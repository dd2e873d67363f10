//! The policy of the gate.

use serde::Deserialize;
use serde::de::{Deserializer, Error};
use workbench_statistics::{Looks, StatisticsError};

use super::run::GateRun;
use super::share::{Level, Share};
use crate::between::{Question, labels};
use crate::error::AnalysisError;
use crate::model::{
    ComparisonRule, FailOn, GatedLabels, LatencyOf, Metric, PairMethod, Policy, RunAnalysis, TOTAL,
};

/// Choices of the command line or a policy file. Those not made are taken from the next source.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a mapping such as { margin: 5% }")]
pub struct PolicyChoices {
    /// Equivalence margin: a relative change.
    pub margin: Option<Share>,
    /// Equivalence margin of error rates: a difference.
    pub error_rate_margin: Option<Share>,
    /// Probability of a false alarm.
    pub alpha: Option<Level>,
    /// How pairs of runs are compared.
    pub pairs: Option<PairMethod>,
    /// Metrics besides the error rate.
    #[serde(default, deserialize_with = "metrics")]
    pub metrics: Option<Vec<Metric>>,
    /// Labels.
    pub labels: Option<GatedLabels>,
    /// Verdicts that fail.
    pub fail_on: Option<Vec<FailOn>>,
    /// Which requests' times count.
    pub latency_of: Option<LatencyOf>,
    /// Metrics that need not be shown to be no worse.
    pub not_required: Option<Vec<Metric>>,
    /// Fewest runs on either side.
    #[serde(default, deserialize_with = "runs")]
    pub minimum_runs: Option<u32>,
}

impl PolicyChoices {
    /// These choices, completed by those of `other`.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            margin: self.margin.or(other.margin),
            error_rate_margin: self.error_rate_margin.or(other.error_rate_margin),
            alpha: self.alpha.or(other.alpha),
            pairs: self.pairs.or(other.pairs),
            metrics: self.metrics.or(other.metrics),
            labels: self.labels.or(other.labels),
            fail_on: self.fail_on.or(other.fail_on),
            latency_of: self.latency_of.or(other.latency_of),
            not_required: self.not_required.or(other.not_required),
            minimum_runs: self.minimum_runs.or(other.minimum_runs),
        }
    }

    /// The policy, with defaults for choices not made.
    #[must_use]
    pub fn policy(self) -> Policy {
        let default = ComparisonRule::default();
        let margin = |choice: Option<Share>, default| choice.map_or(default, Share::fraction);
        // The typical time follows the bulk of requests and p95 their tail. Every further metric costs power (Holm) and
        // must be shown to be no worse. The mean of unlike requests depends mostly on the slowest, p99 varies most
        // between runs, and throughput is determined by response times if users wait for responses.
        let metrics = self
            .metrics
            .unwrap_or_else(|| vec![Metric::TypicalTime, Metric::P95]);
        Policy {
            rule: ComparisonRule::new(
                margin(self.margin, default.margin()),
                margin(self.error_rate_margin, default.error_rate_margin()),
                self.alpha.map_or(default.alpha(), Level::fraction),
            )
            .expect("shares and levels are within what a rule allows")
            .with_pairs(self.pairs.unwrap_or_default()),
            metrics: Metric::ALL
                .into_iter()
                .filter(|metric| *metric == Metric::ErrorRate || metrics.contains(metric))
                .collect(),
            labels: self.labels.unwrap_or(GatedLabels::Total),
            fail_on: self.fail_on.unwrap_or_else(|| vec![FailOn::Regressed]),
            latency_of: self.latency_of.unwrap_or(LatencyOf::All),
            not_required: self.not_required.unwrap_or_default(),
            minimum_runs: self.minimum_runs.unwrap_or(3),
        }
    }
}

impl Default for Policy {
    fn default() -> Self {
        PolicyChoices::default().policy()
    }
}

impl Policy {
    pub(super) fn question(&self, history: bool) -> Question {
        let least = self.minimum_runs as usize;
        Question {
            rule: self.rule,
            metrics: self.metrics.clone(),
            labels: (self.labels != GatedLabels::All).then(|| self.gated_labels([])),
            latency: self.latency_of,
            belief: crate::between::Belief::AsJudged,
            looks: None,
            minimum_runs: [least, if history { 1 } else { least }],
            history,
            ended_early: false,
        }
    }

    /// The labels that are gated, of these runs.
    pub(super) fn gated_labels<'a>(
        &self,
        runs: impl IntoIterator<Item = &'a RunAnalysis>,
    ) -> Vec<String> {
        match &self.labels {
            GatedLabels::Total => vec![TOTAL.to_owned()],
            GatedLabels::Listed(labels) => labels.clone(),
            GatedLabels::All => labels(runs).into_iter().map(str::to_owned).collect(),
        }
    }

    /// Looks after so many pairs.
    pub(super) fn looks(&self, pairs: &[u32]) -> Result<Looks, StatisticsError> {
        let pairs: Vec<usize> = pairs.iter().map(|look| *look as usize).collect();
        Looks::new(&pairs, self.rule.pairs(), self.rule.alpha())
    }

    /// Checks that every gated label exists. A label that no run has is a mistake, not missing data.
    ///
    /// # Errors
    /// Names the first label that no run has, and the existing ones.
    pub fn check_labels<'a>(
        &self,
        runs: impl IntoIterator<Item = &'a GateRun>,
    ) -> Result<(), AnalysisError> {
        let GatedLabels::Listed(listed) = &self.labels else {
            return Ok(());
        };
        let labels = labels(runs.into_iter().map(|run| &run.analysis));
        match listed
            .iter()
            .find(|label| !labels.contains(&label.as_str()))
        {
            // Without any label there is nothing to suggest.
            Some(label) if !labels.is_empty() => Err(AnalysisError::NoSuchLabel(
                label.clone(),
                labels.into_iter().map(str::to_owned).collect(),
            )),
            _ => Ok(()),
        }
    }

    /// Whether a metric has to be shown to be no worse. That of a label that stands for its typical time goes by that name.
    pub(super) fn requires(&self, metric: Metric) -> bool {
        !self.not_required.contains(&metric) && !self.not_required.contains(&self.asked_as(metric))
    }

    /// How the policy calls a metric: a label's typical time is its median.
    pub(super) fn asked_as(&self, metric: Metric) -> Metric {
        match metric {
            Metric::P50 if !self.metrics.contains(&metric) => Metric::TypicalTime,
            metric => metric,
        }
    }

    pub(super) fn fails_on(&self, verdict: FailOn) -> bool {
        self.fail_on.contains(&verdict)
    }
}

/// A number of runs that is not 0.
fn runs<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    match u32::deserialize(deserializer)? {
        0 => Err(D::Error::custom("minimum_runs is at least 1")),
        runs => Ok(Some(runs)),
    }
}

/// A list of metrics that is not empty.
fn metrics<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<Metric>>, D::Error> {
    let metrics = Vec::deserialize(deserializer)?;
    if metrics.is_empty() {
        return Err(D::Error::custom(
            "an empty list gates nothing but errors: name one metric besides error_rate",
        ));
    }
    Ok(Some(metrics))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<PolicyChoices, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gate.yaml");
        std::fs::write(&path, text).unwrap();
        workbench_plan::read_settings(&path).map_err(|error| {
            error
                .to_string()
                .split_off(folder.path().as_os_str().len() + 1)
        })
    }

    #[test]
    fn choices_of_a_file_are_completed_by_defaults() {
        let policy = read("margin: 10%\nmetrics: [p99]\nlabels: all\n")
            .unwrap()
            .policy();
        assert!((policy.rule.margin() - 0.1).abs() < 1e-12);
        assert!((policy.rule.alpha() - 0.05).abs() < 1e-12);
        assert_eq!(policy.metrics, [Metric::P99, Metric::ErrorRate]);
        assert_eq!(policy.labels, GatedLabels::All);
        assert_eq!(policy.fail_on, [FailOn::Regressed]);
    }

    #[test]
    fn flags_come_before_the_file() {
        let file = read("margin: 10%\nminimum_runs: 5\n").unwrap();
        let flags = PolicyChoices {
            margin: Some("2%".parse().unwrap()),
            ..PolicyChoices::default()
        };
        let policy = flags.or(file).policy();
        assert!((policy.rule.margin() - 0.02).abs() < 1e-12);
        assert_eq!(policy.minimum_runs, 5);
    }

    #[test]
    fn mistakes_are_reported_where_they_are() {
        for (text, expected) in [
            (
                "margn: 5%\n",
                "gate.yaml:1:1: unknown key \"margn\"; did you mean \"margin\"?",
            ),
            (
                "margin: 5\n",
                "gate.yaml:1:9: 5 is not a share from 0 to less than 1; write 5% or 0.05",
            ),
            (
                "alpha: 60%\n",
                "gate.yaml:1:8: 0.6 is not a probability above 0 and below 0.5",
            ),
            (
                "metrics: [mean, p59]\n",
                "gate.yaml:1:17: unknown word \"p59\"; did you mean \"p50\"?",
            ),
            (
                "labels: browse\n",
                "gate.yaml:1:9: \"browse\" is neither total nor all",
            ),
            (
                "metrics: []\n",
                "gate.yaml:1:10: an empty list gates nothing but errors",
            ),
            ("labels: []\n", "gate.yaml:1:9: an empty list gates nothing"),
            (
                "fail_on: [invalid]\n",
                "gate.yaml:1:11: unknown word \"invalid\"",
            ),
            (
                "minimum_runs: many\n",
                "gate.yaml:1:15: expected a whole number",
            ),
            (
                "minimum_runs: 0\n",
                "gate.yaml:1:15: minimum_runs is at least 1",
            ),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
