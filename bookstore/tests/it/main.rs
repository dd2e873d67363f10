//! Stories told over HTTP to the real binary, each on SQLite and on PostgreSQL, each with fresh
//! databases on ports that the system chose.

#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod support;

mod books;
mod callers;
mod cart;
mod catalog;
mod clocks;
mod command;
mod concurrency;
mod crashes;
mod database_tls;
mod deleted_books;
mod descriptors;
mod distributed;
mod failing_settlements;
mod failures;
mod faults;
mod foreign_pages;
mod freshness;
mod full_disk;
mod layout;
mod limits;
mod locked_rows;
mod losses;
mod lost_connections;
mod metrics;
mod model;
mod nonsense;
mod order_numbers;
mod orders;
mod owners;
mod paging;
mod read_databases;
mod refusals;
mod replicas;
mod reservations;
mod retention;
mod returns;
mod round_trips;
mod service;
mod shown_carts;
mod storefront;
mod storefront_admin;
mod storefront_attempts;
mod storefront_away;
mod storefront_browser;
mod storefront_login;
mod storefront_pages;
mod tracing;
mod updates;
mod validation;
