//! Two groups of independent values compared by their means, or by their geometric means.

mod paired;
mod pooled;
mod prediction;
mod ratio;
mod test;
mod welch;

pub use paired::paired_t;
pub use pooled::pooled_t;
pub use prediction::prediction_t;
pub(crate) use ratio::logarithms;
pub use ratio::{
    RatioTest, paired_ratio_of_geometric_means, prediction_ratio, ratio_of_geometric_means,
};
pub use test::TTest;
pub(crate) use welch::estimate;
pub use welch::{MeanEstimate, welch, welch_from_estimates};
