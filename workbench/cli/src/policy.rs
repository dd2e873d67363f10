//! The gate's policy from the command line and a policy file.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use workbench_analysis::gate::{FailOn, GatedLabels, Level, Policy, PolicyChoices, Share};
use workbench_analysis::{LatencyOf, Metric, PairMethod};

/// What the gate judges by.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Policy")]
pub(crate) struct PolicyArguments {
    /// A YAML file with the policy.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Relative change that does not matter [default: 5%].
    #[arg(long, value_name = "SHARE")]
    margin: Option<Share>,
    /// Change of an error rate that does not matter, as a difference [default: 0.1%].
    #[arg(long, value_name = "SHARE")]
    error_rate_margin: Option<Share>,
    /// Probability of a false alarm where nothing changed. A change of 3% may fail at a margin of 5%: what is surely worse, and
    /// not surely within the margin, fails [default: 5%].
    #[arg(long, value_name = "SHARE")]
    alpha: Option<Level>,
    /// Test for pairs of runs: trimmed leaves out the most extreme pairs from 8 pairs on, so that a disturbed run does not
    /// decide [default: trimmed].
    #[arg(long, value_name = "TEST")]
    pairs: Option<PairsName>,
    /// Metrics besides the error rate [default: `typical_time,p95`]. `typical_time` is the geometric mean of the medians of all
    /// named requests.
    #[arg(long = "metric", value_name = "METRIC", value_delimiter = ',', value_parser = metric)]
    metrics: Vec<Metric>,
    /// Name of a request (label); TOTAL is all requests together [default: TOTAL]. Can be given several times.
    #[arg(long = "label", value_name = "LABEL", conflicts_with = "all_labels")]
    labels: Vec<String>,
    /// Every named request, and all requests together.
    #[arg(long)]
    all_labels: bool,
    /// Verdicts that fail [default: regressed].
    #[arg(long, value_name = "VERDICT", value_delimiter = ',')]
    fail_on: Vec<FailOnName>,
    /// Which requests' times count [default: all].
    #[arg(long, value_name = "REQUESTS")]
    latency_of: Option<LatencyOfName>,
    /// Metrics that fail if they got worse, but need not be shown to be no worse, because runs have too few requests.
    #[arg(long, value_name = "METRIC", value_delimiter = ',', value_parser = metric)]
    not_required: Vec<Metric>,
    /// Fewer runs than this on either side are not judged [default: 3].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    minimum_runs: Option<u32>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
#[value(rename_all = "snake_case")]
enum FailOnName {
    /// Worse, and not within the margin.
    Regressed,
    /// Surely worse by more than the margin.
    StrictRegression,
    /// Better.
    Improved,
    /// Not shown to be no worse than the margin.
    Inconclusive,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum PairsName {
    /// Yuen's trimmed t test from 8 pairs on, the paired t test of fewer.
    Trimmed,
    /// The paired t test.
    T,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LatencyOfName {
    /// All requests, failed ones too.
    All,
    /// Successful requests only.
    Success,
}

fn metric(word: &str) -> Result<Metric, String> {
    let found = Metric::ALL.into_iter().find(|it| it.as_str() == word);
    found.ok_or_else(|| {
        let words = Metric::ALL.map(Metric::as_str);
        format!("expected one of {}", words.join(", "))
    })
}

/// The choices of a policy file; empty without one.
pub(crate) fn read_policy(file: Option<&Path>) -> anyhow::Result<PolicyChoices> {
    Ok(match file {
        Some(path) => workbench_plan::read_settings(path)?,
        None => PolicyChoices::default(),
    })
}

impl PolicyArguments {
    /// The policy from the command line and the file.
    pub(crate) fn read(&self) -> anyhow::Result<Policy> {
        let file = read_policy(self.policy.as_deref())?;
        Ok(self.choices().or(file).policy())
    }

    /// Whether the command line sets any part of a policy.
    pub(crate) fn is_given(&self) -> bool {
        self.policy.is_some() || self.choices() != PolicyChoices::default()
    }

    fn choices(&self) -> PolicyChoices {
        let fail_on = |name: &FailOnName| match name {
            FailOnName::Regressed => FailOn::Regressed,
            FailOnName::StrictRegression => FailOn::StrictRegression,
            FailOnName::Improved => FailOn::Improved,
            FailOnName::Inconclusive => FailOn::Inconclusive,
        };
        PolicyChoices {
            margin: self.margin,
            error_rate_margin: self.error_rate_margin,
            alpha: self.alpha,
            pairs: self.pairs.map(|name| match name {
                PairsName::Trimmed => PairMethod::Trimmed,
                PairsName::T => PairMethod::T,
            }),
            metrics: given(&self.metrics),
            labels: if self.all_labels {
                Some(GatedLabels::All)
            } else {
                given(&self.labels).map(GatedLabels::Listed)
            },
            fail_on: given(&self.fail_on.iter().map(fail_on).collect::<Vec<_>>()),
            latency_of: self.latency_of.map(|name| match name {
                LatencyOfName::All => LatencyOf::All,
                LatencyOfName::Success => LatencyOf::Success,
            }),
            not_required: given(&self.not_required),
            minimum_runs: self.minimum_runs,
        }
    }
}

/// A flag that was not given is an empty list.
fn given<T: Clone>(values: &[T]) -> Option<Vec<T>> {
    (!values.is_empty()).then(|| values.to_vec())
}
