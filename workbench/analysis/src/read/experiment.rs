//! The experiment of a run: its own copy of the file, or a stand-in for an imported run.

use std::fs;
use std::path::Path;
use std::time::Duration;

use workbench_plan::{Plan, format_duration};
use workbench_samples::{Manifest, Origin};

use crate::error::AnalysisError;
use crate::occurrence::unique;

/// Name of the resolved experiment file in a run's folder.
pub(crate) const EXPERIMENT_FILE: &str = "experiment.yaml";

/// Instants up to this long after the end of the schedule are accepted anyway, see the clock of the observations.
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// An experiment, and the text that it was read from.
pub(crate) struct Experiment {
    /// Empty for an imported run.
    pub(crate) text: String,
    pub(crate) plan: Plan,
}

/// Reads the experiment that a run followed. That of an imported run is unknown: its stand-in has no thresholds, and a
/// steady part only if the import was given one.
pub(crate) fn read(run_directory: &Path, manifest: &Manifest) -> Result<Experiment, AnalysisError> {
    let path = run_directory.join(EXPERIMENT_FILE);
    if let Some(origin) = &manifest.origin {
        let plan = workbench_plan::parse(&stand_in(manifest, origin), &path)?;
        return Ok(Experiment {
            text: String::new(),
            plan,
        });
    }
    let text = fs::read_to_string(&path).map_err(AnalysisError::reading(&path))?;
    let plan = workbench_plan::parse(&text, &path)?;
    Ok(Experiment { text, plan })
}

/// The part of the experiment that repetitions have in common, as text.
pub(crate) fn repeated(manifest: &Manifest, plan: &Plan) -> String {
    let origin = manifest.origin.as_ref();
    origin.map_or_else(|| plan.repeated(), imported)
}

/// The part of the experiment that comparable runs have in common, as text.
pub(crate) fn workload(manifest: &Manifest, plan: &Plan) -> String {
    let origin = manifest.origin.as_ref();
    origin.map_or_else(|| plan.workload(), imported)
}

/// A description of an imported run's experiment.
fn imported(origin: &Origin) -> String {
    format!("imported: {}\n", origin.options.join(" "))
}

/// The stand-in for an unknown experiment.
fn stand_in(manifest: &Manifest, origin: &Origin) -> String {
    let length = manifest.started_at.zip(manifest.ended_at);
    let length = length.map_or(0, |(from, to)| to.saturating_sub(from).max(0) as u64);
    // The schedule ends before the last start, so that the run is measured until then.
    let beyond = Duration::from_nanos(length).saturating_sub(DAY);
    // In whole seconds, up to the last answer. No schedule may take no time at all.
    let beyond = Duration::from_millis(1).max(Duration::from_secs(
        beyond.as_secs() + u64::from(beyond.subsec_nanos() > 0),
    ));
    // The samples' phases say which requests are in the steady part.
    let hold = if origin.leaves_out_edges() {
        "1ms"
    } else {
        "0s"
    };
    let title = format!("Imported from {}", origin.file_names());
    format!(
        "name: {}\ntitle: {}\ntarget: {{ urls: {{ imported: \"http://imported.invalid\" }} }}\n\
         threads: [ {{ start: 1, startup: 0s, hold: {hold}, shutdown: {} }} ]\n\
         scenarios: [ {{ name: imported, steps: [ {{ request: GET imported/, name: \"(not known)\" }} ] }} ]\n",
        manifest.experiment,
        serde_json::Value::from(title),
        format_duration(beyond),
    )
}

/// The plan's labels in the order of the file, each once.
pub(crate) fn labels(plan: &Plan) -> Vec<&str> {
    let steps = plan.scenarios.iter().flat_map(|scenario| &scenario.steps);
    unique(steps.map(|step| step.label.as_str()))
}
