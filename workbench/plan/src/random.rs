//! Seeded randomness that is the same on every machine.

use rand::{Rng, SeedableRng};
use rand_xoshiro::{SplitMix64, Xoshiro256PlusPlus};

/// The generator behind every draw of a run: xoshiro256++, named so that its numbers never change.
///
/// # References
/// D. Blackman, S. Vigna (2021), "Scrambled linear pseudorandom number generators",
/// ACM Transactions on Mathematical Software 47(4).
pub type Random = Xoshiro256PlusPlus;

/// The stream of random numbers of one user of a run.
///
/// With `mix(x)` the first number of `SplitMix64` started at x, the state is the first four numbers of `SplitMix64`
/// started at `mix(mix(seed) + user)`. Mixing twice keeps neighbouring seeds and users far apart: started at
/// `seed + user`, user 2 of seed 1 would be user 1 of seed 2.
///
/// # References
/// G. L. Steele, D. Lea, C. H. Flood (2014), "Fast splittable pseudorandom number generators", OOPSLA.
///
/// # Examples
/// ```
/// use workbench_plan::random_for_user;
///
/// assert_eq!(random_for_user(3, 1), random_for_user(3, 1));
/// assert_ne!(random_for_user(3, 1), random_for_user(3, 2));
/// ```
#[must_use]
pub fn random_for_user(seed: u64, user: u32) -> Random {
    Random::seed_from_u64(mix(mix(seed).wrapping_add(u64::from(user))))
}

/// The stream of random numbers of one arrival of a stream of arrivals (both numbered from 0): as [`random_for_user`]
/// with 2³² · (stream + 1) in place of the user, mixed again with 1 + the arrival. So an arrival draws the same values
/// whichever user serves it.
#[must_use]
pub fn random_for_arrival(seed: u64, stream: usize, arrival: u64) -> Random {
    let stream = mix(mix(seed).wrapping_add((stream as u64 + 1) << 32));
    Random::seed_from_u64(mix(stream.wrapping_add(1).wrapping_add(arrival)))
}

/// The random numbers that the gaps of a stream of arrivals are drawn from.
pub(crate) fn random_for_gaps(seed: u64, stream: usize) -> Random {
    Random::seed_from_u64(mix(mix(mix(seed).wrapping_add((stream as u64 + 1) << 32))))
}

/// A number below `count`, of a turn: as [`crate::draw::at_most`] of `mix(mix(seed) + turn)`.
pub(crate) fn row_random(seed: u64, turn: u64, count: u64) -> u64 {
    let random = mix(mix(seed).wrapping_add(turn));
    ((u128::from(random) * u128::from(count)) >> 64) as u64
}

/// The first number of `SplitMix64` started at x.
pub(crate) fn mix(x: u64) -> u64 {
    SplitMix64::seed_from_u64(x).next_u64()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// `SplitMix64` as published, written out to check the library and the way it is used.
    fn splitmix(state: &mut u64) -> u64 {
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = *state;
        let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// The first number of xoshiro256++ from its definition: `rotl(s0 + s3, 23) + s0`.
    fn first_number(seed: u64, user: u32) -> u64 {
        let mut outer = seed;
        let mut inner = splitmix(&mut outer).wrapping_add(u64::from(user));
        let mut state = splitmix(&mut inner);
        let words: Vec<u64> = (0..4).map(|_| splitmix(&mut state)).collect();
        words[0]
            .wrapping_add(words[3])
            .rotate_left(23)
            .wrapping_add(words[0])
    }

    #[test]
    fn streams_follow_the_published_algorithms() {
        for (seed, user) in [(0, 1), (3, 1), (3, 100), (u64::MAX, u32::MAX)] {
            assert_eq!(
                random_for_user(seed, user).next_u64(),
                first_number(seed, user)
            );
        }
    }

    /// Expected values from an independent implementation in Python.
    #[test]
    fn streams_are_the_same_for_ever() {
        let mut random = random_for_user(3, 1);
        let numbers: Vec<u64> = (0..3).map(|_| random.next_u64()).collect();
        assert_eq!(
            numbers,
            [
                12_086_344_245_678_259_395,
                15_466_324_848_703_325_155,
                856_899_235_166_209_959
            ]
        );
    }

    #[test]
    fn neighbouring_seeds_and_users_have_streams_of_their_own() {
        let firsts: HashSet<u64> = (0..50)
            .flat_map(|seed| (1..=100).map(move |user| random_for_user(seed, user).next_u64()))
            .collect();
        assert_eq!(firsts.len(), 50 * 100);
    }
}
