//! Converts a test plan of JMeter to an experiment.
//!
//! The plan's [`tree`] is walked once for each thread group, whose [`load`] becomes that of a scenario. Elements beside a request
//! and beside its enclosing controllers apply to it ([`scope`]); controllers become flow ([`walk`]), samplers requests
//! ([`sampler`], [`body`]), with what applies to them ([`timer`], [`extractor`], [`expect`]). Texts refer to variables
//! ([`expression`], [`variables`], [`functions`], [`data`]). Elements without a counterpart are listed with their line and
//! the names of the enclosing elements.

mod body;
mod condition;
mod data;
mod expect;
mod expression;
mod extractor;
mod functions;
mod load;
mod notes;
mod sampler;
mod scope;
mod time;
mod timer;
mod tree;
mod variables;
mod walk;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};

use crate::init::draft::{Draft, Scenario, Step, free};
use crate::init::yaml::Node;
use notes::Notes;
use scope::Scope;
use timer::{Throughput, has_request, requests};
use tree::{Element, Item};
use variables::{Draws, Variables};

/// The state of a conversion.
#[derive(Default)]
struct Conversion<'a> {
    draft: Draft,
    scope: Scope<'a>,
    variables: Variables,
    plan_name: String,
    /// The elements of the test plan.
    plan: &'a [Item<'a>],
    /// Of the test plan.
    folder: PathBuf,
    /// Of the experiment.
    output: PathBuf,
    /// The current elements are executed once for each user, before its iterations.
    at_start: bool,
    /// Of the scenario.
    on_start: Vec<Step>,
    /// Variables that must be drawn before the current request.
    draws: Draws,
    throughputs: Vec<Throughput>,
    /// Lines of elements that apply to several requests and are already converted.
    taken: HashSet<usize>,
    /// Modules within modules.
    modules: usize,
    keeps_cookies: bool,
    follows_redirects: bool,
    notes: Notes,
}

/// Reads a test plan; `output` is the folder of the experiment.
pub(crate) fn draft(path: &str, output: &Path) -> anyhow::Result<Draft> {
    of(&super::read(path)?, path, output).with_context(|| path.to_owned())
}

fn of(text: &str, path: &str, output: &Path) -> anyhow::Result<Draft> {
    let root = tree::parse(text)?;
    if root.tag != "jmeterTestPlan" {
        bail!(
            "line {}: a JMX file begins with <jmeterTestPlan>, this one with <{}>",
            root.line,
            root.tag
        );
    }
    let trees = root.children.iter().filter(|child| child.tag == "hashTree");
    let items: Vec<Item<'_>> = trees.flat_map(tree::items).collect();
    let plan = items.iter().find(|item| item.element.kind() == "TestPlan");
    let plan = plan.context("there is no test plan in it")?;
    let plan_name = plan.element.name();
    let name = match plan_name {
        "Test Plan" | "TestPlan" => super::stem(path).unwrap_or_default(),
        name => name,
    };
    let mut conversion = Conversion {
        draft: Draft::new(name),
        plan_name: plan_name.to_owned(),
        plan: &items,
        folder: Path::new(path).parent().unwrap_or(Path::new("")).to_owned(),
        output: output.to_owned(),
        ..Conversion::default()
    };
    let is_named = !plan_name.starts_with("Test Plan");
    conversion.draft.title = is_named.then(|| plan_name.to_owned());
    conversion.plan(plan);
    Ok(conversion.finish())
}

impl<'a> Conversion<'a> {
    /// Records a part of the plan that is left out, at the current place.
    fn leave(&mut self, what: impl Into<String>) {
        self.draft.leave(what);
    }

    /// Does this with another place.
    fn at<T>(&mut self, place: String, run: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.draft.at, place);
        let result = run(self);
        self.draft.at = outer;
        result
    }

    fn plan(&mut self, plan: &'a Item<'a>) {
        if let Some(variables) = plan.element.inner("TestPlan.user_defined_variables") {
            self.user_defined(variables);
        }
        self.all_user_defined(&plan.below);
        if plan.element.is("TestPlan.serialize_threadgroups") {
            let what = "its thread groups run one after the other: here at the same time";
            self.draft.leave_at(&self.scope.place(plan.element), what);
        }
        self.apply_all(&plan.below);
        let of_plan = std::mem::take(&mut self.throughputs);
        let (mut before, mut main, mut after) = (Vec::new(), Vec::new(), Vec::new());
        for group in plan.below.iter().filter(|item| item.element.is_enabled()) {
            match group.element.kind() {
                "SetupThreadGroup" => before.push(group),
                "PostThreadGroup" => after.push(group),
                kind if load::is_thread_group(kind) => main.push(group),
                _ => {}
            }
        }
        if main.is_empty() {
            // If there are no other groups, these are the main ones.
            main = before.drain(..).chain(after.drain(..)).collect();
        }
        for (groups, when) in [(&before, "before the test"), (&after, "after the test")] {
            for group in groups {
                let what = format!(
                    "its threads run once, {when}: here each user does the same when it begins or ends"
                );
                self.draft.leave_at(&self.scope.place(group.element), what);
            }
        }
        for group in main {
            self.throughputs = of_plan.clone();
            let place = self.scope.place(group.element);
            self.at(place, |conversion| conversion.group(group, &before, &after));
        }
    }

    fn group(&mut self, group: &'a Item<'a>, before: &[&'a Item<'a>], after: &[&'a Item<'a>]) {
        self.variables.forget();
        self.taken.clear();
        let load = self.load(group.element);
        let action = group.element.property("ThreadGroup.on_sample_error");
        if !["", "continue"].contains(&action) {
            self.leave(format!(
                "on_sample_error = {action}: here a user goes on after a failed request"
            ));
        }
        self.at_start = true;
        self.on_start = Vec::new();
        for group in before {
            let (steps, _) = self.entered(group);
            self.on_start.extend(steps);
        }
        self.at_start = false;
        let (mut steps, think_time) = self.entered(group);
        let on_stop = after.iter().flat_map(|group| self.entered(group).0);
        let on_stop = on_stop.collect();
        let mut on_start = std::mem::take(&mut self.on_start);
        if requests(&steps) == Some(0) {
            // Everything is in a Once Only Controller.
            steps = std::mem::take(&mut on_start);
        }
        if !has_request(&steps) {
            return self.leave("there is no HTTP request in it: it is left out");
        }
        let pacing = self.pacing(&steps, load.users);
        let taken = |name: &str| self.draft.scenarios.iter().any(|other| other.name == name);
        self.draft.scenarios.push(Scenario {
            name: free(group.element.name(), " ", taken),
            load: Some(load),
            think_time,
            pacing,
            on_start,
            steps,
            on_stop,
            ..Scenario::default()
        });
    }

    /// The steps within a thread group, and the time after each of its requests, where there is one for all.
    fn entered(&mut self, group: &'a Item<'a>) -> (Vec<Step>, Option<Node>) {
        self.inside(group, |conversion| {
            let mut thinks = conversion.thinks();
            let think_time = thinks.pop().filter(|_| thinks.is_empty());
            if think_time.is_some() {
                conversion.scope.timers.clear();
            }
            (conversion.steps(&group.below), think_time)
        })
    }

    fn all_user_defined(&mut self, items: &[Item<'_>]) {
        for item in items.iter().filter(|item| item.element.is_enabled()) {
            if item.element.kind() == "Arguments" {
                self.user_defined(item.element);
            }
            self.all_user_defined(&item.below);
        }
    }

    fn user_defined(&mut self, variables: &Element) {
        for variable in variables.collection("Arguments.arguments") {
            let name = match variable.raw("Argument.name") {
                "" => variable.attribute("name").unwrap_or_default(),
                name => name,
            };
            if !name.trim().is_empty() {
                self.constant_named(name, variable.raw("Argument.value"));
            }
        }
    }
}

/// A time of this many milliseconds; negative ones become zero.
fn milliseconds(number: f64) -> Duration {
    /// A year: what a time in an experiment may be.
    const LONGEST: f64 = 365.0 * 24.0 * 60.0 * 60.0 * 1000.0;
    Duration::from_micros((number.clamp(0.0, LONGEST) * 1000.0).round() as u64)
}
