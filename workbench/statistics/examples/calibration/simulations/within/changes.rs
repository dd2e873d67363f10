//! Late changes of level in runs of which they are known.

use workbench_statistics::late_change;

use crate::simulations::random::Random;
use crate::simulations::trials::{Share, outcomes};

/// A simulated run: elapsed times of requests at equal distances.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    pub(crate) requests: usize,
    /// Correlation of the logarithms of neighbouring elapsed times.
    pub(crate) phi: f64,
    /// Standard deviation of their logarithms.
    pub(crate) sigma: f64,
    /// What each elapsed time is multiplied with, by its place in the run, from 0 to 1, and by a random phase of the run.
    pub(crate) level: Level,
}

/// A factor by the place in the run and its phase.
pub(crate) type Level = fn(f64, f64) -> f64;

/// As the analysis of a run cuts its steady part.
fn blocks(requests: usize) -> usize {
    (requests / 10).clamp(50, 75)
}

/// How many of such runs have a late change.
pub(crate) fn late_changes(run: Run, trials: u64, seed: u64) -> Share {
    let found = outcomes(trials, seed, |random: &mut Random| {
        let phase = random.uniform();
        let logarithms = random.autoregressive(run.phi, run.requests);
        let times: Vec<f64> = (0..run.requests)
            .zip(logarithms)
            .map(|(i, logarithm)| {
                let place = i as f64 / run.requests as f64;
                (run.sigma * logarithm).exp() * (run.level)(place, phase)
            })
            .collect();
        let size = run.requests.div_ceil(blocks(run.requests));
        let means: Vec<f64> = times
            .chunks_exact(size)
            .map(|block| block.iter().sum::<f64>() / size as f64)
            .collect();
        late_change(&means)
            .expect("there are enough blocks")
            .is_some()
    });
    Share::of(found)
}

/// A level that is raised for a share of each of so many periods.
fn periodic(place: f64, phase: f64, periods: f64, share: f64, factor: f64) -> f64 {
    if (place * periods + phase).fract() < share {
        factor
    } else {
        1.0
    }
}

/// Levels with their names.
pub(crate) const STEADY: [(&str, Level); 6] = [
    ("steady", |_, _| 1.0),
    (
        "a warm-up: 4 times at first, 3% of the run long",
        |place, _| 1.0 + 3.0 * (-place / 0.03).exp(),
    ),
    (
        "ten times for 50 ms every second, of 5 s",
        |place, phase| periodic(place, phase, 5.0, 0.05, 10.0),
    ),
    ("ten times for 0.1 s every 2 s, of 60 s", |place, phase| {
        periodic(place, phase, 30.0, 0.05, 10.0)
    }),
    (
        "three times for 0.5 s every 5 s, of 60 s",
        |place, phase| periodic(place, phase, 12.0, 0.1, 3.0),
    ),
    ("twice for 2 s every 15 s, of 60 s", |place, phase| {
        periodic(place, phase, 4.0, 2.0 / 15.0, 2.0)
    }),
];

/// Levels that change for good, with their names.
pub(crate) const CHANGED: [(&str, Level); 4] = [
    (
        "×2 from 60% on",
        |place, _| if place < 0.6 { 1.0 } else { 2.0 },
    ),
    (
        "×1.3 from 60% on",
        |place, _| if place < 0.6 { 1.0 } else { 1.3 },
    ),
    (
        "×1.5 from 90% on",
        |place, _| if place < 0.9 { 1.0 } else { 1.5 },
    ),
    (
        "×1.1 from 85% on",
        |place, _| if place < 0.85 { 1.0 } else { 1.1 },
    ),
];
