//! Selects the runs of a side: run folders, folders of runs, series, and experiments of a series.

use std::path::{Path, PathBuf};

use workbench_samples::{MANIFEST_FILE, Manifest, SERIES_FILE, SERIES_FOLDER, Series, has_samples};

use super::missing_runs::MissingRuns;
use crate::error::AnalysisError;
use crate::read::newest::{folders, newest_imports};
use crate::read::recognise::instead_of_runs;
use crate::read::segments;

/// Selected runs, and what was passed over.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selection {
    /// Folders of runs, as often as they were named: see [`each_once`](super::each_once).
    pub runs: Vec<PathBuf>,
    /// Descriptions of folders that were passed over.
    pub passed_over: Vec<String>,
    /// Missing runs of the selection.
    pub absent: MissingRuns,
}

impl Selection {
    fn add(&mut self, other: Self) {
        self.runs.extend(other.runs);
        self.passed_over.extend(other.passed_over);
        self.absent.add(other.absent);
    }
}

/// The runs that paths name: a run's folder, a folder of runs (such as an experiment's), a series' folder where it is
/// of one experiment, or `FOLDER:NAME` for one experiment of a series.
///
/// Invalid runs of a series are selected, too, because they are objections. Runs that failed, ended before their first
/// request, or are still to be made are returned as [`MissingRuns`]. That also applies to runs that are named directly,
/// if the record of their series is found.
///
/// # Errors
/// A path without runs, a series of several experiments of which none is named, and I/O errors.
pub fn select(paths: &[PathBuf]) -> Result<Selection, AnalysisError> {
    let mut selection = Selection::default();
    for path in paths {
        selection.add(select_one(path)?);
    }
    Ok(selection)
}

fn select_one(path: &Path) -> Result<Selection, AnalysisError> {
    segments::combine(path)?;
    if path.join(MANIFEST_FILE).is_file() {
        return with_missing_runs(Selection {
            runs: vec![path.to_owned()],
            ..Selection::default()
        });
    }
    if path.join(SERIES_FILE).is_file() {
        let names = experiments_of_series(path)?;
        let [name] = names.as_slice() else {
            return Err(AnalysisError::SeveralExperiments(path.to_owned(), names));
        };
        return select_of_series(path, name);
    }
    if let Some((folder, name)) = path.to_str().and_then(|text| text.rsplit_once(':'))
        && Path::new(folder).join(SERIES_FILE).is_file()
    {
        return select_of_series(Path::new(folder), name);
    }
    let no_runs = || AnalysisError::NoRunsIn(path.to_owned(), instead_of_runs(path));
    if !path.is_dir() {
        return Err(no_runs());
    }
    let mut runs = folders(path)?;
    runs.sort();
    let combined = runs.iter().filter_map(|run| segments::combine(run).err());
    let unfinished: Vec<String> = combined.map(|error| error.to_string()).collect();
    let (runs, others): (Vec<_>, Vec<_>) = runs
        .into_iter()
        .partition(|run| run.join(MANIFEST_FILE).is_file());
    let (runs, empty): (Vec<_>, Vec<_>) = runs.into_iter().partition(|run| has_samples(run));
    if runs.is_empty() {
        return Err(no_runs());
    }
    let (runs, imported_again) = newest_imports(&runs);
    let mut selection = Selection {
        runs,
        // It may be a run without its manifest.
        passed_over: (others
            .iter()
            .map(|it| format!("{} has no manifest", it.display())))
        .chain(unfinished)
        .chain(imported_again)
        .collect(),
        absent: MissingRuns::default(),
    };
    for run in empty {
        selection.absent.without_samples(&run)?;
    }
    with_missing_runs(selection)
}

/// Adds the missing runs by the records of their series.
fn with_missing_runs(mut selection: Selection) -> Result<Selection, AnalysisError> {
    selection.absent.add(missing_runs_of(&selection.runs)?);
    Ok(selection)
}

/// The missing runs of a selection, by the records of its series.
pub(super) fn missing_runs_of(runs: &[PathBuf]) -> Result<MissingRuns, AnalysisError> {
    let mut known: Vec<(PathBuf, String)> = Vec::new();
    let mut all = MissingRuns::default();
    for run in runs {
        let Some(place) = Manifest::read(run)?.series else {
            continue;
        };
        let folder = absolute(run)?;
        let Some(results) = folder.ancestors().nth(2) else {
            continue;
        };
        let series = results.join(SERIES_FOLDER).join(&place.series_id);
        let of = (series.clone(), place.experiment);
        if !known.contains(&of) && series.join(SERIES_FILE).is_file() {
            let record = Series::read(&series)?;
            let mut absent = MissingRuns::of_series(&record, &of.1, results)?;
            absent.leave_out(runs);
            all.add(absent);
            known.push(of);
        }
    }
    Ok(all)
}

/// The absolute path: `.` has no parents as written.
fn absolute(path: &Path) -> Result<PathBuf, AnalysisError> {
    std::path::absolute(path).map_err(AnalysisError::reading(path))
}

/// Names of a series' experiments, in the order in which they were given.
///
/// # Errors
/// A folder without a series.
pub fn experiments_of_series(series: &Path) -> Result<Vec<String>, AnalysisError> {
    let record = Series::read(series)?;
    Ok(record.experiments.into_iter().map(|it| it.name).collect())
}

/// The runs of one experiment of a series.
///
/// # Errors
/// A folder without a series, an unknown name, and an experiment without a finished run.
pub fn select_of_series(series: &Path, name: &str) -> Result<Selection, AnalysisError> {
    let record = Series::read(series)?;
    if !record.experiments.iter().any(|it| it.name == name) {
        let names = record.experiments.into_iter().map(|it| it.name);
        return Err(AnalysisError::NoSuchExperiment(
            series.to_owned(),
            name.to_owned(),
            names.collect(),
        ));
    }
    let folder = absolute(series)?;
    let results = folder.ancestors().nth(2).unwrap_or(&folder);
    select_of_record(&record, name, results)
}

/// The runs of one experiment of a series by its record; `results` is the folder that its runs are kept in.
///
/// # Errors
/// An experiment without a finished run.
pub fn select_of_record(
    record: &Series,
    name: &str,
    results: &Path,
) -> Result<Selection, AnalysisError> {
    let of_name = || record.runs.iter().filter(|run| run.experiment == name);
    let runs: Vec<PathBuf> = of_name()
        .filter(|run| run.state.is_over())
        .filter_map(|run| Some(results.join(run.run.as_ref()?)))
        .collect();
    let absent = MissingRuns::of_series(record, name, results)?;
    if runs.is_empty() {
        return Err(AnalysisError::NoFinishedRun {
            name: name.to_owned(),
            failed: absent.failed().next().map(str::to_owned),
            series_id: record.series_id.clone(),
        });
    }
    Ok(Selection {
        runs,
        passed_over: Vec::new(),
        absent,
    })
}
