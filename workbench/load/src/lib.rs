//! Turns a plan into traffic, and traffic into samples.
//!
//! [`run`] starts the target, has Goose launch the users, records every request through
//! hyper connections of its own, and leaves a run folder that says whether it can be believed.

mod attack;
mod cgroup;
mod client;
mod clock;
mod directory;
mod error;
mod host;
mod limits;
mod live;
mod processors;
mod recorder;
mod reset;
mod run;
mod stop;
mod target;
mod user;
mod validity;

pub use directory::RunDirectory;
pub use error::LoadError;
pub use host::describe as describe_host;
pub use limits::check as check_limits;
pub use live::{Live, LiveLatency};
pub use run::{FinishedRun, RunOptions, run};
pub use stop::{StopReason, StopSignal};
pub use target::BookstoreCommand;
