//! The labels of requests in tables, figures and thresholds.

use crate::file::format::{ScenarioFile, StepFile};
use crate::file::source::Node;

/// The labels of all requests. `None` if a label is wrong, since it could then be any.
pub(super) fn labels<'a>(scenarios: &'a [ScenarioFile], node: &Node) -> Option<Vec<&'a str>> {
    let mut labels = Vec::new();
    known(node)?;
    for (index, scenario) in scenarios.iter().enumerate() {
        let node = known(node.index(index))?;
        for (key, steps) in [
            ("on_start", &scenario.on_start),
            ("steps", &scenario.steps),
            ("on_stop", &scenario.on_stop),
        ] {
            of_steps(steps, node, key, &mut labels)?;
        }
    }
    labels.sort_unstable();
    labels.dedup();
    Some(labels)
}

/// Of the steps that a mapping has under a key.
fn of_steps<'a>(
    steps: &'a [StepFile],
    around: &Node,
    key: &str,
    labels: &mut Vec<&'a str>,
) -> Option<()> {
    if around.has(key) {
        known(around.get(key))?;
    }
    for (index, step) in steps.iter().enumerate() {
        let node = around.get(key).index(index);
        let is_other = step.think.is_some()
            || step.repeat.is_some()
            || step.when.is_some()
            || step.choose.is_some();
        if step.request.is_none() && !is_other {
            return None;
        }
        if let Some(label) = step.name.as_deref().or(step.request.as_deref()) {
            known(node.get(if step.name.is_some() {
                "name"
            } else {
                "request"
            }))?;
            labels.push(label);
        }
        of_steps(&step.steps, node, "steps", labels)?;
        for (index, choice) in step.choose.iter().flatten().enumerate() {
            let node = known(node.get("choose"))?.index(index);
            of_steps(&choice.steps, node, "steps", labels)?;
        }
    }
    Some(())
}

fn known(node: &Node) -> Option<&Node> {
    Some(node).filter(|node| !node.place().is_stand_in())
}
