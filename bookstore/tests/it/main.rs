//! Stories told over HTTP to the real binary, each on SQLite and on PostgreSQL, each with fresh
//! databases on ports that the system chose.

#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod support;

mod cart;
mod catalog;
mod command;
mod concurrency;
mod crashes;
mod descriptors;
mod distributed;
mod failures;
mod faults;
mod foreign_pages;
mod freshness;
mod full_disk;
mod limits;
mod locked_rows;
mod metrics;
mod model;
mod nonsense;
mod order_numbers;
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
mod updates;
mod validation;
