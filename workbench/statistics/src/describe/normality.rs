//! How close values are to a normal distribution: curve, quantile plot and shape.

use serde::{Deserialize, Serialize};
use statrs::distribution::{Continuous, Normal};

use super::summary::{compensated_sum, summary};
use crate::distribution::normal_quantile;
use crate::doubles::ascending;
use crate::error::{StatisticsError, check};

/// The points of a normal quantile plot, and the line that a normal distribution would follow.
#[derive(Clone, Debug, PartialEq)]
pub struct NormalPlot {
    /// Standard normal quantile and value, in ascending order, one point per value.
    pub points: Vec<(f64, f64)>,
    /// Where the line is at the quantile 0: the mean of the values.
    pub intercept: f64,
    /// How steep the line is: their sample standard deviation.
    pub slope: f64,
}

/// The points of a normal quantile (QQ) plot.
///
/// The i-th smallest of n values stands over the standard normal quantile of Blom's plotting position
/// (i − 3/8)/(n + 1/4). The line mean + standard deviation · quantile is that of the normal distribution
/// with the values' moments.
///
/// A plot is a view, not a test. Means of resamples look normal whatever the values were, by the central
/// limit theorem.
///
/// # Errors
/// Fewer than 2 values, or a value that is not finite.
///
/// # References
/// - G. Blom (1958), “Statistical Estimates and Transformed Beta-Variables”.
/// - M. B. Wilk, R. Gnanadesikan (1968), “Probability Plotting Methods for the Analysis of Data”, Biometrika
///   55(1).
///
/// # Examples
/// ```
/// use workbench_statistics::normal_plot;
///
/// let plot = normal_plot(&[3.0, 1.0, 2.0])?;
/// assert_eq!(plot.points[1], (0.0, 2.0));
/// assert_eq!((plot.intercept, plot.slope), (2.0, 1.0));
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn normal_plot(values: &[f64]) -> Result<NormalPlot, StatisticsError> {
    check(values, 2)?;
    let summary = summary(values)?;
    let count = values.len() as f64;
    let quantile = |index: usize| -normal_quantile((index as f64 + 0.625) / (count + 0.25));
    Ok(NormalPlot {
        points: (0..)
            .map(quantile)
            .zip(ascending(values.to_vec()))
            .collect(),
        intercept: summary.mean,
        slope: summary.sample_standard_deviation.unwrap_or(0.0),
    })
}

/// The density of a normal distribution at a point, for the curve over a histogram.
///
/// exp(−(x − m)²/(2s²))/(s√(2π)). Multiply it by the number of values and the width of a bin to draw it over
/// counts.
///
/// # Errors
/// A point or mean that is not finite, or a standard deviation that is not positive and finite.
///
/// # References
/// N. L. Johnson, S. Kotz, N. Balakrishnan (1994), “Continuous Univariate Distributions 1”, equation 13.1.
///
/// # Examples
/// ```
/// use workbench_statistics::normal_density;
///
/// assert!((normal_density(10.0, 10.0, 2.0)? - 0.199_471).abs() < 1e-6);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn normal_density(at: f64, mean: f64, standard_deviation: f64) -> Result<f64, StatisticsError> {
    if standard_deviation == 0.0 {
        return Err(StatisticsError::NoVariation);
    }
    check(&[at, mean, standard_deviation], 3)?;
    let normal = Normal::new(mean, standard_deviation).map_err(|_| {
        StatisticsError::ImpossibleMeasurement {
            quantity: "standard deviation",
            value: standard_deviation,
        }
    })?;
    Ok(normal.pdf(at))
}

/// Skewness and tails of some values, 0 and 0 for a normal distribution.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shape {
    /// Sample skewness G₁; positive where the long tail is on the right.
    pub skewness: f64,
    /// Its standard error if the values are independent and normal.
    pub skewness_standard_error: f64,
    /// Sample excess kurtosis G₂; positive where tails are heavier than normal ones.
    pub excess_kurtosis: f64,
    /// Its standard error if the values are independent and normal.
    pub excess_kurtosis_standard_error: f64,
}

/// Skewness and excess kurtosis.
///
/// With central moments m₂, m₃, m₄ of n values, G₁ = √(n(n − 1))/(n − 2) · m₃/m₂^{3/2} and
/// G₂ = (n − 1)/((n − 2)(n − 3)) · ((n + 1)(m₄/m₂² − 3) + 6), both unbiased for normal values.
///
/// Assumes independent values for the standard errors. Both are ruled by the few largest values.
///
/// # Errors
/// Fewer than 4 values, values that are not finite or do not vary, or values too large for their squares.
///
/// # References
/// D. N. Joanes, C. A. Gill (1998), “Comparing Measures of Sample Skewness and Kurtosis”, The Statistician
/// 47(1).
///
/// # Examples
/// ```
/// use workbench_statistics::shape;
///
/// let symmetric = shape(&[1.0, 2.0, 3.0, 4.0, 5.0])?;
/// assert!(symmetric.skewness.abs() < 1e-12);
/// assert!((symmetric.excess_kurtosis + 1.2).abs() < 1e-12);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn shape(values: &[f64]) -> Result<Shape, StatisticsError> {
    check(values, 4)?;
    let summary = summary(values)?;
    let deviation = summary.population_standard_deviation;
    if deviation == 0.0 {
        return Err(StatisticsError::NoVariation);
    }
    let n = values.len() as f64;
    // Standardised before they are raised, so that the scale of the values cannot overflow.
    let standardised = |power: i32| {
        let powers = values
            .iter()
            .map(|value| ((value - summary.mean) / deviation).powi(power));
        compensated_sum(powers) / n
    };
    let skewness_variance = 6.0 * n * (n - 1.0) / ((n - 2.0) * (n + 1.0) * (n + 3.0));
    let kurtosis_variance = 4.0 * skewness_variance * (n * n - 1.0) / ((n - 3.0) * (n + 5.0));
    Ok(Shape {
        skewness: (n * (n - 1.0)).sqrt() / (n - 2.0) * standardised(3),
        skewness_standard_error: skewness_variance.sqrt(),
        excess_kurtosis: (n - 1.0) / ((n - 2.0) * (n - 3.0))
            * ((n + 1.0) * (standardised(4) - 3.0) + 6.0),
        excess_kurtosis_standard_error: kurtosis_variance.sqrt(),
    })
}
