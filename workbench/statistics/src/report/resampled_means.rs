//! The distribution of sample means, by resampling.

use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::describe::compensated_sum;
use crate::error::{StatisticsError, check, check_count};

/// Means of samples drawn with replacement from `values`, in the order drawn.
///
/// `resamples` samples of `sample_size` values each. The means have about the mean of the values, and about
/// their standard deviation divided by √`sample_size`.
///
/// The random numbers are those of xoshiro256++, seeded by `SplitMix64` as its authors advise, and are the
/// same on every machine and in every release. `stream` takes the generator `stream` jumps of 2¹²⁸ numbers
/// further: sets that are compared with each other take different streams, so that they are drawn
/// independently.
///
/// The spread of the means describes the resampling only, not the variation between runs. With dependent values, such
/// as requests of one run, it understates even the uncertainty within the run. A test on such means is descriptive, not
/// valid for inference.
///
/// # Errors
/// No values, a value that is not finite, or a sample size of 0.
///
/// # References
/// - B. Efron (1979), “Bootstrap Methods: Another Look at the Jackknife”, Annals of Statistics 7(1).
/// - D. Blackman, S. Vigna (2021), “Scrambled Linear Pseudorandom Number Generators”, ACM TOMS 47(4).
/// - D. Lemire (2019), “Fast Random Integer Generation in an Interval”, ACM TOMACS 29(1), section 4 (the
///   index is the high word of the product; its bias, below n/2⁶⁴, is left as it is).
///
/// # Examples
/// ```
/// use workbench_statistics::resampled_means;
///
/// let means = resampled_means(&[1.0, 2.0, 3.0], 50, 1000, 7, 0)?;
/// assert_eq!(means.len(), 1000);
/// assert_eq!(means, resampled_means(&[1.0, 2.0, 3.0], 50, 1000, 7, 0)?);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn resampled_means(
    values: &[f64],
    sample_size: u32,
    resamples: u32,
    seed: u64,
    stream: u32,
) -> Result<Vec<f64>, StatisticsError> {
    check(values, 1)?;
    check_count(sample_size as usize, 1)?;
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    for _ in 0..stream {
        random.jump();
    }
    let means = (0..resamples).map(|_| {
        let drawn = (0..sample_size).map(|_| values[index(&mut random, values.len())]);
        compensated_sum(drawn) / f64::from(sample_size)
    });
    Ok(means.collect())
}

/// An index below `count`, each being equally likely.
pub(super) fn index(random: &mut Xoshiro256PlusPlus, count: usize) -> usize {
    let product = u128::from(random.next_u64()) * count as u128;
    (product >> u64::BITS) as usize
}
