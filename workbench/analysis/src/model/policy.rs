//! The policy of the gate as data.

use std::fmt;

use serde::de::value::SeqAccessDeserializer;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use super::between_runs::Metric;
use super::rule::{ComparisonRule, LatencyOf};

/// A policy in force.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// Margins and probability of a false alarm.
    pub rule: ComparisonRule,
    /// Metrics that are gated, in the order of [`Metric::ALL`]; the error rate always is.
    pub metrics: Vec<Metric>,
    /// Labels that are gated.
    pub labels: GatedLabels,
    /// Verdicts that fail.
    pub fail_on: Vec<FailOn>,
    /// Which requests' times count.
    pub latency_of: LatencyOf,
    /// Metrics that fail if they got worse, but need not be shown to be no worse, because the requests may be too few
    /// for that.
    #[serde(default)]
    pub not_required: Vec<Metric>,
    /// Fewer runs than this on either side are not judged; in a history, fewer runs in it.
    pub minimum_runs: u32,
}

/// A verdict that fails the gate. An invalid comparison never passes, whatever the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailOn {
    /// It got worse, and not within the margin.
    Regressed,
    /// It got worse by more than the margin.
    StrictRegression,
    /// It got better: to learn that a baseline is out of date.
    Improved,
    /// It was not shown to be no worse than the margin.
    Inconclusive,
}

/// Labels that are gated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GatedLabels {
    /// All requests together.
    Total,
    /// Every label, and all requests together.
    All,
    /// These; `TOTAL` is all requests together.
    Listed(Vec<String>),
}

impl Serialize for GatedLabels {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Total => serializer.serialize_str("total"),
            Self::All => serializer.serialize_str("all"),
            Self::Listed(labels) => labels.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for GatedLabels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Labels;
        impl<'de> Visitor<'de> for Labels {
            type Value = GatedLabels;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("total, all or a list of labels")
            }

            fn visit_str<E: Error>(self, word: &str) -> Result<GatedLabels, E> {
                match word {
                    "total" => Ok(GatedLabels::Total),
                    "all" => Ok(GatedLabels::All),
                    _ => Err(E::custom(format!(
                        "\"{word}\" is neither total nor all; a single label is written as a list: [ \"{word}\" ]"
                    ))),
                }
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<GatedLabels, A::Error> {
                let labels = Vec::deserialize(SeqAccessDeserializer::new(list))?;
                if labels.is_empty() {
                    return Err(A::Error::custom("an empty list gates nothing"));
                }
                Ok(GatedLabels::Listed(labels))
            }
        }
        deserializer.deserialize_any(Labels)
    }
}
