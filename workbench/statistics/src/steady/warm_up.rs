//! How much of a run's beginning is not yet steady state.

use crate::error::{StatisticsError, check};

/// Where a series becomes steady, by MSER-5.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WarmUp {
    /// How many leading values to discard, a multiple of 5.
    pub discard: usize,
    /// Whether the rule would discard as much as it may, half of the series. The series then has no steady
    /// state that could be seen, and `discard` is no answer.
    pub at_bound: bool,
    /// Number of batches of 5 that the series was cut into.
    pub batches: usize,
    /// The squared standard error that the rule found smallest.
    pub minimum: f64,
}

impl WarmUp {
    /// How many leading values to discard, or `None` where no steady state can be seen.
    ///
    /// # Examples
    /// ```
    /// use workbench_statistics::warm_up;
    ///
    /// let settled: Vec<f64> = (0..100).map(|i| f64::from(i % 3)).collect();
    /// assert_eq!(warm_up(&settled)?.steady_from(), Some(0));
    /// let growing: Vec<f64> = (0..100).map(f64::from).collect();
    /// assert_eq!(warm_up(&growing)?.steady_from(), None);
    /// # Ok::<(), workbench_statistics::StatisticsError>(())
    /// ```
    #[must_use]
    pub fn steady_from(&self) -> Option<usize> {
        (!self.at_bound).then_some(self.discard)
    }
}

/// Values per batch, the 5 of MSER-5.
const BATCH: usize = 5;
/// Fewer batches than these leave the rule a choice among too few points to mean anything. Ours: the authors'
/// own series have hundreds.
const LEAST_BATCHES: usize = 20;

/// Finds the end of the warm-up by MSER-5, the marginal standard error rule.
///
/// The values are cut into b batches of 5. Cutting the first d batches leaves b − d, whose means have the
/// population variance v(d); d* is the d from 0 to b/2 at which v(d)/(b − d) is smallest: cutting more would
/// cost more precision by fewer values than it gains by less bias. Of several such d the smallest is taken. Up
/// to 4 values that fill no batch, at the end, are left out of account. Takes linear time.
///
/// Assumes values in order of time, from a process that becomes stationary. An outlier in the first half makes
/// the rule cut all before it, and hit its bound if it stands shortly before the middle: among simulated
/// series of log-normal noise (σ = 1.5) that was 0.1%. A drift as long as the run mostly ends short of the
/// bound, where noise hides what is left of it; [`batch_means`](crate::batch_means) then refuses the rest as too
/// dependent. What disturbs only the second half goes unseen.
///
/// # Errors
/// Fewer than 100 values, a value that is not finite, or values whose squares exceed what a double holds.
///
/// # References
/// - K. P. White (1997), “An Effective Truncation Heuristic for Bias Reduction in Simulation Output”,
///   Simulation 69(6).
/// - W. W. Franklin, K. P. White (2008), “Stationarity Tests and MSER-5: Exploring the Intuition Behind
///   Mean-Squared-Error-Reduction in Detecting and Correcting Initialization Bias”, Winter Simulation
///   Conference.
///
/// # Examples
/// ```
/// use workbench_statistics::warm_up;
///
/// // Ten slow requests, then a steady alternation.
/// let values: Vec<f64> = (0..200)
///     .map(|i| if i < 10 { 90.0 } else { f64::from(10 + i % 3) })
///     .collect();
/// assert_eq!(warm_up(&values)?.steady_from(), Some(10));
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn warm_up(values: &[f64]) -> Result<WarmUp, StatisticsError> {
    check(values, LEAST_BATCHES * BATCH)?;
    let batches = values.len() / BATCH;
    let bound = batches / 2;
    let (mut mean, mut squares) = (0.0, 0.0);
    let (mut best, mut minimum) = (bound, f64::INFINITY);
    // From the end to the beginning, so that the mean of what is left grows by one batch at a time.
    for (kept, batch) in (1_usize..).zip(values.as_chunks::<BATCH>().0.iter().rev()) {
        let value = batch.iter().sum::<f64>() / BATCH as f64;
        let count = kept as f64;
        let difference = value - mean;
        mean += difference / count;
        squares += difference * (value - mean);
        let discarded = batches - kept;
        let criterion = squares / (count * count);
        if discarded <= bound && criterion <= minimum {
            (best, minimum) = (discarded, criterion);
        }
    }
    if !minimum.is_finite() {
        return Err(StatisticsError::TooLarge);
    }
    Ok(WarmUp {
        discard: best * BATCH,
        at_bound: best == bound,
        batches,
        minimum,
    })
}
