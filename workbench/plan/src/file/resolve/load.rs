//! Loads: numbers of users, rates and their times. Slightly longer than other files, because every kind of load is resolved here.

use std::time::Duration;

use super::Check;
use crate::file::duration::{format_duration, parse_duration};
use crate::file::format::{
    ArrivalsFile, ConcurrencyFile, DurationFile, GapsFile, IterationsFile, NumberOr, ScenarioFile,
    StageFile, ThreadRowFile, default_max_duration,
};
use crate::file::rate::{parse_rate, parse_rate_or_none};
use crate::file::source::Node;
use crate::plan::{
    Arrivals, Concurrency, Gaps, Iterations, Load, Rate, Stage, SteadyPart, ThreadRow,
};
use crate::schedule::Schedule;

/// Most users. 100,000 users take about 2 GB, and an address has 65,535 ports.
const MOST_USERS: u64 = 1_000_000;
/// What the number of an arrival may be in a sample.
const MOST_ARRIVALS: f64 = 4_000_000_000.0;

/// The keys of a mapping that can give its load. At most one of them may be given.
pub(super) struct LoadFile<'a> {
    pub(super) threads: Option<&'a [ThreadRowFile]>,
    pub(super) concurrency: Option<&'a ConcurrencyFile>,
    pub(super) arrivals: Option<&'a ArrivalsFile>,
    pub(super) iterations: Option<&'a NumberOr<IterationsFile>>,
}

/// The load of a mapping. A mistake is noted.
pub(super) fn load(
    check: &mut Check<'_>,
    file: &LoadFile<'_>,
    node: &Node,
) -> Option<Option<Load>> {
    let given: Vec<&str> = [
        ("threads", file.threads.is_some()),
        ("concurrency", file.concurrency.is_some()),
        ("arrivals", file.arrivals.is_some()),
        ("iterations", file.iterations.is_some()),
    ]
    .into_iter()
    .filter_map(|(key, is_given)| is_given.then_some(key))
    .collect();
    let mut loads = Vec::new();
    if let Some(rows) = file.threads {
        loads.push(thread_rows(check, rows, node.get("threads")));
    }
    if let Some(file) = file.concurrency {
        let load = concurrency(check, file, node.get("concurrency"));
        loads.push(load.map(Load::Concurrency));
    }
    if let Some(file) = file.arrivals {
        let load = arrivals(check, file, node.get("arrivals"));
        loads.push(load.map(Load::Arrivals));
    }
    if let Some(file) = file.iterations {
        let load = iterations(check, file, node.get("iterations"));
        loads.push(load.map(Load::Iterations));
    }
    if let [first, second, ..] = given[..] {
        let message =
            format!("the load comes either from \"{first}\" or from \"{second}\", not from both");
        return check.note(node.key_place(second), message);
    }
    match loads.pop() {
        None => Some(None),
        // The intended load is not known.
        Some(_) if node.get(given[0]).is_stand_in() => None,
        Some(load) => load.map(Some),
    }
}

/// Checks that every scenario has users, and that all of the load has a scenario.
pub(super) fn shared(
    check: &mut Check<'_>,
    load: Option<&Load>,
    scenarios: &[(&ScenarioFile, Option<&Load>)],
    root: &Node,
) -> Option<()> {
    for (position, (scenario, own)) in scenarios.iter().enumerate() {
        if scenario.pacing.is_some() && matches!(own.or(load), Some(Load::Arrivals(_))) {
            let node = root.get("scenarios").index(position);
            let message =
                "\"arrivals\" say when iterations begin: there is no \"pacing\" beside them";
            check.note::<()>(node.key_place("pacing"), message);
        }
    }
    let sharing = scenarios.iter().position(|(_, own)| own.is_none());
    match (load, sharing) {
        (None, Some(position)) => {
            let keys = "\"threads\", \"concurrency\", \"arrivals\" or \"iterations\"";
            if scenarios.iter().all(|(_, own)| own.is_none()) {
                return check.note(
                    root.place(),
                    format!("missing key {keys}: there would be no users"),
                );
            }
            let name = &scenarios[position].0.name;
            let place = root.get("scenarios").index(position).place();
            check.note(
                place,
                format!("\"{name}\" has no users: it needs {keys}, or the experiment does"),
            )
        }
        (Some(load), None) => {
            let place = root.key_place(key(load));
            check.note(
                place,
                "every scenario has a load of its own: none uses this one",
            )
        }
        _ => Some(()),
    }
}

fn key(load: &Load) -> &'static str {
    match load {
        Load::Threads(_) => "threads",
        Load::Concurrency(_) => "concurrency",
        Load::Arrivals(_) => "arrivals",
        Load::Iterations(_) => "iterations",
    }
}

fn arrivals(check: &mut Check<'_>, file: &ArrivalsFile, node: &Node) -> Option<Arrivals> {
    let stages = match &file.stages {
        None => one_rate(check, file, node).map(|stage| vec![stage]),
        Some(files) => {
            let alone = [
                ("rate", file.rate.is_some()),
                ("ramp_up", file.ramp_up.is_some()),
                ("steps", file.steps.is_some()),
                ("hold", file.hold.is_some()),
            ];
            for (key, _) in alone.into_iter().filter(|(_, is_given)| *is_given) {
                let message = format!(
                    "\"{key}\" belongs to a single rate: each of the \"stages\" has its own"
                );
                check.note::<()>(node.key_place(key), message);
            }
            stages(check, files, node.get("stages"))
        }
    };
    let max_users = match file.max_users {
        Some(given) => users(check, given, node.get("max_users")),
        None => stages.as_deref().map(|stages| {
            let rates = stages.iter().flat_map(|it| [it.from, it.rate]);
            let highest = rates.map(Rate::per_second).fold(0.0, f64::max);
            highest.ceil().clamp(10.0, 10_000.0) as u32
        }),
    };
    let arrivals = Arrivals {
        stages: stages?,
        gaps: match file.gaps {
            GapsFile::Even => Gaps::Even,
            GapsFile::Exponential => Gaps::Exponential,
        },
        max_users: max_users?,
    };
    let expected = arrivals.schedule().expected();
    if expected > MOST_ARRIVALS {
        let message = format!("{expected:.0} arrivals are more than {MOST_ARRIVALS:.0}");
        return check.note(node.place(), message);
    }
    Some(arrivals)
}

/// The only rate, which is reached from 0.
fn one_rate(check: &mut Check<'_>, file: &ArrivalsFile, node: &Node) -> Option<Stage> {
    let rate = match &file.rate {
        Some(rate) => check.resolved(parse_rate(&rate.0), node.get("rate")),
        None => check.note(node.place(), "missing key \"rate\" or \"stages\""),
    };
    let mut time = |file: Option<&DurationFile>, key| {
        file.map_or(Some(Duration::ZERO), |file| check.time(file, node.get(key)))
    };
    let ramp = time(file.ramp_up.as_ref(), "ramp_up");
    let hold = time(file.hold.as_ref(), "hold");
    let (rate, ramp, hold) = (rate?, ramp?, hold?);
    takes_time(check, ramp + hold, "ramp_up", node)?;
    if let Some(steps) = file.steps {
        steps_spread(check, steps, ramp, "ramp_up", node)?;
    }
    Some(Stage {
        from: begins_at(rate, ramp, None),
        rate,
        ramp,
        steps: file.steps,
        hold,
    })
}

fn stages(check: &mut Check<'_>, files: &[StageFile], node: &Node) -> Option<Vec<Stage>> {
    let mut stages: Vec<Option<Stage>> = Vec::new();
    for (index, file) in files.iter().enumerate() {
        let before = stages.last().map(|before| before.map(|it| it.rate));
        let stage = stage(check, file, before, node.index(index));
        stages.push(stage);
    }
    let stages: Vec<Stage> = stages.into_iter().collect::<Option<_>>()?;
    if stages.is_empty() {
        let message = "at least one stage is needed: there would be no arrivals";
        return check.note(node.place(), message);
    }
    let mut rates = stages.iter().flat_map(|it| [it.from, it.rate]);
    if rates.all(|rate| rate.per_second() == 0.0) {
        return check.note(node.place(), "nothing arrives: all rates are 0");
    }
    let steps = stages.iter().filter_map(|it| it.steps).map(u64::from);
    if steps.sum::<u64>() > u64::from(MOST_STEPS) {
        return check.note(node.place(), format!("more than {MOST_STEPS} steps in all"));
    }
    Some(stages)
}

/// `before` is the rate of the stage before; inside it, `None` if that is not known.
fn stage(
    check: &mut Check<'_>,
    file: &StageFile,
    before: Option<Option<Rate>>,
    node: &Node,
) -> Option<Stage> {
    let rate = check.resolved(parse_rate_or_none(&file.rate.0), node.get("rate"));
    let ramp = check.time(&file.ramp, node.get("ramp"));
    let hold = check.time(&file.hold, node.get("hold"));
    let given = match &file.from {
        None => Some(None),
        Some(from) => check
            .resolved(parse_rate_or_none(&from.0), node.get("from"))
            .map(Some),
    };
    let (rate, ramp, hold, given) = (rate?, ramp?, hold?, given?);
    takes_time(check, ramp + hold, "ramp", node)?;
    if given.is_some() && ramp.is_zero() {
        let message = "\"from\" is where a ramp begins: it needs a \"ramp\"";
        return check.note(node.key_place("from"), message);
    }
    if let Some(steps) = file.steps {
        steps_spread(check, steps, ramp, "ramp", node)?;
    }
    let from = match (given, before) {
        (Some(given), _) => given,
        (None, Some(before)) => begins_at(rate, ramp, Some(before?)),
        (None, None) => begins_at(rate, ramp, None),
    };
    Some(Stage {
        from,
        rate,
        ramp,
        steps: file.steps,
        hold,
    })
}

/// Where the way to a rate begins: at the rate before, or at 0; without a ramp at the rate itself.
fn begins_at(rate: Rate, ramp: Duration, before: Option<Rate>) -> Rate {
    if ramp.is_zero() {
        return rate;
    }
    before.unwrap_or(Rate { count: 0.0, ..rate })
}

fn iterations(
    check: &mut Check<'_>,
    file: &NumberOr<IterationsFile>,
    node: &Node,
) -> Option<Iterations> {
    let (total, users, max_duration) = match file {
        NumberOr::Number(total) => {
            let longest = parse_duration(&default_max_duration().0).ok();
            (*total, Some(1), longest)
        }
        NumberOr::More(file) => (
            file.total,
            users(check, file.users, node.get("users")),
            check.positive_time(&file.max_duration, node.get("max_duration")),
        ),
    };
    let iterations = Iterations {
        total,
        users: users?,
        max_duration: max_duration?,
    };
    if iterations.total < iterations.users {
        let message = format!(
            "every user does at least one iteration: {} is too few",
            iterations.total
        );
        return check.note(node.get("total").place(), message);
    }
    Some(iterations)
}

/// `ramp` is the key of the ramp's time.
fn takes_time(check: &mut Check<'_>, time: Duration, ramp: &str, node: &Node) -> Option<()> {
    if time.is_zero() {
        let message = format!("this takes no time: {ramp} and hold are both 0s");
        return check.note(node.place(), message);
    }
    Some(())
}

fn steps_spread(
    check: &mut Check<'_>,
    steps: u32,
    time: Duration,
    ramp: &str,
    node: &Node,
) -> Option<()> {
    let place = node.get("steps").place();
    if steps == 0 {
        let message = "at least one step is needed; leave \"steps\" out for an even ramp";
        return check.note(place, message);
    }
    if steps > MOST_STEPS {
        return check.note(place, format!("more than {MOST_STEPS} steps are a ramp"));
    }
    if time.is_zero() {
        return check.note(place, format!("steps need a \"{ramp}\" to spread over"));
    }
    Some(())
}

/// More cannot be distinguished from a ramp.
const MOST_STEPS: u32 = 100_000;

fn thread_rows(check: &mut Check<'_>, files: &[ThreadRowFile], node: &Node) -> Option<Load> {
    if files.is_empty() {
        return check.note(
            node.place(),
            "at least one row is needed: there would be no users",
        );
    }
    let rows: Vec<Option<ThreadRow>> = files
        .iter()
        .enumerate()
        .map(|(index, file)| thread_row(check, file, node.index(index)))
        .collect();
    if files.iter().map(|row| u64::from(row.start)).sum::<u64>() > MOST_USERS {
        return check.note(node.place(), format!("more than {MOST_USERS} users in all"));
    }
    rows.into_iter()
        .collect::<Option<Vec<_>>>()
        .map(Load::Threads)
}

fn thread_row(check: &mut Check<'_>, file: &ThreadRowFile, node: &Node) -> Option<ThreadRow> {
    let initial_delay = check.time(&file.initial_delay, node.get("initial_delay"));
    let startup = check.time(&file.startup, node.get("startup"));
    let hold = check.time(&file.hold, node.get("hold"));
    let shutdown = check.time(&file.shutdown, node.get("shutdown"));
    let users = users(check, file.start, node.get("start"));
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

fn concurrency(check: &mut Check<'_>, file: &ConcurrencyFile, node: &Node) -> Option<Concurrency> {
    let ramp_up = check.time(&file.ramp_up, node.get("ramp_up"));
    let hold = check.time(&file.hold, node.get("hold"));
    let target = users(check, file.target, node.get("target"));
    let concurrency = Concurrency {
        target: target?,
        ramp_up: ramp_up?,
        steps: file.steps,
        hold: hold?,
    };
    takes_time(
        check,
        concurrency.ramp_up + concurrency.hold,
        "ramp_up",
        node,
    )?;
    if let Some(steps) = concurrency.steps {
        if steps > concurrency.target {
            let message = format!(
                "{steps} steps cannot be taken by {} users",
                concurrency.target
            );
            return check.note(node.get("steps").place(), message);
        }
        steps_spread(check, steps, concurrency.ramp_up, "ramp_up", node)?;
    }
    Some(concurrency)
}

/// Checks that the warm-up is shorter than the run.
pub(super) fn warm_up(
    check: &mut Check<'_>,
    warm_up: Duration,
    loads: &[(&Load, Vec<(usize, u32)>)],
    node: &Node,
) -> Option<()> {
    let schedule = Schedule::of(loads);
    let (what, end) = match SteadyPart::of(loads) {
        SteadyPart::Hold => ("the full load is there until", schedule.hold_end()),
        SteadyPart::WholeRun => ("the run lasts", schedule.end()),
    };
    if !warm_up.is_zero() && warm_up >= end {
        let message = format!(
            "a warm-up of {} leaves nothing to analyse: {what} {}",
            format_duration(warm_up),
            format_duration(end),
        );
        return check.note(node.place(), message);
    }
    Some(())
}

pub(super) fn users(check: &mut Check<'_>, users: u32, node: &Node) -> Option<u32> {
    if node.is_stand_in() {
        return None;
    }
    if users == 0 {
        return check.note(node.place(), "at least one user is needed");
    }
    if u64::from(users) > MOST_USERS {
        return check.note(node.place(), format!("more than {MOST_USERS} users"));
    }
    Some(users)
}
