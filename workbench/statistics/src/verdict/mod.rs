//! Verdicts on a candidate, given the numbers of runs.

mod classify;
mod error_rate;
mod family;
mod rule;
mod runs;
mod support;

pub use classify::{Better, Verdict, verdict_of_interval};
pub use error_rate::{
    ErrorRateComparison, RunErrors, compare_error_rates, compare_error_rates_at_look,
};
pub use family::{FamilyVerdict, family_verdicts};
pub use rule::{Evidence, Layout, Rule};
pub use runs::{CrossCheck, RunComparison, compare_runs, compare_runs_at_look};
pub use support::{Method, RUNS_FOR_EQUIVALENCE, RUNS_OF_A_HISTORY, VerdictWarning};
