//! Rows of CSV files as the values of variables.
//!
//! Which row an iteration takes is a pure function of the seed, the user and the iteration. No cursor is shared.

use std::cell::Cell;
use std::fs::File;
use std::io::{BufReader, Read};
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;

use csv::{ReaderBuilder, StringRecord};

use crate::random::{mix, row_random};
use crate::schedule::{Schedule, Work};

/// A CSV file with a header line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Data {
    /// Prefix of the columns' variables: `${name.column}`.
    pub name: String,
    /// The file, relative to the experiment's.
    pub(crate) file: String,
    pub(crate) path: PathBuf,
    /// Which row comes next.
    pub pick: RowPick,
    /// When a row is picked.
    pub per: Per,
    /// Columns of numbers.
    pub(crate) numbers: Vec<String>,
    /// Columns that are never written to results, logs or errors.
    pub secret: Vec<String>,
    /// How many rows there were when the experiment was read, if the file was looked at.
    pub rows: Option<u64>,
}

/// Which row comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowPick {
    /// In order, starting again after the last row.
    Sequential,
    /// Any.
    Random,
    /// In order, each row at most once.
    Unique,
}

/// When a row is picked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Per {
    /// For each iteration.
    Iteration,
    /// Once for each user, or arrival.
    User,
}

/// Why a data file cannot be used; names the file.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {file}: {reason}")]
pub struct DataError {
    file: String,
    reason: String,
}

/// Files up to this many bytes are held in memory. Our choice.
const MOST_IN_MEMORY: u64 = 64 << 20;
/// Of a larger file, the position of every 64th row is kept.
const STRIDE: usize = 64;
/// Approximate limit of a row in bytes. It stops a quote that is never closed from making the whole file one row. Our
/// choice.
const LONGEST_ROW: u64 = 1 << 20;

/// The rows of a file, each of which can be read by its number.
#[derive(Debug)]
pub struct Rows {
    columns: Vec<String>,
    content: Content,
    /// Where one row in `stride` begins, and the end of the file.
    places: Vec<u64>,
    stride: usize,
    count: u64,
}

#[derive(Debug)]
enum Content {
    Memory(Vec<u8>),
    /// The file, and its stamp when its rows were located.
    File(File, Stamp),
}

/// Length of a file, and when it was written.
type Stamp = (u64, std::time::SystemTime);

fn stamp(metadata: &std::fs::Metadata) -> std::io::Result<Stamp> {
    Ok((metadata.len(), metadata.modified()?))
}

impl Data {
    /// Reads the file once from end to end, and keeps it, or where its rows begin.
    ///
    /// # Errors
    /// It cannot be read, is not UTF-8, has no rows, or rows with another number of fields than its header.
    pub fn open(&self) -> Result<Rows, DataError> {
        let failed = |reason: String| DataError {
            file: self.file.clone(),
            reason,
        };
        let broken = |error: csv::Error| failed(explained(&error));
        let open = || {
            let file = File::open(&self.path)?;
            let metadata = file.metadata()?;
            Ok::<_, std::io::Error>((file, metadata))
        };
        let (mut file, metadata) = open().map_err(|error| failed(error.to_string()))?;
        if !metadata.is_file() {
            return Err(failed("it is no file".to_owned()));
        }
        let (content, stride) = if metadata.len() <= MOST_IN_MEMORY {
            let mut bytes = Vec::new();
            let read = file.read_to_end(&mut bytes);
            read.map_err(|error| failed(error.to_string()))?;
            (Content::Memory(bytes), 1)
        } else {
            let stamp = stamp(&metadata).map_err(|error| failed(error.to_string()))?;
            (Content::File(file, stamp), STRIDE)
        };
        let (columns, places, count) = match &content {
            Content::Memory(bytes) => index(bytes.as_slice(), stride, &self.numbers),
            Content::File(file, _) => index(BufReader::new(file), stride, &self.numbers),
        }
        .map_err(broken)?;
        if let Some(twice) = (1..columns.len()).find(|it| columns[..*it].contains(&columns[*it])) {
            let message = format!("two columns are named \"{}\"", columns[twice]);
            return Err(failed(message));
        }
        if count == 0 {
            return Err(failed("it has no row below its header".to_owned()));
        }
        Ok(Rows {
            columns,
            content,
            places,
            stride,
            count,
        })
    }

    /// The number of the row, from 0, that a turn of [`Lanes`] takes out of `count` rows. `None` if each row may be
    /// taken once and all have been taken.
    #[must_use]
    pub fn row(&self, seed: u64, turn: u64, count: u64) -> Option<u64> {
        match self.pick {
            RowPick::Sequential => Some(turn % count),
            RowPick::Unique => (turn < count).then_some(turn),
            RowPick::Random => {
                let name = self
                    .name
                    .bytes()
                    .fold(0, |hash, byte| mix(hash ^ u64::from(byte)));
                Some(row_random(seed ^ name, turn, count))
            }
        }
    }
}

fn reader(has_headers: bool) -> ReaderBuilder {
    let mut builder = ReaderBuilder::new();
    builder.has_headers(has_headers);
    builder
}

/// The columns, the positions of rows, and the number of rows.
fn index(
    file: impl Read,
    stride: usize,
    numbers: &[String],
) -> csv::Result<(Vec<String>, Vec<u64>, u64)> {
    let left = Cell::new(LONGEST_ROW);
    let mut reader = reader(true).from_reader(Limited { file, left: &left });
    let columns = reader.headers()?.iter();
    let columns = columns.map(|name| name.trim_start_matches('\u{feff}').trim().to_owned());
    let columns: Vec<String> = columns.collect();
    let is_number: Vec<bool> = columns.iter().map(|it| numbers.contains(it)).collect();
    let mut places = Vec::new();
    let mut record = StringRecord::new();
    let mut count: u64 = 0;
    loop {
        left.set(LONGEST_ROW);
        let before = reader.position().byte();
        if !reader.read_record(&mut record)? {
            break;
        }
        let position = record.position();
        for (column, field) in record.iter().enumerate().filter(|(it, _)| is_number[*it]) {
            if serde_json::from_str::<serde_json::Number>(field.trim()).is_err() {
                let line = position.map_or(0, csv::Position::line);
                // The value may be a secret.
                let name = &columns[column];
                let message = format!("line {line} has no number in the column \"{name}\"");
                return Err(std::io::Error::other(message).into());
            }
        }
        if count.is_multiple_of(stride as u64) {
            places.push(position.map_or(before, csv::Position::byte));
        }
        count += 1;
    }
    places.push(reader.position().byte());
    Ok((columns, places, count))
}

/// A reader with a byte limit that the caller raises for each row.
struct Limited<'a, R> {
    file: R,
    left: &'a Cell<u64>,
}

impl<R: Read> Read for Limited<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.file.read(buffer)?;
        let left = self.left.get().checked_sub(read as u64);
        self.left.set(left.ok_or_else(|| {
            std::io::Error::other(format!(
                "a row is longer than {LONGEST_ROW} bytes: a quote may not be closed"
            ))
        })?);
        Ok(read)
    }
}

/// A CSV error as a message.
fn explained(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Io(error) => error.to_string(),
        csv::ErrorKind::UnequalLengths {
            pos,
            expected_len,
            len,
        } => {
            let line = pos.as_ref().map_or(0, csv::Position::line);
            format!("line {line} has {len} fields, and the header has {expected_len}")
        }
        csv::ErrorKind::Utf8 { pos, .. } => {
            let line = pos.as_ref().map_or(0, csv::Position::line);
            format!("line {line} is not in UTF-8")
        }
        _ => error.to_string(),
    }
}

impl Rows {
    /// Names of the columns.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Number of rows; at least 1.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Reads the row of a number, from 0, into `record`.
    ///
    /// # Errors
    /// The file cannot be read any more, or was changed.
    ///
    /// # Panics
    /// There is no such row.
    pub fn read(&self, row: u64, record: &mut StringRecord) -> Result<(), std::io::Error> {
        let place = row as usize / self.stride;
        let (from, to) = (self.places[place], self.places[place + 1]);
        let mut chunk = Vec::new();
        let bytes = match &self.content {
            Content::Memory(bytes) => &bytes[from as usize..to as usize],
            Content::File(file, whole) => {
                if file.metadata().and_then(|now| stamp(&now))? != *whole {
                    return Err(std::io::Error::other("the file was changed during the run"));
                }
                chunk.resize((to - from) as usize, 0);
                file.read_exact_at(&mut chunk, from)?;
                &chunk
            }
        };
        let mut reader = reader(false).buffer_capacity(1 << 10).from_reader(bytes);
        for _ in 0..=row as usize % self.stride {
            if !reader.read_record(record)? {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(())
    }
}

/// Who takes turns: numbers that no two iterations, or no two users, of a run share.
///
/// Where the number of iterations is known of every user, each user has as many turns in a row, and arrivals follow, a lane
/// for each stream: arrival i (from 0) of the stream in lane k of n has the i · n + k-th of these turns. So no turn is left
/// out. Otherwise users have lanes, too: iteration i (from 1) of the one in lane k of n has turn (i − 1) · n + k.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lanes {
    /// By position in the schedule. Entries of users who wait for arrivals are not used.
    users: Vec<u64>,
    /// The first turn of each user.
    firsts: Vec<u64>,
    /// From one turn of a user to the next.
    stride: u64,
    /// Number of users who do not wait for arrivals.
    scheduled: u64,
    /// By position of the stream.
    streams: Vec<u64>,
    /// Number of streams that take part.
    taking: u64,
    /// The first turn of the first stream.
    first_of_arrivals: u64,
    /// From one arrival of a stream to the next.
    stride_of_arrivals: u64,
}

impl Lanes {
    /// The turns of all users and arrivals whose scenario takes part.
    #[must_use]
    pub fn of(schedule: &Schedule, takes_part: impl Fn(usize) -> bool) -> Self {
        let mut scheduled = 0;
        // Number of iterations so far, as long as it is known.
        let mut iterations = Some(0);
        let mut users = Vec::with_capacity(schedule.users().len());
        let mut firsts = Vec::with_capacity(schedule.users().len());
        for user in schedule.users() {
            users.push(scheduled);
            firsts.push(iterations.unwrap_or(0));
            if matches!(user.work, Work::Arrivals(_)) || !takes_part(user.scenario) {
                continue;
            }
            scheduled += 1;
            iterations = match user.work {
                Work::Iterations(more) => iterations.map(|it| it + u64::from(more)),
                _ => None,
            };
        }
        let mut taking = 0;
        let mut streams = Vec::new();
        for stream in schedule.arrivals() {
            streams.push(taking);
            taking += u64::from(stream.played().any(&takes_part));
        }
        let lanes = scheduled + taking;
        Self {
            firsts: iterations.map_or_else(|| users.clone(), |_| firsts),
            stride: iterations.map_or(lanes, |_| 1),
            first_of_arrivals: iterations.unwrap_or(scheduled),
            stride_of_arrivals: iterations.map_or(lanes, |_| taking),
            users,
            scheduled,
            streams,
            taking,
        }
    }

    /// The turn of a user in an iteration, from 1.
    #[must_use]
    pub fn iteration(&self, user: usize, iteration: u32) -> u64 {
        self.firsts[user] + u64::from(iteration).saturating_sub(1) * self.stride
    }

    /// The turn of an arrival, from 0, of a stream.
    #[must_use]
    pub fn arrival(&self, stream: usize, arrival: u64) -> u64 {
        self.first_of_arrivals + self.streams[stream] + arrival * self.stride_of_arrivals
    }

    /// The turn of a user where each has one.
    #[must_use]
    pub fn user(&self, user: usize) -> u64 {
        self.users[user]
    }

    /// The turn of an arrival where each user has one.
    #[must_use]
    pub fn arriving_user(&self, stream: usize, arrival: u64) -> u64 {
        self.scheduled + arrival * self.taking + self.streams[stream]
    }

    /// Number of users who do not wait for arrivals.
    pub(crate) fn scheduled(&self) -> u64 {
        self.scheduled
    }
}

#[cfg(test)]
mod tests;
