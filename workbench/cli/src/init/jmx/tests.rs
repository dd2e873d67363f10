//! Test plans as experiments.
