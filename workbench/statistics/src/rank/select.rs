//! Order statistics of all sums of two lists, without forming them.

use crate::doubles::least_double;

/// The value with rank `rank` (from 1) among all a + b, in (n + m) · 64 steps.
///
/// Bisects over the doubles themselves: adding and comparing doubles is monotone, so that the result is one
/// of the sums, exactly.
pub(super) fn kth_sum(ascending_a: &[f64], ascending_b: &[f64], rank: u64) -> f64 {
    least_double(|bound| pairs_at_most(ascending_a, ascending_b, bound) >= rank)
}

/// The value with rank `rank` (from 1) among all d + e with d at or before e in one list.
pub(super) fn kth_sum_within(ascending: &[f64], rank: u64) -> f64 {
    least_double(|bound| {
        let with_itself = ascending.partition_point(|value| value + value <= bound) as u64;
        (pairs_at_most(ascending, ascending, bound) + with_itself) / 2 >= rank
    })
}

/// Number of pairs with a + b ≤ `bound`, by one walk through both lists.
fn pairs_at_most(ascending_a: &[f64], ascending_b: &[f64], bound: f64) -> u64 {
    let mut end = ascending_b.len();
    let mut pairs = 0;
    for a in ascending_a {
        while end > 0 && a + ascending_b[end - 1] > bound {
            end -= 1;
        }
        pairs += end as u64;
    }
    pairs
}
