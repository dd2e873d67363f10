//! Estimates with their intervals.

use serde::{Deserialize, Serialize};
use workbench_statistics::Interval;

/// A range that covers the true value with a stated confidence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConfidenceInterval {
    /// Lower bound.
    pub lower: f64,
    /// Upper bound; `None` where the data set none.
    pub upper: Option<f64>,
    /// How often such an interval covers the true value, between 0 and 1: as achieved, not as wished for.
    pub confidence: f64,
}

impl From<Interval> for ConfidenceInterval {
    fn from(interval: Interval) -> Self {
        Self {
            lower: interval.lower,
            upper: interval.upper.is_finite().then_some(interval.upper),
            confidence: interval.confidence,
        }
    }
}

/// A number that was estimated, and how well.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The estimate; `None` where the data do not support any.
    pub value: Option<f64>,
    /// Its interval; `None` where none can be given.
    pub interval: Option<ConfidenceInterval>,
    /// Why there is no value or interval, or what makes them doubtful.
    pub note: Option<String>,
}
