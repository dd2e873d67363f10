//! Integrals of smooth functions over an interval.

/// Gauss's and Legendre's rule: nodes and weights for the interval from −1 to 1.
pub(super) struct GaussLegendre {
    points: Vec<(f64, f64)>,
}

impl GaussLegendre {
    /// The rule of so many nodes, which is exact for polynomials of a degree below twice that.
    ///
    /// # References
    /// W. H. Press et al. (2007), “Numerical Recipes”, 3rd edition, section 4.6.1.
    pub(super) fn of(nodes: usize) -> Self {
        let count = nodes as f64;
        let points = (0..nodes)
            .map(|index| {
                let mut x = (std::f64::consts::PI * (index as f64 + 0.75) / (count + 0.5)).cos();
                let mut slope = 1.0;
                // Newton's method from this start doubles the digits: five steps reach those of a double.
                for _ in 0..6 {
                    let (mut value, mut before) = (1.0, 0.0);
                    for degree in 0..nodes {
                        let degree = degree as f64;
                        let next =
                            ((2.0 * degree + 1.0) * x * value - degree * before) / (degree + 1.0);
                        (before, value) = (value, next);
                    }
                    slope = count * (x * value - before) / (x * x - 1.0);
                    x -= value / slope;
                }
                (x, 2.0 / ((1.0 - x * x) * slope * slope))
            })
            .collect();
        Self { points }
    }

    /// The integral from `low` to `high`; 0 where that is no interval.
    pub(super) fn integrate(&self, low: f64, high: f64, function: impl Fn(f64) -> f64) -> f64 {
        if low >= high {
            return 0.0;
        }
        let (middle, half) = (f64::midpoint(low, high), (high - low) / 2.0);
        let sum: f64 = self
            .points
            .iter()
            .map(|(node, weight)| weight * function(middle + half * node))
            .sum();
        half * sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_and_exponentials_are_integrated_to_the_last_digits() {
        let rule = GaussLegendre::of(24);
        assert!((rule.integrate(0.0, 1.0, |x| x.powi(47)) * 48.0 - 1.0).abs() < 1e-13);
        let found = rule.integrate(-1.0, 2.0, f64::exp);
        assert!((found - (2.0_f64.exp() - (-1.0_f64).exp())).abs() < 1e-12);
        assert_eq!(rule.integrate(1.0, 1.0, f64::exp), 0.0);
    }
}
