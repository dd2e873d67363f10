//! Distributions to the accuracy that tests need: upper tails without cancellation, and non-central ones.
//!
//! statrs stops its continued fraction for Student's t after 140 terms and takes its tails from differences
//! of logarithms of the gamma function; it has neither the non-central t nor the studentized range.

mod beta;
mod chi;
mod noncentral_t;
mod normal;
mod root;
mod student;
mod studentized_range;

pub(crate) use beta::f_upper_tail;
pub use noncentral_t::noncentral_t_upper_tail;
pub(crate) use noncentral_t::{noncentral_t_lower_tail, noncentrality_with_tail};
pub(crate) use normal::{normal_quantile, normal_upper_tail};
pub(crate) use root::root_of_decreasing;
pub use student::{student_t_quantile, student_t_upper_tail};
pub use studentized_range::{studentized_range_quantile, studentized_range_upper_tail};
