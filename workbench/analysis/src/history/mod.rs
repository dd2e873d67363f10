//! A history: metrics over sessions, and where they changed.
//!
//! `Runs or CSV → sessions and values → change points → History`. [`read_runs`], [`read_csv`] and [`write_csv`] access
//! files; the rest is pure.

mod csv;
mod judge;
mod metric;
mod model;
mod runs;

pub use self::csv::{read_csv, write_csv};
pub use judge::HistoryOptions;
pub use metric::Direction;
pub use model::{Break, Change, HISTORY_SCHEMA_VERSION, History, HistoryMetric, Level, Session};
pub use runs::read_runs;

#[cfg(test)]
mod tests;
