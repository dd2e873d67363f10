//! Confidence intervals, and the quantiles of the distributions that they rest on.

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

/// A range that covers the true value with a stated confidence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Lower bound.
    pub lower: f64,
    /// Upper bound; infinite where the data set no upper bound.
    pub upper: f64,
    /// How often, over many repetitions, such an interval covers the true value.
    pub confidence: f64,
}

impl Interval {
    /// estimate ± t*·standard error, t* being the quantile of Student's t.
    pub(crate) fn student(
        estimate: f64,
        standard_error: f64,
        degrees_of_freedom: f64,
        confidence: f64,
    ) -> Self {
        let half_width = student_quantile(confidence, degrees_of_freedom) * standard_error;
        Self {
            lower: estimate - half_width,
            upper: estimate + half_width,
            confidence,
        }
    }

    /// Whether a value lies within the bounds, which belong to the interval.
    #[must_use]
    pub fn contains(&self, value: f64) -> bool {
        self.lower <= value && value <= self.upper
    }
}

/// What ± this many standard errors Student's t stays within, with a given confidence.
pub(crate) fn student_quantile(confidence: f64, degrees_of_freedom: f64) -> f64 {
    StudentsT::new(0.0, 1.0, degrees_of_freedom)
        .expect("the degrees of freedom are positive")
        .inverse_cdf(0.5 + confidence / 2.0)
}

/// The standard normal quantile.
pub(crate) fn normal_quantile(probability: f64) -> f64 {
    Normal::standard().inverse_cdf(probability)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `SciPy` 1.17: `scipy.stats.t.ppf(0.5 + confidence/2, df)` and `scipy.stats.norm.ppf(probability)`.
    #[test]
    fn quantiles_are_those_of_scipy() {
        for (confidence, degrees_of_freedom, expected) in [
            (0.95, 4.0, 2.776_445_105_197_793_4),
            (0.95, 29.0, 2.045_229_642_132_703),
            (0.99, 2.5, 7.163_728_138_948_783),
            (0.9, 1.0, 6.313_751_514_675_037),
        ] {
            let found = student_quantile(confidence, degrees_of_freedom);
            assert!(
                (found / expected - 1.0).abs() < 1e-10,
                "{found} is not {expected}"
            );
        }
        for (probability, expected) in [
            (0.975, 1.959_963_984_540_054),
            (1e-6, -4.753_424_308_822_899),
            (0.500_001, 2.506_628_274_705_705_2e-6),
        ] {
            let found = normal_quantile(probability);
            assert!(
                (found / expected - 1.0).abs() < 1e-9,
                "{found} is not {expected}"
            );
        }
    }
}
