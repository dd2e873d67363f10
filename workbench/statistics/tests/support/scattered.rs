//! Pseudo-random numbers.

/// Pseudo-random numbers between 0 and 2,829. The comment below is the same formula in Python.
pub(crate) fn scattered(count: u32) -> Vec<f64> {
    // v = ((i*7919) % 20011)**1.5/1000 for i in 1..=count
    (1..=count)
        .map(|i| f64::from(i * 7919 % 20_011).powf(1.5) / 1000.0)
        .collect()
}
