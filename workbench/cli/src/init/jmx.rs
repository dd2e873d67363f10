//! Converts a test plan of JMeter to an experiment.
//!
//! The plan's tree is walked once for each thread group. Elements beside a request and beside its enclosing controllers
//! apply to it ([`scope`]); controllers become flow ([`walk`]); [`sampler`] writes requests, [`extractor`] captures.
//! Elements without a counterpart are listed with their line and the names of the enclosing elements.

mod body;
mod condition;
mod data;
mod expect;
mod expression;
mod extractor;
mod functions;
mod load;
mod sampler;
mod scope;
mod time;
mod timer;
mod tree;
mod variables;
mod walk;

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};

use super::draft::{Draft, Scenario, Step};
use scope::Scope;
use timer::{Throughput, has_request, requests};
use tree::{Element, Item};
use variables::Variables;

/// The hops that JMeter follows (its property `httpsampler.max_redirects`).
const REDIRECTS: u32 = 20;

/// The state of a conversion.
struct Conversion<'a> {
    draft: Draft,
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
    throughputs: Vec<Throughput>,
    /// Lines of elements that apply to several requests and are already converted.
    taken: HashSet<usize>,
    /// Modules within modules.
    modules: usize,
    keeps_cookies: bool,
    follows_redirects: bool,
    notes: Notes,
}

/// Notes that are given once for all elements of a kind.
#[derive(Default)]
struct Notes {
    disabled: Vec<String>,
    listeners: usize,
    transactions: Vec<String>,
    noise: BTreeSet<String>,
    embedded: usize,
    connections: usize,
    not_following: Vec<String>,
}

/// Reads a test plan; `output` is the folder of the experiment.
pub(super) fn draft(path: &str, output: &Path) -> anyhow::Result<Draft> {
    let text = super::read(path)?;
    let folder = Path::new(path).parent().unwrap_or(Path::new("")).to_owned();
    let stem = Path::new(path).file_stem().and_then(|stem| stem.to_str());
    of(&text, stem.unwrap_or_default(), folder, output.to_owned()).with_context(|| path.to_owned())
}

fn of(text: &str, stem: &str, folder: PathBuf, output: PathBuf) -> anyhow::Result<Draft> {
    let root = tree::parse(text)?;
    if root.tag != "jmeterTestPlan" {
        bail!(
            "line {}: a JMX file begins with <jmeterTestPlan>, this one with <{}>",
            root.line,
            root.tag
        );
    }
    let items = root
        .children
        .iter()
        .filter(|child| child.tag == "hashTree")
        .flat_map(tree::items)
        .collect::<Vec<_>>();
    let Some(plan) = items.iter().find(|item| item.element.kind() == "TestPlan") else {
        bail!("there is no test plan in it");
    };
    let plan_name = plan.element.name().to_owned();
    let name = match plan_name.as_str() {
        "Test Plan" | "TestPlan" => stem,
        name => name,
    };
    let mut conversion = Conversion {
        draft: Draft::new(name),
        variables: Variables::default(),
        plan_name: plan_name.clone(),
        plan: &items,
        folder,
        output,
        at_start: false,
        on_start: Vec::new(),
        throughputs: Vec::new(),
        taken: HashSet::new(),
        modules: 0,
        keeps_cookies: false,
        follows_redirects: false,
        notes: Notes::default(),
    };
    conversion.draft.title = Some(plan_name).filter(|name| !name.starts_with("Test Plan"));
    conversion.plan(plan);
    Ok(conversion.finish())
}

impl<'a> Conversion<'a> {
    fn plan(&mut self, plan: &'a Item<'a>) {
        let variables = plan.element.inner("TestPlan.user_defined_variables");
        if let Some(variables) = variables {
            self.user_defined(variables);
        }
        self.all_user_defined(&plan.below);
        if plan.element.is("TestPlan.serialize_threadgroups") {
            let what = "its thread groups run one after the other: here at the same time";
            self.draft.leave(Scope::default().place(plan.element), what);
        }
        let scope = self.scoped(&plan.below, &Scope::default());
        let of_plan = std::mem::take(&mut self.throughputs);
        let groups: Vec<&Item<'_>> = plan
            .below
            .iter()
            .filter(|item| item.element.is_enabled() && load::is_thread_group(item.element.kind()))
            .collect();
        let of_kind = |kind: &str| -> Vec<&'a Item<'a>> {
            let groups = plan.below.iter();
            groups
                .filter(|item| item.element.is_enabled() && item.element.kind() == kind)
                .collect()
        };
        let (before, after) = (of_kind("SetupThreadGroup"), of_kind("PostThreadGroup"));
        let is_main = |group: &&&Item<'_>| {
            let kind = group.element.kind();
            kind != "SetupThreadGroup" && kind != "PostThreadGroup"
        };
        let mut main: Vec<&Item<'_>> = groups.iter().filter(is_main).copied().collect();
        let (mut before, mut after) = (before, after);
        if main.is_empty() {
            // If there are no other groups, these are the main ones.
            main = before.iter().chain(&after).copied().collect();
            (before, after) = (Vec::new(), Vec::new());
        }
        for (groups, when) in [(&before, "before the test"), (&after, "after the test")] {
            for group in groups {
                let what = format!(
                    "its threads run once, {when}: here each user does the same when it begins or ends"
                );
                self.draft.leave(scope.place(group.element), what);
            }
        }
        for group in main {
            self.throughputs = of_plan.clone();
            self.group(group, &before, &after, &scope);
        }
    }

    fn group(
        &mut self,
        group: &'a Item<'a>,
        before: &[&'a Item<'a>],
        after: &[&'a Item<'a>],
        scope: &Scope<'a>,
    ) {
        self.forget_variables();
        self.taken.clear();
        let place = scope.place(group.element);
        let load = self.load(group.element, &place);
        match group.element.property("ThreadGroup.on_sample_error").trim() {
            "" | "continue" => {}
            action => {
                let what = format!(
                    "on_sample_error = {action}: here a user goes on after a failed request"
                );
                self.draft.leave(&place, what);
            }
        }
        self.at_start = true;
        self.on_start = Vec::new();
        for group in before {
            let (inner, _) = self.entered(group, scope);
            let steps = self.steps(&group.below, &inner);
            self.on_start.extend(steps);
        }
        self.at_start = false;
        let (inner, think_time) = self.entered(group, scope);
        let mut steps = self.steps(&group.below, &inner);
        let mut on_stop = Vec::new();
        for group in after {
            let (inner, _) = self.entered(group, scope);
            on_stop.extend(self.steps(&group.below, &inner));
        }
        let mut on_start = std::mem::take(&mut self.on_start);
        if requests(&steps) == Some(0) {
            // Everything is in a Once Only Controller.
            steps = std::mem::take(&mut on_start);
        }
        if !has_request(&steps) {
            self.draft
                .leave(place, "there is no HTTP request in it: it is left out");
            return;
        }
        let pacing = self.pacing(&steps, load::users(&load));
        let name = self.scenario_name(group.element.name());
        self.draft.scenarios.push(Scenario {
            name,
            load: Some(load),
            think_time,
            pacing,
            on_start,
            steps,
            on_stop,
            ..Scenario::default()
        });
    }

    /// The scope within a thread group, and the time after each of its requests, where there is one for all.
    fn entered(
        &mut self,
        group: &'a Item<'a>,
        scope: &Scope<'a>,
    ) -> (Scope<'a>, Option<super::yaml::Node>) {
        let mut inner = scope.clone();
        inner.path.push(group.element.name().to_owned());
        let mut inner = self.scoped(&group.below, &inner);
        let mut thinks = self.thinks(&inner.timers);
        if thinks.len() != 1 {
            return (inner, None);
        }
        inner.timers.clear();
        (inner, thinks.pop())
    }

    fn scenario_name(&self, name: &str) -> String {
        let taken = |name: &str| {
            self.draft
                .scenarios
                .iter()
                .any(|scenario| scenario.name == name)
        };
        if !taken(name) {
            return name.to_owned();
        }
        let mut numbered = (2_u32..).map(|number| format!("{name} {number}"));
        numbered.find(|name| !taken(name)).unwrap_or_default()
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
            let name = match variable.property("Argument.name") {
                "" => variable.attribute("name").unwrap_or_default(),
                name => name,
            };
            if !name.trim().is_empty() {
                self.constant_named(name, variable.property("Argument.value"));
            }
        }
    }

    fn finish(mut self) -> Draft {
        self.write_empty();
        let mut draft = self.draft;
        draft.http.cookies_off = !self.keeps_cookies && !draft.scenarios.is_empty();
        draft.http.follow_redirects = self.follows_redirects.then_some(REDIRECTS);
        draft.share();
        if let [scenario] = draft.scenarios.as_mut_slice() {
            draft.load = scenario.load.take();
        }
        if draft
            .scenarios
            .iter()
            .any(|scenario| scenario.think_time.is_some())
        {
            draft
                .comment
                .push("JMeter waits before each request, this experiment after it.".to_owned());
        }
        if !self.variables.properties.is_empty() {
            let properties = self.variables.properties.iter();
            let properties: Vec<String> = properties
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            draft.comment.push(format!(
                "JMeter's properties (-Jname=value) have their defaults: {}.",
                properties.join(", ")
            ));
        }
        let notes = self.notes;
        let some = |count: usize, one: &str, more: &str| match count {
            1 => format!("one {one}"),
            count => format!("{count} {more}"),
        };
        if !notes.disabled.is_empty() {
            let names = notes.disabled.join(", ");
            let what = format!(
                "{}, as in JMeter: {names}",
                some(notes.disabled.len(), "element", "elements")
            );
            draft.leave("disabled", what);
        }
        if notes.listeners > 0 {
            let what = format!(
                "{}: results are kept and reported anyway",
                some(notes.listeners, "element", "elements")
            );
            draft.leave("listeners", what);
        }
        if !notes.transactions.is_empty() {
            let what = format!(
                "their requests are reported, not their sums: {}",
                notes.transactions.join(", ")
            );
            draft.leave("transactions", what);
        }
        if !notes.noise.is_empty() {
            let names: Vec<String> = notes.noise.into_iter().collect();
            draft.leave(
                "headers",
                format!("what a browser says of itself: {}", names.join(", ")),
            );
        }
        if notes.embedded > 0 {
            let what = format!(
                "images, scripts and styles of pages are not fetched, as {} in JMeter",
                some(notes.embedded, "request does", "requests do")
            );
            draft.leave("embedded resources", what);
        }
        if draft.http.follow_redirects.is_some() && !notes.not_following.is_empty() {
            let what = format!(
                "not followed in JMeter by {}: here they are",
                notes.not_following.join(", ")
            );
            draft.leave("redirects", what);
        }
        if notes.connections > 0 {
            let what = format!(
                "{} close their connection in JMeter; http: {{ new_connections: iteration }} opens new ones",
                some(notes.connections, "request", "requests")
            );
            draft.leave("connections", what);
        }
        draft
    }
}

/// A time in milliseconds; negative values become zero.
fn milliseconds(number: f64) -> Duration {
    /// A year: what a time in an experiment may be.
    const LONGEST: f64 = 365.0 * 24.0 * 60.0 * 60.0 * 1000.0;
    Duration::from_micros((number.clamp(0.0, LONGEST) * 1000.0).round() as u64)
}
