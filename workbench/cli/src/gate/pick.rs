//! Selects the runs that the arguments name.

use std::path::{Path, PathBuf};

use workbench_analysis::AnalysisError;
use workbench_analysis::gate::{
    AuditSource, GateRun, MissingRuns, Selection, each_once, experiments_of_series, select,
    select_of_series,
};
use workbench_samples::SERIES_FILE;

use super::Arguments;
use crate::import::{Edges, runs_of_files};
use crate::run::wrong_usage;
use crate::series::find_series;

/// Both sides, read.
pub(super) struct Picked {
    pub(super) baseline: Vec<GateRun>,
    pub(super) candidate: Vec<GateRun>,
    pub(super) candidate_folders: Vec<PathBuf>,
    /// Folder of the series that holds both sides.
    pub(super) series: Option<PathBuf>,
    pub(super) passed_over: Vec<String>,
    pub(super) absent: MissingRuns,
}

pub(super) fn pick(arguments: &Arguments) -> anyhow::Result<Picked> {
    let results = &arguments.results.results;
    let edges = arguments.edges;
    let mut folder = None;
    let (baseline, candidate) = match (&arguments.series, &arguments.history) {
        (Some(series), _) => {
            let series = series_folder(arguments, series.as_deref())?;
            of_series(arguments, folder.insert(series))?
        }
        (None, Some(history)) => {
            let candidate = select(&runs_of_files(&arguments.candidate, results, edges)?)?;
            let kept = select(std::slice::from_ref(history));
            (
                kept.map_err(|error| not_begun(error, history, &candidate))?,
                candidate,
            )
        }
        (None, None) => (
            select(&runs_of_files(&arguments.baseline, results, edges)?)?,
            select(&runs_of_files(&arguments.candidate, results, edges)?)?,
        ),
    };
    if arguments.history.is_some() && candidate.runs.len() != 1 {
        wrong_usage(
            "--history judges a single run; runs of one session are not sessions, compare them with --baseline",
        );
    }
    let (before, after) = (read(&baseline.runs)?, read(&candidate.runs)?);
    if let (Some(history), [run]) = (&arguments.history, after.as_slice())
        && let Some(place) = before.iter().position(|kept| kept.name() == run.name())
    {
        let path = baseline.runs.get(place).unwrap_or(history).clone();
        return Err(AnalysisError::KeptAlready { path }.into());
    }
    sides((baseline, before), (candidate, after), folder)
}

/// The two experiments of a series, the first one as the baseline.
pub(super) fn pick_series(folder: &Path) -> anyhow::Result<Picked> {
    let names = experiments_of_series(folder)?;
    let [before, after] = names.as_slice() else {
        anyhow::bail!("{} is not a series of two experiments", folder.display());
    };
    pick_selected(
        select_of_series(folder, before)?,
        select_of_series(folder, after)?,
        Some(folder.to_owned()),
    )
}

/// Results of other tools, runs or folders of runs.
pub(super) fn pick_paths(
    baseline: &Path,
    candidate: &Path,
    results: &Path,
    edges: Edges,
) -> anyhow::Result<Picked> {
    let side = |path: &Path| -> anyhow::Result<Selection> {
        Ok(select(&runs_of_files(&[path.to_owned()], results, edges)?)?)
    };
    pick_selected(side(baseline)?, side(candidate)?, None)
}

fn pick_selected(
    baseline: Selection,
    candidate: Selection,
    series: Option<PathBuf>,
) -> anyhow::Result<Picked> {
    let (before, after) = (read(&baseline.runs)?, read(&candidate.runs)?);
    sides((baseline, before), (candidate, after), series)
}

fn sides(
    (baseline, before): (Selection, Vec<GateRun>),
    (candidate, after): (Selection, Vec<GateRun>),
    series: Option<PathBuf>,
) -> anyhow::Result<Picked> {
    each_once(before.iter().chain(&after))?;
    let mut absent = baseline.absent;
    absent.add(candidate.absent);
    Ok(Picked {
        absent,
        baseline: before,
        candidate: after,
        candidate_folders: candidate.runs,
        series,
        passed_over: [baseline.passed_over, candidate.passed_over]
            .concat()
            .into_iter()
            .map(|what| format!("passed over: {what}"))
            .collect(),
    })
}

/// The error for a missing history, which says how to begin one.
fn not_begun(error: AnalysisError, history: &Path, candidate: &Selection) -> AnalysisError {
    match (error, candidate.runs.as_slice()) {
        (AnalysisError::NoRunsIn { .. }, [run]) => AnalysisError::EmptyHistory {
            history: history.to_owned(),
            run: run.clone(),
        },
        (error, _) => error,
    }
}

fn series_folder(arguments: &Arguments, series: Option<&Path>) -> anyhow::Result<PathBuf> {
    match series {
        Some(series) if series.join(SERIES_FILE).is_file() => Ok(series.to_owned()),
        _ => {
            let id = series.map(Path::to_string_lossy);
            find_series(&arguments.results.results, id.as_deref())
        }
    }
}

/// Both sides of a series, by name, or the first and the second experiment of two.
fn of_series(arguments: &Arguments, folder: &Path) -> anyhow::Result<(Selection, Selection)> {
    let names = experiments_of_series(folder)?;
    let named = |names: &[PathBuf]| -> Option<String> {
        match names {
            [] => None,
            [name] => Some(name.to_string_lossy().into_owned()),
            _ => wrong_usage("with --series, each side is the name of one experiment"),
        }
    };
    let (before, after) = match (named(&arguments.baseline), named(&arguments.candidate)) {
        (Some(before), Some(after)) => (before, after),
        (None, None) if names.len() == 2 => (names[0].clone(), names[1].clone()),
        (None, None) => wrong_usage(&format!(
            "the series holds {}: say which is the --baseline and which the --candidate",
            names.join(", ")
        )),
        _ => wrong_usage("with --series, name both --baseline and --candidate, or neither"),
    };
    if before == after {
        wrong_usage("baseline and candidate are the same experiment");
    }
    Ok((
        select_of_series(folder, &before)?,
        select_of_series(folder, &after)?,
    ))
}

/// The sources of an audit: each series of two experiments is one, all other runs together are another. Also returns
/// what was passed over.
pub(super) fn sources(paths: &[PathBuf]) -> anyhow::Result<(Vec<AuditSource>, Vec<String>)> {
    let (mut sources, mut passed_over) = (Vec::new(), Vec::new());
    let mut others = Vec::new();
    for path in paths {
        let names = if path.join(SERIES_FILE).is_file() {
            experiments_of_series(path)?
        } else {
            Vec::new()
        };
        if let [first, second] = names.as_slice() {
            let (before, after) = (
                select_of_series(path, first)?,
                select_of_series(path, second)?,
            );
            let mut absent = before.absent;
            absent.add(after.absent);
            sources.push(AuditSource::Comparison {
                baseline: read(&before.runs)?,
                candidate: read(&after.runs)?,
                absent,
            });
        } else {
            others.push(path.clone());
        }
    }
    if !others.is_empty() {
        let others = select(&others)?;
        let failed = others.absent.failed().map(str::to_owned);
        passed_over = others.passed_over.iter().cloned().chain(failed).collect();
        sources.push(AuditSource::Runs(read(&others.runs)?));
    }
    each_once(sources.iter().flat_map(AuditSource::runs))?;
    Ok((sources, passed_over))
}

fn read(folders: &[PathBuf]) -> Result<Vec<GateRun>, AnalysisError> {
    folders.iter().map(|folder| GateRun::read(folder)).collect()
}
