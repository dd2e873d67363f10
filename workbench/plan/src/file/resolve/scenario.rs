//! Scenarios: names, weights, loads, and what users do.

use std::cell::RefCell;

use super::data::DataFiles;
use super::flow::Flow;
use super::load::{self, LoadFile};
use super::names::Names;
use super::step::{self, Common};
use super::{Check, values};
use crate::file::format::{
    DrawFile, Ordered, ScenarioFile, StepFile, StopFile, ValueFile, ValueOr,
};
use crate::file::source::Node;
use crate::plan::{Load, Operation, Scenario, VariableSource};
use crate::secret::SecretSource;
use crate::template::without_variables;

/// Goose lays out its users in proportion to the weights, in lists as long as the weights are large.
const LARGEST_WEIGHT: u32 = 1000;

/// Settings that all scenarios share.
#[derive(Clone, Copy)]
pub(super) struct Shared<'a> {
    pub(super) common: Common<'a>,
    pub(super) data: &'a DataFiles,
    pub(super) secrets: &'a RefCell<Vec<SecretSource>>,
    pub(super) variables: &'a Ordered<ValueOr<ValueFile, DrawFile>>,
    /// Of the whole file.
    pub(super) root: &'a Node,
}

/// The scenarios, and their own loads. A load is returned even if something else is wrong with its scenario.
pub(super) fn scenarios(
    check: &mut Check<'_>,
    files: &[ScenarioFile],
    shared: Shared<'_>,
) -> (Option<Vec<Scenario>>, Option<Vec<Option<Load>>>) {
    let node = shared.root.get("scenarios");
    if files.is_empty() {
        let message = "at least one scenario is needed: users would have nothing to do";
        check.note::<()>(node.place(), message);
        return (None, None);
    }
    for (index, file) in files.iter().enumerate() {
        let place = node.index(index).get("name").place();
        if file.name.trim().is_empty() {
            check.note::<()>(place, "a scenario needs a name");
        } else if files[..index].iter().any(|other| other.name == file.name) {
            check.note::<()>(place, format!("two scenarios are named \"{}\"", file.name));
        }
    }
    let (scenarios, loads): (Vec<Option<Scenario>>, Vec<Option<Option<Load>>>) = files
        .iter()
        .enumerate()
        .map(|(index, file)| {
            let node = node.index(index);
            let load = LoadFile {
                threads: file.threads.as_deref(),
                concurrency: file.concurrency.as_ref(),
                arrivals: file.arrivals.as_ref(),
                iterations: file.iterations.as_ref(),
            };
            let load = load::load(check, &load, node);
            let scenario = scenario(check, file, load.as_ref(), shared, node);
            // Where the scenario itself is a stand-in, it may have been meant to have a load.
            (scenario, load.filter(|_| !node.place().is_stand_in()))
        })
        .unzip();
    (scenarios.into_iter().collect(), loads.into_iter().collect())
}

fn scenario(
    check: &mut Check<'_>,
    file: &ScenarioFile,
    load: Option<&Option<Load>>,
    shared: Shared<'_>,
    node: &Node,
) -> Option<Scenario> {
    if !(1..=LARGEST_WEIGHT).contains(&file.weight.unwrap_or(1)) {
        let message = format!("a weight is a whole number from 1 to {LARGEST_WEIGHT}");
        check.note::<()>(node.get("weight").place(), message);
    } else if file.weight.is_some() && matches!(load, Some(Some(_))) {
        let message = "a scenario has a \"weight\", or a load of its own, not both";
        check.note::<()>(node.key_place("weight"), message);
    }
    let think_time = match &file.think_time {
        None => Some(None),
        Some(file) => values::times(check, file, node.get("think_time")).map(Some),
    };
    let pacing = match &file.pacing {
        None => Some(None),
        Some(file) => check.positive_time(file, node.get("pacing")).map(Some),
    };
    let mut sometime = Vec::new();
    for steps in [&file.on_start, &file.steps, &file.on_stop] {
        set_in(steps, &mut sometime);
    }
    let names = Names::new(shared.data, shared.secrets, sometime, &check.unknown);
    let variables = variables(check, shared.variables, &names, shared.root);
    let mut flow = Flow::new(shared.common, names);
    let on_start = flow.operations(check, &file.on_start, node.get("on_start"));
    let steps_node = node.get("steps");
    let actions = flow.operations(check, &file.steps, steps_node);
    let mut is_right = true;
    if let Some(actions) = &actions
        && !actions.iter().any(|it| matches!(it, Operation::Request(_)))
    {
        check.note::<()>(
            steps_node.place(),
            "at least one step is needed that is a request",
        );
        is_right = false;
    }
    let on_stop = flow.operations(check, &file.on_stop, node.get("on_stop"));
    let (names, steps, counters) = (flow.names, flow.steps, flow.counters);
    let (variable_names, given) = names.into_parts();
    variables.filter(|()| is_right)?;
    Some(Scenario {
        name: file.name.clone(),
        weight: file.weight.unwrap_or(1),
        load: load?.clone(),
        think_time: think_time?,
        pacing: pacing?,
        ends_iterations: file.stop == StopFile::AfterIteration,
        variables: variable_names,
        given,
        steps,
        on_start: on_start?,
        actions: actions?,
        on_stop: on_stop?,
        counters,
    })
}

/// The variables of the experiment; each can use those before it.
fn variables(
    check: &mut Check<'_>,
    file: &Ordered<ValueOr<ValueFile, DrawFile>>,
    names: &Names<'_>,
    root: &Node,
) -> Option<()> {
    let node = root.get("variables");
    let mut is_right = true;
    for (name, file) in &file.0 {
        is_right &= step::check_variable(check, name, node).is_some();
        let node = node.get(name);
        if let ValueOr::Drawn(DrawFile {
            secret_file: Some(secret),
            ..
        }) = file
        {
            let text = without_variables(secret, "the name of a file");
            let is_name = check.resolved(text, node.get("secret_file"));
            is_right &= is_name.is_some();
            // Read when a run begins: the file need not exist where an experiment is only checked.
            let source = SecretSource::File(secret.clone(), check.folder.join(secret));
            let secret = names.secret(source);
            names.give(name, VariableSource::Secret(secret));
            continue;
        }
        let draw = values::draw(check, file, names, node);
        let known = draw.as_ref().map(|draw| step::known(draw, names));
        // Also if the variable is wrong, so that uses of it are not reported.
        names.set(name, known.unwrap_or_default());
        is_right &= draw.is_some();
        if let Some(draw) = draw {
            names.give(name, VariableSource::Drawn(draw));
        }
    }
    is_right.then_some(())
}

/// Names of the variables that steps set or capture.
pub(super) fn set_in(steps: &[StepFile], names: &mut Vec<String>) {
    for step in steps {
        names.extend(step.set.0.iter().map(|(name, _)| name.clone()));
        names.extend(step.capture.0.iter().map(|(name, _)| name.clone()));
        set_in(&step.steps, names);
        for choice in step.choose.iter().flatten() {
            set_in(&choice.steps, names);
        }
    }
}
