//! Samples and statistics combined: tables, series, distributions and comparisons.
//!
//! [`analyze`] and [`analyze_run`] compute everything again from the files in a run's folder; no load is
//! needed. The result is plain data (`model`), kept in `analysis.json`, and every report is made from it.
//!
//! In the order of the work:
//!
//! | step | room |
//! |---|---|
//! | find runs, their experiments and segments | `read` |
//! | read the samples, in a few passes | `observe` |
//! | judge the steady part of a run | `steady` |
//! | describe a run: tables, series, thresholds | `run` |
//! | compare runs: groups, points of sweeps, the student report's test | `between`, `sweep`, `student_report` |
//! | conclude: verdicts, changes over time, measurement error | [`gate`], [`history`], [`calibration`] |

mod analysis;
mod between;
pub mod calibration;
mod error;
pub mod gate;
pub mod history;
mod model;
mod observe;
mod occurrence;
mod read;
mod run;
mod steady;
mod student_report;
mod sweep;

pub use analysis::analyze;
pub use between::between_runs;
pub use error::AnalysisError;
pub use model::{
    ANALYSIS_FILE, Analysis, BetweenRuns, Bin, CheckedNumber, CltDistribution, Coefficient,
    ComparisonRule, ConfidenceInterval, EffectiveSamples, ErrorCount, Estimate, Failure,
    FailureReason, FalseAlarms, FittedRun, Group, GroupComparison, GroupRun, GroupStatistic,
    Heatmap, IntervalTimes, LargestLoad, Latency, LatencyOf, Metric, MetricComparison,
    MissingValue, OpenModel, OverTime, OverallTest, PairMethod, Pairing, PairwiseTest, Peak,
    PercentileCurve, Phases, PublishedCheck, PublishedGroupCheck, PublishedTestCheck, RankEstimate,
    ReportComparison, RequestStatistics, ResourceSeries, ResourceSource, Resources,
    ResponsesOverTime, RunAnalysis, SCHEMA_VERSION, ScalabilityFit, Scope, Second, ServiceTimes,
    SeveralGroups, Shape, SimultaneousPair, StallCheck, StatusOverTime, SteadyState,
    SteadyStatistics, SweepAnalysis, SweepPointAnalysis, SweepRun, TestMethod, ThresholdOutcome,
    ThresholdStatus, TimesOverTime, Verdict, WarmUpCheck,
};
pub use read::newest::{NewestRuns, newest_runs};
pub use read::segments::combine as combine_segments;
pub use run::analyze_run;
pub use student_report::published::check_published_table;
