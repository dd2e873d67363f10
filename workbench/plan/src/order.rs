//! The order of the runs of a series.

use rand::SeedableRng;
use rand::seq::SliceRandom;

use crate::random::Random;

/// The order of a series: blocks that hold every experiment once, one block for each repetition.
///
/// A drift during a series (a warming machine, a filling disk) must affect all experiments equally. Otherwise it
/// appears as a difference between them.
///
/// # References
/// G. E. P. Box, J. S. Hunter, W. G. Hunter (2005), "Statistics for Experimenters", 2nd edition, chapter 4:
/// randomised blocks and Latin squares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Every second block is the mirror of the one before: A B, B A, A B, …
    ///
    /// With more than two experiments, each pair of blocks begins one experiment further: A B C, C B A, B C A,
    /// A C B, C A B, B A C, and from the start again. After an even number of blocks every experiment has the same
    /// mean position, so that a steady drift cancels out; after an even number of blocks of two experiments, or a
    /// multiple of 2k blocks of k, each has stood equally often at each position.
    Abba,
    /// Each block is a random permutation, all equally likely.
    Random {
        /// The same seed gives the same order.
        seed: u64,
    },
}

impl Order {
    /// The blocks in the order of the series; each holds the positions, from 0, of all experiments.
    ///
    /// # Examples
    /// ```
    /// use workbench_plan::Order;
    ///
    /// assert_eq!(Order::Abba.blocks(2, 3), [[0, 1], [1, 0], [0, 1]]);
    /// ```
    #[must_use]
    pub fn blocks(self, experiments: usize, repetitions: u32) -> Vec<Vec<usize>> {
        match self {
            Self::Abba => {
                let block = |number: u32| alternating(experiments, number as usize);
                (0..repetitions).map(block).collect()
            }
            Self::Random { seed } => {
                let mut random = Random::seed_from_u64(seed);
                let block = |_| {
                    let mut block: Vec<usize> = (0..experiments).collect();
                    block.shuffle(&mut random);
                    block
                };
                (0..repetitions).map(block).collect()
            }
        }
    }
}

fn alternating(experiments: usize, number: usize) -> Vec<usize> {
    let mut block: Vec<usize> = (0..experiments).collect();
    // With two experiments, a rotation is the same as a mirror image: A B, B A, B A, A B.
    if experiments > 2 {
        block.rotate_left(number / 2 % experiments);
    }
    if number % 2 == 1 {
        block.reverse();
    }
    block
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    fn letters(blocks: &[Vec<usize>]) -> Vec<String> {
        let letter = |experiment: &usize| char::from(b'A' + *experiment as u8);
        let word = |block: &Vec<usize>| block.iter().map(letter).collect();
        blocks.iter().map(word).collect()
    }

    /// How often each experiment stands at each position of its block.
    fn standings(blocks: &[Vec<usize>]) -> BTreeMap<(usize, usize), usize> {
        let mut standings = BTreeMap::new();
        for block in blocks {
            for standing in block.iter().copied().enumerate() {
                *standings.entry(standing).or_default() += 1;
            }
        }
        standings
    }

    #[test]
    fn two_experiments_change_places_from_block_to_block() {
        assert_eq!(
            letters(&Order::Abba.blocks(2, 5)),
            ["AB", "BA", "AB", "BA", "AB"]
        );
    }

    #[test]
    fn three_experiments_are_mirrored_and_then_rotated() {
        assert_eq!(
            letters(&Order::Abba.blocks(3, 7)),
            ["ABC", "CBA", "BCA", "ACB", "CAB", "BAC", "ABC"]
        );
    }

    #[test]
    fn one_experiment_is_repeated() {
        assert_eq!(letters(&Order::Abba.blocks(1, 3)), ["A", "A", "A"]);
        assert_eq!(
            letters(&Order::Random { seed: 5 }.blocks(1, 3)),
            ["A", "A", "A"]
        );
    }

    #[test]
    fn the_same_seed_gives_the_same_order_and_another_seed_another() {
        let order = |seed| Order::Random { seed }.blocks(4, 20);
        assert_eq!(order(7), order(7));
        assert_ne!(order(7), order(8));
    }

    #[test]
    fn every_permutation_comes_up_about_equally_often() {
        let blocks = Order::Random { seed: 1 }.blocks(3, 6_000);
        let mut counts: BTreeMap<Vec<usize>, f64> = BTreeMap::new();
        for block in blocks {
            *counts.entry(block).or_default() += 1.0;
        }
        assert_eq!(counts.len(), 6);
        // Binomial with p = 1/6: four standard deviations are 4·√(6000·5/36) = 115.
        assert!(
            counts.values().all(|count| (count - 1_000.0).abs() < 115.0),
            "{counts:?}"
        );
    }

    proptest! {
        #[test]
        fn each_block_holds_every_experiment_once(
            experiments in 1..7_usize,
            repetitions in 0..30_u32,
            seed in proptest::option::of(any::<u64>()),
        ) {
            let order = seed.map_or(Order::Abba, |seed| Order::Random { seed });
            let blocks = order.blocks(experiments, repetitions);
            prop_assert_eq!(blocks.len(), repetitions as usize);
            let all: BTreeSet<usize> = (0..experiments).collect();
            for block in blocks {
                prop_assert_eq!(block.len(), experiments);
                prop_assert_eq!(block.into_iter().collect::<BTreeSet<_>>(), all.clone());
            }
        }

        #[test]
        fn a_steady_drift_cancels_over_an_even_number_of_blocks(
            experiments in 1..7_usize,
            pairs in 1..10_u32,
        ) {
            let mut sums = vec![0; experiments];
            for block in Order::Abba.blocks(experiments, 2 * pairs) {
                for (position, experiment) in block.into_iter().enumerate() {
                    sums[experiment] += position;
                }
            }
            prop_assert!(sums.iter().all(|sum| *sum == sums[0]), "{:?}", sums);
        }

        #[test]
        fn two_experiments_stand_equally_often_at_each_position_over_an_even_number_of_blocks(
            pairs in 1..10_u32,
        ) {
            let standings = standings(&Order::Abba.blocks(2, 2 * pairs));
            prop_assert_eq!(standings.len(), 4);
            prop_assert!(standings.values().all(|count| *count == pairs as usize));
        }

        #[test]
        fn k_experiments_stand_equally_often_at_each_position_over_2k_blocks(
            experiments in 3..7_u32,
            rounds in 1..4_u32,
        ) {
            let blocks = Order::Abba.blocks(experiments as usize, 2 * experiments * rounds);
            let standings = standings(&blocks);
            prop_assert_eq!(standings.len(), (experiments * experiments) as usize);
            prop_assert!(standings.values().all(|count| *count == 2 * rounds as usize));
        }
    }
}
