//! The second pass: counts and sums.

use std::collections::BTreeMap;

use polars_core::prelude::PolarsResult;
use workbench_samples::{ErrorKind, column};

use super::Window;
use super::counts::{Counts, exact};
use super::labels::Labels;
use super::outage::{InVain, Outage};
use super::response_gaps::ResponseGaps;
use super::responses::Responses;
use super::rows::{Clock, NS_PER_SECOND, Rows, missing, second};
use crate::model::ErrorCount;

/// Besides what [`Batch::read`](super::batch::Batch::read) takes.
pub(super) const COLUMNS: [&str; 9] = [
    column::STARTED_AT,
    column::ELAPSED_NS,
    column::LATENCY_NS,
    column::CONNECT_NS,
    column::BYTES_SENT,
    column::BYTES_RECEIVED,
    column::STATUS,
    column::ERROR,
    column::ACTIVE_USERS,
];

/// The kinds of failures that the analysis distinguishes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Failure {
    /// A whole response was received, but not the expected one.
    Answered,
    /// There was no response.
    InVain,
    /// Neither is known.
    Other,
}

impl Failure {
    fn of(error: &str) -> Self {
        match ErrorKind::ALL.into_iter().find(|it| it.as_str() == error) {
            Some(ErrorKind::Status | ErrorKind::Capture | ErrorKind::Expect) => Self::Answered,
            Some(
                ErrorKind::Dns
                | ErrorKind::Refused
                | ErrorKind::Connect
                | ErrorKind::Tls
                | ErrorKind::Reset
                | ErrorKind::Timeout,
            ) => Self::InVain,
            _ => Self::Other,
        }
    }
}

/// All counts and sums of some samples.
pub(super) struct Tally<'a> {
    pub(super) labels: Vec<LabelTally>,
    /// By class.
    pub(super) times: Vec<Counts>,
    pub(super) seconds: Vec<SecondTally>,
    /// Responses received whole, by the second of their end.
    pub(super) completed: BTreeMap<u32, u64>,
    pub(super) answers: ResponseGaps,
    pub(super) responses: Responses,
    /// By service.
    in_vain: Vec<InVain>,
    errors: BTreeMap<(usize, String, Option<u16>), u64>,
    of: &'a Labels,
}

/// Counts, sums and instants of one label.
#[derive(Clone, Copy)]
pub(crate) struct LabelTally {
    pub(crate) samples: u64,
    /// Of these, how many were sent: all but arrivals that never began.
    pub(crate) began: u64,
    pub(crate) errors: u64,
    /// Samples in the steady part.
    pub(crate) steady: u64,
    /// Of these, how many failed.
    pub(crate) steady_errors: u64,
    /// Samples that ended within the window of the steady part, those of the ramp-up before it included.
    pub(crate) ended_in_window: u64,
    /// Samples of any phase that were answered, whatever the status.
    answered: u64,
    /// End of the last of these.
    last_answer: i64,
    pub(crate) first_start: i64,
    pub(crate) last_end: i64,
    pub(crate) bytes_sent: u64,
    pub(crate) bytes_received: u64,
    /// Of the steady part.
    pub(crate) phases: PhaseSums,
}

/// Sums over the requests whose first byte arrived.
#[derive(Clone, Copy)]
pub(crate) struct PhaseSums {
    pub(crate) requests: u64,
    pub(crate) new_connections: u64,
    pub(crate) connect_ns: u128,
    pub(crate) first_byte_ns: u128,
    pub(crate) elapsed_ns: u128,
}

impl PhaseSums {
    const NONE: Self = Self {
        requests: 0,
        new_connections: 0,
        connect_ns: 0,
        first_byte_ns: 0,
        elapsed_ns: 0,
    };

    fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        self.new_connections += other.new_connections;
        self.connect_ns += other.connect_ns;
        self.first_byte_ns += other.first_byte_ns;
        self.elapsed_ns += other.elapsed_ns;
    }
}

/// Sums over the requests that started in one second.
#[derive(Clone, Copy, Default)]
pub(super) struct SecondTally {
    pub(super) errors: u64,
    pub(super) active_users: u64,
}

/// A label, whether the sample is in the steady part, and whether it failed, in 16 bits.
pub(super) fn code(label: u16, steady: bool, failed: bool) -> u16 {
    label << 2 | u16::from(steady) << 1 | u16::from(failed)
}

/// The label of a code.
pub(super) fn label(code: u16) -> usize {
    usize::from(code >> 2)
}

/// The class of a code: three for each label, in the order of its [`LabelTimes`](super::LabelTimes).
pub(super) fn class_of(code: u16) -> usize {
    let of_label = match (in_steady_part(code), is_failed(code)) {
        (true, false) => 0,
        (true, true) => 1,
        (false, _) => 2,
    };
    3 * label(code) + of_label
}

pub(super) fn in_steady_part(code: u16) -> bool {
    code & 2 != 0
}

pub(super) fn is_failed(code: u16) -> bool {
    code & 1 != 0
}

/// As many as a code has room for.
pub(super) const MOST_LABELS: usize = 1 << 14;

impl<'a> Tally<'a> {
    pub(super) fn new(labels: &'a Labels, seconds: usize, window: Option<Window>) -> Self {
        Self {
            labels: vec![LabelTally::NONE; labels.names.len()],
            times: (0..3 * labels.names.len())
                .map(|_| Counts::default())
                .collect(),
            seconds: vec![SecondTally::default(); seconds],
            completed: BTreeMap::new(),
            answers: ResponseGaps::new(window),
            responses: Responses::new(seconds),
            in_vain: vec![InVain::default(); labels.services.len()],
            errors: BTreeMap::new(),
            of: labels,
        }
    }

    /// Adds the samples of a batch.
    pub(super) fn add(
        &mut self,
        (rows, codes): &(Rows, Vec<u16>),
        clock: Clock,
        window: Option<Window>,
    ) -> PolarsResult<()> {
        let started = rows.started_at()?;
        let elapsed = rows.whole(column::ELAPSED_NS)?;
        let response = rows.response_ns()?;
        let sent = rows.whole(column::BYTES_SENT)?;
        let received = rows.whole(column::BYTES_RECEIVED)?;
        let users = rows.small(column::ACTIVE_USERS)?;
        let statuses = rows.optional(column::STATUS)?;
        let first_byte = rows.whole(column::LATENCY_NS)?;
        let connect = rows.whole(column::CONNECT_NS)?;
        let users_of = self
            .of
            .may_wait
            .then(|| rows.small(column::USER))
            .transpose()?;
        let errors = rows.optional_texts(column::ERROR)?;
        let error_of = rows.table(column::ERROR, Failure::of)?;
        let mut failures: BTreeMap<_, u64> = BTreeMap::new();
        let mut completed = RunOfSeconds::default();
        for (row, error) in errors.physical().iter().enumerate() {
            let start = started[row];
            let taken = i64::try_from(elapsed[row]).map_err(|_| missing(column::ELAPSED_NS))?;
            let end = start.saturating_add(taken);
            let in_second = second(clock.since(start)?)?;
            let code = codes[row];
            let (label, steady, failed) = (label(code), in_steady_part(code), is_failed(code));
            // An arrival that never began has no request and no response.
            let began = users_of.is_none_or(|users| users[row] != 0);
            let counts = &mut self.labels[label];
            counts.samples += 1;
            counts.began += u64::from(began);
            counts.errors += u64::from(failed);
            counts.steady += u64::from(steady);
            counts.steady_errors += u64::from(steady && failed);
            // A request that began in the window without being steady belongs to `on_start` or `on_stop`.
            let in_window = window
                .is_some_and(|window| window.contains(end) && (steady || start < window.from));
            counts.ended_in_window += u64::from(began && in_window);
            counts.first_start = counts.first_start.min(start);
            counts.last_end = counts.last_end.max(end);
            counts.bytes_sent += sent[row];
            counts.bytes_received += received[row];
            if steady && first_byte[row] > 0 {
                counts.phases.add(&PhaseSums {
                    requests: 1,
                    new_connections: u64::from(connect[row] > 0),
                    connect_ns: connect[row].into(),
                    first_byte_ns: first_byte[row].into(),
                    elapsed_ns: elapsed[row].into(),
                });
            }
            let counts = &mut self.seconds[in_second as usize];
            counts.errors += u64::from(failed);
            counts.active_users += u64::from(users[row]);
            let status = statuses.get(row);
            self.responses
                .add(in_second, status, connect[row], first_byte[row]);
            // A response is complete if all of it was received, whatever its status.
            let failure = error.and_then(|error| error_of[error as usize]);
            let answered = error.is_none() || failure == Some(Failure::Answered);
            let waited = (response[row] - elapsed[row]) as i64;
            self.answers.add(start - waited, end, answered);
            if answered {
                let counts = &mut self.labels[label];
                counts.answered += 1;
                counts.last_answer = counts.last_answer.max(end);
                completed.add(second(clock.since(end)?)?, &mut self.completed);
            } else if failure == Some(Failure::InVain)
                && let Some(service) = self.of.service_of[label]
            {
                self.in_vain[service].add(clock.since(end)?);
            }
            if let Some(error) = error {
                *failures.entry((label, error, status)).or_default() += 1;
            }
            self.times[class_of(code)].add(exact(response[row]));
        }
        completed.close(&mut self.completed);
        let words = rows.table(column::ERROR, str::to_owned)?;
        for ((label, error, status), count) in failures {
            let word = words[error as usize].clone();
            let word = word.ok_or_else(|| missing(column::ERROR))?;
            let status = status.map(u16::try_from).transpose();
            let status = status.map_err(|_| missing(column::STATUS))?;
            *self.errors.entry((label, word, status)).or_default() += count;
        }
        Ok(())
    }

    /// Merges both, which must have the same labels and seconds.
    pub(super) fn merged(mut self, other: Self) -> Self {
        for (counts, more) in self.labels.iter_mut().zip(other.labels) {
            counts.add(&more);
        }
        for (counts, more) in self.times.iter_mut().zip(other.times) {
            counts.merge(more);
        }
        for (counts, more) in self.seconds.iter_mut().zip(other.seconds) {
            counts.errors += more.errors;
            counts.active_users += more.active_users;
        }
        for (second, count) in other.completed {
            *self.completed.entry(second).or_default() += count;
        }
        self.answers.merge(&other.answers);
        self.responses.merge(other.responses);
        for (in_vain, more) in self.in_vain.iter_mut().zip(other.in_vain) {
            in_vain.merge(more);
        }
        for (error, count) in other.errors {
            *self.errors.entry(error).or_default() += count;
        }
        self
    }

    /// Services that stopped responding until the end of a run that began at `origin` and took `run_ns`.
    pub(super) fn gone(&self, origin: i64, run_ns: i64) -> Vec<Outage> {
        let mut gone = Vec::new();
        for (service, name) in self.of.services.iter().enumerate() {
            let of_service = self.of.service_of.iter().zip(&self.labels);
            let counts = of_service
                .filter(|(of, _)| **of == Some(service))
                .map(|(_, counts)| (counts.answered, counts.last_answer))
                .reduce(|a, b| (a.0 + b.0, a.1.max(b.1)));
            let Some((answers, last_answer)) = counts else {
                continue;
            };
            let since = last_answer.saturating_sub(origin);
            let in_vain = self.in_vain[service].gone_after(answers, since, run_ns);
            gone.extend(in_vain.map(|in_vain| Outage {
                service: name.clone(),
                since_s: since as f64 / NS_PER_SECOND as f64,
                in_vain,
            }));
        }
        gone
    }

    /// Failed requests by label, reason and status.
    pub(super) fn errors(&self) -> Vec<ErrorCount> {
        let errors = self.errors.iter();
        let totals = errors.map(|((label, error, status), count)| ErrorCount {
            request: self.of.names[*label].clone(),
            error: error.clone(),
            status: *status,
            count: *count,
        });
        totals.collect()
    }
}

impl LabelTally {
    pub(crate) const NONE: Self = Self {
        samples: 0,
        began: 0,
        errors: 0,
        steady: 0,
        steady_errors: 0,
        ended_in_window: 0,
        answered: 0,
        last_answer: i64::MIN,
        first_start: i64::MAX,
        last_end: i64::MIN,
        bytes_sent: 0,
        bytes_received: 0,
        phases: PhaseSums::NONE,
    };

    /// Adds the counts of another.
    pub(crate) fn add(&mut self, other: &Self) {
        self.samples += other.samples;
        self.began += other.began;
        self.errors += other.errors;
        self.steady += other.steady;
        self.steady_errors += other.steady_errors;
        self.ended_in_window += other.ended_in_window;
        self.answered += other.answered;
        self.last_answer = self.last_answer.max(other.last_answer);
        self.first_start = self.first_start.min(other.first_start);
        self.last_end = self.last_end.max(other.last_end);
        self.bytes_sent += other.bytes_sent;
        self.bytes_received += other.bytes_received;
        self.phases.add(&other.phases);
    }
}

/// Counts by second that are looked up only when the second changes, which in order of time is seldom.
#[derive(Default)]
struct RunOfSeconds {
    second: u32,
    count: u64,
}

impl RunOfSeconds {
    fn add(&mut self, second: u32, counts: &mut BTreeMap<u32, u64>) {
        if second != self.second {
            self.close(counts);
            self.second = second;
        }
        self.count += 1;
    }

    fn close(&mut self, counts: &mut BTreeMap<u32, u64>) {
        if self.count > 0 {
            *counts.entry(self.second).or_default() += self.count;
            self.count = 0;
        }
    }
}
