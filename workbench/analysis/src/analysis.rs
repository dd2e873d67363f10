//! The analysis of several runs, and its file.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use workbench_samples::{Manifest, replace_file};

use crate::between::between_runs;
use crate::between::grouping::group_names;
use crate::error::AnalysisError;
use crate::gate;
use crate::model::{
    ANALYSIS_FILE, Analysis, BetweenRuns, ComparisonRule, RunAnalysis, SCHEMA_VERSION,
};
use crate::occurrence::grouped;
use crate::read::experiment::EXPERIMENT_FILE;
use crate::run::analyse;
use crate::student_report::comparison::{self, compare};
use crate::sweep;

/// Printed under every table with quantiles.
const QUANTILE_DEFINITION: &str = "Hyndman–Fan type 7: linear between the two order statistics around (n − 1)p + 1, \
     from the raw times of all samples";

/// Analyses runs and, where there are several, compares them with each other as the student report did.
///
/// The runs keep their order. The warnings apply to all numbers.
///
/// # Errors
/// No runs, a run given twice, and the errors of [`analyze_run`](crate::analyze_run).
pub fn analyze(run_directories: &[PathBuf]) -> Result<Analysis, AnalysisError> {
    if run_directories.is_empty() {
        return Err(AnalysisError::NoRuns);
    }
    refuse_duplicates(run_directories)?;
    let several = run_directories.len() > 1;
    let selected = comparison::selection(run_directories);
    let mut runs = Vec::new();
    let mut distributions = Vec::new();
    let mut warnings = Vec::new();
    let mut of_runs = Vec::new();
    for ((stream, directory), selected) in (0..).zip(run_directories).zip(&selected) {
        let in_order = (several && *selected).then_some(comparison::MOST_REQUESTS);
        let mut run = analyse(directory, in_order)?;
        let name = run.analysis.name();
        of_runs.extend(run.warnings.drain(..).map(|it| (it, name.clone())));
        if let Some(in_order) = run.elapsed_in_order {
            let kept = in_order.all_ns.len();
            let all = run.analysis.total.samples;
            if (kept as u64) < all {
                warnings.push(format!(
                    "{name} has {all} requests: the report's means are drawn from the last {kept} of them"
                ));
            }
            match comparison::distribution(&run.analysis, &in_order, stream) {
                Ok(distribution) => distributions.push(distribution),
                // The run is too short for the comparison; its own numbers are not affected.
                Err(error) => {
                    warnings.push(format!("{name} is left out of the comparison: {error}"));
                }
            }
        }
        if several {
            // Examples are left out of analyses of several runs.
            let failures = run.analysis.failures.iter_mut();
            failures.for_each(|failure| failure.example = None);
        }
        runs.push(run.analysis);
    }
    let of_runs = grouped(of_runs).into_iter().map(|(warning, names)| {
        let first = &names[0];
        match names.len() - 1 {
            0 => format!("{first} {warning}"),
            1 => format!("{first} {warning}; so it is with 1 more run"),
            more => format!("{first} {warning}; so it is with {more} more runs"),
        }
    });
    warnings = of_runs
        .chain(group_names(&runs).differences)
        .chain(warnings)
        .collect();
    let comparison = several.then(|| {
        let left_out = selected.iter().filter(|selected| !**selected).count();
        let (comparison, of_the_tests) = compare(distributions, &runs, left_out);
        warnings.extend(of_the_tests);
        comparison
    });
    Ok(Analysis {
        schema_version: SCHEMA_VERSION,
        quantile_definition: QUANTILE_DEFINITION.to_owned(),
        between_runs: several
            .then(|| with_gates(run_directories, &runs))
            .transpose()?,
        sweeps: sweep::sweeps(&runs),
        runs,
        comparison,
        warnings,
    })
}

/// The groups compared, each comparison with what the gate concludes of it.
fn with_gates(
    run_directories: &[PathBuf],
    runs: &[RunAnalysis],
) -> Result<BetweenRuns, AnalysisError> {
    let mut between = between_runs(runs, &ComparisonRule::default());
    let side = |name: &str| {
        let group = between.groups.iter().find(|group| group.name == name);
        let of_group = group.into_iter().flat_map(|group| &group.runs);
        of_group
            .filter_map(|of_group| {
                let position = runs.iter().position(|run| run.name() == of_group.run)?;
                Some((run_directories[position].as_path(), &runs[position]))
            })
            .collect::<Vec<_>>()
    };
    let gates: Vec<_> = between
        .comparisons
        .iter()
        .map(|it| {
            let (baseline, candidate) = (side(&it.baseline), side(&it.candidate));
            let all = || baseline.iter().chain(&candidate);
            let is_set =
                baseline.len() + candidate.len() > 0 && all().all(|(_, run)| sets_throughput(run));
            Ok((gate::of_groups(&baseline, &candidate)?, is_set))
        })
        .collect::<Result<_, AnalysisError>>()?;
    for (comparison, (gate, throughput_is_set)) in between.comparisons.iter_mut().zip(gates) {
        comparison.gate = Some(gate);
        comparison.throughput_is_set = throughput_is_set;
    }
    Ok(between)
}

/// Whether the run's experiment sets its throughput; that of an imported run is not known.
fn sets_throughput(run: &RunAnalysis) -> bool {
    let plan = workbench_plan::parse(&run.experiment_file, Path::new(EXPERIMENT_FILE));
    plan.is_ok_and(|plan| plan.sets_throughput())
}

fn refuse_duplicates(run_directories: &[PathBuf]) -> Result<(), AnalysisError> {
    let mut seen = Vec::new();
    for path in run_directories {
        let canonical = fs::canonicalize(path).map_err(AnalysisError::reading(path))?;
        if seen.contains(&canonical) {
            return Err(AnalysisError::RunGivenTwice { path: path.clone() });
        }
        seen.push(canonical);
    }
    let manifests = run_directories.iter().map(|path| Manifest::read(path));
    let manifests = manifests.collect::<Result<Vec<_>, _>>()?;
    let named = manifests
        .iter()
        .map(|it| (format!("{}/{}", it.experiment, it.run_id), it));
    gate::each_file_once(named)
}

impl Analysis {
    /// Writes `analysis.json` into a folder, replacing an earlier one in a single step.
    ///
    /// # Errors
    /// An I/O error; an earlier file is then unchanged.
    pub fn write(&self, directory: &Path) -> Result<(), AnalysisError> {
        let path = directory.join(ANALYSIS_FILE);
        let mut json = serde_json::to_vec_pretty(self)
            .expect("an analysis has text keys only and nothing that refuses to be serialised");
        json.push(b'\n');
        replace_file(&path, &json).map_err(AnalysisError::writing(&path))
    }

    /// Reads `analysis.json` from a folder.
    ///
    /// # Errors
    /// The error names the file: missing, not valid, or of another version.
    pub fn read(directory: &Path) -> Result<Self, AnalysisError> {
        let path = directory.join(ANALYSIS_FILE);
        let text = fs::read_to_string(&path).map_err(AnalysisError::reading(&path))?;
        let invalid = |source| AnalysisError::InvalidAnalysis(path.clone(), source);
        // The version comes first: a newer file must not be reported as a broken one.
        let version: VersionOnly = serde_json::from_str(&text).map_err(invalid)?;
        let found = version.schema_version;
        if found != SCHEMA_VERSION {
            return Err(AnalysisError::UnknownSchemaVersion {
                path,
                found,
                known: SCHEMA_VERSION,
            });
        }
        serde_json::from_str(&text).map_err(invalid)
    }
}

#[derive(Deserialize)]
struct VersionOnly {
    schema_version: u32,
}
