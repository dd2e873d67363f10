//! Order statistics of unsorted values in bounded memory.

use crate::doubles::{at, position};

/// Up to this many values are copied: 512 KiB, as much as counting takes.
const FEW: usize = 1 << 16;
/// Ranges of doubles that are counted at once, as a power of two.
const RANGE_BITS: u32 = 16;

/// The values with these ranks, from 0; ranks ascend and may repeat.
///
/// Many values are counted in 2¹⁶ ranges of doubles. The range that holds a rank is taken out and sorted if it holds a
/// 64th of the values or less, and is divided in the same way if it holds more.
pub(super) fn order_statistics(values: &[f64], ranks: &[usize]) -> Vec<f64> {
    if values.len() <= FEW {
        return of_a_copy(values.to_vec(), 0, ranks);
    }
    let (mut low, mut high) = (u64::MAX, 0);
    for value in values {
        low = low.min(position(*value));
        high = high.max(position(*value));
    }
    within(values, (low, high), 0, ranks)
}

/// The values with these ranks, all of which are between two places; so many values are `before` them.
fn within(values: &[f64], (low, high): (u64, u64), before: usize, ranks: &[usize]) -> Vec<f64> {
    let width = high - low;
    if width == 0 {
        return vec![at(low); ranks.len()];
    }
    let shift = (u64::BITS - width.leading_zeros()).saturating_sub(RANGE_BITS);
    let mut counts = vec![0_usize; (width >> shift) as usize + 1];
    for value in values {
        let place = position(*value).wrapping_sub(low);
        if place <= width {
            counts[(place >> shift) as usize] += 1;
        }
    }
    let mut found = Vec::with_capacity(ranks.len());
    let mut ranks = ranks;
    let mut until = before;
    for (range, count) in (0_u64..).zip(counts) {
        let before = until;
        until += count;
        let (here, later) = ranks.split_at(ranks.partition_point(|rank| *rank < until));
        if here.is_empty() {
            continue;
        }
        ranks = later;
        let from = low + (range << shift);
        let to = high.min(from + ((1 << shift) - 1));
        if count <= values.len() / 64 {
            let taken = |value: &f64| (from..=to).contains(&position(*value));
            let taken = values.iter().copied().filter(taken).collect();
            found.extend(of_a_copy(taken, before, here));
        } else {
            found.extend(within(values, (from, to), before, here));
        }
    }
    found
}

/// The values with these ranks; those that are given begin with rank `before`.
fn of_a_copy(mut values: Vec<f64>, before: usize, ranks: &[usize]) -> Vec<f64> {
    let mut rest = &mut values[..];
    let mut next = before;
    let mut found = Vec::with_capacity(ranks.len());
    for &rank in ranks {
        if rank < next {
            // The same rank once more.
            found.extend(found.last().copied());
            continue;
        }
        // Selection leaves everything greater behind the selected value.
        let (_, value, greater) = rest.select_nth_unstable_by(rank - next, f64::total_cmp);
        found.push(*value);
        rest = greater;
        next = rank + 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_selected(values: &[f64]) {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let last = values.len() - 1;
        let ranks = [0, 1, 1, last / 3, last / 2, last / 2 + 1, last - 1, last];

        let found = order_statistics(values, &ranks);

        let expected = ranks.map(|rank| sorted[rank]);
        assert_eq!(found, expected);
    }

    /// More values than are copied, of some shape, in scattered order.
    fn many(shape: impl Fn(f64) -> f64) -> Vec<f64> {
        let scattered = |i: u32| i.wrapping_mul(2_654_435_761);
        (0..200_000)
            .map(|i| shape(f64::from(scattered(i)) / 4_294_967_296.0))
            .collect()
    }

    #[test]
    fn few_values_are_selected_like_many() {
        assert_selected(&[3.0, 1.0, 2.0, 2.0]);
        assert_selected(&many(|u| u));
        assert_selected(&many(|u| 1e6 * (8.0 * u).exp()));
        assert_selected(&many(|u| (100.0 * u).floor() - 50.0));
    }

    #[test]
    fn order_statistics_of_nearly_constant_values_are_selected() {
        assert_selected(&many(|_| 7.0));
        assert_selected(&many(|u| if u < 1e-4 { u * 1e300 } else { 7.0 }));
        assert_selected(&many(|u| if u < 0.5 { -0.0 } else { 0.0 }));
        // Neighbours of one double, and one value far away.
        assert_selected(&many(|u| if u == 0.0 { 1e300 } else { 1.0 + u * 1e-14 }));
    }
}
