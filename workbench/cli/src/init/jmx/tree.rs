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
    let mut lines = Lines {
        text,
        at: 0,
        line: 1,
    };
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    loop {
        let event = match reader.read_event() {
            Ok(event) => event,
            Err(error) => {
                let at = usize::try_from(reader.error_position()).unwrap_or(usize::MAX);
                bail!("line {}: this is not XML: {error}", lines.until(at));
            }
        };
        let line = lines.until(usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX));
        let closed = match event {
            Event::Start(start) => {
                if open.len() >= DEEPEST {
                    bail!("line {line}: more than {DEEPEST} elements stand within each other");
                }
                open.push(element(&start, line)?);
                continue;
            }
            Event::Empty(start) => element(&start, line)?,
            Event::End(_) => match open.pop() {
                Some(element) => element,
                None => continue,
            },
            Event::Text(text) => {
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&text.xml10_content());
                }
                continue;
            }
            Event::CData(text) => {
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&text.xml10_content());
                }
                continue;
            }
            Event::GeneralRef(reference) => {
                let name = reference.xml10_content();
                let Some(letters) = letters(&name) else {
                    bail!(
                        "line {line}: &{name}; stands for nothing: JMX has no entities of its own"
                    );
                };
                if let Some(element) = open.last_mut() {
                    element.text.push(letters);
                }
                continue;
            }
            Event::DocType(_) => {
                bail!("line {line}: a JMX file has no document type; remove <!DOCTYPE …>");
            }
            Event::Eof => break,
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => continue,
        };
        match open.last_mut() {
            Some(parent) => parent.children.push(closed),
            None if root.is_none() => root = Some(closed),
            None => bail!("line {line}: a second root element begins"),
        }
    }
    if let Some(unclosed) = open.last() {
        bail!("line {}: <{}> is never closed", unclosed.line, unclosed.tag);
    }
    root.context("there is no XML element in it")
}

fn element(start: &BytesStart<'_>, line: usize) -> anyhow::Result<Element> {
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.with_context(|| format!("line {line}: this is not XML"))?;
        let value = attribute
            .normalized_value(XmlVersion::Implicit1_0)
            .with_context(|| format!("line {line}: this is not XML"))?;
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
fn letters(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            code.ok().and_then(char::from_u32)
        }
    }
}

/// Numbers of lines, by growing positions.
struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: usize,
}

impl Lines<'_> {
    fn until(&mut self, position: usize) -> usize {
        let position = position.min(self.text.len());
        if let Some(passed) = self.text.as_bytes().get(self.at..position) {
            self.line += passed.iter().filter(|byte| **byte == b'\n').count();
            self.at = position;
        }
        self.line
    }
}

impl Element {
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let mut attributes = self.attributes.iter();
        attributes
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
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

    fn property_element(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| {
            child.attribute("name") == Some(name)
                || child
                    .child("name")
                    .is_some_and(|own| own.text.trim() == name)
        })
    }

    fn child(&self, tag: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.tag == tag)
    }

    /// The text of a property; empty where there is none.
    pub(super) fn property(&self, name: &str) -> &str {
        let Some(property) = self.property_element(name) else {
            return "";
        };
        property
            .child("value")
            .map_or(property.text.as_str(), |value| value.text.as_str())
    }

    /// Whether a property is `true`.
    pub(super) fn is(&self, name: &str) -> bool {
        self.property(name).trim() == "true"
    }

    /// The entries of a collection; none where there is no such collection.
    pub(super) fn collection(&self, name: &str) -> &[Element] {
        self.property_element(name)
            .map_or(&[], |property| property.children.as_slice())
    }

    /// An element that is a property.
    pub(super) fn inner(&self, name: &str) -> Option<&Element> {
        self.property_element(name)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> String {
        format!("{:#}", parse(text).unwrap_err())
    }

    #[test]
    fn a_hash_tree_after_an_element_holds_its_children() {
        let root = parse(
            "<?xml version=\"1.0\"?>\n<t>\n<hashTree>\n <A testname=\"a &amp; b\"/>\n <hashTree>\n  <x.y.B enabled=\"false\"/>\n \
             <hashTree/>\n </hashTree>\n <C><stringProp name=\"p\">1&#x41;&lt;</stringProp><doubleProp><name>q</name>\
             <value>2.5</value></doubleProp></C>\n</hashTree></t>",
        )
        .unwrap();
        let items = items(&root.children[0]);
        let [a, c] = items.as_slice() else {
            panic!("{items:?}")
        };
        assert_eq!((a.element.name(), a.element.line), ("a & b", 4));
        assert_eq!(a.below[0].element.kind(), "B");
        assert!(!a.below[0].element.is_enabled());
        assert_eq!(c.element.property("p"), "1A<");
        assert_eq!(c.element.property("q"), "2.5");
        assert_eq!(c.element.property("r"), "");
    }

    #[test]
    fn invalid_xml_is_refused_with_its_line() {
        assert!(fault("").contains("no XML element"));
        assert!(fault("hello").contains("no XML element"));
        assert!(fault("<a>\n<b>\n</a>").starts_with("line 3: "));
        assert!(fault("<a>\n<b>").contains("<b> is never closed"));
        assert!(fault("<a>\n<b c=1/></a>").starts_with("line 2: "));
        assert!(fault("<a/>\n<b/>").contains("second root"));
    }

    #[test]
    fn entities_are_not_expanded() {
        let bomb = "<!DOCTYPE lolz [<!ENTITY lol \"lol\"><!ENTITY b \"&lol;&lol;\">]>\n<a>&b;</a>";
        assert!(fault(bomb).contains("no document type"));
        assert!(fault("<a>\n&b;</a>").starts_with("line 2: &b; stands for nothing"));
    }

    #[test]
    fn a_tree_that_is_too_deep_is_refused() {
        let deep = "<a>".repeat(100_000);
        assert!(fault(&deep).contains("stand within each other"));
    }
}
