//! What the machine's resources were used for while a run went on: `resources.parquet` in the run's folder.

use std::path::Path;

use polars_core::prelude::{Column, DataFrame, PolarsResult};

use crate::error::SamplesError;
use crate::write::{instants, write_frame};

/// Name of the file in a run's folder.
pub const RESOURCES_FILE: &str = "resources.parquet";

/// One reading of one resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    /// UTC end of what was measured, nanoseconds since the Unix epoch.
    pub at: i64,
    /// Whose resource: `generator`, `target`, `others`, `machine`.
    pub source: &'static str,
    /// Which resource, with its unit where it has one: `processors`, `steal_processors`.
    pub metric: &'static str,
    /// Its value.
    pub value: f64,
}

/// Writes the readings of a run as columns `at`, `source`, `metric`, `value`, replacing earlier ones in a single step.
///
/// # Errors
/// Whatever the file system says; earlier readings are then untouched.
pub fn write_resources(run_directory: &Path, readings: &[Resource]) -> Result<(), SamplesError> {
    write_frame(run_directory.join(RESOURCES_FILE), || frame(readings))
}

fn frame(readings: &[Resource]) -> PolarsResult<DataFrame> {
    let text = |name: &str, text: fn(&Resource) -> &'static str| {
        let values: Vec<&str> = readings.iter().map(text).collect();
        Column::new(name.into(), values)
    };
    let values: Vec<f64> = readings.iter().map(|reading| reading.value).collect();
    DataFrame::new(
        readings.len(),
        vec![
            instants("at", readings.iter().map(|reading| reading.at).collect()),
            text("source", |reading| reading.source),
            text("metric", |reading| reading.metric),
            Column::new("value".into(), values),
        ],
    )
}
