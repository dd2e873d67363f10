//! Thresholds.

/// A condition on the results that must hold for the run to pass.
#[derive(Clone, Debug, PartialEq)]
pub struct Threshold {
    /// As written in the file.
    pub text: String,
    /// What is measured.
    pub metric: Metric,
    /// Label that it is measured for; `None` means all requests together.
    pub request: Option<String>,
    /// How the measured value is compared with the limit.
    pub comparison: Comparison,
    /// Nanoseconds for times, a fraction for rates of errors, requests per second for throughput.
    pub limit: f64,
}

/// What a threshold measures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Metric {
    /// Arithmetic mean of the elapsed times.
    Mean,
    /// Longest elapsed time.
    Max,
    /// Quantile of the elapsed times, strictly between 0 and 1.
    Quantile(f64),
    /// Failed requests as a fraction of all.
    ErrorRate,
    /// Requests per second.
    Throughput,
}

/// How a measured value is compared with a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Comparison {
    /// As it is written.
    pub(crate) fn sign(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}
