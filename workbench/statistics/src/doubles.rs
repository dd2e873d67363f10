//! Doubles in order: sorted lists, and positions in the order of all doubles, for bisection and counting.

/// The same values in ascending order.
pub(crate) fn ascending(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_unstable_by(f64::total_cmp);
    values
}

const SIGN: u64 = 1 << 63;

/// Place of a double in the order of all doubles.
pub(crate) fn position(value: f64) -> u64 {
    let bits = value.to_bits();
    if bits & SIGN == 0 { bits | SIGN } else { !bits }
}

/// The double at a place.
pub(crate) fn at(position: u64) -> f64 {
    f64::from_bits(if position & SIGN == 0 {
        !position
    } else {
        position & !SIGN
    })
}

/// The least double for which a monotone condition holds.
pub(crate) fn least_double(holds: impl Fn(f64) -> bool) -> f64 {
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
