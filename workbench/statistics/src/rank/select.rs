//! Order statistics of all sums of two lists, without forming them.

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

/// The least double for which a monotone condition holds.
fn least_double(holds: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (position(f64::NEG_INFINITY), position(f64::INFINITY));
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(at(middle)) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    // Zero has two positions; the negative one comes first.
    at(low) + 0.0
}

const SIGN: u64 = 1 << 63;

/// Place of a double in the order of all doubles.
fn position(value: f64) -> u64 {
    let bits = value.to_bits();
    if bits & SIGN == 0 { bits | SIGN } else { !bits }
}

fn at(position: u64) -> f64 {
    f64::from_bits(if position & SIGN == 0 {
        !position
    } else {
        position & !SIGN
    })
}
