//! Makes the runs of a series, one by one or block by block, and records each start and end.

use std::path::{Path, PathBuf};
use std::time::Duration;

use workbench_load::{GENERATOR_STANDSTILL, LoadError, RunDirectory};
use workbench_plan::Plan;
use workbench_samples::{
    Check, CheckStatus, Outcome, Series, SeriesExperiment, SeriesOrder, SeriesPlace, SeriesRun,
    SeriesRunState, Validity,
};

use super::{OpenSeries, decide, simultaneous, summary};
use crate::exit::Exit;
use crate::live::InSeries;
use crate::outcome;
use crate::run::{Part, Runner};

/// Most attempts of a run in which the generator itself stood still. Our choice.
const MOST_ATTEMPTS: u32 = 4;

/// Makes every missing run, then prints a summary.
pub(crate) fn make(mut series: OpenSeries, runner: &Runner) -> anyhow::Result<Exit> {
    runner.copied.add(series.directory());
    let made = make_missing(&mut series, runner);
    // Printed even after an error, with the existing runs and how to resume.
    let printed = series.say(&summary::summary(
        &series.record,
        &runner.results,
        series.before_verdict,
    ));
    made?;
    printed?;
    Ok(ended(&series.record).and(runner.stopped()))
}

/// How the runs of a series ended. A sweep fails only if every load misses its thresholds. A load meets them if all of
/// its runs do, as in the analysis. If no load meets them but one is undecided, the sweep is undecided.
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

/// Makes runs, and repeats those in which the generator itself stood still, as long as attempts are left. A standstill
/// means that the generator had no processor, independent of the target, so that runs are not selected by response
/// times. Earlier attempts are kept. The pause before each attempt is twice as long as the one before.
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

/// Groups of runs by position in the record. Simultaneous runs form one group, and are only repeated together.
fn groups(record: &Series) -> Vec<Vec<usize>> {
    let runs: Vec<usize> = (0..record.runs.len()).collect();
    let together = matches!(record.order, SeriesOrder::Together { .. });
    let groups =
        runs.chunk_by(|run, next| together && record.runs[*run].block == record.runs[*next].block);
    groups.map(<[usize]>::to_vec).collect()
}

/// Records the outcome of runs that had ended when the series was killed. Returns `false` if not all of them completed.
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
        // The pause ends in either case; the caller checks the signal.
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
            // A run that never began has no folder.
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

/// Creates the folder of a run, and records the run as running.
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
    // Values of a completed run that is repeated together with one that did not complete.
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

/// The name of a run within its series.
pub(super) fn name_of(run: &SeriesRun) -> String {
    format!("run {}: {}", run.position, run.experiment)
}

/// The position of these runs, and the planned time after them.
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
    /// The cause of an end that was not requested.
    pub(super) interrupted_by: Option<String>,
}

/// Reports on a finished run, and records its outcome.
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
    // The analysis adds its checks to the run's own.
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
        // The run may have been stopped before its first request; the reason of its end counts.
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

/// A relative path, so that the results folder can be moved.
fn relative(run: &Path, results: &Path) -> PathBuf {
    run.strip_prefix(results).unwrap_or(run).to_owned()
}

#[cfg(test)]
mod tests;
