//! Rows that cannot be read, counted by kind.

use std::path::Path;

use crate::origin::BadRows;

/// Most lines that are named for each kind.
const NAMED: usize = 5;

/// The defect of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bad {
    /// Fewer fields than the header names, or than a row of this kind has.
    TooFewFields,
    /// More fields than the header names.
    TooManyFields,
    /// A field that should be a number.
    Number(&'static str),
    /// A field that should be a time.
    Time,
    /// An elapsed time below 0.
    NegativeElapsed,
    /// A time far from all others, or impossible.
    OutOfRange,
    /// Zero bytes, as a crash leaves them.
    Nul,
    /// The last line, without its end and without all its fields.
    CutOff,
    /// A quoted field that is never closed.
    Unclosed,
    /// Not valid JSON, or without a field that it needs.
    Json,
    /// Neither a success nor a failure.
    Success,
    /// A line of no kind that the format has.
    UnknownLine,
    /// Metrics of a request without its elapsed time.
    NoDuration,
    /// One row for several requests.
    Aggregated,
    /// A histogram that cannot be decoded.
    Histogram,
    /// A line of 16 MiB or more.
    TooLong,
}

impl Bad {
    fn describe(self) -> String {
        match self {
            Self::TooFewFields => "with too few fields".to_owned(),
            Self::TooManyFields => "with too many fields".to_owned(),
            Self::Number(field) => format!("with a bad number ({field})"),
            Self::Time => "with a bad time".to_owned(),
            Self::NegativeElapsed => "with a negative elapsed time".to_owned(),
            Self::OutOfRange => "with a time out of range".to_owned(),
            Self::Nul => "with NUL bytes".to_owned(),
            Self::CutOff => "cut off at the end of the file".to_owned(),
            Self::Unclosed => "with a quoted field that is not closed".to_owned(),
            Self::Json => "with bad JSON".to_owned(),
            Self::Success => "neither successful nor failed".to_owned(),
            Self::UnknownLine => "of an unknown kind".to_owned(),
            Self::NoDuration => "without an elapsed time".to_owned(),
            Self::Aggregated => "that stand for several requests".to_owned(),
            Self::Histogram => {
                "with a histogram that cannot be decoded: those of version 2 are read".to_owned()
            }
            Self::TooLong => "of 16 MiB or more".to_owned(),
        }
    }
}

/// Counts of bad rows.
#[derive(Debug, Default)]
pub(super) struct Counts {
    kinds: Vec<(Bad, u64, Vec<String>)>,
}

impl Counts {
    pub(super) fn add(&mut self, bad: Bad, path: &Path, line: u64) {
        let place = self.kinds.iter().position(|(kind, ..)| *kind == bad);
        let place = place.unwrap_or_else(|| {
            self.kinds.push((bad, 0, Vec::new()));
            self.kinds.len() - 1
        });
        let (_, count, first) = &mut self.kinds[place];
        *count += 1;
        if first.len() < NAMED {
            let name = path.file_name().unwrap_or(path.as_os_str());
            first.push(format!("{}:{line}", name.to_string_lossy()));
        }
    }

    pub(super) fn total(&self) -> u64 {
        self.kinds.iter().map(|(_, count, _)| count).sum()
    }

    /// The most frequent kind first.
    pub(super) fn into_rows(mut self) -> Vec<BadRows> {
        self.kinds
            .sort_by_key(|(_, count, _)| std::cmp::Reverse(*count));
        let kinds = self.kinds.into_iter();
        kinds
            .map(|(bad, count, first)| BadRows {
                kind: bad.describe(),
                count,
                first,
            })
            .collect()
    }
}

impl BadRows {
    /// `12 with too few fields (a.jtl:7, a.jtl:9, …)`.
    #[must_use]
    pub fn describe(&self) -> String {
        let more = if self.count > self.first.len() as u64 {
            ", …"
        } else {
            ""
        };
        format!(
            "{} {} ({}{more})",
            self.count,
            self.kind,
            self.first.join(", ")
        )
    }
}
