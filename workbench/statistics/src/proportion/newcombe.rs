//! The difference of two shares by Newcombe's hybrid score interval, and the tail in which it begins.

use super::comparison::Counts;
use super::interval::wilson_bounds;
use crate::distribution::{normal_reach, normal_upper_tail, root_of_decreasing};
use crate::interval::Interval;

/// Interval of first share minus second share.
///
/// # References
/// R. G. Newcombe (1998), “Interval Estimation for the Difference between Independent Proportions”, Statistics in
/// Medicine 17, method 10.
pub(crate) fn newcombe(first: Counts, second: Counts, confidence: f64) -> Interval {
    let (lower, upper) = bounds(first, second, normal_reach(confidence));
    Interval {
        lower,
        upper,
        confidence,
    }
}

/// p for the hypothesis that first share minus second share is at most `bound`: the tail whose interval begins there.
pub(crate) fn newcombe_p_above(first: Counts, second: Counts, bound: f64) -> f64 {
    /// Beyond this many deviations a tail is below the least double.
    const FARTHEST: f64 = 40.0;
    if first.share() - second.share() >= bound {
        let z = root_of_decreasing(0.0, FARTHEST, |z| bounds(first, second, z).0 - bound);
        normal_upper_tail(z)
    } else {
        let z = root_of_decreasing(0.0, FARTHEST, |z| bound - bounds(first, second, z).1);
        1.0 - normal_upper_tail(z)
    }
}

fn bounds(first: Counts, second: Counts, z: f64) -> (f64, f64) {
    let (one, other) = (first.share(), second.share());
    let (of_one, of_other) = (wilson_bounds(first, z), wilson_bounds(second, z));
    (
        one - other - (one - of_one.0).hypot(of_other.1 - other),
        one - other + (of_one.1 - one).hypot(other - of_other.0),
    )
}
