//! Describes values: mean, spread and range, and their closeness to a normal distribution.

mod double_double;
mod exponential;
mod normality;
mod summary;

pub use exponential::{AndersonDarling, anderson_darling_exponential};
pub use normality::{NormalPlot, Shape, normal_density, normal_plot, shape};
pub(crate) use summary::compensated_sum;
pub use summary::{Accumulator, Summary, summary};
