//! Seeded simulations of the procedures, as Markdown tables: `just calibration`.
//!
//! Each line is a share of trials with its Monte Carlo standard error. The same functions run with fewer trials in
//! the test suite.

mod between;
mod between_tables;
mod random;
mod trials;

fn main() {
    between_tables::print();
}
