//! How far reported numbers are from what is known to have happened: the tables of `workbench calibrate`.
//!
//! A run against a server that notes when it read every request and when it began to answer it ([`Served`]) is compared
//! with those notes, request by request and as a distribution ([`load_point`]). A run against a server that stood still is
//! compared with the response times that such a standstill has by queueing alone ([`freeze`]).

mod arrivals;
mod freeze;
mod model;
mod point;
mod queue;
mod timing;

pub use freeze::freeze;
pub use model::{
    Aims, Arrivals, Calibration, Competition, Conclusion, Freeze, GoodnessOfFit, LoadPoint,
    Quantiles, SCHEMA_VERSION, Served, ServerLog,
};
pub use point::{LoadRun, load_point};
