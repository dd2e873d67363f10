//! Random values for simulations.

use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// A seeded source of uniform and normal numbers.
pub(crate) struct Random {
    generator: Xoshiro256PlusPlus,
    spare: Option<f64>,
}

impl Random {
    /// A source of its own for each trial, so that trials can be made in any order and on any thread.
    pub(crate) fn of_trial(seed: u64, trial: u64) -> Self {
        Self {
            generator: Xoshiro256PlusPlus::seed_from_u64(
                seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ trial,
            ),
            spare: None,
        }
    }

    /// A whole random number.
    pub(crate) fn bits(&mut self) -> u64 {
        self.generator.next_u64()
    }

    /// Uniform between 0 and 1.
    pub(crate) fn uniform(&mut self) -> f64 {
        (self.generator.next_u64() >> 11) as f64 * 2.0_f64.powi(-53)
    }

    /// An index below `count`.
    pub(crate) fn index(&mut self, count: usize) -> usize {
        (self.uniform() * count as f64) as usize
    }

    /// Successes among `trials`, by the distances between them.
    pub(crate) fn binomial(&mut self, trials: u64, probability: f64) -> u64 {
        let mut position = 0.0;
        let mut successes = 0;
        loop {
            position += 1.0 + ((1.0 - self.uniform()).ln() / (-probability).ln_1p()).floor();
            if position > trials as f64 {
                return successes;
            }
            successes += 1;
        }
    }

    /// A stationary AR(1) series of mean 0 and variance 1.
    pub(crate) fn autoregressive(&mut self, phi: f64, count: usize) -> Vec<f64> {
        let innovation = (1.0 - phi * phi).sqrt();
        let mut value = self.normal();
        (0..count)
            .map(|_| {
                value = phi * value + innovation * self.normal();
                value
            })
            .collect()
    }

    /// Standard normal, by Marsaglia's polar method.
    pub(crate) fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        loop {
            let (x, y) = (2.0 * self.uniform() - 1.0, 2.0 * self.uniform() - 1.0);
            let square = x * x + y * y;
            if square > 0.0 && square < 1.0 {
                let factor = (-2.0 * square.ln() / square).sqrt();
                self.spare = Some(y * factor);
                return x * factor;
            }
        }
    }
}
