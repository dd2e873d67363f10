//! p values adjusted for how many hypotheses were tested.

use crate::error::{StatisticsError, check, check_probability};

/// Holm's adjusted p values, in the order given.
///
/// With the p values in ascending order, the i-th becomes the greatest of (m − j + 1) · pⱼ over j ≤ i, at most 1.
/// Rejecting what is adjusted to α or less keeps the probability of any false rejection within α, however the
/// tests depend on each other.
///
/// # Errors
/// A value that is not a probability.
///
/// # References
/// S. Holm (1979), “A Simple Sequentially Rejective Multiple Test Procedure”, Scandinavian Journal of
/// Statistics 6(2).
///
/// # Examples
/// ```
/// use workbench_statistics::holm;
///
/// let adjusted = holm(&[0.03, 0.01, 0.02])?;
/// assert_eq!(adjusted, [0.04, 0.03, 0.04]);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn holm(p_values: &[f64]) -> Result<Vec<f64>, StatisticsError> {
    let order = ascending(p_values)?;
    let mut adjusted = vec![0.0; p_values.len()];
    let mut greatest = 0.0_f64;
    for (place, &index) in order.iter().enumerate() {
        let remaining = (p_values.len() - place) as f64;
        greatest = greatest.max(remaining * p_values[index]).min(1.0);
        adjusted[index] = greatest;
    }
    Ok(adjusted)
}

/// Benjamini and Hochberg's adjusted p values, in the order given.
///
/// With the p values in ascending order, the i-th becomes the least of m/j · pⱼ over j ≥ i, at most 1. Rejecting
/// what is adjusted to q or less keeps the expected share of false rejections among all rejections within q.
///
/// Assumes tests that are independent or depend positively on each other. It does not bound the probability
/// of a false rejection: for a gate use [`holm`].
///
/// # Errors
/// A value that is not a probability.
///
/// # References
/// Y. Benjamini, Y. Hochberg (1995), “Controlling the False Discovery Rate: A Practical and Powerful Approach to
/// Multiple Testing”, Journal of the Royal Statistical Society B 57(1).
///
/// # Examples
/// ```
/// use workbench_statistics::benjamini_hochberg;
///
/// let adjusted = benjamini_hochberg(&[0.01, 0.5, 0.02, 0.5])?;
/// assert_eq!(adjusted, [0.04, 0.5, 0.04, 0.5]);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn benjamini_hochberg(p_values: &[f64]) -> Result<Vec<f64>, StatisticsError> {
    let order = ascending(p_values)?;
    let mut adjusted = vec![0.0; p_values.len()];
    let mut least = 1.0_f64;
    for (place, &index) in order.iter().enumerate().rev() {
        let share = p_values.len() as f64 / (place + 1) as f64;
        least = least.min(share * p_values[index]);
        adjusted[index] = least;
    }
    Ok(adjusted)
}

fn ascending(p_values: &[f64]) -> Result<Vec<usize>, StatisticsError> {
    check(p_values, 0)?;
    p_values.iter().copied().try_for_each(check_probability)?;
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    Ok(order)
}
