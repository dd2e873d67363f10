//! The analysis of several runs, and its file.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use workbench_samples::{Manifest, replace_file};

use crate::between::between_runs;
use crate::comparison::{self, compare};
use crate::error::AnalysisError;
use crate::experiment::EXPERIMENT_FILE;
use crate::gate;
use crate::grouping::group_names;
use crate::model::{Analysis, BetweenRuns, ComparisonRule, RunAnalysis, SCHEMA_VERSION};
use crate::observe::TimesInOrder;
use crate::run::analyse;
use crate::sweep;

/// Name of the file that [`Analysis::write`] writes.
pub const ANALYSIS_FILE: &str = "analysis.json";

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
    let mut of_runs: Vec<(String, Vec<String>)> = Vec::new();
    for ((stream, directory), selected) in (0..).zip(run_directories).zip(&selected) {
        let times_in_order = if several && *selected {
            TimesInOrder::Kept {
                most: comparison::MOST_REQUESTS,
            }
        } else {
            TimesInOrder::Dropped
        };
        let mut run = analyse(directory, times_in_order)?;
        for warning in std::mem::take(&mut run.warnings) {
            let name = run.analysis.name();
            match of_runs.iter_mut().find(|(known, _)| *known == warning) {
                Some((_, names)) => names.push(name),
                None => of_runs.push((warning, vec![name])),
            }
        }
        if let Some(in_order) = run.elapsed_in_order {
            let kept = in_order.all_ns.len();
            if (kept as u64) < run.analysis.total.samples {
                warnings.push(format!(
                    "{} has {} requests: the report's means are drawn from the last {} of them",
                    run.analysis.name(),
                    run.analysis.total.samples,
                    kept
                ));
            }
            let drawn = comparison::distribution(&run.analysis, &in_order, stream);
            match drawn {
                Ok(distribution) => distributions.push(distribution),
                // The run is too short for the comparison; its own numbers are not affected.
                Err(error) => warnings.push(format!(
                    "{} is left out of the comparison: {error}",
                    run.analysis.name()
                )),
            }
        }
        if several {
            // Examples are left out of analyses of several runs.
            let failures = run.analysis.failures.iter_mut();
            failures.for_each(|failure| failure.example = None);
        }
        runs.push(run.analysis);
    }
    let of_runs = of_runs
        .into_iter()
        .map(|(warning, names)| match names.as_slice() {
            [only] => format!("{only} {warning}"),
            [first, _] => format!("{first} {warning}; so it is with 1 more run"),
            several => format!(
                "{} {warning}; so it is with {} more runs",
                several[0],
                several.len() - 1
            ),
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
        between_runs: if several {
            Some(with_gates(run_directories, &runs)?)
        } else {
            None
        },
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
        let canonical = match fs::canonicalize(path) {
            Ok(canonical) => canonical,
            Err(source) => {
                return Err(AnalysisError::Read {
                    path: path.clone(),
                    source,
                });
            }
        };
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
        replace_file(&path, &json).map_err(|source| AnalysisError::Write { path, source })
    }

    /// Reads `analysis.json` from a folder.
    ///
    /// # Errors
    /// The error names the file: missing, not valid, or of another version.
    pub fn read(directory: &Path) -> Result<Self, AnalysisError> {
        let path = directory.join(ANALYSIS_FILE);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(source) => return Err(AnalysisError::Read { path, source }),
        };
        // The version comes first: a newer file must not be reported as a broken one.
        let found = match serde_json::from_str::<VersionOnly>(&text) {
            Ok(version) => version.schema_version,
            Err(source) => return Err(AnalysisError::InvalidAnalysis { path, source }),
        };
        if found != SCHEMA_VERSION {
            return Err(AnalysisError::UnknownSchemaVersion {
                path,
                found,
                known: SCHEMA_VERSION,
            });
        }
        serde_json::from_str(&text)
            .map_err(|source| AnalysisError::InvalidAnalysis { path, source })
    }
}

#[derive(Deserialize)]
struct VersionOnly {
    schema_version: u32,
}
