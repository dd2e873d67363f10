//! Sweeps over loads that follow the Universal Scalability Law.

use workbench_statistics::{LoadPoint, Peak, fit_scalability};

use super::CONFIDENCE;
use super::random::{Random, Rate};

/// Sweeps over 1 to 64 users, three runs each, from a known law.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sweeps {
    /// Intervals of γ, α and β that cover them; an estimate on its bound covers nothing.
    pub(crate) coefficients: [Rate; 3],
    /// Intervals of the peak's load that cover it, of the peaks that were found.
    pub(crate) peak: Rate,
    /// Sweeps in which a peak was found.
    pub(crate) found: Rate,
}

pub(crate) fn sweeps([gamma, alpha, beta]: [f64; 3], noise: f64, trials: u32, seed: u64) -> Sweeps {
    let mut random = Random::new(seed);
    let truth = [gamma, alpha, beta];
    let true_peak = ((1.0 - alpha) / beta).sqrt();
    let (mut covered, mut peaks, mut found) = ([0; 3], 0, 0);
    for _ in 0..trials {
        let points: Vec<LoadPoint> = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0_f64]
            .into_iter()
            .flat_map(|load| [load; 3])
            .map(|load| {
                let slowdown = 1.0 + alpha * (load - 1.0) + beta * load * (load - 1.0);
                LoadPoint {
                    load,
                    throughput: gamma * load / slowdown + noise * random.normal(),
                }
            })
            .collect();
        let fit = fit_scalability(&points, CONFIDENCE).expect("the sweep can be fitted");
        for ((coefficient, truth), covered) in [fit.gamma, fit.alpha, fit.beta]
            .iter()
            .zip(truth)
            .zip(&mut covered)
        {
            let interval = coefficient
                .uncertainty
                .map(|uncertainty| uncertainty.interval);
            *covered += u32::from(interval.is_some_and(|interval| interval.contains(truth)));
        }
        if let Peak::At { load_interval, .. } = fit.peak {
            found += 1;
            peaks += u32::from(load_interval.contains(true_peak));
        }
    }
    Sweeps {
        coefficients: covered.map(|count| Rate { count, trials }),
        peak: Rate {
            count: peaks,
            trials: found,
        },
        found: Rate {
            count: found,
            trials,
        },
    }
}
