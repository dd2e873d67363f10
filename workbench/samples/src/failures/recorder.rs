//! Records failed exchanges during a run.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::message::{BODY_LIMIT, RawMessage, SCANT_BODY};
use super::reasons::{Reasons, cut};
use super::record::{
    Exchange, FAILURES_FILE, FAILURES_FOLDER, FAILURES_VERSION, Failures, Message, Reason,
};
use super::redact::Redactor;
use super::reservoir::Reservoir;
use crate::error::SamplesError;
use crate::sample::{ErrorKind, Labels};
use crate::versioned;

/// Exchanges that are kept of each label and kind of error. Our choice.
pub const EXCHANGES_KEPT: usize = 10;
/// Most bytes of all recorded exchanges. Above half of it, bodies are cut. Our choice.
const ROOM: usize = 16 << 20;
/// Shortest interval between writes: what a killed run loses.
const SAVE_EVERY: Duration = Duration::from_secs(4);
/// Shortest pause as a multiple of the last write's duration, so that writing takes at most 2 % of a processor. Our
/// choice.
const PAUSE_PER_SAVE: u32 = 50;

/// Keeps exchanges that fail, and the first good one of each label. Shared by all workers.
///
/// Of each label and kind of error, [`EXCHANGES_KEPT`] are chosen uniformly over the run, with the run's seed. The
/// recorded exchanges are bounded in memory and on disk, and written without secrets.
#[derive(Debug)]
pub struct FailureRecorder {
    labels: Labels,
    redactor: Redactor,
    /// By label.
    good: Vec<Good>,
    /// By label, and by kind within it.
    failed: Vec<Failed>,
    /// Bytes of all recorded exchanges.
    kept: AtomicUsize,
    /// Different reasons so far.
    reasons: AtomicUsize,
    changed: AtomicBool,
    saved: Mutex<Option<Saved>>,
}

/// The first good exchange of a label.
#[derive(Debug, Default)]
struct Good {
    is_there: AtomicBool,
    exchange: Mutex<Option<Kept>>,
}

/// Exchanges of a label that failed with one kind of error.
#[derive(Debug)]
struct Failed {
    exchanges: Reservoir<Kept>,
    reasons: Mutex<Reasons>,
}

#[derive(Debug)]
struct Kept {
    size: usize,
    exchange: State,
}

/// Redacted lazily, because redaction would delay the workers.
#[derive(Debug)]
enum State {
    Raw(Box<Raw>),
    Stored(Box<Exchange>),
}

#[derive(Debug)]
struct Raw {
    exchange: RawExchange,
    reason: String,
    secrets: Vec<Vec<u8>>,
}

#[derive(Clone, Copy, Debug)]
struct Saved {
    at: Instant,
    took: Duration,
}

/// An exchange as it happened, secrets included.
#[derive(Clone, Debug)]
pub struct RawExchange {
    /// Position of the scenario in [`Labels::scenarios`].
    pub scenario: u16,
    /// When the user decided to send, UTC nanoseconds since the Unix epoch.
    pub at: i64,
    /// Number of the user, from 1.
    pub user: u32,
    /// Number of the user's iteration, or of the arrival, from 1.
    pub iteration: u32,
    /// From the start to the last byte of the response, or to the failure.
    pub elapsed_ns: u64,
    /// Redirects that were followed.
    pub redirects: u8,
    /// The request was sent again on a new connection.
    pub sent_again: bool,
    /// Scheme, host and port that the request went to: `http://127.0.0.1:8080`.
    pub server: String,
    /// What was sent, or was to be sent.
    pub request: RawMessage,
    /// The response, if any.
    pub response: Option<RawMessage>,
}

impl FailureRecorder {
    /// For a run with these labels and this seed. `secrets` are values that must not be stored, besides those
    /// recognised as credentials by name.
    #[must_use]
    pub fn new<S: AsRef<[u8]>>(labels: Labels, seed: u64, secrets: &[S]) -> Self {
        let cells = labels.requests.len() * ErrorKind::ALL.len();
        // Neighbouring seeds must give independent choices.
        let mut seeds = fastrand::Rng::with_seed(seed);
        let failed = std::iter::repeat_with(|| Failed {
            exchanges: Reservoir::new(EXCHANGES_KEPT, seeds.u64(..)),
            reasons: Mutex::default(),
        });
        Self {
            redactor: Redactor::new(secrets),
            good: labels.requests.iter().map(|_| Good::default()).collect(),
            failed: failed.take(cells).collect(),
            kept: AtomicUsize::new(0),
            reasons: AtomicUsize::new(0),
            changed: AtomicBool::new(false),
            saved: Mutex::new(None),
            labels,
        }
    }

    /// Whether an exchange of a label that ends now would be recorded: with an error of this kind, or a success for
    /// `None`.
    ///
    /// Takes no lock. Called before a response arrives, to decide whether it must be copied.
    ///
    /// # Panics
    /// If the label is not among those of the run.
    #[must_use]
    pub fn wants(&self, label: u16, kind: Option<ErrorKind>) -> bool {
        match kind {
            Some(kind) => self.cell(label, kind).exchanges.wants(),
            None => !self.good[usize::from(label)]
                .is_there
                .load(Ordering::Relaxed),
        }
    }

    /// Counts a failed exchange with its reason, and records it if it is chosen; `exchange` is called only then. Must
    /// be called once for every failed exchange. `secrets` are further values that must not be stored: those of the
    /// user's data row.
    ///
    /// # Panics
    /// If the label is not among those of the run.
    pub fn failed(
        &self,
        label: u16,
        kind: ErrorKind,
        reason: &str,
        secrets: &[&str],
        exchange: impl FnOnce() -> RawExchange,
    ) {
        let cell = self.cell(label, kind);
        // Different statuses are different reasons.
        let exact = kind == ErrorKind::Status;
        let shown = || self.redactor.with(secrets).reason(reason);
        lock(&cell.reasons).add(reason, exact, &self.reasons, shown);
        self.changed.store(true, Ordering::Relaxed);
        cell.exchanges.count(|other| {
            let freed = other.map_or(0, |other| other.size);
            self.fitted(exchange(), reason, secrets, freed)
        });
    }

    /// Records a successful exchange if it is the first one of its label; `exchange` is called only then. `secrets` are
    /// as in [`FailureRecorder::failed`].
    ///
    /// # Panics
    /// If the label is not among those of the run.
    pub fn good(&self, label: u16, secrets: &[&str], exchange: impl FnOnce() -> RawExchange) {
        let good = &self.good[usize::from(label)];
        if !good.is_there.swap(true, Ordering::Relaxed) {
            *lock(&good.exchange) = self.fitted(exchange(), "", secrets, 0);
            self.changed.store(true, Ordering::Relaxed);
        }
    }

    /// An exchange as it would be stored. `secrets` are as in [`FailureRecorder::failed`].
    ///
    /// # Panics
    /// If the label is not among those of the run.
    #[must_use]
    pub fn redact(
        &self,
        label: u16,
        kind: Option<ErrorKind>,
        reason: &str,
        secrets: &[&str],
        mut exchange: RawExchange,
    ) -> Exchange {
        exchange.request.cut(BODY_LIMIT);
        if let Some(response) = &mut exchange.response {
            response.cut(BODY_LIMIT);
        }
        let raw = Raw {
            exchange,
            reason: reason.to_owned(),
            secrets: secrets.iter().map(|it| it.as_bytes().to_owned()).collect(),
        };
        self.redacted(usize::from(label), kind, &raw)
    }

    /// The value of a variable without secrets; of a credential by name, only its beginning. `secrets` are as in
    /// [`FailureRecorder::failed`].
    #[must_use]
    pub fn shown_value(&self, name: &str, value: &str, secrets: &[&str]) -> String {
        self.redactor.with(secrets).value(name, value)
    }

    /// Writes the recorded exchanges if they changed and the last write was long enough ago.
    ///
    /// # Errors
    /// As [`FailureRecorder::save`].
    pub fn save_regularly(&self, run_directory: &Path) -> Result<(), SamplesError> {
        let is_due = lock(&self.saved)
            .is_none_or(|saved| saved.at.elapsed() >= SAVE_EVERY.max(saved.took * PAUSE_PER_SAVE));
        if is_due {
            self.save(run_directory)
        } else {
            Ok(())
        }
    }

    /// Writes the recorded exchanges into the run's folder if they changed, atomically replacing the earlier file.
    ///
    /// # Errors
    /// A full disk, and other I/O errors; what was written before is then untouched.
    pub fn save(&self, run_directory: &Path) -> Result<(), SamplesError> {
        let mut saved = lock(&self.saved);
        if !self.changed.swap(false, Ordering::Relaxed) {
            return Ok(());
        }
        let at = Instant::now();
        let folder = run_directory.join(FAILURES_FOLDER);
        let written = make_folder(&folder)
            .and_then(|()| versioned::write(&self.collected(), folder.join(FAILURES_FILE)));
        let took = at.elapsed();
        *saved = Some(Saved { at, took });
        // After a failed write, the changes are still unwritten.
        self.changed.fetch_or(written.is_err(), Ordering::Relaxed);
        written
    }

    /// The exchanges recorded so far, without secrets.
    #[must_use]
    pub fn collected(&self) -> Failures {
        let mut failures = Failures {
            schema_version: FAILURES_VERSION,
            reasons: Vec::new(),
            exchanges: Vec::new(),
        };
        for (label, good) in self.good.iter().enumerate() {
            if let Some(kept) = &mut *lock(&good.exchange) {
                failures.exchanges.push(self.stored(label, None, kept));
            }
            for kind in ErrorKind::ALL {
                let cell = &self.failed[self.place(label, kind)];
                let first = failures.exchanges.len();
                cell.exchanges.each(|kept| {
                    failures
                        .exchanges
                        .push(self.stored(label, Some(kind), kept));
                });
                failures.exchanges[first..].sort_by_key(|it| (it.at, it.user));
                let reasons = lock(&cell.reasons).all().into_iter();
                failures
                    .reasons
                    .extend(reasons.map(|(reason, count)| Reason {
                        label: self.labels.requests[label].clone(),
                        kind,
                        reason,
                        count,
                    }));
            }
        }
        failures
    }

    fn cell(&self, label: u16, kind: ErrorKind) -> &Failed {
        &self.failed[self.place(usize::from(label), kind)]
    }

    fn place(&self, label: usize, kind: ErrorKind) -> usize {
        label * ErrorKind::ALL.len() + kind as usize
    }

    /// An exchange cut to the available room, which includes the `freed` bytes of the one that it replaces. `None`
    /// without room.
    fn fitted(
        &self,
        mut raw: RawExchange,
        reason: &str,
        secrets: &[&str],
        freed: usize,
    ) -> Option<Kept> {
        let kept = self.kept.load(Ordering::Relaxed);
        let body = if kept < ROOM / 2 {
            BODY_LIMIT
        } else {
            SCANT_BODY
        };
        raw.request.cut(body);
        let response = raw.response.as_mut();
        let response = response.map_or(0, |response| {
            response.cut(body);
            response.size()
        });
        let size = size_of::<Raw>() + reason.len() + raw.request.size() + response;
        if kept.saturating_sub(freed) + size > ROOM {
            return None;
        }
        self.kept.fetch_add(size, Ordering::Relaxed);
        self.kept.fetch_sub(freed, Ordering::Relaxed);
        Some(Kept {
            size,
            exchange: State::Raw(Box::new(Raw {
                exchange: raw,
                reason: reason.to_owned(),
                secrets: secrets.iter().map(|it| it.as_bytes().to_owned()).collect(),
            })),
        })
    }

    /// An exchange as it is written. It is redacted only once.
    fn stored(&self, label: usize, kind: Option<ErrorKind>, kept: &mut Kept) -> Exchange {
        let stored = match &kept.exchange {
            State::Stored(stored) => return stored.as_ref().clone(),
            State::Raw(raw) => self.redacted(label, kind, raw),
        };
        kept.exchange = State::Stored(Box::new(stored.clone()));
        stored
    }

    fn redacted(&self, label: usize, kind: Option<ErrorKind>, raw: &Raw) -> Exchange {
        let redactor = &self.redactor.with(&raw.secrets);
        let exchange = &raw.exchange;
        let scenarios = &self.labels.scenarios;
        let response = exchange.response.as_ref();
        Exchange {
            label: self.labels.requests[label].clone(),
            scenario: scenarios[usize::from(exchange.scenario)].clone(),
            kind,
            reason: cut(&redactor.reason(&raw.reason)).to_owned(),
            at: exchange.at,
            user: exchange.user,
            iteration: exchange.iteration,
            elapsed_ns: exchange.elapsed_ns,
            redirects: exchange.redirects,
            sent_again: exchange.sent_again,
            server: redactor.line(&exchange.server),
            request: Message::of(&exchange.request, redactor),
            response: response.map(|response| Message::of(response, redactor)),
        }
    }
}

/// Creates only this folder: a removed run folder is not created again.
fn make_folder(folder: &Path) -> Result<(), SamplesError> {
    match std::fs::create_dir(folder) {
        Err(source) if source.kind() != std::io::ErrorKind::AlreadyExists => {
            Err(SamplesError::Write {
                path: folder.to_owned(),
                source,
            })
        }
        _ => Ok(()),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A thread that panicked has at worst not added its item.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
