//! Values that can be written in more than one form.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{
    Deserialize, Deserializer, Error, IntoDeserializer, MapAccess, SeqAccess, Visitor,
};
use serde::{Deserialize as DeriveDeserialize, Serialize, Serializer};

use super::duration_schema;
use crate::file::rate::RATE_PATTERN;

/// A time as written. A bare number is let through, so that the message about it can speak of units.
#[derive(Clone, Debug, DeriveDeserialize, Serialize)]
#[serde(from = "Scalar")]
pub(in crate::file) struct WireDuration(pub(in crate::file) String);

impl Default for WireDuration {
    fn default() -> Self {
        Self("0s".to_owned())
    }
}

impl From<Scalar> for WireDuration {
    fn from(scalar: Scalar) -> Self {
        Self(scalar.0)
    }
}

/// A rate as written, such as `500/s`; a bare number is let through as with times.
#[derive(Clone, Debug, DeriveDeserialize, Serialize)]
#[serde(from = "Scalar")]
pub(in crate::file) struct WireRate(pub(in crate::file) String);

impl From<Scalar> for WireRate {
    fn from(scalar: Scalar) -> Self {
        Self(scalar.0)
    }
}

impl JsonSchema for WireRate {
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

impl JsonSchema for WireDuration {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        duration_schema()
    }
}

/// A number or text, as text.
struct Scalar(String);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ScalarVisitor;
        impl Visitor<'_> for ScalarVisitor {
            type Value = Scalar;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number with its unit, such as 10s or 500/s")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Scalar, E> {
                Ok(Scalar(text.to_owned()))
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<Scalar, E> {
                Ok(Scalar(number.to_string()))
            }
            fn visit_i64<E: Error>(self, number: i64) -> Result<Scalar, E> {
                Ok(Scalar(number.to_string()))
            }
            fn visit_f64<E: Error>(self, number: f64) -> Result<Scalar, E> {
                Ok(Scalar(number.to_string()))
            }
        }
        deserializer.deserialize_any(ScalarVisitor)
    }
}

/// A variable's value: a whole number or text.
#[derive(Clone, Debug)]
pub(in crate::file) enum WireValue {
    Integer(i64),
    Text(String),
}

impl<'de> Deserialize<'de> for WireValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ValueVisitor;
        impl Visitor<'_> for ValueVisitor {
            type Value = WireValue;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number or text (other numbers in quotes)")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<WireValue, E> {
                Ok(WireValue::Text(text.to_owned()))
            }
            fn visit_i64<E: Error>(self, number: i64) -> Result<WireValue, E> {
                Ok(WireValue::Integer(number))
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<WireValue, E> {
                let found = serde::de::Unexpected::Unsigned(number);
                let number = i64::try_from(number);
                number
                    .map(WireValue::Integer)
                    .map_err(|_| E::invalid_value(found, &self))
            }
        }
        deserializer.deserialize_any(ValueVisitor)
    }
}

impl Serialize for WireValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Integer(integer) => serializer.serialize_i64(*integer),
            Self::Text(text) => serializer.serialize_str(text),
        }
    }
}

impl JsonSchema for WireValue {
    fn schema_name() -> Cow<'static, str> {
        "Value".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["integer", "string"], "description": "A whole number or text." })
    }
}

/// A bare value, or a mapping that says what it is drawn from.
pub(in crate::file) enum ValueOr<T, D> {
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
pub(in crate::file) enum NumberOr<D> {
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

/// A status, or a list of them.
pub(in crate::file) struct OneOrMany(pub(in crate::file) Vec<u16>);

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct StatusVisitor;
        impl<'de> Visitor<'de> for StatusVisitor {
            type Value = OneOrMany;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a status such as 201, or a list such as [200, 404]")
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<OneOrMany, E> {
                let status = u16::deserialize(number.into_deserializer())?;
                Ok(OneOrMany(vec![status]))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<OneOrMany, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(OneOrMany)
            }
        }
        deserializer.deserialize_any(StatusVisitor)
    }
}

impl Serialize for OneOrMany {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [only] => only.serialize(serializer),
            many => many.serialize(serializer),
        }
    }
}

impl JsonSchema for OneOrMany {
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
