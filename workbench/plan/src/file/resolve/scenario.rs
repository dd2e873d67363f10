//! Scenarios: names, weights, think times, variables.

use std::time::Duration;

use super::Check;
use super::load::{self, WireLoad};
use super::step::{self, Names};
use super::target::Service;
use crate::distribution::Distribution;
use crate::fault::Fault;
use crate::file::source::Node;
use crate::file::wire::{ValueOr, WireDuration, WireScenario, WireTimes};
use crate::plan::Scenario;

/// Goose lays out its users in proportion to the weights, in lists as long as the weights are large.
const LARGEST_WEIGHT: u32 = 1000;

pub(super) fn scenarios(
    check: &mut Check<'_>,
    wires: Vec<WireScenario>,
    services: Option<&[Service<'_>]>,
    node: &Node,
) -> Option<Vec<Scenario>> {
    if wires.is_empty() {
        return check.note(
            node.place(),
            "at least one scenario is needed: users would have nothing to do",
        );
    }
    for (index, wire) in wires.iter().enumerate() {
        let place = node.index(index).get("name").place();
        if wire.name.trim().is_empty() {
            check.note::<()>(place, "a scenario needs a name");
        } else if wires[..index].iter().any(|other| other.name == wire.name) {
            check.note::<()>(place, format!("two scenarios are named \"{}\"", wire.name));
        }
    }
    let scenarios: Vec<Option<Scenario>> = wires
        .into_iter()
        .enumerate()
        .map(|(index, wire)| scenario(check, wire, services, node.index(index)))
        .collect();
    scenarios.into_iter().collect()
}

fn scenario(
    check: &mut Check<'_>,
    wire: WireScenario,
    services: Option<&[Service<'_>]>,
    node: &Node,
) -> Option<Scenario> {
    let load = WireLoad {
        threads: wire.threads,
        concurrency: wire.concurrency,
        arrivals: wire.arrivals,
        iterations: wire.iterations,
    };
    let load = load::load(check, load, node);
    if !(1..=LARGEST_WEIGHT).contains(&wire.weight.unwrap_or(1)) {
        let message = format!("a weight is a whole number from 1 to {LARGEST_WEIGHT}");
        check.note::<()>(node.get("weight").place(), message);
    } else if wire.weight.is_some() && matches!(load, Some(Some(_))) {
        let message = "a scenario has a \"weight\", or a load of its own, not both";
        check.note::<()>(node.key_place("weight"), message);
    }
    let think_time = wire
        .think_time
        .map(|wire| times(check, wire, node.get("think_time")));
    let steps_node = node.get("steps");
    if wire.steps.is_empty() {
        return check.note(steps_node.place(), "at least one step is needed");
    }
    let mut names = Names::new(&wire.steps);
    let steps: Vec<_> = wire
        .steps
        .into_iter()
        .enumerate()
        .map(|(index, wire)| step::step(check, wire, services, &mut names, steps_node.index(index)))
        .collect();
    Some(Scenario {
        name: wire.name,
        weight: wire.weight.unwrap_or(1),
        load: load?,
        think_time: match think_time {
            Some(times) => Some(times?),
            None => None,
        },
        variables: names.into_positions(),
        steps: steps.into_iter().collect::<Option<_>>()?,
    })
}

fn times(
    check: &mut Check<'_>,
    wire: ValueOr<WireDuration, WireTimes>,
    node: &Node,
) -> Option<Distribution<Duration>> {
    let drawn = match wire {
        ValueOr::Value(time) => return check.time(&time, node).map(Distribution::Constant),
        ValueOr::Drawn(drawn) => drawn,
    };
    match (drawn.uniform, drawn.choice, drawn.exponential) {
        (Some([from, to]), None, None) => {
            let node = node.get("uniform");
            let (from, to) = (
                check.time(&from, node.index(0)),
                check.time(&to, node.index(1)),
            );
            let (from, to) = (from?, to?);
            if from > to {
                return check.note(node.place(), "the lowest time comes first");
            }
            Some(Distribution::Uniform(from, to))
        }
        (None, Some(times), None) => {
            let node = node.get("choice");
            if times.is_empty() {
                return check.note(node.place(), "there is nothing to choose from");
            }
            let times: Vec<_> = times
                .iter()
                .enumerate()
                .map(|(index, time)| check.time(time, node.index(index)))
                .collect();
            times
                .into_iter()
                .collect::<Option<_>>()
                .map(Distribution::Choice)
        }
        (None, None, Some(mean)) => check
            .positive_time(&mean, node.get("exponential"))
            .map(Distribution::Exponential),
        _ => {
            let fault = Fault::new(
                "one of \"uniform\", \"choice\" and \"exponential\" is needed, and only one",
            );
            check.resolved(Err(fault), node)
        }
    }
}
