//! The samples of a run in the formats of other tools: a function for each, which writes as it reads.

mod csv;
mod hdr;
mod jtl;
mod k6;
mod rows;

use std::io::{self, Write};
use std::path::Path;

use crate::error::SamplesError;
use crate::import::Format;
use crate::manifest::Manifest;

pub use csv::COLUMNS as CSV_COLUMNS;

/// The formats of exports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// `JMeter`'s CSV, as its listeners and reports read it; times in milliseconds.
    Jtl,
    /// Every column, times in nanoseconds.
    Csv,
    /// Points as k6 writes them; `http_req_duration` is without the time of connecting.
    K6Json,
    /// Interval histograms of a second each, by label, of three significant digits.
    Hdr,
}

impl ExportFormat {
    /// All formats.
    pub const ALL: [Self; 4] = [Self::Jtl, Self::Csv, Self::K6Json, Self::Hdr];

    /// The name that `--format` takes.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Jtl => "jtl",
            Self::Csv => "csv",
            Self::K6Json => "k6-json",
            Self::Hdr => "hdr",
        }
    }

    /// The name of its file in the run's folder.
    #[must_use]
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Jtl => "samples.jtl",
            Self::Csv => "samples.csv",
            Self::K6Json => "samples.jsonl",
            Self::Hdr => "samples.hlog",
        }
    }

    /// The values that the format cannot hold, as a sentence without its full stop. Empty if it holds all.
    #[must_use]
    pub fn loses(self) -> &'static str {
        match self {
            Self::Jtl => {
                "times are cut to whole milliseconds; intended starts, iterations and phases are left out"
            }
            Self::Csv => "",
            Self::K6Json => {
                "http_req_duration is the elapsed time without connecting, as k6 counts it; bytes, users and phases are left out"
            }
            Self::Hdr => {
                "elapsed times are kept to three digits, by label and second; all else is left out"
            }
        }
    }
}

/// Why a run could not be exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The run could not be read.
    #[error(transparent)]
    Samples(#[from] SamplesError),
    /// The output could not be written.
    #[error("cannot write the export")]
    Write(#[from] io::Error),
}

/// Writes the samples of a run, in the order in which they are stored. Returns their number.
///
/// # Errors
/// A run that cannot be read, and I/O errors of `to`.
pub fn export(run: &Path, format: ExportFormat, to: &mut impl Write) -> Result<u64, ExportError> {
    let manifest = Manifest::read(run)?;
    match format {
        ExportFormat::Jtl => jtl::write(run, to),
        ExportFormat::Csv => csv::write(run, to),
        ExportFormat::K6Json => k6::write(run, is_of_k6(&manifest), to),
        ExportFormat::Hdr => hdr::write(run, to),
    }
}

/// Whether elapsed times are without connecting already.
fn is_of_k6(manifest: &Manifest) -> bool {
    manifest.elapsed == Format::K6Csv.elapsed()
}
