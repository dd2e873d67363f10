//! Seeded simulations of data whose truth is known, and tables of how often the crate's answers agree with it.

pub(crate) mod between;
pub(crate) mod pairs;
pub(crate) mod random;
pub(crate) mod table;
pub(crate) mod trials;
pub(crate) mod within;
