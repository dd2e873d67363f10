//! The regularised incomplete beta function, for the tails of Student's t and of F.

use statrs::function::gamma::ln_gamma;

/// Half the logarithm of 2π.
const HALF_LN_TAU: f64 = 0.918_938_533_204_672_7;

/// From here on Stirling's series with six terms is exact to 10⁻¹⁵.
const STIRLING_FROM: f64 = 10.0;

/// ln Γ(z) − ((z − ½) ln z − z + ½ ln 2π), without cancellation for large z.
///
/// # References
/// M. Abramowitz, I. A. Stegun (1964), “Handbook of Mathematical Functions”, equation 6.1.41.
pub(crate) fn stirling_correction(z: f64) -> f64 {
    if z < STIRLING_FROM {
        return ln_gamma(z) - ((z - 0.5) * z.ln() - z + HALF_LN_TAU);
    }
    let terms = [
        1.0 / 12.0,
        -1.0 / 360.0,
        1.0 / 1260.0,
        -1.0 / 1680.0,
        1.0 / 1188.0,
        -691.0 / 360_360.0,
    ];
    let square = z.powi(-2);
    terms
        .iter()
        .rev()
        .fold(0.0, |sum, term| sum * square + term)
        / z
}

/// ln B(a, b).
fn ln_beta(a: f64, b: f64) -> f64 {
    let (small, large) = (a.min(b), a.max(b));
    if large < STIRLING_FROM {
        return ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b);
    }
    // ln Γ(large + small) − ln Γ(large), its large parts having cancelled on paper.
    let growth = (large - 0.5) * (small / large).ln_1p() + small * (large + small).ln() - small
        + stirling_correction(large + small)
        - stirling_correction(large);
    ln_gamma(small) - growth
}

/// I(x; a, b), given both x and 1 − x, so that neither has to be had from the other by a subtraction.
///
/// Lentz' evaluation of the continued fraction, to convergence: it takes about √max(a, b) steps.
///
/// # References
/// W. H. Press et al. (2007), “Numerical Recipes”, third edition, equation 6.4.9.
pub(crate) fn regularised_beta(a: f64, b: f64, x: f64, complement: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if complement <= 0.0 {
        return 1.0;
    }
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - regularised_beta(b, a, complement, x);
    }
    // The logarithm from whichever of the two is the more exact.
    let ln = |part: f64, rest: f64| {
        if rest < 0.5 {
            (-rest).ln_1p()
        } else {
            part.ln()
        }
    };
    let front = (a * ln(x, complement) + b * ln(complement, x) - ln_beta(a, b)).exp() / a;
    front * continued_fraction(a, b, x)
}

fn continued_fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away_from_zero = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    for step in 1..100_000 {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / away_from_zero(1.0 + even * d);
        c = away_from_zero(1.0 + even / c);
        fraction *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / away_from_zero(1.0 + odd * d);
        c = away_from_zero(1.0 + odd / c);
        let factor = d * c;
        fraction *= factor;
        if (factor - 1.0).abs() <= f64::EPSILON {
            break;
        }
    }
    fraction
}

/// P(F > f) for Fisher's F with `numerator` and `denominator` degrees of freedom.
pub(crate) fn f_upper_tail(f: f64, numerator: f64, denominator: f64) -> f64 {
    let whole = denominator + numerator * f;
    regularised_beta(
        denominator / 2.0,
        numerator / 2.0,
        denominator / whole,
        numerator * f / whole,
    )
}
