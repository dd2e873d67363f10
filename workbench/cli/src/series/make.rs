//! Making the runs of a series, one after the other, and recording each as it begins and ends.

use std::path::{Path, PathBuf};
use std::time::Duration;

use workbench_load::{LoadError, RunDirectory};
use workbench_samples::{
    Check, CheckStatus, Outcome, Series, SeriesExperiment, SeriesPlace, SeriesRun, SeriesRunState,
    Validity,
};

use super::{OpenSeries, summary};
use crate::exit::Exit;
use crate::outcome;
use crate::progress::InSeries;
use crate::run::Runner;

/// Makes every run that is missing, then tells what there is.
pub(crate) fn make(mut series: OpenSeries, runner: &Runner) -> anyhow::Result<Exit> {
    let made = make_missing(&mut series, runner);
    // Even after an error: this says which runs there are and how to go on.
    let told = outcome::print(&summary::summary(&series.record, &runner.results));
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
    for run in 0..series.record.runs.len() {
        if series.record.runs[run].state.is_over() {
            continue;
        }
        // Killed after its end and before that was recorded.
        if let Some((directory, manifest)) = series.manifest(&runner.results, run)
            && manifest.outcome == Outcome::Completed
        {
            conclude(
                series,
                run,
                &directory,
                &manifest.outcome,
                manifest.validity.as_ref(),
            )?;
            continue;
        }
        if !first {
            pause(Duration::from_nanos(series.record.pause_ns), runner);
        }
        if runner.stop.is_stopped() {
            break;
        }
        first = false;
        make_one(series, run, runner)?;
        let invalid = series.record.runs[run].state == SeriesRunState::Invalid;
        if runner.stop.is_stopped() || (invalid && series.record.stop_on_invalid) {
            break;
        }
    }
    Ok(())
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
    let directory = RunDirectory::create(&runner.results, &plan.name)?;
    let path = directory.path().to_owned();
    let shown = shown(series, run);
    let point = series.point(run).cloned();
    let entry = &mut series.record.runs[run];
    entry.earlier_attempts.extend(entry.run.take());
    entry.run = Some(relative(&path, &runner.results));
    entry.state = SeriesRunState::Running;
    entry.reason = None;
    let place = SeriesPlace {
        series_id: series.record.series_id.clone(),
        experiment: entry.experiment.clone(),
        point,
        block: entry.block,
        position: entry.position,
    };
    series.save()?;
    match runner.load(&plan, directory, Some((place, shown)))? {
        Ok(finished) => conclude(
            series,
            run,
            &finished.directory,
            &finished.outcome,
            Some(&finished.validity),
        ),
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

/// Where the run stands, and the time that is planned for what comes after it.
fn shown(series: &OpenSeries, run: usize) -> InSeries {
    let runs = &series.record.runs;
    let missing = (run + 1..runs.len()).filter(|later| !runs[*later].state.is_over());
    let pause = Duration::from_nanos(series.record.pause_ns);
    InSeries {
        position: runs[run].position,
        of: u32::try_from(runs.len()).unwrap_or(u32::MAX),
        afterwards: missing
            .map(|later| pause + series.plan(later).schedule().likely_end())
            .sum(),
    }
}

/// Reports on a run that is over, and records how it ended.
fn conclude(
    series: &mut OpenSeries,
    run: usize,
    directory: &Path,
    ended: &Outcome,
    validity: Option<&Validity>,
) -> anyhow::Result<()> {
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
        (Outcome::Interrupted | Outcome::Running, _) => (SeriesRunState::Interrupted, None),
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
            outcome::print(&format!(
                "{line}{errors}\n  report: {}\n",
                reported.page.display()
            ))
        }
        Err(error) if *ended == Outcome::Completed => Err(error),
        // Stopped before its first request, perhaps: why it ended is what counts.
        Err(error) => {
            outcome::note(&format!("error: {error:#}"));
            outcome::print(&format!("{line}\n"))
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
mod tests {
    use workbench_samples::SweepPoint;

    use super::*;

    /// One run at each of 1, 2, 3, … users, and whether it missed a threshold.
    fn sweep(missed: &[bool]) -> Series {
        let folder = Path::new("../samples/tests/published/series-version-2");
        let mut series = Series::read(folder).unwrap();
        let (experiment, run) = (series.experiments[0].clone(), series.runs[0].clone());
        let name = |users: usize| format!("shop@users={users}");
        series.experiments = (1..=missed.len())
            .map(|users| {
                let mut experiment = experiment.clone();
                experiment.name = name(users);
                experiment.point = Some(SweepPoint {
                    parameter: "users".to_owned(),
                    value: u32::try_from(users).unwrap(),
                });
                experiment
            })
            .collect();
        series.runs = (1..)
            .zip(missed)
            .map(|(users, missed)| {
                let mut run = run.clone();
                run.experiment = name(users);
                run.state = SeriesRunState::Done;
                run.missed_thresholds = Vec::from_iter(missed.then(|| "p95 < 1ms".to_owned()));
                run
            })
            .collect();
        series
    }

    #[test]
    fn a_sweep_passes_where_a_load_meets_its_thresholds_and_fails_where_none_does() {
        assert_eq!(ended(&sweep(&[false, false, true])), Exit::Pass);
        assert_eq!(ended(&sweep(&[true, true])), Exit::ThresholdMissed);
    }

    #[test]
    fn a_load_meets_the_thresholds_where_all_of_its_runs_do() {
        let mut twice = sweep(&[true, true]);
        let mut other = twice.runs[0].clone();
        other.missed_thresholds.clear();
        twice.runs.push(other);
        assert_eq!(ended(&twice), Exit::ThresholdMissed);
        twice.runs[0].missed_thresholds.clear();
        assert_eq!(ended(&twice), Exit::Pass);
    }

    #[test]
    fn a_load_whose_thresholds_are_undecided_does_not_meet_them() {
        let mut series = sweep(&[false, true]);
        series.runs[0].undecided_thresholds = vec!["p99 < 1s".to_owned()];
        assert_eq!(ended(&series), Exit::Inconclusive);
        series.runs[1].missed_thresholds.clear();
        assert_eq!(ended(&series), Exit::Pass);
        for experiment in &mut series.experiments {
            experiment.point = None;
        }
        assert_eq!(ended(&series), Exit::Inconclusive);
    }

    #[test]
    fn runs_outside_of_a_sweep_fail_by_their_thresholds_and_invalid_ones_always_do() {
        let mut series = sweep(&[false, true]);
        series.runs[1].state = SeriesRunState::Invalid;
        assert_eq!(ended(&series), Exit::RunInvalid);
        series.runs[1].state = SeriesRunState::Done;
        series.experiments[1].point = None;
        assert_eq!(ended(&series), Exit::ThresholdMissed);
    }
}
