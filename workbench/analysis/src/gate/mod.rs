//! The gate: baseline and candidate runs to a conclusion that may fail a build.
//!
//! `Analysis × Policy → GateReport`. [`judge`] and [`audit`] are pure; [`GateRun::read`], [`select`] and [`keep`]
//! access files.

mod advice;
mod audit;
mod beforehand;
mod comparable;
mod conclude;
mod feasibility;
mod history;
mod missing;
mod missing_runs;
mod notices;
mod planning;
mod policy;
mod run;
mod select;
mod share;
mod splits;

pub use audit::{AlarmRate, AuditOptions, AuditReport, AuditSource, audit};
pub use beforehand::cannot_pass;
pub(crate) use comparable::{differences, one_session};
pub(crate) use conclude::of_groups;
pub use conclude::{Sides, judge};
pub use feasibility::{cannot_be_shown, requests_at_looks};
pub use history::keep;
pub use missing_runs::{Agreed, MissingRuns};
pub use planning::{Needed, PLANNED_CHANGES, PlanReport, PlanRow, plan};
pub use policy::PolicyChoices;
pub(crate) use run::each_file_once;
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
