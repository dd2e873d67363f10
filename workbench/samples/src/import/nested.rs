//! Rows of `JMeter` that stand for other rows: transaction controllers, and the sub-samples of redirects and embedded
//! resources.

use std::collections::HashMap;

use super::collect::{At, Row};

/// What the message of a transaction controller's own sample begins with, in every language.
const TRANSACTION: &[u8] = b"Number of samples in transaction : ";

/// A row with what places it among the others of its thread.
pub(super) struct Nested<'a> {
    pub(super) row: Row<'a>,
    pub(super) line: u64,
    /// Nanoseconds of pauses that a transaction does not count as elapsed.
    pub(super) idle_ns: u64,
    /// `Some` for the sample of a transaction controller: how many samples it says to have had.
    pub(super) transaction: Option<u64>,
}

/// What becomes of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// A request of its own.
    Whole,
    /// A part of a sample that is there.
    SubSample,
    /// The sum of rows that are there.
    Sum,
    /// A transaction of which the next row of its thread will tell whether its samples are there.
    Unknown,
}

/// A transaction whose samples have not been seen, with its line.
pub(super) struct Held {
    row: Row<'static>,
    line: u64,
    label: Vec<u8>,
    scenario: Vec<u8>,
    start: i64,
    end: i64,
}

impl Held {
    pub(super) fn row(&self) -> (Row<'_>, u64) {
        let row = Row {
            label: &self.label,
            scenario: &self.scenario,
            ..self.row
        };
        (row, self.line)
    }
}

/// A thread of the test plan. It sends one request after another, so its rows are nested by their times.
#[derive(Default)]
pub(super) struct Thread {
    /// Number of the thread, from 1; 0 where the file names no threads, and rows of all of them are mixed.
    pub(super) number: u32,
    /// Label, start and end of its last sample, of which sub-samples may follow.
    last: (Vec<u8>, i64, i64),
    /// Whether sub-samples of it were seen.
    has_parts: bool,
    latest_start: Option<i64>,
    held: Option<Box<Held>>,
}

impl Thread {
    /// What becomes of a row, and of the transaction before it.
    pub(super) fn place(&mut self, nested: &Nested<'_>) -> (Part, Option<(Box<Held>, Part)>) {
        let row = &nested.row;
        let (At::Start(start) | At::End(start)) = row.at;
        let end = start
            .saturating_add_unsigned(row.elapsed_ns)
            .saturating_add_unsigned(nested.idle_ns);
        let is_transaction = nested.transaction.is_some();
        let before = self.held.take().map(|held| {
            // What follows it begins after it, maybe in the same millisecond.
            let is_within = start == held.start || (held.start..held.end).contains(&start);
            // A controller around the one that is held comes after it.
            let is_around = is_transaction && start <= held.start && end >= held.end;
            if is_within && !is_around {
                (held, Part::Sum)
            } else {
                self.saw(held.start);
                (held, Part::Whole)
            }
        });
        let part = match nested.transaction {
            Some(0) => Part::Sum,
            Some(_) if self.latest_start.is_some_and(|latest| latest >= start) => Part::Sum,
            Some(_) => Part::Unknown,
            None if self.is_part_of_last(row.label, start) => {
                self.has_parts = true;
                Part::SubSample
            }
            None => Part::Whole,
        };
        if part == Part::Whole {
            self.saw(start);
            self.last.0.clear();
            self.last.0.extend_from_slice(row.label);
            (self.last.1, self.last.2) = (start, end);
            self.has_parts = false;
        }
        (part, before)
    }

    /// Keeps a transaction until more is known.
    pub(super) fn hold(&mut self, nested: &Nested<'_>) {
        let row = nested.row;
        let (At::Start(start) | At::End(start)) = row.at;
        self.held = Some(Box::new(Held {
            label: row.label.to_vec(),
            scenario: row.scenario.to_vec(),
            line: nested.line,
            start,
            end: start
                .saturating_add_unsigned(row.elapsed_ns)
                .saturating_add_unsigned(nested.idle_ns),
            row: Row {
                label: b"",
                scenario: b"",
                ..row
            },
        }));
    }

    /// A transaction of which no sample has come.
    pub(super) fn release(&mut self) -> Option<Box<Held>> {
        self.held.take()
    }

    fn saw(&mut self, start: i64) {
        self.latest_start = self.latest_start.max(Some(start));
    }

    /// Sub-samples are named after their sample, `buy-0` and `buy-1-0`, and begin within it. The thread's next request begins
    /// after it, maybe in the same millisecond.
    fn is_part_of_last(&self, label: &[u8], start: i64) -> bool {
        let (name, from, to) = &self.last;
        label.last().is_some_and(u8::is_ascii_digit)
            && self.number > 0
            && (*from <= start && (start < *to || self.has_parts && start == *to))
            && label.strip_prefix(name.as_slice()).is_some_and(is_number)
    }
}

/// Whether a text is `-0`, `-1-0` and the like.
fn is_number(text: &[u8]) -> bool {
    let Some(numbers) = text.strip_prefix(b"-") else {
        return false;
    };
    numbers
        .split(|byte| *byte == b'-')
        .all(|number| !number.is_empty() && number.iter().all(u8::is_ascii_digit))
}

/// Of a transaction controller's message, the number of samples that it says to have had.
pub(super) fn transaction(message: &[u8]) -> Option<u64> {
    let rest = message.strip_prefix(TRANSACTION)?;
    let digits = rest.split(|byte| !byte.is_ascii_digit()).next()?;
    // Whatever is no number stands for some.
    Some(super::fields::whole(digits).unwrap_or(1))
}

/// Threads by name.
#[derive(Default)]
pub(super) struct Threads {
    numbers: HashMap<Box<[u8]>, usize>,
    threads: Vec<Thread>,
}

impl Threads {
    /// The thread of a name, or all of a file that names none.
    pub(super) fn of(&mut self, name: Option<&[u8]>) -> &mut Thread {
        let next = self.threads.len();
        let key = name.unwrap_or_default();
        let index = match self.numbers.get(key) {
            Some(index) => *index,
            None => {
                self.numbers.insert(key.into(), next);
                self.threads.push(Thread {
                    number: name.map_or(0, |_| next as u32 + 1),
                    ..Thread::default()
                });
                next
            }
        };
        &mut self.threads[index]
    }

    pub(super) fn all(&mut self) -> &mut [Thread] {
        &mut self.threads
    }
}
