//! The points of a sweep: listed, or a range of them.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize as DeriveDeserialize, Serialize, Serializer};

/// A list of numbers, or a range.
#[derive(Clone)]
pub(crate) enum PointsFile {
    List(Vec<u32>),
    Range(RangeFile),
}

/// Numbers from the first to the last, each the one before times the factor or plus the step.
#[derive(Clone, DeriveDeserialize, Serialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a range such as { from: 1, to: 128, factor: 2 }"
)]
#[schemars(
    rename = "Range",
    extend("oneOf" = [{ "required": ["factor"] }, { "required": ["step"] }])
)]
pub(crate) struct RangeFile {
    /// The first number.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(crate) from: u32,
    /// No number is larger; it is the last one where the factors or steps lead to it.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(crate) to: u32,
    /// Each number is the one before times this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32", range(min = 2))]
    pub(crate) factor: Option<u32>,
    /// Each number is the one before plus this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32", range(min = 1))]
    pub(crate) step: Option<u32>,
}

impl<'de> Deserialize<'de> for PointsFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PointsVisitor;
        impl<'de> Visitor<'de> for PointsVisitor {
            type Value = PointsFile;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "a list such as [1, 10, 100] or a range such as { from: 1, to: 128, factor: 2 }",
                )
            }
            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<PointsFile, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(PointsFile::List)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<PointsFile, A::Error> {
                RangeFile::deserialize(MapAccessDeserializer::new(map)).map(PointsFile::Range)
            }
        }
        deserializer.deserialize_any(PointsVisitor)
    }
}

impl Serialize for PointsFile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::List(list) => list.serialize(serializer),
            Self::Range(range) => range.serialize(serializer),
        }
    }
}

impl JsonSchema for PointsFile {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Points".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let list = json_schema!({
            "type": "array",
            "items": { "type": "integer", "minimum": 1, "maximum": 1_000_000 },
            "minItems": 1,
            "maxItems": 100,
            "uniqueItems": true
        });
        json_schema!({ "anyOf": [list, generator.subschema_for::<RangeFile>()] })
    }
}
