//! The origin of an imported run, and the values that its files do not have.

use std::path::Path;

use serde::{Deserialize, Serialize};

/// The origin of a run that another tool made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Origin {
    /// Name of the format that the files were read as, as `--as` takes it.
    pub format: String,
    /// The files, in the order in which they were read.
    pub files: Vec<OriginFile>,
    /// The choices that the import depended on, as options of the command line; empty for the defaults.
    pub options: Vec<String>,
    /// Requests that start within this time from the first start are not in the steady part, by `--warm-up`.
    pub warm_up_ns: u64,
    /// Requests that start within this time before the last start are not in the steady part, by `--cool-down`.
    pub cool_down_ns: u64,
    /// Rows that were read as requests, bad ones and those left out included.
    pub rows: u64,
    /// Rows that were left out on purpose.
    pub left_out: Vec<LeftOut>,
    /// Rows that could not be read, by kind.
    pub bad_rows: Vec<BadRows>,
    /// Resolution of start times in nanoseconds.
    pub start_resolution_ns: u64,
    /// Resolution of elapsed times in nanoseconds.
    pub elapsed_resolution_ns: u64,
    /// Where the numbers of active users come from; `None` where there are none.
    pub users: Option<String>,
    /// Columns of the samples that the files do not have; they hold 0 or null.
    pub unknown: Vec<String>,
    /// Notes for the reader, each a sentence without its full stop.
    pub notes: Vec<String>,
}

/// A file that a run was imported from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OriginFile {
    /// Its path as it was given; `-` for standard input.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// SHA-256 of its bytes as they are stored, in hexadecimal digits.
    pub sha256: String,
}

/// Rows that an import left out on purpose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// What they are, and why they are left out.
    pub what: String,
    /// How many.
    pub count: u64,
}

/// Rows of one kind that an import could not read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BadRows {
    /// What is wrong with them.
    pub kind: String,
    /// How many.
    pub count: u64,
    /// The first few of them as `file:line`.
    pub first: Vec<String>,
}

impl Origin {
    /// Whether the import excluded the beginning or the end of the run from its steady part.
    #[must_use]
    pub fn leaves_out_edges(&self) -> bool {
        self.warm_up_ns > 0 || self.cool_down_ns > 0
    }

    /// Whether a column of the samples holds no values.
    #[must_use]
    pub fn lacks(&self, column: &str) -> bool {
        self.unknown.iter().any(|name| name == column)
    }

    /// All rows that could not be read.
    #[must_use]
    pub fn bad_row_count(&self) -> u64 {
        self.bad_rows.iter().map(|bad| bad.count).sum()
    }

    /// The names of the files, for sentences.
    #[must_use]
    pub fn file_names(&self) -> String {
        let name = |file: &OriginFile| {
            let name = Path::new(&file.path).file_name();
            name.map_or_else(
                || file.path.clone(),
                |name| name.to_string_lossy().into_owned(),
            )
        };
        match self.files.as_slice() {
            [] => "nothing".to_owned(),
            [only] => name(only),
            [first, others @ ..] => format!("{} and {} more", name(first), others.len()),
        }
    }
}
