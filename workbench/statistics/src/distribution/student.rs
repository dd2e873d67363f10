//! Student's t distribution: upper tail and quantile.

use super::beta::incomplete_beta;
use super::gamma::ln_gamma_step_of_half;
use super::normal::{normal_quantile, normal_upper_tail};
use super::root::root_of_decreasing;
use crate::error::{StatisticsError, check_degrees_of_freedom, check_open_probability};

/// From here on Hill's normal approximation is exact to the digits of a double, and the continued fraction slow.
const HILL_FROM: f64 = 1e6;

/// P(T > t) for Student's t, also far out in the tail.
///
/// ½ I(ν/(ν + t²); ν/2, ½) for t ≥ 0, and 1 minus that for t < 0. The relative error of a small probability
/// is about 10⁻¹³ down to 10⁻³⁰⁰; a probability below the least double is reported as 0.
///
/// # Errors
/// Degrees of freedom that are not positive, or a t that is not a number.
///
/// # References
/// - M. Abramowitz, I. A. Stegun (1964), “Handbook of Mathematical Functions”, equation 26.7.1.
/// - G. W. Hill (1970), “Algorithm 395: Student's t-distribution”, Communications of the ACM 13(10), for a
///   million degrees of freedom and more.
///
/// # Examples
/// ```
/// use workbench_statistics::student_t_upper_tail;
///
/// let tail = student_t_upper_tail(12.706_204_736_174_7, 1.0)?;
/// assert!((tail - 0.025).abs() < 1e-14);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn student_t_upper_tail(t: f64, degrees_of_freedom: f64) -> Result<f64, StatisticsError> {
    check_degrees_of_freedom(degrees_of_freedom)?;
    if t.is_nan() {
        return Err(StatisticsError::NotFinite {
            position: 0,
            value: t,
        });
    }
    Ok(upper_tail(t, degrees_of_freedom))
}

/// The t that is exceeded with probability `tail`.
///
/// # Errors
/// Degrees of freedom that are not positive, or a probability that is not strictly between 0 and 1.
///
/// # Examples
/// ```
/// use workbench_statistics::student_t_quantile;
///
/// // SciPy 1.17: t.isf(0.05, 8)
/// assert!((student_t_quantile(0.05, 8.0)? - 1.859_548_037_530_898).abs() < 1e-12);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn student_t_quantile(tail: f64, degrees_of_freedom: f64) -> Result<f64, StatisticsError> {
    check_degrees_of_freedom(degrees_of_freedom)?;
    check_open_probability(tail)?;
    Ok(quantile(tail, degrees_of_freedom))
}

/// The bound of Student's |t| with probability `confidence`.
pub(crate) fn student_t_reach(
    confidence: f64,
    degrees_of_freedom: f64,
) -> Result<f64, StatisticsError> {
    check_open_probability(confidence)?;
    student_t_quantile((1.0 - confidence) / 2.0, degrees_of_freedom)
}

fn upper_tail(t: f64, freedom: f64) -> f64 {
    if t < 0.0 {
        return 1.0 - upper_tail(-t, freedom);
    }
    if freedom >= HILL_FROM {
        return normal_upper_tail(hill(t, freedom));
    }
    // With t² over the degrees of freedom first, no square overflows before its tail is 0.
    let odds = t / freedom.sqrt() * (t / freedom.sqrt());
    if odds.is_infinite() {
        return far_tail(t, freedom);
    }
    let share = 1.0 / (1.0 + odds);
    0.5 * incomplete_beta(freedom / 2.0, 0.5, share, odds * share).lower
}

/// The normal deviate with about the same tail.
fn hill(t: f64, freedom: f64) -> f64 {
    if freedom.is_infinite() {
        return t;
    }
    let reduced = freedom - 0.5;
    let deviate = (reduced * (t * t / freedom).ln_1p()).sqrt();
    deviate * (1.0 + (deviate * deviate + 3.0) / (48.0 * reduced * reduced))
}

/// The tail of the density t^(−ν−1) beyond a t whose square overflows.
fn far_tail(t: f64, freedom: f64) -> f64 {
    let ln_front = density_constant(freedom) + (freedom + 1.0) / 2.0 * freedom.ln();
    (ln_front - freedom.ln() - freedom * t.ln()).exp()
}

/// The logarithm of the density at 0, Γ((ν + 1)/2)/(√(νπ) Γ(ν/2)).
fn density_constant(freedom: f64) -> f64 {
    ln_gamma_step_of_half(freedom / 2.0) - 0.5 * (freedom * std::f64::consts::PI).ln()
}

fn quantile(tail: f64, freedom: f64) -> f64 {
    if tail == 0.5 {
        return 0.0;
    }
    if tail > 0.5 {
        return -quantile(1.0 - tail, freedom);
    }
    // In logarithms of both, the tail is nearly a straight line in the far tail of few degrees of freedom. The
    // normal quantile is below the one sought, and for many degrees of freedom close to it.
    let target = tail.ln();
    let at = |ln_t: f64| upper_tail(ln_t.exp(), freedom).max(f64::MIN_POSITIVE).ln() - target;
    let low = normal_quantile(tail).ln() - 1e-6;
    let mut reach = (1.0 / freedom).clamp(1e-5, 1.0);
    while at(low + reach) > 0.0 && low + reach < 709.0 {
        reach *= 4.0;
    }
    root_of_decreasing(low, low + reach, at).exp()
}
