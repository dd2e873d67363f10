//! Names, directions and units of metrics in a history.

use serde::{Deserialize, Serialize};
use workbench_statistics::Better;

use crate::model::Metric;

/// The direction in which a metric improves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Lower values are better.
    LowerIsBetter,
    /// Higher values are better.
    HigherIsBetter,
}

impl From<Direction> for Better {
    fn from(direction: Direction) -> Self {
        match direction {
            Direction::LowerIsBetter => Self::Lower,
            Direction::HigherIsBetter => Self::Higher,
        }
    }
}

/// The name of a metric of a label.
pub(super) fn name(label: &str, metric: Metric) -> String {
    format!("{label}.{}", metric.as_str())
}

/// The metric that the last part of a name stands for: of `TOTAL.p95` and `p95`, p95.
pub(super) fn of_name(name: &str) -> Option<Metric> {
    let word = name.rsplit('.').next().unwrap_or(name);
    Metric::ALL.into_iter().find(|it| it.as_str() == word)
}

pub(super) fn direction(metric: Metric) -> Direction {
    match metric {
        Metric::Throughput => Direction::HigherIsBetter,
        _ => Direction::LowerIsBetter,
    }
}

/// Unit of the values in a history, and how many of the analysis' own units it is.
pub(super) fn unit(metric: Metric) -> (&'static str, f64) {
    match metric {
        Metric::Throughput => ("/s", 1.0),
        Metric::ErrorRate => ("", 1.0),
        _ => ("ms", 1e6),
    }
}
