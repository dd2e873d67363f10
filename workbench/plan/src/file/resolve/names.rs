//! The variables of a scenario, and which of them have a value at each step.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::data::DataFiles;
use crate::diagnostic::{Diagnostic, suggestion};
use crate::file::foreign::{Around, placeholder};
use crate::plan::VariableSource;
use crate::secret::SecretSource;
use crate::template::{ENVIRONMENT, Template, Value};

/// The variables that every scenario has, at [`crate::Scenario::USER`] and [`crate::Scenario::ITERATION`].
pub(super) const BUILT_IN: [&str; 2] = ["user", "iteration"];

/// Bytes of the largest value of those.
const LONGEST_BUILT_IN: usize = u32::MAX.ilog10() as usize + 1;

/// Known bounds of a variable's values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Known {
    /// Bytes of the longest one in a path, as far as is known.
    longest: usize,
    /// One that no header can carry.
    unfit_for_headers: Option<String>,
}

/// The variables that have a value at some place, by position.
pub(super) type Present = HashMap<usize, Known>;

/// The variables of a scenario.
pub(super) struct Names<'a> {
    data: &'a DataFiles,
    /// Of the whole experiment.
    secrets: &'a RefCell<Vec<SecretSource>>,
    /// By position.
    all: RefCell<Vec<String>>,
    given: RefCell<Vec<(usize, VariableSource)>>,
    /// Variables that are set on every path to the current step, and those of `given`.
    present: RefCell<Present>,
    /// Set by any step; used in messages.
    sometime: Vec<String>,
    /// Mistakes in the variables of texts.
    unknown: Rc<RefCell<Vec<Diagnostic>>>,
}

impl Known {
    /// Of a variable that is one of these values.
    pub(super) fn of(values: &[Value]) -> Self {
        let longest = values.iter().map(Value::bytes_in_path).max();
        let unfit = values.iter().find_map(|value| match value {
            Value::Text(text) if !fits_header(text) => Some(text.clone()),
            _ => None,
        });
        Self {
            longest: longest.unwrap_or(0),
            unfit_for_headers: unfit,
        }
    }

    fn or(&self, other: &Self) -> Self {
        Self {
            longest: self.longest.max(other.longest),
            unfit_for_headers: self
                .unfit_for_headers
                .clone()
                .or_else(|| other.unfit_for_headers.clone()),
        }
    }
}

/// Joins the states after alternative paths: a variable has a value if it has one on all of them.
pub(super) fn joined(branches: Vec<Present>) -> Present {
    let join = |one: Present, other: Present| {
        one.into_iter()
            .filter_map(|(position, known)| Some((position, known.or(other.get(&position)?))))
            .collect()
    };
    branches.into_iter().reduce(join).unwrap_or_default()
}

/// Whether a header can carry a text that stands in the file.
pub(super) fn fits_header(text: &str) -> bool {
    text.chars()
        .all(|letter| letter == ' ' || letter.is_ascii_graphic())
}

impl<'a> Names<'a> {
    pub(super) fn new(
        data: &'a DataFiles,
        secrets: &'a RefCell<Vec<SecretSource>>,
        sometime: Vec<String>,
        unknown: &Rc<RefCell<Vec<Diagnostic>>>,
    ) -> Self {
        let known = Known {
            longest: LONGEST_BUILT_IN,
            unfit_for_headers: None,
        };
        Self {
            data,
            secrets,
            all: RefCell::new(BUILT_IN.map(str::to_owned).to_vec()),
            given: RefCell::default(),
            present: RefCell::new((0..BUILT_IN.len()).map(|it| (it, known.clone())).collect()),
            sometime,
            unknown: Rc::clone(unknown),
        }
    }

    pub(super) fn into_parts(self) -> (Vec<String>, Vec<(usize, VariableSource)>) {
        (self.all.into_inner(), self.given.into_inner())
    }

    /// The position of a variable that has a value here. An unknown one, or one without a value, is noted, so that
    /// further mistakes in the same text are found.
    #[expect(clippy::unnecessary_wraps, reason = "templates ask for a result")]
    pub(super) fn position(&self, name: &str) -> Result<usize, Diagnostic> {
        Ok(self.find(name).unwrap_or_else(|diagnostic| {
            self.unknown.borrow_mut().push(diagnostic);
            0
        }))
    }

    fn find(&self, name: &str) -> Result<usize, Diagnostic> {
        let position = self.all.borrow().iter().position(|known| known == name);
        if let Some(position) = position.filter(|it| self.has_value(*it)) {
            return Ok(position);
        }
        let diagnostic = |message: String| Diagnostic::at(&format!("${{{name}}}"), message);
        if let Some((data, column)) = name.split_once('.') {
            let given = if data == ENVIRONMENT {
                VariableSource::Secret(self.secret(SecretSource::Environment(column.to_owned())))
            } else {
                self.data.column(data, column).map_err(diagnostic)?
            };
            return Ok(self.give(name, given));
        }
        if position.is_some() {
            return Err(diagnostic(format!(
                "variable \"{name}\" has a value only where steps of \"when\" or \"choose\" were done that set it; set it \
                 before, or under \"variables\""
            )));
        }
        if self.sometime.iter().any(|later| later == name) {
            return Err(diagnostic(format!(
                "variable \"{name}\" is used before a step sets it"
            )));
        }
        let all = self.all.borrow();
        let near = suggestion(name, all.iter().map(String::as_str));
        Err(diagnostic(format!("unknown variable \"{name}\"{near}")))
    }

    /// Refuses a variable in another tool's notation.
    pub(super) fn no_placeholder(&self, text: &str, around: Around) -> Result<(), Diagnostic> {
        let is_known = |name: &str| match name.split_once('.') {
            // Built-in variables do not count as evidence of another tool's notation.
            None => {
                let all = self.all.borrow();
                let mut names = all[BUILT_IN.len()..].iter().chain(&self.sometime);
                names.any(|it| it == name)
            }
            Some((data, column)) => data == ENVIRONMENT || self.data.column(data, column).is_ok(),
        };
        placeholder(text, around, &is_known).map_or(Ok(()), Err)
    }

    /// Sets a variable from here on.
    pub(super) fn set(&self, name: &str, known: Known) -> usize {
        let position = self.position_or_new(name);
        self.present.borrow_mut().insert(position, known);
        position
    }

    /// Declares a variable that has its value from the start.
    pub(super) fn give(&self, name: &str, given: VariableSource) -> usize {
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

    fn position_or_new(&self, name: &str) -> usize {
        let mut all = self.all.borrow_mut();
        let known = all.iter().position(|known| known == name);
        known.unwrap_or_else(|| {
            all.push(name.to_owned());
            all.len() - 1
        })
    }

    fn has_value(&self, position: usize) -> bool {
        let given = self.given.borrow();
        self.present.borrow().contains_key(&position) || given.iter().any(|(it, _)| *it == position)
    }

    /// The name of the variable at a position.
    pub(super) fn name(&self, position: usize) -> String {
        self.all.borrow()[position].clone()
    }

    /// The variables that have a value at the current step.
    pub(super) fn present(&self) -> Present {
        self.present.borrow().clone()
    }

    /// Continues at a step with this state.
    pub(super) fn go_on_with(&self, present: Present) {
        self.present.replace(present);
    }

    /// The bounds of a text's value.
    pub(super) fn of_text(&self, template: &Template) -> Known {
        let present = self.present.borrow();
        let literals = template
            .literals()
            .map(|text| Known::of(&[Value::Text(text.to_owned())]));
        let variables = template.variables();
        let variables =
            variables.map(|position| present.get(&position).cloned().unwrap_or_default());
        let add = |sum: Known, part: Known| Known {
            longest: sum.longest + part.longest,
            ..sum.or(&part)
        };
        literals.chain(variables).fold(Known::default(), add)
    }

    /// Bytes of the longest value that a variable can have in a path, as far as is known.
    pub(super) fn longest(&self, position: usize) -> usize {
        let present = self.present.borrow();
        present.get(&position).map_or(0, |known| known.longest)
    }

    /// A value of a variable that no header can carry.
    pub(super) fn unfit_for_headers(&self, position: usize) -> Option<String> {
        let present = self.present.borrow();
        present.get(&position)?.unfit_for_headers.clone()
    }
}
