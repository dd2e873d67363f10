//! Quantiles of a run's values, by one order statistic or by all of them, and their intervals.

mod harrell_davis;
mod interval;
mod select;
mod type_seven;

pub use harrell_davis::{harrell_davis, harrell_davis_of_sorted};
pub use interval::{
    QuantileInterval, is_quantile_below, needed_for_quantile_interval, quantile_interval,
    quantile_interval_by_rank, quantile_interval_of_sorted,
};
pub use type_seven::{quantile, quantile_by_rank, quantile_of_sorted, quantiles};
