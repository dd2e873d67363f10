//! Whether runs can be compared at all.

use std::collections::BTreeSet;

use super::absent::Absent;
use super::run::GateRun;
use crate::between::doubts;
use crate::likeness::difference;
use crate::model::{Objection, ObjectionKind};

/// Everything that speaks against comparing these runs; whether each of them stands for a session.
pub(super) fn objections(
    baseline: &[&GateRun],
    candidate: &[&GateRun],
    history: bool,
    absent: &Absent,
) -> Vec<Objection> {
    let runs = &[baseline, candidate].concat()[..];
    let mut found = Vec::new();
    let mut object = |kind, finding: String| found.push(Objection { kind, finding });
    for (side, runs) in [("baseline", baseline), ("candidate", candidate)] {
        for run in runs {
            let reasons = doubts(&run.analysis);
            if !reasons.is_empty() {
                let finding = format!("{side}: {}: {}", run.name(), reasons.join("; "));
                object(ObjectionKind::InvalidRun, finding);
            }
        }
    }
    for finding in absent.failed() {
        object(ObjectionKind::InvalidRun, finding.to_owned());
    }
    for (what, of) in ENVIRONMENT {
        if let Some(finding) = differing(what, runs, of) {
            object(ObjectionKind::Environment, finding);
        }
    }
    let experiments = experiments(runs)
        .or_else(|| seeds(baseline, candidate))
        .or_else(|| changed_in_series(baseline))
        .or_else(|| changed_in_series(candidate));
    if let Some(finding) = experiments {
        object(ObjectionKind::Experiment, finding);
    }
    let elapsed = |run: &GateRun| run.manifest.elapsed.clone();
    if let Some(finding) = differing("elapsed time", runs, elapsed) {
        object(ObjectionKind::Elapsed, finding);
    }
    let scope = |run: &GateRun| match run.analysis.steady.as_ref().map(|steady| steady.scope) {
        Some(crate::model::Scope::Hold) => "while the load is held".to_owned(),
        Some(crate::model::Scope::WholeRun) => "the whole run".to_owned(),
        None => "nothing".to_owned(),
    };
    if let Some(finding) = differing("judged part", runs, scope) {
        object(ObjectionKind::Scope, finding);
    }
    if history {
        for (index, run) in runs.iter().enumerate() {
            let mut others = runs[..index].iter();
            if let Some(finding) = others.find_map(|other| one_session(other, run)) {
                object(ObjectionKind::Session, finding);
            }
        }
    }
    found
}

/// What keeps two runs from being compared, invalid runs aside; empty where nothing does.
pub(crate) fn differences(one: &GateRun, other: &GateRun) -> Vec<String> {
    objections(&[one], &[other], false, &Absent::default())
        .into_iter()
        .filter(|objection| objection.kind != ObjectionKind::InvalidRun)
        .map(|objection| objection.finding)
        .collect()
}

/// Runs with less time between them are of one session, in nanoseconds: ours. Nobody sets a system up anew in less.
const ONE_SESSION_NS: i64 = 600_000_000_000;

/// Says why two runs are of one session, if they are.
pub(crate) fn one_session(one: &GateRun, other: &GateRun) -> Option<String> {
    let named = |why: &str| format!("{} and {} are {why}", one.name(), other.name());
    let series = |run: &GateRun| run.manifest.series.as_ref().map(|it| it.series_id.clone());
    if series(one).is_some() && series(one) == series(other) {
        return Some(named("of one series"));
    }
    let (one, other) = (&one.manifest, &other.manifest);
    let (first, second) = if one.started_at <= other.started_at {
        (one, other)
    } else {
        (other, one)
    };
    let pause = second
        .started_at?
        .saturating_sub(first.ended_at.or(first.started_at)?);
    (pause < ONE_SESSION_NS).then(|| named("less than 10 minutes apart"))
}

/// Something known of a run, for reading.
type Fact = fn(&GateRun) -> String;

/// Names and values of what has to be the same. The size of the memory is not: virtual machines differ by a few pages
/// from start to start.
const ENVIRONMENT: [(&str, Fact); 5] = [
    ("host", |run| run.manifest.host.name.clone()),
    ("processor", |run| run.manifest.host.cpu.clone()),
    ("processors", |run| run.manifest.host.cpus.to_string()),
    ("kernel", |run| run.manifest.host.kernel.clone()),
    ("program", |run| {
        let tool = &run.manifest.tool;
        let commit = tool.commit.as_deref().unwrap_or("commit unknown");
        format!("{} {} ({commit})", tool.name, tool.version)
    }),
];

/// Says who has which value where not all have the same.
fn differing(what: &str, runs: &[&GateRun], of: impl Fn(&GateRun) -> String) -> Option<String> {
    let mut values: Vec<(String, usize, String)> = Vec::new();
    for run in runs {
        let value = of(run);
        match values.iter_mut().find(|(known, ..)| *known == value) {
            Some((_, count, _)) => *count += 1,
            None => values.push((value, 1, run.name())),
        }
    }
    if values.len() < 2 {
        return None;
    }
    let said: Vec<String> = values
        .into_iter()
        .map(|(value, count, first)| match count {
            1 => format!("“{value}” in {first}"),
            _ => format!("“{value}” in {count} runs such as {first}"),
        })
        .collect();
    Some(format!("{what}: {}", said.join(", ")))
}

/// Says how the first experiment that is unlike the first one differs.
fn experiments(runs: &[&GateRun]) -> Option<String> {
    first_unlike(runs, GateRun::workload)
}

/// Says where runs that should differ in nothing had another kind of target, or other faults in it. Copies of one system that
/// run side by side have addresses of their own.
pub(super) fn unlike_targets(runs: &[&GateRun]) -> Option<String> {
    first_unlike(runs, |run| run.plan.target_text_anywhere())
        .map(|finding| format!("different targets or faults: {finding}"))
}

/// Says where runs had another target, or other faults in it.
fn targets(runs: &[&GateRun]) -> Option<String> {
    first_unlike(runs, |run| run.plan.target_text())
        .map(|finding| format!("different targets or faults: {finding}"))
}

/// How the first run that is unlike the first one differs from it, in a text about their plans.
fn first_unlike(runs: &[&GateRun], compared: impl Fn(&GateRun) -> String) -> Option<String> {
    let (first, others) = runs.split_first()?;
    let expected = compared(first);
    let (other, unlike) = others
        .iter()
        .map(|run| (run, compared(run)))
        .find(|(_, text)| *text != expected)?;
    Some(difference(
        (&first.name(), &expected),
        (&other.name(), &unlike),
    ))
}

/// Says where one side of a series was given another target, or other faults, before it was resumed: sides may differ in
/// these, runs of one side are to repeat the same.
fn changed_in_series(side: &[&GateRun]) -> Option<String> {
    let of = |run: &GateRun| {
        let place = run.manifest.series.as_ref()?;
        Some((place.series_id.clone(), place.experiment.clone()))
    };
    side.iter().find_map(|run| {
        let name = of(run)?;
        let others = side
            .iter()
            .filter(|other| of(other).as_ref() == Some(&name));
        targets(&others.copied().collect::<Vec<_>>())
    })
}

/// Says where a difference could be one of seeds: where a side replays one seed, and the other has not the same.
///
/// Each repetition of a series draws anew. Where both sides drew several times, their seeds need not be the same: a
/// difference between draws is then one of those between runs. A single run replays nothing.
fn seeds(baseline: &[&GateRun], candidate: &[&GateRun]) -> Option<String> {
    let of =
        |runs: &[&GateRun]| -> BTreeSet<u64> { runs.iter().map(|run| run.plan.seed).collect() };
    let (before, after) = (of(baseline), of(candidate));
    let only = |seeds: &BTreeSet<u64>| seeds.len() == 1;
    let several = baseline.len() > 1 && candidate.len() > 1;
    (several && before != after && (only(&before) || only(&after))).then(|| {
        format!(
            "seeds: the baseline has {}, the candidate {}",
            listed(&before),
            listed(&after)
        )
    })
}

fn listed(seeds: &BTreeSet<u64>) -> String {
    match seeds.first() {
        Some(seed) if seeds.len() == 1 => format!("{seed} throughout"),
        _ => format!("{} different ones", seeds.len()),
    }
}
