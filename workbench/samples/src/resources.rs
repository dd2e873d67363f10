//! What the machine's resources were used for while a run went on: `resources.parquet` in the run's folder.

use std::fs::File;
use std::path::Path;

use polars_core::prelude::{Column, DataFrame, DataType, PolarsError, PolarsResult};
use polars_io::SerReader;
use polars_io::prelude::ParquetReader;

use crate::error::SamplesError;
use crate::read::footer;
use crate::write::{instants, write_frame};

/// Name of the file in a run's folder.
pub const RESOURCES_FILE: &str = "resources.parquet";

/// Version of the file's format that is written, and the newest that can be read.
pub const RESOURCES_VERSION: u32 = 1;

/// One reading of one resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    /// UTC end of what was measured, nanoseconds since the Unix epoch.
    pub at: i64,
    /// Whose resource: `generator`, `target`, `others`, `machine`.
    pub source: String,
    /// Which resource, with its unit where it has one: `processors`, `steal_processors`.
    pub metric: String,
    /// Its value.
    pub value: f64,
}

/// Writes the readings of a run as columns `at`, `source`, `metric`, `value`, replacing earlier ones in a single step.
///
/// # Errors
/// Whatever the file system says; earlier readings are then untouched.
pub fn write_resources(run_directory: &Path, readings: &[Resource]) -> Result<(), SamplesError> {
    let path = run_directory.join(RESOURCES_FILE);
    write_frame(path, RESOURCES_VERSION, || frame(readings))
}

/// Reads the readings of the run in a folder, in the order in which they were written.
///
/// # Errors
/// The error names the file: missing, damaged, or of a version that this build does not know.
pub fn read_resources(run_directory: &Path) -> Result<Vec<Resource>, SamplesError> {
    let path = run_directory.join(RESOURCES_FILE);
    let metadata = footer(&path, RESOURCES_VERSION)?;
    let file = File::open(&path).map_err(|source| SamplesError::Read {
        path: path.clone(),
        source,
    })?;
    let mut reader = ParquetReader::new(file);
    reader.set_metadata(metadata);
    let read = reader.finish().and_then(|frame| readings(&frame));
    read.map_err(|source| SamplesError::Damaged { path, source })
}

fn frame(readings: &[Resource]) -> PolarsResult<DataFrame> {
    let text = |name: &str, text: fn(&Resource) -> &str| {
        let values: Vec<&str> = readings.iter().map(text).collect();
        Column::new(name.into(), values)
    };
    let values: Vec<f64> = readings.iter().map(|reading| reading.value).collect();
    DataFrame::new(
        readings.len(),
        vec![
            instants("at", readings.iter().map(|reading| reading.at).collect()),
            text("source", |reading| &reading.source),
            text("metric", |reading| &reading.metric),
            Column::new("value".into(), values),
        ],
    )
}

fn readings(frame: &DataFrame) -> PolarsResult<Vec<Resource>> {
    let at = frame.column("at")?.cast(&DataType::Int64)?;
    let rows = at
        .i64()?
        .iter()
        .zip(frame.column("source")?.str()?.iter())
        .zip(frame.column("metric")?.str()?.iter())
        .zip(frame.column("value")?.f64()?.iter());
    let whole = rows.map(|(((at, source), metric), value)| {
        Some(Resource {
            at: at?,
            source: source?.to_owned(),
            metric: metric?.to_owned(),
            value: value?,
        })
    });
    whole
        .collect::<Option<_>>()
        .ok_or_else(|| PolarsError::ComputeError("a reading lacks a value".into()))
}
