//! Tests on ranks: no assumption about the shape of the distribution.

mod hodges_lehmann;
mod kruskal_wallis;
mod mann_whitney;
mod null;
mod ranks;
mod select;
mod signed_rank;

pub use hodges_lehmann::{Shift, hodges_lehmann, paired_hodges_lehmann};
pub use kruskal_wallis::{KruskalWallis, kruskal_wallis};
pub(crate) use mann_whitney::rank_sum;
pub use mann_whitney::{MannWhitney, mann_whitney};
pub use null::NullDistribution;
pub use signed_rank::{SignedRank, signed_rank};
