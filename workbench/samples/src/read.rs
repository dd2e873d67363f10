//! Reads Parquet parts batch by batch.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use polars_core::prelude::{Column, DataFrame, PolarsError, PolarsResult};
use polars_io::SerReader;
use polars_io::prelude::{FileMetadataRef, ParallelStrategy, ParquetReader};

use crate::checksum;
use crate::error::SamplesError;
use crate::guard::guarded;
use crate::schema::{SAMPLES_FOLDER, SCHEMA_VERSION, VERSION_KEY, VERSION_WITH_REDIRECTS, column};

/// Samples that lie together in a part and are read at once: some 100,000, as Polars writes them.
#[derive(Clone, Debug)]
pub struct SampleBatch {
    part: Arc<Path>,
    version: u32,
    first: usize,
    count: usize,
}

impl SampleBatch {
    /// How many samples it has.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// Reads some columns, by their names in [`column`](crate::column), in one piece each.
    ///
    /// # Errors
    /// Pages that are damaged, a column that is not there, and I/O errors.
    pub fn read(&self, columns: &[&str]) -> PolarsResult<DataFrame> {
        guarded(|| self.frame(columns)).map_err(|error| {
            PolarsError::ComputeError(format!("{}: {error}", self.part.display()).into())
        })
    }

    fn frame(&self, columns: &[&str]) -> PolarsResult<DataFrame> {
        let is_stored =
            |name: &str| name != column::REDIRECTS || self.version >= VERSION_WITH_REDIRECTS;
        let stored = columns.iter().copied().filter(|name| is_stored(name));
        // The footer is read again: those of a long run's parts take more memory than their columns.
        let mut frame = ParquetReader::new(File::open(&self.part)?)
            .with_columns(Some(stored.map(str::to_owned).collect()))
            .with_slice(Some((self.first, self.count)))
            // Callers read several batches in their own threads. Waiting for Polars' threads from another pool would
            // let that pool start ever more batches.
            .read_parallel(ParallelStrategy::None)
            .finish()?;
        frame.rechunk_mut();
        if columns.iter().any(|name| !is_stored(name)) {
            let none = vec![0_u32; self.count];
            frame.with_column(Column::new(column::REDIRECTS.into(), none))?;
        }
        Ok(frame)
    }
}

/// All samples below a folder, batch by batch, in the order in which they were written.
///
/// Every part's checksum, footer and schema version are checked before anything is read. Unfinished parts of a killed run have
/// another name and are ignored.
///
/// # Errors
/// [`SamplesError::NoSamples`] without a part; otherwise the error names the part that cannot be read.
pub fn sample_batches(directory: &Path) -> Result<Vec<SampleBatch>, SamplesError> {
    let parts = parts(directory)?;
    if parts.is_empty() {
        return Err(SamplesError::NoSamples {
            directory: directory.to_owned(),
        });
    }
    let mut batches = Vec::new();
    for part in parts {
        let (metadata, version) = footer(&part, SCHEMA_VERSION)?;
        let part: Arc<Path> = part.into();
        let mut first = 0;
        for row_group in &metadata.row_groups {
            batches.push(SampleBatch {
                part: Arc::clone(&part),
                version,
                first,
                count: row_group.num_rows(),
            });
            first += row_group.num_rows();
        }
    }
    Ok(batches)
}

/// Whether a run has samples. A run that was stopped before its first request has none.
#[must_use]
pub fn has_samples(run_directory: &Path) -> bool {
    // A folder that cannot be listed counts as not empty; reading it gives the error.
    parts(&run_directory.join(SAMPLES_FOLDER)).map_or(true, |parts| !parts.is_empty())
}

/// The finished parts in a folder, in the order in which they were written; none where there is no folder.
///
/// # Errors
/// A folder that cannot be listed, and a part that is missing before others.
pub fn parts(directory: &Path) -> Result<Vec<PathBuf>, SamplesError> {
    let failed = |source| SamplesError::Read {
        path: directory.to_owned(),
        source,
    };
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed)?,
    };
    let mut parts = Vec::new();
    for entry in entries {
        let path = entry.map_err(failed)?.path();
        if is_part(&path) {
            parts.push(path);
        }
    }
    // Longer names are later: the number outgrows its five digits after 100,000 parts.
    parts.sort_by(|a, b| (a.as_os_str().len(), a).cmp(&(b.as_os_str().len(), b)));
    for (number, part) in parts.iter().enumerate() {
        let path = directory.join(format!("part-{number:05}.parquet"));
        if *part != path {
            return Err(SamplesError::MissingPart { path });
        }
    }
    Ok(parts)
}

fn is_part(path: &Path) -> bool {
    path.file_name()
        .and_then(|name| name.to_str())
        .is_some_and(|name| name.starts_with("part-") && name.ends_with(".parquet"))
}

/// Checks a Parquet file against its checksum, and reads its footer and the version that it names, which is from 1 to `newest`.
pub(crate) fn footer(path: &Path, newest: u32) -> Result<(FileMetadataRef, u32), SamplesError> {
    let unreadable = |source| SamplesError::Read {
        path: path.to_owned(),
        source,
    };
    let mut file = File::open(path).map_err(unreadable)?;
    if checksum::is_intact(&mut file).map_err(unreadable)? == Some(false) {
        let why = "its checksum is not that of its content";
        return Err(SamplesError::Damaged {
            path: path.to_owned(),
            source: PolarsError::ComputeError(why.into()),
        });
    }
    let mut reader = ParquetReader::new(file);
    let metadata =
        guarded(|| reader.get_metadata().cloned()).map_err(|source| SamplesError::Damaged {
            path: path.to_owned(),
            source,
        })?;
    let version = metadata
        .key_value_metadata()
        .iter()
        .flatten()
        .find(|entry| entry.key == VERSION_KEY)
        .and_then(|entry| entry.value.as_deref())
        .ok_or_else(|| SamplesError::NoSchemaVersion {
            path: path.to_owned(),
        })?;
    match version.parse::<u32>() {
        Ok(version) if (1..=newest).contains(&version) => Ok((Arc::clone(&metadata), version)),
        _ => Err(SamplesError::UnknownSchemaVersion {
            path: path.to_owned(),
            found: version.to_owned(),
            newest,
        }),
    }
}
