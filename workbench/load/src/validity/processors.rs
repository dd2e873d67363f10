//! Whether the generator had the processors that it needed, and the target those that it was to be measured with.

use std::time::Duration;

use workbench_samples::{Check, CheckStatus};

use super::{Evidence, check, up_to};
use crate::watch::Processors;

/// Share of its processors that the generator may use before it is itself what is measured: from here on its requests
/// wait for a processor about as long as they are worked on. Ours.
const GENERATOR_TOLERANCE: f64 = 0.75;
/// Past this share the run is invalid. Ours.
const GENERATOR_LIMIT: f64 = 0.9;
/// Share of the processors that other processes may use. Ours.
const OTHERS_TOLERANCE: f64 = 0.1;
/// Share of the processors that other guests of the machine's host may take. Ours.
const STEAL_TOLERANCE: f64 = 0.02;
/// Share of the processors that all processes together may use before they wait for each other. Ours.
const TOGETHER_TOLERANCE: f64 = 0.9;

/// Means over the readings of the steady part: how busy the processors were in ramps and after the schedule says nothing
/// of the measured requests.
pub(super) fn processors_free(evidence: &Evidence<'_>) -> Option<Check> {
    let readings = steady_readings(evidence);
    let total = |used: fn(&Processors) -> f64| -> f64 {
        let times = readings.iter().map(|it| used(it) * it.length.as_secs_f64());
        times.sum()
    };
    let seconds = total(|_| 1.0);
    if seconds == 0.0 {
        return None;
    }
    // The generator, and a target that it has started, have the processors that this process may use.
    let share_of_own = |used| total(used) / (seconds * evidence.cpus);
    // All else is counted for the whole machine, of which a container may use a part only.
    let share_of_machine = |used| total(used) / total(|it| it.online);
    let generator = share_of_own(|it| it.generator);
    let target = share_of_machine(|it| it.target);
    let others = share_of_machine(|it| it.others);
    let steal = share_of_machine(|it| it.steal);
    let together = share_of_machine(|it| it.generator + it.target + it.others)
        .max(share_of_own(|it| it.generator + it.target));

    let crowded = together > TOGETHER_TOLERANCE;
    let strangers = others > OTHERS_TOLERANCE && !evidence.target_among_others;
    let at_least = if crowded || strangers || steal > STEAL_TOLERANCE {
        CheckStatus::Warning
    } else {
        CheckStatus::Passed
    };
    let status = up_to(generator, GENERATOR_TOLERANCE, GENERATOR_LIMIT).max(at_least);

    let percent = |share: f64| share * 100.0;
    let mut finding = format!(
        "the generator used {:.1} % of {} processors (up to {:.0} % passes); of this machine's {:.0}, {}other processes used \
         {:.1} % ({}), steal took {:.1} % (up to {:.0} %)",
        percent(generator),
        evidence.cpus,
        percent(GENERATOR_TOLERANCE),
        total(|it| it.online) / seconds,
        if target > 0.0 {
            format!("the target used {:.1} %, ", percent(target))
        } else {
            String::new()
        },
        percent(others),
        if evidence.target_among_others {
            "not judged: the target may be among them".to_owned()
        } else {
            format!("up to {:.0} %", percent(OTHERS_TOLERANCE))
        },
        percent(steal),
        percent(STEAL_TOLERANCE),
    );
    if crowded {
        let with_target = target > 0.0 || evidence.target_among_others;
        let rivals = match (with_target, strangers) {
            (true, false) => "the target and the generator compete",
            (true, true) => "the target, the generator and other processes compete",
            (false, _) => "the generator and other processes compete",
        };
        finding.push_str(&format!(
            "; together {:.1} % (up to {:.0} % passes): {rivals} for processors, and response times include waiting for one",
            percent(together),
            percent(TOGETHER_TOLERANCE),
        ));
    }
    Some(check("processors", status, finding))
}

/// The readings that lie in the steady part by half or more; where it is too short for one, those that touch it.
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
