//! Positions of the parts of a YAML text.

mod repair;
mod tree;

use std::rc::Rc;

use saphyr_parser::Span as Range;

pub(super) use tree::{Broken, Parts, parts};

use crate::error::Mistake;

/// The text of a file by lines.
pub(super) struct Source<'a> {
    text: &'a str,
    lines: Vec<&'a str>,
}

/// A place in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// From 1.
    line: usize,
    /// In characters, from 1.
    column: usize,
    /// In characters.
    width: usize,
    /// The part is a stand-in for something wrong, which has been reported.
    is_stand_in: bool,
}

/// A part of the text: a scalar, a list or a mapping.
#[derive(Clone, Debug)]
pub(super) struct Node {
    range: Range,
    content: Content,
    state: State,
}

/// Whether a part is as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    AsWritten,
    /// The value of a key that was renamed to what it was probably meant to be.
    Guessed,
    /// A mapping from which something unknown was taken.
    Incomplete,
    /// Put in for something wrong or missing.
    StandIn,
}

#[derive(Clone, Debug)]
enum Content {
    Scalar,
    List(Vec<Rc<Node>>),
    Mapping(Vec<Entry>),
}

/// A key of a mapping, and its value.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    key: String,
    key_node: Node,
    value: Rc<Node>,
}

/// The number that the parser complains of where it does not fit into 64 bits.
fn beyond_64_bits(message: &str) -> Option<&str> {
    let (_, after) = message.split_once("invalid type: integer `")?;
    let (number, after) = after.split_once('`')?;
    (after.starts_with(" as u128") || after.starts_with(" as i128")).then_some(number)
}

impl<'a> Source<'a> {
    /// A byte order mark is no part of the text.
    pub(super) fn new(text: &'a str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Self {
            text,
            lines: text.lines().collect(),
        }
    }

    pub(super) fn text(&self) -> &'a str {
        self.text
    }

    /// A syntax error, with its most frequent cause.
    pub(super) fn not_yaml(&self, place: Place, message: &str) -> Mistake {
        if let Some(number) = beyond_64_bits(message) {
            return self.mistake(
                place,
                format!("{number} is a larger number than any that is read"),
            );
        }
        let mistake = self.mistake(place, format!("this is not YAML: {message}"));
        let line = &mistake.source_line;
        let hint = if line.trim_start_matches(' ').starts_with('\t') {
            "; YAML is indented with spaces, not with tabs"
        } else if line.contains("${") && line.contains(['[', '{']) {
            "; within [ ] and { } a value with ${…} has to stand in double quotes"
        } else {
            ""
        };
        Mistake {
            message: format!("{}{hint}", mistake.message),
            ..mistake
        }
    }

    pub(super) fn mistake(&self, place: Place, message: impl Into<String>) -> Mistake {
        // A file that ends too soon is wrong at its end, which may be past its last line.
        let line = place.line.clamp(1, self.lines.len().max(1));
        let source_line = self.lines.get(line - 1).copied().unwrap_or_default();
        let length = source_line.chars().count();
        let column = if line == place.line {
            place.column.min(length + 1)
        } else {
            length + 1
        };
        Mistake {
            line,
            column,
            message: message.into(),
            source_line: source_line.to_owned(),
            width: place.width.min(length + 1 - column).max(1),
        }
    }

    /// Where `part` stands within the text of `node`, or the node itself.
    pub(super) fn within(&self, node: &Node, part: &str) -> Place {
        self.nth_within(node, part, 0)
    }

    /// Where `part` stands for the `nth` time, from 0, within the text of `node`, or the node itself.
    pub(super) fn nth_within(&self, node: &Node, part: &str, nth: usize) -> Place {
        if part.is_empty() {
            return node.place();
        }
        let (start, end) = (node.range.start, node.range.end);
        (start.line()..=end.line())
            .flat_map(|line| {
                let text = line.checked_sub(1).and_then(|line| self.lines.get(line));
                let text = text.copied().unwrap_or_default();
                let from = if line == start.line() { start.col() } else { 0 };
                let offset = text.char_indices().nth(from).map_or(text.len(), |it| it.0);
                let text = &text[offset..];
                text.match_indices(part).map(move |(found, _)| Place {
                    line,
                    column: from + text[..found].chars().count() + 1,
                    width: part.chars().count(),
                    is_stand_in: node.place().is_stand_in,
                })
            })
            .nth(nth)
            .unwrap_or_else(|| node.place())
    }
}

impl Place {
    pub(super) fn at(line: usize, column: usize) -> Self {
        Self {
            line,
            column,
            width: 1,
            is_stand_in: false,
        }
    }

    /// Whether a mistake at this place is only a consequence of another one.
    pub(super) fn is_stand_in(self) -> bool {
        self.is_stand_in
    }

    fn of(range: Range) -> Self {
        let (start, end) = (range.start, range.end);
        let width = if start.line() == end.line() {
            end.col() - start.col()
        } else {
            1
        };
        Self {
            line: start.line(),
            column: start.col() + 1,
            width,
            is_stand_in: false,
        }
    }
}

impl Node {
    /// A node without a position and without parts.
    pub(super) fn nowhere() -> Self {
        Self {
            range: Range::default(),
            content: Content::Scalar,
            state: State::AsWritten,
        }
    }

    pub(super) fn place(&self) -> Place {
        Place {
            is_stand_in: match (self.state, &self.content) {
                (State::Incomplete | State::StandIn, _) => true,
                // A mistake of a whole list concerns the relation of its elements.
                (_, Content::List(nodes)) => nodes.iter().any(|node| node.is_stand_in()),
                _ => false,
            },
            ..Place::of(self.range)
        }
    }

    /// The value of a key; the node itself where the key is not there.
    pub(super) fn get(&self, key: &str) -> &Self {
        self.entry(key).map_or(self, |entry| &entry.value)
    }

    /// Whether a mapping has a key.
    pub(super) fn has(&self, key: &str) -> bool {
        self.entry(key).is_some()
    }

    /// An element of a list; the node itself where there is none.
    pub(super) fn index(&self, index: usize) -> &Self {
        match &self.content {
            Content::List(nodes) => nodes.get(index).map_or(self, |node| node),
            Content::Scalar | Content::Mapping(_) => self,
        }
    }

    /// Where a key stands; the node's place where it is not there.
    pub(super) fn key_place(&self, key: &str) -> Place {
        self.entry(key)
            .map_or_else(|| self.place(), |entry| entry.key_node.place())
    }

    /// A key as a part of the text; the node itself where it is not there.
    pub(super) fn key(&self, key: &str) -> &Self {
        self.entry(key).map_or(self, |entry| &entry.key_node)
    }

    fn entry(&self, key: &str) -> Option<&Entry> {
        match &self.content {
            Content::Mapping(entries) => entries.iter().find(|entry| entry.key == key),
            Content::Scalar | Content::List(_) => None,
        }
    }
}
