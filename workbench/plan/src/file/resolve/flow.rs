//! Steps to a flat list of operations with jumps.

use super::names::Names;
use super::step::{self, Common};
use super::{Check, values};
use crate::condition::Condition;
use crate::file::format::StepFile;
use crate::file::source::Node;
use crate::plan::{Operation, Step};

/// More is rather a load than a loop.
const MOST_REPETITIONS: u32 = 1_000_000;

/// The operations of one list of steps after the other.
pub(super) struct Flow<'a, 'b> {
    pub(super) common: Common<'a>,
    pub(super) names: Names<'b>,
    /// All requests so far.
    pub(super) steps: Vec<Step>,
    /// How many counters the loops need.
    pub(super) counters: usize,
    /// Loops around the step that is looked at.
    depth: usize,
    /// Something was wrong.
    is_broken: bool,
}

/// What a step does; each is one of these.
const KINDS: [&str; 5] = ["request", "think", "repeat", "when", "choose"];

/// What says more about a request.
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
            [] => {
                let message = "missing key: what the step does, one of \"request\", \"think\", \"repeat\", \"when\" and \"choose\"";
                return check.note(node.place(), message);
            }
            [first, second, ..] => {
                let message = format!(
                    "a step is either a \"{first}\" or a \"{second}\": make two steps of it"
                );
                return check.note(node.key_place(second), message);
            }
        };
        if kind != "request"
            && let Some(key) = OF_REQUESTS.into_iter().find(|key| node.has(key))
        {
            let message = format!("\"{key}\" belongs to a request, not to \"{kind}\"");
            return check.note(node.key_place(key), message);
        }
        let has_steps = matches!(kind, "repeat" | "when");
        if has_steps && file.steps.is_empty() {
            let message = format!("missing key \"steps\": what \"{kind}\" is about");
            return check.note(node.key_place(kind), message);
        }
        if !has_steps && node.has("steps") {
            let message = format!("\"steps\" belong to \"repeat\" and \"when\", not to \"{kind}\"");
            return check.note(node.key_place("steps"), message);
        }
        self.kind(check, file, node, out)
    }

    fn kind(
        &mut self,
        check: &mut Check<'_>,
        file: &StepFile,
        node: &Node,
        out: &mut Vec<Operation>,
    ) -> Option<()> {
        if let Some(request) = &file.request {
            let step = step::step(check, file, request, self.common, &mut self.names, node)?;
            out.push(Operation::Request(self.steps.len()));
            self.steps.push(step);
        } else if let Some(think) = &file.think {
            out.push(Operation::Think(values::times(
                check,
                think,
                node.get("think"),
            )?));
        } else if let Some(times) = file.repeat {
            if !(1..=MOST_REPETITIONS).contains(&times) {
                let message = format!("steps are repeated from 1 to {MOST_REPETITIONS} times");
                return check.note(node.get("repeat").place(), message);
            }
            let counter = self.depth;
            self.depth += 1;
            self.counters = self.counters.max(self.depth);
            out.push(Operation::Count { counter, times });
            let to = out.len();
            self.all(check, &file.steps, node.get("steps"), out);
            self.depth -= 1;
            out.push(Operation::Again { counter, to });
        } else if let Some(when) = &file.when {
            let names = &self.names;
            let condition = Condition::compile(when, &|name| names.position(name));
            let condition = check.resolved(condition, node.get("when"));
            let place = out.len();
            // Put in its place when it is known where to jump to.
            out.push(Operation::Jump(place));
            self.all(check, &file.steps, node.get("steps"), out);
            out[place] = Operation::Unless {
                condition: condition?,
                to: out.len(),
            };
        } else if let Some(choices) = &file.choose {
            let node = node.get("choose");
            if choices.is_empty() {
                return check.note(node.place(), "there is nothing to choose from");
            }
            let place = out.len();
            out.push(Operation::Jump(place));
            let mut targets = Vec::new();
            let mut ends = Vec::new();
            for (index, choice) in choices.iter().enumerate() {
                let node = node.index(index);
                if !(1..=1_000_000).contains(&choice.weight) {
                    let message = "a weight is a whole number from 1 to 1000000";
                    return check.note(node.get("weight").place(), message);
                }
                targets.push((choice.weight, out.len()));
                self.all(check, &choice.steps, node.get("steps"), out);
                ends.push(out.len());
                out.push(Operation::Jump(place));
            }
            let end = out.len();
            for jump in ends {
                out[jump] = Operation::Jump(end);
            }
            out[place] = Operation::Choose(targets);
        }
        Some(())
    }
}
