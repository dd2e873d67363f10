//! Text to the structs of a file: syntax, unknown and missing keys, and types.
//!
//! Serde stops at the first mistake. So each mistake is noted and repaired in the parsed value, and serde runs again:
//! an unknown key is renamed or removed, a missing or wrong value gets a stand-in. Mistakes found later in a stand-in
//! are not reported.

mod explain;
mod parse;
mod stand_in;

use std::collections::VecDeque;
use std::rc::Rc;

use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;
use serde_yaml::{Mapping, Value};

use super::foreign;
use super::source::{Entry, Node, Source};
use crate::diagnostic::{nearest, suggestion};
use crate::error::Mistake;
use explain::{Kind, describe};

/// Most mistakes that are collected. Each costs another pass over the value.
const MOST_MISTAKES: usize = 200;

/// Parses a text, and resolves it with the positions of its parts.
///
/// Returns all mistakes of both, in the order of the text.
pub(super) fn read<T: DeserializeOwned, R>(
    source: &Source<'_>,
    resolve: impl FnOnce(T, &Node) -> Result<R, Vec<Mistake>>,
) -> Result<R, Vec<Mistake>> {
    let parsed = parse::parsed(source).map_err(|mistake| vec![mistake])?;
    let mut repair = Repair {
        source,
        value: parsed.value,
        root: parsed.root,
        mistakes: parsed.repeated,
        lost: Vec::new(),
        taken: Vec::new(),
    };
    let read = repair.read();
    let resolved = read.map(|read| resolve(read, &repair.root));
    let mut mistakes = repair.mistakes;
    match resolved {
        Some(Ok(resolved)) if mistakes.is_empty() => return Ok(resolved),
        Some(Err(more)) => mistakes.extend(
            more.into_iter()
                .filter(|mistake| !names_something_lost(mistake, &repair.lost)),
        ),
        Some(Ok(_)) | None => {}
    }
    mistakes.sort_by(|one, other| {
        let key = |it: &Mistake| (it.line, it.column);
        let messages = || one.message.cmp(&other.message);
        key(one).cmp(&key(other)).then_with(messages)
    });
    // A mistake that an alias or several scenarios repeat is reported once.
    mistakes.dedup();
    Err(mistakes)
}

/// A parsed value under repair, until serde accepts it.
struct Repair<'a> {
    source: &'a Source<'a>,
    value: Value,
    root: Rc<Node>,
    mistakes: Vec<Mistake>,
    /// Texts of removed or replaced parts.
    lost: Vec<String>,
    /// Unknown keys.
    taken: Vec<Taken>,
}

/// An unknown key, with its value.
struct Taken {
    /// The path of the mapping.
    around: Vec<Segment>,
    value: Value,
    entry: Entry,
}

/// A value that serde refuses, and its path.
struct Refused {
    path: Vec<Segment>,
    text: String,
}

impl Repair<'_> {
    /// The deserialized value. `None` if no repair makes serde accept it.
    fn read<T: DeserializeOwned>(&mut self) -> Option<T> {
        while self.mistakes.len() < MOST_MISTAKES {
            match self.attempt::<T>() {
                Ok(read) => return Some(read),
                Err(refused) => self.mend::<T>(&refused)?,
            }
        }
        None
    }

    fn attempt<T: DeserializeOwned>(&self) -> Result<T, Refused> {
        // From a `Value`, errors have no position of their own, which would be that of the mapping around.
        serde_path_to_error::deserialize(&self.value).map_err(|error| Refused {
            path: error.path().iter().cloned().collect(),
            text: error.inner().to_string(),
        })
    }

    fn mend<T: DeserializeOwned>(&mut self, refused: &Refused) -> Option<()> {
        match Kind::of(&refused.text) {
            Kind::UnknownKey { right } => self.unknown_key(&refused.path, &right),
            Kind::MissingKey(key) => self.missing_key::<T>(&refused.path, key),
            Kind::UnknownWord { word, right } => {
                let near = suggestion(word, right.iter().copied());
                let message = format!("unknown word \"{word}\"{near}");
                self.wrong_value::<T>(refused, message)
            }
            Kind::Other => {
                let shape = match refused.path.last() {
                    Some(Segment::Map { key }) if refused.text.contains("type: map") => {
                        foreign::shape(key)
                    }
                    _ => None,
                };
                let shape = shape.map_or_else(String::new, |shape| format!("; write {shape}"));
                let message = format!("{}{shape}", describe(&refused.text));
                self.wrong_value::<T>(refused, message)
            }
        }
    }

    fn unknown_key(&mut self, path: &[Segment], right: &[&str]) -> Option<()> {
        // The path leads to the unknown key's value; the key stands in the mapping before.
        let (Segment::Map { key }, around) = path.split_last()? else {
            return None;
        };
        let node = node_at(&self.root, around);
        let place = node.key_place(key);
        let foreign = foreign::key(key, right);
        let message = match &foreign {
            Some(foreign) => format!("unknown key \"{key}\": {}", foreign.message),
            None => {
                let near = suggestion(key, right.iter().copied());
                format!("unknown key \"{key}\"{near}")
            }
        };
        self.mistakes.push(self.source.mistake(place, message));
        let value = value_at(&mut self.value, around)?.as_mapping_mut()?;
        let node = node_at_mut(&mut self.root, around)?;
        if foreign.is_none()
            && let Some(near) = nearest(key, right.iter().copied())
            && !value.contains_key(near)
        {
            node.rename(key, near);
            *value = std::mem::take(value)
                .into_iter()
                .map(|(name, value)| match name.as_str() {
                    Some(name) if name == key => (near.into(), value),
                    _ => (name, value),
                })
                .collect();
            return Some(());
        }
        let taken = node.take(key).zip(value.shift_remove(key.as_str()));
        if let Some((entry, taken)) = taken {
            if let (Some(true), Some(held)) =
                (foreign.as_ref().map(|it| it.holds_keys), taken.as_mapping())
            {
                node.adopt(&entry);
                for (key, held) in held {
                    value.entry(key.clone()).or_insert_with(|| held.clone());
                }
                return Some(());
            }
            self.lost.push(key.clone());
            texts(&taken, &mut self.lost);
            if foreign.is_none() {
                self.taken.push(Taken {
                    around: around.to_vec(),
                    value: taken,
                    entry,
                });
            }
        }
        match foreign {
            Some(foreign) if !foreign.meant.iter().any(|key| value.contains_key(*key)) => {
                if let Some(meant) = foreign.meant.first() {
                    node.insert(meant);
                    // A type that no key has, so that the key gets a stand-in and does not count as missing.
                    value.insert((*meant).into(), true.into());
                }
            }
            // A key that the file as a whole lacks.
            _ if around.is_empty() => {}
            _ => node.is_incomplete_now(),
        }
        Some(())
    }

    fn missing_key<T: DeserializeOwned>(&mut self, path: &[Segment], key: &str) -> Option<()> {
        if self.was_taken::<T>(path, key).is_some() {
            return Some(());
        }
        let node = node_at(&self.root, path);
        if !node.is_stand_in() {
            let message = format!("missing key \"{key}\"");
            self.mistakes
                .push(self.source.mistake(node.place(), message));
        }
        node_at_mut(&mut self.root, path)?.insert(key);
        let value = value_at(&mut self.value, path)?;
        if !value.is_mapping() {
            *value = Value::Mapping(Mapping::new());
        }
        value.as_mapping_mut()?.insert(key.into(), Value::Null);
        Some(())
    }

    /// Fills a missing key with the value of an unknown key of the same mapping, if serde accepts that.
    fn was_taken<T: DeserializeOwned>(&mut self, path: &[Segment], key: &str) -> Option<()> {
        let mut inside = path.to_vec();
        inside.push(Segment::Map {
            key: key.to_owned(),
        });
        for at in (0..self.taken.len()).filter(|at| self.taken[*at].around.len() == path.len()) {
            if !begins_with(&self.taken[at].around, path) {
                continue;
            }
            let value = self.taken[at].value.clone();
            let mapping = value_at(&mut self.value, path)?.as_mapping_mut()?;
            mapping.insert(key.into(), value);
            let again = self.attempt::<T>().err();
            if again.is_none_or(|again| !begins_with(&again.path, &inside)) {
                let entry = self.taken.remove(at).entry;
                node_at_mut(&mut self.root, path)?.put_back(entry, key);
                return Some(());
            }
            let mapping = value_at(&mut self.value, path)?.as_mapping_mut()?;
            mapping.shift_remove(key);
        }
        None
    }

    /// Replaces a wrong value by the first stand-in that serde accepts.
    fn wrong_value<T: DeserializeOwned>(
        &mut self,
        refused: &Refused,
        message: String,
    ) -> Option<()> {
        let path = &refused.path;
        let node = node_at(&self.root, path);
        if !node.is_stand_in() && !node.is_guessed() {
            self.mistakes
                .push(self.source.mistake(node.place(), message));
        }
        node_at_mut(&mut self.root, path)?.replace();
        let before = std::mem::take(value_at(&mut self.value, path)?);
        texts(&before, &mut self.lost);
        let mut tried = VecDeque::from(stand_in::values(&refused.text));
        while let Some(next) = tried.pop_front() {
            *value_at(&mut self.value, path)? = next;
            let Err(again) = self.attempt::<T>() else {
                return Some(());
            };
            match Kind::of(&again.text) {
                _ if !begins_with(&again.path, path) => return Some(()),
                Kind::MissingKey(_) => return Some(()),
                Kind::UnknownWord { right, .. } => {
                    tried.push_front(right.first().copied().unwrap_or_default().into());
                }
                Kind::UnknownKey { .. } | Kind::Other => {}
            }
        }
        None
    }
}

fn begins_with(path: &[Segment], start: &[Segment]) -> bool {
    path.len() >= start.len()
        && start
            .iter()
            .zip(path)
            .all(|(one, other)| one.to_string() == other.to_string())
}

/// The part at a path, or the last part on the way that is there.
fn node_at<'a>(root: &'a Node, path: &[Segment]) -> &'a Node {
    path.iter().fold(root, |node, segment| match segment {
        Segment::Seq { index } => node.index(*index),
        Segment::Map { key } => node.get(key),
        Segment::Enum { .. } | Segment::Unknown => node,
    })
}

fn node_at_mut<'a>(root: &'a mut Rc<Node>, path: &[Segment]) -> Option<&'a mut Node> {
    path.iter()
        .try_fold(Rc::make_mut(root), |node, segment| match segment {
            Segment::Seq { index } => node.index_mut(*index),
            Segment::Map { key } => node.get_mut(key),
            Segment::Enum { .. } | Segment::Unknown => Some(node),
        })
}

fn value_at<'a>(root: &'a mut Value, path: &[Segment]) -> Option<&'a mut Value> {
    path.iter().try_fold(untagged(root), |value, segment| {
        let value = match segment {
            Segment::Seq { index } => value.as_sequence_mut()?.get_mut(*index)?,
            Segment::Map { key } => value.as_mapping_mut()?.get_mut(key.as_str())?,
            Segment::Enum { .. } | Segment::Unknown => value,
        };
        Some(untagged(value))
    })
}

fn untagged(value: &mut Value) -> &mut Value {
    match value {
        Value::Tagged(tagged) => untagged(&mut tagged.value),
        other => other,
    }
}

/// The keys and texts in a value.
fn texts(value: &Value, out: &mut Vec<String>) {
    match value {
        Value::String(text) => out.push(text.clone()),
        Value::Sequence(values) => values.iter().for_each(|value| texts(value, out)),
        Value::Mapping(mapping) => {
            for (key, value) in mapping {
                texts(key, out);
                texts(value, out);
            }
        }
        Value::Tagged(tagged) => texts(&tagged.value, out),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Whether a mistake is that a name is not known, which stands in what was taken out or replaced.
fn names_something_lost(mistake: &Mistake, lost: &[String]) -> bool {
    const NOT_KNOWN: [&str; 6] = [
        "unknown variable \"",
        "unknown data file \"",
        "unknown service \"",
        "no step is named \"",
        "there is no group \"",
        "variable \"",
    ];
    let name = NOT_KNOWN.iter().find_map(|start| {
        let rest = mistake.message.strip_prefix(start)?;
        rest.split_once('"').map(|(name, _)| name)
    });
    name.is_some_and(|name| lost.iter().any(|text| mentions(text, name)))
}

/// Whether a name stands in a text, other than in a use of the variable.
fn mentions(text: &str, name: &str) -> bool {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    text.match_indices(name).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + name.len()..]);
        !before.ends_with(is_part) && !before.ends_with("${") && !after.starts_with(is_part)
    })
}
