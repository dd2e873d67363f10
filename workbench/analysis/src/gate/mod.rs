//! The gate: baseline and candidate runs to a conclusion that may fail a build.
//!
//! `Analysis × Policy → GateReport`. Computing is pure ([`judge`], [`audit`]); what touches files stands apart
//! ([`GateRun::read`], [`select`], [`keep`]).

mod absent;
mod advice;
mod audit;
mod comparable;
mod conclude;
mod deal;
mod history;
mod policy;
mod remarks;
mod report;
mod run;
mod select;
mod share;

pub use absent::Absent;
pub use audit::{AlarmRate, AuditOptions, AuditReport, AuditSource, audit};
pub use conclude::{Sides, judge};
pub use history::keep;
pub use policy::{FailOn, GatedLabels, Policy, PolicyChoices};
pub use report::{
    Conclusion, GATE_SCHEMA_VERSION, GateReport, GateRow, GateSide, MissingRow, Objection,
    ObjectionKind, RowOutcome,
};
pub use run::{GateRun, each_once};
pub use select::{Selection, experiments_of_series, select, select_of_series};
pub use share::{Level, Share};

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;
