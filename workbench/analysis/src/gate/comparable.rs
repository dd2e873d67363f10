//! Checks whether runs are comparable.

use std::collections::BTreeSet;

use super::missing_runs::MissingRuns;
use super::run::GateRun;
use crate::between::grouping::difference;
use crate::between::invalid_reasons;
use crate::model::{Objection, ObjectionKind};
use crate::occurrence::{grouped, unique};

/// All objections to comparing these runs. `history`: each baseline run must be its own session.
pub(super) fn objections(
    baseline: &[&GateRun],
    candidate: &[&GateRun],
    history: bool,
    absent: &MissingRuns,
) -> Vec<Objection> {
    let runs = &[baseline, candidate].concat()[..];
    let mut found = Vec::new();
    let mut object = |kind, finding: String| found.push(Objection { kind, finding });
    for (side, runs) in [("baseline", baseline), ("candidate", candidate)] {
        for run in runs {
            let reasons = invalid_reasons(&run.analysis);
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
    let experiments = first_unlike(runs, GateRun::workload)
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

/// Differences that make two runs incomparable, apart from invalid runs.
pub(crate) fn differences(one: &GateRun, other: &GateRun) -> Vec<String> {
    objections(&[one], &[other], false, &MissingRuns::default())
        .into_iter()
        .filter(|objection| objection.kind != ObjectionKind::InvalidRun)
        .map(|objection| objection.finding)
        .collect()
}

/// Runs with less time between them belong to one session, in nanoseconds. Our choice: setting a system up again takes
/// longer.
const ONE_SESSION_NS: i64 = 600_000_000_000;

/// Why two runs belong to one session, if they do.
pub(crate) fn one_session(one: &GateRun, other: &GateRun) -> Option<String> {
    let named = |why: &str| format!("{} and {} are {why}", one.name(), other.name());
    let series = |run: &GateRun| run.manifest.series.as_ref().map(|it| it.series_id.clone());
    if series(one).is_some() && series(one) == series(other) {
        return Some(named("of one series"));
    }
    let mut both = [&one.manifest, &other.manifest];
    both.sort_by_key(|it| it.started_at);
    let [first, second] = both;
    let pause = second
        .started_at?
        .saturating_sub(first.ended_at.or(first.started_at)?);
    (pause < ONE_SESSION_NS).then(|| named("less than 10 minutes apart"))
}

/// A property of a run, as text.
type Fact = fn(&GateRun) -> String;

/// Properties that must be equal. Memory size is not among them, because virtual machines differ by a few pages from
/// boot to boot.
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

/// Lists the values and their runs, if not all are equal.
fn differing(what: &str, runs: &[&GateRun], of: impl Fn(&GateRun) -> String) -> Option<String> {
    let values = grouped(runs.iter().map(|run| (of(run), run.name())));
    let listed = values.iter().map(|(value, of)| match of.as_slice() {
        [only] => format!("“{value}” in {only}"),
        _ => format!("“{value}” in {} runs such as {}", of.len(), of[0]),
    });
    let listed: Vec<String> = listed.collect();
    (values.len() > 1).then(|| format!("{what}: {}", listed.join(", ")))
}

/// Whether the services are not at the same addresses for all runs.
pub(super) fn at_several_addresses(runs: &[&GateRun]) -> bool {
    unique(runs.iter().map(|run| run.plan.urls())).len() > 1
}

/// The revisions of the targets, as far as they are known, each once.
pub(super) fn revisions(runs: &[&GateRun]) -> Vec<String> {
    let known = runs.iter().filter_map(|run| run.manifest.target.commit());
    unique(known.map(str::to_owned))
}

/// Differences in the kind of target, or in injected faults, among runs of one system. Addresses may differ.
pub(super) fn unlike_targets(runs: &[&GateRun]) -> Option<String> {
    targets(runs, |run| run.plan.target_text_anywhere())
}

/// Differences in the target or in injected faults, by a text of them.
fn targets(runs: &[&GateRun], text: impl Fn(&GateRun) -> String) -> Option<String> {
    let finding = first_unlike(runs, text)?;
    Some(format!("different targets or faults: {finding}"))
}

/// How the first differing run differs from the first one in a text of its plan.
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

/// Differences of target or faults within one side of a series, which was changed before it was resumed. The sides may
/// differ in these, but not the runs of one side.
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
        let others: Vec<&GateRun> = others.copied().collect();
        targets(&others, |run| run.plan.target_text())
    })
}

/// Reports if a difference could come from the seeds: a side uses one seed for several runs, and the other side does
/// not use the same.
///
/// Each repetition of a series has its own seed. If both sides have several seeds, these need not be equal, because the
/// variation between seeds is then part of the variation between runs. A single run does not repeat a seed.
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
