//! Errors of imports.

use std::io;
use std::path::PathBuf;

use crate::error::SamplesError;

/// Why a file could not be imported; completes “failed to …”.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// A file that could not be read.
    #[error("cannot read {path}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A folder in place of a file.
    #[error("{path} is a folder; name the result files in it", path = path.display())]
    Directory {
        /// The folder.
        path: PathBuf,
    },
    /// An empty file.
    #[error("{path} is empty", path = path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// No format was recognised.
    #[error(
        "{path} is of none of the formats that are read ({tried}){hint}; name its columns if it is a table: --columns \
         start=TIME,elapsed=DURATION:ms,label=NAME",
        path = path.display()
    )]
    Unknown {
        /// The file.
        path: PathBuf,
        /// The formats that were tried.
        tried: String,
        /// What the file looks like, as the continuation of the sentence; may be empty.
        hint: String,
    },
    /// A file that does not hold single requests, or that this build cannot read.
    #[error("{path} is {what}; {instead}", path = path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// What it is.
        what: &'static str,
        /// How to get what can be imported.
        instead: &'static str,
    },
    /// A file that is not of the given format.
    #[error("{path} cannot be read as {format}: {reason}", path = path.display())]
    WrongFormat {
        /// The file.
        path: PathBuf,
        /// The format.
        format: &'static str,
        /// The cause.
        reason: String,
    },
    /// A file of the right format without a request.
    #[error("{path} holds no requests: {reason}", path = path.display())]
    NoRequests {
        /// The file.
        path: PathBuf,
        /// What it holds instead.
        reason: String,
    },
    /// More rows were bad than is allowed.
    #[error(
        "{bad} of {rows} rows of {path} cannot be read, more than the {allowed} % that --allow-bad-rows allows: {kinds}",
        path = path.display()
    )]
    BadRows {
        /// The file, the first of several.
        path: PathBuf,
        /// Bad rows.
        bad: u64,
        /// All rows.
        rows: u64,
        /// The limit in per cent.
        allowed: f64,
        /// What is wrong with them, and where.
        kinds: String,
    },
    /// More labels than an analysis can tell apart.
    #[error(
        "{path} has more than {most} different labels: give requests that do the same the same name in the tool",
        path = path.display()
    )]
    TooManyLabels {
        /// The file.
        path: PathBuf,
        /// The limit.
        most: usize,
    },
    /// Options that cannot be used with a file of this format.
    #[error("{0}")]
    Options(String),
    /// The import was stopped on request.
    #[error("interrupted; nothing was imported")]
    Interrupted,
    /// The run could not be written.
    #[error(transparent)]
    Samples(#[from] SamplesError),
}
