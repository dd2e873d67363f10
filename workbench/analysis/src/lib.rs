//! Samples and statistics combined: tables, series, distributions and comparisons.
//!
//! [`analyze`] and [`analyze_run`] compute everything again from the files in a run's folder; no load is
//! needed. The result is plain data, kept in `analysis.json`, and every report is made from it.

mod analysis;
mod between;
mod comparison;
mod diagnosis;
mod environment;
mod error;
mod experiment;
pub mod gate;
mod histogram;
mod model;
mod newest;
mod observe;
mod run;
mod series;
mod steady;
mod tables;
mod threshold;

pub use analysis::{ANALYSIS_FILE, analyze};
pub use between::{ComparisonRule, LatencyOf, between_runs};
pub use error::AnalysisError;
pub use model::{
    Analysis, BetweenRuns, Bin, CltDistribution, ConfidenceInterval, ErrorCount, Estimate, Group,
    GroupComparison, GroupRun, GroupStatistic, Latency, Metric, MetricComparison, OverallTest,
    Pairing, PairwiseTest, RankEstimate, ReportComparison, RequestStatistics, RunAnalysis,
    SCHEMA_VERSION, Scope, Second, SeveralGroups, SimultaneousPair, SteadyState, SteadyStatistics,
    TestMethod, ThresholdOutcome, Verdict, WarmUpCheck,
};
pub use newest::{NewestRuns, newest_runs};
pub use run::analyze_run;
