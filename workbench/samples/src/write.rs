//! Writes samples to Parquet parts.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use polars_core::prelude::{
    Categorical32Chunked, CategoricalMapping, Categories, Column, DataFrame, DataType,
    Int64Chunked, IntoColumn, IntoSeries, NewChunkedArray, PolarsError, PolarsResult, Schema,
    TimeUnit, TimeZone, UInt32Chunked,
};
use polars_io::prelude::{KeyValueMetadata, ParquetCompression, ParquetWriter};
use polars_utils::compression::ZstdLevel;

use crate::atomic_write::replace_with;
use crate::checksum;
use crate::error::SamplesError;
use crate::read::parts;
use crate::sample::{ErrorKind, Labels, Phase, Sample};
use crate::schema::{SCHEMA_VERSION, VERSION_KEY, column};

/// The fastest level: a higher one costs processor time that the load generator needs.
const ZSTD_LEVEL: i32 = 1;

/// Writes a run's samples, part by part, while the run goes on.
///
/// A part appears under its own name only once it is complete, so that a killed process leaves every
/// earlier part readable. Parts are `part-00000.parquet`, `part-00001.parquet`, …; within a part, samples
/// are ordered by their start.
#[derive(Debug)]
pub struct SampleWriter {
    directory: PathBuf,
    next_part: u32,
    words: Dictionaries,
}

impl SampleWriter {
    /// Prepares the folder of the parts, and creates it if it is missing.
    ///
    /// # Errors
    /// [`SamplesError::AlreadyWritten`] if there are parts in it, and I/O errors.
    pub fn create(directory: &Path, labels: Labels) -> Result<Self, SamplesError> {
        fs::create_dir_all(directory).map_err(|source| SamplesError::Write {
            path: directory.to_owned(),
            source,
        })?;
        if !parts(directory)?.is_empty() {
            return Err(SamplesError::AlreadyWritten {
                directory: directory.to_owned(),
            });
        }
        let words = Dictionaries::of(labels).map_err(|source| SamplesError::Encode {
            path: directory.to_owned(),
            source,
        })?;
        Ok(Self {
            directory: directory.to_owned(),
            next_part: 0,
            words,
        })
    }

    /// Adds labels, numbered after the existing ones.
    ///
    /// # Errors
    /// More labels than Polars supports.
    pub(crate) fn add_labels(&mut self, more: Labels) -> Result<(), SamplesError> {
        self.words.add(more).map_err(|source| SamplesError::Encode {
            path: self.directory.clone(),
            source,
        })
    }

    /// Writes the next part; without samples there is no part.
    ///
    /// After an error no part is left, and the same samples can be written again.
    ///
    /// # Errors
    /// A full disk, a removed folder, and other I/O errors.
    ///
    /// # Panics
    /// If a sample's label is not among those given to [`SampleWriter::create`].
    pub fn write_part(&mut self, samples: &[Sample]) -> Result<(), SamplesError> {
        if samples.is_empty() {
            return Ok(());
        }
        let path = self
            .directory
            .join(format!("part-{:05}.parquet", self.next_part));
        write_frame(path, SCHEMA_VERSION, || {
            self.words.frame(&in_order(samples))
        })?;
        self.next_part += 1;
        Ok(())
    }
}

/// Samples by their start.
fn in_order(samples: &[Sample]) -> Vec<&Sample> {
    // Sorting keys is several times as fast as sorting references.
    let mut keys: Vec<(i64, u32)> = (0..)
        .zip(samples)
        .map(|(place, sample)| (sample.started_at, place))
        .collect();
    keys.sort_unstable();
    let sample = |(_, place): &(i64, u32)| &samples[*place as usize];
    keys.iter().map(sample).collect()
}

/// Writes a frame, with the version of its format, to a file that appears once it is complete.
pub(crate) fn write_frame(
    path: PathBuf,
    version: u32,
    frame: impl FnOnce() -> PolarsResult<DataFrame>,
) -> Result<(), SamplesError> {
    let written = replace_with(&path, |file| {
        writer(file, version)?.finish(&mut frame()?)?;
        checksum::seal(file).map_err(WriteFailure::from)
    });
    written.map_err(|failure| failure.at(path))
}

/// Why a part could not be written, before its path is known.
enum WriteFailure {
    File(io::Error),
    Encode(PolarsError),
}

impl WriteFailure {
    fn at(self, path: PathBuf) -> SamplesError {
        match self {
            Self::File(source) => SamplesError::Write { path, source },
            Self::Encode(source) => SamplesError::Encode { path, source },
        }
    }
}

impl From<io::Error> for WriteFailure {
    fn from(source: io::Error) -> Self {
        Self::File(source)
    }
}

impl From<PolarsError> for WriteFailure {
    fn from(source: PolarsError) -> Self {
        Self::Encode(source)
    }
}

/// Writes frames below each other, one at a time, to a file that appears once it is complete.
pub(crate) fn write_frames(
    path: PathBuf,
    version: u32,
    schema: &Schema,
    frames: impl Iterator<Item = PolarsResult<DataFrame>>,
) -> Result<(), SamplesError> {
    let written = replace_with(&path, |file| -> Result<(), WriteFailure> {
        let mut writer = writer(file, version)?.batched(schema)?;
        for frame in frames {
            writer.write_batch(&frame?)?;
        }
        writer.finish()?;
        // It holds the file.
        drop(writer);
        checksum::seal(file).map_err(WriteFailure::from)
    });
    written.map_err(|failure| failure.at(path))
}

fn writer(file: &mut File, version: u32) -> PolarsResult<ParquetWriter<&mut File>> {
    let version = (VERSION_KEY.to_owned(), version.to_string());
    let checksum = (checksum::KEY.to_owned(), checksum::UNSET.to_owned());
    Ok(ParquetWriter::new(file)
        .with_compression(ParquetCompression::Zstd(Some(ZstdLevel::try_new(
            ZSTD_LEVEL,
        )?)))
        .with_key_value_metadata(Some(KeyValueMetadata::from_static(vec![version, checksum])))
        // No thread pool, because the load generator's threads are being measured.
        .set_parallel(false))
}

/// The dictionary of each label column: Polars' key of each of our numbers.
#[derive(Debug)]
struct Dictionaries {
    categories: DataType,
    requests: Vec<u32>,
    scenarios: Vec<u32>,
    errors: Vec<u32>,
    phases: Vec<u32>,
}

impl Dictionaries {
    fn of(labels: Labels) -> PolarsResult<Self> {
        let global = Categories::global();
        let mapping = global.mapping();
        Ok(Self {
            requests: numbers_of(&mapping, labels.requests)?,
            scenarios: numbers_of(&mapping, labels.scenarios)?,
            errors: numbers_of(&mapping, ErrorKind::ALL.map(ErrorKind::as_str))?,
            phases: numbers_of(&mapping, Phase::ALL.map(Phase::as_str))?,
            // Keeps the mapping alive as long as the writer.
            categories: DataType::Categorical(global, mapping),
        })
    }

    fn add(&mut self, more: Labels) -> PolarsResult<()> {
        let mapping = Categories::global().mapping();
        self.requests.extend(numbers_of(&mapping, more.requests)?);
        self.scenarios.extend(numbers_of(&mapping, more.scenarios)?);
        Ok(())
    }

    fn frame(&self, samples: &[&Sample]) -> PolarsResult<DataFrame> {
        let all = |value: fn(&Sample) -> i64| samples.iter().map(|sample| value(sample)).collect();
        let columns = vec![
            instants(column::INTENDED_AT, all(|sample| sample.intended_at)),
            instants(column::STARTED_AT, all(|sample| sample.started_at)),
            wide(column::ELAPSED_NS, samples, |sample| sample.elapsed_ns),
            wide(column::LATENCY_NS, samples, |sample| sample.latency_ns),
            wide(column::CONNECT_NS, samples, |sample| sample.connect_ns),
            wide(column::BYTES_SENT, samples, |sample| sample.bytes_sent),
            wide(column::BYTES_RECEIVED, samples, |sample| {
                sample.bytes_received
            }),
            narrow(column::STATUS, samples, |sample| {
                sample.status.map(u32::from)
            }),
            Column::new(
                column::SUCCESS.into(),
                samples
                    .iter()
                    .map(|sample| sample.error.is_none())
                    .collect::<Vec<bool>>(),
            ),
            self.labels(column::ERROR, samples, |sample| {
                sample.error.map(|error| self.errors[error as usize])
            }),
            self.labels(column::REQUEST, samples, |sample| {
                Some(self.requests[usize::from(sample.request)])
            }),
            self.labels(column::SCENARIO, samples, |sample| {
                Some(self.scenarios[usize::from(sample.scenario)])
            }),
            narrow(column::USER, samples, |sample| Some(sample.user)),
            narrow(column::ITERATION, samples, |sample| Some(sample.iteration)),
            narrow(column::ACTIVE_USERS, samples, |sample| {
                Some(sample.active_users)
            }),
            self.labels(column::PHASE, samples, |sample| {
                Some(self.phases[sample.phase as usize])
            }),
            narrow(column::REDIRECTS, samples, |sample| {
                Some(u32::from(sample.redirects))
            }),
        ];
        DataFrame::new(samples.len(), columns)
    }

    fn labels(
        &self,
        name: &str,
        samples: &[&Sample],
        number: impl Fn(&Sample) -> Option<u32>,
    ) -> Column {
        let numbers = numbers(name, samples, number);
        Categorical32Chunked::from_cats_and_dtype(numbers, self.categories.clone())
            .into_series()
            .into_column()
    }
}

fn numbers_of(
    mapping: &CategoricalMapping,
    words: impl IntoIterator<Item: AsRef<str>>,
) -> PolarsResult<Vec<u32>> {
    words
        .into_iter()
        .map(|word| mapping.insert_cat(word.as_ref()))
        .collect()
}

/// Instants from nanoseconds of UTC.
pub(crate) fn instants(name: &str, values: Vec<i64>) -> Column {
    // A cast would need Polars' time zone database, and drops the zone silently without it.
    Int64Chunked::from_vec(name.into(), values)
        .into_datetime(TimeUnit::Nanoseconds, Some(TimeZone::UTC))
        .into_series()
        .into_column()
}

fn wide(name: &str, samples: &[&Sample], value: impl Fn(&Sample) -> u64) -> Column {
    let values: Vec<u64> = samples.iter().map(|sample| value(sample)).collect();
    Column::new(name.into(), values)
}

fn narrow(name: &str, samples: &[&Sample], value: impl Fn(&Sample) -> Option<u32>) -> Column {
    numbers(name, samples, value).into_series().into_column()
}

fn numbers(
    name: &str,
    samples: &[&Sample],
    value: impl Fn(&Sample) -> Option<u32>,
) -> UInt32Chunked {
    UInt32Chunked::from_iter_options(name.into(), samples.iter().map(|sample| value(sample)))
}
