//! Compiles steps into a flat list of operations with jumps.

use super::names::{Known, Names, joined};
use super::scenario::set_in;
use super::step::{self, Common};
use super::{Check, values};
use crate::condition::Condition;
use crate::file::format::{ChoiceFile, StepFile};
use crate::file::source::Node;
use crate::plan::{Operation, Step};

/// Most repetitions of nested loops together. It bounds the time that a user can spend in loops without requests.
const MOST_REPETITIONS: u64 = 1_000_000;

/// The largest weight of a choice.
const LARGEST_WEIGHT: u32 = 1_000_000;

/// Compiles the lists of steps of a scenario one after the other.
pub(super) struct Flow<'a, 'b> {
    pub(super) common: Common<'a>,
    pub(super) names: Names<'b>,
    /// All requests so far.
    pub(super) steps: Vec<Step>,
    /// How many counters the loops need.
    pub(super) counters: usize,
    /// Nesting depth of loops at the current step.
    depth: usize,
    /// Product of their repetitions.
    times: u64,
    /// Something was wrong.
    is_broken: bool,
}

/// The kinds of steps. A step has exactly one of these keys.
const KINDS: [&str; 5] = ["request", "think", "repeat", "when", "choose"];

/// Keys that only requests have.
const OF_REQUESTS: [&str; 12] = [
    "name",
    "set",
    "headers",
    "auth",
    "json",
    "form",
    "multipart",
    "file",
    "text",
    "timeout",
    "capture",
    "expect",
];

impl<'a, 'b> Flow<'a, 'b> {
    pub(super) fn new(common: Common<'a>, names: Names<'b>) -> Self {
        Self {
            common,
            names,
            steps: Vec::new(),
            counters: 0,
            depth: 0,
            times: 1,
            is_broken: false,
        }
    }

    /// The operations of a list; `None` where something in it is wrong, which is noted.
    pub(super) fn operations(
        &mut self,
        check: &mut Check<'_>,
        files: &[StepFile],
        node: &Node,
    ) -> Option<Vec<Operation>> {
        let mut operations = Vec::new();
        self.is_broken = false;
        self.all(check, files, node, &mut operations);
        (!self.is_broken).then_some(operations)
    }

    fn all(
        &mut self,
        check: &mut Check<'_>,
        files: &[StepFile],
        node: &Node,
        out: &mut Vec<Operation>,
    ) {
        for (index, file) in files.iter().enumerate() {
            if self.one(check, file, node.index(index), out).is_none() {
                self.is_broken = true;
                // So that uses of these variables are not reported as mistakes.
                let mut names = Vec::new();
                set_in(std::slice::from_ref(file), &mut names);
                for name in names {
                    self.names.set(&name, Known::default());
                }
            }
        }
    }

    fn one(
        &mut self,
        check: &mut Check<'_>,
        file: &StepFile,
        node: &Node,
        out: &mut Vec<Operation>,
    ) -> Option<()> {
        let is_given = |key: &str| match key {
            "request" => file.request.is_some(),
            "think" => file.think.is_some(),
            "repeat" => file.repeat.is_some(),
            "when" => file.when.is_some(),
            _ => file.choose.is_some(),
        };
        let kinds: Vec<&str> = KINDS.into_iter().filter(|key| is_given(key)).collect();
        let kind = match kinds[..] {
            [kind] => kind,
            // All other keys belong to a request.
            [] if OF_REQUESTS.into_iter().any(|key| node.has(key)) => {
                check.note::<()>(node.place(), "missing key \"request\"");
                step::step(check, file, None, self.common, &self.names, node);
                return None;
            }
            [] if !file.steps.is_empty() => {
                let message =
                    "missing key \"repeat\" or \"when\": how often the steps are done, or when";
                check.note::<()>(node.place(), message);
                self.all(check, &file.steps, node.get("steps"), out);
                return None;
            }
            [] => {
                let message = "missing key: what the step does, one of \"request\", \"think\", \"repeat\", \"when\" and \"choose\"";
                return check.note(node.place(), message);
            }
            [first, second, ..] => {
                let message = format!(
                    "a step is either a \"{first}\" or a \"{second}\": make two steps of it"
                );
                check.note::<()>(node.key_place(second), message);
                self.kind(check, file, node, out);
                return None;
            }
        };
        let mut is_right = Some(());
        if kind != "request"
            && let Some(key) = OF_REQUESTS.into_iter().find(|key| node.has(key))
        {
            let message = format!("\"{key}\" belongs to a request, not to \"{kind}\"");
            is_right = check.note(node.key_place(key), message);
        }
        let has_steps = matches!(kind, "repeat" | "when");
        if has_steps && file.steps.is_empty() {
            if node.has("steps") && node.get("steps").has_stand_in() {
                return None;
            }
            let message = format!("missing key \"steps\": what \"{kind}\" is about");
            return check.note(node.key_place(kind), message);
        }
        if !has_steps && node.has("steps") {
            let message = format!("\"steps\" belong to \"repeat\" and \"when\", not to \"{kind}\"");
            is_right = check.note(node.key_place("steps"), message);
        }
        self.kind(check, file, node, out)?;
        is_right
    }

    fn kind(
        &mut self,
        check: &mut Check<'_>,
        file: &StepFile,
        node: &Node,
        out: &mut Vec<Operation>,
    ) -> Option<()> {
        if let Some(request) = &file.request {
            let step = step::step(check, file, Some(request), self.common, &self.names, node)?;
            out.push(Operation::Request(self.steps.len()));
            self.steps.push(step);
        } else if let Some(think) = &file.think {
            out.push(Operation::Think(values::times(
                check,
                think,
                node.get("think"),
            )?));
        } else if let Some(times) = file.repeat {
            self.repeat(check, times, file, node, out)?;
        } else if let Some(when) = &file.when {
            self.when(check, when, file, node, out)?;
        } else if let Some(choices) = &file.choose {
            self.choose(check, choices, node.get("choose"), out)?;
        }
        Some(())
    }

    fn repeat(
        &mut self,
        check: &mut Check<'_>,
        times: u32,
        file: &StepFile,
        node: &Node,
        out: &mut Vec<Operation>,
    ) -> Option<()> {
        let place = node.get("repeat").place();
        let before = self.times;
        self.times = before.saturating_mul(times.into());
        let is_right = if times == 0 || self.times > MOST_REPETITIONS {
            let message = format!(
                "steps are repeated from 1 to {MOST_REPETITIONS} times, with the loops around them"
            );
            check.note::<()>(place, message)
        } else if !has_request(&file.steps) && !node.has_stand_in() {
            check.note(
                place,
                "there is no request among the steps: repeating them would load nothing",
            )
        } else {
            Some(())
        };
        let counter = self.depth;
        self.depth += 1;
        self.counters = self.counters.max(self.depth);
        out.push(Operation::Count { counter, times });
        let to = out.len();
        self.all(check, &file.steps, node.get("steps"), out);
        self.depth -= 1;
        self.times = before;
        out.push(Operation::Again { counter, to });
        is_right
    }

    fn when(
        &mut self,
        check: &mut Check<'_>,
        when: &str,
        file: &StepFile,
        node: &Node,
        out: &mut Vec<Operation>,
    ) -> Option<()> {
        let condition = Condition::compile(when, &|name| self.names.position(name));
        let mut condition = check.resolved(condition, node.get("when"));
        if condition.as_ref().is_some_and(Condition::is_pointless) {
            let message = "this is always the same: a variable is written ${total}";
            condition = check.note(node.get("when").place(), message);
        }
        let place = out.len();
        // Replaced once the jump's target is known.
        out.push(Operation::Jump(place));
        let without = self.names.present();
        self.all(check, &file.steps, node.get("steps"), out);
        self.names
            .go_on_with(joined(vec![without, self.names.present()]));
        out[place] = Operation::Unless {
            condition: condition?,
            to: out.len(),
        };
        Some(())
    }

    fn choose(
        &mut self,
        check: &mut Check<'_>,
        choices: &[ChoiceFile],
        node: &Node,
        out: &mut Vec<Operation>,
    ) -> Option<()> {
        if choices.is_empty() {
            return check.note(node.place(), "there is nothing to choose from");
        }
        let mut is_right = Some(());
        let place = out.len();
        out.push(Operation::Jump(place));
        let before = self.names.present();
        let mut branches = Vec::new();
        let mut targets = Vec::new();
        let mut ends = Vec::new();
        for (index, choice) in choices.iter().enumerate() {
            let node = node.index(index);
            if !(1..=LARGEST_WEIGHT).contains(&choice.weight) {
                let message = format!("a weight is a whole number from 1 to {LARGEST_WEIGHT}");
                is_right = check.note(node.get("weight").place(), message);
            }
            targets.push((choice.weight, out.len()));
            self.names.go_on_with(before.clone());
            self.all(check, &choice.steps, node.get("steps"), out);
            branches.push(self.names.present());
            ends.push(out.len());
            out.push(Operation::Jump(place));
        }
        self.names.go_on_with(joined(branches));
        let end = out.len();
        for jump in ends {
            out[jump] = Operation::Jump(end);
        }
        out[place] = Operation::Choose(targets);
        is_right
    }
}

/// Whether a request is among the steps, however deep.
fn has_request(steps: &[StepFile]) -> bool {
    steps.iter().any(|step| {
        let chosen = step.choose.iter().flatten();
        let is_other = step.think.is_some()
            || step.repeat.is_some()
            || step.when.is_some()
            || step.choose.is_some();
        // A step without any such key lacks its request.
        !is_other
            || step.request.is_some()
            || has_request(&step.steps)
            || chosen.map(|it| it.steps.as_slice()).any(has_request)
    })
}
