//! `workbench analyze`: recomputes analysis and report from stored samples.

use std::path::PathBuf;

use crate::ResultsFolder;
use crate::exit::Exit;
use crate::outcome;

/// Recompute analysis and report from stored samples; several runs are compared.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  workbench analyze                            the newest run of every experiment
  workbench analyze results/scenario3/2026*    these runs")]
pub(crate) struct Arguments {
    /// Folders of runs; without any, the newest run of every experiment.
    #[arg(value_name = "RUN")]
    runs: Vec<PathBuf>,
    #[command(flatten)]
    results: ResultsFolder,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let results = &arguments.results.results;
    let runs = if arguments.runs.is_empty() {
        workbench_analysis::newest_runs(results)?
    } else {
        arguments.runs.clone()
    };
    let exit = outcome::report(&runs)?;
    if runs.len() == 1 {
        return Ok(exit);
    }
    Ok(exit.and(outcome::compare(&runs, results)?))
}
