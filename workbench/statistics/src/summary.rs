//! Mean, spread and range, without losing digits.

use crate::error::{StatisticsError, check};

/// Count, mean, spread and range of some values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// Number of values, at least 1.
    pub count: usize,
    /// Arithmetic mean.
    pub mean: f64,
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
    /// Standard deviation with divisor n: of these values as the whole population.
    pub population_standard_deviation: f64,
    /// Standard deviation with divisor n − 1: the estimate for what the values were drawn from.
    /// `None` for a single value.
    pub sample_standard_deviation: Option<f64>,
}

impl Summary {
    /// Standard error of the mean of independent values, s/√n; `None` for a single value.
    #[must_use]
    pub fn standard_error(&self) -> Option<f64> {
        let deviation = self.sample_standard_deviation?;
        Some(deviation / (self.count as f64).sqrt())
    }
}

/// Summarises values.
///
/// The mean is the compensated sum divided by n. The sum of squared deviations S is taken in a second pass
/// and corrected for the rounding of the mean: S = Σ(x − m)² − (Σ(x − m))²/n.
///
/// Digits are lost only where the values themselves, as doubles, no longer hold them: a spread that is
/// 10⁻⁸ of the mean still has about eight digits.
///
/// # Errors
/// No values, or a value that is not finite.
///
/// # References
/// - T. F. Chan, G. H. Golub, R. J. `LeVeque` (1983), “Algorithms for Computing the Sample Variance: Analysis
///   and Recommendations”, The American Statistician 37(3), equation 1.7 (corrected two-pass).
/// - A. Neumaier (1974), “Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen”, ZAMM 54
///   (compensated summation).
///
/// # Examples
/// ```
/// use workbench_statistics::summary;
///
/// let summary = summary(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0])?;
/// assert_eq!(summary.mean, 5.0);
/// assert_eq!(summary.population_standard_deviation, 2.0);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn summary(values: &[f64]) -> Result<Summary, StatisticsError> {
    check(values, 1)?;
    let count = values.len();
    let mean = compensated_sum(values.iter().copied()) / count as f64;
    let squares = compensated_sum(values.iter().map(|value| (value - mean).powi(2)));
    let residue = compensated_sum(values.iter().map(|value| value - mean));
    let squared_deviations = (squares - residue * residue / count as f64).max(0.0);
    Ok(Summary {
        count,
        mean,
        min: values.iter().copied().fold(f64::INFINITY, f64::min),
        max: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        population_standard_deviation: (squared_deviations / count as f64).sqrt(),
        sample_standard_deviation: (count > 1)
            .then(|| (squared_deviations / (count - 1) as f64).sqrt()),
    })
}

/// Neumaier's summation: what each addition rounds away is collected beside the sum.
pub(crate) fn compensated_sum(values: impl Iterator<Item = f64>) -> f64 {
    let mut sum = 0.0_f64;
    let mut lost = 0.0_f64;
    for value in values {
        let next = sum + value;
        lost += if sum.abs() >= value.abs() {
            (sum - next) + value
        } else {
            (value - next) + sum
        };
        sum = next;
    }
    sum + lost
}
