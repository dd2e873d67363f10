//! Fisher's F distribution.

use super::beta::incomplete_beta;

/// P(F > f) for Fisher's F with `numerator` and `denominator` degrees of freedom.
pub(crate) fn f_upper_tail(f: f64, numerator: f64, denominator: f64) -> f64 {
    let whole = denominator + numerator * f;
    incomplete_beta(
        denominator / 2.0,
        numerator / 2.0,
        denominator / whole,
        numerator * f / whole,
    )
    .lower
}
