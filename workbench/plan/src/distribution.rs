//! Distributions that experiment files draw think times and variables from.

use std::time::Duration;

use rand::{Rng, RngExt};

/// A distribution to draw values from.
#[derive(Clone, Debug, PartialEq)]
pub enum Distribution<T> {
    /// Always the same value.
    Constant(T),
    /// Every value from the first to the second, both included, equally often.
    Uniform(T, T),
    /// One of the values, each equally often; never empty.
    Choice(Vec<T>),
    /// Gaps of a Poisson process, with this mean (times only).
    Exponential(T),
}
