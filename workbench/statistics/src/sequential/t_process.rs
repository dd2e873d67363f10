//! The t statistics of a growing number of unchanged pairs: the probability that any of several exceeds its bound.

use super::quadrature::GaussLegendre;
use crate::distribution::{ln_gamma_step_of_half, student_t_quantile};

/// Distance of the points between which a probability is interpolated, in standard deviations of what one value adds.
const STEP: f64 = 0.4;
/// Farthest states that count, in standard deviations of a state.
const STATES: f64 = 6.0;
/// Nodes of each integral.
const NODES: usize = 16;
/// Beyond this many standard deviations a new value is negligible.
const FARTHEST: f64 = 9.0;

/// The probability that at least one of the t statistics of the first n₁, n₂, … of normal values of mean 0 has a
/// one-sided p value of at most `level`, which is strictly between 0 and 1; `looks` are 2 or more, in ascending order.
///
/// The direction of n such values is uniform on a sphere and independent of their length R. Let φ be the angle with
/// sin φ = Σx/(R √n); then t = √(n − 1) tan φ. With the next value x and tan ψ = x/R, which is independent of φ and has
/// the density cosⁿ⁻¹ ψ (but for a constant),
///
/// √(n + 1) sin φ' = √n sin φ cos ψ + sin ψ.
///
/// So the t statistics are a Markov chain, whatever the standard deviation, and the probability of reaching a later
/// bound is one integral over ψ for each further value, from the last look back to the first. States are held as
/// w with tan φ = sinh w, and as q = cos² φ, which has full precision near the pole.
///
/// # References
/// - W. J. Hall, R. A. Wijsman, J. K. Ghosh (1965), “The Relationship between Sufficiency and Invariance with
///   Applications in Sequential Analysis”, Annals of Mathematical Statistics 36(2) (why it is a Markov chain).
/// - P. Armitage, C. K. McPherson, B. C. Rowe (1969), “Repeated Significance Tests on Accumulating Data”, Journal of
///   the Royal Statistical Society A 132(2) (the recursion, for known variance).
/// - C. Jennison, B. W. Turnbull (1991), “Exact Calculations for Sequential t, χ² and F Tests”, Biometrika 78(1).
pub(super) fn crossing_probability(looks: &[usize], level: f64) -> f64 {
    let [first, .., last] = looks else {
        return level;
    };
    let rule = GaussLegendre::of(NODES);
    // After the last look nothing is to come.
    let mut later = Later::nothing();
    let mut next_bound = bound(*last, level);
    for count in (*first..*last).rev() {
        let next_is_look = looks.contains(&(count + 1));
        if next_is_look {
            next_bound = bound(count + 1, level);
        }
        later = later.one_value_before(count, next_bound, next_is_look, &rule);
    }
    let front = density_constant(*first as f64 - 1.0);
    let density = |w: f64| front * w.cosh().powf(1.0 - *first as f64);
    let end = bound(*first, level);
    let panels = 8;
    let width = (end - later.lowest) / f64::from(panels);
    let afterwards: f64 = (0..panels)
        .map(|panel| {
            let low = later.lowest + width * f64::from(panel);
            rule.integrate(low, low + width, |w| density(w) * later.at(w))
        })
        .sum();
    level + afterwards
}

/// The w beyond which the p value of so many values is at most `level`.
fn bound(count: usize, level: f64) -> f64 {
    let freedom = count as f64 - 1.0;
    let critical = student_t_quantile(level, freedom).expect(
        "two values or more have degrees of freedom, and the level is strictly between 0 and 1",
    );
    (critical / freedom.sqrt()).asinh()
}

/// One over the integral of cosᵐ⁻¹ from −π/2 to π/2.
fn density_constant(m: f64) -> f64 {
    ln_gamma_step_of_half(m / 2.0).exp() / std::f64::consts::PI.sqrt()
}

/// The probability of reaching a later bound, by where the values stand now.
struct Later {
    /// From `lowest` on in steps of `step`; from the last one on it is constant.
    values: Vec<f64>,
    lowest: f64,
    step: f64,
}

impl Later {
    fn nothing() -> Self {
        Self {
            values: vec![0.0; 4],
            lowest: 0.0,
            step: 1.0,
        }
    }

    /// By the cubic through four neighbouring points.
    fn at(&self, w: f64) -> f64 {
        let last = self.values.len() - 1;
        let position = ((w - self.lowest) / self.step).clamp(0.0, last as f64);
        let start = (position as usize).saturating_sub(1).min(last - 3);
        let x = position - start as f64;
        let [a, b, c, d] = [0, 1, 2, 3].map(|index| self.values[start + index]);
        let (x1, x2, x3) = (x - 1.0, x - 2.0, x - 3.0);
        let cubic = -a * x1 * x2 * x3 / 6.0 + b * x * x2 * x3 / 2.0 - c * x * x1 * x3 / 2.0
            + d * x * x1 * x2 / 6.0;
        cubic.clamp(0.0, 1.0)
    }

    /// The same with one value less, that is with `count`. The next bound is that after one more value, if that is a
    /// look, or after several.
    fn one_value_before(
        &self,
        count: usize,
        next_bound: f64,
        next_is_look: bool,
        rule: &GaussLegendre,
    ) -> Self {
        let n = count as f64;
        let front = density_constant(n);
        let density = |psi: f64| front * psi.cos().powi(count as i32 - 1);
        let reach = (FARTHEST / n.sqrt()).min(std::f64::consts::FRAC_PI_2);
        let value = |w: f64| {
            let q = w.cosh().powi(-2);
            let u = n.sqrt() * w.tanh();
            let next = |psi: f64| {
                let missing = (n * q + (u * psi.sin() - psi.cos()).powi(2)) / (n + 1.0);
                let w = ((1.0 - missing).max(0.0) / missing).sqrt().asinh();
                w.copysign(u * psi.cos() + psi.sin())
            };
            let on = |low: f64, high: f64| {
                rule.integrate(low, high, |psi| density(psi) * self.at(next(psi)))
            };
            // The value that brings the statistic nearest to the pole; larger ones add more spread than sum.
            let best = 1.0_f64.atan2(u);
            let half = if next_is_look {
                let beyond = (n + 1.0) * next_bound.cosh().powi(-2) - n * q;
                let along = (n + 1.0).sqrt() * next_bound.tanh();
                beyond.max(0.0).sqrt().atan2(along)
            } else {
                0.0
            };
            let from = (best - half).clamp(-reach, reach);
            let to = (best + half).clamp(-reach, reach);
            rule.integrate(from, to, density) + on(-reach, from) + on(to, reach)
        };
        let (lowest, step) = (-STATES / n.sqrt(), STEP / n);
        let highest = next_bound.max(0.0) + STATES / n.sqrt();
        let steps = ((highest - lowest) / step).ceil() as usize;
        Self {
            values: (0..=steps)
                .map(|index| value(lowest + step * index as f64))
                .collect(),
            lowest,
            step,
        }
    }
}
