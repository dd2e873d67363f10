//! The difference of two pooled proportions, by Newcombe's interval.

use crate::distribution::{normal_quantile, normal_upper_tail, root_of_decreasing};

/// Failures among attempts.
#[derive(Clone, Copy)]
pub(super) struct Pooled {
    pub(super) failures: f64,
    pub(super) attempts: f64,
}

impl Pooled {
    fn rate(self) -> f64 {
        self.failures / self.attempts
    }

    /// Wilson's score interval.
    ///
    /// # References
    /// E. B. Wilson (1927), “Probable Inference, the Law of Succession, and Statistical Inference”, Journal of the
    /// American Statistical Association 22.
    fn wilson(self, z: f64) -> (f64, f64) {
        let (n, rate, square) = (self.attempts, self.rate(), z * z);
        let middle = rate + square / (2.0 * n);
        let reach = z * (rate * (1.0 - rate) / n + square / (4.0 * n * n)).sqrt();
        let whole = 1.0 + square / n;
        (
            ((middle - reach) / whole).max(0.0),
            ((middle + reach) / whole).min(1.0),
        )
    }
}

/// Interval of candidate minus baseline, each tail holding `tail`.
pub(super) fn interval(baseline: Pooled, candidate: Pooled, tail: f64) -> (f64, f64) {
    at(baseline, candidate, normal_quantile(tail))
}

/// p for the hypothesis that candidate minus baseline is at most `bound`: the tail whose interval begins there.
pub(super) fn p_above(baseline: Pooled, candidate: Pooled, bound: f64) -> f64 {
    let difference = candidate.rate() - baseline.rate();
    // Beyond 40 deviations the tail is below the least double.
    if difference >= bound {
        let z = root_of_decreasing(0.0, 40.0, |z| at(baseline, candidate, z).0 - bound);
        normal_upper_tail(z)
    } else {
        let z = root_of_decreasing(0.0, 40.0, |z| bound - at(baseline, candidate, z).1);
        1.0 - normal_upper_tail(z)
    }
}

fn at(baseline: Pooled, candidate: Pooled, z: f64) -> (f64, f64) {
    let (before, after) = (baseline.wilson(z), candidate.wilson(z));
    let difference = candidate.rate() - baseline.rate();
    (
        difference - (candidate.rate() - after.0).hypot(before.1 - baseline.rate()),
        difference + (after.1 - candidate.rate()).hypot(baseline.rate() - before.0),
    )
}
