//! Turns a plan into traffic, and traffic into samples.
//!
//! A [`run`] has these stages. `limits` refuses a plan that this machine cannot execute. `target` starts the services,
//! or connects to them, and `reset` resets them. `attack` holds the state that users share. `goose` launches every user
//! on one of the `workers`, where it waits for its start by the plan's schedule (`clock`, `pacer`) or for an arrival
//! (`pool`). A `user` is counted by `active_users`, writes a `request`, the `client` sends it and times the response,
//! and the sample goes into the worker's slot. `recorder` writes the slots to Parquet, and updates the live view
//! (`live`) once a second; `monitor` records the used resources meanwhile. `stop` ends a run early. `simultaneous`
//! starts runs at the same time, and `start_at` starts a run at a time of day. At the end `validity` checks the run,
//! and the manifest is written for the last time. `fetch` sends single requests for `init`, outside of any run.

mod active_users;
mod attack;
mod cgroup;
mod client;
mod clock;
mod directory;
mod error;
mod exchange;
mod fetch;
mod goose;
mod host;
mod limits;
mod live;
mod monitor;
mod pacer;
mod pool;
mod recorder;
mod request;
mod reset;
mod run;
mod simultaneous;
mod start_at;
mod stop;
mod target;
mod time_sync;
mod user;
mod validity;
mod variables;
mod workers;

pub use directory::RunDirectory;
pub use error::LoadError;
pub use exchange::{ExchangeObserver, ObservedExchange};
pub use fetch::{Probe, download, probe};
pub use host::describe as describe_host;
pub use limits::{check as check_limits, check_together as check_limits_together};
pub use live::{Live, LiveLatency};
pub use run::{FinishedRun, RunOptions, run};
pub use simultaneous::{Processes, SimultaneousStart, Start};
pub use stop::{StopReason, StopSignal};
pub use target::BookstoreCommand;
pub use validity::GENERATOR_STANDSTILL;
