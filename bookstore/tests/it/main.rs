//! Stories told over HTTP to the real binary, each on SQLite and on PostgreSQL, each with fresh
//! databases on ports that the system chose.

#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod support;

mod cart;
mod catalog;
mod command;
mod concurrency;
mod crashes;
mod distributed;
mod failures;
mod faults;
mod freshness;
mod limits;
mod metrics;
mod model;
mod nonsense;
mod orders;
mod owners;
mod paging;
mod refusals;
mod replicas;
mod reservations;
mod returns;
mod service;
mod storefront;
mod storefront_admin;
mod storefront_attempts;
mod storefront_away;
mod storefront_browser;
mod storefront_login;
mod tracing;
mod validation;
