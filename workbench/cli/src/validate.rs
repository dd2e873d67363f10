//! `workbench validate`: checks experiment files and prints what they resolve to; sends nothing.

use std::path::PathBuf;

use crate::exit::Exit;
use crate::outcome;

/// Check experiment files and print the resolved schedule; sends nothing.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  workbench validate experiments/*.yaml")]
pub(crate) struct Arguments {
    /// Experiment files.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    for plan in outcome::read_plans(&arguments.files)? {
        outcome::note_secrets(&plan);
        outcome::print(&format!("{}\n", workbench_plan::describe(&plan)))?;
    }
    Ok(Exit::Pass)
}
