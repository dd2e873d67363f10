//! JMeter's variables as variables of an experiment.

use std::collections::{HashMap, HashSet};

use super::Conversion;
use super::expression::{Call, Part, parse};
use crate::init::draft::{self, free, is_secret};
use crate::init::template::{Template, mark};
use crate::init::yaml::{Item, Node};

/// Variables that are drawn before a request, by name.
pub(super) type Draws = Vec<(String, Node)>;

/// Deepest chain of variables that is followed.
const DEEPEST: usize = 20;

/// The variables of a plan.
#[derive(Debug, Default)]
pub(super) struct Variables {
    /// User Defined Variables, as written.
    constants: HashMap<String, String>,
    /// JMeter's names, and those in the experiment if they differ or are declared.
    pub(super) names: HashMap<String, String>,
    /// Declared in the experiment's `variables`, or from the environment.
    pub(super) global: HashSet<String>,
    /// Set so far in the scenario.
    set: HashSet<String>,
    /// Set so far in its `on_start`.
    set_at_start: HashSet<String>,
    /// The types of all that some request sets.
    kinds: HashMap<String, Kind>,
    /// Declared as empty because nothing had set them, with their positions.
    empty: Vec<(String, String)>,
    /// JMeter's properties, and their defaults.
    pub(super) properties: Vec<(String, String)>,
}

impl Variables {
    /// Clears those that the previous scenario has set.
    pub(super) fn forget(&mut self) {
        self.set.clear();
        self.set_at_start.clear();
    }
}

/// The type of a variable in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Number,
    /// Of any type.
    Json,
}

impl Conversion<'_> {
    /// Adds a User Defined Variable. A later one of the same name replaces it, as in JMeter.
    pub(super) fn constant_named(&mut self, name: &str, value: &str) {
        self.variables
            .constants
            .insert(name.trim().to_owned(), value.to_owned());
    }

    /// The experiment's name for a variable of the plan.
    pub(super) fn name(&mut self, name: &str) -> String {
        if let Some(known) = self.variables.names.get(name) {
            return known.clone();
        }
        let taken = |text: &str| self.variables.names.values().any(|other| other == text);
        let own = free(&draft::variable_name(name), "_", taken);
        self.variables.names.insert(name.to_owned(), own.clone());
        own
    }

    /// A name for a variable that the plan has not named.
    pub(super) fn unnamed(&self, base: &str) -> String {
        let Variables {
            set, global, names, ..
        } = &self.variables;
        let is_name = |text: &str| names.values().any(|other| other == text);
        free(base, "_", |text| {
            set.contains(text) || global.contains(text) || is_name(text)
        })
    }

    /// Records that a request sets a variable, by its name in the experiment.
    pub(super) fn define(&mut self, name: &str, kind: Kind) {
        self.variables.set.insert(name.to_owned());
        if self.at_start {
            self.variables.set_at_start.insert(name.to_owned());
        }
        self.variables.kinds.insert(name.to_owned(), kind);
    }

    /// The type of the experiment's variable in JSON.
    pub(super) fn kind(&self, name: &str) -> Kind {
        match self.variables.kinds.get(name) {
            _ if ["user", "iteration"].contains(&name) => Kind::Number,
            Some(kind @ (Kind::Number | Kind::Json)) => *kind,
            _ if name.contains('.') && !name.starts_with("env.") => Kind::Json,
            _ => Kind::Text,
        }
    }

    /// A text that is known before the run; `None` if it is not.
    pub(super) fn constant(&mut self, raw: &str) -> Option<String> {
        self.constant_within(raw, DEEPEST)
    }

    fn constant_within(&mut self, raw: &str, depth: usize) -> Option<String> {
        let depth = depth.checked_sub(1)?;
        let part = |part| match part {
            Part::Literal(text) => Some(text),
            Part::Variable(name) => {
                let value = self.variables.constants.get(&name)?.clone();
                self.constant_within(&value, depth)
            }
            Part::Call(call) => {
                let default = self.default_of(&call)?;
                self.constant_within(&default, depth)
            }
        };
        parse(raw).into_iter().map(part).collect()
    }

    /// The default of one of JMeter's properties, `-Jname=value` on its command line.
    pub(super) fn default_of(&mut self, call: &Call) -> Option<String> {
        let (default, otherwise) = match call.name.as_str() {
            "P" => (call.arguments.get(1), "1"),
            "property" => (call.arguments.get(2), call.argument(0)),
            _ => return None,
        };
        let default = default.map_or(otherwise, |text| text.trim()).to_owned();
        let property = (call.argument(0).to_owned(), default.clone());
        if !self.variables.properties.contains(&property) {
            self.variables.properties.push(property);
        }
        Some(default)
    }

    /// A number that is known before the run.
    pub(super) fn number(&mut self, raw: &str) -> Option<f64> {
        let number = self.constant(raw.trim())?.trim().parse::<f64>().ok();
        number.filter(|number| number.is_finite())
    }

    /// A text with its variables [marked](mark). Variables that must be drawn are added to the draws.
    pub(super) fn text(&mut self, raw: &str) -> String {
        self.convert(raw, false)
    }

    /// As [`Self::text`], with the variables that must be drawn for it apart.
    pub(super) fn text_and_draws(&mut self, raw: &str) -> (String, Draws) {
        let outer = std::mem::take(&mut self.draws);
        let text = self.text(raw);
        (text, std::mem::replace(&mut self.draws, outer))
    }

    /// A text where nothing can be drawn; `None` where it must be.
    pub(super) fn fixed(&mut self, raw: &str) -> Option<String> {
        let (text, draws) = self.text_and_draws(raw);
        draws.is_empty().then_some(text)
    }

    /// As [`Self::text`]. In an address, variables that are known before the run are replaced by their values.
    pub(super) fn convert(&mut self, raw: &str, is_address: bool) -> String {
        let part = |part| match part {
            Part::Literal(text) => text,
            Part::Call(call) => self.call(&call, is_address),
            Part::Variable(name) => {
                let is_set = self.is_set(&name) || self.scope.column(&name).is_some();
                let value = match self.variables.constants.get(&name).cloned() {
                    Some(value) if is_address && !is_set && !is_secret(&name) => {
                        self.constant(&value)
                    }
                    _ => None,
                };
                value.unwrap_or_else(|| mark(&self.variable(&name)))
            }
        };
        parse(raw).into_iter().map(part).collect()
    }

    fn is_set(&self, name: &str) -> bool {
        let set = match self.at_start {
            true => &self.variables.set_at_start,
            false => &self.variables.set,
        };
        let own = self.variables.names.get(name);
        own.is_some_and(|own| set.contains(own))
    }

    /// The variable of the experiment that holds one of the plan.
    pub(super) fn variable(&mut self, name: &str) -> String {
        if self.is_set(name) {
            return self.name(name);
        }
        if let Some(column) = self.scope.column(name) {
            return column;
        }
        let own = self.name(name);
        // Inserted before its value is converted, which may refer to it.
        if !self.variables.global.insert(own.clone()) {
            return own;
        }
        let Some(value) = self.variables.constants.get(name).cloned() else {
            self.variables
                .empty
                .push((own.clone(), self.draft.at.clone()));
            return own;
        };
        if is_secret(name)
            && let Some(constant) = self.constant(&value).filter(|text| !text.is_empty())
        {
            let what = format!("variable {name} of the test plan");
            let secret = self.draft.secret_name(name, &what, Some(&constant));
            self.variables.names.insert(name.to_owned(), secret.clone());
            self.variables.global.insert(secret.clone());
            return secret;
        }
        let (text, draws) = self.text_and_draws(&value);
        self.variables
            .global
            .extend(draws.iter().map(|(name, _)| name.clone()));
        let value = (own.clone(), Node::from(&Template::literal(&text)));
        let written = draws.into_iter().chain([value]);
        let written = written.map(|(name, value)| (name, value.into()));
        self.draft.variables.extend(written);
        own
    }

    /// Writes a variable whose value the reader fills in, before those that may use it.
    pub(super) fn write_blank(&mut self, name: &str, comment: String) {
        let value = Item::commented("", vec![comment]);
        self.draft.variables.insert(0, (name.to_owned(), value));
    }

    /// Declares the variables that were used before anything had set them.
    pub(super) fn write_empty(&mut self) {
        for (name, place) in std::mem::take(&mut self.variables.empty) {
            let mut comment = "Empty until a request has set it.";
            if !self.variables.kinds.contains_key(&name) {
                let what =
                    format!("nothing that was taken over sets the variable {name}: it is empty");
                self.draft.leave_at(&place, what);
                comment = "In the test plan something else sets it: fill it in.";
            }
            self.write_blank(&name, comment.to_owned());
        }
    }
}
