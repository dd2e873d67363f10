//! The warm-up at the beginning of a run.

use crate::error::{StatisticsError, check, check_count};

/// Where a series becomes steady, by MSER-5.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WarmUp {
    /// How many leading values to discard, a multiple of 5.
    pub discard: usize,
    /// Whether the rule would discard as much as it may, half of the series. The series then has no detectable steady
    /// state, and `discard` is not meaningful.
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
/// Fewest batches for a meaningful choice of the truncation point. Our choice: the authors' own series have hundreds.
const LEAST_BATCHES: usize = 20;

/// Finds the end of the warm-up by MSER-5, the marginal standard error rule.
///
/// The values are cut into b batches of 5. Cutting the first d batches leaves b − d, whose means have the
/// population variance v(d); d* is the d from 0 to b/2 at which v(d)/(b − d) is smallest: cutting more would
/// cost more precision by fewer values than it gains by less bias. Of several such d the smallest is taken. Up
/// to 4 values that fill no batch, at the end, are left out of account. Takes linear time.
///
/// Assumes values in order of time, from a process that becomes stationary. An outlier in the first half makes the rule
/// cut all before it, and hit its bound if it stands shortly before the middle: among simulated series of log-normal
/// noise (σ = 1.5) that was 0.1%. A drift as long as the run mostly ends short of the bound, where noise hides what is
/// left of it; [`batch_means`](crate::batch_means) then refuses the rest as too dependent. Disturbances of the second
/// half only are not detected.
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
    let mut backward = BackwardWarmUp::new(values.len());
    for value in values.iter().rev() {
        backward.push(*value);
    }
    backward.finish()
}

/// [`warm_up`] of values that are not in memory together, and are given from the last one to the first.
///
/// # References
/// Those of [`warm_up`].
///
/// # Examples
/// ```
/// use workbench_statistics::{BackwardWarmUp, warm_up};
///
/// let values: Vec<f64> = (0..203).map(|i| f64::from(i * i % 97)).collect();
/// let mut backward = BackwardWarmUp::new(values.len());
/// for value in values.iter().rev() {
///     backward.push(*value);
/// }
/// assert_eq!(backward.finish(), warm_up(&values));
/// ```
#[derive(Clone, Debug)]
pub struct BackwardWarmUp {
    count: usize,
    /// The values of a batch so far, from its last one on.
    batch: [f64; BATCH],
    in_batch: usize,
    /// Values at the end that fill no batch and were not given yet.
    skipped: usize,
    /// Batches so far.
    kept: usize,
    mean: f64,
    squares: f64,
    best: usize,
    minimum: f64,
}

impl BackwardWarmUp {
    /// For a series of `count` values.
    #[must_use]
    pub fn new(count: usize) -> Self {
        Self {
            count,
            batch: [0.0; BATCH],
            in_batch: 0,
            skipped: count % BATCH,
            kept: 0,
            mean: 0.0,
            squares: 0.0,
            best: count / BATCH / 2,
            minimum: f64::INFINITY,
        }
    }

    /// Adds the value before those added so far. Returns whether the rule, so far, would keep exactly the values from
    /// this one on.
    pub fn push(&mut self, value: f64) -> bool {
        if self.skipped > 0 {
            self.skipped -= 1;
            return false;
        }
        self.batch[self.in_batch] = value;
        self.in_batch += 1;
        if self.in_batch < BATCH {
            return false;
        }
        self.in_batch = 0;
        self.kept += 1;
        // The mean of what is left grows by one batch at a time.
        let value = self.batch.iter().rev().sum::<f64>() / BATCH as f64;
        let count = self.kept as f64;
        let difference = value - self.mean;
        self.mean += difference / count;
        self.squares += difference * (value - self.mean);
        let batches = self.count / BATCH;
        let discarded = batches.saturating_sub(self.kept);
        let criterion = self.squares / (count * count);
        let is_best = discarded <= batches / 2 && criterion <= self.minimum;
        if is_best {
            (self.best, self.minimum) = (discarded, criterion);
        }
        is_best
    }

    /// The result of [`warm_up`], after all values were added.
    ///
    /// # Errors
    /// Fewer than 100 values, or values whose squares exceed what a double holds.
    pub fn finish(self) -> Result<WarmUp, StatisticsError> {
        check_count(self.count, LEAST_BATCHES * BATCH)?;
        if !self.minimum.is_finite() {
            return Err(StatisticsError::TooLarge);
        }
        let batches = self.count / BATCH;
        Ok(WarmUp {
            discard: self.best * BATCH,
            at_bound: self.best == batches / 2,
            batches,
            minimum: self.minimum,
        })
    }
}
