//! Example values for schemas: the description's own examples, else generated ones.

use std::cell::Cell;

use serde_yaml::{Mapping, Number, Value};

use super::Document;

/// Deepest nesting of schemas that is followed; schemas can contain themselves.
const DEPTH: usize = 10;

/// Values of one example. Schemas that contain each other make more of them than anybody reads, and are followed less deep.
const MOST_VALUES: usize = 300;

/// How far an example may still grow.
#[derive(Clone, Copy)]
struct Room<'a> {
    depth: usize,
    values: &'a Cell<usize>,
}

impl Room<'_> {
    fn within(self) -> Self {
        Self {
            depth: self.depth - 1,
            ..self
        }
    }

    /// Takes room for a value, if there is any.
    fn take(self) -> bool {
        let left = self.values.get();
        self.values.set(left.saturating_sub(1));
        self.depth > 0 && left > 0
    }
}

/// A value, and whether it is from the description.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Example {
    pub(super) value: Value,
    pub(super) given: bool,
}

impl Document {
    /// A value for a parameter, a header or a body: its example, else one of its schema.
    pub(super) fn example(&self, holder: &Value) -> Example {
        if let Some(value) = self.given(holder) {
            return Example { value, given: true };
        }
        // In version 2 parameters are their own schemas.
        let schema = holder.get("schema").unwrap_or(holder);
        match self
            .resolve(schema)
            .and_then(|schema| self.given_by_schema(schema))
        {
            Some(value) => Example { value, given: true },
            None => Example {
                value: self.made_up(schema),
                given: false,
            },
        }
    }

    /// `example`, or the first of `examples`: a map of objects with a value, or in a schema a list.
    fn given(&self, holder: &Value) -> Option<Value> {
        if let Some(example) = holder.get("example") {
            return Some(example.clone());
        }
        match holder.get("examples")? {
            Value::Sequence(examples) => examples.first().cloned(),
            Value::Mapping(examples) => {
                let first = self.resolve(examples.values().next()?)?;
                first.get("value").cloned()
            }
            _ => None,
        }
    }

    fn given_by_schema(&self, schema: &Value) -> Option<Value> {
        let first = |key: &str| {
            schema
                .get(key)
                .and_then(Value::as_sequence)?
                .first()
                .cloned()
        };
        self.given(schema)
            .or_else(|| schema.get("default").cloned())
            .or_else(|| schema.get("const").cloned())
            .or_else(|| first("enum"))
            .filter(|value| !value.is_null())
    }

    /// Whether objects of a schema have this property.
    pub(super) fn has_property(&self, schema: &Value, name: &str) -> bool {
        self.property(schema, name, DEPTH)
    }

    fn property(&self, schema: &Value, name: &str, depth: usize) -> bool {
        let Some(schema) = self.resolve(schema).filter(|_| depth > 0) else {
            return false;
        };
        let properties = schema.get("properties");
        let parts = schema.get("allOf").and_then(Value::as_sequence);
        let mut parts = parts.into_iter().flatten();
        properties.is_some_and(|properties| properties.get(name).is_some())
            || parts.any(|part| self.property(part, name, depth - 1))
    }

    /// A value that fits a schema, as deep as there is room for it.
    fn made_up(&self, schema: &Value) -> Value {
        let at_depth = |depth: usize| {
            let values = Cell::new(MOST_VALUES);
            let room = Room {
                depth,
                values: &values,
            };
            let value = self.value(schema, room);
            (value, values.get() > 0)
        };
        let depths = (2..=DEPTH).rev().map(at_depth);
        let mut fitting = depths.filter_map(|(value, fits)| fits.then_some(value));
        fitting.next().unwrap_or_else(|| at_depth(2).0)
    }

    /// A value that fits a schema, as far as that is easily found.
    fn value(&self, schema: &Value, room: Room<'_>) -> Value {
        let Some(schema) = self.resolve(schema).filter(|_| room.take()) else {
            return Value::Null;
        };
        if let Some(value) = self.given_by_schema(schema) {
            return value;
        }
        for key in ["oneOf", "anyOf"] {
            let alternatives = schema.get(key).and_then(Value::as_sequence);
            let alternatives = alternatives.into_iter().flatten();
            let mut values = alternatives.map(|schema| self.value(schema, room.within()));
            if let Some(value) = values.find(|value| !value.is_null()) {
                return value;
            }
        }
        if schema.get("allOf").is_some() || schema.get("properties").is_some() {
            return self.object(schema, room);
        }
        match type_of(schema) {
            "object" => Value::Mapping(Mapping::new()),
            "array" => {
                let item = schema
                    .get("items")
                    .map(|items| self.value(items, room.within()));
                Value::Sequence(item.into_iter().filter(|item| !item.is_null()).collect())
            }
            "integer" | "number" => number(schema),
            "boolean" => Value::Bool(true),
            "string" => Value::String(string(schema)),
            _ => Value::Null,
        }
    }

    /// The properties that are required, or all where none is.
    fn object(&self, schema: &Value, room: Room<'_>) -> Value {
        let mut out = Mapping::new();
        let parts = schema.get("allOf").and_then(Value::as_sequence);
        for part in parts.into_iter().flatten() {
            if let Value::Mapping(more) = self.value(part, room.within()) {
                out.extend(more);
            }
        }
        let required = schema.get("required").and_then(Value::as_sequence);
        let Some(Value::Mapping(properties)) = schema.get("properties") else {
            return Value::Mapping(out);
        };
        for (name, property) in properties {
            let wanted = required.is_none_or(|names| names.is_empty() || names.contains(name));
            let resolved = self.resolve(property);
            let read_only = resolved.and_then(|property| property.get("readOnly"));
            if !wanted || read_only == Some(&Value::Bool(true)) {
                continue;
            }
            let value = self.value(property, room.within());
            let nullable = value.is_null() && required.is_none();
            if !nullable {
                out.insert(name.clone(), value);
            }
        }
        Value::Mapping(out)
    }
}

/// The type of a schema; of several (3.1) the first that is not null.
pub(super) fn type_of(schema: &Value) -> &str {
    match schema.get("type") {
        Some(Value::String(kind)) => kind,
        Some(Value::Sequence(kinds)) => kinds
            .iter()
            .filter_map(Value::as_str)
            .find(|kind| *kind != "null")
            .unwrap_or_default(),
        _ if schema.get("items").is_some() => "array",
        _ => "",
    }
}

fn number(schema: &Value) -> Value {
    let bound = |key: &str| schema.get(key).cloned().filter(Value::is_number);
    let above = bound("exclusiveMinimum")
        .and_then(|number| number.as_i64())
        .map(|least| least.saturating_add(1));
    let one = Value::Number(Number::from(1));
    match (bound("minimum"), above, bound("maximum")) {
        (Some(least), ..) if least.as_f64().is_some_and(|least| least > 0.0) => least,
        (_, Some(least), _) if least > 0 => Value::Number(Number::from(least)),
        (.., Some(most)) if most.as_f64().is_some_and(|most| most < 1.0) => most,
        _ => one,
    }
}

fn string(schema: &Value) -> String {
    let format = schema
        .get("format")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let text = match format {
        "date-time" => "2026-01-01T00:00:00Z",
        "date" => "2026-01-01",
        "time" => "00:00:00Z",
        "uuid" => "00000000-0000-4000-8000-000000000000",
        "email" => "user@example.com",
        "uri" | "url" => "https://example.com",
        "hostname" => "example.com",
        "ipv4" => "192.0.2.1",
        "ipv6" => "2001:db8::1",
        "byte" => "dGV4dA==",
        _ => "text",
    };
    let length = |key: &str| schema.get(key).and_then(Value::as_u64);
    let least = length("minLength").unwrap_or(0).min(1_000);
    let mut text = text.to_owned();
    while u64::try_from(text.len()).is_ok_and(|length| length < least) {
        text.push('x');
    }
    if let Some(most) = length("maxLength").and_then(|most| usize::try_from(most).ok()) {
        text.truncate(most);
    }
    text
}
