//! Changes of level in a series with one value for each session.

mod find;
mod permutation;
mod score;

pub use find::{ChangePoint, change_points, fewest_for_change_points};
