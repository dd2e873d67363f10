//! The result of a t test.

use crate::distribution::{student_t_reach, student_t_upper_tail};
use crate::error::StatisticsError;
use crate::interval::Interval;

/// A t test of equal means, and the interval of their difference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TTest {
    /// First mean minus second mean.
    pub difference: f64,
    /// Standard error of the difference.
    pub standard_error: f64,
    /// The difference in standard errors.
    pub t: f64,
    /// Degrees of freedom: Satterthwaite's approximation for Welch's test, otherwise a whole number.
    pub degrees_of_freedom: f64,
    /// Two-sided p value; 0 where it is too small for a double.
    pub p: f64,
    /// One-sided p value: small where the first mean is the greater.
    pub p_greater: f64,
    /// One-sided p value: small where the first mean is the lesser.
    pub p_less: f64,
    /// Interval of the difference.
    pub interval: Interval,
    /// Number of values in the first and in the second group.
    pub counts: [usize; 2],
}

impl TTest {
    pub(super) fn new(
        difference: f64,
        standard_error: f64,
        degrees_of_freedom: f64,
        confidence: f64,
        counts: [usize; 2],
    ) -> Result<Self, StatisticsError> {
        let reach = student_t_reach(confidence, degrees_of_freedom)?;
        if standard_error == 0.0 {
            return Err(StatisticsError::NoVariation);
        }
        let t = difference / standard_error;
        let tail = student_t_upper_tail(t.abs(), degrees_of_freedom)?;
        let rest = 1.0 - tail;
        Ok(Self {
            difference,
            standard_error,
            t,
            degrees_of_freedom,
            p: (2.0 * tail).min(1.0),
            p_greater: if t > 0.0 { tail } else { rest },
            p_less: if t > 0.0 { rest } else { tail },
            interval: Interval::around(difference, reach * standard_error, confidence),
            counts,
        })
    }

    /// p for the hypothesis that the difference is at most `bound`.
    pub(crate) fn p_above(&self, bound: f64) -> f64 {
        self.tail_above(self.difference - bound)
    }

    /// p for the hypothesis that the difference is at least `bound`.
    pub(crate) fn p_below(&self, bound: f64) -> f64 {
        self.tail_above(bound - self.difference)
    }

    fn tail_above(&self, difference: f64) -> f64 {
        student_t_upper_tail(difference / self.standard_error, self.degrees_of_freedom)
            .expect("a test that was made has degrees of freedom and a finite t")
    }
}
