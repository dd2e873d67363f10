//! `workbench run`: runs experiments, then analyses them and writes their reports.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use workbench_load::{BookstoreCommand, RunOptions, StopReason, StopSignal};
use workbench_plan::Plan;
use workbench_samples::{Outcome, Tool};

use crate::ResultsFolder;
use crate::exit::Exit;
use crate::{outcome, progress};

/// Run experiments, keep every sample, and report.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  workbench run experiments/smoke.yaml
  workbench run experiments/scenario1.yaml experiments/scenario2.yaml --results /tmp/results

Ctrl-C ends the run, keeps what there is, and reports on it. A second Ctrl-C leaves at once.")]
pub(crate) struct Arguments {
    /// Experiment files, run one after the other.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    results: ResultsFolder,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    // All files are checked before the first one runs.
    let plans = outcome::read_plans(&arguments.files)?;
    let stop = StopSignal::new();
    handle_ctrl_c(stop.clone())?;
    quiet_goose();
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
    let mut exit = Exit::Pass;
    let mut directories = Vec::new();
    for (position, plan) in plans.iter().enumerate() {
        let progress = progress::start(plan);
        let finished = runtime.block_on(workbench_load::run(
            plan,
            RunOptions {
                results: arguments.results.results.clone(),
                bookstore: bookstore_command()?,
                tool: tool(),
                stop: stop.clone(),
                observer: progress.observer(),
            },
        ));
        progress.finish();
        let finished = finished.inspect_err(|_| not_run(&plans[position + 1..]))?;
        match (outcome::report(&finished.directory), &finished.outcome) {
            (Ok(reported), _) => exit = exit.and(reported),
            (Err(error), Outcome::Completed) => return Err(error),
            // Stopped before its first request, perhaps: why it ended is what counts.
            (Err(error), _) => outcome::note(&format!("error: {error:#}")),
        }
        if let Outcome::Failed(why) = &finished.outcome {
            outcome::note(&format!("error: {why}"));
        }
        exit = exit.and(match stop.reason() {
            Some(StopReason::Interrupted) => Exit::Interrupted,
            Some(StopReason::TargetEnded(_)) => Exit::TargetUnavailable,
            Some(StopReason::SamplesNotWritten(_)) => Exit::Failure,
            None => Exit::Pass,
        });
        directories.push(finished.directory);
        if stop.is_stopped() {
            not_run(&plans[position + 1..]);
            return Ok(exit);
        }
    }
    if directories.len() > 1 {
        exit = exit.and(outcome::compare(&directories, &arguments.results.results)?);
    }
    Ok(exit)
}

/// Names the experiments that an early end leaves out.
fn not_run(plans: &[Plan]) {
    for plan in plans {
        outcome::note(&format!("not run: {}", plan.name));
    }
}

/// The bookstore is this very program.
fn bookstore_command() -> anyhow::Result<BookstoreCommand> {
    Ok(BookstoreCommand {
        program: std::env::current_exe().context("cannot find this program's own file")?,
        arguments: vec!["bookstore".into()],
    })
}

fn tool() -> Tool {
    Tool {
        name: env!("CARGO_PKG_NAME").to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: option_env!("WORKBENCH_COMMIT").map(str::to_owned),
    }
}

/// Must come before Goose, which would otherwise install a handler that throws results away.
fn handle_ctrl_c(stop: StopSignal) -> anyhow::Result<()> {
    ctrlc::set_handler(move || {
        let mut stderr = std::io::stderr();
        if stop.is_stopped() {
            let _ = writeln!(stderr, "\nstopped at once; what was not yet written, the last seconds, is lost");
            std::process::exit(i32::from(Exit::Interrupted as u8));
        }
        // A closed terminal must not keep the run from ending well.
        let _ = writeln!(
            stderr,
            "\nstopping: requests in flight may finish, then the report is written (Ctrl-C again leaves at once)"
        );
        stop.stop(StopReason::Interrupted);
    })
    .context("cannot handle Ctrl-C")
}

/// Goose logs to stdout unless a logger is there before it; `WORKBENCH_LOG` shows its messages on stderr.
fn quiet_goose() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("WORKBENCH_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("error"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
}
