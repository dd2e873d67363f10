//! Finds runs in a folder of results: `results/<experiment>/<run>/`.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use alphanumeric_sort::compare_path;
use workbench_samples::{MANIFEST_FILE, Manifest, has_samples};

use super::segments;
use crate::error::AnalysisError;

/// The runs that are analysed by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewestRuns {
    /// The newest run with samples of every experiment.
    pub runs: Vec<PathBuf>,
    /// Newer runs that have no samples.
    pub passed_over: Vec<PathBuf>,
    /// Runs whose file was imported again under another name, in words.
    pub imported_again: Vec<String>,
}

/// The newest run of every experiment, experiments ordered by name with numbers by value.
///
/// Runs are named by their time, so that the last name is the newest. A folder without a manifest is not a run. A run
/// without samples, which ended before its first request, cannot be analysed.
///
/// # Errors
/// [`AnalysisError::NoResults`] if there is no run, and I/O errors.
pub fn newest_runs(results: &Path) -> Result<NewestRuns, AnalysisError> {
    let mut experiments = folders(results)?;
    experiments.sort_by(|a, b| compare_path(a, b));
    let mut newest = NewestRuns::default();
    for experiment in experiments {
        let mut runs = folders(&experiment)?;
        // Runs whose segments are still running, or do not belong together, are left out.
        runs.retain(|run| segments::combine(run).is_ok());
        runs.retain(|run| run.join(MANIFEST_FILE).is_file());
        runs.sort();
        while let Some(run) = runs.pop() {
            if has_samples(&run) {
                newest.runs.push(run);
                break;
            }
            newest.passed_over.push(run);
        }
    }
    (newest.runs, newest.imported_again) = newest_imports(&newest.runs);
    if newest.runs.is_empty() {
        return Err(AnalysisError::NoResults(results.to_owned()));
    }
    Ok(newest)
}

/// Runs without those whose file was imported again later, as with another `--warm-up`; and what is said of these. Folders
/// of runs are named by the second in which they were made. A run whose manifest cannot be read stays: who reads it says so.
pub(crate) fn newest_imports(runs: &[PathBuf]) -> (Vec<PathBuf>, Vec<String>) {
    let files: Vec<Vec<String>> = runs.iter().map(|run| files_of(run)).collect();
    let mut newest: BTreeMap<&[String], &PathBuf> = BTreeMap::new();
    for (run, files) in runs.iter().zip(&files) {
        let known = newest.entry(files).or_insert(run);
        if age(known) < age(run) {
            *known = run;
        }
    }
    let mut imported_again = Vec::new();
    let mut kept = Vec::with_capacity(runs.len());
    for (run, files) in runs.iter().zip(&files) {
        match newest.get(files.as_slice()) {
            Some(newer) if !files.is_empty() && *newer != run => imported_again.push(format!(
                "{}, as its file was imported again: {}",
                run.display(),
                newer.display()
            )),
            _ => kept.push(run.clone()),
        }
    }
    (kept, imported_again)
}

/// SHA-256 of the files that a run was imported from.
fn files_of(run: &Path) -> Vec<String> {
    let origin = Manifest::read(run).ok().and_then(|it| it.origin);
    let files = origin.into_iter().flat_map(|origin| origin.files);
    files.map(|file| file.sha256).collect()
}

/// When a run was made, to order imports of one file.
fn age(run: &Path) -> (Option<&str>, Option<SystemTime>) {
    let written = fs::metadata(run.join(MANIFEST_FILE)).and_then(|it| it.modified());
    (second_of(run), written.ok())
}

/// The date and time in the name of a run's folder.
fn second_of(run: &Path) -> Option<&str> {
    let name = run.file_name()?.to_str()?;
    name.split('-').next()
}

/// The folders in a folder; none where there is no such folder.
pub(crate) fn folders(parent: &Path) -> Result<Vec<PathBuf>, AnalysisError> {
    let failed = AnalysisError::reading(parent);
    let entries = match fs::read_dir(parent) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(&failed)?,
    };
    let mut folders = Vec::new();
    for entry in entries {
        let path = entry.map_err(&failed)?.path();
        if path.is_dir() {
            folders.push(path);
        }
    }
    Ok(folders)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(results: &Path, name: &str) -> PathBuf {
        let run = results.join(name);
        fs::create_dir_all(&run).unwrap();
        fs::write(run.join(MANIFEST_FILE), "{}").unwrap();
        fs::create_dir(run.join("samples")).unwrap();
        fs::write(run.join("samples/part-00000.parquet"), "").unwrap();
        run
    }

    #[test]
    fn the_newest_run_of_each_experiment_is_found_in_natural_order() {
        let results = tempfile::tempdir().unwrap();
        let results = results.path();
        let tenth = run(results, "scenario10/20261123T101500Z-4f2a");
        run(results, "scenario2/20261123T101500Z-ffff");
        let second = run(results, "scenario2/20261124T080000Z-0000");
        run(results, "scenario2/20251231T235959Z-9999");

        assert_eq!(newest_runs(results).unwrap().runs, [second, tenth]);
    }

    #[test]
    fn a_folder_without_a_manifest_is_not_a_run() {
        let results = tempfile::tempdir().unwrap();
        let results = results.path();
        let older = run(results, "smoke/20261123T101500Z-4f2a");
        fs::create_dir(results.join("smoke/20261124T101500Z-4f2a")).unwrap();
        fs::create_dir(results.join("empty")).unwrap();
        fs::write(results.join("README.md"), "").unwrap();

        assert_eq!(newest_runs(results).unwrap().runs, [older]);
    }

    #[test]
    fn a_run_that_ended_before_its_first_request_does_not_hide_the_one_before() {
        let results = tempfile::tempdir().unwrap();
        let results = results.path();
        let older = run(results, "smoke/20261123T101500Z-4f2a");
        let newer = run(results, "smoke/20261124T101500Z-4f2a");
        fs::remove_file(newer.join("samples/part-00000.parquet")).unwrap();

        let newest = newest_runs(results).unwrap();
        assert_eq!(newest.runs, [older]);
        assert_eq!(newest.passed_over, [newer]);
    }

    #[test]
    fn no_results_and_no_runs_are_the_same_clear_error() {
        let directory = tempfile::tempdir().unwrap();
        let missing = directory.path().join("results");

        for results in [directory.path(), &missing] {
            let error = newest_runs(results).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!(
                    "{} holds no runs; make one with `workbench run FILE`",
                    results.display()
                )
            );
        }
    }
}
