//! Example values for schemas: the description's own examples, else generated ones.

use std::cell::Cell;

use serde_yaml::{Mapping, Number, Value};

use super::document::{Document, list};

/// Deepest nesting of schemas that is followed; schemas can contain themselves.
pub(super) const DEPTH: usize = 10;

/// Values of one example. Schemas that contain each other make more of them than anybody reads, and are followed less deep.
const MOST_VALUES: usize = 300;

impl Document {
    /// A value for a parameter, a header or a body, and whether it is from the description: its example, else one of its
    /// schema.
    pub(super) fn example(&self, holder: &Value) -> (Value, bool) {
        // In version 2 parameters are their own schemas.
        let schema = holder.get("schema").unwrap_or(holder);
        let of_schema = || self.given_by_schema(self.resolve(schema)?);
        let given = self.given(holder).or_else(of_schema);
        let is_given = given.is_some();
        (given.unwrap_or_else(|| self.made_up(schema)), is_given)
    }

    /// `example`, or the first of `examples`: a map of objects with a value, or in a schema a list.
    fn given(&self, holder: &Value) -> Option<Value> {
        let first = || match &holder["examples"] {
            Value::Mapping(examples) => self.resolve(examples.values().next()?)?.get("value"),
            examples => list(examples).first(),
        };
        holder.get("example").or_else(first).cloned()
    }

    fn given_by_schema(&self, schema: &Value) -> Option<Value> {
        let simple = || schema.get("default").or_else(|| schema.get("const"));
        let first = || list(&schema["enum"]).first();
        let given = self.given(schema);
        let given = given.or_else(|| simple().or_else(first).cloned());
        given.filter(|value| !value.is_null())
    }

    /// Whether objects of a schema have this property.
    pub(super) fn has_property(&self, schema: &Value, name: &str, depth: usize) -> bool {
        let Some(schema) = self.resolve(schema).filter(|_| depth > 0) else {
            return false;
        };
        let mut parts = list(&schema["allOf"]).iter();
        schema["properties"].get(name).is_some()
            || parts.any(|part| self.has_property(part, name, depth - 1))
    }

    /// A value that fits a schema, as deep as there is room for it.
    fn made_up(&self, schema: &Value) -> Value {
        let at_depth = |depth: usize| {
            let left = Cell::new(MOST_VALUES);
            (self.value(schema, depth, &left), left.get() > 0)
        };
        let depths = (2..=DEPTH).rev().map(at_depth);
        let mut fitting = depths.filter_map(|(value, fits)| fits.then_some(value));
        fitting.next().unwrap_or_else(|| at_depth(2).0)
    }

    /// A value that fits a schema, as far as that is easily found; `left` is how many values there is room for.
    fn value(&self, schema: &Value, depth: usize, left: &Cell<usize>) -> Value {
        let has_room = |_: &&Value| left.replace(left.get().saturating_sub(1)) > 0 && depth > 0;
        let Some(schema) = self.resolve(schema).filter(has_room) else {
            return Value::Null;
        };
        if let Some(value) = self.given_by_schema(schema) {
            return value;
        }
        for key in ["oneOf", "anyOf"] {
            let values = list(&schema[key]).iter();
            let mut values = values.map(|it| self.value(it, depth - 1, left));
            if let Some(value) = values.find(|value| !value.is_null()) {
                return value;
            }
        }
        if schema.get("allOf").is_some() || schema.get("properties").is_some() {
            return self.object(schema, depth, left);
        }
        match type_of(schema) {
            "object" => Value::Mapping(Mapping::new()),
            "array" => {
                let item = schema.get("items");
                let item = item.map(|items| self.value(items, depth - 1, left));
                Value::Sequence(item.into_iter().filter(|item| !item.is_null()).collect())
            }
            "integer" | "number" => number(schema),
            "boolean" => Value::Bool(true),
            "string" => Value::String(string(schema)),
            _ => Value::Null,
        }
    }

    /// The properties that are required, or all where none is.
    fn object(&self, schema: &Value, depth: usize, left: &Cell<usize>) -> Value {
        let mut out = Mapping::new();
        for part in list(&schema["allOf"]) {
            if let Value::Mapping(more) = self.value(part, depth - 1, left) {
                out.extend(more);
            }
        }
        let required = schema["required"].as_sequence();
        for (name, property) in schema["properties"].as_mapping().into_iter().flatten() {
            let wanted = required.is_none_or(|names| names.is_empty() || names.contains(name));
            let resolved = self.resolve(property);
            let read_only = resolved.is_some_and(|property| property["readOnly"] == true);
            if !wanted || read_only {
                continue;
            }
            let value = self.value(property, depth - 1, left);
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
        Some(Value::Sequence(kinds)) => {
            let mut kinds = kinds.iter().filter_map(Value::as_str);
            kinds.find(|kind| *kind != "null").unwrap_or_default()
        }
        _ if schema.get("items").is_some() => "array",
        _ => "",
    }
}

fn number(schema: &Value) -> Value {
    let bound = |key: &str| schema.get(key).cloned().filter(Value::is_number);
    let above = bound("exclusiveMinimum").and_then(|number| number.as_i64());
    let above = above.map(|least| least.saturating_add(1));
    let one = Value::Number(Number::from(1));
    match (bound("minimum"), above, bound("maximum")) {
        (Some(least), ..) if least.as_f64().is_some_and(|least| least > 0.0) => least,
        (_, Some(least), _) if least > 0 => Value::Number(Number::from(least)),
        (.., Some(most)) if most.as_f64().is_some_and(|most| most < 1.0) => most,
        _ => one,
    }
}

fn string(schema: &Value) -> String {
    let text = match schema["format"].as_str().unwrap_or_default() {
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
    let length = |key: &str| schema[key].as_u64();
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
