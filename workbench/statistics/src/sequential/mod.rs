//! Looking at a series of pairs more than once without raising more false alarms.

mod looks;
mod quadrature;
mod t_process;

pub use looks::Looks;
