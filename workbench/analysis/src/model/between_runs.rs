//! Comparisons of groups of runs; each run is a replicate.

use serde::{Deserialize, Serialize};
use workbench_samples::SweepPoint;
use workbench_statistics::{Method as TestMethod, Verdict};

use super::estimate::ConfidenceInterval;
use super::gate::GateReport;

/// Comparisons between groups of runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BetweenRuns {
    /// The equivalence margin, a relative change: 0.05 is 5 %.
    pub margin: f64,
    /// The same for error rates, a difference: 0.001 is one request in a thousand.
    pub error_rate_margin: f64,
    /// Probability of a false alarm; intervals have the confidence 1 − 2 alpha.
    pub alpha: f64,
    /// The groups: runs of one experiment, or of one point of its sweep.
    pub groups: Vec<Group>,
    /// Groups two by two: the first as baseline, the second as candidate. Points of one sweep are not compared.
    pub comparisons: Vec<GroupComparison>,
    /// Simultaneous comparisons of three or more groups; empty otherwise.
    pub several: Vec<SeveralGroups>,
}

/// Runs that repeat the same experiment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// Its name: the experiment's, as the series knows it where there is one.
    pub name: String,
    /// The experiment's own name.
    pub experiment: String,
    /// The point of the experiment's sweep.
    pub point: Option<SweepPoint>,
    /// Its runs, in order of time.
    pub runs: Vec<GroupRun>,
    /// Per-run values and their mean, by label and metric; TOTAL last.
    pub statistics: Vec<GroupStatistic>,
}

/// One run of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupRun {
    /// Name of the experiment's folder and of the run's: `smoke/20261123T101400Z-4f2a`.
    pub run: String,
    /// Series and block that it was made in; runs of one block are pairs.
    pub block: Option<(String, u32)>,
    /// Whether it is valid; an invalid run makes every verdict invalid.
    pub valid: bool,
}

/// One metric of one label in each run of a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupStatistic {
    /// The label; `TOTAL` for all together.
    pub request: String,
    /// The metric.
    pub metric: Metric,
    /// Its value in each run, in the order of the runs; `None` where a run has none.
    pub values: Vec<Option<f64>>,
    /// Runs without a value.
    pub missing: Vec<MissingValue>,
    /// Geometric mean over the runs; of error rates the arithmetic mean. `None` unless every run has a value: those
    /// that have none, as a p99 of too few requests, are seldom the best.
    pub mean: Option<f64>,
    /// Interval of the mean, by Student's t (on logarithms, for error rates on the rates, between 0 and 1); `None`
    /// where the runs do not vary.
    pub interval: Option<ConfidenceInterval>,
    /// Standard deviation between runs as a share of their mean; `None` for fewer than two runs, and
    /// without a mean.
    pub coefficient_of_variation: Option<f64>,
}

/// A run that has no value of a metric.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingValue {
    /// Name of the experiment's folder and of the run's.
    pub run: String,
    /// Why it has none.
    pub reason: String,
}

/// The metrics that are compared between runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Mean elapsed time in nanoseconds.
    Mean,
    /// Median elapsed time.
    P50,
    /// 95th percentile.
    P95,
    /// 99th percentile.
    P99,
    /// Requests per second.
    Throughput,
    /// Failed requests as a fraction of all.
    ErrorRate,
    /// Geometric mean, over the labels, of each label's median elapsed time; of all requests together only.
    TypicalTime,
}

impl Metric {
    /// All metrics, in the order in which they are shown.
    pub const ALL: [Self; 7] = [
        Self::TypicalTime,
        Self::Mean,
        Self::P50,
        Self::P95,
        Self::P99,
        Self::Throughput,
        Self::ErrorRate,
    ];

    /// The metrics that a label can have: the typical time is one of all requests together.
    pub fn of(label: &str) -> impl Iterator<Item = Self> {
        let total = label == crate::model::TOTAL;
        Self::ALL
            .into_iter()
            .filter(move |metric| total || *metric != Self::TypicalTime)
    }

    /// The word in files and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TypicalTime => "typical_time",
            Self::Mean => "mean",
            Self::P50 => "p50",
            Self::P95 => "p95",
            Self::P99 => "p99",
            Self::Throughput => "throughput",
            Self::ErrorRate => "error_rate",
        }
    }
}

/// A candidate group against a baseline group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupComparison {
    /// Name of the baseline group.
    pub baseline: String,
    /// Name of the candidate group.
    pub candidate: String,
    /// The gate's report under its default policy, or under the one that their series recorded; `None` if the gate was
    /// not applied.
    pub gate: Option<GateReport>,
    /// How their runs are paired.
    pub pairing: Pairing,
    /// One row a label and metric; TOTAL last: exploratory, a family of its own.
    pub rows: Vec<MetricComparison>,
    /// Warnings on all rows.
    pub warnings: Vec<String>,
    /// Whether the experiment sets the throughput, by a rate or by pauses: a change of it is then no verdict on the target.
    #[serde(default)]
    pub throughput_is_set: bool,
}

impl GroupComparison {
    /// Whether a row's verdict says something of the target.
    #[must_use]
    pub fn counts(&self, row: &MetricComparison) -> bool {
        !(self.throughput_is_set && row.metric == Metric::Throughput)
    }
}

/// How the runs of two groups are paired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pairing {
    /// They are independent.
    Independent,
    /// Runs of the same block of a series are pairs, and every run has its partner.
    Pairs,
}

/// One metric of one label, candidate against baseline.
///
/// Changes are relative (candidate/baseline − 1), those of error rates are differences (candidate − baseline).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetricComparison {
    /// The label; `TOTAL` for all together.
    pub request: String,
    /// The metric.
    pub metric: Metric,
    /// The verdict, adjusted for the other rows of the comparison (Holm).
    pub verdict: Verdict,
    /// The unadjusted verdict of this row.
    pub verdict_alone: Verdict,
    /// Whether it got worse by more than the margin, allowing for the other rows.
    pub strict_regression: bool,
    /// The test; `None` where the runs allow none.
    pub method: Option<TestMethod>,
    /// Mean over the baseline's runs, as in [`GroupStatistic::mean`].
    pub baseline: f64,
    /// Mean over the candidate's runs.
    pub candidate: f64,
    /// The change; `None` where the runs allow no test.
    pub change: Option<f64>,
    /// Its interval, by this row alone.
    pub interval: Option<ConfidenceInterval>,
    /// Two-sided p value of no change, by this row alone.
    pub p: Option<f64>,
    /// The one-sided p value of no regression, adjusted by Holm for the other rows.
    pub p_regressed_adjusted: Option<f64>,
    /// The one-sided p value of no improvement, adjusted alike.
    pub p_improved_adjusted: Option<f64>,
    /// The change for the worse that such runs find with a power of 80 %.
    pub minimum_detectable_change: Option<f64>,
    /// Only for an inconclusive verdict: runs per group that find a regression as large as the margin with a power
    /// of 80 %.
    pub runs_needed: Option<u64>,
    /// The test on ranks; `None` if the runs allow none.
    pub ranks: Option<RankEstimate>,
    /// Hedges' g of the values (of their logarithms, but for error rates): difference in standard deviations.
    pub hedges_g: Option<f64>,
    /// Cliff's delta: how much more often a run of the candidate is above one of the baseline than below.
    pub cliffs_delta: Option<f64>,
    /// Warnings for the reader.
    pub warnings: Vec<String>,
}

impl MetricComparison {
    /// `p95 of browse`.
    pub(crate) fn name(&self) -> String {
        format!("{} of {}", self.metric.as_str(), self.request)
    }

    /// Whether the whole interval is on the worse side of no change, however small the change is.
    #[must_use]
    pub fn is_surely_worse(&self) -> bool {
        let interval = self.interval.as_ref();
        interval.is_some_and(|interval| match self.metric {
            Metric::Throughput => interval.upper.is_some_and(|upper| upper < 0.0),
            _ => interval.lower > 0.0,
        })
    }
}

/// Mann and Whitney's test, or the signed rank test for pairs, and Hodges and Lehmann's estimate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RankEstimate {
    /// Two-sided p value.
    pub p: f64,
    /// Whether the p value is exact, or a normal approximation.
    pub exact: bool,
    /// Hodges and Lehmann's estimate of the change.
    pub change: f64,
    /// Its interval.
    pub interval: Option<ConfidenceInterval>,
}

/// One metric of one label in three or more groups.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeveralGroups {
    /// The label; `TOTAL` for all together.
    pub request: String,
    /// The metric.
    pub metric: Metric,
    /// Names of the groups that have values of it.
    pub groups: Vec<String>,
    /// Welch's analysis of variance of the logarithms (of error rates: the rates); `None` where it cannot be made.
    pub welch_anova: Option<OverallTest>,
    /// Kruskal and Wallis' test.
    pub kruskal_wallis: Option<OverallTest>,
    /// Games and Howell's comparison of all pairs, of all requests together; empty for single labels, and where it cannot
    /// be made.
    pub pairs: Vec<SimultaneousPair>,
}

/// A test of the hypothesis that all groups are equal.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct OverallTest {
    /// F, or H.
    pub statistic: f64,
    /// p value.
    pub p: f64,
}

/// Two of several groups; all pairs' intervals and p values hold together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SimultaneousPair {
    /// Name of the first group.
    pub a: String,
    /// Name of the second group.
    pub b: String,
    /// Change from a to b.
    pub change: f64,
    /// Its interval.
    pub interval: ConfidenceInterval,
    /// p value that allows for all pairs.
    pub p: f64,
}
