//! The `workbench` command: parses, dispatches, and turns the outcome into an exit code.

mod analyze;
mod calibrate;
mod compare;
mod completions;
mod exit;
mod export;
mod gate;
mod history;
mod import;
mod init;
mod live;
mod man;
mod open;
mod outcome;
mod policy;
mod progress;
mod run;
mod series;
mod show;
mod side;
mod storage;
mod terminal;
mod try_out;
mod validate;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use exit::Exit;

/// Load tests with a verdict that can be believed.
///
/// Runs user scenarios from experiment files, keeps every sample, and writes tables, figures and a report.
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
    Open(open::Arguments),
    Compare(Box<compare::Arguments>),
    Gate(Box<gate::Arguments>),
    Import(import::Arguments),
    Export(export::Arguments),
    History(history::Arguments),
    Init(init::Arguments),
    Validate(validate::Arguments),
    Try(try_out::Arguments),
    Calibrate(calibrate::Arguments),
    #[command(hide = true)]
    Side,
    /// Print the experiment file's JSON Schema, for editors.
    #[command(after_help = "Example:\n  workbench schema > experiments/experiment.schema.json")]
    Schema,
    Completions(completions::Arguments),
    Man(man::Arguments),
    /// Start the bookstore, the system under test.
    #[command(
        subcommand,
        after_help = "Example:\n  workbench bookstore all --products 100 --stock 50"
    )]
    Bookstore(Box<bookstore::Command>),
}

/// The results folder.
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
        Verb::Open(arguments) => open::run(&arguments),
        Verb::Compare(arguments) => compare::run(&arguments),
        Verb::Gate(arguments) => gate::run(&arguments),
        Verb::Import(arguments) => import::run(&arguments),
        Verb::Export(arguments) => export::run(&arguments),
        Verb::History(arguments) => history::run(&arguments),
        Verb::Init(arguments) => init::run(&arguments),
        Verb::Validate(arguments) => validate::run(&arguments),
        Verb::Try(arguments) => try_out::run(&arguments),
        Verb::Calibrate(arguments) => calibrate::run(arguments),
        Verb::Side => side::run(),
        Verb::Schema => schema(),
        Verb::Completions(arguments) => completions::run(&arguments, Arguments::command()),
        Verb::Man(arguments) => man::run(&arguments, Arguments::command()),
        Verb::Bookstore(command) => bookstore(*command),
    };
    let exit = done.unwrap_or_else(|error| {
        // Printed once, with all causes; no other function prints errors.
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
