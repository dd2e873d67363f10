//! What times and values are drawn from, as written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DurationFile, Scalar, ValueFile, given};

/// A distribution of times.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a time such as 100ms, or a distribution such as { uniform: [100ms, 300ms] }"
)]
#[schemars(rename = "Times", extend("minProperties" = 1, "maxProperties" = 1))]
pub(crate) struct TimesFile {
    /// Every time from the first to the second, equally often.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "[DurationFile; 2]")]
    pub(crate) uniform: Option<[DurationFile; 2]>,
    /// One of the times, each equally often.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<DurationFile>", length(min = 1))]
    pub(crate) choice: Option<Vec<DurationFile>>,
    /// Exponentially distributed with this mean.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "DurationFile")]
    pub(crate) exponential: Option<DurationFile>,
    /// Normally distributed; times below zero are zero.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "NormalFile<DurationFile>")]
    pub(crate) normal: Option<NormalFile<DurationFile>>,
    /// Log-normally distributed.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "LogNormalFile<DurationFile>")]
    pub(crate) lognormal: Option<LogNormalFile<DurationFile>>,
}

/// What a value is drawn from, or where it comes from.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a value, or a distribution such as { uniform: [1, 100] }"
)]
#[schemars(rename = "Values", extend("minProperties" = 1, "maxProperties" = 1))]
pub(crate) struct DrawFile {
    /// Every whole number from the first to the second, equally often.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "[i64; 2]")]
    pub(crate) uniform: Option<[i64; 2]>,
    /// One of the values, each equally often.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<ValueFile>", length(min = 1))]
    pub(crate) choice: Option<Vec<ValueFile>>,
    /// Exponentially distributed with this mean, rounded to whole numbers.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "RealFile")]
    pub(crate) exponential: Option<RealFile>,
    /// Normally distributed, rounded to whole numbers.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "NormalFile<RealFile>")]
    pub(crate) normal: Option<NormalFile<RealFile>>,
    /// Log-normally distributed, rounded to whole numbers.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "LogNormalFile<RealFile>")]
    pub(crate) lognormal: Option<LogNormalFile<RealFile>>,
    /// Whole numbers, few of them often and most seldom (Zipf's law), as with popular books.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ZipfFile")]
    pub(crate) zipf: Option<ZipfFile>,
    /// A random UUID.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "UuidFile")]
    pub(crate) uuid: Option<UuidFile>,
    /// Whole numbers, each in one iteration of the run only.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "SequenceFile")]
    pub(crate) sequence: Option<SequenceFile>,
    /// Date and time, in UTC.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "NowFile")]
    pub(crate) now: Option<NowFile>,
    /// What is in a file beside the experiment, without its last line break. It is never written to results, logs or errors.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1))]
    pub(crate) secret_file: Option<String>,
}

/// A number, maybe with decimals.
#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(rename = "Real")]
pub(crate) struct RealFile(pub(crate) f64);

/// A normal distribution.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a mapping with mean and sd")]
#[schemars(rename = "Normal{T}")]
pub(crate) struct NormalFile<T> {
    /// Its mean.
    pub(crate) mean: T,
    /// Its standard deviation.
    pub(crate) sd: T,
}

/// A log-normal distribution.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a mapping with median and p90")]
#[schemars(rename = "LogNormal{T}")]
pub(crate) struct LogNormalFile<T> {
    /// Half of the values are smaller.
    pub(crate) median: T,
    /// Nine of ten values are smaller.
    pub(crate) p90: T,
}

/// A Zipf distribution: the k-th number from `from` on has a probability in proportion to 1 / k^exponent.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a mapping: { from: 1, to: 100, exponent: 1 }"
)]
#[schemars(rename = "Zipf")]
pub(crate) struct ZipfFile {
    /// The most frequent number.
    #[serde(default = "one")]
    pub(crate) from: i64,
    /// The least frequent number.
    pub(crate) to: i64,
    /// With 0 all are equally frequent.
    #[serde(default = "one_real")]
    #[schemars(range(min = 0, max = 100))]
    pub(crate) exponent: f64,
}

fn one() -> i64 {
    1
}

fn one_real() -> f64 {
    1.0
}

/// The kind of a UUID.
#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Uuid")]
pub(crate) enum UuidFile {
    /// Random (RFC 9562, version 4), drawn with the experiment's seed.
    V4,
}

/// A sequence of whole numbers.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a mapping: { from: 1, step: 1 }")]
#[schemars(rename = "Sequence")]
pub(crate) struct SequenceFile {
    /// The first number.
    #[serde(default = "one")]
    pub(crate) from: i64,
    /// The difference between one number and the next.
    #[serde(default = "one")]
    pub(crate) step: i64,
}

/// The present.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a mapping: { format: \"%Y-%m-%d\", offset: -1d }"
)]
#[schemars(rename = "Now")]
pub(crate) struct NowFile {
    /// `unix`, `unix_ms`, `rfc3339`, or a format of strftime such as `"%Y-%m-%d"`.
    #[serde(default = "rfc3339")]
    pub(crate) format: String,
    /// What is added: `1d`, `-2h`.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub(crate) offset: Option<Scalar>,
}

fn rfc3339() -> String {
    "rfc3339".to_owned()
}
