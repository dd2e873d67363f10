//! The false alarm rate of a test of resampled means.

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::resampled_means::index;
use crate::compare::welch;
use crate::describe::compensated_sum;
use crate::error::{StatisticsError, check, check_count, check_open_probability};

/// The student report's test: how many means of how many values, and at which level.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ResampledTest {
    /// Values drawn for each mean, at least 1.
    pub sample_size: u32,
    /// Means on either side, at least 2.
    pub resamples: u32,
    /// Nominal level of the test.
    pub alpha: f64,
}

/// The false alarm rate of a test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FalseAlarmRate {
    /// Trials made.
    pub trials: u32,
    /// Trials that found a difference.
    pub alarms: u32,
    /// Share of the trials that found a difference.
    pub rate: f64,
    /// Nominal level of the test.
    pub nominal: f64,
    /// Length of the blocks that the trials' runs were made of.
    pub block_length: usize,
    /// Values in each of the trials' runs.
    pub run_length: usize,
}

/// The false alarm rate of a t test on resampled means, on data like these.
///
/// Each trial makes two runs as long as the given one out of blocks of it, drawn at random with replacement (the moving
/// block bootstrap): two runs of one and the same system, dependent within blocks as the original is. Then the report's
/// procedure is applied: means of samples drawn with replacement from either run, and Welch's test on the means. A
/// rejection is a false alarm.
///
/// `values` are in the order in which they were measured. Blocks should be several times as long as values depend on
/// each other, and the run hold many: about √n serves for thousands of requests. With blocks of 1 it is the rate for
/// independent values. Runs of a real system also differ as wholes, which one run cannot show, so that the true rate is
/// higher.
///
/// # Errors
/// Fewer than 2 values, values that are not finite or do not vary, blocks that are empty or longer than half of the
/// values, a sample size of 0, fewer than 2 means, no trials, or a level that is not strictly between 0 and 1.
///
/// # References
/// H. R. Künsch (1989), “The Jackknife and the Bootstrap for General Stationary Observations”, Annals of Statistics
/// 17(3), section 2.
///
/// # Examples
/// ```
/// use workbench_statistics::{ResampledTest, false_alarm_rate};
///
/// let times: Vec<f64> = (0..2000).map(|i| f64::from(i * 7919 % 2003)).collect();
/// let test = ResampledTest { sample_size: 50, resamples: 1000, alpha: 0.05 };
/// let found = false_alarm_rate(&times, test, 1, 20, 7)?;
/// // The test claims 5%. On two runs of 2,000 independent values it alarms about 70 times in 100.
/// assert!(found.rate > 0.3);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn false_alarm_rate(
    values: &[f64],
    test: ResampledTest,
    block_length: usize,
    trials: u32,
    seed: u64,
) -> Result<FalseAlarmRate, StatisticsError> {
    check(values, 2)?;
    check_open_probability(test.alpha)?;
    for count in [block_length, trials as usize, test.sample_size as usize] {
        check_count(count, 1)?;
    }
    check_count(values.len(), 2 * block_length)?;
    check_count(test.resamples as usize, 2)?;
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut alarms = 0;
    for _ in 0..trials {
        let [first, second] = [(); 2]
            .map(|()| PseudoRun::new(values, block_length, &mut random).means(test, &mut random));
        if welch(&first, &second, 1.0 - test.alpha)?.p < test.alpha {
            alarms += 1;
        }
    }
    Ok(FalseAlarmRate {
        trials,
        alarms,
        rate: f64::from(alarms) / f64::from(trials),
        nominal: test.alpha,
        block_length,
        run_length: values.len(),
    })
}

/// A run put together from blocks of another; its values are looked up, not copied.
struct PseudoRun<'a> {
    values: &'a [f64],
    block_length: usize,
    starts: Vec<usize>,
}

impl<'a> PseudoRun<'a> {
    fn new(values: &'a [f64], block_length: usize, random: &mut Xoshiro256PlusPlus) -> Self {
        let places = values.len() - block_length + 1;
        let starts = (0..values.len().div_ceil(block_length))
            .map(|_| index(random, places))
            .collect();
        Self {
            values,
            block_length,
            starts,
        }
    }

    fn means(&self, test: ResampledTest, random: &mut Xoshiro256PlusPlus) -> Vec<f64> {
        (0..test.resamples)
            .map(|_| {
                let drawn = (0..test.sample_size).map(|_| {
                    let place = index(random, self.values.len());
                    self.values[self.starts[place / self.block_length] + place % self.block_length]
                });
                compensated_sum(drawn) / f64::from(test.sample_size)
            })
            .collect()
    }
}
