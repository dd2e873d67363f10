//! Builds the tree of places from the events of a YAML parser.

use std::collections::HashMap;
use std::rc::Rc;

use saphyr_parser::{Event, Marker, Parser, Span as Range, StrInput};

use super::{Content, Entry, Node, Place, Source, State};
use crate::error::Mistake;

/// As `serde_yaml`'s own limit; a text nested much deeper would overflow the stack.
const DEEPEST: usize = 128;

/// Why a text has no parts.
#[derive(Debug)]
pub(in crate::file) enum Broken {
    /// It is not YAML.
    Syntax(Mistake),
    /// It is YAML that cannot be an experiment.
    Content(Mistake),
}

/// The parts of a text.
pub(in crate::file) struct Parts {
    pub(in crate::file) root: Rc<Node>,
    /// Keys that stand in their mapping already, in the order of the text. They and their values are no part of the tree.
    pub(in crate::file) repeated: Vec<Repeated>,
}

/// A key that stands in its mapping already.
pub(in crate::file) struct Repeated {
    range: Range,
    pub(in crate::file) mistake: Mistake,
}

impl Repeated {
    /// Where the key stands in the text, in characters.
    pub(in crate::file) fn characters(&self) -> std::ops::Range<usize> {
        self.range.start.index()..self.range.end.index()
    }
}

struct Builder<'a> {
    events: Parser<'a, StrInput<'a>>,
    anchors: HashMap<usize, Rc<Node>>,
    source: &'a Source<'a>,
    depth: usize,
    repeated: Vec<Repeated>,
}

/// The parts of the text with their places.
pub(in crate::file) fn parts(source: &Source<'_>) -> Result<Parts, Broken> {
    Builder {
        events: Parser::new_from_str(source.text),
        anchors: HashMap::new(),
        source,
        depth: 0,
        repeated: Vec::new(),
    }
    .document()
}

impl<'a> Builder<'a> {
    fn document(mut self) -> Result<Parts, Broken> {
        loop {
            let (event, range) = self.next()?;
            match event {
                Event::StreamStart | Event::DocumentStart(_) => {}
                Event::StreamEnd => {
                    let end = Place::of(range);
                    return Err(self.refuse(end, "the file is empty"));
                }
                event => {
                    let root = self.node(&event, range)?;
                    self.no_more_documents()?;
                    return Ok(Parts {
                        root,
                        repeated: self.repeated,
                    });
                }
            }
        }
    }

    fn no_more_documents(&mut self) -> Result<(), Broken> {
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(()),
                (Event::DocumentStart(_), range) => {
                    let message = "a file holds one experiment, not several";
                    return Err(self.refuse(Place::of(range), message));
                }
                _ => {}
            }
        }
    }

    fn next(&mut self) -> Result<(Event<'a>, Range), Broken> {
        let event = self
            .events
            .next()
            .expect("the end of the stream is asked for only once");
        event.map_err(|error| {
            let place = Place::of(Range::empty(*error.marker()));
            Broken::Syntax(self.source.not_yaml(place, error.info()))
        })
    }

    fn refuse(&self, place: Place, message: impl Into<String>) -> Broken {
        Broken::Content(self.source.mistake(place, message))
    }

    fn node(&mut self, event: &Event<'a>, range: Range) -> Result<Rc<Node>, Broken> {
        if self.depth > DEEPEST {
            return Err(self.refuse(Place::of(range), "this is nested too deeply"));
        }
        self.depth += 1;
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
                self.depth -= 1;
                let node = self.anchors.get(anchor).cloned();
                return node.ok_or_else(|| {
                    self.refuse(Place::of(range), "an alias cannot stand inside its anchor")
                });
            }
            _ => unreachable!("within a document there are only nodes"),
        };
        self.depth -= 1;
        let range = Range::new(range.start, end);
        let node = Rc::new(Node {
            range,
            content,
            state: State::AsWritten,
        });
        self.anchors.insert(anchor, Rc::clone(&node));
        Ok(node)
    }

    fn list(&mut self) -> Result<(Vec<Rc<Node>>, Marker), Broken> {
        let mut nodes = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, range) => return Ok((nodes, range.end)),
                (event, range) => nodes.push(self.node(&event, range)?),
            }
        }
    }

    fn mapping(&mut self) -> Result<(Vec<Entry>, Marker), Broken> {
        let mut entries: Vec<Entry> = Vec::new();
        loop {
            let (event, key_range) = self.next()?;
            let key = match event {
                Event::MappingEnd => return Ok((entries, key_range.end)),
                Event::Scalar(text, ..) => text.into_owned(),
                _ => {
                    let place = Place::of(key_range);
                    return Err(self.refuse(place, "a key has to be text"));
                }
            };
            let first = entries.iter().find(|entry| entry.key == key);
            let first = first.map(|entry| entry.key_node.range.start.line());
            let (event, range) = self.next()?;
            let value = self.node(&event, range)?;
            if let Some(line) = first {
                let message = format!("\"{key}\" is given twice; it already stands in line {line}");
                self.repeated.push(Repeated {
                    range: key_range,
                    mistake: self.source.mistake(Place::of(key_range), message),
                });
                continue;
            }
            entries.push(Entry {
                key,
                key_node: Node {
                    range: key_range,
                    content: Content::Scalar,
                    state: State::AsWritten,
                },
                value,
            });
        }
    }
}
