//! Draws that can be computed again: the n-th is a function of seed and n alone, by formulas that the
//! README has. `rand_distr` promises no formulas: its draws may change with its version.

use std::time::Duration;

const LONGEST: Duration = Duration::from_secs(3600);

/// A distribution of times; written as `lognormal(20ms,0.3)`, for instance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Latency {
    /// Always the same.
    Constant(Duration),
    /// Every time from the first to the second equally often.
    Uniform(Duration, Duration),
    /// Exponential with this mean.
    Exponential(Duration),
    /// The logarithm is normal: median, and standard deviation of the logarithm.
    Lognormal(Duration, f64),
    /// A power law: the shortest time, and the exponent of the tail.
    Pareto(Duration, f64),
}

/// Draws for different purposes are independent of each other.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    Latency = 1,
    /// The second number where a time takes two.
    Angle = 2,
    Error = 3,
}

/// The n-th number of a seed, strictly between 0 and 1.
///
/// `SplitMix64` in counter mode (Steele, Lea and Flood, 2014, «Fast splittable pseudorandom number
/// generators»): the mixing function is applied to `seed` mixed with the purpose, plus `n + 1`
/// times the golden gamma. The upper 53 bits, plus one half, are divided by 2⁵³.
pub(super) fn uniform(seed: u64, purpose: Purpose, n: u64) -> f64 {
    const GOLDEN_GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;
    let stream = mix(seed ^ mix(purpose as u64));
    let bits = mix(stream.wrapping_add(n.wrapping_add(1).wrapping_mul(GOLDEN_GAMMA)));
    ((bits >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Latency {
    /// The n-th time of a seed: the quantile of a uniform number, or for the lognormal Box and
    /// Muller's transform of two.
    #[must_use]
    pub fn draw(self, seed: u64, n: u64) -> Duration {
        let u = uniform(seed, Purpose::Latency, n);
        let seconds = match self {
            Self::Constant(time) => return time,
            Self::Uniform(from, to) => {
                let (from, to) = (from.as_secs_f64(), to.as_secs_f64());
                from + (to - from) * u
            }
            Self::Exponential(mean) => mean.as_secs_f64() * -(-u).ln_1p(),
            Self::Lognormal(median, sigma) => {
                let angle = std::f64::consts::TAU * uniform(seed, Purpose::Angle, n);
                let normal = (-2.0 * u.ln()).sqrt() * angle.cos();
                median.as_secs_f64() * (sigma * normal).exp()
            }
            Self::Pareto(shortest, shape) => shortest.as_secs_f64() * (1.0 - u).powf(-1.0 / shape),
        };
        Duration::try_from_secs_f64(seconds).map_or(LONGEST, |time| time.min(LONGEST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const N: usize = 100_000;

    const UNIT: Duration = Duration::from_secs(1);

    /// A quantile of the draws has the standard error √(p(1−p)/n) on the scale of probability: the
    /// true quantile must lie between those that are five of them away.
    fn has_quantile(drawn: &[f64], p: f64, truth: f64) {
        let error = 5.0 * (p * (1.0 - p) / N as f64).sqrt();
        let at = |p: f64| drawn[(p * N as f64) as usize];
        let (low, high) = (at(p - error), at(p + error));
        assert!(low <= truth && truth <= high, "{p}: {low} {truth} {high}");
    }

    fn is_close(estimate: f64, truth: f64, standard_error: f64) {
        assert!(
            (estimate - truth).abs() < 5.0 * standard_error,
            "{estimate} is not {truth}"
        );
    }

    #[test]
    fn the_same_seed_and_number_always_give_the_same_draw() {
        // Computed apart from this program, in Python.
        let numbers = [(7, 0), (7, 1), (8, 0)].map(|(seed, n)| uniform(seed, Purpose::Latency, n));
        assert_eq!(
            numbers,
            [0.739456686557248, 0.005573132856873386, 0.3183602136458909]
        );
    }

    /// These quantiles of the standard normal distribution.
    fn normal(p: f64) -> f64 {
        let upper = match p.max(1.0 - p) {
            0.5 => 0.0,
            0.75 => 0.674_490,
            _ => 2.326_348,
        };
        upper * (p - 0.5).signum()
    }

    /// Distribution, mean, standard deviation, quantiles.
    type Truth = (Latency, f64, f64, fn(f64) -> f64);

    #[test]
    fn times_have_the_mean_and_the_quantiles_of_their_distribution() {
        let lognormal_mean = 0.125_f64.exp();
        let lognormal_deviation = lognormal_mean * (0.25_f64.exp() - 1.0).sqrt();
        let truths: [Truth; 4] = [
            (
                Latency::Uniform(UNIT, 3 * UNIT),
                2.0,
                2.0 / 12_f64.sqrt(),
                |p| 1.0 + 2.0 * p,
            ),
            (Latency::Exponential(UNIT), 1.0, 1.0, |p| -(1.0 - p).ln()),
            (
                Latency::Lognormal(UNIT, 0.5),
                lognormal_mean,
                lognormal_deviation,
                |p| (0.5 * normal(p)).exp(),
            ),
            // Mean a/(a−1), variance a/((a−1)²(a−2)).
            (
                Latency::Pareto(UNIT, 4.0),
                4.0 / 3.0,
                (2.0_f64 / 9.0).sqrt(),
                |p| (1.0 - p).powf(-0.25),
            ),
        ];
        for (latency, mean, deviation, quantile) in truths {
            let mut drawn: Vec<f64> = (0..N as u64)
                .map(|n| latency.draw(7, n).as_secs_f64())
                .collect();
            drawn.sort_by(f64::total_cmp);
            let estimate = drawn.iter().sum::<f64>() / N as f64;
            is_close(estimate, mean, deviation / (N as f64).sqrt());
            for p in [0.01, 0.25, 0.5, 0.75, 0.99] {
                has_quantile(&drawn, p, quantile(p));
            }
        }
    }

    #[test]
    fn no_draw_is_longer_than_an_hour() {
        let heavy = Latency::Pareto(UNIT, 0.1);
        assert!((0..10_000).any(|n| heavy.draw(7, n) == LONGEST));
        assert!((0..10_000).all(|n| heavy.draw(7, n) <= LONGEST));
    }
}
