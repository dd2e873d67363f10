//! Distributions with the accuracy that tests need: upper tails without cancellation, and non-central ones.
//!
//! statrs loses digits where parameters are large or probabilities small (see the incomplete beta function), and has
//! neither the non-central t nor the studentized range.

mod beta;
mod binomial;
mod chi;
mod fisher;
mod gamma;
mod noncentral_t;
mod normal;
mod root;
mod student;
mod studentized_range;

pub(crate) use beta::{beta_quantile, incomplete_beta};
pub(crate) use binomial::binomial_tails;
pub(crate) use fisher::f_upper_tail;
pub(crate) use gamma::ln_gamma_step_of_half;
pub use noncentral_t::noncentral_t_upper_tail;
pub(crate) use noncentral_t::{noncentral_t_lower_tail, noncentrality_with_tail};
pub(crate) use normal::{normal_quantile, normal_reach, normal_upper_tail};
pub(crate) use root::root_of_decreasing;
pub(crate) use student::student_t_reach;
pub use student::{student_t_quantile, student_t_upper_tail};
pub use studentized_range::{studentized_range_quantile, studentized_range_upper_tail};
