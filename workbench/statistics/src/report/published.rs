//! Checks published tables of tests against themselves.

use crate::compare::{MeanEstimate, TTest, welch_from_estimates};
use crate::error::{StatisticsError, check, check_count};

/// A t value that a table prints for two of its groups.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PrintedTest {
    /// Position of the first group, whose mean counts as positive.
    pub first: usize,
    /// Position of the second group.
    pub second: usize,
    /// The t value printed.
    pub t: f64,
}

/// A printed t value beside the one recomputed from the table's means and standard errors.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CheckedTest {
    /// The printed test.
    pub printed: PrintedTest,
    /// Welch's test from the printed means and standard errors.
    pub recomputed: TTest,
    /// Least and greatest t that numbers which round to the printed ones can give.
    pub possible_t: [f64; 2],
    /// Whether the printed t, as rounded, lies among these.
    pub reproducible: bool,
}

/// A printed table checked.
#[derive(Clone, Debug, PartialEq)]
pub struct PublishedCheck {
    /// The tests, in the order given.
    pub tests: Vec<CheckedTest>,
    /// For three groups with all three tests: the standard errors with which the printed means would give the printed
    /// t values. `None` for other tables, and where no standard errors do.
    pub implied_standard_errors: Option<[f64; 3]>,
}

/// Checks whether each printed t value follows from the printed means and standard errors.
///
/// Each printed number stands for all that round to it, with `decimals` digits behind the point; a t is reproducible
/// if some of them give some of what rounds to it. The implied standard errors u₁, u₂, u₃ solve
/// uᵢ² + uⱼ² = ((mᵢ − mⱼ)/tᵢⱼ)², three linear equations in their squares.
///
/// # Errors
/// A group or test that is not there, values that are not finite, negative standard errors, fewer than 2 values in a
/// group, or two groups without any standard error.
///
/// # References
/// N. J. L. Brown, J. A. J. Heathers (2017), “The GRIM Test: A Simple Technique Detects Numerous Anomalies in the
/// Reporting of Results in Psychology”, Social Psychological and Personality Science 8(4) (the idea of checking a table
/// against its own rounding).
///
/// # Examples
/// ```
/// use workbench_statistics::{MeanEstimate, PrintedTest, check_published};
///
/// let group = |mean, standard_error| MeanEstimate { mean, standard_error, count: 1000 };
/// let groups = [group(10.0, 0.3), group(12.0, 0.4)];
/// let printed = PrintedTest { first: 0, second: 1, t: -4.0 };
/// assert!(check_published(&groups, &[printed], 1)?.tests[0].reproducible);
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn check_published(
    groups: &[MeanEstimate],
    tests: &[PrintedTest],
    decimals: u32,
) -> Result<PublishedCheck, StatisticsError> {
    let half_digit = 0.5 * 0.1_f64.powf(f64::from(decimals));
    let tests = tests
        .iter()
        .map(|&printed| check_test(groups, printed, half_digit))
        .collect::<Result<Vec<_>, _>>()?;
    let implied_standard_errors = implied(groups, &tests);
    Ok(PublishedCheck {
        tests,
        implied_standard_errors,
    })
}

fn check_test(
    groups: &[MeanEstimate],
    printed: PrintedTest,
    half_digit: f64,
) -> Result<CheckedTest, StatisticsError> {
    check(&[printed.t], 1)?;
    check_count(groups.len(), printed.first.max(printed.second) + 1)?;
    let (a, b) = (groups[printed.first], groups[printed.second]);
    let recomputed = welch_from_estimates(a, b, 0.95)?;
    let error = |sign: f64| {
        let moved = |group: MeanEstimate| (group.standard_error + sign * half_digit).max(0.0);
        moved(a).hypot(moved(b))
    };
    let differences = [-2.0, 2.0].map(|digits| recomputed.difference + digits * half_digit);
    let (mut least, mut greatest) = (f64::INFINITY, f64::NEG_INFINITY);
    for difference in differences {
        for standard_error in [error(-1.0), error(1.0)] {
            let t = difference / standard_error;
            least = least.min(t);
            greatest = greatest.max(t);
        }
    }
    Ok(CheckedTest {
        printed,
        recomputed,
        possible_t: [least, greatest],
        reproducible: printed.t + half_digit >= least && printed.t - half_digit <= greatest,
    })
}

fn implied(groups: &[MeanEstimate], tests: &[CheckedTest]) -> Option<[f64; 3]> {
    if groups.len() != 3 || tests.len() != 3 {
        return None;
    }
    let variance = |one: usize, other: usize| {
        let test = tests.iter().find(|test| {
            let pair = (test.printed.first, test.printed.second);
            pair == (one, other) || pair == (other, one)
        })?;
        Some((test.recomputed.difference / test.printed.t).powi(2))
    };
    let (ab, bc, ac) = (variance(0, 1)?, variance(1, 2)?, variance(0, 2)?);
    let squares = [ab + ac - bc, ab + bc - ac, ac + bc - ab];
    squares
        .iter()
        .all(|square| *square >= 0.0 && square.is_finite())
        .then(|| squares.map(|square| (square / 2.0).sqrt()))
}
