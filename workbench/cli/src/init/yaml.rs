//! YAML as a person would write it: short things on one line, quotes only where they are needed, comments.

use serde_yaml::Value;

use super::template::Template;

/// Columns that a line may fill before it is broken.
const WIDTH: usize = 100;

/// A part of a YAML document.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    /// What is never quoted: a number, a truth value, null.
    Plain(String),
    Text(String),
    List(Vec<Item>),
    Map(Vec<(String, Item)>),
    /// A list or map that takes a line for each of its items, however short they are.
    Block(Box<Node>),
}

/// An element of a list, or a value of a map.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Item {
    /// Lines above it.
    pub(super) comment: Vec<String>,
    /// It is written as a comment itself.
    pub(super) disabled: bool,
    pub(super) node: Node,
}

impl From<Node> for Item {
    fn from(node: Node) -> Self {
        Self {
            comment: Vec::new(),
            disabled: false,
            node,
        }
    }
}

impl From<&Template> for Node {
    fn from(template: &Template) -> Self {
        Self::Text(template.source().to_owned())
    }
}

impl From<&str> for Node {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<u64> for Node {
    fn from(number: u64) -> Self {
        Self::Plain(number.to_string())
    }
}

impl From<i64> for Node {
    fn from(number: i64) -> Self {
        Self::Plain(number.to_string())
    }
}

impl Node {
    pub(super) fn list(nodes: impl IntoIterator<Item = Self>) -> Self {
        Self::List(nodes.into_iter().map(Item::from).collect())
    }

    pub(super) fn map<K: Into<String>>(entries: impl IntoIterator<Item = (K, Self)>) -> Self {
        let entry = |(key, node): (K, Self)| (key.into(), Item::from(node));
        Self::Map(entries.into_iter().map(entry).collect())
    }

    pub(super) fn block(self) -> Self {
        Self::Block(Box::new(self))
    }

    /// JSON that is sent as it is.
    pub(super) fn json(value: &Value) -> Self {
        let literal = |text: &str| Template::literal(text).source().to_owned();
        match value {
            Value::Null => Self::Plain("null".to_owned()),
            Value::Bool(truth) => Self::Plain(truth.to_string()),
            Value::Number(number) => Self::Plain(number.to_string()),
            Value::String(text) => Self::Text(literal(text)),
            Value::Sequence(values) => Self::list(values.iter().map(Self::json)),
            Value::Mapping(entries) => Self::map(
                entries
                    .iter()
                    .map(|(key, value)| (literal(&scalar_text(key)), Self::json(value))),
            ),
            Value::Tagged(tagged) => Self::json(&tagged.value),
        }
    }

    /// The document; an empty line stands before each of its keys that `begins_group`.
    pub(super) fn document(&self, begins_group: impl Fn(&str) -> bool) -> String {
        let mut out = String::new();
        let Self::Map(entries) = self else {
            return lines(self, 0, false).join("\n") + "\n";
        };
        for (key, item) in entries {
            if begins_group(key) {
                out.push('\n');
            }
            for line in entry(key, item, 0, false) {
                out.push_str(line.trim_end());
                out.push('\n');
            }
        }
        out
    }
}

/// The text of a scalar, as JSON writes it where it is a key.
pub(super) fn scalar_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        _ => String::new(),
    }
}

/// Lines of a comment that begin at this column.
pub(super) fn comment(text: &str, column: usize) -> Vec<String> {
    let printable = |letter: char| match letter {
        '\t' => ' ',
        letter if is_printable(letter) => letter,
        _ => '\u{FFFD}',
    };
    let line = |line: &str| {
        let line: String = line.chars().map(printable).collect();
        let width = WIDTH.saturating_sub(column).max(40);
        let options = textwrap::Options::new(width)
            .initial_indent("# ")
            .subsequent_indent("# ")
            .break_words(false)
            .word_splitter(textwrap::WordSplitter::NoHyphenation);
        textwrap::wrap(line.trim_end(), options)
            .into_iter()
            .map(|line| line.trim_end().to_owned())
            .collect::<Vec<_>>()
    };
    text.lines().flat_map(line).collect()
}

/// The lines of a list or map, without the indentation of where it stands; `column` is where it stands.
fn lines(node: &Node, column: usize, disabled: bool) -> Vec<String> {
    match node {
        Node::Plain(_) | Node::Text(_) => vec![flow(node).unwrap_or_default()],
        Node::Block(node) => lines(node, column, disabled),
        Node::List(items) => items
            .iter()
            .flat_map(|item| element(item, column, disabled))
            .collect(),
        Node::Map(entries) => entries
            .iter()
            .flat_map(|(key, item)| entry(key, item, column, disabled))
            .collect(),
    }
}

fn element(item: &Item, column: usize, disabled: bool) -> Vec<String> {
    let inner = disabled || item.disabled;
    let mut above = comments(item, column);
    let mut written = match short(&item.node, column + 2) {
        Some(text) => vec![text],
        None => match block_text(&item.node) {
            Some((head, text)) => indented(vec![head], text),
            None => lines(&item.node, column + 2, inner),
        },
    };
    // The dash stands on the first line that is not a comment.
    while written.len() > 1 && written[0].starts_with('#') {
        above.push(written.remove(0));
    }
    let mut own: Vec<String> = written
        .iter()
        .enumerate()
        .map(|(at, line)| match (at, line.is_empty()) {
            (0, _) => format!("- {line}"),
            (_, true) => String::new(),
            (_, false) => format!("  {line}"),
        })
        .collect();
    if item.disabled && !disabled {
        own = own.iter().map(|line| format!("# {line}")).collect();
    }
    above.extend(own);
    above
}

fn entry(key: &str, item: &Item, column: usize, disabled: bool) -> Vec<String> {
    let inner = disabled || item.disabled;
    let key = scalar(key, true);
    let mut out = comments(item, column);
    let own = match short(&item.node, column + key.chars().count() + 2) {
        Some(text) => vec![format!("{key}: {text}")],
        None => match block_text(&item.node) {
            Some((head, text)) => indented(vec![format!("{key}: {head}")], text),
            None => indented(
                vec![format!("{key}:")],
                lines(&item.node, column + 2, inner),
            ),
        },
    };
    if item.disabled && !disabled {
        out.extend(own.iter().map(|line| format!("# {line}")));
    } else {
        out.extend(own);
    }
    out
}

fn comments(item: &Item, column: usize) -> Vec<String> {
    let texts = item.comment.iter();
    texts.flat_map(|text| comment(text, column)).collect()
}

fn indented(mut head: Vec<String>, below: Vec<String>) -> Vec<String> {
    head.extend(below.into_iter().map(|line| match line.is_empty() {
        true => line,
        false => format!("  {line}"),
    }));
    head
}

/// The node on the rest of a line, where that is how a person would write it.
fn short(node: &Node, column: usize) -> Option<String> {
    match node {
        Node::Plain(text) => Some(text.clone()),
        Node::Text(text) if block_text(node).is_none() => Some(scalar(text, false)),
        Node::Text(_) => None,
        Node::List(items) if items.is_empty() => Some("[]".to_owned()),
        Node::Map(entries) if entries.is_empty() => Some("{}".to_owned()),
        Node::Block(node) => match &**node {
            Node::List(items) if !items.is_empty() => None,
            Node::Map(entries) if !entries.is_empty() => None,
            node => short(node, column),
        },
        Node::List(_) | Node::Map(_) => {
            flow(node).filter(|text| column + text.chars().count() <= WIDTH)
        }
    }
}

/// The node in flow style; `None` where it has comments, or asks for lines.
fn flow(node: &Node) -> Option<String> {
    let bare = |item: &Item| item.comment.is_empty() && !item.disabled;
    match node {
        Node::Plain(text) => Some(text.clone()),
        Node::Text(text) => Some(scalar(text, true)),
        Node::Block(_) => None,
        Node::List(items) => {
            let written = items
                .iter()
                .map(|item| bare(item).then(|| flow(&item.node)).flatten())
                .collect::<Option<Vec<_>>>()?;
            let nested = |item: &Item| matches!(item.node, Node::List(_) | Node::Map(_));
            Some(match items.iter().any(nested) {
                true => format!("[ {} ]", written.join(", ")),
                false => format!("[{}]", written.join(", ")),
            })
        }
        Node::Map(entries) if entries.is_empty() => Some("{}".to_owned()),
        Node::Map(entries) => {
            let written = entries
                .iter()
                .map(|(key, item)| {
                    let value = bare(item).then(|| flow(&item.node)).flatten()?;
                    Some(format!("{}: {value}", scalar(key, true)))
                })
                .collect::<Option<Vec<_>>>()?;
            Some(format!("{{ {} }}", written.join(", ")))
        }
    }
}

/// A text of several lines as a literal block: its head, and its lines. `None` where quotes are needed or better.
fn block_text(node: &Node) -> Option<(String, Vec<String>)> {
    let Node::Text(text) = node else { return None };
    let body = text.strip_suffix('\n').unwrap_or(text);
    let fits = body.contains('\n')
        && !body.starts_with([' ', '\n', '\t'])
        && !body.ends_with('\n')
        && body.lines().all(|line| !line.ends_with([' ', '\t']))
        && body
            .chars()
            .all(|letter| letter == '\n' || letter == '\t' || is_printable(letter));
    let head = if body.len() < text.len() { "|" } else { "|-" };
    fits.then(|| {
        let lines = body.split('\n').map(str::to_owned).collect();
        (head.to_owned(), lines)
    })
}

/// YAML's printable letters that need no escape, line breaks and tabs aside.
fn is_printable(letter: char) -> bool {
    !letter.is_control()
        && !matches!(
            letter,
            '\u{2028}' | '\u{2029}' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}'
        )
}

/// A text on one line, in quotes where it would not be itself without.
fn scalar(text: &str, in_flow: bool) -> String {
    if is_plain(text, in_flow) {
        text.to_owned()
    } else {
        quoted(text)
    }
}

fn is_plain(text: &str, in_flow: bool) -> bool {
    let mut letters = text.chars();
    let Some(first) = letters.next() else {
        return false;
    };
    let begins = match first {
        '-' | '?' | ':' => letters
            .next()
            .is_some_and(|second| !second.is_whitespace() && !in_flow && first != ':'),
        _ => !"#&*!|>'\"%@`{}[],=".contains(first) && !first.is_whitespace(),
    };
    let ends = text.ends_with(|last: char| last.is_whitespace() || last == ':');
    let broken = text.contains(": ") || text.contains(" #");
    let broken_in_flow = in_flow && text.contains(['{', '}', '[', ']', ',', ':']);
    begins
        && !ends
        && !broken
        && !broken_in_flow
        && text.chars().all(is_printable)
        && !means_something_else(text)
}

/// Whether a reader of YAML 1.1 or 1.2 takes the text for a number, a truth value, null, a date or a mark of the document.
fn means_something_else(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let is_word = matches!(
        lower.as_str(),
        "~" | "null"
            | "true"
            | "false"
            | "yes"
            | "no"
            | "on"
            | "off"
            | "y"
            | "n"
            | ".nan"
            | ".inf"
            | "-.inf"
            | "+.inf"
    );
    // Numbers in all their shapes (hexadecimal, sexagesimal, with underscores), and dates.
    let is_number = text.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first))
        && lower.contains(|letter: char| letter.is_ascii_digit())
        && lower
            .chars()
            .all(|letter| letter.is_ascii_hexdigit() || "+-._:xointz".contains(letter));
    is_word || is_number || text.starts_with("---") || text.starts_with("...")
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            letter if is_printable(letter) => out.push(letter),
            letter if u32::from(letter) <= 0xFFFF => {
                out.push_str(&format!("\\u{:04X}", u32::from(letter)));
            }
            letter => out.push_str(&format!("\\U{:08X}", u32::from(letter))),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_yaml::{Mapping, Number};

    use super::*;

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

    /// The same with the dollar signs as they are written.
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
        fn what_is_written_is_read_back(value in any_json()) {
            for node in [Node::json(&value), Node::json(&value).block()] {
                let text = Node::map([("body", node)]).document(|_| false);
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
            let document = Node::map([("a", Node::from(text))]).document(|_| false);
            assert_eq!(document, format!("a: {written}\n"));
        }
    }

    #[test]
    fn what_fits_stands_on_one_line_and_what_has_a_comment_does_not() {
        let set = Node::map([("uniform", Node::list([1_u64, 100].map(Node::from)))]);
        let step = Node::Map(vec![
            ("request".to_owned(), Node::from("GET shop/items").into()),
            ("set".to_owned(), Node::map([("item", set)]).into()),
            (
                "json".to_owned(),
                Node::Map(vec![(
                    "note".to_owned(),
                    Item {
                        comment: vec!["Of the example.".to_owned()],
                        ..Node::from("one\ntwo").into()
                    },
                )])
                .into(),
            ),
        ]);
        let disabled = Item {
            disabled: true,
            ..step.clone().into()
        };
        let steps = Node::List(vec![step.block().into(), disabled]).block();
        assert_eq!(
            Node::map([("steps", steps)]).document(|_| false),
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
}
