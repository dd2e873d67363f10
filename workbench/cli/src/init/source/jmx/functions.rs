//! JMeter's functions, counters and random variables as draws of variables.

use super::Conversion;
use super::expression::{Call, Part, parse};
use super::time::{offset, strftime};
use super::tree::Element;
use super::variables::Kind;
use crate::init::draft;
use crate::init::template::{Template, mark};
use crate::init::values::{now, sequence, uniform, uuid};
use crate::init::yaml::Node;

impl Conversion<'_> {
    /// Counters and random variables, before the first request that they apply to.
    pub(super) fn draw_before(&mut self) {
        for applied in self.scope.draws.clone() {
            let element = applied.element;
            if self.at_start || self.taken.insert(element.line) {
                self.at(applied.place, |conversion| match element.kind() {
                    "CounterConfig" => conversion.counter(element),
                    _ => conversion.random_variable(element),
                });
            }
        }
    }

    fn counter(&mut self, element: &Element) {
        let get = |name: &str| element.property(&format!("CounterConfig.{name}"));
        self.note_format(get("format"));
        if get("per_user") == "true" || !get("end").is_empty() {
            self.leave(
                "it counts for each user by itself, or up to an end: here once for all, without end",
            );
        }
        let from = self.number(get("start")).unwrap_or(0.0);
        let step = self.number(get("incr")).unwrap_or(1.0);
        if !get("name").is_empty() {
            let value = sequence(from as i64, step as i64);
            self.drawn(get("name"), "", Kind::Number, value);
        }
    }

    fn random_variable(&mut self, element: &Element) {
        let get = |name: &str| element.property(name);
        self.note_format(get("outputFormat"));
        match self.range(get("minimumValue"), get("maximumValue")) {
            None => self.leave("its range is known at run time only"),
            Some(_) if get("variableName").is_empty() => {}
            Some((from, to)) => {
                let value = uniform(from as i64, to as i64);
                self.drawn(get("variableName"), "", Kind::Number, value);
            }
        }
    }

    fn note_format(&mut self, format: &str) {
        if !format.is_empty() {
            self.leave(format!("the format {format} of its numbers"));
        }
    }

    /// A variable that is drawn before the request, with the plan's name or a derived one.
    fn drawn(&mut self, name: &str, base: &str, kind: Kind, value: Node) -> String {
        let name = match name {
            "" => self.unnamed(base),
            name => self.name(name),
        };
        self.define(&name, kind);
        self.draws.push((name.clone(), value));
        mark(&name)
    }

    pub(super) fn call(&mut self, call: &Call, is_address: bool) -> String {
        if let Some(default) = self.default_of(call) {
            return self.convert(&default, is_address);
        }
        let argument = |position: usize| call.argument(position);
        match call.name.as_str() {
            "Random" => {
                if let Some((from, to)) = self.range(argument(0), argument(1)) {
                    let value = uniform(from as i64, to as i64);
                    return self.drawn(argument(2), "random", Kind::Number, value);
                }
            }
            "chooseRandom" if call.arguments.len() > 1 => {
                let (values, name) = call.arguments.split_at(call.arguments.len() - 1);
                let values = values.iter().map(|value| self.constant(value));
                if let Some(values) = values.collect::<Option<Vec<String>>>() {
                    let values = values.iter();
                    let values = values.map(|value| Node::from(&Template::literal(value)));
                    let value = Node::map([("choice", Node::list(values))]);
                    return self.drawn(name[0].trim(), "choice", Kind::Text, value);
                }
            }
            "UUID" => return self.drawn("", "uuid", Kind::Text, uuid()),
            "RandomString" => {
                let what = format!("{}: a UUID in place of random letters", call.source);
                self.leave(what);
                return self.drawn(argument(2), "random_text", Kind::Text, uuid());
            }
            "time" => {
                if let Some((format, kind)) = now_format(argument(0)) {
                    return self.drawn(argument(1), "now", kind, now(&format, None));
                }
            }
            "timeShift" if argument(1).is_empty() => {
                let format = now_format(argument(0)).zip(offset(argument(2)));
                if let Some(((format, kind), offset)) = format {
                    let value = now(&format, offset.as_deref());
                    return self.drawn(argument(4), "date", kind, value);
                }
            }
            "threadNum" => return mark("user"),
            "counter" if argument(0).eq_ignore_ascii_case("true") => return mark("iteration"),
            "counter" => return self.drawn(argument(1), "counter", Kind::Number, sequence(1, 1)),
            "env" => return mark(&self.environment(argument(0))),
            "V" if matches!(parse(argument(0)).as_slice(), [Part::Literal(_)]) => {
                return mark(&self.variable(argument(0)));
            }
            "eval" | "urlencode" | "trim" => {
                return self.convert(argument(0), is_address);
            }
            "threadGroupName" => return self.scope.path.first().cloned().unwrap_or_default(),
            "samplerName" => return self.scope.sampler.clone(),
            "TestPlanName" => return self.plan_name.clone(),
            _ => {}
        }
        let source = &call.source;
        let known = self.variables.names.get(source).cloned();
        let name = known.unwrap_or_else(|| {
            let name = self.unnamed(&draft::variable_name(&call.name.to_lowercase()));
            self.variables.names.insert(source.clone(), name.clone());
            self.variables.global.insert(name.clone());
            self.write_blank(&name, format!("In place of {source}: fill it in."));
            name
        });
        let what =
            format!("{source} has no counterpart: the variable {name} in its place is empty");
        self.leave(what);
        mark(&name)
    }

    /// `env.NAME` of a variable of the environment.
    fn environment(&mut self, name: &str) -> String {
        let what = format!("environment variable {name} of the test plan");
        // One for each name.
        self.draft
            .secret_name(name, &what, Some(&format!("${{__env({name})}}")))
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
