//! How often the intervals and decisions of this crate are right, by simulation, as Markdown tables.
//!
//! `cargo run --release -p workbench-statistics --example calibration [TRIALS]`

mod within;

fn main() {
    let trials = std::env::args().nth(1).map_or(2000, |trials| {
        trials.parse().expect("TRIALS is a whole number")
    });
    println!("{}", within::section(trials, 1));
}
