//! A published table of hypothesis tests, as printed.

/// Groups and the tests between them, with numbers as rounded as they were printed.
#[derive(Clone, Debug, PartialEq)]
pub struct PublishedTable {
    /// One line for headings.
    pub title: String,
    /// Where it was printed.
    pub source: String,
    /// Unit of the means and of their standard errors; empty where they have none.
    pub unit: String,
    /// Decimals of every printed number. A printed number stands for all numbers that round to it.
    pub decimals: u32,
    /// Level at which the tests decide.
    pub alpha: f64,
    /// At least two, of different names.
    pub groups: Vec<PublishedGroup>,
    /// At least one.
    pub tests: Vec<PublishedTest>,
}

/// What is printed of one group.
#[derive(Clone, Debug, PartialEq)]
pub struct PublishedGroup {
    /// Its name.
    pub name: String,
    /// Mean.
    pub mean: f64,
    /// Standard error of the mean, never negative.
    pub standard_error: f64,
    /// Number of values behind the mean, at least 2.
    pub count: u32,
}

/// What is printed of the test of two groups.
#[derive(Clone, Debug, PartialEq)]
pub struct PublishedTest {
    /// Position of the first group, whose mean counts as positive.
    pub first: usize,
    /// Position of the second group.
    pub second: usize,
    /// The t value.
    pub t: f64,
    /// The two-sided p value.
    pub p: Option<f64>,
    /// The degrees of freedom.
    pub degrees_of_freedom: Option<f64>,
    /// Whether equal means were rejected.
    pub rejected: Option<bool>,
}
