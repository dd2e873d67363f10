//! Compares response times across a standstill with those of an exact queueing model.

use std::path::Path;

use super::model::{Freeze, ServerLog};
use super::point::{competition, no_samples, of_samples};
use super::queue::response_times;
use super::timing::{Timing, timings};
use crate::error::AnalysisError;

/// Compares the response times of a run with the exact ones. The model has `rate_per_s` arrivals per second, at most
/// `users` at once, the standstill of the server's log, and a constant service time: the log's median.
///
/// # Errors
/// Samples that cannot be read, none at all, or a log without a standstill.
pub fn freeze(
    run_directory: &Path,
    log: &ServerLog,
    rate_per_s: f64,
    users: u32,
) -> Result<Freeze, AnalysisError> {
    let timings = timings(run_directory)?;
    let frozen = log
        .frozen
        .clone()
        .ok_or_else(|| no_samples(run_directory))?;
    let outside = log
        .requests
        .iter()
        .filter(|it| it.answered_at < frozen.start || it.read_at > frozen.end);
    let service = outside.map(|it| (it.answered_at - it.read_at) as f64);
    let service_ns = of_samples(run_directory, service)?.p50_ns;
    let mut intended: Vec<i64> = timings.iter().map(|timing| timing.intended_at).collect();
    intended.sort_unstable();
    let exact = response_times(&intended, users, service_ns as i64, &frozen);
    Ok(Freeze {
        rate_per_s,
        users,
        service_ns,
        frozen_ns: (frozen.end - frozen.start) as f64,
        arrivals: timings.len() as u64,
        exact: of_samples(run_directory, exact.into_iter().map(|ns| ns as f64))?,
        measured: of_samples(
            run_directory,
            timings.iter().map(|it| it.lateness() + it.elapsed()),
        )?,
        uncorrected: of_samples(run_directory, timings.iter().map(Timing::elapsed))?,
        competition: competition(run_directory, log),
    })
}
