//! Repairs of the position tree, so that it stays in step with the repaired value.

use std::rc::Rc;

use super::{Content, Entry, Node, State};

impl Node {
    /// Whether a key was renamed to what it was probably meant to be, and this is its value.
    pub(in crate::file) fn is_guessed(&self) -> bool {
        self.state == State::Guessed
    }

    /// Whether this was put in for something wrong or missing.
    pub(in crate::file) fn is_stand_in(&self) -> bool {
        self.state == State::StandIn
    }

    /// Whether something in it was put in or taken out.
    pub(in crate::file) fn has_stand_in(&self) -> bool {
        let is_inside = match &self.content {
            Content::Scalar => false,
            Content::List(nodes) => nodes.iter().any(|node| node.has_stand_in()),
            Content::Mapping(entries) => entries.iter().any(|it| it.value.has_stand_in()),
        };
        is_inside || self.place().is_stand_in
    }

    /// The value of a key; `None` where the key is not there.
    pub(in crate::file) fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        match &mut self.content {
            Content::Mapping(entries) => entries
                .iter_mut()
                .find(|entry| entry.key == key)
                .map(|entry| Rc::make_mut(&mut entry.value)),
            Content::Scalar | Content::List(_) => None,
        }
    }

    /// An element of a list; `None` where there is none.
    pub(in crate::file) fn index_mut(&mut self, index: usize) -> Option<&mut Self> {
        match &mut self.content {
            Content::List(nodes) => nodes.get_mut(index).map(Rc::make_mut),
            Content::Scalar | Content::Mapping(_) => None,
        }
    }

    /// The keys of a mapping in the order of the text.
    pub(in crate::file) fn keys(&self) -> impl Iterator<Item = &str> {
        let entries = match &self.content {
            Content::Mapping(entries) => entries.as_slice(),
            Content::Scalar | Content::List(_) => &[],
        };
        entries.iter().map(|entry| entry.key.as_str())
    }

    /// Removes an unknown key.
    pub(in crate::file) fn take(&mut self, key: &str) -> Option<Entry> {
        let Content::Mapping(entries) = &mut self.content else {
            return None;
        };
        let at = entries.iter().position(|entry| entry.key == key)?;
        Some(entries.remove(at))
    }

    /// Puts back what was taken out, under the key that it was probably meant for.
    pub(in crate::file) fn put_back(&mut self, mut entry: Entry, right: &str) {
        if let Content::Mapping(entries) = &mut self.content {
            entry.is_meant_to_be(right);
            entries.push(entry);
        }
    }

    /// Takes over the keys of what was taken out, where it has none of these names.
    pub(in crate::file) fn adopt(&mut self, taken: &Entry) {
        let Content::Mapping(held) = &taken.value.content else {
            return;
        };
        for entry in held {
            if let Content::Mapping(entries) = &mut self.content
                && !entries.iter().any(|it| it.key == entry.key)
            {
                entries.push(entry.clone());
            }
        }
    }

    /// Marks the mapping as incomplete: later mistakes of the whole mapping are consequences of a removed key.
    pub(in crate::file) fn is_incomplete_now(&mut self) {
        self.state = State::Incomplete;
    }

    /// Takes a key for what it was probably meant to be.
    pub(in crate::file) fn rename(&mut self, key: &str, right: &str) {
        if let Content::Mapping(entries) = &mut self.content
            && let Some(entry) = entries.iter_mut().find(|entry| entry.key == key)
        {
            entry.is_meant_to_be(right);
        }
    }

    /// Puts in a key that is missing.
    pub(in crate::file) fn insert(&mut self, key: &str) {
        let stand_in = Self {
            range: self.range,
            content: Content::Scalar,
            state: State::StandIn,
        };
        let entry = Entry {
            key: key.to_owned(),
            key_node: stand_in.clone(),
            value: Rc::new(stand_in),
        };
        match &mut self.content {
            Content::Mapping(entries) => entries.push(entry),
            content => *content = Content::Mapping(vec![entry]),
        }
    }

    /// Puts something in for a value that is wrong.
    pub(in crate::file) fn replace(&mut self) {
        self.content = Content::Scalar;
        self.state = State::StandIn;
    }
}

impl Entry {
    fn is_meant_to_be(&mut self, right: &str) {
        right.clone_into(&mut self.key);
        Rc::make_mut(&mut self.value).state = State::Guessed;
    }
}
