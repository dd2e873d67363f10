//! Turns a plan into traffic, and traffic into samples.
//!
//! The life of a [`run`]: `limits` refuses what this machine cannot do; `target` starts the services, or finds them, and
//! `reset` puts them back. `attack` holds what users share; `goose` launches every user on one of the `workers`, where it
//! waits for its time by the plan's schedule (`clock`, `pacer`) or for an arrival (`pool`), enters (`presence`) and lives
//! (`user`): it writes a `request`, the
//! `client` sends it and times its response, and the sample goes into the worker's slot. `recorder` empties the slots into
//! Parquet once a second, and tells who looks on (`live`); `watch` notes meanwhile what the run uses. `stop` ends a run early. Runs that are made at the same time are `together`, and one
//! whose start is a time of day waits for it in `start_at`. In the end `validity`
//! says whether the run can be believed, and the manifest is written for the last time. `fetch` sends single requests for `init`, outside of any run.

mod attack;
mod cgroup;
mod client;
mod clock;
mod directory;
mod error;
mod exchange;
mod fetch;
mod given;
mod goose;
mod host;
mod limits;
mod live;
mod pacer;
mod pool;
mod presence;
mod recorder;
mod request;
mod reset;
mod run;
mod start_at;
mod stop;
mod target;
mod time_sync;
mod together;
mod user;
mod validity;
mod watch;
mod workers;

pub use directory::RunDirectory;
pub use error::LoadError;
pub use exchange::{ExchangeObserver, Tried};
pub use fetch::{Look, download, look};
pub use host::describe as describe_host;
pub use limits::{check as check_limits, check_together as check_limits_together};
pub use live::{Live, LiveLatency};
pub use run::{FinishedRun, RunOptions, run};
pub use stop::{StopReason, StopSignal};
pub use target::BookstoreCommand;
pub use together::{Processes, Start, Together};
pub use validity::GENERATOR_STANDSTILL;
