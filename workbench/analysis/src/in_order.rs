//! The elapsed times of a run in order of time, which is where dependence between requests is seen.

use std::path::Path;

use polars::prelude::{DataType, Engine, PolarsResult, SortMultipleOptions, col};
use workbench_samples::{SAMPLES_FOLDER, column, scan};

use crate::error::AnalysisError;

/// Elapsed times in nanoseconds of all requests, in the order in which they started.
pub(crate) fn elapsed_in_order(run_directory: &Path) -> Result<Vec<f64>, AnalysisError> {
    let folder = run_directory.join(SAMPLES_FOLDER);
    let samples = scan(&folder)?;
    let in_order = || -> PolarsResult<Vec<f64>> {
        let sorted = samples
            .select([
                col(column::STARTED_AT).cast(DataType::Int64),
                // Whole nanoseconds are exact in a double up to 104 days.
                col(column::ELAPSED_NS).cast(DataType::Float64),
            ])
            // Those of the same nanosecond by their times, so that the order of the parts leaves no trace.
            .sort(
                [column::STARTED_AT, column::ELAPSED_NS],
                SortMultipleOptions::default(),
            )
            .collect_with_engine(Engine::Streaming)?
            .unwrap_single();
        let elapsed = sorted.column(column::ELAPSED_NS)?.f64()?;
        Ok(elapsed.into_no_null_iter().collect())
    };
    in_order().map_err(|source| AnalysisError::Query {
        path: folder.clone(),
        source,
    })
}
