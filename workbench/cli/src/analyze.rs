//! `workbench analyze`: recomputes analysis and report from stored samples.

use std::path::{Path, PathBuf};

use anyhow::Context;
use workbench_analysis::gate;
use workbench_report::Detail;
use workbench_samples::MANIFEST_FILE;

use crate::ResultsFolder;
use crate::exit::Exit;
use crate::import::{self, Edges};
use crate::outcome::{self, Format, Printed, Verbosity};
use crate::series;
use crate::storage::{self, Folders, StoreArgument};

/// Compute analysis and report again from stored samples; compare several runs.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  workbench analyze                            the newest run of every experiment
  workbench analyze results/scenario3          all runs of an experiment
  workbench analyze results/scenario3/2026*    these runs
  workbench analyze results/series/2026*       the runs of a series
  workbench analyze results/scenario3/20261127T101500Z
                                               the segments of a run, as one run
  workbench analyze s3://bucket/load/scenario3/20261127T101500Z
                                               the same, downloaded from object storage
  workbench analyze results/scenario3/20261123T101500Z-4f2a --format json
                                               the analysis for programs
  workbench analyze --published experiments/published/figure54.yaml
                                               whether a published table of tests follows from its own numbers

Runs of one name are a group, and groups are compared. If their resolved experiments differ in more than seed, title and \
thresholds, they are several groups: `shop (experiment 1)`, `shop (experiment 2)`.

The points of a sweep are shown together: throughput and response times by load, the largest load that meets the \
thresholds, and the Universal Scalability Law.

A table for --published has its groups (name, mean, standard_error, count), its tests (groups, t, and if they are \
printed p, degrees_of_freedom, rejected), its title, and the number of decimals. The exit code is 0 also if a printed \
number cannot be reproduced.")]
pub(crate) struct Arguments {
    /// Folders of runs, folders that hold runs, folders of series, URLs of either in object storage, or result files of
    /// other tools, which are imported [default: the newest run of every experiment].
    #[arg(value_name = "RUN")]
    runs: Vec<PathBuf>,
    /// Check a published table of hypothesis tests against its own means and standard errors; needs no run.
    #[arg(long, value_name = "FILE", conflicts_with = "runs")]
    published: Option<PathBuf>,
    /// What is printed. The files of the report are the same.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    #[command(flatten)]
    verbosity: Verbosity,
    /// Print the student report's procedure alone: resampled means, t tests on them, and their rate of false alarms.
    #[arg(long, conflicts_with_all = ["verbose", "published"])]
    study: bool,
    #[command(flatten)]
    edges: Edges,
    #[command(flatten)]
    results: ResultsFolder,
    #[command(flatten)]
    store: StoreArgument,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let format = arguments.format;
    if let Some(file) = &arguments.published {
        return check_published(file, format);
    }
    let detail = match arguments.study {
        true => Detail::Study,
        false => arguments.verbosity.detail(),
    };
    let printed = Printed { format, detail };
    let upload = arguments.store.upload(&arguments.results.results)?;
    let analysed = analyze(arguments, printed, &upload.folders());
    upload.finish_after(analysed)
}

fn analyze(arguments: &Arguments, printed: Printed, copied: &Folders) -> anyhow::Result<Exit> {
    let format = printed.format;
    let results = &arguments.results.results;
    let mut exit = Exit::Pass;
    let runs = if arguments.runs.is_empty() {
        newest(results)?
    } else {
        let mut runs = Vec::with_capacity(arguments.runs.len());
        for path in &arguments.runs {
            match runs_at(path, arguments) {
                Ok(found) => runs.extend(found),
                Err(error) if arguments.runs.len() == 1 => return Err(error),
                // All wrong paths are reported.
                Err(error) => {
                    outcome::note(&format!("error: {error:#}"));
                    exit = exit.and(Exit::of(&error));
                }
            }
        }
        runs
    };
    runs.iter().for_each(|run| copied.add(run));
    if let [only] = runs.as_slice() {
        if arguments.study {
            crate::run::wrong_usage(
                "--study compares the means of two runs or more: name them, or the folder of a series",
            );
        }
        return Ok(exit.and(outcome::report(only, printed)?));
    }
    let mut analysed = Vec::with_capacity(runs.len());
    let mut reports = Vec::with_capacity(runs.len());
    for run in &runs {
        match outcome::report_quietly(run) {
            Ok(report) => {
                analysed.push(run.clone());
                reports.push(report);
            }
            // Other runs are analysed in spite of a failed one.
            Err(error) => {
                outcome::note(&format!("error: {error:#}"));
                exit = exit.and(Exit::of(&error));
            }
        }
    }
    if !reports.is_empty() && format == Format::Text {
        outcome::print(&outcome::in_a_line(&reports))?;
    }
    // The outcome of several runs is not that of each: of a sweep one load that meets its thresholds is enough.
    Ok(exit.and(match analysed.as_slice() {
        [] => Exit::Pass,
        [_] if format == Format::Text => reports[0].exit,
        [only] => outcome::report(only, printed)?,
        _ => outcome::compare(&analysed, results, printed)?.0,
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
    for what in newest.imported_again {
        outcome::note(&format!("passed over: {what}"));
    }
    Ok(newest.runs)
}

/// The runs at a path: one run, the runs of a series, as in the gate, or the run imported from another tool's file.
fn runs_at(path: &Path, arguments: &Arguments) -> anyhow::Result<Vec<PathBuf>> {
    let results = &arguments.results.results;
    let fetched = path.to_str().filter(|_| storage::is_url(path));
    let fetched = fetched
        .map(|url| storage::fetch(url, results))
        .transpose()?;
    let path = fetched.as_deref().unwrap_or(path);
    let path = &import::run_of_file(path, &arguments.runs, results, arguments.edges)?;
    workbench_analysis::combine_segments(path)?;
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
    let document = workbench_report::published(&check);
    let text = match format {
        Format::Text => document.text(outcome::text_options(Detail::Verbose)),
        Format::Json => outcome::json(&check)?,
        Format::Markdown => document.markdown(),
    };
    outcome::print(&text)?;
    Ok(Exit::Pass)
}
