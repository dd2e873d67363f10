//! Pure statistical functions on slices, with an explicit seed.
//!
//! No function reorders or changes its input, reads a clock, or prints. Values that are not finite and
//! data that are too few for the question are refused with a [`StatisticsError`].

mod autocorrelation;
mod batch_means;
mod beta;
mod clt;
mod compare;
mod double_double;
mod error;
mod harrell_davis;
mod interval;
mod least_squares;
mod normality;
mod proportion;
mod quantile;
mod quantile_interval;
mod scalability;
mod summary;
mod two_proportions;
mod warm_up;

pub use autocorrelation::autocorrelation;
pub use batch_means::{BatchMeans, BatchWarning, batch_means, effective_count_of_quantile};
pub use clt::resampled_means;
pub use compare::{MeanEstimate, TTest, welch, welch_from_estimates};
pub use error::StatisticsError;
pub use harrell_davis::{harrell_davis, harrell_davis_of_sorted};
pub use interval::Interval;
pub use normality::{NormalPlot, Shape, normal_density, normal_plot, shape};
pub use proportion::{Proportion, clopper_pearson, wilson};
pub use quantile::{quantile, quantile_of_sorted};
pub use quantile_interval::{
    QuantileInterval, needed_for_quantile_interval, quantile_interval, quantile_interval_of_sorted,
};
pub use scalability::{Coefficient, LoadPoint, Peak, Scalability, Uncertainty, fit_scalability};
pub use summary::{Accumulator, Summary, summary};
pub use two_proportions::{Counts, TwoProportions, two_proportions};
pub use warm_up::{WarmUp, warm_up};
