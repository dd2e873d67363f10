//! `workbench analyze`: recomputes analysis and report from stored samples.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::ValueEnum;

use crate::ResultsFolder;
use crate::exit::Exit;
use crate::outcome;
use crate::series;

/// Recompute analysis and report from stored samples; several runs are compared.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  workbench analyze                            the newest run of every experiment
  workbench analyze results/scenario3/2026*    these runs
  workbench analyze results/series/2026*       the runs of a series
  workbench analyze --published experiments/published/figure54.yaml
                                               what of a printed table of tests follows from its own numbers

The points of a sweep are shown together: throughput and response times by load, the largest load that meets the \
thresholds, and the Universal Scalability Law.

A table for --published names its groups (name, mean, standard_error, count), its tests (groups, t, and where they are \
printed p, degrees_of_freedom, rejected), its title, and the digits behind the point (decimals). That a printed number \
cannot be reproduced is an answer, not a failure: the exit code is 0.")]
pub(crate) struct Arguments {
    /// Folders of runs or of series; without any, the newest run of every experiment.
    #[arg(value_name = "RUN")]
    runs: Vec<PathBuf>,
    /// Check a printed table of hypothesis tests against its own means and standard errors; needs no run.
    #[arg(long, value_name = "FILE", conflicts_with = "runs")]
    published: Option<PathBuf>,
    /// How the checked table is printed.
    #[arg(long, value_enum, default_value = "text", requires = "published")]
    format: Format,
    #[command(flatten)]
    results: ResultsFolder,
}

/// What is printed for whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For a terminal.
    Text,
    /// For programs.
    Json,
    /// For pull requests and job summaries.
    Markdown,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    if let Some(file) = &arguments.published {
        return check_published(file, arguments.format);
    }
    let results = &arguments.results.results;
    let runs = if arguments.runs.is_empty() {
        let newest = workbench_analysis::newest_runs(results)?;
        for run in newest.passed_over {
            outcome::note(&format!(
                "passed over, for it has no samples: {}",
                run.display()
            ));
        }
        newest.runs
    } else {
        let mut runs = Vec::with_capacity(arguments.runs.len());
        for folder in &arguments.runs {
            match series::finished_runs(folder)? {
                Some(finished) => runs.extend(finished),
                None => runs.push(folder.clone()),
            }
        }
        runs
    };
    let mut exit = Exit::Pass;
    if let [only] = runs.as_slice() {
        return outcome::report(only);
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
                exit = exit.and(Exit::Failure);
            }
        }
    }
    if !reports.is_empty() {
        outcome::print(&outcome::in_a_line(&reports))?;
    }
    // What several come to is not what each does: of a sweep one load that meets its thresholds is enough.
    Ok(exit.and(match reports.as_slice() {
        [] => Exit::Pass,
        [only] => only.exit,
        _ => outcome::compare(&analysed, results)?,
    }))
}

fn check_published(file: &Path, format: Format) -> anyhow::Result<Exit> {
    let table = workbench_plan::read_published(file)?;
    let check = workbench_analysis::check_published_table(&table)
        .with_context(|| format!("cannot check {}", file.display()))?;
    let text = match format {
        Format::Text => workbench_report::published_text(&check, outcome::text_options()),
        Format::Json => serde_json::to_string_pretty(&check)? + "\n",
        Format::Markdown => workbench_report::published_markdown(&check),
    };
    outcome::print(&text)?;
    Ok(Exit::Pass)
}
