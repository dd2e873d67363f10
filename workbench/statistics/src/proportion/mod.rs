//! Shares such as error rates: one with an interval, and two compared.

mod comparison;
mod interval;
mod newcombe;

pub use comparison::{Counts, TwoProportions, two_proportions};
pub(crate) use interval::check_counts;
pub use interval::{Proportion, clopper_pearson, wilson, wilson_of_dependent};
pub(crate) use newcombe::{newcombe, newcombe_p_above};
