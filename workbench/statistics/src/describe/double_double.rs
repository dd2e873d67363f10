//! Numbers of about 32 digits, as the unevaluated sum of two doubles, for running sums.

use std::ops::{Add, Div, Mul, Sub};

/// A number held as `high + low`, `low` being at most half a unit in the last place of `high`.
///
/// # References
/// - T. J. Dekker (1971), “A Floating-Point Technique for Extending the Available Precision”, Numerische
///   Mathematik 18.
/// - D. E. Knuth (1997), “The Art of Computer Programming 2”, 3rd edition, section 4.2.2, theorem B
///   (`two_sum`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct DoubleDouble {
    high: f64,
    low: f64,
}

impl DoubleDouble {
    pub(crate) const ZERO: Self = Self {
        high: 0.0,
        low: 0.0,
    };

    /// The exact sum of two doubles.
    pub(crate) fn sum(a: f64, b: f64) -> Self {
        let (high, low) = two_sum(a, b);
        Self { high, low }
    }

    /// The nearest double.
    pub(crate) fn value(self) -> f64 {
        self.high
    }

    /// How far a double is from this number.
    pub(crate) fn distance(self, value: f64) -> f64 {
        (value - self.high) - self.low
    }
}

impl Add for DoubleDouble {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        let (sum, error) = two_sum(self.high, other.high);
        let (low_sum, low_error) = two_sum(self.low, other.low);
        let first = normalised(sum, error + low_sum);
        normalised(first.high, first.low + low_error)
    }
}

impl Sub for DoubleDouble {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self + Self {
            high: -other.high,
            low: -other.low,
        }
    }
}

impl Mul for DoubleDouble {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        let product = self.high * other.high;
        let error = self.high.mul_add(other.high, -product);
        normalised(
            product,
            error + (self.high * other.low + self.low * other.high),
        )
    }
}

impl Mul<f64> for DoubleDouble {
    type Output = Self;

    fn mul(self, factor: f64) -> Self {
        self * Self {
            high: factor,
            low: 0.0,
        }
    }
}

impl Div<f64> for DoubleDouble {
    type Output = Self;

    fn div(self, divisor: f64) -> Self {
        let quotient = self.high / divisor;
        let remainder = (-quotient).mul_add(divisor, self.high) + self.low;
        normalised(quotient, remainder / divisor)
    }
}

/// The rounded sum and what rounding took from it, whichever of the two is larger.
#[inline]
pub(crate) fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let of_b = sum - a;
    let error = (a - (sum - of_b)) + (b - of_b);
    (sum, error)
}

/// `high` must be the larger one.
fn normalised(high: f64, low: f64) -> DoubleDouble {
    let sum = high + low;
    DoubleDouble {
        high: sum,
        low: low - (sum - high),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_that_a_double_drops_are_kept() {
        let sum = DoubleDouble::sum(1e10, 1e-15) + DoubleDouble::sum(1.0, 0.0);

        let left = sum - DoubleDouble::sum(1e10, 1.0);

        assert_eq!(left.value(), 1e-15);
    }

    #[test]
    fn division_and_multiplication_cancel_within_32_digits() {
        let third = DoubleDouble::sum(1.0, 0.0) / 3.0;

        let trace = (third * 3.0 - DoubleDouble::sum(1.0, 0.0)).value();

        assert!(trace.abs() < 1e-31, "{trace}");
        let square = third * third * 9.0 - DoubleDouble::sum(1.0, 0.0);
        assert!(square.value().abs() < 1e-30, "{square:?}");
    }

    #[test]
    fn distance_is_taken_from_both_parts() {
        let mean = DoubleDouble::sum(1e7, 1e-12);

        assert_eq!(mean.distance(1e7), -1e-12);
    }
}
