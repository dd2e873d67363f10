//! The records of a delimited file, damaged ones counted.

use super::bad_rows::Bad;
use super::collect::Collector;
use super::error::ImportError;
use super::fields::Fields;
use super::input::{Input, has_nul, is_blank};

/// Header lines among the rows, as in concatenated files.
pub(super) const HEADERS: &str = "header lines among the rows: files were joined";

/// The fields of the current record.
pub(super) struct Records {
    pub(super) fields: Fields,
    pub(super) delimiter: u8,
    /// Whether fields may stand in quotes.
    quotes: bool,
    /// Number of the record's first line.
    pub(super) line: u64,
}

impl Records {
    pub(super) fn new(delimiter: u8) -> Self {
        Self {
            fields: Fields::default(),
            delimiter,
            quotes: true,
            line: 0,
        }
    }

    /// Records of a tool that writes quotes like any other character.
    pub(super) fn without_quotes(delimiter: u8) -> Self {
        Self {
            quotes: false,
            ..Self::new(delimiter)
        }
    }

    /// Goes on to the next record that can be split; false at the end.
    pub(super) fn advance(
        &mut self,
        input: &mut Input,
        out: &mut Collector,
    ) -> Result<bool, ImportError> {
        while next_line(input, out)? {
            self.line = input.number();
            if !self.quotes {
                self.fields.split_plain(input.line(), self.delimiter);
                return Ok(true);
            }
            if self.fields.split(input.line(), self.delimiter) {
                return Ok(true);
            }
            let delimiter = self.delimiter;
            let closed = input.join_quoted(|joined| Fields::default().split(joined, delimiter))?;
            if closed && self.fields.split(input.line(), self.delimiter) {
                return Ok(true);
            }
            out.bad(Bad::Unclosed, self.line);
        }
        Ok(false)
    }

    /// Whether the record has as many fields as it should; counts it as bad where it has not.
    pub(super) fn has(&self, from: usize, to: usize, input: &Input, out: &mut Collector) -> bool {
        let found = self.fields.len();
        let bad = if found < from && input.unfinished {
            Bad::CutOff
        } else if found < from {
            Bad::TooFewFields
        } else if found > to {
            Bad::TooManyFields
        } else {
            return true;
        };
        out.bad(bad, self.line);
        false
    }
}

/// Goes on to the next line that is text; false at the end. Blank lines are no rows.
pub(super) fn next_line(input: &mut Input, out: &mut Collector) -> Result<bool, ImportError> {
    while input.advance()? {
        let line = input.line();
        if is_blank(line) {
            continue;
        }
        if input.is_too_long() {
            out.bad(Bad::TooLong, input.number());
        } else if has_nul(line) {
            out.bad(Bad::Nul, input.number());
        } else {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The defect of a field that should be a number.
pub(super) fn no_number(field: &[u8], name: &'static str) -> Bad {
    if super::fields::is_negative(field) && name == "elapsed" {
        Bad::NegativeElapsed
    } else {
        Bad::Number(name)
    }
}
