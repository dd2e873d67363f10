//! The `workbench` command: parses, dispatches, and turns what came of it into an exit code.

mod analyze;
mod calibrate;
mod exit;
mod gate;
mod init;
mod outcome;
mod progress;
mod run;
mod series;
mod show;
mod terminal;
mod try_out;
mod validate;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use exit::Exit;

/// Load tests whose numbers can be believed.
///
/// Runs user scenarios from experiment files, keeps every sample, and leaves tables, figures and a report.
#[derive(Debug, Parser)]
#[command(version = version(), after_help = exit::HELP)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Run(run::Arguments),
    Analyze(analyze::Arguments),
    Show(show::Arguments),
    Gate(Box<gate::Arguments>),
    Init(init::Arguments),
    Validate(validate::Arguments),
    Try(try_out::Arguments),
    Calibrate(calibrate::Arguments),
    /// Print the experiment file's JSON Schema, for editors.
    #[command(after_help = "Example:\n  workbench schema > experiments/experiment.schema.json")]
    Schema,
    /// Start the bookstore, the system under test.
    #[command(
        subcommand,
        after_help = "Example:\n  workbench bookstore all --products 100 --stock 50"
    )]
    Bookstore(bookstore::Command),
}

/// Where results are kept.
#[derive(Debug, clap::Args)]
struct ResultsFolder {
    /// Folder that holds the results of all experiments.
    #[arg(long, value_name = "DIR", default_value = "results")]
    results: PathBuf,
}

fn version() -> &'static str {
    match option_env!("WORKBENCH_COMMIT") {
        Some(commit) => {
            Box::leak(format!("{} ({commit})", env!("CARGO_PKG_VERSION")).into_boxed_str())
        }
        None => env!("CARGO_PKG_VERSION"),
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.verb {
        Verb::Run(arguments) => run::run(&arguments),
        Verb::Analyze(arguments) => analyze::run(&arguments),
        Verb::Show(arguments) => show::run(&arguments),
        Verb::Gate(arguments) => gate::run(&arguments),
        Verb::Init(arguments) => init::run(&arguments),
        Verb::Validate(arguments) => validate::run(&arguments),
        Verb::Try(arguments) => try_out::run(&arguments),
        Verb::Calibrate(arguments) => calibrate::run(arguments),
        Verb::Schema => schema(),
        Verb::Bookstore(command) => bookstore(command),
    };
    let exit = done.unwrap_or_else(|error| {
        // Once, with all its causes; nothing below prints errors of its own.
        outcome::note(&format!("error: {error:#}"));
        Exit::of(&error)
    });
    terminal::drain();
    exit.into()
}

fn schema() -> anyhow::Result<Exit> {
    let schema = serde_json::to_string_pretty(&workbench_plan::json_schema())?;
    outcome::print(&format!("{schema}\n"))?;
    Ok(Exit::Pass)
}

fn bookstore(command: bookstore::Command) -> anyhow::Result<Exit> {
    tokio::runtime::Runtime::new()?.block_on(bookstore::run(command))?;
    Ok(Exit::Pass)
}
