//! Samples and statistics combined: tables, series, distributions and comparisons.
//!
//! [`analyze`] and [`analyze_run`] compute everything again from the files in a run's folder; no load is
//! needed. The result is plain data, kept in `analysis.json`, and every report is made from it.

mod analysis;
mod between;
pub mod calibration;
mod comparison;
mod diagnosis;
mod effective_samples;
mod environment;
mod error;
mod experiment;
mod failures;
pub mod gate;
mod grouping;
mod histogram;
pub mod history;
mod mean_of_runs;
mod model;
mod newest;
mod observe;
mod percentiles;
mod points;
mod published;
mod recognise;
mod resources;
mod run;
mod segments;
mod series;
mod stalls;
mod steady;
mod sweep;
mod tables;
mod threshold;

pub use analysis::{ANALYSIS_FILE, analyze};
pub use between::between_runs;
pub use error::AnalysisError;
pub use model::{
    Analysis, BetweenRuns, Bin, CheckedNumber, CltDistribution, Coefficient, ComparisonRule,
    ConfidenceInterval, EffectiveSamples, ErrorCount, Estimate, Failure, FailureReason,
    FalseAlarms, FittedRun, Group, GroupComparison, GroupRun, GroupStatistic, Heatmap,
    IntervalTimes, LargestLoad, Latency, LatencyOf, Metric, MetricComparison, MissingValue,
    OpenModel, OverTime, OverallTest, PairMethod, Pairing, PairwiseTest, Peak, PercentileCurve,
    Phases, PublishedCheck, PublishedGroupCheck, PublishedTestCheck, RankEstimate,
    ReportComparison, RequestStatistics, ResourceSeries, ResourceSource, Resources,
    ResponsesOverTime, RunAnalysis, SCHEMA_VERSION, ScalabilityFit, Scope, Second, ServiceTimes,
    SeveralGroups, Shape, SimultaneousPair, StallCheck, StatusOverTime, SteadyState,
    SteadyStatistics, SweepAnalysis, SweepPointAnalysis, SweepRun, TestMethod, ThresholdOutcome,
    ThresholdStatus, TimesOverTime, Verdict, WarmUpCheck,
};
pub use newest::{NewestRuns, newest_runs};
pub use published::check_published_table;
pub use run::analyze_run;
pub use segments::combine as combine_segments;
