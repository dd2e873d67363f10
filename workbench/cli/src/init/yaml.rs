//! Writes readable YAML: short values on one line, quotes only where needed, comments.

mod scalar;
#[cfg(test)]
mod tests;

use std::time::Duration;

use serde_yaml::Value;

use super::template::Template;
use scalar::{is_printable, scalar};

/// Columns that a line may fill before it is broken.
const WIDTH: usize = 100;

/// A part of a YAML document.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
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
pub(crate) struct Item {
    /// Lines above it.
    pub(crate) comment: Vec<String>,
    /// It is written as a comment itself.
    pub(crate) disabled: bool,
    pub(crate) node: Node,
}

impl<T: Into<Node>> From<T> for Item {
    fn from(node: T) -> Self {
        Self {
            comment: Vec::new(),
            disabled: false,
            node: node.into(),
        }
    }
}

impl Item {
    pub(crate) fn commented(node: impl Into<Node>, comment: Vec<String>) -> Self {
        let mut item = Self::from(node);
        item.comment = comment;
        item
    }
}

impl From<&Template> for Node {
    fn from(template: &Template) -> Self {
        Self::from(template.source())
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

impl From<Duration> for Node {
    fn from(time: Duration) -> Self {
        Self::Text(workbench_plan::format_duration(time))
    }
}

impl From<Entries> for Node {
    fn from(entries: Entries) -> Self {
        Self::Map(entries.0)
    }
}

impl Node {
    pub(crate) fn list(nodes: impl IntoIterator<Item = Self>) -> Self {
        Self::List(nodes.into_iter().map(Item::from).collect())
    }

    /// The node itself where there is one, else a list.
    pub(crate) fn one_or_list(mut nodes: Vec<Self>) -> Self {
        match nodes.len() {
            1 => nodes.remove(0),
            _ => Self::list(nodes),
        }
    }

    pub(crate) fn map<K: Into<String>>(entries: impl IntoIterator<Item = (K, Self)>) -> Self {
        let entry = |(key, node): (K, Self)| (key.into(), Item::from(node));
        Self::Map(entries.into_iter().map(entry).collect())
    }

    pub(crate) fn block(self) -> Self {
        Self::Block(Box::new(self))
    }

    /// JSON that is sent as it is.
    pub(crate) fn json(value: &Value) -> Self {
        let literal = |text: &str| Template::literal(text).source().to_owned();
        let entry = |(key, value)| (literal(&scalar_text(key)), Self::json(value));
        match value {
            Value::Null => Self::Plain("null".to_owned()),
            Value::Bool(truth) => Self::Plain(truth.to_string()),
            Value::Number(number) => Self::Plain(number.to_string()),
            Value::String(text) => Self::Text(literal(text)),
            Value::Sequence(values) => Self::list(values.iter().map(Self::json)),
            Value::Mapping(entries) => Self::map(entries.iter().map(entry)),
            Value::Tagged(tagged) => Self::json(&tagged.value),
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Plain(_) | Self::Text(_) => false,
            Self::List(items) => items.is_empty(),
            Self::Map(entries) => entries.is_empty(),
            Self::Block(node) => node.is_empty(),
        }
    }
}

/// The entries of a map under construction.
#[derive(Default)]
pub(crate) struct Entries(Vec<(String, Item)>);

impl Entries {
    pub(crate) fn put(&mut self, key: &str, item: impl Into<Item>) {
        self.0.push((key.to_owned(), item.into()));
    }

    pub(crate) fn put_some(&mut self, key: &str, item: Option<impl Into<Item>>) {
        if let Some(item) = item {
            self.put(key, item);
        }
    }

    /// Puts a list or a map that is not empty.
    pub(crate) fn put_all(&mut self, key: &str, node: Node) {
        if !node.is_empty() {
            self.put(key, node);
        }
    }

    /// A map with one line for each of its entries.
    pub(crate) fn block(self) -> Node {
        Node::from(self).block()
    }

    /// The document; an empty line stands before each of its keys that `begins_group`.
    pub(crate) fn document(&self, begins_group: impl Fn(&str) -> bool) -> String {
        let mut out = String::new();
        for (key, item) in &self.0 {
            if begins_group(key) {
                out.push('\n');
            }
            for line in written(item, Some(key), 0, false) {
                out.push_str(line.trim_end());
                out.push('\n');
            }
        }
        out
    }
}

/// The text of a scalar, as JSON writes it where it is a key.
pub(crate) fn scalar_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        _ => String::new(),
    }
}

/// Lines of a comment that begin at this column.
pub(crate) fn comment(text: &str, column: usize) -> Vec<String> {
    let printable = |letter: char| match letter {
        '\t' => ' ',
        letter if is_printable(letter) => letter,
        _ => '\u{FFFD}',
    };
    let line = |line: &str| {
        let line: String = line.chars().map(printable).collect();
        let options = textwrap::Options::new(WIDTH.saturating_sub(column).max(40))
            .initial_indent("# ")
            .subsequent_indent("# ")
            .break_words(false)
            .word_splitter(textwrap::WordSplitter::NoHyphenation);
        let lines = textwrap::wrap(line.trim_end(), options).into_iter();
        let lines = lines.map(|line| line.trim_end().to_owned());
        lines.collect::<Vec<_>>()
    };
    text.lines().flat_map(line).collect()
}

/// The lines of an entry of a map, or of an element of a list, without the indentation of where it stands; `column` is where
/// it stands.
fn written(item: &Item, key: Option<&str>, column: usize, disabled: bool) -> Vec<String> {
    let out = item.comment.iter().flat_map(|text| comment(text, column));
    let mut out: Vec<String> = out.collect();
    let head = key.map_or("- ".to_owned(), |key| format!("{}: ", scalar(key, true)));
    let short = short(&item.node, column + head.chars().count());
    let (first, mut below) = match short.map(|text| (text, Vec::new())) {
        Some(short) => short,
        None => block_text(&item.node).unwrap_or_else(|| {
            (
                String::new(),
                lines(&item.node, column + 2, disabled || item.disabled),
            )
        }),
    };
    let mut first = format!("{head}{first}");
    if key.is_none() && first == head {
        // The dash stands on the first line that is not a comment.
        let comments = below.iter().take_while(|line| line.starts_with('#'));
        let comments = comments.count();
        out.extend(below.drain(..comments.min(below.len() - 1)));
        first.push_str(&below.remove(0));
    }
    let below = below.into_iter().map(|line| match line.is_empty() {
        true => line,
        false => format!("  {line}"),
    });
    let own = std::iter::once(first.trim_end().to_owned()).chain(below);
    match item.disabled && !disabled {
        true => out.extend(own.map(|line| format!("# {line}"))),
        false => out.extend(own),
    }
    out
}

fn lines(node: &Node, column: usize, disabled: bool) -> Vec<String> {
    let lines = |item, key| written(item, key, column, disabled);
    match node {
        Node::Plain(_) | Node::Text(_) => flow(node).into_iter().collect(),
        Node::Block(node) => self::lines(node, column, disabled),
        Node::List(items) => items.iter().flat_map(|item| lines(item, None)).collect(),
        Node::Map(entries) => {
            let entries = entries.iter();
            let entries = entries.flat_map(|(key, item)| lines(item, Some(key)));
            entries.collect()
        }
    }
}

/// The node on one line, if it is short enough.
fn short(node: &Node, column: usize) -> Option<String> {
    match node {
        Node::Text(_) if block_text(node).is_some() => None,
        Node::Text(text) => Some(scalar(text, false)),
        Node::Plain(_) => flow(node),
        Node::Block(node) => match &**node {
            Node::List(_) | Node::Map(_) if !node.is_empty() => None,
            node => short(node, column),
        },
        Node::List(_) | Node::Map(_) => {
            flow(node).filter(|text| node.is_empty() || column + text.chars().count() <= WIDTH)
        }
    }
}

/// The node in flow style. `None` if it has comments, or must be in block style.
fn flow(node: &Node) -> Option<String> {
    let value = |item: &Item| match item.comment.is_empty() && !item.disabled {
        true => flow(&item.node),
        false => None,
    };
    let entry =
        |(key, item): &(String, Item)| Some(format!("{}: {}", scalar(key, true), value(item)?));
    Some(match node {
        Node::Plain(text) => text.clone(),
        Node::Text(text) => scalar(text, true),
        Node::Block(_) => return None,
        Node::List(items) => {
            let written = items.iter().map(value).collect::<Option<Vec<_>>>()?;
            let written = written.join(", ");
            let nested = |item: &Item| matches!(item.node, Node::List(_) | Node::Map(_));
            match items.iter().any(nested) {
                true => format!("[ {written} ]"),
                false => format!("[{written}]"),
            }
        }
        Node::Map(entries) if entries.is_empty() => "{}".to_owned(),
        Node::Map(entries) => {
            let written = entries.iter().map(entry).collect::<Option<Vec<_>>>()?;
            format!("{{ {} }}", written.join(", "))
        }
    })
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
            .all(|letter| "\n\t".contains(letter) || is_printable(letter));
    let head = if body.len() < text.len() { "|" } else { "|-" };
    fits.then(|| {
        (
            head.to_owned(),
            body.split('\n').map(str::to_owned).collect(),
        )
    })
}
