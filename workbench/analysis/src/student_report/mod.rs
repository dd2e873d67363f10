//! The student report's procedure on runs, and published tables checked against themselves.

pub(crate) mod comparison;
mod effective_samples;
pub(crate) mod published;
