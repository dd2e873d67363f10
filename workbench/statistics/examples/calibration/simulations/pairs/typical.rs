//! The typical time of several labels: the geometric mean of their medians, by different weights.

use workbench_statistics::PairTest;

use super::procedures::{Gate, Procedure, Runs};
use crate::simulations::random::Random;

/// Number of labels.
pub(crate) const LABELS: usize = 5;
/// Which share of the requests each has.
const SHARES: [f64; LABELS] = [0.5, 0.25, 0.15, 0.08, 0.02];
/// Medians in milliseconds.
const MEDIANS: [f64; LABELS] = [10.0, 20.0, 40.0, 80.0, 160.0];
/// Standard deviation of the logarithm of a request.
const SPREAD: f64 = 0.5;
/// Standard deviation of the logarithm of a label in a run, besides the run's own.
const OF_LABEL: f64 = 0.01;
/// Standard error of a median, in those of a mean: √(π/2) for normal logarithms.
const OF_MEDIAN: f64 = 1.2533;
/// Pairs of runs that are compared.
const PAIRS: usize = 10;

/// The weight of a label.
#[derive(Clone, Copy)]
pub(crate) enum Weights {
    /// The same as any other.
    Once,
    /// As much as any other that has a hundred requests.
    OnceFrom100,
    /// Its share of the requests of all runs.
    ShareOfAll,
    /// Its share of the requests of the run.
    ShareOfRun,
}

impl Weights {
    /// All of them, in the order of the table.
    pub(crate) const ALL: [Self; 4] = [
        Self::Once,
        Self::OnceFrom100,
        Self::ShareOfAll,
        Self::ShareOfRun,
    ];

    fn of(self, label: usize, expected: f64, found: f64) -> f64 {
        match self {
            Self::Once => 1.0,
            Self::OnceFrom100 => f64::from(u8::from(expected >= 100.0)),
            Self::ShareOfAll => SHARES[label],
            Self::ShareOfRun => found,
        }
    }
}

/// The gate's conclusion on runs of `requests` requests whose labels changed by `changes`.
pub(crate) fn typical_gate(
    runs: Runs,
    changes: [f64; LABELS],
    requests: f64,
    weights: Weights,
    random: &mut Random,
) -> Gate {
    // A pair without variation of its own is what disturbs the two runs, and how they vary as a whole.
    let mut pairs = runs.pairs(PAIRS, 0.0, random);
    for pair in &mut pairs {
        *pair += typical(changes, requests, weights, random)
            - typical([0.0; LABELS], requests, weights, random);
    }
    Procedure::Product(PairTest::Trimmed).gate(&pairs, 0.05)
}

/// The logarithm of one run's typical time.
fn typical(changes: [f64; LABELS], requests: f64, weights: Weights, random: &mut Random) -> f64 {
    let (mut sum, mut total) = (0.0, 0.0);
    for (label, change) in changes.into_iter().enumerate() {
        let expected = SHARES[label] * requests;
        let scatter = (expected * (1.0 - SHARES[label])).sqrt();
        let found = (expected + scatter * random.normal()).max(1.0);
        let error = (OF_MEDIAN * SPREAD / found.sqrt()).hypot(OF_LABEL);
        let logarithm = MEDIANS[label].ln() + change.ln_1p() + error * random.normal();
        let weight = weights.of(label, expected, found);
        sum += weight * logarithm;
        total += weight;
    }
    sum / total
}
