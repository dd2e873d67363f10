//! Corrections of Stirling's formula for the gamma function.

use statrs::function::gamma::ln_gamma;

/// Half the logarithm of 2π.
const HALF_LN_TAU: f64 = 0.918_938_533_204_672_7;

/// From here on the series with six terms is exact to 10⁻¹⁵.
const SERIES_FROM: f64 = 10.0;

/// ln Γ(z + ½) − ln Γ(z), without cancellation for large z.
pub(crate) fn ln_gamma_step_of_half(z: f64) -> f64 {
    // By Stirling, the large parts having cancelled on paper.
    z * (0.5 / z).ln_1p() + 0.5 * z.ln() - 0.5 + stirling_correction(z + 0.5)
        - stirling_correction(z)
}

/// ln Γ(z) − ((z − ½) ln z − z + ½ ln 2π), without cancellation for large z.
///
/// # References
/// M. Abramowitz, I. A. Stegun (1964), “Handbook of Mathematical Functions”, equation 6.1.41.
pub(crate) fn stirling_correction(z: f64) -> f64 {
    if z < SERIES_FROM {
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
