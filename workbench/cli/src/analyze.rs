//! `workbench analyze`: recomputes analysis and report from stored samples.

use std::path::PathBuf;

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
  workbench analyze results/series/2026*       the runs of a series")]
pub(crate) struct Arguments {
    /// Folders of runs or of series; without any, the newest run of every experiment.
    #[arg(value_name = "RUN")]
    runs: Vec<PathBuf>,
    #[command(flatten)]
    results: ResultsFolder,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
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
    let mut analysed = Vec::with_capacity(runs.len());
    for run in &runs {
        match outcome::report(run) {
            Ok(reported) => {
                exit = exit.and(reported);
                analysed.push(run.clone());
            }
            Err(error) if runs.len() == 1 => return Err(error),
            // One bad run does not hide the others.
            Err(error) => {
                outcome::note(&format!("error: {error:#}"));
                exit = exit.and(Exit::Failure);
            }
        }
    }
    if analysed.len() > 1 {
        exit = exit.and(outcome::compare(&analysed, results)?);
    }
    Ok(exit)
}
