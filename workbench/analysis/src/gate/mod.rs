//! The gate: baseline and candidate runs to a conclusion that may fail a build.
//!
//! `Analysis × Policy → GateReport`. Computing is pure ([`judge`], [`audit`]); what touches files stands apart
//! ([`GateRun::read`], [`select`], [`keep`]).

mod absent;
mod advice;
mod audit;
mod beforehand;
mod comparable;
mod conclude;
mod deal;
mod groups;
mod history;
mod missing;
mod needs;
mod planning;
mod policy;
mod remarks;
mod run;
mod select;
mod share;

pub use absent::{Absent, Agreed};
pub use audit::{AlarmRate, AuditOptions, AuditReport, AuditSource, audit};
pub use beforehand::cannot_pass;
pub(crate) use comparable::{differences, one_session};
pub use conclude::{Sides, judge};
pub(crate) use groups::of_groups;
pub use history::keep;
pub use needs::{cannot_be_shown, requests_at_looks};
pub use planning::{Needed, PLANNED_CHANGES, PlanReport, PlanRow, plan};
pub use policy::PolicyChoices;
pub use run::{GateRun, each_once};
pub use select::{Selection, experiments_of_series, select, select_of_record, select_of_series};
pub use share::{Level, Share};

pub use crate::model::{
    Conclusion, FailOn, GATE_SCHEMA_VERSION, GateReport, GateRow, GateSide, GatedLabels, LookTaken,
    MissingRow, Objection, ObjectionKind, Policy, RowOutcome,
};

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;
