//! Values that can be written in more than one form. Long for reading and writing each by hand.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{
    Deserialize, Deserializer, Error, IntoDeserializer, MapAccess, SeqAccess, Unexpected, Visitor,
};
use serde::{Serialize, Serializer};

use super::duration_schema;
use crate::file::duration::{format_duration, parse_duration};
use crate::file::rate::{RATE_PATTERN, parse_rate_or_none};

/// A time as written; in a file that is written, in its shortest form. A bare number is let through, so that the message
/// about it can speak of units.
#[derive(Clone, Debug)]
pub(crate) struct DurationFile(pub(crate) String);

impl Default for DurationFile {
    fn default() -> Self {
        Self("0s".to_owned())
    }
}

impl<'de> Deserialize<'de> for DurationFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MEASURE).map(Self)
    }
}

impl Serialize for DurationFile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let time = parse_duration(&self.0).map(format_duration);
        serializer.serialize_str(time.as_deref().unwrap_or(&self.0))
    }
}

/// A rate as written, such as `500/s`; in a file that is written, in its shortest form. A bare number is let through as with
/// times.
#[derive(Clone, Debug)]
pub(crate) struct RateFile(pub(crate) String);

impl<'de> Deserialize<'de> for RateFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MEASURE).map(Self)
    }
}

impl Serialize for RateFile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rate = parse_rate_or_none(&self.0).map(|rate| rate.to_string());
        serializer.serialize_str(rate.as_deref().unwrap_or(&self.0))
    }
}

/// What times and rates are.
const MEASURE: ScalarVisitor = ScalarVisitor {
    expected: "a number with its unit, such as 10s or 500/s",
    takes_decimals: true,
    takes_null: false,
};

impl JsonSchema for RateFile {
    fn schema_name() -> Cow<'static, str> {
        "Rate".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "How many in a second, a minute or an hour: 500/s, 30/m, 10/h.",
            "pattern": RATE_PATTERN,
        })
    }
}

impl JsonSchema for DurationFile {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        duration_schema()
    }
}

/// A whole number, a truth value or text, as text. Other numbers stand in quotes: of `1.50` YAML leaves `1.5`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Scalar(pub(crate) String);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let visitor = ScalarVisitor {
            expected: "text or a whole number (other numbers in quotes)",
            takes_decimals: false,
            takes_null: false,
        };
        deserializer.deserialize_any(visitor).map(Self)
    }
}

/// A number, a truth value, text or null, as text: what is compared by its value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Comparable(pub(crate) String);

impl<'de> Deserialize<'de> for Comparable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let visitor = ScalarVisitor {
            expected: "a value, or a comparison such as \"> 0\"",
            takes_decimals: true,
            takes_null: true,
        };
        deserializer.deserialize_any(visitor).map(Self)
    }
}

/// Reads a scalar as text.
struct ScalarVisitor {
    expected: &'static str,
    /// Numbers with decimals, too.
    takes_decimals: bool,
    /// Null, too.
    takes_null: bool,
}

impl Visitor<'_> for ScalarVisitor {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }
    fn visit_u64<E: Error>(self, number: u64) -> Result<String, E> {
        Ok(number.to_string())
    }
    fn visit_i64<E: Error>(self, number: i64) -> Result<String, E> {
        Ok(number.to_string())
    }
    fn visit_f64<E: Error>(self, number: f64) -> Result<String, E> {
        if self.takes_decimals {
            return Ok(number.to_string());
        }
        Err(E::invalid_type(Unexpected::Float(number), &self))
    }
    fn visit_bool<E: Error>(self, truth: bool) -> Result<String, E> {
        Ok(truth.to_string())
    }
    fn visit_unit<E: Error>(self) -> Result<String, E> {
        if self.takes_null {
            return Ok("null".to_owned());
        }
        Err(E::invalid_type(Unexpected::Unit, &self))
    }
}

impl JsonSchema for Scalar {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Scalar".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "integer", "boolean"] })
    }
}

impl JsonSchema for Comparable {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Comparable".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "number", "boolean", "null"] })
    }
}

/// For serde's `with`: what stands at a key that may be left out. A key with nothing behind it is not left out.
pub(crate) mod given {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(clippy::ref_option, reason = "serde passes a reference")]
    pub(crate) fn serialize<T: Serialize, S: Serializer>(
        given: &Option<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        given.serialize(serializer)
    }

    pub(crate) fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<T>, D::Error> {
        T::deserialize(deserializer).map(Some)
    }
}

/// Entries in the order of the file.
#[derive(Clone, Debug)]
pub(crate) struct Ordered<T>(pub(crate) Vec<(String, T)>);

impl<T> Default for Ordered<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Ordered<T> {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Ordered<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EntriesVisitor<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for EntriesVisitor<T> {
            type Value = Ordered<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a mapping")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Ordered(entries))
            }
        }
        // Of a mapping serde_yaml would make an empty one of nothing.
        deserializer.deserialize_any(EntriesVisitor(PhantomData))
    }
}

impl<T: Serialize> Serialize for Ordered<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

/// A variable's value: a whole number or text.
#[derive(Clone, Debug)]
pub(crate) enum ValueFile {
    Integer(i64),
    Text(String),
}

impl<'de> Deserialize<'de> for ValueFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ValueVisitor;
        impl Visitor<'_> for ValueVisitor {
            type Value = ValueFile;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number or text (other numbers in quotes)")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<ValueFile, E> {
                Ok(ValueFile::Text(text.to_owned()))
            }
            fn visit_i64<E: Error>(self, number: i64) -> Result<ValueFile, E> {
                Ok(ValueFile::Integer(number))
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<ValueFile, E> {
                let found = serde::de::Unexpected::Unsigned(number);
                let number = i64::try_from(number);
                number
                    .map(ValueFile::Integer)
                    .map_err(|_| E::invalid_value(found, &self))
            }
        }
        deserializer.deserialize_any(ValueVisitor)
    }
}

impl Serialize for ValueFile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Integer(integer) => serializer.serialize_i64(*integer),
            Self::Text(text) => serializer.serialize_str(text),
        }
    }
}

impl JsonSchema for ValueFile {
    fn schema_name() -> Cow<'static, str> {
        "Value".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["integer", "string"], "description": "A whole number or text." })
    }
}

/// A bare value, or a mapping that says what it is drawn from.
#[derive(Clone, Debug)]
pub(crate) enum ValueOr<T, D> {
    Value(T),
    Drawn(D),
}

impl<'de, T: Deserialize<'de>, D: Deserialize<'de>> Deserialize<'de> for ValueOr<T, D> {
    fn deserialize<De: Deserializer<'de>>(deserializer: De) -> Result<Self, De::Error> {
        struct FormVisitor<T, D>(PhantomData<(T, D)>);
        impl<'de, T: Deserialize<'de>, D: Deserialize<'de>> Visitor<'de> for FormVisitor<T, D> {
            type Value = ValueOr<T, D>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value or a distribution such as { uniform: [from, to] }")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                T::deserialize(text.into_deserializer()).map(ValueOr::Value)
            }
            fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
                T::deserialize(number.into_deserializer()).map(ValueOr::Value)
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
                T::deserialize(number.into_deserializer()).map(ValueOr::Value)
            }
            fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
                T::deserialize(number.into_deserializer()).map(ValueOr::Value)
            }
            fn visit_bool<E: Error>(self, truth: bool) -> Result<Self::Value, E> {
                T::deserialize(truth.into_deserializer()).map(ValueOr::Value)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                D::deserialize(MapAccessDeserializer::new(map)).map(ValueOr::Drawn)
            }
        }
        deserializer.deserialize_any(FormVisitor(PhantomData))
    }
}

impl<T: Serialize, D: Serialize> Serialize for ValueOr<T, D> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Value(value) => value.serialize(serializer),
            Self::Drawn(drawn) => drawn.serialize(serializer),
        }
    }
}

impl<T: JsonSchema, D: JsonSchema> JsonSchema for ValueOr<T, D> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("{}Or{}", T::schema_name(), D::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [generator.subschema_for::<T>(), generator.subschema_for::<D>()]
        })
    }
}

/// A number of iterations, by itself or with more about them.
#[derive(Clone, Debug)]
pub(crate) enum NumberOr<D> {
    Number(u32),
    More(D),
}

impl<'de, D: Deserialize<'de>> Deserialize<'de> for NumberOr<D> {
    fn deserialize<De: Deserializer<'de>>(deserializer: De) -> Result<Self, De::Error> {
        struct NumberVisitor<D>(PhantomData<D>);
        impl<'de, D: Deserialize<'de>> Visitor<'de> for NumberVisitor<D> {
            type Value = NumberOr<D>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number such as 1000, or { total: 1000, users: 10 }")
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
                u32::deserialize(number.into_deserializer()).map(NumberOr::Number)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                D::deserialize(MapAccessDeserializer::new(map)).map(NumberOr::More)
            }
        }
        deserializer.deserialize_any(NumberVisitor(PhantomData))
    }
}

impl<D: Serialize> Serialize for NumberOr<D> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(number) => number.serialize(serializer),
            Self::More(more) => more.serialize(serializer),
        }
    }
}

impl<D: JsonSchema> JsonSchema for NumberOr<D> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("NumberOr{}", D::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let number = json_schema!({ "type": "integer", "minimum": 1, "maximum": u32::MAX });
        json_schema!({ "anyOf": [number, generator.subschema_for::<D>()] })
    }
}

/// A text, or a list of them.
#[derive(Clone, Debug)]
pub(crate) struct OneOrMany<T>(pub(crate) Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ListVisitor<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
            type Value = OneOrMany<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a list of texts")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(OneOrMany(vec![T::deserialize(text.into_deserializer())?]))
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
                Ok(OneOrMany(vec![T::deserialize(number.into_deserializer())?]))
            }
            fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
                Ok(OneOrMany(vec![T::deserialize(number.into_deserializer())?]))
            }
            fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
                Ok(OneOrMany(vec![T::deserialize(number.into_deserializer())?]))
            }
            fn visit_bool<E: Error>(self, truth: bool) -> Result<Self::Value, E> {
                Ok(OneOrMany(vec![T::deserialize(truth.into_deserializer())?]))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(OneOrMany)
            }
        }
        deserializer.deserialize_any(ListVisitor(PhantomData))
    }
}

impl<T: Serialize> Serialize for OneOrMany<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [only] => only.serialize(serializer),
            many => many.serialize(serializer),
        }
    }
}

impl<T: JsonSchema> JsonSchema for OneOrMany<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("OneOrMany{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [one, { "type": "array", "items": one }] })
    }
}

/// A status, or a list of them.
#[derive(Clone, Debug)]
pub(crate) struct Statuses(pub(crate) Vec<u16>);

impl<'de> Deserialize<'de> for Statuses {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct StatusVisitor;
        impl<'de> Visitor<'de> for StatusVisitor {
            type Value = Statuses;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a status such as 201, or a list such as [200, 404]")
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<Statuses, E> {
                let status = u16::deserialize(number.into_deserializer())?;
                Ok(Statuses(vec![status]))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Statuses, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(Statuses)
            }
        }
        deserializer.deserialize_any(StatusVisitor)
    }
}

impl Serialize for Statuses {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [only] => only.serialize(serializer),
            many => many.serialize(serializer),
        }
    }
}

impl JsonSchema for Statuses {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Statuses".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let status = json_schema!({ "type": "integer", "minimum": 200, "maximum": 599 });
        json_schema!({
            "anyOf": [status, { "type": "array", "items": status, "minItems": 1 }]
        })
    }
}
