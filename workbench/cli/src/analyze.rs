//! `workbench analyze`: recomputes analysis and report from stored samples.

use std::path::{Path, PathBuf};

use anyhow::Context;
use workbench_analysis::gate;
use workbench_samples::MANIFEST_FILE;

use crate::ResultsFolder;
use crate::exit::Exit;
use crate::outcome::{self, Format};
use crate::series;

/// Recompute analysis and report from stored samples; several runs are compared.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  workbench analyze                            the newest run of every experiment
  workbench analyze results/scenario3          all runs of an experiment
  workbench analyze results/scenario3/2026*    these runs
  workbench analyze results/series/2026*       the runs of a series
  workbench analyze results/scenario3/20261123T101500Z-4f2a --format json
                                               the analysis for programs
  workbench analyze --published experiments/published/figure54.yaml
                                               what of a printed table of tests follows from its own numbers

Runs are compared in groups of one name. Runs of one name whose resolved experiments differ, in more than seed, title and \
thresholds, are groups of their own: `shop (experiment 1)`, `shop (experiment 2)`.

The points of a sweep are shown together: throughput and response times by load, the largest load that meets the \
thresholds, and the Universal Scalability Law.

A table for --published names its groups (name, mean, standard_error, count), its tests (groups, t, and where they are \
printed p, degrees_of_freedom, rejected), its title, and the digits behind the point (decimals). That a printed number \
cannot be reproduced is an answer, not a failure: the exit code is 0.")]
pub(crate) struct Arguments {
    /// Folders of runs, folders that hold runs, or folders of series; without any, the newest run of every experiment.
    #[arg(value_name = "RUN")]
    runs: Vec<PathBuf>,
    /// Check a printed table of hypothesis tests against its own means and standard errors; needs no run.
    #[arg(long, value_name = "FILE", conflicts_with = "runs")]
    published: Option<PathBuf>,
    /// What is printed. The files of the report are the same.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    #[command(flatten)]
    results: ResultsFolder,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let format = arguments.format;
    if let Some(file) = &arguments.published {
        return check_published(file, format);
    }
    let results = &arguments.results.results;
    let mut exit = Exit::Pass;
    let runs = if arguments.runs.is_empty() {
        newest(results)?
    } else {
        let mut runs = Vec::with_capacity(arguments.runs.len());
        for path in &arguments.runs {
            match runs_at(path) {
                Ok(found) => runs.extend(found),
                Err(error) if arguments.runs.len() == 1 => return Err(error),
                // One wrong path does not hide the others.
                Err(error) => {
                    outcome::note(&format!("error: {error:#}"));
                    exit = exit.and(Exit::of(&error));
                }
            }
        }
        runs
    };
    if let [only] = runs.as_slice() {
        return Ok(exit.and(outcome::report(only, format)?));
    }
    let mut analysed = Vec::with_capacity(runs.len());
    let mut reports = Vec::with_capacity(runs.len());
    for run in &runs {
        match outcome::report_quietly(run) {
            Ok(report) => {
                analysed.push(run.clone());
                reports.push(report);
            }
            // One bad run does not hide the others.
            Err(error) => {
                outcome::note(&format!("error: {error:#}"));
                exit = exit.and(Exit::of(&error));
            }
        }
    }
    if !reports.is_empty() && format == Format::Text {
        outcome::print(&outcome::in_a_line(&reports))?;
    }
    // What several come to is not what each does: of a sweep one load that meets its thresholds is enough.
    Ok(exit.and(match analysed.as_slice() {
        [] => Exit::Pass,
        [_] if format == Format::Text => reports[0].exit,
        [only] => outcome::report(only, format)?,
        _ => outcome::compare(&analysed, results, format)?,
    }))
}

fn newest(results: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let newest = workbench_analysis::newest_runs(results)?;
    for run in newest.passed_over {
        outcome::note(&format!(
            "passed over, for it has no samples: {}",
            run.display()
        ));
    }
    Ok(newest.runs)
}

/// The runs that a path names: one run, those of a series, or as the gate finds them.
fn runs_at(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if path.join(MANIFEST_FILE).is_file() {
        return Ok(vec![path.to_owned()]);
    }
    if let Some(finished) = series::finished_runs(path)? {
        return Ok(finished);
    }
    let selection = gate::select(&[path.to_owned()])?;
    let failed = selection.absent.failed().map(str::to_owned);
    for what in selection.passed_over.iter().cloned().chain(failed) {
        outcome::note(&format!("passed over: {what}"));
    }
    Ok(selection.runs)
}

fn check_published(file: &Path, format: Format) -> anyhow::Result<Exit> {
    let table = workbench_plan::read_published(file)?;
    let check = workbench_analysis::check_published_table(&table)
        .with_context(|| format!("cannot check {}", file.display()))?;
    let text = match format {
        Format::Text => workbench_report::published_text(&check, outcome::text_options()),
        Format::Json => outcome::json(&check)?,
        Format::Markdown => workbench_report::published_markdown(&check),
    };
    outcome::print(&text)?;
    Ok(Exit::Pass)
}
