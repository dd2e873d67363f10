//! Writes readable YAML: short values on one line, quotes only where needed, comments.

mod scalar;
#[cfg(test)]
mod tests;

use serde_yaml::Value;

use super::template::Template;
use scalar::{is_printable, scalar};

/// Columns that a line may fill before it is broken.
const WIDTH: usize = 100;

/// A part of a YAML document.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    /// A value that is never quoted: a number, a boolean, null.
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

/// The node on one line, if it is short enough.
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

/// The node in flow style. `None` if it has comments, or must be in block style.
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

/// A text of several lines as a literal block: its indicator and its lines. `None` if quotes are needed or shorter.
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
