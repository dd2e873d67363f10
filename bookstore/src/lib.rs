//! A reference microservice bookstore: a product catalog, a shopping cart, order management and a
//! storefront, each with its own database (SQLite or PostgreSQL), talking to each other over HTTP.
//!
//! It is the workbench's system under test, and runs on its own: [`Command`] is its command line,
//! [`run`] carries a command out. What it promises to clients is written in the crate's README. [`Latency`] is what its
//! injected latencies are drawn from.

mod cart;
mod catalog;
mod command;
mod item;
mod orders;
mod platform;
mod run;
mod shop;
mod storefront;

pub use command::{
    AllOptions, CartOptions, CatalogOptions, Command, HealthOptions, OrdersOptions,
    SetAdminPasswordOptions, StorefrontOptions,
};
pub use platform::{database::DatabaseUrl, faults::Latency};
pub use run::run;
