//! Converts controllers to the flow of a scenario, with the elements beside them as scope.

use super::Conversion;
use super::condition::constant_truth;
use super::scope::Scope;
use super::tree::Item;
use crate::init::draft::{Action, Step};
use crate::init::template::{Template, is_marked};

/// Deepest nesting of modules.
const DEEPEST_MODULES: usize = 10;

/// Elements that are executed in order: controllers and samplers.
pub(super) fn is_flow(kind: &str) -> bool {
    let others = [
        "InterleaveControl",
        "RunTime",
        "HTTPSamplerProxy",
        "HTTPSampler2",
        "TestAction",
    ];
    kind.ends_with("Controller") || kind.ends_with("Sampler") || others.contains(&kind)
}

impl<'a> Conversion<'a> {
    /// The steps of these elements, in order.
    pub(super) fn steps(&mut self, items: &'a [Item<'a>], scope: &Scope<'a>) -> Vec<Step> {
        let mut steps = Vec::new();
        for item in items {
            if !is_flow(item.element.kind()) {
                continue;
            }
            if item.element.is_enabled() {
                steps.extend(self.flow(item, scope));
            } else {
                self.notes.disabled.push(item.element.name().to_owned());
            }
        }
        steps
    }

    /// The steps within an element, in order.
    fn within(&mut self, item: &'a Item<'a>, scope: &Scope<'a>) -> Vec<Step> {
        let inner = self.inner_scope(item, scope);
        self.steps(&item.below, &inner)
    }

    fn inner_scope(&mut self, item: &'a Item<'a>, scope: &Scope<'a>) -> Scope<'a> {
        let mut inner = scope.clone();
        inner.path.push(item.element.name().to_owned());
        self.scoped(&item.below, &inner)
    }

    /// The alternatives of an element that executes one of its children.
    fn choices(&mut self, item: &'a Item<'a>, scope: &Scope<'a>) -> Vec<(String, Vec<Step>)> {
        let inner = self.inner_scope(item, scope);
        let mut choices = Vec::new();
        for item in &item.below {
            if !is_flow(item.element.kind()) {
                continue;
            }
            if item.element.is_enabled() {
                let steps = self.flow(item, &inner);
                choices.push((item.element.name().to_owned(), steps));
            } else {
                self.notes.disabled.push(item.element.name().to_owned());
            }
        }
        choices
    }

    fn flow(&mut self, item: &'a Item<'a>, scope: &Scope<'a>) -> Vec<Step> {
        let element = item.element;
        let place = scope.place(element);
        match element.kind() {
            "HTTPSamplerProxy" | "HTTPSampler" | "HTTPSampler2" => self.request(item, scope),
            "GenericController"
            | "RecordingController"
            | "CriticalSectionController"
            | "TestFragmentController" => self.within(item, scope),
            "TransactionController" => {
                let steps = self.within(item, scope);
                if !steps.is_empty()
                    && !self.notes.transactions.contains(&element.name().to_owned())
                {
                    self.notes.transactions.push(element.name().to_owned());
                }
                commented(steps, &format!("Transaction: {}", element.name()))
            }
            "OnceOnlyController" if self.at_start => self.within(item, scope),
            "OnceOnlyController" => {
                self.at_start = true;
                let steps = self.within(item, scope);
                self.at_start = false;
                self.on_start.extend(steps);
                Vec::new()
            }
            "LoopController" => self.repeated(item, scope, &place),
            "IfController" => self.conditional(item, scope, &place),
            "RandomController" => {
                let choices = self.choices(item, scope);
                chosen(choices.into_iter().map(|(_, steps)| (1, steps)).collect())
            }
            "InterleaveControl" => {
                self.draft.leave(
                    place,
                    "it takes turns: here one of its parts is chosen at random each time",
                );
                let choices = self.choices(item, scope);
                chosen(choices.into_iter().map(|(_, steps)| (1, steps)).collect())
            }
            "ThroughputController" => self.throughput_controller(item, scope, &place),
            "SwitchController" => self.switch(item, scope, &place),
            "ModuleController" => self.module(item, scope, &place),
            "TestAction" => self.action(item, scope, &place),
            "DebugSampler" => {
                self.notes.listeners += 1;
                Vec::new()
            }
            kind if kind.ends_with("Controller")
                || kind == "RunTime"
                || kind == "ParallelSampler" =>
            {
                let why = match kind {
                    "WhileController" => {
                        "repeats its steps under a condition: here they are done once"
                    }
                    "ForeachController" => {
                        "repeats its steps for every value: here they are done once"
                    }
                    "RunTime" => "repeats its steps for a time: here they are done once",
                    "RandomOrderController" => "does its steps in random order: here in theirs",
                    "ParallelSampler" => {
                        "sends its requests at the same time: here one after the other"
                    }
                    "IncludeController" => {
                        let file = element.property("IncludeController.includepath");
                        let what = format!("the steps of the file {file}, which is not read");
                        self.draft.leave(&place, what);
                        return self.within(item, scope);
                    }
                    _ => "has no counterpart: its steps are done in order",
                };
                self.draft.leave(&place, format!("{kind} {why}"));
                self.within(item, scope)
            }
            kind => {
                self.draft
                    .leave(place, format!("{kind} is no HTTP request"));
                // Notes are added by its children.
                self.within(item, scope)
            }
        }
    }

    fn repeated(&mut self, item: &'a Item<'a>, scope: &Scope<'a>, place: &str) -> Vec<Step> {
        let loops = item
            .element
            .property("LoopController.loops")
            .trim()
            .to_owned();
        let is_endless = item.element.is("LoopController.continue_forever") && loops.is_empty()
            || loops.starts_with('-');
        let times = self.count(&loops);
        let steps = self.within(item, scope);
        match times {
            _ if steps.is_empty() => steps,
            _ if is_endless => {
                self.draft.leave(
                    place,
                    "it repeats its steps without end: here they are done in each iteration",
                );
                steps
            }
            Some(1) => steps,
            Some(0) => {
                self.draft.leave(place, "it does its steps 0 times");
                Vec::new()
            }
            Some(times) => vec![
                Action::Repeat {
                    times: times.min(u64::from(u32::MAX)),
                    steps,
                }
                .into(),
            ],
            None => {
                let what = format!("it repeats its steps {loops} times: here they are done once");
                self.draft.leave(place, what);
                steps
            }
        }
    }

    fn conditional(&mut self, item: &'a Item<'a>, scope: &Scope<'a>, place: &str) -> Vec<Step> {
        let raw = item
            .element
            .property("IfController.condition")
            .trim()
            .to_owned();
        let condition = self.condition(&raw, scope, place);
        let steps = self.within(item, scope);
        match condition {
            _ if steps.is_empty() => steps,
            Some(condition) if !is_marked(&condition) => match constant_truth(&condition) {
                true => steps,
                false => {
                    let what = format!("the condition {raw} never holds: its steps are left out");
                    self.draft.leave(place, what);
                    Vec::new()
                }
            },
            Some(condition) => {
                let condition = Template::literal(&condition);
                vec![Action::When { condition, steps }.into()]
            }
            None => {
                let what =
                    format!("the condition {raw} is not understood: its steps are always done");
                self.draft.leave(place, what);
                commented(steps, &format!("In JMeter only if {raw}"))
            }
        }
    }

    fn throughput_controller(
        &mut self,
        item: &'a Item<'a>,
        scope: &Scope<'a>,
        place: &str,
    ) -> Vec<Step> {
        /// Resolution of weights, in parts of a percent.
        const PARTS: f64 = 100.0;
        let element = item.element;
        let is_percent = element.property("ThroughputController.style").trim() == "1";
        let percent = self.number(
            element
                .property("ThroughputController.percentThroughput")
                .trim(),
        );
        let steps = self.within(item, scope);
        match percent {
            _ if steps.is_empty() => steps,
            Some(percent) if is_percent && percent >= 100.0 => steps,
            Some(percent) if is_percent && percent > 0.0 => {
                let (mut done, mut whole) =
                    ((percent * PARTS).round() as u64, (100.0 * PARTS) as u64);
                let common = divisor(done, whole).max(1);
                (done, whole) = (done / common, whole / common);
                let choices = vec![(done, steps), (whole - done, Vec::new())];
                let step = Step::from(Action::Choose(
                    choices
                        .into_iter()
                        .filter(|(weight, _)| *weight > 0)
                        .collect(),
                ));
                commented(
                    vec![step],
                    &format!("{}: in {percent} % of the iterations.", element.name()),
                )
            }
            Some(_) if is_percent => {
                self.draft
                    .leave(place, "it is done in 0 % of the iterations");
                Vec::new()
            }
            _ => {
                let most = element.property("ThroughputController.maxThroughput");
                let what =
                    format!("its steps are done {most} times in all: here in each iteration");
                self.draft.leave(place, what);
                steps
            }
        }
    }

    fn switch(&mut self, item: &'a Item<'a>, scope: &Scope<'a>, place: &str) -> Vec<Step> {
        let raw = item
            .element
            .property("SwitchController.value")
            .trim()
            .to_owned();
        let constant = self.constant(&raw);
        let choices = self.choices(item, scope);
        if let Some(value) = constant {
            let value = if value.is_empty() {
                "0"
            } else {
                value.as_str()
            };
            let at = value.parse::<usize>();
            let chosen = choices.into_iter().enumerate();
            let chosen = chosen.filter(|(position, (name, _))| match at {
                Ok(at) => *position == at,
                Err(_) => name == value,
            });
            return chosen.flat_map(|(_, (_, steps))| steps).collect();
        }
        if raw.starts_with("${__Random(0,") {
            return chosen(choices.into_iter().map(|(_, steps)| (1, steps)).collect());
        }
        let mut draws = Vec::new();
        let value = self.text(&raw, scope, &mut draws, place);
        if !draws.is_empty() {
            let what =
                format!("its choice by {raw}: here one of its parts is chosen at random each time");
            self.draft.leave(place, what);
            return chosen(choices.into_iter().map(|(_, steps)| (1, steps)).collect());
        }
        self.draft.leave(
            place,
            "the first of its parts is not done for a value that no part has",
        );
        let mut steps = Vec::new();
        for (position, (_, inner)) in choices.into_iter().enumerate() {
            if !inner.is_empty() {
                let condition = Template::literal(&format!("{value} == {position}"));
                steps.push(
                    Action::When {
                        condition,
                        steps: inner,
                    }
                    .into(),
                );
            }
        }
        steps
    }

    /// The steps of a controller elsewhere in the plan.
    fn module(&mut self, item: &'a Item<'a>, scope: &Scope<'a>, place: &str) -> Vec<Step> {
        let path: Vec<&str> = item
            .element
            .collection("ModuleController.node_path")
            .iter()
            .map(|name| name.text.as_str())
            .collect();
        let mut at: &'a [Item<'a>] = self.plan;
        let mut found: Option<&'a Item<'a>> = None;
        // The first name is JMeter's root.
        for name in path.iter().skip(1) {
            found = at.iter().find(|item| item.element.name() == name.trim());
            let Some(item) = found else { break };
            at = &item.below;
        }
        match found {
            Some(target) if self.modules < DEEPEST_MODULES => {
                self.modules += 1;
                let steps = self.flow(target, scope);
                self.modules -= 1;
                steps
            }
            _ => {
                self.draft
                    .leave(place, format!("the module {} is not found", path.join("/")));
                Vec::new()
            }
        }
    }
}

/// One of several groups of steps.
fn chosen(mut choices: Vec<(u64, Vec<Step>)>) -> Vec<Step> {
    if choices.len() == 1 {
        return choices.remove(0).1;
    }
    match choices.iter().any(|(_, steps)| !steps.is_empty()) {
        true => vec![Action::Choose(choices).into()],
        false => Vec::new(),
    }
}

/// The steps with a comment above the first.
fn commented(mut steps: Vec<Step>, comment: &str) -> Vec<Step> {
    if let Some(first) = steps.first_mut() {
        first.comment.insert(0, comment.to_owned());
    }
    steps
}

fn divisor(a: u64, b: u64) -> u64 {
    match b {
        0 => a,
        b => divisor(b, a % b),
    }
}
