//! Random numbers, and how often something happens over many trials.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

/// How often something happened.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate {
    pub(crate) count: u32,
    pub(crate) trials: u32,
}

impl Rate {
    pub(crate) fn of(trials: u32, mut happens: impl FnMut() -> bool) -> Self {
        let count = (0..trials).map(|_| u32::from(happens())).sum();
        Self { count, trials }
    }

    pub(crate) fn value(self) -> f64 {
        f64::from(self.count) / f64::from(self.trials)
    }
}

impl std::fmt::Display for Rate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.1}%", 100.0 * self.value())
    }
}

/// Random numbers with an explicit seed.
pub(crate) struct Random(Xoshiro256PlusPlus);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    /// Strictly between 0 and 1.
    pub(crate) fn uniform(&mut self) -> f64 {
        ((self.0.next_u64() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    /// Standard normal, by Box and Muller's transform.
    pub(crate) fn normal(&mut self) -> f64 {
        (-2.0 * self.uniform().ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }

    pub(crate) fn binomial(&mut self, trials: u64, probability: f64) -> u64 {
        (0..trials)
            .map(|_| u64::from(self.uniform() < probability))
            .sum()
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
}
