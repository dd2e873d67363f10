//! Permutation test: how often a random order of the same values divides as well.

use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// Random orders behind a p value. The standard error of one of 0.5% is then 0.16 percentage points.
const ORDERS: u32 = 1999;

/// Random orders that follow from a seed.
pub(super) struct Orders(Xoshiro256PlusPlus);

impl Orders {
    pub(super) fn new(seed: u64) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    /// The share of random orders, the given one counted among them, whose statistic is at least `found`; `None` where it is
    /// above `level`.
    pub(super) fn p(
        &mut self,
        values: &[f64],
        found: f64,
        level: f64,
        mut statistic: impl FnMut(&[f64]) -> f64,
    ) -> Option<f64> {
        // The same sum in another order differs in its last digits.
        let found = found * (1.0 - 1e-9);
        let most = level * f64::from(ORDERS + 1);
        let mut values = values.to_vec();
        let mut as_large = 1_u32;
        for _ in 0..ORDERS {
            if f64::from(as_large) > most {
                return None;
            }
            self.shuffle(&mut values);
            as_large += u32::from(statistic(&values) >= found);
        }
        (f64::from(as_large) <= most).then(|| f64::from(as_large) / f64::from(ORDERS + 1))
    }

    /// Fisher and Yates; each order is equally likely but for a bias below n/2⁶⁴ of each draw.
    fn shuffle(&mut self, values: &mut [f64]) {
        for place in (1..values.len()).rev() {
            let product = u128::from(self.0.next_u64()) * (place as u128 + 1);
            values.swap(place, (product >> u64::BITS) as usize);
        }
    }
}
