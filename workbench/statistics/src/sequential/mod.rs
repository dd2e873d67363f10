//! Repeated looks at a series of pairs with a controlled rate of false alarms.

mod looks;
mod quadrature;
mod t_process;

pub use looks::Looks;
