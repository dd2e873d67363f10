//! Checks of processors: whether generator and target had enough of them.

use std::time::Duration;

use workbench_samples::{Check, CheckStatus};

use super::{Evidence, check, up_to};
use crate::monitor::Processors;

/// Share of its processors that the generator may use. Above it, requests wait for a processor about as long as they
/// are processed. Our choice.
pub(super) const GENERATOR_TOLERANCE: f64 = 0.75;
/// Above this share the run is invalid. Our choice.
pub(super) const GENERATOR_LIMIT: f64 = 0.9;
/// Share of the processors that other processes may use on average, and in any one second. Our choice.
const OTHERS_TOLERANCE: f64 = 0.1;
const OTHERS_AT_WORST: f64 = 0.25;
/// Share of the processors that other guests of the machine's host may take. Our choice.
const STEAL_TOLERANCE: f64 = 0.02;
/// Share of the processors that all processes together may use before they wait for each other. Our choice.
const TOGETHER_TOLERANCE: f64 = 0.9;

/// Means over the readings of the steady part: the load in ramps and after the schedule does not affect the measured
/// requests.
pub(super) fn processors_free(evidence: &Evidence<'_>) -> Option<Check> {
    let readings = steady_readings(evidence);
    let total = |used: fn(&Processors) -> f64| total(&readings, used);
    let seconds = total(|_| 1.0);
    if seconds == 0.0 {
        return None;
    }
    // The generator, and a target that it has started, have the processors that this process may use.
    let share_of_own = |used| total(used) / (seconds * evidence.cpus);
    // Other load is measured for the whole machine, of which a container may use only a part.
    let share_of_machine = |used| total(used) / total(|it| it.online);
    // Generators of runs that are made at the same time wait for each other as the users of one do.
    let generators = share_of_own(|it| it.generator + it.generators_beside);
    let target = share_of_machine(|it| it.target);
    let beside = share_of_machine(|it| it.generators_beside + it.targets_beside);
    let others = share_of_machine(|it| it.others);
    let of_runs =
        |it: &Processors| it.generator + it.target + it.generators_beside + it.targets_beside;
    let together = (total(of_runs) + total(|it| it.others)) / total(|it| it.online);
    let together = together.max(share_of_own(of_runs));

    let crowded = together > TOGETHER_TOLERANCE;
    let strangers = others > OTHERS_TOLERANCE && !evidence.target_among_others;
    let at_least = if crowded {
        CheckStatus::Warning
    } else {
        CheckStatus::Passed
    };
    let status = up_to(generators, GENERATOR_TOLERANCE, GENERATOR_LIMIT).max(at_least);

    let percent = |share: f64| share * 100.0;
    let mut finding = format!(
        "{} used {:.1} % of {} processors (up to {:.0} % passes){}{}",
        if beside > 0.0 {
            "the generator, and those of the runs beside it,"
        } else {
            "the generator"
        },
        percent(generators),
        evidence.cpus,
        percent(GENERATOR_TOLERANCE),
        if target > 0.0 {
            let online = total(|it| it.online) / seconds;
            format!(
                "; the target used {:.1} % of this machine's {online:.0}",
                percent(target)
            )
        } else {
            String::new()
        },
        if beside > 0.0 {
            format!(", the runs beside it {:.1} %", percent(beside))
        } else {
            String::new()
        },
    );
    if crowded {
        let why = match (target > 0.0, strangers) {
            (true, false) => "the target and the generator compete for processors".to_owned(),
            (true, true) => {
                "the target, the generator and other processes compete for processors".to_owned()
            }
            (false, _) if evidence.target_among_others => format!(
                "processes other than the generator used {:.1} %; name the target under `monitor` to tell which of them it is",
                percent(others)
            ),
            (false, _) => "the generator and other processes compete for processors".to_owned(),
        };
        finding.push_str(&format!(
            "; all processes together used {:.1} % (up to {:.0} % passes): {why}. Response times include waiting for a processor",
            percent(together),
            percent(TOGETHER_TOLERANCE),
        ));
    }
    Some(check("processors", status, finding))
}

/// Checks the load of other processes on the machine.
pub(super) fn other_load(evidence: &Evidence<'_>) -> Option<Check> {
    let readings = steady_readings(evidence);
    let total = |used: fn(&Processors) -> f64| total(&readings, used);
    let (seconds, online) = (total(|_| 1.0), total(|it| it.online));
    if seconds == 0.0 {
        return None;
    }
    let (others, steal) = (total(|it| it.others), total(|it| it.steal));
    let worst = readings.iter().map(|it| it.others).fold(0.0, f64::max);
    let is_known = !evidence.target_among_others;
    let busy = others / online > OTHERS_TOLERANCE || worst * seconds / online > OTHERS_AT_WORST;
    let stolen = steal / online > STEAL_TOLERANCE;
    let status = if (busy && is_known) || stolen {
        CheckStatus::Warning
    } else {
        CheckStatus::Passed
    };
    let percent = |share: f64| share * 100.0;
    let limits = if is_known {
        format!(
            "up to {:.0} % of all {:.0} passes, and {:.0} % in a second",
            percent(OTHERS_TOLERANCE),
            online / seconds,
            percent(OTHERS_AT_WORST)
        )
    } else {
        "not judged: the target may be among them, see `monitor`".to_owned()
    };
    let finding = format!(
        "{}other processes used {:.0} % of a processor at the worst and {:.0} % on average ({limits}), steal took {:.1} % (up to \
         {:.0} %)",
        if status == CheckStatus::Passed {
            ""
        } else {
            "the machine was busy with something else: "
        },
        percent(worst),
        percent(others / seconds),
        percent(steal / online),
        percent(STEAL_TOLERANCE),
    );
    Some(check("other load", status, finding))
}

/// Processor time over the readings, in seconds.
fn total(readings: &[&Processors], used: impl Fn(&Processors) -> f64) -> f64 {
    let times = readings.iter().map(|it| used(it) * it.length.as_secs_f64());
    times.sum()
}

/// The readings of which at least half lies in the steady part. If there are none, those that overlap it.
fn steady_readings<'a>(evidence: &Evidence<'a>) -> Vec<&'a Processors> {
    let at = |offset: Duration| evidence.clock.at(offset);
    let (from, to) = (at(evidence.steady.start), at(evidence.steady.end));
    let inside = |it: &Processors| {
        let end = (it.from + it.length).min(to);
        end.saturating_duration_since(it.from.max(from))
    };
    let select = |wanted: &dyn Fn(&Processors) -> bool| -> Vec<&'a Processors> {
        evidence.processors.iter().filter(|it| wanted(it)).collect()
    };
    let within = select(&|it| inside(it) * 2 >= it.length);
    if within.is_empty() {
        select(&|it| !inside(it).is_zero())
    } else {
        within
    }
}
