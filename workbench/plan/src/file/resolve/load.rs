//! How many users there are, and when.

use std::time::Duration;

use super::Check;
use crate::file::duration::format_duration;
use crate::file::source::Node;
use crate::file::wire::{WireConcurrency, WireDuration, WireThreadRow};
use crate::plan::{Concurrency, Load, ThreadRow};

/// More than a machine has room for: 100,000 users take about 2 GB, and an address has 65,535 ports.
const MOST_USERS: u64 = 1_000_000;

pub(super) fn load(
    check: &mut Check<'_>,
    threads: Option<Vec<WireThreadRow>>,
    concurrency: Option<WireConcurrency>,
    root: &Node,
) -> Option<Load> {
    match (threads, concurrency) {
        (Some(rows), None) => thread_rows(check, &rows, root.get("threads")),
        (None, Some(wire)) => {
            let resolved = self::concurrency(check, &wire, root.get("concurrency"));
            resolved.map(Load::Concurrency)
        }
        (Some(_), Some(_)) => check.note(
            root.key_place("concurrency"),
            "users come either from \"threads\" or from \"concurrency\", not from both",
        ),
        (None, None) => check.note(
            root.place(),
            "missing key \"threads\" or \"concurrency\": nobody would come",
        ),
    }
}

fn thread_rows(check: &mut Check<'_>, wires: &[WireThreadRow], node: &Node) -> Option<Load> {
    if wires.is_empty() {
        return check.note(
            node.place(),
            "at least one row is needed: nobody would come",
        );
    }
    let rows: Vec<Option<ThreadRow>> = wires
        .iter()
        .enumerate()
        .map(|(index, wire)| thread_row(check, wire, node.index(index)))
        .collect();
    if wires.iter().map(|row| u64::from(row.start)).sum::<u64>() > MOST_USERS {
        return check.note(node.place(), format!("more than {MOST_USERS} users in all"));
    }
    rows.into_iter()
        .collect::<Option<Vec<_>>>()
        .map(Load::Threads)
}

fn thread_row(check: &mut Check<'_>, wire: &WireThreadRow, node: &Node) -> Option<ThreadRow> {
    let initial_delay = check.time(&wire.initial_delay, node.get("initial_delay"));
    let startup = check.time(&wire.startup, node.get("startup"));
    let hold = check.time(&wire.hold, node.get("hold"));
    let shutdown = check.time(&wire.shutdown, node.get("shutdown"));
    let users = users(check, wire.start, node.get("start"));
    let row = ThreadRow {
        users: users?,
        initial_delay: initial_delay?,
        startup: startup?,
        hold: hold?,
        shutdown: shutdown?,
    };
    if (row.startup + row.hold + row.shutdown).is_zero() {
        return check.note(
            node.place(),
            "this row takes no time: startup, hold and shutdown are all 0s",
        );
    }
    Some(row)
}

fn concurrency(check: &mut Check<'_>, wire: &WireConcurrency, node: &Node) -> Option<Concurrency> {
    let ramp_up = check.time(&wire.ramp_up, node.get("ramp_up"));
    let hold = check.time(&wire.hold, node.get("hold"));
    let target = users(check, wire.target, node.get("target"));
    let concurrency = Concurrency {
        target: target?,
        ramp_up: ramp_up?,
        steps: wire.steps,
        hold: hold?,
    };
    if (concurrency.ramp_up + concurrency.hold).is_zero() {
        return check.note(
            node.place(),
            "this takes no time: ramp_up and hold are both 0s",
        );
    }
    if let Some(steps) = concurrency.steps {
        let place = node.get("steps").place();
        if steps == 0 {
            return check.note(
                place,
                "at least one step is needed; leave \"steps\" out for an even ramp",
            );
        }
        if steps > concurrency.target {
            let message = format!(
                "{steps} steps cannot be taken by {} users",
                concurrency.target
            );
            return check.note(place, message);
        }
        if concurrency.ramp_up.is_zero() {
            return check.note(place, "steps need a \"ramp_up\" to spread over");
        }
    }
    Some(concurrency)
}

/// A warm-up leaves something to analyse.
pub(super) fn warm_up(
    check: &mut Check<'_>,
    wire: &WireDuration,
    load: Option<&Load>,
    node: &Node,
) -> Option<Duration> {
    let warm_up = check.time(wire, node)?;
    let Some(load) = load else {
        return Some(warm_up);
    };
    let schedule = load.schedule();
    let (what, end) = if load.holds() {
        (
            "the full number of users is there until",
            schedule.hold_end(),
        )
    } else {
        ("the run lasts", schedule.end())
    };
    if !warm_up.is_zero() && warm_up >= end {
        let message = format!(
            "a warm-up of {} leaves nothing to analyse: {what} {}",
            format_duration(warm_up),
            format_duration(end),
        );
        return check.note(node.place(), message);
    }
    Some(warm_up)
}

pub(super) fn users(check: &mut Check<'_>, users: u32, node: &Node) -> Option<u32> {
    if users == 0 {
        return check.note(node.place(), "at least one user is needed");
    }
    if u64::from(users) > MOST_USERS {
        return check.note(node.place(), format!("more than {MOST_USERS} users"));
    }
    Some(users)
}
