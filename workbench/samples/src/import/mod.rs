//! Imports results of other tools as runs.
//!
//! [`import`] reads files as a stream, in memory that does not grow with them, and leaves a run folder that is analysed
//! like any other: its manifest has its origin, the definition of its times, and the rows that could not be read. A
//! thread reads and unpacks, one parses, one writes. Each format is a module with two functions: whether it recognises
//! the beginning of a file, and one that hands its rows to the collector.

mod bad_rows;
mod collect;
mod columns;
mod detect;
mod error;
mod fields;
mod format;
mod gatling;
mod hdr;
mod input;
mod jmeter;
mod json;
mod k6;
mod nested;
mod other_tools;
mod records;
mod run;
mod steady_part;
mod table;
mod time;
mod users;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::Duration;

pub use columns::Columns;
pub use error::ImportError;
pub use format::Format;
pub use input::sha256_of;
pub use run::{Imported, import};

use collect::Collector;
use fields::Fields;
use input::Input;

/// Options of an import.
#[derive(Clone, Debug)]
pub struct ImportOptions {
    /// The format; detected by content if `None`.
    pub format: Option<Format>,
    /// The columns of a table of no known format.
    pub columns: Option<Columns>,
    /// Requests that start within this time from the first start are not in the steady part.
    pub warm_up: Duration,
    /// Requests that start within this time before the last start are not in the steady part.
    pub cool_down: Duration,
    /// The share of rows that may be bad.
    pub allowed_bad_rows: f64,
    /// Whether samples of `JMeter`'s transaction controllers are read beside those that they sum up.
    pub keep_transactions: bool,
}

impl Default for ImportOptions {
    fn default() -> Self {
        Self {
            format: None,
            columns: None,
            warm_up: Duration::ZERO,
            cool_down: Duration::ZERO,
            allowed_bad_rows: 0.01,
            keep_transactions: false,
        }
    }
}

impl ImportOptions {
    /// The choices that change what is imported, as options of the command line; empty for the defaults.
    #[must_use]
    pub fn arguments(&self) -> Vec<String> {
        let mut arguments = Vec::new();
        if let Some(columns) = &self.columns {
            arguments.push(format!("--columns {}", columns.as_str()));
        }
        let time = |name: &str, time: Duration| format!("--{name} {}ms", time.as_millis());
        if !self.warm_up.is_zero() {
            arguments.push(time("warm-up", self.warm_up));
        }
        if !self.cool_down.is_zero() {
            arguments.push(time("cool-down", self.cool_down));
        }
        if self.keep_transactions {
            arguments.push("--keep-transactions".to_owned());
        }
        arguments
    }
}

/// Progress and stop flag of an import.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    /// Bytes read so far.
    pub bytes: Arc<AtomicU64>,
    /// Set to stop the import.
    pub stop: Arc<AtomicBool>,
}

/// Properties of a format's files besides their rows.
#[derive(Debug, Default)]
struct FileFacts {
    /// Columns of the samples that the files do not have.
    unknown: Vec<&'static str>,
    /// Where counts of users come from, if the file has any.
    users: &'static str,
    /// Nanoseconds to which elapsed times are known.
    elapsed_tick: u64,
    /// The definition of elapsed times, if it differs from the format's.
    elapsed: Option<String>,
    /// The version of the tool, if the file has it.
    tool_version: Option<String>,
    notes: Vec<String>,
}

/// Reads one file of a format.
fn read(
    format: Format,
    input: &mut Input,
    out: &mut Collector,
    options: &ImportOptions,
) -> Result<FileFacts, ImportError> {
    match format {
        Format::JmeterCsv => jmeter::read(input, out, options),
        Format::K6Csv => k6::read_csv(input, out, options),
        Format::K6Json => k6::read_json(input, out, options),
        Format::Gatling => gatling::read_log(input, out),
        Format::GatlingCsv => gatling::read_csv(input, out),
        Format::VegetaJson => json::read_vegeta(input, out),
        Format::GooseCsv => json::read_goose_csv(input, out),
        Format::GooseJson => json::read_goose_json(input, out),
        Format::Hdr => hdr::read(input, out),
        Format::Locust
        | Format::VegetaCsv
        | Format::Oha
        | Format::Hey
        | Format::Ab
        | Format::H2load => {
            let table = other_tools::table(format, input)?;
            table::read(input, out, table)
        }
        Format::Columns => match &options.columns {
            Some(columns) => {
                let table = columns.table(input)?;
                table::read(input, out, table)
            }
            None => Err(ImportError::Options(
                "a CSV of no known tool needs --columns start=TIME,elapsed=DURATION:ms,label=NAME"
                    .to_owned(),
            )),
        },
    }
}

/// The first line that is not blank.
fn first_line(beginning: &[u8]) -> &[u8] {
    let mut lines = beginning.split(|byte| *byte == b'\n');
    let line = lines
        .find(|line| !input::is_blank(line))
        .unwrap_or_default();
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// The fields of a header.
fn split_first_line(line: &[u8], delimiter: u8) -> Vec<Vec<u8>> {
    let mut fields = Fields::default();
    if !fields.split(line, delimiter) {
        return Vec::new();
    }
    (0..fields.len())
        .map(|index| fields.text(line, index).trim_ascii().to_vec())
        .collect()
}

/// The files of an import, for messages.
fn first_path(paths: &[PathBuf]) -> &Path {
    paths.first().map_or(Path::new("-"), PathBuf::as_path)
}
