use proptest::prelude::*;
use serde_yaml::{Mapping, Number};

use super::*;

fn document(key: &str, node: Node) -> String {
    let mut entries = Entries::default();
    entries.put(key, node);
    entries.document(|_| false)
}

fn any_json() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        "[ -~]{0,12}",
        "[a-z: #\\-'\"{}\\[\\],\n\t$0-9.]{0,30}",
        ".{0,8}",
        Just("yes".to_owned()),
        Just("1e3".to_owned()),
        Just("0x1F".to_owned()),
        Just("12:30".to_owned()),
        Just("2026-11-27".to_owned()),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(|number| Value::Number(Number::from(number))),
        text.clone().prop_map(Value::String),
    ];
    leaf.prop_recursive(4, 40, 5, move |inner| {
        let key = text.clone();
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Sequence),
            prop::collection::vec((key, inner), 0..5).prop_map(|entries| {
                let entries = entries.into_iter();
                Value::Mapping(
                    entries
                        .map(|(key, value)| (Value::String(key), value))
                        .collect::<Mapping>(),
                )
            }),
        ]
    })
}

/// The same with dollar signs as in the file.
fn escaped(value: &Value) -> Value {
    let literal = |text: &str| Value::String(Template::literal(text).source().to_owned());
    match value {
        Value::String(text) => literal(text),
        Value::Sequence(values) => Value::Sequence(values.iter().map(escaped).collect()),
        Value::Mapping(entries) => Value::Mapping(
            entries
                .iter()
                .map(|(key, value)| (literal(&scalar_text(key)), escaped(value)))
                .collect(),
        ),
        other => other.clone(),
    }
}

proptest! {
    #[test]
    fn written_yaml_is_read_back(value in any_json()) {
        for node in [Node::json(&value), Node::json(&value).block()] {
            let text = document("body", node);
            let read: Value = serde_yaml::from_str(&text).unwrap();
            prop_assert_eq!(&read["body"], &escaped(&value), "{}", text);
        }
    }
}

#[test]
fn quotes_stand_only_where_they_are_needed() {
    let values = [
        (
            "GET catalog/products/${product}?limit=20",
            "GET catalog/products/${product}?limit=20",
        ),
        ("a, b", "a, b"),
        ("-x", "-x"),
        ("it's", "it's"),
        ("a: b", "\"a: b\""),
        ("a #b", "\"a #b\""),
        ("10", "\"10\""),
        ("0010", "\"0010\""),
        ("true", "\"true\""),
        ("", "\"\""),
        ("* x", "\"* x\""),
        ("tab\there", "\"tab\\there\""),
    ];
    for (text, written) in values {
        let document = document("a", Node::from(text));
        assert_eq!(document, format!("a: {written}\n"));
    }
}

#[test]
fn short_values_without_comments_are_written_on_one_line() {
    let set = Node::map([("uniform", Node::list([1_u64, 100].map(Node::from)))]);
    let mut json = Entries::default();
    let comment = vec!["Of the example.".to_owned()];
    json.put("note", Item::commented("one\ntwo", comment));
    let mut step = Entries::default();
    step.put("request", "GET shop/items");
    step.put("set", Node::map([("item", set)]));
    step.put("json", json);
    let step = Node::from(step);
    let disabled = Item {
        disabled: true,
        ..step.clone().into()
    };
    let steps = Node::List(vec![step.block().into(), disabled]).block();
    assert_eq!(
        document("steps", steps),
        "\
steps:
  - request: GET shop/items
    set: { item: { uniform: [1, 100] } }
    json:
      # Of the example.
      note: |-
        one
        two
  # - request: GET shop/items
  #   set: { item: { uniform: [1, 100] } }
  #   json:
  #     # Of the example.
  #     note: |-
  #       one
  #       two
"
    );
}
