//! Recorded exchanges that failed: requests with their responses, some of each label and kind of error, and the number
//! of failures by reason. `failures/exchanges.json` in a run's folder.
//!
//! While a run goes on, a [`FailureRecorder`] is offered every failed exchange and keeps a bounded number of them, chosen
//! uniformly. What it writes holds no secrets; [`Failures`] reads it back.

mod message;
mod reasons;
mod record;
mod recorder;
mod redact;
mod reservoir;

pub use message::{BODY_LIMIT, RawMessage};
pub use record::{
    Body, Content, Exchange, FAILURES_FILE, FAILURES_FOLDER, FAILURES_VERSION, Failures, Message,
    Reason,
};
pub use recorder::{EXCHANGES_KEPT, FailureRecorder, RawExchange};
