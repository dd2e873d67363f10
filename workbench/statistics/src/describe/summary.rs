//! Mean, spread and range without loss of digits, also of values that come in chunks.

use super::double_double::{DoubleDouble, two_sum};
use crate::error::{StatisticsError, check_count};

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
    ///
    /// # Examples
    /// ```
    /// use workbench_statistics::summary;
    ///
    /// assert_eq!(summary(&[1.0, 3.0])?.standard_error(), Some(1.0));
    /// # Ok::<(), workbench_statistics::StatisticsError>(())
    /// ```
    #[must_use]
    pub fn standard_error(&self) -> Option<f64> {
        let deviation = self.sample_standard_deviation?;
        Some(deviation / (self.count as f64).sqrt())
    }
}

/// Summarises values.
///
/// The mean is Σx/n, the population variance Σ(x − mean)²/n. Computed by an [`Accumulator`] that takes all of
/// the values at once.
///
/// Digits are lost only where the values themselves, as doubles, no longer hold them: a spread that is
/// 10⁻⁸ of the mean still has about eight digits.
///
/// # Errors
/// No values, a value that is not finite, or values whose sum or squares exceed what a double holds.
///
/// # References
/// T. F. Chan, G. H. Golub, R. J. `LeVeque` (1983), “Algorithms for Computing the Sample Variance: Analysis and
/// Recommendations”, The American Statistician 37(3).
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
    let mut accumulator = Accumulator::new();
    accumulator.add(values)?;
    accumulator.summary()
}

/// Summarises values that come in chunks, in the same memory however many they are.
///
/// Values are taken 512 at a time. Within these, the sum is compensated and the squared deviations are taken from the
/// mean in a second pass. Two parts a and b are combined by δ = mean(b) − mean(a), mean = mean(a) + δ·n(b)/n and S =
/// S(a) + S(b) + δ²·n(a)·n(b)/n, in numbers of 32 digits, so that the number of parts and their order do not affect the
/// digits of a double.
///
/// # References
/// - T. F. Chan, G. H. Golub, R. J. `LeVeque` (1983), “Algorithms for Computing the Sample Variance: Analysis
///   and Recommendations”, The American Statistician 37(3), equations 1.5a and 1.5b (combination).
/// - T. Ogita, S. M. Rump, S. Oishi (2005), “Accurate Sum and Dot Product”, SIAM Journal on Scientific
///   Computing 26(6), algorithm 4.4 (compensated sum).
///
/// # Examples
/// ```
/// use workbench_statistics::Accumulator;
///
/// let mut first = Accumulator::new();
/// first.add(&[1.0, 2.0])?;
/// let mut second = Accumulator::new();
/// second.add(&[3.0, 4.0, 5.0])?;
/// first.merge(&second);
/// assert_eq!(first.summary()?.mean, 3.0);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Accumulator {
    count: usize,
    mean: DoubleDouble,
    /// Sum of squared deviations from the mean.
    squares: DoubleDouble,
    min: f64,
    max: f64,
}

/// Few enough that a plain sum of their squares has no visible rounding, enough that combining is rare.
const BLOCK: usize = 512;
/// Sums that are kept side by side, because the processor adds them at once.
const LANES: usize = 8;

impl Accumulator {
    /// One that has taken no values.
    #[must_use]
    pub fn new() -> Self {
        Self {
            count: 0,
            mean: DoubleDouble::ZERO,
            squares: DoubleDouble::ZERO,
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
        }
    }

    /// Number of values taken so far.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// Adds the values of a chunk.
    ///
    /// # Errors
    /// A value that is not finite; its position counts from the first value ever taken. Nothing of the chunk
    /// has been taken then.
    pub fn add(&mut self, values: &[f64]) -> Result<(), StatisticsError> {
        let mut next = *self;
        for block in values.chunks(BLOCK) {
            next.merge(&Self::block(block, next.count)?);
        }
        *self = next;
        Ok(())
    }

    /// Adds the values of another accumulator.
    pub fn merge(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        if self.count == 0 {
            *self = *other;
            return;
        }
        let count = self.count + other.count;
        let difference = other.mean - self.mean;
        let step = difference * other.count as f64 / count as f64;
        *self = Self {
            count,
            mean: self.mean + step,
            squares: self.squares + other.squares + difference * step * self.count as f64,
            min: self.min.min(other.min),
            max: self.max.max(other.max),
        };
    }

    /// The summary of all values taken so far.
    ///
    /// # Errors
    /// No values, or values whose sum or squares exceed what a double holds.
    pub fn summary(&self) -> Result<Summary, StatisticsError> {
        check_count(self.count, 1)?;
        let (mean, squares) = if self.min == self.max {
            // Equal values have no spread at all, not even one in the thirtieth digit.
            (self.min, 0.0)
        } else {
            (self.mean.value(), self.squares.value())
        };
        if !(mean.is_finite() && squares.is_finite()) {
            return Err(StatisticsError::TooLarge);
        }
        let variance = |divisor: usize| (squares / divisor as f64).sqrt();
        Ok(Summary {
            count: self.count,
            mean,
            min: self.min,
            max: self.max,
            population_standard_deviation: variance(self.count),
            sample_standard_deviation: (self.count > 1).then(|| variance(self.count - 1)),
        })
    }

    fn block(values: &[f64], before: usize) -> Result<Self, StatisticsError> {
        if let Some(position) = values.iter().position(|value| !value.is_finite()) {
            return Err(StatisticsError::NotFinite {
                position: before + position,
                value: values[position],
            });
        }
        let (mut sums, mut lost) = ([0.0; LANES], [0.0; LANES]);
        let (mut least, mut greatest) = ([f64::INFINITY; LANES], [f64::NEG_INFINITY; LANES]);
        for_each_in_lanes(values, |lane, value| {
            let (sum, error) = two_sum(sums[lane], value);
            sums[lane] = sum;
            lost[lane] += error;
            least[lane] = least[lane].min(value);
            greatest[lane] = greatest[lane].max(value);
        });
        let mean = total(sums, lost) / values.len() as f64;
        let mut squares = [0.0; LANES];
        for_each_in_lanes(values, |lane, value| {
            let deviation = mean.distance(value);
            squares[lane] += deviation * deviation;
        });
        Ok(Self {
            count: values.len(),
            mean,
            squares: total(squares, [0.0; LANES]),
            min: least.into_iter().fold(f64::INFINITY, f64::min),
            max: greatest.into_iter().fold(f64::NEG_INFINITY, f64::max),
        })
    }
}

impl Default for Accumulator {
    fn default() -> Self {
        Self::new()
    }
}

/// Distributes the values over the lanes, one row of fixed length at a time.
fn for_each_in_lanes(values: &[f64], mut take: impl FnMut(usize, f64)) {
    let (rows, rest) = values.as_chunks::<LANES>();
    for row in rows {
        for (lane, &value) in row.iter().enumerate() {
            take(lane, value);
        }
    }
    for (lane, &value) in rest.iter().enumerate() {
        take(lane, value);
    }
}

fn total(sums: [f64; LANES], lost: [f64; LANES]) -> DoubleDouble {
    sums.into_iter()
        .zip(lost)
        .map(|(sum, lost)| DoubleDouble::sum(sum, lost))
        .fold(DoubleDouble::ZERO, |total, lane| total + lane)
}

/// A sum beside which is collected what each addition rounds away.
pub(crate) fn compensated_sum(values: impl Iterator<Item = f64>) -> f64 {
    let mut sum = 0.0_f64;
    let mut lost = 0.0_f64;
    for value in values {
        let (next, error) = two_sum(sum, value);
        lost += error;
        sum = next;
    }
    sum + lost
}
