//! Where each part of a YAML text stands.

use std::collections::HashMap;
use std::rc::Rc;

use saphyr_parser::{Event, Marker, Parser, Span as Range, StrInput};

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
}

/// A part of the text: a scalar, a list or a mapping.
#[derive(Debug)]
pub(super) struct Node {
    range: Range,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Scalar,
    List(Vec<Rc<Node>>),
    Mapping(Vec<Entry>),
}

#[derive(Debug)]
struct Entry {
    key: String,
    key_range: Range,
    value: Rc<Node>,
}

impl<'a> Source<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            lines: text.lines().collect(),
        }
    }

    pub(super) fn text(&self) -> &'a str {
        self.text
    }

    /// The parts of the text with their places.
    pub(super) fn root(&self) -> Result<Rc<Node>, Mistake> {
        let parser = Parser::new_from_str(self.text);
        Builder {
            events: parser,
            anchors: HashMap::new(),
            source: self,
        }
        .document()
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
        if part.is_empty() {
            return node.place();
        }
        let (start, end) = (node.range.start, node.range.end);
        (start.line()..=end.line())
            .find_map(|line| {
                let text = self.lines.get(line - 1)?;
                let from = if line == start.line() { start.col() } else { 0 };
                let (offset, _) = text.char_indices().nth(from)?;
                let found = text[offset..].find(part)?;
                Some(Place {
                    line,
                    column: from + text[offset..][..found].chars().count() + 1,
                    width: part.chars().count(),
                })
            })
            .unwrap_or_else(|| node.place())
    }
}

impl Place {
    pub(super) fn at(line: usize, column: usize) -> Self {
        Self {
            line,
            column,
            width: 1,
        }
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
        }
    }
}

impl Node {
    pub(super) fn place(&self) -> Place {
        Place::of(self.range)
    }

    /// The value of a key; the node itself where the key is not there.
    pub(super) fn get(&self, key: &str) -> &Self {
        self.entry(key).map_or(self, |entry| &entry.value)
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
            .map_or_else(|| self.place(), |entry| Place::of(entry.key_range))
    }

    fn entry(&self, key: &str) -> Option<&Entry> {
        match &self.content {
            Content::Mapping(entries) => entries.iter().find(|entry| entry.key == key),
            Content::Scalar | Content::List(_) => None,
        }
    }
}

struct Builder<'a> {
    events: Parser<'a, StrInput<'a>>,
    anchors: HashMap<usize, Rc<Node>>,
    source: &'a Source<'a>,
}

impl<'a> Builder<'a> {
    fn document(mut self) -> Result<Rc<Node>, Mistake> {
        loop {
            let (event, range) = self.next()?;
            match event {
                Event::StreamStart | Event::DocumentStart(_) => {}
                Event::StreamEnd => {
                    let end = Place::of(range);
                    return Err(self.source.mistake(end, "the file is empty"));
                }
                event => {
                    let root = self.node(&event, range)?;
                    return self.no_more_documents().map(|()| root);
                }
            }
        }
    }

    fn no_more_documents(&mut self) -> Result<(), Mistake> {
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(()),
                (Event::DocumentStart(_), range) => {
                    let place = Place::of(range);
                    return Err(self
                        .source
                        .mistake(place, "a file holds one experiment, not several"));
                }
                _ => {}
            }
        }
    }

    fn next(&mut self) -> Result<(Event<'a>, Range), Mistake> {
        let event = self
            .events
            .next()
            .expect("the end of the stream is asked for only once");
        event.map_err(|error| {
            let place = Place::of(Range::empty(*error.marker()));
            self.source
                .mistake(place, format!("this is not YAML: {}", error.info()))
        })
    }

    fn node(&mut self, event: &Event<'a>, range: Range) -> Result<Rc<Node>, Mistake> {
        let (content, anchor, end) = match event {
            Event::Scalar(_, _, anchor, _) => (Content::Scalar, *anchor, range.end),
            Event::SequenceStart(anchor, _) => {
                let (nodes, end) = self.list()?;
                (Content::List(nodes), *anchor, end)
            }
            Event::MappingStart(anchor, _) => {
                let (entries, end) = self.mapping()?;
                (Content::Mapping(entries), *anchor, end)
            }
            Event::Alias(anchor) => {
                let node = self.anchors.get(anchor).cloned();
                return node.ok_or_else(|| {
                    self.source
                        .mistake(Place::of(range), "an alias cannot stand inside its anchor")
                });
            }
            _ => unreachable!("within a document there are only nodes"),
        };
        let range = Range::new(range.start, end);
        let node = Rc::new(Node { range, content });
        self.anchors.insert(anchor, Rc::clone(&node));
        Ok(node)
    }

    fn list(&mut self) -> Result<(Vec<Rc<Node>>, Marker), Mistake> {
        let mut nodes = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, range) => return Ok((nodes, range.end)),
                (event, range) => nodes.push(self.node(&event, range)?),
            }
        }
    }

    fn mapping(&mut self) -> Result<(Vec<Entry>, Marker), Mistake> {
        let mut entries: Vec<Entry> = Vec::new();
        loop {
            let (event, key_range) = self.next()?;
            let key = match event {
                Event::MappingEnd => return Ok((entries, key_range.end)),
                Event::Scalar(text, ..) => text.into_owned(),
                _ => {
                    let place = Place::of(key_range);
                    return Err(self.source.mistake(place, "a key has to be text"));
                }
            };
            if let Some(first) = entries.iter().find(|entry| entry.key == key) {
                let line = first.key_range.start.line();
                let message = format!("\"{key}\" is given twice; it already stands in line {line}");
                return Err(self.source.mistake(Place::of(key_range), message));
            }
            let (event, range) = self.next()?;
            entries.push(Entry {
                key,
                key_range,
                value: self.node(&event, range)?,
            });
        }
    }
}
