//! Confidence intervals.

/// A range that covers the true value with a stated confidence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Lower bound.
    pub lower: f64,
    /// Upper bound; infinite if unbounded.
    pub upper: f64,
    /// How often, over many repetitions, such an interval covers the true value.
    pub confidence: f64,
}

impl Interval {
    /// An interval symmetric around an estimate.
    pub(crate) fn around(estimate: f64, half_width: f64, confidence: f64) -> Self {
        Self {
            lower: estimate - half_width,
            upper: estimate + half_width,
            confidence,
        }
    }

    /// The interval of an increasing function of the quantity.
    #[must_use]
    pub fn map(self, increasing: impl Fn(f64) -> f64) -> Self {
        Self {
            lower: increasing(self.lower),
            upper: increasing(self.upper),
            confidence: self.confidence,
        }
    }

    /// Whether a value lies within the bounds, which belong to the interval.
    ///
    /// # Examples
    /// ```
    /// use workbench_statistics::wilson;
    ///
    /// let errors = wilson(5, 1000, 0.95)?;
    /// assert!(errors.interval.contains(0.005));
    /// # Ok::<(), workbench_statistics::StatisticsError>(())
    /// ```
    #[must_use]
    pub fn contains(&self, value: f64) -> bool {
        self.lower <= value && value <= self.upper
    }
}
