//! Autocorrelation of a series.

use crate::describe::{compensated_sum, summary};
use crate::distribution::normal_upper_tail;
use crate::error::{StatisticsError, check};

/// The autocorrelation of values at a lag.
///
/// r = Σ(xᵢ − m)(xᵢ₊ₖ − m)/Σ(xᵢ − m)², the first sum over n − k pairs, the second over all n values, m being
/// the mean of all.
///
/// Assumes values in order of time, from a stationary process. For n independent values its standard
/// deviation is about 1/√n.
///
/// # Errors
/// Fewer than `lag` + 1 values or than 2, values that are not finite, or that do not vary.
///
/// # References
/// G. E. P. Box, G. M. Jenkins (1976), “Time Series Analysis: Forecasting and Control”, chapter 2.
///
/// # Examples
/// ```
/// use workbench_statistics::autocorrelation;
///
/// assert_eq!(autocorrelation(&[1.0, 3.0, 2.0], 1)?, -0.5);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn autocorrelation(values: &[f64], lag: usize) -> Result<f64, StatisticsError> {
    check(values, lag.saturating_add(1).max(2))?;
    let summary = summary(values)?;
    if summary.min == summary.max {
        return Err(StatisticsError::NoVariation);
    }
    let deviations = || values.iter().map(|value| value - summary.mean);
    let products = deviations().zip(deviations().skip(lag)).map(|(a, b)| a * b);
    let squares = deviations().map(|deviation| deviation * deviation);
    Ok(compensated_sum(products) / compensated_sum(squares))
}

/// The one-sided p value of von Neumann's ratio, small where neighbouring values are alike.
///
/// 1 − Σ(xᵢ₊₁ − xᵢ)²/(2Σ(xᵢ − m)²) has mean 0 and variance
/// (k − 2)/(k² − 1) for k independent normal values.
///
/// # References
/// - J. von Neumann (1941), “Distribution of the Ratio of the Mean Square Successive Difference to the Variance”,
///   Annals of Mathematical Statistics 12(4).
/// - G. S. Fishman, L. S. Yarberry (1997), “An Implementation of the Batch Means Method”, INFORMS Journal on
///   Computing 9(3).
pub(crate) fn von_neumann_p(values: &[f64]) -> Result<f64, StatisticsError> {
    let summary = summary(values)?;
    let count = summary.count as f64;
    let squares = summary.population_standard_deviation.powi(2) * count;
    if squares == 0.0 {
        return Ok(1.0);
    }
    let successive: f64 = values
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).powi(2))
        .sum();
    let ratio = 1.0 - successive / (2.0 * squares);
    let deviation = ((count - 2.0) / (count * count - 1.0)).sqrt();
    Ok(normal_upper_tail(ratio / deviation))
}
