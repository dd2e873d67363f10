//! Sweeps over loads that follow the Universal Scalability Law.

use workbench_statistics::{LoadPoint, Peak, Scalability, fit_scalability};

use super::CONFIDENCE;
use crate::simulations::random::Random;
use crate::simulations::trials::{Share, outcomes};

/// Sweeps over 1 to 64 users, three runs each, from a known law.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sweeps {
    /// Intervals of γ, α and β that cover them; an estimate on its bound covers nothing.
    pub(crate) coefficients: [Share; 3],
    /// Intervals of the peak's load that cover it, of the peaks that were found.
    pub(crate) peak: Share,
    /// Sweeps in which a peak was found.
    pub(crate) found: Share,
}

/// What is fitted to throughputs that follow γ, α and β but for normal noise.
pub(crate) fn sweeps(law: [f64; 3], noise: f64, trials: u64, seed: u64) -> Sweeps {
    let [_, alpha, beta] = law;
    let true_peak = ((1.0 - alpha) / beta).sqrt();
    let fits: Vec<Scalability> = outcomes(trials, seed, |random| {
        fit_scalability(&sweep(law, noise, random), CONFIDENCE).expect("the sweep can be fitted")
    });
    let covered = |index: usize| {
        fits.iter().map(move |fit| {
            let uncertainty = [fit.gamma, fit.alpha, fit.beta][index].uncertainty;
            uncertainty.is_some_and(|found| found.interval.contains(law[index]))
        })
    };
    let peaks = fits.iter().map(|fit| match fit.peak {
        Peak::At { load_interval, .. } => Some(load_interval),
        _ => None,
    });
    Sweeps {
        coefficients: [0, 1, 2].map(|index| Share::of(covered(index))),
        peak: Share::of(peaks.clone().flatten().map(|load| load.contains(true_peak))),
        found: Share::of(peaks.map(|peak| peak.is_some())),
    }
}

fn sweep([gamma, alpha, beta]: [f64; 3], noise: f64, random: &mut Random) -> Vec<LoadPoint> {
    [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0_f64]
        .into_iter()
        .flat_map(|load| [load; 3])
        .map(|load| {
            let slowdown = 1.0 + alpha * (load - 1.0) + beta * load * (load - 1.0);
            LoadPoint {
                load,
                throughput: gamma * load / slowdown + noise * random.normal(),
            }
        })
        .collect()
}
