//! What a run's own copy of its experiment file says.

use std::fs;
use std::path::Path;

use workbench_plan::Plan;

use crate::error::AnalysisError;

/// Name of the resolved experiment file in a run's folder.
pub(crate) const EXPERIMENT_FILE: &str = "experiment.yaml";

/// An experiment, and the text that it was read from.
pub(crate) struct Experiment {
    pub(crate) text: String,
    pub(crate) plan: Plan,
}

/// Reads the experiment that a run followed.
pub(crate) fn read(run_directory: &Path) -> Result<Experiment, AnalysisError> {
    let path = run_directory.join(EXPERIMENT_FILE);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(source) => return Err(AnalysisError::Read { path, source }),
    };
    let plan = workbench_plan::parse(&text, &path)?;
    Ok(Experiment { text, plan })
}

/// The plan's labels in the order of the file, each once.
pub(crate) fn labels(plan: &Plan) -> Vec<&str> {
    let mut labels = Vec::new();
    for step in plan.scenarios.iter().flat_map(|scenario| &scenario.steps) {
        if !labels.contains(&step.label.as_str()) {
            labels.push(step.label.as_str());
        }
    }
    labels
}
