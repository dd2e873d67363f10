//! Welch's analysis of variance: one test of equal means for several groups.

use super::estimates;
use crate::distribution::f_upper_tail;
use crate::error::StatisticsError;

/// Welch's test of several equal means.
#[derive(Clone, Debug, PartialEq)]
pub struct WelchAnova {
    /// The statistic.
    pub f: f64,
    /// Degrees of freedom between the groups: their number less 1.
    pub numerator_degrees_of_freedom: f64,
    /// Degrees of freedom within the groups, by Welch's approximation.
    pub denominator_degrees_of_freedom: f64,
    /// p value.
    pub p: f64,
    /// Number of values in each group.
    pub counts: Vec<usize>,
}

/// Welch's analysis of variance.
///
/// With weights wᵢ = nᵢ/sᵢ², their sum W and the weighted mean m = Σwᵢx̄ᵢ/W:
/// F = Σwᵢ(x̄ᵢ − m)²/(k − 1) / (1 + 2(k − 2)Λ/(k² − 1)) with Λ = Σ(1 − wᵢ/W)²/(nᵢ − 1), referred to F with k − 1
/// and (k² − 1)/(3Λ) degrees of freedom.
///
/// Assumes independent values, one per run, and means that are about normal; variances may differ. A group
/// without any variation would have infinite weight, and is refused.
///
/// # Errors
/// Fewer than 2 groups, fewer than 2 values in a group, values that are not finite, or a group that does not
/// vary.
///
/// # References
/// B. L. Welch (1951), “On the Comparison of Several Mean Values: An Alternative Approach”, Biometrika 38,
/// equation 29.
///
/// # Examples
/// ```
/// use workbench_statistics::{welch, welch_anova};
///
/// let (a, b) = ([1.0, 2.0, 4.0], [2.0, 5.0, 9.0]);
/// let anova = welch_anova(&[&a, &b])?;
/// // For two groups it is Welch's t test.
/// assert!((anova.p - welch(&a, &b, 0.95)?.p).abs() < 1e-12);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn welch_anova(groups: &[&[f64]]) -> Result<WelchAnova, StatisticsError> {
    let estimates = estimates(groups)?;
    if estimates.iter().any(|group| group.standard_error == 0.0) {
        return Err(StatisticsError::NoVariation);
    }
    let k = estimates.len() as f64;
    let weights: Vec<f64> = estimates
        .iter()
        .map(|group| group.standard_error.powi(-2))
        .collect();
    let total: f64 = weights.iter().sum();
    let weighted = |value: &dyn Fn(usize) -> f64| -> f64 {
        (0..weights.len())
            .map(|index| weights[index] / total * value(index))
            .sum()
    };
    let mean = weighted(&|index| estimates[index].mean);
    let between = total * weighted(&|index| (estimates[index].mean - mean).powi(2)) / (k - 1.0);
    let lambda: f64 = estimates
        .iter()
        .zip(&weights)
        .map(|(group, weight)| (1.0 - weight / total).powi(2) / (group.count - 1) as f64)
        .sum();
    let f = between / (1.0 + 2.0 * (k - 2.0) * lambda / (k * k - 1.0));
    let denominator = (k * k - 1.0) / (3.0 * lambda);
    Ok(WelchAnova {
        f,
        numerator_degrees_of_freedom: k - 1.0,
        denominator_degrees_of_freedom: denominator,
        p: f_upper_tail(f, k - 1.0, denominator),
        counts: estimates.iter().map(|group| group.count).collect(),
    })
}
