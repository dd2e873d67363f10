//! JMeter's variables and functions as variables of an experiment.

use std::collections::{HashMap, HashSet};

use super::Conversion;
use super::expression::{Call, Part, parse};
use super::scope::Scope;
use crate::init::draft::{self, Variable};
use crate::init::http::is_secret;
use crate::init::template::{Template, mark};
use crate::init::yaml::Node;

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
    /// Numbers, so that JSON has them without quotes.
    numbers: HashSet<String>,
    /// Parts of JSON, which may be of any type.
    json: HashSet<String>,
    /// Declared as empty because nothing had set them, with their positions.
    empty: Vec<(String, String)>,
    /// Everything that some request sets.
    ever_set: HashSet<String>,
    pub(super) environment: HashMap<String, String>,
    /// JMeter's properties, and their defaults.
    pub(super) properties: Vec<(String, String)>,
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
        let constants = &mut self.variables.constants;
        constants.insert(name.trim().to_owned(), value.to_owned());
    }

    /// Clears the variables that the previous scenario has set.
    pub(super) fn forget_variables(&mut self) {
        self.variables.set.clear();
        self.variables.set_at_start.clear();
    }

    /// The experiment's name for a variable of the plan.
    pub(super) fn name(&mut self, name: &str) -> String {
        if let Some(known) = self.variables.names.get(name) {
            return known.clone();
        }
        let base = draft::variable_name(name);
        let taken = |text: &str| self.variables.names.values().any(|other| other == text);
        let own = free(&base, taken);
        self.variables.names.insert(name.to_owned(), own.clone());
        own
    }

    /// A name for a variable that the plan has not named.
    pub(super) fn unnamed(&mut self, base: &str) -> String {
        let taken = |text: &str| {
            self.variables.set.contains(text)
                || self.variables.global.contains(text)
                || self.variables.names.values().any(|other| other == text)
        };
        free(base, taken)
    }

    /// Records that a request sets a variable, by its name in the experiment.
    pub(super) fn define(&mut self, name: &str, kind: Kind) {
        let variables = &mut self.variables;
        variables.set.insert(name.to_owned());
        if self.at_start {
            variables.set_at_start.insert(name.to_owned());
        }
        variables.ever_set.insert(name.to_owned());
        variables.numbers.remove(name);
        variables.json.remove(name);
        match kind {
            Kind::Text => {}
            Kind::Number => {
                variables.numbers.insert(name.to_owned());
            }
            Kind::Json => {
                variables.json.insert(name.to_owned());
            }
        }
    }

    /// The type of the experiment's variable in JSON.
    pub(super) fn kind(&self, name: &str) -> Kind {
        if self.variables.numbers.contains(name) || matches!(name, "user" | "iteration") {
            Kind::Number
        } else if self.variables.json.contains(name)
            || name.contains('.') && !name.starts_with("env.")
        {
            Kind::Json
        } else {
            Kind::Text
        }
    }

    /// A text that is known before the run; `None` if it is not.
    pub(super) fn constant(&mut self, raw: &str) -> Option<String> {
        self.constant_within(raw, DEEPEST)
    }

    fn constant_within(&mut self, raw: &str, depth: usize) -> Option<String> {
        let depth = depth.checked_sub(1)?;
        let mut out = String::new();
        for part in parse(raw) {
            match part {
                Part::Literal(text) => out.push_str(&text),
                Part::Variable(name) => {
                    let value = self.variables.constants.get(&name)?.clone();
                    out.push_str(&self.constant_within(&value, depth)?);
                }
                Part::Call(call) => {
                    let default = self.default(&call)?;
                    out.push_str(&self.constant_within(&default, depth)?);
                }
            }
        }
        Some(out)
    }

    /// The default of one of JMeter's properties, `-Jname=value` on its command line.
    pub(super) fn default(&mut self, call: &Call) -> Option<String> {
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
        let text = self.constant(raw)?;
        text.trim()
            .parse()
            .ok()
            .filter(|number: &f64| number.is_finite())
    }

    /// A whole number that is known before the run and not negative.
    pub(super) fn count(&mut self, raw: &str) -> Option<u64> {
        self.constant(raw)?.trim().parse().ok()
    }

    /// A text with its variables [marked](mark). Variables that must be drawn are added to `draws`.
    pub(super) fn text(
        &mut self,
        raw: &str,
        scope: &Scope<'_>,
        draws: &mut Draws,
        place: &str,
    ) -> String {
        self.convert(raw, scope, draws, place, false)
    }

    /// A part of an address. Variables that are known before the run are replaced by their values.
    pub(super) fn address_text(
        &mut self,
        raw: &str,
        scope: &Scope<'_>,
        draws: &mut Draws,
        place: &str,
    ) -> String {
        self.convert(raw, scope, draws, place, true)
    }

    pub(super) fn convert(
        &mut self,
        raw: &str,
        scope: &Scope<'_>,
        draws: &mut Draws,
        place: &str,
        is_address: bool,
    ) -> String {
        let mut out = String::new();
        for part in parse(raw) {
            match part {
                Part::Literal(text) => out.push_str(&text),
                Part::Variable(name) => {
                    let is_set = self.is_set(&name) || scope.column(&name).is_some();
                    let value = match self.variables.constants.get(&name).cloned() {
                        Some(value) if is_address && !is_set && !is_secret(&name) => {
                            self.constant(&value)
                        }
                        _ => None,
                    };
                    match value {
                        Some(value) => out.push_str(&value),
                        None => out.push_str(&mark(&self.variable(&name, scope, place))),
                    }
                }
                Part::Call(call) => {
                    out.push_str(&self.call(&call, scope, draws, place, is_address));
                }
            }
        }
        out
    }

    fn is_set(&self, name: &str) -> bool {
        let set = match self.at_start {
            true => &self.variables.set_at_start,
            false => &self.variables.set,
        };
        self.variables
            .names
            .get(name)
            .is_some_and(|own| set.contains(own))
    }

    /// The variable of the experiment that holds one of the plan.
    pub(super) fn variable(&mut self, name: &str, scope: &Scope<'_>, place: &str) -> String {
        if self.is_set(name) {
            return self.name(name);
        }
        if let Some(column) = scope.column(name) {
            return column;
        }
        let own = self.name(name);
        if self.variables.global.contains(&own) {
            return own;
        }
        let value = self.variables.constants.get(name).cloned();
        // Inserted before its value is converted, which may refer to it.
        self.variables.global.insert(own.clone());
        let Some(value) = value else {
            self.variables.empty.push((own.clone(), place.to_owned()));
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
        let mut draws = Draws::new();
        let text = self.text(&value, scope, &mut draws, place);
        for (name, value) in draws {
            self.variables.global.insert(name.clone());
            self.write_variable(&name, value, Vec::new());
        }
        self.write_variable(&own, Node::from(&Template::literal(&text)), Vec::new());
        own
    }

    fn write_variable(&mut self, name: &str, value: Node, comment: Vec<String>) {
        self.draft.variables.push(Variable {
            name: name.to_owned(),
            value,
            comment,
        });
    }

    /// Declares the variables that were used before anything had set them.
    pub(super) fn write_empty(&mut self) {
        for (name, place) in std::mem::take(&mut self.variables.empty) {
            let comment = if self.variables.ever_set.contains(&name) {
                "Empty until a request has set it.".to_owned()
            } else {
                let what =
                    format!("nothing that was taken over sets the variable {name}: it is empty");
                self.draft.leave(place, what);
                "In the test plan something else sets it: fill it in.".to_owned()
            };
            // Before those that may use it.
            self.draft.variables.insert(
                0,
                Variable {
                    name,
                    value: Node::from(""),
                    comment: vec![comment],
                },
            );
        }
    }
}

fn free(base: &str, taken: impl Fn(&str) -> bool) -> String {
    if !taken(base) {
        return base.to_owned();
    }
    let mut numbered = (2_u32..).map(|number| format!("{base}_{number}"));
    numbered.find(|name| !taken(name)).unwrap_or_default()
}
