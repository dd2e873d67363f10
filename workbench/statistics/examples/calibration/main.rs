//! Simulated coverage and error rates of this crate's intervals, tests and verdicts, as Markdown tables.
//!
//! `just calibration`, or `cargo run --release -p workbench-statistics --example calibration [TRIALS]` for that many
//! trials at most behind each figure. The test suite runs the same simulations with fewer trials.

mod simulations;

fn main() {
    let most_trials = std::env::args().nth(1).map_or(u64::MAX, |trials| {
        trials.parse().expect("TRIALS is a whole number")
    });
    println!("{}", simulations::within::tables(most_trials));
    println!("{}", simulations::between::tables(most_trials));
    println!("{}", simulations::pairs::tables(most_trials));
}
