//! Parses JMX: XML elements, and the elements of a test plan with their children.

use anyhow::{Context, bail};
use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};

/// Deepest nesting of elements. JMeter's own plans have about 40; the tree is walked recursively.
const DEEPEST: usize = 200;

/// An XML element.
#[derive(Debug, Default)]
pub(super) struct Element {
    pub(super) tag: String,
    attributes: Vec<(String, String)>,
    /// Its text, without that of its children.
    pub(super) text: String,
    pub(super) children: Vec<Element>,
    /// From 1.
    pub(super) line: usize,
}

/// An element of a test plan, with the elements in the `hashTree` that follows it.
#[derive(Clone, Debug)]
pub(super) struct Item<'a> {
    pub(super) element: &'a Element,
    pub(super) below: Vec<Item<'a>>,
}

/// Parses XML. Returns the root element.
pub(super) fn parse(text: &str) -> anyhow::Result<Element> {
    let mut reader = Reader::from_str(text);
    let (mut counted, mut line) = (0, 1);
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    loop {
        let event = reader.read_event();
        let at = match &event {
            Ok(_) => reader.buffer_position(),
            Err(_) => reader.error_position(),
        };
        let at = usize::try_from(at).unwrap_or(usize::MAX).min(text.len());
        if let Some(passed) = text.as_bytes().get(counted..at) {
            line += passed.iter().filter(|byte| **byte == b'\n').count();
            counted = at;
        }
        let closed = match event {
            Err(error) => bail!("line {line}: this is not XML: {error}"),
            Ok(Event::Start(_)) if open.len() >= DEEPEST => {
                bail!("line {line}: more than {DEEPEST} elements stand within each other");
            }
            Ok(Event::Start(start)) => {
                open.push(element(&start, line)?);
                None
            }
            Ok(Event::Empty(start)) => Some(element(&start, line)?),
            Ok(Event::End(_)) => open.pop(),
            Ok(Event::Text(text)) => append(&mut open, &text.xml10_content()),
            Ok(Event::CData(text)) => append(&mut open, &text.xml10_content()),
            Ok(Event::GeneralRef(reference)) => {
                let name = reference.xml10_content();
                let letter = letter(&name).with_context(|| {
                    format!(
                        "line {line}: &{name}; stands for nothing: JMX has no entities of its own"
                    )
                })?;
                append(&mut open, letter.encode_utf8(&mut [0; 4]))
            }
            Ok(Event::DocType(_)) => {
                bail!("line {line}: a JMX file has no document type; remove <!DOCTYPE …>");
            }
            Ok(Event::Eof) => break,
            Ok(Event::Decl(_) | Event::PI(_) | Event::Comment(_)) => None,
        };
        match (closed, open.last_mut()) {
            (None, _) => {}
            (Some(closed), Some(parent)) => parent.children.push(closed),
            (closed, None) if root.is_none() => root = closed,
            _ => bail!("line {line}: a second root element begins"),
        }
    }
    if let Some(unclosed) = open.last() {
        bail!("line {}: <{}> is never closed", unclosed.line, unclosed.tag);
    }
    root.context("there is no XML element in it")
}

/// Adds a text to the current element, which it does not close.
fn append(open: &mut [Element], text: &str) -> Option<Element> {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
    None
}

fn element(start: &BytesStart<'_>, line: usize) -> anyhow::Result<Element> {
    let mut attributes = Vec::new();
    let not_xml = || format!("line {line}: this is not XML");
    for attribute in start.attributes() {
        let attribute = attribute.with_context(not_xml)?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0);
        let value = value.with_context(not_xml)?;
        attributes.push((attribute.key.0.to_owned(), value.into_owned()));
    }
    Ok(Element {
        tag: start.name().0.to_owned(),
        attributes,
        line,
        ..Element::default()
    })
}

/// The character of a reference: the five of XML, and characters by number.
fn letter(name: &str) -> Option<char> {
    if let Some(known) = quick_xml::escape::resolve_xml_entity(name) {
        return known.chars().next();
    }
    let number = name.strip_prefix('#')?;
    let code = match number.strip_prefix('x') {
        Some(hex) => u32::from_str_radix(hex, 16),
        None => number.parse(),
    };
    code.ok().and_then(char::from_u32)
}

impl Element {
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Its kind in a test plan: the class without the package.
    pub(super) fn kind(&self) -> &str {
        self.tag.rsplit('.').next().unwrap_or_default()
    }

    /// Its name, else its kind.
    pub(super) fn name(&self) -> &str {
        match self.attribute("testname").map(str::trim) {
            Some(name) if !name.is_empty() => name,
            _ => self.kind(),
        }
    }

    pub(super) fn is_enabled(&self) -> bool {
        self.attribute("enabled") != Some("false")
    }

    /// An element that is a property.
    pub(super) fn inner(&self, name: &str) -> Option<&Element> {
        let own_name = |child: &Element| child.child("name").map(|own| own.text.trim() == name);
        let is_named = |child: &&Element| {
            child.attribute("name") == Some(name) || own_name(child) == Some(true)
        };
        self.children.iter().find(is_named)
    }

    fn child(&self, tag: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.tag == tag)
    }

    /// The text of a property; empty where there is none.
    pub(super) fn raw(&self, name: &str) -> &str {
        let property = self.inner(name);
        property.map_or("", |property| {
            &property.child("value").unwrap_or(property).text
        })
    }

    /// The text of a property without spaces around it.
    pub(super) fn property(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    /// Whether a property is `true`.
    pub(super) fn is(&self, name: &str) -> bool {
        self.property(name) == "true"
    }

    /// The entries of a collection; none where there is no such collection.
    pub(super) fn collection(&self, name: &str) -> &[Element] {
        self.inner(name)
            .map_or(&[], |property| property.children.as_slice())
    }
}

/// The elements in a `hashTree`.
pub(super) fn items(tree: &Element) -> Vec<Item<'_>> {
    let mut items: Vec<Item<'_>> = Vec::new();
    for child in &tree.children {
        match (child.tag.as_str(), items.last_mut()) {
            ("hashTree", Some(item)) => item.below.extend(self::items(child)),
            // A tree without an element: its elements belong to the parent.
            ("hashTree", None) => items.extend(self::items(child)),
            _ => items.push(Item {
                element: child,
                below: Vec::new(),
            }),
        }
    }
    items
}
