//! A kept history: one run for each session, with which single runs are compared.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use workbench_samples::{MANIFEST_FILE, SAMPLES_FOLDER};

use crate::error::AnalysisError;
use crate::read::experiment::EXPERIMENT_FILE;

/// Copies a run's manifest, experiment and samples into a history. Returns the new folder.
///
/// The copy is made under a temporary name and then renamed, so that a history never holds an incomplete run.
///
/// # Errors
/// The history holds the run already, or an I/O error.
pub fn keep(run: &Path, history: &Path) -> Result<PathBuf, AnalysisError> {
    let run = fs::canonicalize(run).map_err(AnalysisError::reading(run))?;
    let name = run.file_name().unwrap_or_default();
    let place = history.join(name);
    if place.exists() {
        return Err(AnalysisError::KeptAlready { path: place });
    }
    let mut unfinished = name.to_owned();
    unfinished.push(".unfinished");
    let unfinished = history.join(unfinished);
    copy(&run, &unfinished)
        .and_then(|()| fs::rename(&unfinished, &place))
        .map_err(AnalysisError::writing(history))?;
    Ok(place)
}

fn copy(run: &Path, to: &Path) -> io::Result<()> {
    if to.exists() {
        fs::remove_dir_all(to)?;
    }
    let samples = to.join(SAMPLES_FOLDER);
    fs::create_dir_all(&samples)?;
    for entry in fs::read_dir(run.join(SAMPLES_FOLDER))? {
        let entry = entry?;
        fs::copy(entry.path(), samples.join(entry.file_name()))?;
    }
    // An imported run has none.
    let experiment = run.join(EXPERIMENT_FILE);
    if experiment.is_file() {
        fs::copy(experiment, to.join(EXPERIMENT_FILE))?;
    }
    // Last: without it a folder is not a run.
    fs::copy(run.join(MANIFEST_FILE), to.join(MANIFEST_FILE))?;
    Ok(())
}
