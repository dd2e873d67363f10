//! Numbers that are equal but for rounding.

/// Panics unless `found` is `expected` to within a share of it.
pub(crate) fn assert_close(found: f64, expected: f64, relative: f64) {
    let error = (found - expected).abs();
    assert!(
        error <= relative * expected.abs(),
        "{found} is not {expected}"
    );
}
