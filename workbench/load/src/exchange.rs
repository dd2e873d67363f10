//! Recorded exchanges of a run, and their observer.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use workbench_plan::Secret;
use workbench_samples::{
    BODY_LIMIT, ErrorKind, Exchange, FailureRecorder, Labels, RawExchange, RawMessage, SamplesError,
};

use crate::attack::Attack;
use crate::client::KeptResponse;

/// One exchange of a run, as it ended.
#[derive(Clone, Debug)]
pub struct ObservedExchange {
    /// Request and response, without secrets.
    pub exchange: Exchange,
    /// Variables that the response has set, with their values.
    pub captured: Vec<(String, String)>,
    /// What was expected of the response besides being a success.
    pub expected: Option<String>,
    /// A capture that later steps need is missing: the iteration ends.
    pub ends_iteration: bool,
}

/// Called with every exchange of a run.
pub type ExchangeObserver = Box<dyn Fn(ObservedExchange) + Send + Sync>;

/// The receivers of exchanges.
pub(crate) struct Exchanges {
    recorder: FailureRecorder,
    observer: Option<ExchangeObserver>,
}

/// How an exchange ended.
#[derive(Clone, Copy)]
pub(crate) struct Ended<'a> {
    pub(crate) label: u16,
    pub(crate) kind: Option<ErrorKind>,
    pub(crate) reason: &'a str,
    /// A capture that later steps need is missing.
    pub(crate) ends_iteration: bool,
}

impl Exchanges {
    pub(crate) fn new(
        labels: Labels,
        seed: u64,
        secrets: &[Secret],
        observer: Option<ExchangeObserver>,
    ) -> Self {
        let secrets: Vec<&str> = secrets.iter().map(Secret::expose).collect();
        Self {
            recorder: FailureRecorder::new(labels, seed, &secrets),
            observer,
        }
    }

    /// Whether an observer is given each exchange as it ends.
    pub(crate) fn are_looked_at(&self) -> bool {
        self.observer.is_some()
    }

    /// Whether a successful response of this label must be kept.
    pub(crate) fn wants_good(&self, label: u16) -> bool {
        self.observer.is_some() || self.recorder.wants(label, None)
    }

    /// Counts an exchange, and stores it if it is chosen. `secrets`, `exchange` and `captured` are called only then.
    pub(crate) fn offer(
        &self,
        ended: Ended<'_>,
        secrets: impl Fn() -> Vec<String>,
        exchange: impl Fn() -> RawExchange,
        captured: impl FnOnce() -> Vec<(String, String)>,
        expected: Option<&str>,
    ) {
        let Ended {
            label,
            kind,
            reason,
            ends_iteration,
        } = ended;
        match kind {
            // Caused by the end of the run or by this machine, not by the target.
            Some(ErrorKind::Censored | ErrorKind::Generator) => {}
            Some(kind) => {
                let secrets = secrets();
                let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
                self.recorder
                    .failed(label, kind, reason, &secrets, &exchange);
            }
            None if self.recorder.wants(label, None) => {
                let secrets = secrets();
                let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
                self.recorder.good(label, &secrets, &exchange);
            }
            None => {}
        }
        if let Some(observer) = &self.observer {
            let secrets = secrets();
            let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
            let captured = captured().into_iter();
            let shown = captured.map(|(name, value)| {
                let value = self.recorder.shown_value(&name, &value, &secrets);
                (name, value)
            });
            observer(ObservedExchange {
                captured: shown.collect(),
                expected: expected.map(str::to_owned),
                ends_iteration,
                exchange: self
                    .recorder
                    .redact(label, kind, reason, &secrets, exchange()),
            });
        }
    }
}

/// Writes exchanges during a run, in its own thread, because writing may block.
#[derive(Debug)]
pub(crate) struct Keeper {
    finish: Sender<()>,
    thread: JoinHandle<Result<(), SamplesError>>,
}

impl Keeper {
    pub(crate) fn start(attack: Arc<Attack>, directory: PathBuf) -> Self {
        let (finish, finished) = channel();
        let thread = std::thread::spawn(move || {
            let recorder = &attack.exchanges.recorder;
            while finished.recv_timeout(SAVE_EVERY) == Err(RecvTimeoutError::Timeout) {
                // `finish` tries again, and reports the error.
                let _ = recorder.save_regularly(&directory);
            }
            recorder.save(&directory)
        });
        Self { finish, thread }
    }

    /// Writes the rest.
    pub(crate) fn finish(self) -> Result<(), SamplesError> {
        // The thread goes on until then.
        let _ = self.finish.send(());
        self.thread
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

/// Interval of writing.
const SAVE_EVERY: Duration = Duration::from_secs(1);

/// A request as it was sent.
pub(crate) fn sent(bytes: &[u8]) -> RawMessage {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    let (head, body) = bytes.split_at(end.map_or(bytes.len(), |end| end + 4));
    let kept = &body[..body.len().min(BODY_LIMIT)];
    RawMessage {
        head: head.to_owned(),
        head_truncated: false,
        body: kept.to_owned(),
        body_truncated: kept.len() < body.len(),
        body_length: body.len() as u64,
    }
}

/// A response as received.
pub(crate) fn received(answer: &KeptResponse) -> RawMessage {
    RawMessage {
        head: answer.head().to_owned(),
        head_truncated: false,
        body: answer.body()[..answer.body().len().min(BODY_LIMIT)].to_owned(),
        body_truncated: answer.is_truncated() || answer.body().len() > BODY_LIMIT,
        body_length: answer.body().len() as u64,
    }
}
