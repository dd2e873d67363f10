//! The times of every request of a run, from its samples.

use std::path::Path;

use polars_core::prelude::{DataFrame, PolarsError, PolarsResult};
use workbench_samples::{SAMPLES_FOLDER, column, sample_batches};

use crate::error::AnalysisError;

/// The intended and actual start of one request, and its elapsed time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Timing {
    pub(super) user: u32,
    pub(super) iteration: u32,
    /// UTC nanoseconds.
    pub(super) intended_at: i64,
    /// UTC nanoseconds.
    pub(super) started_at: i64,
    pub(super) elapsed_ns: u64,
    pub(super) success: bool,
}

impl Timing {
    /// From the actual start to the last byte.
    pub(super) fn elapsed(&self) -> f64 {
        self.elapsed_ns as f64
    }

    /// From the intended to the actual start.
    pub(super) fn lateness(&self) -> f64 {
        (self.started_at - self.intended_at) as f64
    }
}

/// The timings of all samples of a run, in the order in which they were written.
pub(super) fn timings(run_directory: &Path) -> Result<Vec<Timing>, AnalysisError> {
    let directory = run_directory.join(SAMPLES_FOLDER);
    let mut all = Vec::new();
    for batch in sample_batches(&directory)? {
        let frame = batch.read(&[
            column::USER,
            column::ITERATION,
            column::INTENDED_AT,
            column::STARTED_AT,
            column::ELAPSED_NS,
            column::SUCCESS,
        ]);
        let read = frame.and_then(|frame| of_batch(&frame, &mut all));
        read.map_err(|source| AnalysisError::Query {
            path: directory.clone(),
            source,
        })?;
    }
    Ok(all)
}

fn of_batch(frame: &DataFrame, all: &mut Vec<Timing>) -> PolarsResult<()> {
    let instants = |name| PolarsResult::Ok(frame.column(name)?.datetime()?.physical());
    let users = frame.column(column::USER)?.u32()?.iter();
    let iterations = frame.column(column::ITERATION)?.u32()?.iter();
    let intended = instants(column::INTENDED_AT)?.iter();
    let started = instants(column::STARTED_AT)?.iter();
    let elapsed = frame.column(column::ELAPSED_NS)?.u64()?.iter();
    let success = frame.column(column::SUCCESS)?.bool()?.iter();
    let rows = users
        .zip(iterations)
        .zip(intended.zip(started))
        .zip(elapsed.zip(success));
    for (((user, iteration), (intended_at, started_at)), (elapsed_ns, success)) in rows {
        let timing = || {
            Some(Timing {
                user: user?,
                iteration: iteration?,
                intended_at: intended_at?,
                started_at: started_at?,
                elapsed_ns: elapsed_ns?,
                success: success?,
            })
        };
        let missing = || PolarsError::ComputeError("a sample lacks a value".into());
        all.push(timing().ok_or_else(missing)?);
    }
    Ok(())
}
