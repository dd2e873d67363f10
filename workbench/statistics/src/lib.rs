//! Pure statistical functions on slices, with an explicit seed.
//!
//! No function reorders or changes its input, reads a clock, or prints. Values that are not finite and
//! data that are too few for the question are refused with a [`StatisticsError`].

mod clt;
mod compare;
mod error;
mod quantile;
mod summary;

pub use clt::resampled_means;
pub use compare::{MeanEstimate, TTest, welch, welch_from_estimates};
pub use error::StatisticsError;
pub use quantile::{quantile, quantile_of_sorted};
pub use summary::{Summary, summary};
