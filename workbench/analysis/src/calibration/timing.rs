//! The times of every request of a run, from its samples.

use std::path::Path;

use polars_core::prelude::PolarsResult;
use workbench_samples::{SAMPLES_FOLDER, SampleBatch, column, sample_batches};

use crate::error::AnalysisError;
use crate::observe::{Rows, missing};

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
        of_batch(&batch, &mut all).map_err(AnalysisError::querying(&directory))?;
    }
    Ok(all)
}

fn of_batch(batch: &SampleBatch, all: &mut Vec<Timing>) -> PolarsResult<()> {
    let rows = Rows::read(
        batch,
        &[
            column::USER,
            column::ITERATION,
            column::INTENDED_AT,
            column::STARTED_AT,
            column::ELAPSED_NS,
            column::SUCCESS,
        ],
    )?;
    let (users, iterations) = (rows.small(column::USER)?, rows.small(column::ITERATION)?);
    let (intended, started) = (rows.instants(column::INTENDED_AT)?, rows.started_at()?);
    let elapsed = rows.whole(column::ELAPSED_NS)?;
    for (row, success) in rows.flags(column::SUCCESS)?.iter().enumerate() {
        all.push(Timing {
            user: users[row],
            iteration: iterations[row],
            intended_at: intended[row],
            started_at: started[row],
            elapsed_ns: elapsed[row],
            success: success.ok_or_else(|| missing(column::SUCCESS))?,
        });
    }
    Ok(())
}
