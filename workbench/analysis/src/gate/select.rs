//! Finding the runs of a side: run folders, folders of runs, series, and experiments of a series.

use std::path::{Path, PathBuf};

use workbench_samples::{
    MANIFEST_FILE, SERIES_FILE, Series, SeriesRun, SeriesRunState, has_samples,
};

use crate::error::AnalysisError;
use crate::newest::folders;

/// Runs, and what was passed over on the way to them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Folders of runs, each once.
    pub runs: Vec<PathBuf>,
    /// What was passed over, in words.
    pub passed_over: Vec<String>,
}

impl Selection {
    fn add(&mut self, other: Self) {
        for run in other.runs {
            if !self.runs.contains(&run) {
                self.runs.push(run);
            }
        }
        self.passed_over.extend(other.passed_over);
    }
}

/// The runs that paths name: a run's folder, a folder of runs (such as an experiment's), a series' folder where it is
/// of one experiment, or `FOLDER:NAME` for one experiment of a series.
///
/// Of a series, invalid runs are taken too, for whoever judges has to know of them. Runs that did not come to their end
/// are passed over, as are folders of runs that ended before their first request.
///
/// # Errors
/// A path without runs, a series of several experiments of which none is named, and whatever the file system says.
pub fn select(paths: &[PathBuf]) -> Result<Selection, AnalysisError> {
    let mut selection = Selection::default();
    for path in paths {
        selection.add(select_one(path)?);
    }
    Ok(selection)
}

fn select_one(path: &Path) -> Result<Selection, AnalysisError> {
    if path.join(MANIFEST_FILE).is_file() {
        return Ok(Selection {
            runs: vec![path.to_owned()],
            passed_over: Vec::new(),
        });
    }
    if path.join(SERIES_FILE).is_file() {
        let names = experiments_of_series(path)?;
        let [name] = names.as_slice() else {
            return Err(AnalysisError::SeveralExperiments {
                series: path.to_owned(),
                names,
            });
        };
        return select_of_series(path, name);
    }
    if let Some((folder, name)) = path.to_str().and_then(|text| text.rsplit_once(':'))
        && Path::new(folder).join(SERIES_FILE).is_file()
    {
        return select_of_series(Path::new(folder), name);
    }
    let mut runs = folders(path)?;
    runs.retain(|run| run.join(MANIFEST_FILE).is_file());
    runs.sort();
    let (runs, empty): (Vec<_>, Vec<_>) = runs.into_iter().partition(|run| has_samples(run));
    if runs.is_empty() {
        return Err(AnalysisError::NoRunsIn {
            path: path.to_owned(),
        });
    }
    Ok(Selection {
        runs,
        passed_over: empty
            .iter()
            .map(|run| format!("{} has no samples", run.display()))
            .collect(),
    })
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
/// A folder without a series, a name that is not in it, and an experiment without a run that came to its end.
pub fn select_of_series(series: &Path, name: &str) -> Result<Selection, AnalysisError> {
    let record = Series::read(series)?;
    if !record.experiments.iter().any(|it| it.name == name) {
        return Err(AnalysisError::NoSuchExperiment {
            series: series.to_owned(),
            name: name.to_owned(),
            names: record.experiments.into_iter().map(|it| it.name).collect(),
        });
    }
    // `series` may be `.`, whose parents cannot be read off it.
    let folder = std::path::absolute(series).map_err(|source| AnalysisError::Read {
        path: series.to_owned(),
        source,
    })?;
    let results = folder.ancestors().nth(2).unwrap_or(&folder);
    let mut selection = Selection::default();
    for run in record.runs.iter().filter(|run| run.experiment == name) {
        match &run.run {
            Some(directory) if run.state.is_over() => selection.runs.push(results.join(directory)),
            _ => selection.passed_over.push(format!(
                "run {} of series {}, {name}, {}",
                run.position,
                record.series_id,
                state(run)
            )),
        }
    }
    if selection.runs.is_empty() {
        return Err(AnalysisError::NoRunsIn {
            path: series.to_owned(),
        });
    }
    Ok(selection)
}

fn state(run: &SeriesRun) -> &'static str {
    match run.state {
        SeriesRunState::Planned => "was not made",
        SeriesRunState::Running => "has not ended, or was killed",
        SeriesRunState::Failed => "failed",
        SeriesRunState::Interrupted => "was interrupted",
        SeriesRunState::Done | SeriesRunState::Invalid => "has no folder",
    }
}
