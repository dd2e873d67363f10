//! The incomplete beta function, behind the tails of Student's t, of F and of the binomial distribution.
//!
//! statrs stops its continued fraction after 140 terms and takes differences of huge logarithms: at
//! parameters of 10⁶, which quantiles of a run's samples need, three to nine digits of its answer are right.

use std::f64::consts::TAU;

use super::gamma::stirling_correction;

/// Both tails of a distribution at a point; the smaller one has full relative precision.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Tails {
    pub(crate) lower: f64,
    pub(crate) upper: f64,
}

impl Tails {
    pub(crate) fn of_lower(lower: f64) -> Self {
        Self {
            lower,
            upper: 1.0 - lower,
        }
    }

    pub(crate) fn of_upper(upper: f64) -> Self {
        Self {
            lower: 1.0 - upper,
            upper,
        }
    }
}

/// The regularised incomplete beta function Iₓ(a, b) and its complement.
///
/// Takes both x and 1 − `x`, so that neither has to be had from the other by a subtraction. Continued fraction by
/// Lentz's method, in front of which stands the binomial density in the form that loses no digits. Takes about
/// √max(a, b) steps near the middle of the distribution.
///
/// # References
/// - W. H. Press et al. (2007), “Numerical Recipes”, 3rd edition, section 6.4, equations 6.4.5 and 6.4.6.
/// - C. Loader (2000), “Fast and Accurate Computation of Binomial Probabilities”.
pub(crate) fn incomplete_beta(a: f64, b: f64, x: f64, complement: f64) -> Tails {
    if x <= 0.0 {
        return Tails::of_lower(0.0);
    }
    if complement <= 0.0 {
        return Tails::of_upper(0.0);
    }
    let front = front(a, b, x, complement);
    if x < (a + 1.0) / (a + b + 2.0) {
        Tails::of_lower((front * continued_fraction(a, b, x) / a).min(1.0))
    } else {
        Tails::of_upper((front * continued_fraction(b, a, complement) / b).min(1.0))
    }
}

/// The x at which Iₓ(a, b) is `lower`, by Newton's method within a bracket.
pub(crate) fn beta_quantile(lower: f64, a: f64, b: f64) -> f64 {
    let (mut below, mut above) = (0.0, 1.0);
    let mut x = a / (a + b);
    // Each step at least halves the bracket or is Newton's, which doubles the digits: 200 are never used up.
    for _ in 0..200 {
        let tails = incomplete_beta(a, b, x, 1.0 - x);
        let excess = if lower <= 0.5 {
            tails.lower - lower
        } else {
            (1.0 - lower) - tails.upper
        };
        if excess > 0.0 {
            above = x;
        } else {
            below = x;
        }
        let density = front(a, b, x, 1.0 - x) / (x * (1.0 - x));
        let newton = x - excess / density;
        let next = if newton > below && newton < above {
            newton
        } else {
            f64::midpoint(below, above)
        };
        if (next - x).abs() <= 4.0 * f64::EPSILON * next {
            return next;
        }
        x = next;
    }
    x
}

/// xᵃ(1 − x)ᵇ/B(a, b).
fn front(a: f64, b: f64, x: f64, complement: f64) -> f64 {
    let n = a + b;
    let exponent = stirling_correction(n)
        - stirling_correction(a)
        - stirling_correction(b)
        - deviance(a, n * x)
        - deviance(b, n * complement);
    (a * b / (n * TAU)).sqrt() * exponent.exp()
}

/// x·ln(x/mean) + mean − x, without cancellation where the two are close.
fn deviance(x: f64, mean: f64) -> f64 {
    let difference = x - mean;
    if difference.abs() >= 0.1 * (x + mean) {
        return x * (x / mean).ln() - difference;
    }
    let v = difference / (x + mean);
    let mut total = difference * v;
    let mut term = 2.0 * x * v;
    let mut order = 1.0;
    loop {
        term *= v * v;
        order += 2.0;
        let next = total + term / order;
        if next == total {
            return total;
        }
        total = next;
    }
}

fn continued_fraction(a: f64, b: f64, x: f64) -> f64 {
    /// Replaces a zero divisor.
    const TINY: f64 = 1e-300;
    let guarded = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / guarded(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    let mut m = 0.0;
    loop {
        m += 1.0;
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / guarded(1.0 + even * d);
        c = guarded(1.0 + even / c);
        fraction *= c * d;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / guarded(1.0 + odd * d);
        c = guarded(1.0 + odd / c);
        let step = c * d;
        fraction *= step;
        // The second condition ends a search for the last bit that rounding keeps from being found.
        if (step - 1.0).abs() <= f64::EPSILON || m > 1e7 {
            return fraction;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relative(found: f64, expected: f64) -> f64 {
        (found / expected - 1.0).abs()
    }

    #[test]
    fn incomplete_beta_is_right_from_tiny_to_huge_parameters() {
        // mpmath 1.4 with 40 digits: betainc(a, b, 0, x, regularized=True), betainc(a, b, x, 1, …)
        let expected = [
            (
                0.3,
                2.5,
                0.11,
                0.003_091_033_510_271_756_5,
                0.996_908_966_489_728_2,
            ),
            (
                0.99,
                10.89,
                0.11,
                0.184_567_779_994_704_1,
                0.815_432_220_005_295_9,
            ),
            (
                0.95,
                57.0,
                3.0,
                0.428_928_030_807_224_9,
                0.571_071_969_192_775_1,
            ),
            (0.5, 5000.5, 5000.5, 0.5, 0.5),
            (
                0.501,
                500_000.5,
                500_000.5,
                0.977_250_003_029_173_1,
                0.022_749_996_970_826_943,
            ),
            (
                0.95,
                950_000.95,
                50_000.05,
                0.499_450_858_323_924_96,
                0.500_549_141_676_075,
            ),
            (
                0.9989,
                99_900.0,
                100.0,
                0.158_166_378_022_797_88,
                0.841_833_621_977_202_1,
            ),
            (
                1e-6,
                3.0,
                1e6,
                0.080_301_672_981_258_64,
                0.919_698_327_018_741_4,
            ),
        ];
        for (x, a, b, lower, upper) in expected {
            let tails = incomplete_beta(a, b, x, 1.0 - x);

            assert!(
                relative(tails.lower, lower) < 1e-11,
                "{x} {a} {b}: {tails:?}"
            );
            assert!(
                relative(tails.upper, upper) < 1e-11,
                "{x} {a} {b}: {tails:?}"
            );
        }
    }

    #[test]
    fn quantiles_of_the_beta_distribution_are_right() {
        // SciPy 1.17: scipy.special.betaincinv(a, b, lower); the second one by mpmath with 40 digits, because
        // SciPy's has only eleven.
        let expected = [
            (0.025, 1.0, 1e8, 2.531_780_798_108_492e-10),
            (0.975, 4.0, 1e6, 8.767_221_486_556_608e-6),
            (0.025, 57.0, 3.0, 0.882_851_536_111_606_8),
            (0.5, 10.89, 0.11, 0.999_892_513_027_097_5),
            (0.975, 2.0, 1.0, 0.987_420_882_906_574_9),
        ];
        for (lower, a, b, x) in expected {
            assert!(
                relative(beta_quantile(lower, a, b), x) < 1e-12,
                "{lower} {a} {b}"
            );
        }
    }
}
