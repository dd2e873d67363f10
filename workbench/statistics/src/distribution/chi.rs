//! Averages over the estimated standard deviation s of normal values with standard deviation 1.
//!
//! Whatever is divided by such an s (a t, a studentized range) has a distribution that is an average of
//! normal probabilities over s = χ/√ν.

use std::f64::consts::{LN_2, TAU};

use super::gamma::stirling_correction;

/// Terms below this share of the sum are negligible.
const NEGLIGIBLE: f64 = 1e-18;

/// From this many degrees of freedom on, s is 1 within the accuracy of the probabilities.
const CONSTANT_FROM: f64 = 1e12;

/// The average of `probability(s)` over s = χ/√ν with ν `freedom`.
///
/// The integral over u = ln s by the trapezoidal rule, whose error for such bell-shaped analytic functions
/// falls exponentially with the step. All terms are positive: the result keeps its relative accuracy where
/// the probability is tiny. `probability` has to be monotone in s and at most 1.
///
/// # References
/// L. N. Trefethen, J. A. C. Weideman (2014), “The Exponentially Convergent Trapezoidal Rule”, SIAM Review
/// 56(3), theorem 5.1.
pub(crate) fn average_over_deviation(freedom: f64, probability: impl Fn(f64) -> f64) -> f64 {
    if freedom >= CONSTANT_FROM {
        return probability(1.0);
    }
    // The density of u is about normal with variance 1/(2ν).
    let step = (0.4 / freedom.sqrt()).min(0.08);
    let half = freedom / 2.0;
    let ln_front = LN_2 + 0.5 * half.ln() - 0.5 * TAU.ln() - stirling_correction(half);
    let ln_density = |u: f64| ln_front + freedom * (u - (2.0 * u).exp_m1() / 2.0);
    let term = |u: f64| {
        let ln_density = ln_density(u);
        // Below the range of doubles, whatever the probability is.
        if ln_density < -746.0 {
            None
        } else {
            Some(ln_density.exp() * probability(u.exp()))
        }
    };
    let mut sum = 0.0_f64;
    for direction in [-1.0, 1.0] {
        let mut before = 0.0;
        for index in u32::from(direction > 0.0).. {
            let Some(value) = term(direction * f64::from(index) * step) else {
                break;
            };
            sum += value;
            if value <= sum * NEGLIGIBLE && value < before {
                break;
            }
            before = value;
        }
    }
    sum * step
}
