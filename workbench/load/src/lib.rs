//! Turns a plan into traffic, and traffic into samples.
//!
//! [`run`] starts the target, has Goose launch the users, records every request through
//! hyper connections of its own, and leaves a run folder that says whether it can be believed.

mod attack;
mod client;
mod clock;
mod error;
mod goose;
mod host;
mod limits;
mod live;
mod presence;
mod processors;
mod recorder;
mod request;
mod reset;
mod run;
mod stop;
mod target;
mod user;
mod validity;
mod workers;

pub use error::LoadError;
pub use host::describe as describe_host;
pub use live::{Live, LiveLatency};
pub use run::{FinishedRun, RunDirectory, RunOptions, run};
pub use stop::{StopReason, StopSignal};
pub use target::BookstoreCommand;
