//! What every service has, whatever it sells: nothing here knows the shop.

pub(crate) mod audit;
pub(crate) mod callers;
pub(crate) mod client;
pub(crate) mod connections;
pub(crate) mod database;
pub(crate) mod description;
pub(crate) mod descriptors;
pub(crate) mod error;
pub(crate) mod extract;
pub(crate) mod faults;
pub(crate) mod health;
pub(crate) mod idempotency;
pub(crate) mod limits;
pub(crate) mod log_throttle;
pub(crate) mod metrics;
pub(crate) mod origin;
pub(crate) mod paging;
mod port;
pub(crate) mod process;
pub(crate) mod retention;
pub(crate) mod secret;
pub(crate) mod server;
pub(crate) mod service;
pub(crate) mod shared;
pub(crate) mod stop;
pub(crate) mod token;
pub(crate) mod token_list;
pub(crate) mod trace;
pub(crate) mod validation;

pub(crate) use error::Error;
