//! Making the runs of a series, one after the other or block by block, and recording each as it begins and ends.

use std::path::{Path, PathBuf};
use std::time::Duration;

use workbench_load::{GENERATOR_STANDSTILL, LoadError, RunDirectory};
use workbench_plan::Plan;
use workbench_samples::{
    Check, CheckStatus, Outcome, Series, SeriesExperiment, SeriesOrder, SeriesPlace, SeriesRun,
    SeriesRunState, Validity,
};

use super::{OpenSeries, decide, summary, together};
use crate::exit::Exit;
use crate::live::InSeries;
use crate::outcome;
use crate::run::{Part, Runner};

/// How often a run is made at most, where the generator itself stands still in it. Our choice.
const MOST_ATTEMPTS: u32 = 4;

/// Makes every run that is missing, then tells what there is.
pub(crate) fn make(mut series: OpenSeries, runner: &Runner) -> anyhow::Result<Exit> {
    runner.copied.add(series.directory());
    let made = make_missing(&mut series, runner);
    // Even after an error: this says which runs there are and how to go on.
    let told = series.say(&summary::summary(
        &series.record,
        &runner.results,
        series.before_verdict,
    ));
    made?;
    told?;
    Ok(ended(&series.record).and(runner.stopped()))
}

/// How the runs of a series ended. The thresholds of a sweep find the largest load that meets them: it is none that
/// fails the sweep, unless every one does. A load meets them where all of its runs do, as the analysis has it; where none
/// meets them, one that leaves them undecided leaves the sweep so.
fn ended(record: &Series) -> Exit {
    let ended = |run: &SeriesRun| match run.state {
        SeriesRunState::Invalid => Exit::RunInvalid,
        SeriesRunState::Done if !run.missed_thresholds.is_empty() => Exit::ThresholdMissed,
        SeriesRunState::Done if !run.undecided_thresholds.is_empty() => Exit::Inconclusive,
        _ => Exit::Pass,
    };
    // `None` where no run of it is over.
    let of_load = |load: &SeriesExperiment| {
        let runs = record.runs.iter();
        let over = runs.filter(|run| run.experiment == load.name && run.state.is_over());
        over.map(ended).reduce(Exit::and)
    };
    let of_sweep = |sweep: &str| {
        let loads = record.experiments.iter();
        let loads = loads.filter(|load| sweep_of(load) == Some(sweep));
        let ends: Vec<Exit> = loads.filter_map(of_load).collect();
        [Exit::Pass, Exit::Inconclusive]
            .into_iter()
            .find(|exit| ends.contains(exit))
            .unwrap_or(Exit::ThresholdMissed)
    };
    let sweep_of_run = |run: &SeriesRun| {
        let mut experiments = record.experiments.iter();
        sweep_of(experiments.find(|it| it.name == run.experiment)?)
    };
    record
        .runs
        .iter()
        .map(|run| match (ended(run), sweep_of_run(run)) {
            (Exit::ThresholdMissed | Exit::Inconclusive, Some(sweep)) => of_sweep(sweep),
            (exit, _) => exit,
        })
        .fold(Exit::Pass, Exit::and)
}

/// The sweep that an experiment is one point of.
fn sweep_of(experiment: &SeriesExperiment) -> Option<&str> {
    // Points are named after their experiment: `shop#1@users=10`.
    let name = experiment.name.split('@').next();
    experiment.point.as_ref().and(name)
}

fn make_missing(series: &mut OpenSeries, runner: &Runner) -> anyhow::Result<()> {
    let mut first = true;
    for runs in groups(&series.record) {
        let is_missing = |run: &usize| series.record.runs[*run].state.is_missing();
        if !runs.iter().any(is_missing) || recover(series, &runs, runner)? {
            decide::look(series, &runs, runner)?;
            continue;
        }
        if !first {
            pause(Duration::from_nanos(series.record.pause_ns), runner);
        }
        if runner.stop.is_stopped() {
            break;
        }
        first = false;
        make_until_undisturbed(series, &runs, runner)?;
        let state = |run: &usize| series.record.runs[*run].state;
        let invalid = runs.iter().any(|run| state(run) == SeriesRunState::Invalid);
        if runner.stop.is_stopped() || (invalid && series.record.stop_on_invalid) {
            break;
        }
        decide::look(series, &runs, runner)?;
    }
    Ok(())
}

/// Makes runs, and makes them again where the generator itself stood still, as long as attempts are left. The generator stands
/// still for want of a processor, whatever the target does: nothing is chosen by the response times. What was made before
/// stays, as an earlier attempt. Each wait for the machine to settle is twice as long as the one before.
fn make_until_undisturbed(
    series: &mut OpenSeries,
    runs: &[usize],
    runner: &Runner,
) -> anyhow::Result<()> {
    let mut wait = Duration::from_secs(1);
    for left in (0..MOST_ATTEMPTS).rev() {
        match series.record.order {
            SeriesOrder::Together { .. } => simultaneous::make_block(series, runs, runner)?,
            _ => runs
                .iter()
                .try_for_each(|run| make_one(series, *run, runner))?,
        }
        let is_over = |run: &usize| series.record.runs[*run].state.is_over();
        if left == 0 || runner.stop.is_stopped() || !runs.iter().all(is_over) {
            break;
        }
        let stood_still = |run: &usize| {
            let (_, manifest) = series.manifest(&runner.results, *run)?;
            let checks = manifest.validity?.checks;
            let failed = |check: &Check| {
                check.name == GENERATOR_STANDSTILL && check.status == CheckStatus::Failed
            };
            checks.into_iter().find(failed)
        };
        let Some(check) = runs.iter().find_map(stood_still) else {
            break;
        };
        series.say(&format!("made again: {}\n", check.finding))?;
        for run in runs {
            series.record.runs[*run].state = SeriesRunState::Planned;
        }
        series.save()?;
        pause(wait, runner);
        wait *= 2;
        if runner.stop.is_stopped() {
            break;
        }
    }
    Ok(())
}

/// Runs by their positions in the record, those together that are made at the same time: none of them is made again without
/// the others.
fn groups(record: &Series) -> Vec<Vec<usize>> {
    let runs: Vec<usize> = (0..record.runs.len()).collect();
    let together = matches!(record.order, SeriesOrder::Together { .. });
    let groups =
        runs.chunk_by(|run, next| together && record.runs[*run].block == record.runs[*next].block);
    groups.map(<[usize]>::to_vec).collect()
}

/// Records how runs ended whose end was not recorded, as the series was killed just then. `false` where not all have come to
/// their end.
fn recover(series: &mut OpenSeries, runs: &[usize], runner: &Runner) -> anyhow::Result<bool> {
    let mut ended = Vec::new();
    for &run in runs {
        match series.manifest(&runner.results, run) {
            Some((directory, manifest)) if manifest.outcome == Outcome::Completed => {
                ended.push((run, directory, manifest));
            }
            _ => return Ok(false),
        }
    }
    for (run, directory, manifest) in ended {
        if series.record.runs[run].state.is_missing() {
            let ended = Ended {
                directory: &directory,
                outcome: &manifest.outcome,
                validity: manifest.validity.as_ref(),
                interrupted_by: None,
            };
            conclude(series, run, ended)?;
        }
    }
    Ok(true)
}

fn pause(time: Duration, runner: &Runner) {
    if !time.is_zero() {
        let until = async { tokio::time::timeout(time, runner.stop.stopped()).await };
        // Either way the pause is over; the caller looks at the signal.
        let _ = runner.runtime.block_on(until);
    }
}

/// Makes one run and records how it ended. An error ends the series; the record says why.
fn make_one(series: &mut OpenSeries, run: usize, runner: &Runner) -> anyhow::Result<()> {
    let plan = series.plan(run).repetition(series.record.runs[run].block);
    let (directory, place) = begin(series, run, &plan, runner)?;
    let path = directory.path().to_owned();
    series.save()?;
    let shown = shown(series, &[run]);
    match runner.load(&plan, directory, Some((place, shown)), Part::default())? {
        Ok(finished) => {
            let concluded = conclude(
                series,
                run,
                Ended {
                    directory: &finished.directory,
                    outcome: &finished.outcome,
                    validity: Some(&finished.validity),
                    interrupted_by: None,
                },
            );
            let name = name_of(&series.record.runs[run]);
            runner.show_report(&name, &finished.directory);
            concluded
        }
        Err(error) => {
            let entry = &mut series.record.runs[run];
            // A run that never began leaves no folder.
            entry.run.take_if(|_| !path.exists());
            if matches!(error, LoadError::Interrupted) {
                entry.state = SeriesRunState::Interrupted;
                return series.save();
            }
            entry.state = SeriesRunState::Failed;
            entry.reason = Some(error.to_string());
            series.save()?;
            Err(error.into())
        }
    }
}

/// Makes the folder of a run, and enters the run into the record as one that is being made.
pub(super) fn begin(
    series: &mut OpenSeries,
    run: usize,
    plan: &Plan,
    runner: &Runner,
) -> anyhow::Result<(RunDirectory, SeriesPlace)> {
    let directory = RunDirectory::create(&runner.results, &plan.name)?;
    let point = series.point(run).cloned();
    let entry = &mut series.record.runs[run];
    entry.earlier_attempts.extend(entry.run.take());
    entry.run = Some(relative(directory.path(), &runner.results));
    entry.state = SeriesRunState::Running;
    entry.reason = None;
    // Of a run that came to its end, and is made again with one that did not.
    entry.missed_thresholds.clear();
    entry.undecided_thresholds.clear();
    let place = SeriesPlace {
        series_id: series.record.series_id.clone(),
        experiment: entry.experiment.clone(),
        point,
        block: entry.block,
        position: entry.position,
        together: matches!(series.record.order, SeriesOrder::Together { .. }),
    };
    Ok((directory, place))
}

/// Names a run among those of its series.
pub(super) fn name_of(run: &SeriesRun) -> String {
    format!("run {}: {}", run.position, run.experiment)
}

/// Where these runs stand, and the time that is planned for what comes after them.
pub(super) fn shown(series: &OpenSeries, runs: &[usize]) -> InSeries {
    let record = &series.record;
    let pause = Duration::from_nanos(record.pause_ns);
    let first = &record.runs[runs[0]];
    let last = decide::next_look(record, first.block).unwrap_or(record.repetitions);
    let later = groups(record).into_iter().filter(|group| {
        let is_missing = |run: &usize| record.runs[*run].state.is_missing();
        group[0] > runs[0] && record.runs[group[0]].block <= last && group.iter().any(is_missing)
    });
    let length = |run: &usize| series.plan(*run).schedule().likely_end();
    let longest = |group: Vec<usize>| group.iter().map(length).max().unwrap_or_default();
    let (what, position, of) = match record.order {
        SeriesOrder::Together { .. } => ("block", first.block, record.repetitions),
        _ => (
            "run",
            first.position,
            u32::try_from(record.runs.len()).unwrap_or(u32::MAX),
        ),
    };
    InSeries {
        what,
        position,
        of,
        afterwards: later.map(|group| pause + longest(group)).sum(),
    }
}

/// How a run ended.
pub(super) struct Ended<'a> {
    pub(super) directory: &'a Path,
    pub(super) outcome: &'a Outcome,
    pub(super) validity: Option<&'a Validity>,
    /// What ended it, where nobody asked for it.
    pub(super) interrupted_by: Option<String>,
}

/// Reports on a run that is over, and records how it ended.
pub(super) fn conclude(
    series: &mut OpenSeries,
    run: usize,
    ended: Ended<'_>,
) -> anyhow::Result<()> {
    let Ended {
        directory,
        outcome: ended,
        validity,
        interrupted_by,
    } = ended;
    let reported = outcome::report_quietly(directory);
    // The analysis adds to what the run found itself.
    let analysed = reported.as_ref().ok().and_then(|it| it.validity.as_ref());
    let invalid = analysed.or(validity).filter(|it| !it.valid);
    let entry = &mut series.record.runs[run];
    (entry.state, entry.reason) = match (ended, invalid) {
        (Outcome::Completed, None) => (SeriesRunState::Done, None),
        (Outcome::Completed, Some(validity)) => {
            (SeriesRunState::Invalid, Some(failures(&validity.checks)))
        }
        (Outcome::Failed(why), _) => (SeriesRunState::Failed, Some(why.clone())),
        (Outcome::Interrupted | Outcome::Running, _) => {
            (SeriesRunState::Interrupted, interrupted_by)
        }
    };
    if let Ok(reported) = &reported {
        entry
            .missed_thresholds
            .clone_from(&reported.missed_thresholds);
        entry
            .undecided_thresholds
            .clone_from(&reported.undecided_thresholds);
    }
    let line = summary::line(entry);
    series.save()?;
    match reported {
        Ok(reported) => {
            let errors = reported
                .errors
                .map_or_else(String::new, |it| format!(", {it}"));
            series.say(&format!(
                "{line}{errors}\n  report: {}\n",
                reported.page.display()
            ))
        }
        Err(error) if *ended == Outcome::Completed => Err(error),
        // Stopped before its first request, perhaps: why it ended is what counts.
        Err(error) => {
            outcome::note(&format!("error: {error:#}"));
            series.say(&format!("{line}\n"))
        }
    }
}

/// Why a run is invalid.
fn failures(checks: &[Check]) -> String {
    let failed = checks
        .iter()
        .filter(|check| check.status == CheckStatus::Failed);
    let failed: Vec<String> = failed
        .map(|check| format!("{}: {}", check.name, check.finding))
        .collect();
    failed.join("; ")
}

/// The results folder may be moved with everything in it.
fn relative(run: &Path, results: &Path) -> PathBuf {
    run.strip_prefix(results).unwrap_or(run).to_owned()
}

#[cfg(test)]
mod tests;
