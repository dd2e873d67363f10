//! The tables of workbench/METHODOLOGY.md with fewer trials.
//!
//! A simulated share must be within three standard errors of the theoretical or published value. Seeds are fixed, so
//! results are reproducible.

mod between;
mod pairs;
#[path = "../../examples/calibration/simulations/mod.rs"]
mod simulations;
mod within;

use simulations::trials::Share;

/// Within three standard errors. They combine that of the simulation and `other_error`, that of `expected`.
fn assert_lands(found: Share, expected: f64, other_error: f64, what: &str) {
    let error = found.standard_error(expected).hypot(other_error);
    assert!(
        (found.rate() - expected).abs() <= 3.0 * error,
        "{what}: {found} instead of {:.1}% ± {:.1}",
        100.0 * expected,
        100.0 * error
    );
}

/// At most that, within three standard errors of the simulation.
fn assert_at_most(found: Share, nominal: f64, what: &str) {
    assert!(
        found.rate() <= nominal + 3.0 * found.standard_error(nominal),
        "{what}: {found} instead of {:.1}% at most",
        100.0 * nominal
    );
}

/// At least that, within three standard errors of the simulation.
fn assert_at_least(found: Share, nominal: f64, what: &str) {
    assert!(
        found.rate() >= nominal - 3.0 * found.standard_error(nominal),
        "{what}: {found} instead of {:.1}% at least",
        100.0 * nominal
    );
}

#[test]
fn the_calibration_prints_every_table() {
    for (text, tables) in [
        (simulations::within::tables(20), 8),
        (simulations::between::tables(2), 7),
        (simulations::pairs::tables(20), 7),
    ] {
        let found = text.lines().filter(|line| line.starts_with("|---")).count();
        assert_eq!(found, tables, "{text}");
        assert!(!text.contains("NaN"), "{text}");
    }
}
