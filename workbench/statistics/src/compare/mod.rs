//! Two groups of runs compared: t tests, ratios of geometric means, and effect sizes.

mod effect;
mod paired;
mod pooled;
mod prediction;
mod ratio;
mod test;
mod trimmed;
mod welch;

pub use effect::{HedgesG, cliffs_delta, hedges_g};
pub use paired::paired_t;
pub use pooled::pooled_t;
pub use prediction::prediction_t;
pub(crate) use ratio::logarithms;
pub use ratio::{
    RatioTest, paired_ratio_of_geometric_means, prediction_ratio, ratio_of_geometric_means,
};
pub use test::TTest;
pub(crate) use trimmed::trimmed_freedom;
pub use trimmed::{PairTest, paired_ratio_of_trimmed_means, pairs_left_out, trimmed_paired_t};
pub(crate) use welch::estimate;
pub use welch::{MeanEstimate, welch, welch_from_estimates};
