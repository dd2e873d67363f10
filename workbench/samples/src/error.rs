//! Errors of a run's files.

use std::io;
use std::path::PathBuf;

use polars_core::error::PolarsError;

/// Why samples or a manifest could not be written or read; completes “failed to …”.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SamplesError {
    /// A file or folder could not be written.
    #[error("cannot write {path}", path = path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A file or folder could not be read.
    #[error("cannot read {path}", path = path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// Polars could not encode a Parquet file.
    #[error("cannot write {path}", path = path.display())]
    Encode {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: PolarsError,
    },
    /// A file that is not a whole Parquet file, or not with the columns that it should have.
    #[error(
        "{path} is not a readable Parquet file (damaged or cut short): put it back from a copy",
        path = path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: PolarsError,
    },
    /// A part between others that is not there: figures of the rest would be those of a part of the run.
    #[error("{path} is missing: put it back from a copy", path = path.display())]
    MissingPart {
        /// The file.
        path: PathBuf,
    },
    /// A Parquet file that this workbench did not write.
    #[error("{path} does not say which version of its format it has", path = path.display())]
    NoSchemaVersion {
        /// The file.
        path: PathBuf,
    },
    /// A file of a version that this build does not know.
    #[error(
        "{path} has schema version {found}, this workbench reads versions 1 to {newest}: use a newer workbench",
        path = path.display()
    )]
    UnknownSchemaVersion {
        /// The file.
        path: PathBuf,
        /// The version it says it has.
        found: String,
        /// The newest version that can be read.
        newest: u32,
    },
    /// A run that was stopped before its first samples were stored, or a wrong folder.
    #[error(
        "{directory} holds no samples (no part-*.parquet): the run ended before its first ones were stored, and there is \
         nothing to analyse",
        directory = directory.display()
    )]
    NoSamples {
        /// The folder.
        directory: PathBuf,
    },
    /// Samples are never overwritten.
    #[error("{directory} already holds samples", directory = directory.display())]
    AlreadyWritten {
        /// The folder.
        directory: PathBuf,
    },
    /// The record of a series that is not valid JSON of its version.
    #[error("{path} is not a valid record of a series", path = path.display())]
    InvalidSeries {
        /// The record.
        path: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
    /// The record of a series whose parts contradict each other.
    #[error(
        "{path} contradicts itself: run {position} is of experiment {experiment}, which it does not hold",
        path = path.display()
    )]
    UnknownExperiment {
        /// The record.
        path: PathBuf,
        /// The run's position.
        position: u32,
        /// The experiment's name within the series.
        experiment: String,
    },
    /// Recorded exchanges that are not valid JSON of their version.
    #[error("{path} is not a valid record of exchanges", path = path.display())]
    InvalidFailures {
        /// The record.
        path: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
    /// A manifest that is not valid JSON of its version.
    #[error("{path} is not a valid manifest", path = path.display())]
    InvalidManifest {
        /// The manifest.
        path: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
}
