//! A run as input of the gate.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use workbench_plan::Plan;
use workbench_samples::Manifest;

use crate::error::AnalysisError;
use crate::model::RunAnalysis;
use crate::read::experiment;
use crate::run::analyze_run;

/// An analysed run, with the properties that decide whether it is comparable.
#[derive(Clone, Debug)]
pub struct GateRun {
    pub(crate) analysis: RunAnalysis,
    pub(crate) manifest: Manifest,
    pub(crate) plan: Plan,
}

impl GateRun {
    /// Analyses the run in a folder.
    ///
    /// # Errors
    /// As [`analyze_run`].
    pub fn read(run_directory: &Path) -> Result<Self, AnalysisError> {
        Self::of(run_directory, analyze_run(run_directory)?)
    }

    /// The run in a folder, with its analysis.
    pub(super) fn of(run_directory: &Path, analysis: RunAnalysis) -> Result<Self, AnalysisError> {
        let manifest = Manifest::read(run_directory)?;
        Ok(Self {
            analysis,
            plan: experiment::read(run_directory, &manifest)?.plan,
            manifest,
        })
    }

    /// The part of the experiment that comparable runs have in common, as text.
    pub(crate) fn workload(&self) -> String {
        experiment::workload(&self.manifest, &self.plan)
    }

    /// Name of the experiment's folder and of the run's.
    #[must_use]
    pub fn name(&self) -> String {
        self.analysis.name()
    }
}

/// Checks that each run is given once, by experiment and id: copies and other paths of the same run count as the same, and so
/// do two imports of one file.
///
/// # Errors
/// Names the first run that is given twice.
pub fn each_once<'a>(runs: impl IntoIterator<Item = &'a GateRun>) -> Result<(), AnalysisError> {
    let mut known = BTreeSet::new();
    let runs: Vec<&GateRun> = runs.into_iter().collect();
    for run in &runs {
        if !known.insert((&run.analysis.experiment, &run.analysis.run_id)) {
            return Err(AnalysisError::RunRepeated(run.name()));
        }
    }
    each_file_once(runs.into_iter().map(|run| (run.name(), &run.manifest)))
}

/// Whether no file of another tool stands behind two runs, by the SHA-256 of its bytes.
///
/// # Errors
/// The first file that does.
pub(crate) fn each_file_once<'a>(
    runs: impl Iterator<Item = (String, &'a Manifest)>,
) -> Result<(), AnalysisError> {
    let mut known: BTreeMap<&str, (String, &str)> = BTreeMap::new();
    for (run, manifest) in runs {
        for file in manifest.origin.iter().flat_map(|origin| &origin.files) {
            if let Some((of, path)) = known.get(file.sha256.as_str())
                && *of != run
            {
                let paths = if *path == file.path {
                    file.path.clone()
                } else {
                    format!("{path} and {}, whose content is the same", file.path)
                };
                return Err(AnalysisError::FileImportedTwice(paths, [of.clone(), run]));
            }
            known.insert(&file.sha256, (run.clone(), file.path.as_str()));
        }
    }
    Ok(())
}
