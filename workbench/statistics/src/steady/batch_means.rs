//! Batch means: the standard error and the effective sample size of dependent values.

use std::ops::Range;

use super::autocorrelation::{autocorrelation, von_neumann_p};
use crate::describe::{Summary, compensated_sum, summary};
use crate::distribution::student_t_reach;
use crate::error::{StatisticsError, check, check_count, check_open_probability};
use crate::interval::Interval;
use crate::quantile::quantile;

/// The mean of dependent values with an interval, and how dependent they are.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchMeans {
    /// Mean of all values.
    pub mean: f64,
    /// Standard error of the mean that accounts for the dependence, √(τs²/n).
    pub standard_error: f64,
    /// Interval of the mean of the process, by Student's t.
    pub interval: Interval,
    /// Number of values.
    pub count: usize,
    /// Number of batches, 20 to 30.
    pub batches: usize,
    /// Values per batch.
    pub batch_size: usize,
    /// The autocorrelation factor τ = m·S²/s²: how many times the variance of the mean is what it would be for
    /// independent values. About 1 for these, and estimated with a relative error of about √(2/29) ≈ 26%.
    pub autocorrelation_factor: f64,
    /// Effective sample size of the mean: n/τ, at most n.
    pub effective_count: f64,
    /// Correlation of the means of neighbouring batches.
    pub lag_one_correlation: f64,
    /// One-sided p value of von Neumann's test that the batch means are not positively correlated. A small
    /// one says that the standard error is too small.
    pub independence_p: f64,
    /// Warnings on the standard error; each means that it is too small.
    pub warnings: Vec<BatchWarning>,
}

/// A warning on a standard error from batch means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchWarning {
    /// The batches in use are correlated after all, at the level of the test that chose their size.
    CorrelatedBatches,
    /// Batches short enough that correlation across their borders takes more than 5% off the variance, as
    /// estimated for an AR(1) process. Simulated intervals of 95% cover 91% when a batch holds 2τ values.
    ShortBatches,
}

/// More batches than these gain next to no precision (Schmeiser 1982).
const MOST_BATCHES: usize = 30;
const LEAST_BATCHES: usize = 20;
/// Smallest batch. Means of fewer values are still correlated. Our choice.
const LEAST_BATCH_SIZE: usize = 10;
/// Where the search for a batch size begins. The batches that are used in the end are far fewer.
const FIRST_BATCHES: usize = 4096;
/// Share of the variance that may be missing without a warning. Our choice.
const TOLERATED_BIAS: f64 = 0.05;
/// Level of the test at which batch means pass as uncorrelated.
const INDEPENDENCE_LEVEL: f64 = 0.05;

/// The mean of one run's values with an interval, by the method of batch means.
///
/// Batches are doubled, starting from at most 4,096 of them, until von Neumann's ratio no longer shows a
/// positive lag-1 correlation of their means at 5%. The k means used are then 30, or as many (at least 20) as
/// batches of that size, or of 10 values, fit; m = ⌊n/k⌋ values each, the values left over at the beginning
/// being skipped. With S the standard deviation of the batch means and s that of the values, τ = m·S²/s², the
/// effective sample size is n/τ, the standard error √(m·S²/n), and the interval the mean ± t·standard error
/// with k − 1 degrees of freedom.
///
/// Assumes values in order of time from a stationary process (discard the warm-up first) whose correlation
/// dies out within a batch. Fails on trends and on dependence that lasts as long as the run. It is a
/// diagnosis within one run: the mean of another run may lie outside of the interval far more often.
///
/// # Errors
/// Fewer than 200 values, values that are not finite or do not vary, batch means that are still correlated
/// when only 20 batches are left, or a confidence that is not strictly between 0 and 1.
///
/// # References
/// - B. W. Schmeiser (1982), “Batch Size Effects in the Analysis of Simulation Output”, Operations Research
///   30(3).
/// - G. S. Fishman, L. S. Yarberry (1997), “An Implementation of the Batch Means Method”, INFORMS Journal on
///   Computing 9(3).
/// - J. von Neumann (1941), “Distribution of the Ratio of the Mean Square Successive Difference to the
///   Variance”, Annals of Mathematical Statistics 12(4).
///
/// # Examples
/// ```
/// use workbench_statistics::batch_means;
///
/// // Noise of which each value comes four times in a row.
/// let noise = |i: u32| i.wrapping_mul(i).wrapping_mul(2_654_435_761) >> 24;
/// let values: Vec<f64> = (0..4000).map(|i| f64::from(noise(i / 4))).collect();
/// let found = batch_means(&values, 0.95)?;
/// assert!(found.interval.contains(127.5));
/// assert!(found.effective_count < 2000.0);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn batch_means(values: &[f64], confidence: f64) -> Result<BatchMeans, StatisticsError> {
    check_open_probability(confidence)?;
    batch_means_of_sums(&summary(values)?, confidence, |range| {
        compensated_sum(values[range].iter().copied())
    })
}

/// [`batch_means`] of values that are not in memory, from their summary and from sums over ranges of positions.
///
/// The ranges begin and end at the [`batch_bounds`] of so many values, counted from the end.
///
/// # Errors
/// As [`batch_means`].
///
/// # References
/// Those of [`batch_means`].
///
/// # Examples
/// ```
/// use workbench_statistics::{batch_means, batch_means_of_sums, summary};
///
/// let values: Vec<f64> = (0..4000).map(|i| f64::from(i * i % 997)).collect();
/// let found = batch_means_of_sums(&summary(&values)?, 0.95, |range| values[range].iter().sum())?;
/// assert_eq!(found, batch_means(&values, 0.95)?);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn batch_means_of_sums(
    summary: &Summary,
    confidence: f64,
    sum: impl Fn(Range<usize>) -> f64,
) -> Result<BatchMeans, StatisticsError> {
    check_open_probability(confidence)?;
    let series = Series {
        count: summary.count,
        mean: summary.mean,
        deviation: summary.sample_standard_deviation.unwrap_or(0.0),
        sum,
    };
    series.batch_means(confidence)
}

/// Where [`batch_means_of_sums`] and [`effective_count_of_share`] cut so many values, as numbers of values up to the end;
/// ascending, from 0 to all.
///
/// About 4,400 at most. The sums of the values after each are all that the functions need.
///
/// # Examples
/// ```
/// use workbench_statistics::batch_bounds;
///
/// assert_eq!(batch_bounds(3), [0, 1, 2, 3]);
/// assert!(batch_bounds(1_000_000_000).len() < 4_400);
/// ```
#[must_use]
pub fn batch_bounds(count: usize) -> Vec<usize> {
    let first = first_batch_size(count);
    let mut bounds: Vec<usize> = (0..=count).step_by(first).chain([count]).collect();
    for batches in LEAST_BATCHES..=MOST_BATCHES {
        let batch_size = count / batches;
        bounds.extend((0..=batches).map(|batch| batch * batch_size));
    }
    bounds.sort_unstable();
    bounds.dedup();
    bounds
}

fn first_batch_size(count: usize) -> usize {
    count.div_ceil(FIRST_BATCHES).max(1).next_power_of_two()
}

/// Effective sample size of a quantile.
///
/// n/τ, as [`batch_means`] estimates it, of the series that is 1 where a value is at or below the quantile
/// (type 7) of all values and 0 elsewhere: the variance of a quantile is τp(1 − p)/(nf²), f being the density
/// there. Exceedances of a high level depend on each other less than the values themselves do, so that this is
/// mostly more than the effective sample size of the mean. The effective sample size for
/// [`quantile_interval`](crate::quantile_interval).
///
/// Assumptions and failures are those of [`batch_means`]; besides, a batch has to hold several exceedances, or
/// their dependence cannot be seen.
///
/// # Errors
/// As [`batch_means`], and a probability that is not strictly between 0 and 1.
///
/// # References
/// - P. Heidelberger, P. A. W. Lewis (1984), “Quantile Estimation in Dependent Sequences”, Operations
///   Research 32(1).
///
/// # Examples
/// ```
/// use workbench_statistics::effective_count_of_quantile;
///
/// // Noise of which each value comes four times in a row.
/// let noise = |i: u32| i.wrapping_mul(i).wrapping_mul(2_654_435_761) >> 24;
/// let values: Vec<f64> = (0..4000).map(|i| f64::from(noise(i / 4))).collect();
/// assert!(effective_count_of_quantile(&values, 0.5)? < 2000.0);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn effective_count_of_quantile(
    values: &[f64],
    probability: f64,
) -> Result<f64, StatisticsError> {
    check_open_probability(probability)?;
    effective_count_at_level(values, quantile(values, probability)?)
}

/// Effective sample size of the share of values up to a level.
///
/// What [`effective_count_of_quantile`] gives, for a quantile that is known already.
///
/// # Errors
/// As [`batch_means`]; a level that all values or none are at or below leaves no variation.
///
/// # References
/// - P. Heidelberger, P. A. W. Lewis (1984), “Quantile Estimation in Dependent Sequences”, Operations
///   Research 32(1).
///
/// # Examples
/// ```
/// use workbench_statistics::{effective_count_at_level, effective_count_of_quantile, quantiles};
///
/// let values: Vec<f64> = (0..4000).map(|i| f64::from(i * i % 997)).collect();
/// for (level, p) in quantiles(&values, &[0.5, 0.9])?.into_iter().zip([0.5, 0.9]) {
///     let known = effective_count_at_level(&values, level)?;
///     assert_eq!(known, effective_count_of_quantile(&values, p)?);
/// }
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn effective_count_at_level(values: &[f64], level: f64) -> Result<f64, StatisticsError> {
    check(values, 1)?;
    let greatest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    // Ties at the maximum can reach down to the quantile; then what is below it makes the difference.
    let bound = if level < greatest {
        level
    } else {
        level.next_down()
    };
    effective_count_of_share(values.len(), |range| {
        let at_or_below = values[range].iter().filter(|value| **value <= bound);
        at_or_below.count()
    })
}

/// Effective number of trials of a share, such as an error rate.
///
/// n/τ, as [`batch_means`] estimates it, of the series that is 1 for a trial with the property and 0 for one without:
/// the variance of the share is τp(1 − p)/n. The series need not exist: `with_it` counts the trials with the property
/// in a range of positions. The effective number of trials for [`wilson_of_dependent`](crate::wilson_of_dependent).
///
/// Assumptions and failures are those of [`batch_means`]; besides, a batch has to hold several trials with the
/// property, or their dependence cannot be seen.
///
/// # Errors
/// As [`batch_means`]; where all trials or none have the property there is no variation.
///
/// # References
/// G. S. Fishman, L. S. Yarberry (1997), “An Implementation of the Batch Means Method”, INFORMS Journal on Computing
/// 9(3), applied to an indicator.
///
/// # Examples
/// ```
/// use workbench_statistics::effective_count_of_share;
///
/// // Requests fail ten at a time.
/// let noise = |i: u32| i.wrapping_mul(i).wrapping_mul(2_654_435_761) >> 24;
/// let failed: Vec<bool> = (0..20_000).map(|i| noise(i / 10) < 6).collect();
/// let effective = effective_count_of_share(failed.len(), |range| {
///     failed[range].iter().filter(|failed| **failed).count()
/// })?;
/// assert!(effective < 10_000.0);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn effective_count_of_share(
    trials: usize,
    with_it: impl Fn(Range<usize>) -> usize,
) -> Result<f64, StatisticsError> {
    let n = trials as f64;
    let of_all = with_it(0..trials) as f64;
    let series = Series {
        count: trials,
        mean: of_all / n,
        deviation: (of_all * (n - of_all) / (n * (n - 1.0))).sqrt(),
        sum: |range: Range<usize>| with_it(range) as f64,
    };
    // The confidence does not enter the effective sample size.
    Ok(series.batch_means(0.5)?.effective_count)
}

/// Values in order of time that are only available as sums over ranges.
struct Series<S> {
    count: usize,
    mean: f64,
    /// Sample standard deviation.
    deviation: f64,
    /// The sum of the values in a range of positions.
    sum: S,
}

impl<S: Fn(Range<usize>) -> f64> Series<S> {
    fn batch_means(&self, confidence: f64) -> Result<BatchMeans, StatisticsError> {
        check_count(self.count, LEAST_BATCHES * LEAST_BATCH_SIZE)?;
        if self.deviation == 0.0 {
            return Err(StatisticsError::NoVariation);
        }
        let smallest = self.uncorrelated_batch_size()?.max(LEAST_BATCH_SIZE);
        let batches = (self.count / smallest).min(MOST_BATCHES);
        let batch_size = self.count / batches;
        let means = self.means(batches, batch_size);
        let between = summary(&means)?.sample_standard_deviation.unwrap_or(0.0);
        let n = self.count as f64;
        let factor = batch_size as f64 * (between / self.deviation).powi(2);
        let standard_error = between * (batch_size as f64 / n).sqrt();
        let reach = student_t_reach(confidence, (batches - 1) as f64)?;
        let independence_p = von_neumann_p(&means)?;
        Ok(BatchMeans {
            mean: self.mean,
            standard_error,
            interval: Interval::around(self.mean, reach * standard_error, confidence),
            count: self.count,
            batches,
            batch_size,
            autocorrelation_factor: factor,
            effective_count: n / factor.max(1.0),
            lag_one_correlation: if between > 0.0 {
                autocorrelation(&means, 1)?
            } else {
                0.0
            },
            independence_p,
            warnings: warnings(independence_p, batch_size, factor),
        })
    }

    /// The first of the doubled batch sizes at which neighbouring batch means pass as uncorrelated.
    fn uncorrelated_batch_size(&self) -> Result<usize, StatisticsError> {
        let mut batch_size = first_batch_size(self.count);
        let mut means = self.means(self.count / batch_size, batch_size);
        loop {
            if von_neumann_p(&means)? >= INDEPENDENCE_LEVEL {
                return Ok(batch_size);
            }
            if means.len() / 2 < LEAST_BATCHES {
                return Err(StatisticsError::TooDependent {
                    batch_size,
                    found: means.len(),
                    correlation: autocorrelation(&means, 1)?,
                });
            }
            batch_size *= 2;
            means = of_pairs(&means);
        }
    }

    /// Means of batches that end with the last value; what is left over stands before the first batch.
    fn means(&self, batches: usize, batch_size: usize) -> Vec<f64> {
        (self.count - batches * batch_size..self.count)
            .step_by(batch_size)
            .map(|start| (self.sum)(start..start + batch_size) / batch_size as f64)
            .collect()
    }
}

/// The means of batches of twice the size; an odd one is left over at the beginning.
fn of_pairs(means: &[f64]) -> Vec<f64> {
    let (_, pairs) = means.as_rchunks::<2>();
    pairs.iter().map(|[a, b]| f64::midpoint(*a, *b)).collect()
}

fn warnings(independence_p: f64, batch_size: usize, factor: f64) -> Vec<BatchWarning> {
    let correlated =
        (independence_p < INDEPENDENCE_LEVEL).then_some(BatchWarning::CorrelatedBatches);
    // An AR(1) process with τ = (1 + φ)/(1 − φ) lacks 2φ/((1 − φ²)m) of the variance in batches of m.
    let bias = (factor - 1.0 / factor) / (2.0 * batch_size as f64);
    let short = (bias > TOLERATED_BIAS).then_some(BatchWarning::ShortBatches);
    correlated.into_iter().chain(short).collect()
}
