//! Samples and statistics combined: tables, series, distributions and comparisons.

mod model;

pub use model::{
    Analysis, Bin, CltDistribution, ErrorCount, PairwiseTest, ReportComparison, RequestStatistics,
    RunAnalysis, Second, ThresholdOutcome,
};
