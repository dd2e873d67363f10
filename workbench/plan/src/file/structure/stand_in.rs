//! Stand-ins for wrong or missing values.

use serde_yaml::{Mapping, Value};

/// Values of every type that files have, the one that serde most probably asked for first.
pub(super) fn values(refused: &str) -> Vec<Value> {
    let expected = refused
        .rsplit_once(", expected ")
        .map_or("", |(_, expected)| expected);
    let text = || Value::from("1s");
    let number = || Value::from(1);
    let list = || Value::Sequence(Vec::new());
    let mapping = || Value::Mapping(Mapping::new());
    let first = match expected {
        "a string" => text(),
        "a sequence" => list(),
        "a map" => mapping(),
        "a boolean" => true.into(),
        _ => number(),
    };
    let pair = |value: Value| Value::Sequence(vec![value.clone(), value]);
    vec![
        first,
        number(),
        text(),
        list(),
        mapping(),
        true.into(),
        pair(number()),
        pair(text()),
        Value::Null,
    ]
}
