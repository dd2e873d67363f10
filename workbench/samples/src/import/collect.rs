//! Converts rows to samples: maps labels to numbers, orders starts as in the file, and sends parts to the writing
//! thread.
//!
//! Slightly longer than other files, because every row passes through all of it.

use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use super::bad_rows::{Bad, Counts};
use super::error::ImportError;
use super::users::Seconds;
use crate::error::SamplesError;
use crate::origin::LeftOut;
use crate::sample::{ErrorKind, Labels, Sample};
use crate::write::SampleWriter;

/// Samples of a part: some 25 MB in memory, of which three are on their way.
const PART: usize = 250_000;
/// Most labels that the analysis distinguishes.
pub(super) const MOST_LABELS: usize = 1 << 14;
/// Starts with a coarser resolution than this, 10 ms, are spread evenly over their interval.
const COARSE: u64 = 10_000_000;
/// Rows of one coarse instant that are spread together.
const MOST_AT_ONCE: usize = 1 << 20;
/// Longest run. A row farther from the first one is damaged.
const LONGEST_RUN_NS: i64 = 7 * 86_400 * SECOND;
/// Instants outside 1990 to 2200 are damaged.
const BELIEVED: std::ops::Range<i64> = 631_152_000 * SECOND..7_258_118_400 * SECOND;
/// A longer elapsed time than a day is damaged.
const LONGEST_ELAPSED_NS: u64 = 86_400 * SECOND as u64;

pub(super) const SECOND: i64 = 1_000_000_000;

/// Whether the file's time is that of a request's start or end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum At {
    Start(i64),
    End(i64),
}

/// One request as a file has it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'a> {
    pub(super) at: At,
    /// Resolution of the instant in nanoseconds.
    pub(super) tick: u64,
    pub(super) elapsed_ns: u64,
    pub(super) latency_ns: u64,
    pub(super) connect_ns: u64,
    pub(super) bytes_sent: u64,
    pub(super) bytes_received: u64,
    pub(super) status: Option<u16>,
    pub(super) error: Option<ErrorKind>,
    pub(super) label: &'a [u8],
    pub(super) scenario: &'a [u8],
    pub(super) user: u32,
    pub(super) active_users: Option<u32>,
}

impl Row<'_> {
    /// A successful request of which only its times are known.
    pub(super) fn of(at: At, tick: u64, elapsed_ns: u64) -> Self {
        Self {
            at,
            tick,
            elapsed_ns,
            latency_ns: 0,
            connect_ns: 0,
            bytes_sent: 0,
            bytes_received: 0,
            status: None,
            error: None,
            label: b"request",
            scenario: b"",
            user: 0,
            active_users: None,
        }
    }
}

/// The error of a status, for files without another field for failures.
pub(super) fn error_of_status(status: u64) -> Option<ErrorKind> {
    (status >= 400).then_some(ErrorKind::Status)
}

/// First and last start of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) first: i64,
    pub(super) last: i64,
}

/// Samples of a part, with the labels that are new in it.
struct Part {
    samples: Vec<Sample>,
    labels: Labels,
}

/// Collects the rows of all files of a run.
pub(super) struct Collector {
    path: PathBuf,
    parts: Option<SyncSender<Part>>,
    writer: JoinHandle<Result<(), SamplesError>>,
    samples: Vec<Sample>,
    labels: Names,
    scenarios: Names,
    /// Rows of one coarse instant.
    waiting: Vec<(At, Sample)>,
    /// The coarse instant, and its resolution.
    coarse: (i64, u64),
    spans: Vec<Span>,
    pub(super) seconds: Seconds,
    first_seen: Option<i64>,
    pub(super) first_start: i64,
    pub(super) last_start: i64,
    pub(super) last_end: i64,
    pub(super) count: u64,
    pub(super) start_tick: u64,
    /// Rows whose labels are no text.
    pub(super) relabelled: u64,
    pub(super) bad: Counts,
    left_out: Vec<LeftOut>,
}

/// The result, once every sample is written.
pub(super) struct Collected {
    pub(super) first_start: i64,
    pub(super) last_start: i64,
    pub(super) last_end: i64,
    pub(super) count: u64,
    pub(super) start_tick: u64,
    pub(super) relabelled: u64,
    pub(super) bad: Counts,
    pub(super) left_out: Vec<LeftOut>,
    /// By part, in the order of their numbers.
    pub(super) spans: Vec<Span>,
    pub(super) seconds: Seconds,
}

impl Collector {
    /// Writes parts into a folder.
    pub(super) fn create(directory: &Path) -> Result<Self, ImportError> {
        let none = Labels {
            requests: Vec::new(),
            scenarios: Vec::new(),
        };
        let mut writer = SampleWriter::create(directory, none)?;
        let (parts, received) = sync_channel::<Part>(1);
        let writer = std::thread::Builder::new()
            .name("import: write".to_owned())
            .spawn(move || {
                for part in received {
                    writer.add_labels(part.labels)?;
                    writer.write_part(&part.samples)?;
                }
                Ok(())
            })
            .map_err(|source| SamplesError::Write {
                path: directory.to_owned(),
                source,
            })?;
        Ok(Self {
            path: PathBuf::new(),
            parts: Some(parts),
            writer,
            samples: Vec::with_capacity(PART),
            labels: Names::default(),
            scenarios: Names::default(),
            waiting: Vec::new(),
            coarse: (0, 0),
            spans: Vec::new(),
            seconds: Seconds::default(),
            first_seen: None,
            first_start: i64::MAX,
            last_start: i64::MIN,
            last_end: i64::MIN,
            count: 0,
            start_tick: 1,
            relabelled: 0,
            bad: Counts::default(),
            left_out: Vec::new(),
        })
    }

    /// The file that the next rows are of.
    pub(super) fn begin(&mut self, path: &Path) {
        path.clone_into(&mut self.path);
    }

    pub(super) fn bad(&mut self, bad: Bad, line: u64) {
        self.bad.add(bad, &self.path, line);
    }

    /// Counts a row that is left out on purpose.
    pub(super) fn leave_out(&mut self, what: &'static str) {
        match self.left_out.iter_mut().find(|it| it.what == what) {
            Some(left_out) => left_out.count += 1,
            None => self.left_out.push(LeftOut {
                what: what.to_owned(),
                count: 1,
            }),
        }
    }

    /// All rows so far.
    pub(super) fn rows(&self) -> u64 {
        let left_out: u64 = self.left_out.iter().map(|it| it.count).sum();
        self.count + self.waiting.len() as u64 + self.bad.total() + left_out
    }

    /// Adds a row from a line of the file. An invalid row is counted as bad.
    pub(super) fn add(&mut self, row: &Row<'_>, line: u64) -> Result<(), ImportError> {
        let (At::Start(at) | At::End(at)) = row.at;
        let first = *self.first_seen.get_or_insert(at);
        if !BELIEVED.contains(&at)
            || (at - first).abs() > LONGEST_RUN_NS
            || row.elapsed_ns > LONGEST_ELAPSED_NS
        {
            if self.count == 0 && self.waiting.is_empty() {
                self.first_seen = None;
                self.seconds = Seconds::default();
            }
            self.bad(Bad::OutOfRange, line);
            return Ok(());
        }
        let request = self.label(row.label)?;
        let scenario = self.scenarios.number(row.scenario).0;
        let sample = Sample {
            elapsed_ns: row.elapsed_ns,
            latency_ns: row.latency_ns,
            connect_ns: row.connect_ns,
            bytes_sent: row.bytes_sent,
            bytes_received: row.bytes_received,
            status: row.status,
            error: row.error,
            request,
            scenario,
            user: row.user,
            active_users: row.active_users.unwrap_or_default(),
            ..Sample::UNANSWERED
        };
        self.start_tick = self.start_tick.max(row.tick);
        if row.tick > COARSE {
            if self.coarse != (at, row.tick) || self.waiting.len() >= MOST_AT_ONCE {
                self.spread()?;
                self.coarse = (at, row.tick);
            }
            self.waiting.push((row.at, sample));
            return Ok(());
        }
        // Rows of one tick keep the order of the file: their starts differ by less than the tick.
        let within = (self.count % row.tick.max(1)) as i64;
        self.place(row.at, within, sample, row.active_users)
    }

    /// Takes a count of active users from a line of the file; one at a time that cannot be is counted as bad.
    pub(super) fn count_users(&mut self, at: Option<i64>, users: u32, line: u64) {
        let at = at.filter(|at| {
            let first = self.first_seen.unwrap_or(*at);
            BELIEVED.contains(at) && (at - first).abs() <= LONGEST_RUN_NS
        });
        match at {
            Some(at) => {
                self.first_seen.get_or_insert(at);
                self.seconds.count(at, users);
            }
            None => self.bad(Bad::OutOfRange, line),
        }
    }

    fn label(&mut self, label: &[u8]) -> Result<u16, ImportError> {
        let (number, is_text) = self.labels.number(named(label));
        self.relabelled += u64::from(!is_text);
        if usize::from(number) >= MOST_LABELS {
            return Err(ImportError::TooManyLabels {
                path: self.path.clone(),
                most: MOST_LABELS,
            });
        }
        Ok(number)
    }

    /// Spreads the rows of a coarse instant evenly over its interval, in the order of the file.
    fn spread(&mut self) -> Result<(), ImportError> {
        let mut waiting = std::mem::take(&mut self.waiting);
        let (_, tick) = self.coarse;
        let count = waiting.len() as u64;
        for ((at, sample), index) in waiting.drain(..).zip(0_u64..) {
            let within = (u128::from(tick) * u128::from(index) / u128::from(count)) as i64;
            let users = (sample.active_users > 0).then_some(sample.active_users);
            self.place(at, within, sample, users)?;
        }
        self.waiting = waiting;
        Ok(())
    }

    fn place(
        &mut self,
        at: At,
        within: i64,
        mut sample: Sample,
        active_users: Option<u32>,
    ) -> Result<(), ImportError> {
        let elapsed = sample.elapsed_ns as i64;
        let start = match at {
            At::Start(at) => at + within,
            At::End(at) => at + within - elapsed,
        };
        (sample.started_at, sample.intended_at) = (start, start);
        self.first_start = self.first_start.min(start);
        self.last_start = self.last_start.max(start);
        self.last_end = self.last_end.max(start + elapsed);
        self.count += 1;
        self.seconds.request(start, start + elapsed, active_users);
        self.samples.push(sample);
        if self.samples.len() == PART {
            self.write()?;
        }
        Ok(())
    }

    /// Sends the samples to their part.
    fn write(&mut self) -> Result<(), ImportError> {
        let samples = std::mem::replace(&mut self.samples, Vec::with_capacity(PART));
        let starts = || samples.iter().map(|sample| sample.started_at);
        let (Some(first), Some(last)) = (starts().min(), starts().max()) else {
            return Ok(());
        };
        self.spans.push(Span { first, last });
        let part = Part {
            samples,
            labels: Labels {
                requests: self.labels.new_ones(),
                scenarios: self.scenarios.new_ones(),
            },
        };
        let sent = self.parts.as_ref().map(|parts| parts.send(part));
        if !matches!(sent, Some(Ok(()))) {
            // The writer has ended early, with an error.
            self.parts = None;
            return Err(ImportError::Interrupted);
        }
        Ok(())
    }

    /// Writes the rest, and waits for the writer.
    pub(super) fn finish(
        mut self,
        read: Result<(), ImportError>,
    ) -> Result<Collected, ImportError> {
        let mut read = read;
        if read.is_ok() {
            read = self.spread().and_then(|()| self.write());
        }
        self.parts = None;
        let written = self.writer.join();
        let written = written.expect("the thread that writes parts does not panic");
        // The writer's error comes first, because others follow from it.
        written?;
        read?;
        Ok(Collected {
            first_start: self.first_start,
            last_start: self.last_start,
            last_end: self.last_end,
            count: self.count,
            start_tick: self.start_tick,
            relabelled: self.relabelled,
            bad: self.bad,
            left_out: self.left_out,
            spans: self.spans,
            seconds: self.seconds,
        })
    }
}

/// What a label is called in tables, which have a row for all requests together.
fn named(label: &[u8]) -> &[u8] {
    match label {
        b"TOTAL" => b"TOTAL (label)",
        label if label.trim_ascii().is_empty() => b"(no label)",
        label => label,
    }
}

/// Names, and the number of each in the order in which they were first seen.
#[derive(Default)]
struct Names {
    numbers: HashMap<Box<[u8]>, (u16, bool)>,
    /// Texts by number; different bytes may be the same text.
    texts: HashMap<String, u16>,
    new: VecDeque<String>,
    last: (Vec<u8>, (u16, bool)),
}

impl Names {
    /// The number of a name, and whether its bytes are text. Beyond 65,535 names all are the last one.
    fn number(&mut self, name: &[u8]) -> (u16, bool) {
        if self.last.0 == name && !self.numbers.is_empty() {
            return self.last.1;
        }
        let found = match self.numbers.get(name) {
            Some(found) => *found,
            None => {
                let text = String::from_utf8_lossy(name).into_owned();
                let is_text = std::str::from_utf8(name).is_ok();
                let next = u16::try_from(self.texts.len()).ok();
                let number = match (self.texts.get(&text), next) {
                    (Some(number), _) => *number,
                    (None, Some(next)) => {
                        self.texts.insert(text.clone(), next);
                        self.new.push_back(text);
                        next
                    }
                    (None, None) => u16::MAX,
                };
                self.numbers.insert(name.into(), (number, is_text));
                (number, is_text)
            }
        };
        self.last.0.clear();
        self.last.0.extend_from_slice(name);
        self.last.1 = found;
        found
    }

    fn new_ones(&mut self) -> Vec<String> {
        self.new.drain(..).collect()
    }
}
