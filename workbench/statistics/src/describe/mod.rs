//! What some values are: mean, spread and range, and how close to normal they come.

mod double_double;
mod exponential;
mod normality;
mod summary;

pub use exponential::{AndersonDarling, anderson_darling_exponential};
pub use normality::{NormalPlot, Shape, normal_density, normal_plot, shape};
pub(crate) use summary::compensated_sum;
pub use summary::{Accumulator, Summary, summary};
