//! One run in order of time: its warm-up, late changes, and effective sample sizes.

mod autocorrelation;
mod batch_means;
mod late_change;
mod warm_up;

pub use autocorrelation::autocorrelation;
pub use batch_means::{
    BatchMeans, BatchWarning, batch_bounds, batch_means, batch_means_of_sums,
    effective_count_at_level, effective_count_of_quantile, effective_count_of_share,
};
pub use late_change::{LateChange, late_change};
pub use warm_up::{BackwardWarmUp, WarmUp, warm_up};
