//! JMeter's functions, counters and random variables as draws of variables.

use super::Conversion;
use super::expression::{Call, Part, parse};
use super::scope::Scope;
use super::time::{offset, strftime};
use super::variables::{Draws, Kind};
use crate::init::draft::{self, Variable};
use crate::init::template::{Template, mark};
use crate::init::yaml::Node;

impl Conversion<'_> {
    /// Counters and random variables, before the first request that they apply to.
    pub(super) fn draw_before(&mut self, scope: &Scope<'_>, draws: &mut Draws) {
        for applied in &scope.draws {
            let element = applied.element;
            if !self.at_start && !self.taken.insert(element.line) {
                continue;
            }
            let is_counter = element.kind() == "CounterConfig";
            let name = match is_counter {
                true => element.property("CounterConfig.name"),
                false => element.property("variableName"),
            };
            let (from, to) = match is_counter {
                true => (
                    element.property("CounterConfig.start"),
                    element.property("CounterConfig.incr"),
                ),
                false => (
                    element.property("minimumValue"),
                    element.property("maximumValue"),
                ),
            };
            let (from, to) = (self.number(from.trim()), self.number(to.trim()));
            let format = format!(
                "{}{}",
                element.property("CounterConfig.format"),
                element.property("outputFormat")
            );
            if !format.trim().is_empty() {
                self.draft.leave(
                    &applied.place,
                    format!("the format {format} of its numbers"),
                );
            }
            if is_counter
                && (element.is("CounterConfig.per_user")
                    || !element.property("CounterConfig.end").is_empty())
            {
                let what = "it counts for each user by itself, or up to an end: here once for all, without end";
                self.draft.leave(&applied.place, what);
            }
            let value = match (is_counter, from, to) {
                (true, from, step) => {
                    draft::sequence(from.unwrap_or(0.0) as i64, step.unwrap_or(1.0) as i64)
                }
                (false, Some(from), Some(to)) => {
                    draft::uniform(from.min(to) as i64, from.max(to) as i64)
                }
                (false, ..) => {
                    self.draft
                        .leave(&applied.place, "its range is known at run time only");
                    continue;
                }
            };
            if name.trim().is_empty() {
                continue;
            }
            let name = self.name(name.trim());
            self.define(&name, Kind::Number);
            draws.push((name, value));
        }
    }

    /// A variable that is drawn before the request, with the plan's name or a derived one.
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

    pub(super) fn call(
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

/// The format of the current time, and its type in JSON.
fn now_format(format: &str) -> Option<(String, Kind)> {
    match format {
        "" => Some(("unix_ms".to_owned(), Kind::Number)),
        "/1000" => Some(("unix".to_owned(), Kind::Number)),
        format => Some((strftime(format)?, Kind::Text)),
    }
}
