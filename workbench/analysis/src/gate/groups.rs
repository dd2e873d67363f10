//! The gate's conclusion on two groups of an analysis.

use std::path::{Path, PathBuf};

use workbench_samples::Manifest;

use super::conclude::{Sides, judge};
use super::run::GateRun;
use super::select::missing_runs_of;
use crate::error::AnalysisError;
use crate::experiment;
use crate::model::{GateReport, Policy, RunAnalysis};

/// Judges two groups of runs, given by folder and analysis, under the default policy.
///
/// # Errors
/// A manifest, an experiment or a record of a series that cannot be read.
pub(crate) fn of_groups(
    baseline: &[(&Path, &RunAnalysis)],
    candidate: &[(&Path, &RunAnalysis)],
) -> Result<GateReport, AnalysisError> {
    let folders: Vec<PathBuf> = [baseline, candidate]
        .concat()
        .into_iter()
        .map(|(folder, _)| folder.to_owned())
        .collect();
    let sides = Sides {
        baseline: &side(baseline)?,
        candidate: &side(candidate)?,
        history: false,
        absent: &missing_runs_of(&folders)?,
    };
    Ok(judge(sides, &Policy::default(), false))
}

fn side(runs: &[(&Path, &RunAnalysis)]) -> Result<Vec<GateRun>, AnalysisError> {
    runs.iter()
        .map(|(folder, analysis)| {
            let manifest = Manifest::read(folder)?;
            Ok(GateRun {
                analysis: (*analysis).clone(),
                plan: experiment::read(folder, &manifest)?.plan,
                manifest,
            })
        })
        .collect()
}
