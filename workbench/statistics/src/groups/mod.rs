//! Comparisons of more than two groups.

mod adjust;
mod anova;
mod pairwise;

pub use adjust::{benjamini_hochberg, holm};
pub use anova::{WelchAnova, welch_anova};
pub use pairwise::{PairComparison, games_howell, pairwise_welch};

use crate::compare::{MeanEstimate, estimate};
use crate::error::{StatisticsError, check_count};

fn estimates(groups: &[&[f64]]) -> Result<Vec<MeanEstimate>, StatisticsError> {
    check_count(groups.len(), 2)?;
    groups.iter().map(|group| estimate(group)).collect()
}
