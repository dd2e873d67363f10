//! The repetitions of an experiment, which differ in their seeds.

use crate::plan::Plan;
use crate::random::mix;

/// Whole numbers up to here are exact in every program that reads JSON.
const SEED_BITS: u32 = 53;

impl Plan {
    /// The plan of a repetition, counted from 1: the same but for its seed.
    ///
    /// The first repetition is the plan itself. The k-th has the seed `mix(mix(seed) + k − 1)`, cut to its upper 53
    /// bits, with `mix` as for the [users' streams](crate::random_for_user). With one seed for all runs, every run
    /// would draw the same values. The variation between runs would then be smaller than that of the workload, and two
    /// experiments with different seeds would differ by the same draws in every repetition. Experiments with the same
    /// seed have the same seed in each repetition, so that pairs of runs share their draws.
    ///
    /// # Examples
    /// ```
    /// # let text = "
    /// # name: shop
    /// # target: { bookstore: {} }
    /// # threads: [ { start: 1, hold: 1s } ]
    /// # scenarios: [ { name: reader, steps: [ request: GET catalog/products ] } ]
    /// # ";
    /// let plan = workbench_plan::parse(text, std::path::Path::new("shop.yaml"))?;
    /// assert_eq!(plan.repetition(1), plan);
    /// assert_eq!(plan.repetition(2), plan.repetition(2));
    /// assert_ne!(plan.repetition(2).seed, plan.repetition(3).seed);
    /// # Ok::<(), workbench_plan::PlanError>(())
    /// ```
    #[must_use]
    pub fn repetition(&self, number: u32) -> Self {
        let seed = match number {
            0 | 1 => self.seed,
            _ => mix(mix(self.seed).wrapping_add(u64::from(number - 1))) >> (u64::BITS - SEED_BITS),
        };
        self.with_seed(seed)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::path::Path;

    use super::*;

    #[test]
    fn repetitions_of_neighbouring_seeds_have_seeds_of_their_own() {
        let text = "
name: shop
target: { bookstore: {} }
threads: [ { start: 1, hold: 1s } ]
scenarios: [ { name: reader, steps: [ request: GET catalog/products ] } ]
";
        let plan = crate::parse(text, Path::new("shop.yaml")).unwrap();
        let seeds: HashSet<u64> = (0..20)
            .flat_map(|seed| {
                let plan = plan.with_seed(seed);
                (1..=50).map(move |number| plan.repetition(number).seed)
            })
            .collect();
        assert_eq!(seeds.len(), 20 * 50);
        assert!(seeds.iter().all(|seed| *seed < 1 << SEED_BITS));
    }
}
