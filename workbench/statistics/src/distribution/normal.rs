//! The standard normal distribution.
//!
//! The error function is libm's: that of statrs 0.19 is off by up to 10⁻¹⁰ of its value.

use std::f64::consts::SQRT_2;

use statrs::function::erf::erfc_inv;

/// P(Z ≤ z), to full relative accuracy in the lower tail.
pub(crate) fn normal_lower_tail(z: f64) -> f64 {
    0.5 * libm::erfc(-z / SQRT_2)
}

/// P(Z > z), to full relative accuracy in the upper tail.
pub(crate) fn normal_upper_tail(z: f64) -> f64 {
    normal_lower_tail(-z)
}

/// The z with P(Z > z) = `tail`, to about ten digits.
pub(crate) fn normal_quantile(tail: f64) -> f64 {
    SQRT_2 * erfc_inv(2.0 * tail)
}

/// The bound of a standard normal value's absolute value with probability `confidence`.
pub(crate) fn normal_reach(confidence: f64) -> f64 {
    normal_quantile((1.0 - confidence) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_scipy() {
        // SciPy 1.17: scipy.stats.norm.isf(tail)
        for (tail, expected) in [
            (0.025, 1.959_963_984_540_054),
            (1e-6, 4.753_424_308_822_899),
            (0.499_999, 2.506_628_274_705_705_2e-6),
            (0.999_999, -4.753_424_308_822_899),
        ] {
            let found = normal_quantile(tail);
            assert!(
                (found / expected - 1.0).abs() < 1e-9,
                "{found} is not {expected}"
            );
        }
    }
}
