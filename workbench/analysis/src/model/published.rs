//! A published table of tests, checked against its own numbers.

use serde::{Deserialize, Serialize};

/// A published table checked against itself. Each number stands for all numbers that round to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PublishedCheck {
    /// One line for headings.
    pub title: String,
    /// Where it was printed; empty where that is not said.
    pub source: String,
    /// Unit of means and standard errors; empty where they have none.
    pub unit: String,
    /// Digits printed behind the point.
    pub decimals: u32,
    /// Level at which the tests decide.
    pub alpha: f64,
    /// The groups, in the order of the table.
    pub groups: Vec<PublishedGroupCheck>,
    /// The tests, in the order of the table.
    pub tests: Vec<PublishedTestCheck>,
}

/// A group as printed, and its implied standard error.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PublishedGroupCheck {
    /// Its name.
    pub name: String,
    /// Mean, as printed.
    pub mean: f64,
    /// Standard error, as printed.
    pub standard_error: f64,
    /// Number of values behind the mean.
    pub count: u32,
    /// Standard error with which the printed means give the printed t values; `None` where these follow from the printed
    /// ones, where there are not three groups with all three tests, and where no standard errors do.
    pub implied_standard_error: Option<f64>,
}

/// A printed test beside the values recomputed from the printed means and standard errors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PublishedTestCheck {
    /// Name of the first group, whose mean counts as positive.
    pub a: String,
    /// Name of the second group.
    pub b: String,
    /// Standard error of the difference of the means, from the printed ones.
    pub standard_error: f64,
    /// The one that the printed t would need; `None` where it is 0.
    pub needed_standard_error: Option<f64>,
    /// The t value.
    pub t: CheckedNumber,
    /// The two-sided p value.
    pub p: CheckedNumber,
    /// Degrees of freedom, by Welch and Satterthwaite.
    pub degrees_of_freedom: CheckedNumber,
    /// Degrees of freedom of Student's test with equal variances, where those are what is printed.
    pub student_degrees_of_freedom: Option<u32>,
    /// Whether equal means are rejected, from the printed means and standard errors.
    pub rejected: bool,
    /// The same as printed; `None` where it is not.
    pub printed_rejected: Option<bool>,
}

/// A number as printed, as recomputed, and its possible range.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckedNumber {
    /// As printed; `None` where it is not.
    pub printed: Option<f64>,
    /// From the printed means and standard errors.
    pub recomputed: f64,
    /// Least value that numbers which round to the printed ones give.
    pub least: f64,
    /// The greatest such value.
    pub greatest: f64,
    /// Whether what rounds to the printed number lies between these; `None` where none is printed.
    pub reproducible: Option<bool>,
}
