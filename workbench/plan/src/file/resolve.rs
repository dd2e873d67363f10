//! Wire structs to [`Plan`]: everything that goes beyond keys and types.

mod load;
mod scenario;
mod step;
mod sweep;
mod target;

use std::time::Duration;

pub(super) use load::WireLoad;

use super::duration::parse_duration;
use super::source::{Node, Place, Source};
use super::threshold::parse_threshold;
use super::wire::{WireDuration, WirePlan};
use crate::error::Mistake;
use crate::fault::{Fault, suggestion};
use crate::plan::{Plan, Scenario, Threshold};

/// Resolves everything and reports every mistake found on the way, in the order of the file.
pub(super) fn resolve(
    wire: WirePlan,
    root: &Node,
    source: &Source<'_>,
    default_name: &str,
) -> Result<Plan, Vec<Mistake>> {
    let mut check = Check {
        source,
        mistakes: Vec::new(),
    };
    let name = check.name(wire.name, default_name, root);
    let target = target::target(&mut check, wire.target, root.get("target"));
    let load = WireLoad {
        threads: wire.threads,
        concurrency: wire.concurrency,
        arrivals: wire.arrivals,
        iterations: wire.iterations,
    };
    let load = load::load(&mut check, load, root);
    let sweep = wire.sweep.map(|wire| {
        let swept = (load.as_ref().map(Option::as_ref), target.as_ref());
        sweep::sweep(&mut check, &wire, swept, root.get("sweep"))
    });
    let warm_up = check.time(&wire.warm_up, root.get("warm_up"));
    let request_timeout = check.positive_time(&wire.timeout, root.get("timeout"));
    let services = target.as_ref().map(target::services);
    let scenarios = scenario::scenarios(
        &mut check,
        wire.scenarios,
        services.as_deref(),
        root.get("scenarios"),
    );
    let labels = scenarios.as_deref().map(labels);
    let thresholds = check.thresholds(&wire.thresholds, labels.as_deref(), root.get("thresholds"));
    if let (Some(load), Some(scenarios)) = (&load, &scenarios) {
        load::shared(&mut check, load.as_ref(), scenarios, root);
    }
    let parts = (name, target, load, warm_up, request_timeout, scenarios);
    let plan = if let (
        Some(name),
        Some(target),
        Some(load),
        Some(warm_up),
        Some(request_timeout),
        Some(scenarios),
    ) = parts
        && check.mistakes.is_empty()
    {
        let plan = Plan {
            title: wire.title.unwrap_or_else(|| name.clone()),
            name,
            question: wire.question.trim().to_owned(),
            seed: wire.seed,
            target,
            load,
            sweep: sweep.flatten(),
            warm_up,
            request_timeout,
            scenarios,
            thresholds,
        };
        load::warm_up(&mut check, &plan, root.get("warm_up")).map(|()| plan)
    } else {
        None
    };
    let mut mistakes = check.mistakes;
    mistakes.sort_by_key(|mistake| (mistake.line, mistake.column));
    // What an alias repeats is wrong once.
    mistakes.dedup();
    plan.ok_or(mistakes)
}

/// Collects mistakes with their places. What cannot be resolved is `None`, and its mistake is noted.
struct Check<'a> {
    source: &'a Source<'a>,
    mistakes: Vec<Mistake>,
}

impl Check<'_> {
    fn note<T>(&mut self, place: Place, message: impl Into<String>) -> Option<T> {
        self.mistakes.push(self.source.mistake(place, message));
        None
    }

    /// Notes what is wrong with the text of `node`, at the part of it that is wrong.
    fn resolved<T>(&mut self, result: Result<T, Fault>, node: &Node) -> Option<T> {
        result
            .map_err(|fault| {
                let place = self.source.within(node, &fault.offending);
                self.mistakes
                    .push(self.source.mistake(place, fault.message));
            })
            .ok()
    }

    fn time(&mut self, wire: &WireDuration, node: &Node) -> Option<Duration> {
        self.resolved(parse_duration(&wire.0), node)
    }

    fn positive_time(&mut self, wire: &WireDuration, node: &Node) -> Option<Duration> {
        let time = self.time(wire, node)?;
        if time.is_zero() {
            return self.note(node.place(), "this time has to be longer than nothing");
        }
        Some(time)
    }

    fn name(&mut self, name: Option<String>, default: &str, root: &Node) -> Option<String> {
        let given = name.is_some();
        let name = name.unwrap_or_else(|| default.to_owned());
        let right = name
            .starts_with(|first: char| first.is_ascii_lowercase() || first.is_ascii_digit())
            && name.chars().all(|letter| {
                letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-'
            });
        if right {
            return Some(name);
        }
        let rule = "names the results folder: lower-case letters, digits and hyphens";
        if given {
            return self.note(
                root.get("name").place(),
                format!("\"{name}\" cannot be the name: it {rule}"),
            );
        }
        let message = format!(
            "missing key \"name\": the file's own name, \"{name}\", does not do, for it {rule}"
        );
        self.note(root.place(), message)
    }

    fn thresholds(
        &mut self,
        texts: &[String],
        labels: Option<&[&str]>,
        node: &Node,
    ) -> Vec<Threshold> {
        let mut thresholds = Vec::new();
        for (index, text) in texts.iter().enumerate() {
            let node = node.index(index);
            let Some(threshold) = self.resolved(parse_threshold(text), node) else {
                continue;
            };
            if let (Some(label), Some(labels)) = (&threshold.request, labels)
                && !labels.contains(&label.as_str())
            {
                let message = format!(
                    "no step is named \"{label}\"{}",
                    suggestion(label, labels.iter().copied())
                );
                let place = self.source.within(node, label);
                self.mistakes.push(self.source.mistake(place, message));
            }
            thresholds.push(threshold);
        }
        thresholds
    }
}

fn labels(scenarios: &[Scenario]) -> Vec<&str> {
    let mut labels = Vec::new();
    for step in scenarios.iter().flat_map(|scenario| &scenario.steps) {
        if !labels.contains(&step.label.as_str()) {
            labels.push(step.label.as_str());
        }
    }
    labels
}
