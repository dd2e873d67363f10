//! A reference microservice bookstore: a product catalog, a shopping cart, order management and a
//! storefront, each with its own database (SQLite or PostgreSQL), talking to each other over HTTP.
//!
//! It is the workbench's system under test, and runs on its own: [`Command`] is its command line,
//! [`run`] carries a command out. What it promises to clients is written in the crate's README. [`Latency`] is what its
//! injected latencies are drawn from.

mod audit;
mod cart;
mod catalog;
mod client;
mod command;
mod connection;
mod database;
mod description;
mod descriptors;
mod error;
mod extract;
mod faults;
mod health;
mod hex;
mod item;
mod limits;
mod metrics;
mod observe;
mod open_connections;
mod orders;
mod origin;
mod paging;
mod readiness;
mod run;
mod server;
mod service;
mod shop;
mod stop;
mod storefront;
mod token;
mod trace;
mod validation;

pub use command::{
    AllOptions, CartOptions, CatalogOptions, Command, HealthOptions, OrdersOptions,
    SetAdminPasswordOptions, StorefrontOptions,
};
pub use database::DatabaseUrl;
pub(crate) use error::Error;
pub use faults::Latency;
pub use run::run;
