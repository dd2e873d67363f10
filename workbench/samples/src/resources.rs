//! Readings of resources during a run: `resources.parquet` in the run's folder.
//!
//! During the run the readings are in parts (`resources/part-00000.parquet`, …), so that a killed run loses only the
//! last few seconds. At the end the parts are merged into one file.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use polars_core::prelude::{Column, DataFrame, DataType, PolarsError, PolarsResult};
use polars_io::SerReader;
use polars_io::prelude::{FileMetadataRef, ParquetReader};

use crate::error::SamplesError;
use crate::guard::guarded;
use crate::read::{footer, parts};
use crate::write::{instants, write_frame, write_frames};

/// Name of the file in a run's folder.
pub const RESOURCES_FILE: &str = "resources.parquet";

/// The folder of the parts, while a run goes on or after it was killed.
const PARTS_FOLDER: &str = "resources";

/// Version of the file's format that is written, and the newest that can be read.
pub const RESOURCES_VERSION: u32 = 1;

/// One reading of one resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    /// UTC end of the reading, nanoseconds since the Unix epoch.
    pub at: i64,
    /// The source: `generator`, `target/NAME`, `database/NAME`, `balancer/NAME`, `others`, `machine`,
    /// `machine/INTERFACE`, or the URL of a Prometheus endpoint. Earlier runs have only `target` for all of its
    /// processes.
    pub source: String,
    /// The resource, with its unit if it has one: `processors`, `steal_processors`, `resident_bytes`,
    /// `bytes_out_per_s`, `open_files`, `processes`, `memory_used_bytes`; of Prometheus the series.
    pub metric: String,
    /// Its value.
    pub value: f64,
}

/// Writes the readings of a run, part by part, while it goes on.
#[derive(Debug)]
pub struct ResourceWriter {
    run_directory: PathBuf,
    next_part: u32,
}

impl ResourceWriter {
    /// Of a run that has no readings yet.
    #[must_use]
    pub fn new(run_directory: &Path) -> Self {
        Self {
            run_directory: run_directory.to_owned(),
            next_part: 0,
        }
    }

    /// Writes the next part; without readings there is no part.
    ///
    /// # Errors
    /// An I/O error; no part is left then.
    pub fn write_part(&mut self, readings: &[Resource]) -> Result<(), SamplesError> {
        if readings.is_empty() {
            return Ok(());
        }
        let folder = self.run_directory.join(PARTS_FOLDER);
        // Creates only this folder: a removed run folder is not created again.
        match fs::create_dir(&folder) {
            Err(source) if source.kind() != std::io::ErrorKind::AlreadyExists => {
                return Err(SamplesError::Write {
                    path: folder,
                    source,
                });
            }
            _ => {}
        }
        let path = folder.join(format!("part-{:05}.parquet", self.next_part));
        write_frame(path, RESOURCES_VERSION, || frame(readings))?;
        self.next_part += 1;
        Ok(())
    }

    /// Merges the parts into one file with the columns `at`, `source`, `metric`, `value`, and removes them.
    ///
    /// # Errors
    /// An I/O error; the parts are then kept, and read in the place of the file.
    pub fn finish(self) -> Result<(), SamplesError> {
        let parts = batches_of(parts(&self.run_directory.join(PARTS_FOLDER))?)?;
        let path = self.run_directory.join(RESOURCES_FILE);
        let empty = frame(&[]).map_err(|source| SamplesError::Encode {
            path: path.clone(),
            source,
        })?;
        let frames = parts.iter().map(Batch::frame);
        write_frames(path, RESOURCES_VERSION, empty.schema(), frames)?;
        let folder = self.run_directory.join(PARTS_FOLDER);
        match fs::remove_dir_all(&folder) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                Err(SamplesError::Write {
                    path: folder,
                    source,
                })
            }
            _ => Ok(()),
        }
    }
}

/// Reads the readings of the run in a folder, in the order in which they were written.
///
/// # Errors
/// The error names the file: missing, damaged, or of a version that this build does not know.
pub fn read_resources(run_directory: &Path) -> Result<Vec<Resource>, SamplesError> {
    let mut all = Vec::new();
    for batch in resource_batches(run_directory)? {
        all.extend(batch?);
    }
    Ok(all)
}

/// The readings of the run in a folder, some tens of thousands at a time, in the order in which they were written.
///
/// # Errors
/// The error names the file: missing, damaged, or of a version that this build does not know.
pub fn resource_batches(
    run_directory: &Path,
) -> Result<impl Iterator<Item = Result<Vec<Resource>, SamplesError>>, SamplesError> {
    let whole = run_directory.join(RESOURCES_FILE);
    let parts = parts(&run_directory.join(PARTS_FOLDER))?;
    let files = if whole.exists() || parts.is_empty() {
        vec![whole]
    } else {
        parts
    };
    let batches = batches_of(files)?.into_iter();
    Ok(batches.map(|batch| {
        let read = batch.frame().and_then(|frame| readings(&frame));
        read.map_err(|source| SamplesError::Damaged {
            path: batch.file,
            source,
        })
    }))
}

/// Readings that lie together in a file.
struct Batch {
    file: PathBuf,
    metadata: FileMetadataRef,
    first: usize,
    count: usize,
}

impl Batch {
    fn frame(&self) -> PolarsResult<DataFrame> {
        guarded(|| self.read())
    }

    fn read(&self) -> PolarsResult<DataFrame> {
        let mut reader = ParquetReader::new(File::open(&self.file)?);
        reader.set_metadata(self.metadata.clone());
        let mut frame = reader.with_slice(Some((self.first, self.count))).finish()?;
        frame.rechunk_mut();
        Ok(frame)
    }
}

fn batches_of(files: Vec<PathBuf>) -> Result<Vec<Batch>, SamplesError> {
    let mut batches = Vec::new();
    for file in files {
        let (metadata, _) = footer(&file, RESOURCES_VERSION)?;
        let mut first = 0;
        for row_group in &metadata.row_groups {
            let count = row_group.num_rows();
            batches.push(Batch {
                file: file.clone(),
                metadata: metadata.clone(),
                first,
                count,
            });
            first += count;
        }
    }
    Ok(batches)
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
