//! The variables of a scenario, as they come into being step by step.

use std::cell::RefCell;
use std::collections::HashMap;

use super::data::DataFiles;
use crate::diagnostic::{Fault, suggestion};
use crate::plan::Given;
use crate::secret::SecretSource;

/// The variables that every scenario has, at [`crate::Scenario::USER`] and [`crate::Scenario::ITERATION`].
pub(super) const BUILT_IN: [&str; 2] = ["user", "iteration"];

/// Bytes of the largest value of those.
const LONGEST_BUILT_IN: usize = u32::MAX.ilog10() as usize + 1;

/// What variables of the environment are called by.
pub(super) const ENVIRONMENT: &str = "env";

/// The variables of a scenario.
pub(super) struct Names<'a> {
    data: &'a DataFiles,
    /// Of the whole experiment.
    secrets: &'a RefCell<Vec<SecretSource>>,
    /// Set so far; positions are indexes.
    set: RefCell<Vec<String>>,
    given: RefCell<Vec<(usize, Given)>>,
    /// Bytes of the longest value that each of them can have in a path now, by position, as far as is known.
    longest: HashMap<usize, usize>,
    /// Values so far that no header can carry, by the variable's position.
    unfit_for_headers: Vec<(usize, String)>,
    /// Set by any step, for better messages.
    sometime: Vec<String>,
}

impl<'a> Names<'a> {
    pub(super) fn new(
        data: &'a DataFiles,
        secrets: &'a RefCell<Vec<SecretSource>>,
        sometime: Vec<String>,
    ) -> Self {
        Self {
            data,
            secrets,
            set: RefCell::new(BUILT_IN.map(str::to_owned).to_vec()),
            given: RefCell::default(),
            longest: (0..BUILT_IN.len())
                .map(|it| (it, LONGEST_BUILT_IN))
                .collect(),
            unfit_for_headers: Vec::new(),
            sometime,
        }
    }

    pub(super) fn into_parts(self) -> (Vec<String>, Vec<(usize, Given)>) {
        (self.set.into_inner(), self.given.into_inner())
    }

    /// The position of the variable that a text names.
    pub(super) fn position(&self, name: &str) -> Result<usize, Fault> {
        if let Some(position) = self.known(name) {
            return Ok(position);
        }
        if let Some((data, column)) = name.split_once('.') {
            let given = if data == ENVIRONMENT {
                Given::Secret(self.secret(SecretSource::Environment(column.to_owned())))
            } else {
                self.data
                    .column(data, column)
                    .map_err(|message| Fault::at(&format!("${{{name}}}"), message))?
            };
            return Ok(self.give(name, given));
        }
        let message = if self.sometime.iter().any(|later| later == name) {
            format!("variable \"{name}\" is used before a step sets it")
        } else {
            let set = self.set.borrow();
            let near = suggestion(name, set.iter().map(String::as_str));
            format!("unknown variable \"{name}\"{near}")
        };
        Err(Fault::at(&format!("${{{name}}}"), message))
    }

    /// The position of a variable that is set now.
    pub(super) fn position_or_new(&self, name: &str) -> usize {
        self.known(name).unwrap_or_else(|| {
            let mut set = self.set.borrow_mut();
            set.push(name.to_owned());
            set.len() - 1
        })
    }

    /// Gives a variable its value before anything is done.
    pub(super) fn give(&self, name: &str, given: Given) -> usize {
        let position = self.position_or_new(name);
        self.given.borrow_mut().push((position, given));
        position
    }

    /// The position of a secret among those of the experiment.
    pub(super) fn secret(&self, source: SecretSource) -> usize {
        let mut secrets = self.secrets.borrow_mut();
        let known = secrets.iter().position(|it| *it == source);
        known.unwrap_or_else(|| {
            secrets.push(source);
            secrets.len() - 1
        })
    }

    fn known(&self, name: &str) -> Option<usize> {
        self.set.borrow().iter().position(|known| known == name)
    }

    /// The name of the variable at a position.
    pub(super) fn name(&self, position: usize) -> String {
        self.set.borrow()[position].clone()
    }

    /// Notes what a variable can be from now on, as far as is known.
    pub(super) fn can_be(&mut self, position: usize, longest: usize, unfit: Vec<String>) {
        self.longest.insert(position, longest);
        let unfit = unfit.into_iter().map(|text| (position, text));
        self.unfit_for_headers.extend(unfit);
    }

    /// Bytes of the longest value that a variable can have in a path, as far as is known.
    pub(super) fn longest(&self, position: usize) -> usize {
        self.longest.get(&position).copied().unwrap_or(0)
    }

    /// A value of a variable that no header can carry.
    pub(super) fn unfit_for_headers(&self, position: usize) -> Option<&str> {
        self.unfit_for_headers
            .iter()
            .find(|(unfit, _)| *unfit == position)
            .map(|(_, text)| text.as_str())
    }
}
