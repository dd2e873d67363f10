//! Ratios of geometric means: t tests on logarithms.

use super::paired::paired_t;
use super::prediction::prediction_t;
use super::test::TTest;
use super::welch::welch;
use crate::error::{StatisticsError, check};
use crate::interval::Interval;

/// The ratio of two geometric means, its interval, and the test on logarithms behind it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RatioTest {
    /// Geometric mean of the candidate over that of the baseline; of trimmed pairs, geometric mean of the ratios that
    /// remain.
    pub ratio: f64,
    /// Interval of the ratio.
    pub interval: Interval,
    /// Two-sided p value of a ratio of 1.
    pub p: f64,
    /// The test on natural logarithms, candidate minus baseline.
    pub logarithms: TTest,
}

impl RatioTest {
    pub(crate) fn new(logarithms: TTest) -> Self {
        Self {
            ratio: logarithms.difference.exp(),
            interval: logarithms.interval.map(f64::exp),
            p: logarithms.p,
            logarithms,
        }
    }
}

/// How many times the baseline's geometric mean is the candidate's, from independent runs.
///
/// exp(Δ ± t* · SE) with Δ, SE and t* of [`welch`] on the logarithms of the values, candidate minus baseline.
/// For per-run medians or percentiles it is the ratio of typical runs.
///
/// Assumes one value per run, runs that are independent, and logarithms that are about normal, as products of
/// many small influences are. Fails on requests of one run, and on statistics that can be 0, such as error
/// rates.
///
/// # Errors
/// As [`welch`], and a value that is not positive.
///
/// # References
/// - B. L. Welch (1947), Biometrika 34.
/// - P. J. Fleming, J. J. Wallace (1986), “How Not To Lie With Statistics: The Correct Way To Summarize
///   Benchmark Results”, Communications of the ACM 29(3) (geometric means of ratios).
///
/// # Examples
/// ```
/// use workbench_statistics::ratio_of_geometric_means;
///
/// let baseline = [100.0, 102.0, 98.0, 101.0, 99.0];
/// let candidate = baseline.map(|p95| 1.1 * p95);
/// let test = ratio_of_geometric_means(&baseline, &candidate, 0.95)?;
/// assert!((test.ratio - 1.1).abs() < 1e-12);
/// assert!(test.interval.lower > 1.05 && test.interval.upper < 1.15);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn ratio_of_geometric_means(
    baseline: &[f64],
    candidate: &[f64],
    confidence: f64,
) -> Result<RatioTest, StatisticsError> {
    let (baseline, candidate) = (logarithms(baseline)?, logarithms(candidate)?);
    Ok(RatioTest::new(welch(&candidate, &baseline, confidence)?))
}

/// How many times the baseline's geometric mean is the candidate's, from interleaved runs.
///
/// As [`ratio_of_geometric_means`], with [`paired_t`] on the logarithms: run i of the baseline belongs to run i
/// of the candidate.
///
/// # Errors
/// As [`paired_t`], and a value that is not positive.
///
/// # References
/// L. Bulej, V. Horký, P. Tůma et al. (2020), “Duet Benchmarking: Improving Measurement Accuracy in the Cloud”,
/// ICPE (why pairs).
///
/// # Examples
/// ```
/// use workbench_statistics::paired_ratio_of_geometric_means;
///
/// // The machine slows down from pair to pair; the candidate stays about 2% above the baseline.
/// let baseline = [100.0, 110.0, 130.0, 160.0];
/// let candidate = [102.1, 112.1, 132.7, 163.1];
/// let test = paired_ratio_of_geometric_means(&baseline, &candidate, 0.95)?;
/// assert!(test.interval.lower > 1.018 && test.interval.upper < 1.022);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn paired_ratio_of_geometric_means(
    baseline: &[f64],
    candidate: &[f64],
    confidence: f64,
) -> Result<RatioTest, StatisticsError> {
    let (baseline, candidate) = (logarithms(baseline)?, logarithms(candidate)?);
    Ok(RatioTest::new(paired_t(&candidate, &baseline, confidence)?))
}

/// How many times a history's geometric mean one new value is.
///
/// As [`ratio_of_geometric_means`], with [`prediction_t`] on the logarithms; the interval is for the ratio of
/// the system behind the new value, if that varies as the history does.
///
/// # Errors
/// As [`prediction_t`], and a value that is not positive.
///
/// # References
/// G. J. Hahn, W. Q. Meeker (1991), “Statistical Intervals”, section 4.8.
///
/// # Examples
/// ```
/// use workbench_statistics::prediction_ratio;
///
/// let test = prediction_ratio(&[99.0, 100.0, 101.0, 100.0], 120.0, 0.9)?;
/// assert!(test.interval.lower > 1.15);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn prediction_ratio(
    history: &[f64],
    value: f64,
    confidence: f64,
) -> Result<RatioTest, StatisticsError> {
    let history = logarithms(history)?;
    let value = logarithms(&[value])?[0];
    Ok(RatioTest::new(prediction_t(value, &history, confidence)?))
}

pub(crate) fn logarithms(values: &[f64]) -> Result<Vec<f64>, StatisticsError> {
    check(values, 1)?;
    match values.iter().position(|value| *value <= 0.0) {
        Some(position) => Err(StatisticsError::NotPositive {
            position,
            value: values[position],
        }),
        None => Ok(values.iter().map(|value| value.ln()).collect()),
    }
}
