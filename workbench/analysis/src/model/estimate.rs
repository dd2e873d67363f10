//! Estimates with their intervals.

use serde::{Deserialize, Serialize};
use workbench_statistics::Interval;

/// A range that covers the true value with a stated confidence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConfidenceInterval {
    /// Lower bound.
    pub lower: f64,
    /// Upper bound; `None` if unbounded.
    pub upper: Option<f64>,
    /// How often such an interval covers the true value, between 0 and 1: the achieved confidence, not the nominal one.
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

/// An estimate with its interval.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The estimate; `None` if the data are not sufficient.
    pub value: Option<f64>,
    /// Its interval, if any.
    pub interval: Option<ConfidenceInterval>,
    /// Why there is no value or interval, or a warning on them.
    pub note: Option<String>,
}

impl Estimate {
    /// A value without an interval, or neither, and why.
    pub(crate) fn without_interval(value: Option<f64>, why: String) -> Self {
        Self {
            value,
            interval: None,
            note: Some(why),
        }
    }
}
