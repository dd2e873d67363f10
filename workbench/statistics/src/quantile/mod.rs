//! Quantiles of a run's values, by one order statistic or by all of them, and their intervals.

mod harrell_davis;
mod interval;
mod parts;
mod select;
mod type_seven;

pub use harrell_davis::{harrell_davis, harrell_davis_of_sorted};
pub use interval::{
    QuantileInterval, is_quantile_below, needed_for_quantile_interval, quantile_interval,
    quantile_interval_of_parts, quantile_interval_of_sorted,
};
pub use parts::quantile_of_parts;
pub use type_seven::{quantile, quantile_of_sorted, quantiles};
