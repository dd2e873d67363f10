//! The description of a plan that `workbench validate` prints.

mod curve;
mod inputs;
mod segments;
mod steps;

use std::fmt::Display;
use std::time::Duration;

pub use segments::describe_segments;
pub(crate) use steps::expectation;

use crate::file::{format_duration, without_password};
use crate::plan::{
    Arrivals, Concurrency, Database, Gaps, Load, Monitor, Plan, Rate, Stage, SteadyPart, Target,
    ThreadRow,
};
use crate::schedule::{Schedule, Work};
use crate::sweep::Sweep;
use crate::tls::Tls;

/// Width at which prose is wrapped.
const LINE_WIDTH: usize = 90;

/// Describes what a run of the plan would do: its target, its schedule, its scenarios and its thresholds.
///
/// Passwords of databases, and secrets that are written out, are left out.
#[must_use]
pub fn describe(plan: &Plan) -> String {
    let points = plan.points();
    let largest = points.iter().max_by_key(|(point, _)| *point);
    let shown = largest.map_or(plan, |(_, largest)| largest);
    let schedule = shown.schedule();
    let mut lines = vec![plan.heading()];
    lines.extend(
        plan.question
            .lines()
            .flat_map(|line| textwrap::wrap(line, LINE_WIDTH))
            .map(|line| format!("  {line}")),
    );
    lines.push(String::new());
    lines.extend(target(&shown.target));
    lines.extend(monitor(&plan.monitor));
    lines.extend(inputs::inputs(plan));
    lines.push(String::new());
    if let Some(sweep) = &plan.sweep {
        lines.extend(self::sweep(sweep, &schedule));
        lines.push(String::new());
    }
    lines.extend(self::schedule(shown, &schedule));
    lines.extend(steady(plan));
    lines.push(String::new());
    lines.extend(curve::curve(&schedule));
    lines.push(String::new());
    lines.extend(scenarios(plan, &schedule));
    lines.push(String::new());
    lines.extend(thresholds(plan));
    let timeout = format_duration(plan.request_timeout);
    lines.push(format!(
        "Each request may take {timeout}; random choices derive from seed {}.",
        plan.seed
    ));
    lines
        .iter()
        .fold(String::new(), |text, line| text + line.trim_end() + "\n")
}

fn target(target: &Target) -> Vec<String> {
    match target {
        Target::Bookstore(bookstore) => {
            let database = match &bookstore.database {
                Database::Sqlite => "SQLite".to_owned(),
                Database::Postgres(url) => without_password(url),
            };
            let replicas = match bookstore.replicas {
                1 => String::new(),
                several => format!(", {several} replicas"),
            };
            let target = format!(
                "Target: the bundled bookstore on {database}, {}, {} of each{replicas}",
                counted(bookstore.products, "product", "products"),
                counted(bookstore.stock, "copy", "copies"),
            );
            let faults = bookstore.faults.iter();
            std::iter::once(target)
                .chain(faults.map(|fault| format!("  fault: {}", fault.as_str())))
                .collect()
        }
        Target::Urls(urls) => {
            let width = urls
                .services
                .keys()
                .map(String::len)
                .max()
                .unwrap_or_default();
            let service = |(name, url)| format!("  {name:<width$}  {}", url);
            std::iter::once("Target: running services".to_owned())
                .chain(urls.services.iter().map(service))
                .chain(urls.tls.iter().flat_map(tls))
                .chain(
                    urls.reset
                        .iter()
                        .map(|request| format!("  reset before each run: {request}")),
                )
                .collect()
        }
    }
}

fn tls(tls: &Tls) -> Vec<String> {
    let trusted = tls.ca.iter();
    let trusted = trusted.map(|ca| format!("  tls: services are verified by {ca}"));
    let presented = tls.client.iter();
    trusted
        .chain(presented.map(|client| format!("  tls: the client presents {}", client.certificate)))
        .collect()
}

fn monitor(monitor: &Monitor) -> Vec<String> {
    let processes = monitor.processes.iter().map(ToString::to_string);
    let endpoints = monitor.prometheus.iter();
    processes
        .chain(endpoints.map(|url| format!("Prometheus endpoint {url}")))
        .map(|watched| format!("  watched: {watched}"))
        .collect()
}

fn sweep(sweep: &Sweep, schedule: &Schedule) -> Vec<String> {
    let values: Vec<String> = sweep.values.iter().map(u32::to_string).collect();
    let text = format!(
        "Sweep over {}: {}",
        sweep.parameter.as_str(),
        values.join(", ")
    );
    let listed = textwrap::wrap(
        &text,
        textwrap::Options::new(LINE_WIDTH).subsequent_indent("  "),
    )
    .into_iter()
    .map(String::from);
    // All points last equally long.
    let total = schedule.end().as_nanos() * values.len() as u128;
    listed
        .chain([
            format!(
                "  {} in random order, {} in all for one repetition, besides starts and reports",
                counted(values.len(), "run", "runs"),
                format_duration(Duration::from_nanos_u128(total))
            ),
            format!(
                "  what follows is the point with the most {}",
                sweep.parameter.as_str()
            ),
        ])
        .collect()
}

fn schedule(plan: &Plan, schedule: &Schedule) -> Vec<String> {
    let users = schedule.users().iter();
    let scheduled = users.filter(|user| !matches!(user.work, Work::Arrivals(_)));
    let users = match scheduled.count() {
        0 => String::new(),
        users => format!(
            "{}, at most {} at once, ",
            counted(users, "user", "users"),
            schedule.peak_users()
        ),
    };
    let most = if schedule.least_end() < schedule.end() {
        "at most "
    } else {
        ""
    };
    let mut lines = vec![format!(
        "Schedule: {users}{most}{} in all",
        format_duration(schedule.end())
    )];
    for (load, sharing) in plan.loads() {
        let own = plan.scenarios[sharing[0].0].load.is_some();
        let of = match sharing[..] {
            [(only, _)] if own => format!(" for {}", plan.scenarios[only].name),
            _ => String::new(),
        };
        lines.extend(self::load(load).into_iter().map(|line| line + &of));
    }
    let (held_from, held_to, end) = (schedule.ramped_up(), schedule.hold_end(), schedule.end());
    let phases = [
        ("ramp-up", Duration::ZERO, held_from),
        ("hold", held_from, held_to),
        ("ramp-down", held_to, end),
    ];
    lines.extend(
        phases
            .into_iter()
            .filter(|(_, from, to)| from < to)
            .map(|(name, from, to)| {
                // A row that starts later also ends later, so this differs from the rows' own holds.
                let meant = match name {
                    "hold" if schedule.peak_users() > 0 => {
                        ", from the last user's start to the first one's stop"
                    }
                    _ => "",
                };
                format!(
                    "  {name:<10} {:>8} to {}{meant}",
                    curve::seconds(from),
                    curve::seconds(to)
                )
            }),
    );
    lines
}

fn load(load: &Load) -> Vec<String> {
    match load {
        Load::Threads(rows) => rows.iter().map(thread_row).collect(),
        Load::Concurrency(load) => vec![concurrency(load)],
        Load::Arrivals(load) => arrivals(load),
        Load::Iterations(load) => vec![format!(
            "  {} by {}, at most {}",
            counted(load.total, "iteration", "iterations"),
            counted(load.users, "user", "users"),
            format_duration(load.max_duration),
        )],
    }
}

/// In one line, or in one for each stage and one for all.
fn arrivals(arrivals: &Arrivals) -> Vec<String> {
    let schedule = arrivals.schedule();
    let count = match arrivals.gaps {
        Gaps::Even => format!("even gaps, {} in all", schedule.most()),
        Gaps::Exponential => {
            format!("exponential gaps, about {:.0} in all", schedule.expected())
        }
    };
    let of_all = format!(
        "{count}, by {} at most",
        counted(arrivals.max_users, "user", "users"),
    );
    match &arrivals.stages[..] {
        [only] => vec![format!("{}, {of_all}", stage(only))],
        stages => {
            let of_all = format!("  arrivals with {of_all}");
            stages.iter().map(stage).chain([of_all]).collect()
        }
    }
}

fn stage(stage: &Stage) -> String {
    let ramp = if stage.ramp.is_zero() {
        String::new()
    } else {
        let from = match stage.from {
            Rate { count: 0.0, .. } => String::new(),
            from => format!(" from {from}"),
        };
        let over = format_duration(stage.ramp);
        format!(" reached{from} over {over} {},", in_steps(stage.steps))
    };
    let rate = stage.rate;
    format!(
        "  arrivals at {rate},{ramp} hold {}",
        format_duration(stage.hold)
    )
}

fn in_steps(steps: Option<u32>) -> String {
    match steps {
        Some(steps) => format!("in {}", counted(steps, "step", "steps")),
        None => "evenly".to_owned(),
    }
}

/// `None` if the steady part is the hold from its start.
fn steady(plan: &Plan) -> Option<String> {
    let after = if plan.warm_up.is_zero() {
        String::new()
    } else {
        format!(" after a warm-up of {}", format_duration(plan.warm_up))
    };
    match plan.steady_part() {
        SteadyPart::Hold if after.is_empty() => None,
        SteadyPart::Hold => Some(format!("  analysed as steady: the hold{after}")),
        SteadyPart::WholeRun => Some(format!(
            "  analysed as steady: the whole run{after}, for nothing is held"
        )),
    }
}

fn thread_row(row: &ThreadRow) -> String {
    let delay = match row.initial_delay {
        Duration::ZERO => String::new(),
        delay => format!(" after {}", format_duration(delay)),
    };
    format!(
        "  {}{delay}: start over {}, hold {}, stop over {}",
        counted(row.users, "user", "users"),
        format_duration(row.startup),
        format_duration(row.hold),
        format_duration(row.shutdown),
    )
}

fn concurrency(concurrency: &Concurrency) -> String {
    format!(
        "  up to {} over {} {}, hold {}",
        counted(concurrency.target, "user", "users"),
        format_duration(concurrency.ramp_up),
        in_steps(concurrency.steps),
        format_duration(concurrency.hold),
    )
}

fn scenarios(plan: &Plan, schedule: &Schedule) -> Vec<String> {
    let mut lines = vec!["Scenarios".to_owned()];
    let shown = plan.redacted();
    for (position, scenario) in plan.scenarios.iter().enumerate() {
        let share = match scenario.load {
            Some(_) => "a load of its own".to_owned(),
            None => format!("weight {}", scenario.weight),
        };
        let played = schedule
            .users()
            .iter()
            .filter(|user| user.scenario == position && !matches!(user.work, Work::Arrivals(_)));
        let users = match scenario.load.as_ref().or(plan.load.as_ref()) {
            Some(Load::Arrivals(_)) => String::new(),
            _ => format!(", {}", counted(played.count(), "user", "users")),
        };
        let file = &shown.scenarios[position];
        let think_time = match &file.think_time {
            None => "no think time".to_owned(),
            Some(times) => format!("think time {}", steps::times(times)),
        };
        let pacing = scenario.pacing.map_or_else(String::new, |pacing| {
            format!(", an iteration every {}", format_duration(pacing))
        });
        let stop = if scenario.ends_iterations {
            ", stops after its iteration"
        } else {
            ""
        };
        let name = &scenario.name;
        lines.push(format!(
            "  {name}: {share}{users}, {think_time}{pacing}{stop}"
        ));
        steps::group("on start", &file.on_start, &mut lines);
        steps::steps(&file.steps, 4, &mut lines);
        steps::group("on stop", &file.on_stop, &mut lines);
    }
    lines
}

fn thresholds(plan: &Plan) -> Vec<String> {
    if plan.thresholds.is_empty() {
        return vec!["Thresholds: none".to_owned()];
    }
    std::iter::once("Thresholds".to_owned())
        .chain(
            plan.thresholds
                .iter()
                .map(|threshold| format!("  {}", threshold.text.trim())),
        )
        .collect()
}

fn counted(count: impl Display, one: &str, many: &str) -> String {
    let count = count.to_string();
    let noun = if count == "1" { one } else { many };
    format!("{count} {noun}")
}

#[cfg(test)]
mod tests;
