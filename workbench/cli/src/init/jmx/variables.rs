//! JMeter's variables and functions as variables of an experiment.

use std::collections::{HashMap, HashSet};

use super::Conversion;
use super::expression::{Call, Part, parse};
use super::scope::Scope;
use super::time::{offset, strftime};
use crate::init::draft::{self, Variable};
use crate::init::http::is_secret;
use crate::init::template::{Template, mark};
use crate::init::yaml::Node;

/// Variables that are drawn before a request, by name.
pub(super) type Draws = Vec<(String, Node)>;

/// References of variables to variables that are followed.
const DEEPEST: usize = 20;

/// What is known of a plan's variables.
#[derive(Debug, Default)]
pub(super) struct Variables {
    /// User Defined Variables, as written.
    constants: HashMap<String, String>,
    /// JMeter's names, and those in the experiment where they differ or are written down.
    names: HashMap<String, String>,
    /// In the experiment's `variables`, or said to come from the environment.
    global: HashSet<String>,
    /// Set so far in the scenario.
    set: HashSet<String>,
    /// Set so far in its `on_start`.
    set_at_start: HashSet<String>,
    /// Numbers, so that JSON has them without quotes.
    numbers: HashSet<String>,
    /// Parts of JSON, which may be of any type.
    json: HashSet<String>,
    /// Written down as empty because nothing had set them: their place.
    empty: Vec<(String, String)>,
    /// Everything that some request sets.
    ever_set: HashSet<String>,
    environment: HashMap<String, String>,
    /// JMeter's properties, and their defaults.
    pub(super) properties: Vec<(String, String)>,
}

/// What a variable is in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Number,
    /// Of any type.
    Json,
}

impl Conversion<'_> {
    /// Notes a User Defined Variable; a later one of the same name replaces it, as in JMeter.
    pub(super) fn constant_named(&mut self, name: &str, value: &str) {
        let constants = &mut self.variables.constants;
        constants.insert(name.trim().to_owned(), value.to_owned());
    }

    /// Another scenario begins: it has none of the variables that the one before has set.
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
    fn unnamed(&mut self, base: &str) -> String {
        let taken = |text: &str| {
            self.variables.set.contains(text)
                || self.variables.global.contains(text)
                || self.variables.names.values().any(|other| other == text)
        };
        free(base, taken)
    }

    /// Notes that a request sets a variable, by its name in the experiment.
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

    /// What the variable of the experiment is in JSON.
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

    /// A text without anything that is known at run time only; `None` where there is such a thing.
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
    fn default(&mut self, call: &Call) -> Option<String> {
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

    /// A text with its variables [marked](mark); those that have to be drawn for it go to `draws`.
    pub(super) fn text(
        &mut self,
        raw: &str,
        scope: &Scope<'_>,
        draws: &mut Draws,
        place: &str,
    ) -> String {
        self.convert(raw, scope, draws, place, false)
    }

    /// A part of an address: variables that are known before the run are put in as they are.
    pub(super) fn address_text(
        &mut self,
        raw: &str,
        scope: &Scope<'_>,
        draws: &mut Draws,
        place: &str,
    ) -> String {
        self.convert(raw, scope, draws, place, true)
    }

    fn convert(
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
                    out.push_str(&self.call(&call, scope, draws, place, is_address))
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
        // Before its value is looked at, which may use it.
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

    /// Writes down the variables that were used before anything had set them.
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

    /// A variable that is drawn before the request: named in the plan, or after what it is.
    fn drawn(
        &mut self,
        name: &str,
        base: &str,
        kind: Kind,
        value: Node,
        draws: &mut Draws,
    ) -> String {
        let name = match name {
            "" => self.unnamed(base),
            name => self.name(name),
        };
        self.define(&name, kind);
        draws.push((name.clone(), value));
        mark(&name)
    }

    fn call(
        &mut self,
        call: &Call,
        scope: &Scope<'_>,
        draws: &mut Draws,
        place: &str,
        is_address: bool,
    ) -> String {
        if let Some(default) = self.default(call) {
            return self.convert(&default, scope, draws, place, is_address);
        }
        let last = |position: usize| call.argument(position).to_owned();
        match call.name.as_str() {
            "Random" => {
                let (from, to) = (self.number(call.argument(0)), self.number(call.argument(1)));
                if let (Some(from), Some(to)) = (from, to) {
                    let value = draft::uniform(from.min(to) as i64, from.max(to) as i64);
                    return self.drawn(&last(2), "random", Kind::Number, value, draws);
                }
            }
            "chooseRandom" if call.arguments.len() > 1 => {
                let (values, name) = call.arguments.split_at(call.arguments.len() - 1);
                let values: Option<Vec<String>> =
                    values.iter().map(|value| self.constant(value)).collect();
                if let Some(values) = values {
                    let values = values
                        .iter()
                        .map(|value| Node::from(&Template::literal(value)));
                    let value = Node::map([("choice", Node::list(values))]);
                    return self.drawn(name[0].trim(), "choice", Kind::Text, value, draws);
                }
            }
            "UUID" => return self.drawn("", "uuid", Kind::Text, draft::uuid(), draws),
            "RandomString" => {
                let what = format!("{}: a UUID in place of random letters", call.source);
                self.draft.leave(place, what);
                return self.drawn(&last(2), "random_text", Kind::Text, draft::uuid(), draws);
            }
            "time" => {
                if let Some((format, kind)) = now_format(call.argument(0)) {
                    return self.drawn(&last(1), "now", kind, draft::now(&format), draws);
                }
            }
            "timeShift" if call.argument(1).is_empty() => {
                let format = now_format(call.argument(0));
                if let (Some((format, kind)), Some(offset)) = (format, offset(call.argument(2))) {
                    let mut parts = vec![("format", Node::from(format.as_str()))];
                    if let Some(offset) = offset {
                        parts.push(("offset", Node::from(offset.as_str())));
                    }
                    let value = Node::map([("now", Node::map(parts))]);
                    return self.drawn(&last(4), "date", kind, value, draws);
                }
            }
            "threadNum" => return mark("user"),
            "counter" if call.argument(0).eq_ignore_ascii_case("true") => return mark("iteration"),
            "counter" => {
                let value = draft::sequence(1, 1);
                return self.drawn(&last(1), "counter", Kind::Number, value, draws);
            }
            "env" => return mark(&self.environment(call.argument(0))),
            "V" if matches!(parse(call.argument(0)).as_slice(), [Part::Literal(_)]) => {
                return mark(&self.variable(call.argument(0), scope, place));
            }
            "eval" | "urlencode" | "trim" => {
                return self.convert(call.argument(0), scope, draws, place, is_address);
            }
            "threadGroupName" => return scope.group().to_owned(),
            "samplerName" => return scope.sampler.clone(),
            "TestPlanName" => return self.plan_name.clone(),
            _ => {}
        }
        let known = self.variables.names.get(&call.source).cloned();
        let name = known.unwrap_or_else(|| {
            let name = self.unnamed(&draft::variable_name(&call.name.to_lowercase()));
            self.variables
                .names
                .insert(call.source.clone(), name.clone());
            self.variables.global.insert(name.clone());
            let comment = format!("In place of {}: fill it in.", call.source);
            self.draft.variables.insert(
                0,
                Variable {
                    name: name.clone(),
                    value: Node::from(""),
                    comment: vec![comment],
                },
            );
            name
        });
        let what = format!(
            "{} has no counterpart: the variable {name} in its place is empty",
            call.source
        );
        self.draft.leave(place, what);
        mark(&name)
    }

    /// `env.NAME` of a variable of the environment.
    fn environment(&mut self, name: &str) -> String {
        if let Some(known) = self.variables.environment.get(name) {
            return known.clone();
        }
        let what = format!("environment variable {name} of the test plan");
        let own = self.draft.secret_name(name, &what, None);
        self.variables
            .environment
            .insert(name.to_owned(), own.clone());
        own
    }
}

fn free(base: &str, taken: impl Fn(&str) -> bool) -> String {
    if !taken(base) {
        return base.to_owned();
    }
    let mut numbered = (2_u32..).map(|number| format!("{base}_{number}"));
    numbered.find(|name| !taken(name)).unwrap_or_default()
}

/// The format of the present time, and what it is in JSON.
fn now_format(format: &str) -> Option<(String, Kind)> {
    match format {
        "" => Some(("unix_ms".to_owned(), Kind::Number)),
        "/1000" => Some(("unix".to_owned(), Kind::Number)),
        format => Some((strftime(format)?, Kind::Text)),
    }
}
