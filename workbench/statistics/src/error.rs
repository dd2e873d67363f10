//! Errors of the statistics.

/// Why a statistic is not defined for what was given.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StatisticsError {
    /// Fewer values than the statistic needs.
    #[error("needs at least {needed} values, got {found}")]
    TooFewValues {
        /// How many are needed.
        needed: usize,
        /// How many there are.
        found: usize,
    },
    /// Fewer different loads than a curve needs.
    #[error("needs measurements at {needed} different loads at least, got {found}")]
    TooFewLoads {
        /// How many are needed.
        needed: usize,
        /// How many there are.
        found: usize,
    },
    /// A smaller effective sample size than the statistic needs.
    #[error("needs the information of {needed} independent values, has that of {found}")]
    TooFewEffectiveValues {
        /// How many are needed.
        needed: usize,
        /// The effective sample size at hand, rounded down.
        found: usize,
    },
    /// Values that depend on each other over too much of their number.
    #[error(
        "the values are still correlated over stretches of {batch_size} ({found} of them, lag-1 correlation \
         {correlation:.2}): longer measurement is needed"
    )]
    TooDependent {
        /// The longest stretch that was tried.
        batch_size: usize,
        /// Number of such stretches.
        found: usize,
        /// Correlation of the means of neighbouring stretches.
        correlation: f64,
    },
    /// A NaN or an infinity among the values.
    #[error("value number {position} is {value}, not a finite number")]
    NotFinite {
        /// Position of the first such value, from 0.
        position: usize,
        /// The value.
        value: f64,
    },
    /// Degrees of freedom that are not positive.
    #[error("{value} is not a number of degrees of freedom")]
    ImpossibleDegreesOfFreedom {
        /// The given value.
        value: f64,
    },
    /// A margin that is negative or not finite, or a relative one of -1 or less.
    #[error("{value} is not a margin")]
    ImpossibleMargin {
        /// The given value.
        value: f64,
    },
    /// A probability or level outside the range in which the statistic is defined.
    #[error("{value} is not a probability that can be used here ({range})")]
    ImpossibleProbability {
        /// The given value.
        value: f64,
        /// The allowed range.
        range: &'static str,
    },
    /// A standard error that is negative or not a number.
    #[error("{value} is not a standard error")]
    ImpossibleStandardError {
        /// The given value.
        value: f64,
    },
    /// Two lists that belong together value by value, but are not equally long.
    #[error("{first} and {second} values cannot be paired")]
    NotPaired {
        /// Length of the first list.
        first: usize,
        /// Length of the second list.
        second: usize,
    },
    /// A value that has no logarithm.
    #[error("value number {position} is {value}, which has no logarithm")]
    NotPositive {
        /// Position of the first such value, from 0.
        position: usize,
        /// The value.
        value: f64,
    },
    /// A sum or a square beyond what a double holds.
    #[error("the values are too large for their sum and squares to be represented")]
    TooLarge,
    /// More successes than trials.
    #[error("{successes} of {trials} is not a proportion")]
    ImpossibleCount {
        /// The successes.
        successes: u64,
        /// The trials.
        trials: u64,
    },
    /// A measurement outside of what its quantity can be.
    #[error("{value} cannot be a {quantity}")]
    ImpossibleMeasurement {
        /// The quantity.
        quantity: &'static str,
        /// The given value.
        value: f64,
    },
    /// An invalid schedule of looks.
    #[error("looks are numbers of pairs that increase, from 2 to 100")]
    ImpossibleLooks,
    /// An iteration that did not converge.
    #[error("no parameters were found that fit the measurements")]
    NoFit,
    /// No variation in any group, so that a test is not defined.
    #[error("the values do not vary, so that a difference cannot be tested")]
    NoVariation,
}

/// Refuses fewer than `needed`.
pub(crate) fn check_count(found: usize, needed: usize) -> Result<(), StatisticsError> {
    if found >= needed {
        return Ok(());
    }
    Err(StatisticsError::TooFewValues { needed, found })
}

/// Refuses too few values and values that are not finite.
pub(crate) fn check(values: &[f64], needed: usize) -> Result<(), StatisticsError> {
    check_count(values.len(), needed)?;
    match values.iter().position(|value| !value.is_finite()) {
        Some(position) => Err(StatisticsError::NotFinite {
            position,
            value: values[position],
        }),
        None => Ok(()),
    }
}

/// Refuses no values, and ends that are not finite: in ascending order an infinity can only stand there.
pub(crate) fn check_sorted(ascending: &[f64]) -> Result<(), StatisticsError> {
    check(&ascending[..ascending.len().min(1)], 1)?;
    let last = ascending.len() - 1;
    if ascending[last].is_finite() {
        return Ok(());
    }
    Err(StatisticsError::NotFinite {
        position: last,
        value: ascending[last],
    })
}

/// The differences of two lists, first minus second. Refuses lists of different length, fewer than `needed` values, and
/// values that are not finite.
pub(crate) fn differences(
    first: &[f64],
    second: &[f64],
    needed: usize,
) -> Result<Vec<f64>, StatisticsError> {
    check_paired(first, second)?;
    check(first, needed)?;
    check(second, needed)?;
    Ok(first.iter().zip(second).map(|(a, b)| a - b).collect())
}

/// Refuses lists of different length.
pub(crate) fn check_paired(first: &[f64], second: &[f64]) -> Result<(), StatisticsError> {
    if first.len() == second.len() {
        return Ok(());
    }
    Err(StatisticsError::NotPaired {
        first: first.len(),
        second: second.len(),
    })
}

/// Refuses a value that is not in the range of probabilities that can be used.
pub(crate) fn check_range(
    value: f64,
    is_in_range: bool,
    range: &'static str,
) -> Result<(), StatisticsError> {
    if is_in_range {
        return Ok(());
    }
    Err(StatisticsError::ImpossibleProbability { value, range })
}

/// Refuses values that are not strictly between 0 and 1.
pub(crate) fn check_open_probability(value: f64) -> Result<(), StatisticsError> {
    check_range(
        value,
        value > 0.0 && value < 1.0,
        "strictly between 0 and 1",
    )
}

/// Refuses values that are not between 0 and 1.
pub(crate) fn check_probability(value: f64) -> Result<(), StatisticsError> {
    check_range(value, (0.0..=1.0).contains(&value), "from 0 to 1")
}

/// Refuses one-sided levels that are not above 0 and below one half.
pub(crate) fn check_level(value: f64) -> Result<(), StatisticsError> {
    check_range(
        value,
        value > 0.0 && value < 0.5,
        "above 0 and below one half",
    )
}

/// Refuses values that are not positive; infinity is the normal limit.
pub(crate) fn check_degrees_of_freedom(value: f64) -> Result<(), StatisticsError> {
    if value > 0.0 {
        return Ok(());
    }
    Err(StatisticsError::ImpossibleDegreesOfFreedom { value })
}
