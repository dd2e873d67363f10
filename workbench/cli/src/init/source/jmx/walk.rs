//! Converts controllers to the flow of a scenario, with the elements beside them as scope.

use super::Conversion;
use super::condition::constant_truth;
use super::tree::Item;
use crate::init::draft::{Action, Step};
use crate::init::template::{Template, is_marked};

/// Deepest nesting of modules.
const DEEPEST_MODULES: usize = 10;

/// Elements that are executed in order: controllers and samplers.
pub(super) fn is_flow(kind: &str) -> bool {
    const OTHERS: &str = "InterleaveControl RunTime HTTPSamplerProxy HTTPSampler2 TestAction";
    let is_other = OTHERS.split(' ').any(|other| other == kind);
    kind.ends_with("Controller") || kind.ends_with("Sampler") || is_other
}

impl<'a> Conversion<'a> {
    /// The steps of these elements, in order.
    pub(super) fn steps(&mut self, items: &'a [Item<'a>]) -> Vec<Step> {
        let parts = self.parts(items).into_iter();
        parts.flat_map(|(_, steps)| steps).collect()
    }

    /// The steps of each of these elements, with its name.
    fn parts(&mut self, items: &'a [Item<'a>]) -> Vec<(&'a str, Vec<Step>)> {
        let mut parts = Vec::new();
        for item in items.iter().filter(|item| is_flow(item.element.kind())) {
            let name = item.element.name();
            match item.element.is_enabled() {
                true => parts.push((name, self.flow(item))),
                false => self.notes.disabled.push(name.to_owned()),
            }
        }
        parts
    }

    /// The steps within an element, in order.
    fn within(&mut self, item: &'a Item<'a>) -> Vec<Step> {
        self.inside(item, |conversion| conversion.steps(&item.below))
    }

    /// The alternatives of an element that executes one of its children.
    fn choices(&mut self, item: &'a Item<'a>) -> Vec<(&'a str, Vec<Step>)> {
        self.inside(item, |conversion| conversion.parts(&item.below))
    }

    fn flow(&mut self, item: &'a Item<'a>) -> Vec<Step> {
        let place = self.scope.place(item.element);
        self.at(place, |conversion| conversion.flow_here(item))
    }

    fn flow_here(&mut self, item: &'a Item<'a>) -> Vec<Step> {
        let element = item.element;
        let name = element.name();
        let why = match element.kind() {
            "HTTPSamplerProxy" | "HTTPSampler" | "HTTPSampler2" => {
                return self.request(item);
            }
            "GenericController"
            | "RecordingController"
            | "CriticalSectionController"
            | "TestFragmentController" => return self.within(item),
            "TransactionController" => {
                let steps = self.within(item);
                let known = &mut self.notes.transactions;
                if !steps.is_empty() && known.iter().all(|known| known != name) {
                    known.push(name.to_owned());
                }
                return commented(steps, format!("Transaction: {name}"));
            }
            "OnceOnlyController" if !self.at_start => {
                self.at_start = true;
                let steps = self.within(item);
                self.at_start = false;
                self.on_start.extend(steps);
                return Vec::new();
            }
            "OnceOnlyController" => return self.within(item),
            "LoopController" => return self.repeated(item),
            "IfController" => return self.conditional(item),
            "RandomController" => return chosen(self.choices(item)),
            "InterleaveControl" => {
                let what = "it takes turns: here one of its parts is chosen at random each time";
                self.leave(what);
                return chosen(self.choices(item));
            }
            "ThroughputController" => return self.throughput_controller(item),
            "SwitchController" => return self.switch(item),
            "ModuleController" => return self.module(item),
            "TestAction" => return self.action(item),
            "DebugSampler" => {
                self.notes.listeners += 1;
                return Vec::new();
            }
            "WhileController" => " repeats its steps under a condition: here they are done once",
            "ForeachController" => " repeats its steps for every value: here they are done once",
            "RunTime" => " repeats its steps for a time: here they are done once",
            "RandomOrderController" => " does its steps in random order: here in theirs",
            "ParallelSampler" => " sends its requests at the same time: here one after the other",
            "IncludeController" => {
                let file = element.raw("IncludeController.includepath");
                self.leave(format!("the steps of the file {file}, which is not read"));
                return self.within(item);
            }
            kind if kind.ends_with("Controller") => {
                " has no counterpart: its steps are done in order"
            }
            // Notes are added by its children.
            _ => " is no HTTP request",
        };
        self.leave(format!("{}{why}", element.kind()));
        self.within(item)
    }

    fn repeated(&mut self, item: &'a Item<'a>) -> Vec<Step> {
        let loops = item.element.property("LoopController.loops");
        let forever = item.element.is("LoopController.continue_forever");
        let is_endless = forever && loops.is_empty() || loops.starts_with('-');
        let times = self.constant(loops);
        let times = times.and_then(|loops| loops.trim().parse::<u64>().ok());
        let steps = self.within(item);
        let what = match times {
            _ if steps.is_empty() => return steps,
            _ if is_endless => {
                "it repeats its steps without end: here they are done in each iteration".to_owned()
            }
            Some(1) => return steps,
            Some(0) => {
                self.leave("it does its steps 0 times");
                return Vec::new();
            }
            Some(times) => {
                let times = times.min(u64::from(u32::MAX));
                return vec![Action::Repeat { times, steps }.into()];
            }
            None => format!("it repeats its steps {loops} times: here they are done once"),
        };
        self.leave(what);
        steps
    }

    fn conditional(&mut self, item: &'a Item<'a>) -> Vec<Step> {
        let raw = item.element.property("IfController.condition");
        let condition = self.condition(raw);
        let steps = self.within(item);
        match condition {
            _ if steps.is_empty() => steps,
            Some(condition) if is_marked(&condition) => {
                let condition = Template::literal(&condition);
                vec![Action::When { condition, steps }.into()]
            }
            Some(condition) if constant_truth(&condition) => steps,
            Some(_) => {
                self.leave(format!(
                    "the condition {raw} never holds: its steps are left out"
                ));
                Vec::new()
            }
            None => {
                let what =
                    format!("the condition {raw} is not understood: its steps are always done");
                self.leave(what);
                commented(steps, format!("In JMeter only if {raw}"))
            }
        }
    }

    fn throughput_controller(&mut self, item: &'a Item<'a>) -> Vec<Step> {
        /// Parts of the whole: hundredths of a percent.
        const WHOLE: u64 = 10_000;
        let get = |name: &str| {
            item.element
                .property(&format!("ThroughputController.{name}"))
        };
        let percent = self.number(get("percentThroughput"));
        let percent = percent.filter(|_| get("style") == "1");
        let steps = self.within(item);
        match percent {
            _ if steps.is_empty() => steps,
            Some(percent) if percent >= 100.0 => steps,
            Some(percent) if percent > 0.0 => {
                let done = (percent * 100.0).round() as u64;
                let common = divisor(done, WHOLE);
                let rest = (WHOLE - done) / common;
                let choices = [(done / common, steps), (rest, Vec::new())];
                let choices = choices.into_iter().filter(|(weight, _)| *weight > 0);
                let choices = choices.collect();
                let comment = format!("{}: in {percent} % of the iterations.", item.element.name());
                commented(vec![Action::Choose(choices).into()], comment)
            }
            Some(_) => {
                self.leave("it is done in 0 % of the iterations");
                Vec::new()
            }
            None => {
                let most = get("maxThroughput");
                let what =
                    format!("its steps are done {most} times in all: here in each iteration");
                self.leave(what);
                steps
            }
        }
    }

    fn switch(&mut self, item: &'a Item<'a>) -> Vec<Step> {
        let raw = item.element.property("SwitchController.value");
        let constant = self.constant(raw);
        let choices = self.choices(item);
        if let Some(value) = constant {
            let value = if value.is_empty() { "0" } else { &value };
            let is_chosen = |at: usize, name: &str| match value.parse::<usize>() {
                Ok(value) => value == at,
                Err(_) => name == value,
            };
            let chosen = choices.into_iter().enumerate();
            let chosen = chosen.filter(|(at, (name, _))| is_chosen(*at, name));
            return chosen.flat_map(|(_, (_, steps))| steps).collect();
        }
        if raw.starts_with("${__Random(0,") {
            return chosen(choices);
        }
        let Some(value) = self.fixed(raw) else {
            let what =
                format!("its choice by {raw}: here one of its parts is chosen at random each time");
            self.leave(what);
            return chosen(choices);
        };
        self.leave("the first of its parts is not done for a value that no part has");
        let parts = choices.into_iter().enumerate();
        let parts = parts.filter(|(_, (_, steps))| !steps.is_empty());
        let parts = parts.map(|(at, (_, steps))| {
            let condition = Template::literal(&format!("{value} == {at}"));
            Action::When { condition, steps }.into()
        });
        parts.collect()
    }

    /// The steps of a controller elsewhere in the plan.
    fn module(&mut self, item: &'a Item<'a>) -> Vec<Step> {
        let path = item.element.collection("ModuleController.node_path").iter();
        let path: Vec<&str> = path.map(|name| name.text.as_str()).collect();
        let mut at: &'a [Item<'a>] = self.plan;
        let mut found: Option<&'a Item<'a>> = None;
        // The first name is JMeter's root.
        for name in path.iter().skip(1) {
            found = at.iter().find(|item| item.element.name() == name.trim());
            at = found.map_or(&[], |item| &item.below);
        }
        let Some(target) = found.filter(|_| self.modules < DEEPEST_MODULES) else {
            self.leave(format!("the module {} is not found", path.join("/")));
            return Vec::new();
        };
        self.modules += 1;
        let steps = self.flow(target);
        self.modules -= 1;
        steps
    }
}

/// One of several groups of steps.
fn chosen(mut choices: Vec<(&str, Vec<Step>)>) -> Vec<Step> {
    match choices.as_slice() {
        [_] => choices.remove(0).1,
        choices if choices.iter().all(|(_, steps)| steps.is_empty()) => Vec::new(),
        _ => {
            let choices = choices.into_iter().map(|(_, steps)| (1, steps));
            vec![Action::Choose(choices.collect()).into()]
        }
    }
}

/// The steps with a comment above the first.
fn commented(mut steps: Vec<Step>, comment: String) -> Vec<Step> {
    if let Some(first) = steps.first_mut() {
        first.comment.insert(0, comment);
    }
    steps
}

fn divisor(a: u64, b: u64) -> u64 {
    match b {
        0 => a,
        b => divisor(b, a % b),
    }
}
