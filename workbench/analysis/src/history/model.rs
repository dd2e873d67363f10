//! The history as data: what `workbench history --format json` prints.

use serde::{Deserialize, Serialize};

use super::metric::{self, Direction};
use crate::model::{ConfidenceInterval, Metric, Verdict};

/// Version of the history's JSON.
pub const HISTORY_SCHEMA_VERSION: u32 = 1;

/// Metrics over sessions, and where they changed. Positions of sessions count from 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// Version of this format.
    pub schema_version: u32,
    /// The folder or file that it was read from.
    pub source: String,
    /// Probability that change points are found in a metric that did not change.
    pub alpha: f64,
    /// Equivalence margin: a relative change.
    pub margin: f64,
    /// The same of error rates, a difference.
    pub error_rate_margin: f64,
    /// Fewest sessions in which a change can be found.
    pub fewest_sessions: usize,
    /// Sessions in order of time.
    pub sessions: Vec<Session>,
    /// Breaks between sessions that cannot be compared.
    pub breaks: Vec<Break>,
    /// Whether change points were searched across the breaks.
    pub across_breaks: bool,
    /// Each metric of each label.
    pub metrics: Vec<HistoryMetric>,
    /// Warnings for the reader.
    pub warnings: Vec<String>,
}

/// One session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// UTC start, RFC 3339.
    pub started_at: String,
    /// Commit of the system under test, where known.
    pub commit: Option<String>,
    /// Its runs; none where the history was read from CSV.
    pub runs: Vec<String>,
}

/// A border between sessions that cannot be compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Break {
    /// Position of the first session after it.
    pub session: usize,
    /// What differs.
    pub findings: Vec<String>,
}

/// One metric over all sessions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HistoryMetric {
    /// Label and metric, as in `TOTAL.p95`; a column's name where the history was read from CSV.
    pub name: String,
    /// Unit of the values; empty for error rates, which are shares of 1, and where it is not known, as in CSV.
    pub unit: String,
    /// The direction in which it improves, if known.
    pub direction: Option<Direction>,
    /// Whether changes are relative (after/before − 1), or differences (after − before).
    pub relative: bool,
    /// One value for each session; `None` where it has none.
    pub values: Vec<Option<f64>>,
    /// The levels between change points and breaks, in order.
    pub levels: Vec<Level>,
    /// The change points, in order.
    pub changes: Vec<Change>,
}

/// A range of sessions without a change point or a break.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Level {
    /// Position of its first session.
    pub from: usize,
    /// Position of its last session.
    pub to: usize,
    /// Geometric mean of its values; the arithmetic mean where changes are differences.
    pub mean: f64,
}

/// A change point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Position of the first session after the change.
    pub session: usize,
    /// Mean of the level before.
    pub before: f64,
    /// Mean of the level after.
    pub after: f64,
    /// Size of the change, relative or a difference.
    pub change: f64,
    /// Its interval, by Welch's t test of the two levels (on logarithms where the change is relative); `None` where neither
    /// level varies.
    pub interval: Option<ConfidenceInterval>,
    /// p value of the test that found it.
    pub p: f64,
    /// Whether it is for the worse (regressed), for the better (improved), or within the margin (equivalent); inconclusive
    /// where the interval includes no change. `None` where it is not within the margin and the direction is not known.
    pub verdict: Option<Verdict>,
}

impl HistoryMetric {
    /// The metric that the last part of its name stands for.
    #[must_use]
    pub fn metric(&self) -> Option<Metric> {
        metric::of_name(&self.name)
    }
}

impl History {
    /// Metrics whose last change is for the worse and began in one of the newest sessions, with that change. A change of a
    /// metric of unknown direction counts unless it is within the margin.
    #[must_use]
    pub fn newest_regressions(&self, sessions: usize) -> Vec<(&HistoryMetric, &Change)> {
        let newest = self.sessions.len().saturating_sub(sessions);
        let worse = |change: &&Change| {
            change.session >= newest && matches!(change.verdict, None | Some(Verdict::Regressed))
        };
        let metrics = self.metrics.iter();
        metrics
            .filter_map(|metric| Some((metric, metric.changes.last().filter(worse)?)))
            .collect()
    }

    /// Whether any range between breaks has enough sessions for a change to be found.
    #[must_use]
    pub fn can_show_changes(&self) -> bool {
        self.stretches()
            .any(|(from, to)| to - from >= self.fewest_sessions)
    }

    /// Whether the stretch with the newest session has enough sessions for a change to be found.
    #[must_use]
    pub fn can_show_new_changes(&self) -> bool {
        let newest = self.stretches().last();
        newest.is_some_and(|(from, to)| to - from >= self.fewest_sessions)
    }

    /// The ranges of sessions that are compared, each as its first position and the one after its last.
    pub fn stretches(&self) -> impl Iterator<Item = (usize, usize)> {
        stretches(self.sessions.len(), &self.breaks, self.across_breaks)
    }
}

/// The ranges of so many sessions from each break to the next, or all.
pub(super) fn stretches(
    sessions: usize,
    breaks: &[Break],
    across_breaks: bool,
) -> impl Iterator<Item = (usize, usize)> {
    let breaks = if across_breaks { &[] } else { breaks };
    let borders = || breaks.iter().map(|it| it.session);
    let starts = std::iter::once(0).chain(borders());
    starts.zip(borders().chain([sessions]))
}
