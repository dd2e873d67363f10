//! Recordings as experiments.
