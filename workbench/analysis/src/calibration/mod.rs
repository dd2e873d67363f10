//! Measurement error: the tables of `workbench calibrate`.
//!
//! The server logs when it read every request and when it began to answer it ([`Served`]). [`load_point`] compares a
//! run with that log, request by request and as a distribution. [`freeze`] compares a run across a standstill of the
//! server with the response times of an exact queueing model.

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
