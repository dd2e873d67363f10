//! Numbers that are equal except for rounding.

/// Panics unless `found` is within a relative tolerance of `expected`.
pub(crate) fn assert_close(found: f64, expected: f64, relative: f64) {
    let error = (found - expected).abs();
    assert!(
        error <= relative * expected.abs(),
        "{found} is not {expected}"
    );
}
